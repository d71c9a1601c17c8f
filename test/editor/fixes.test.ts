import { strict as assert } from "node:assert";
import { fixOf } from "../../src/editor/fixes";
import { read, worked } from "./worked";

/** The text after the fix of its first finding with this code. */
function fixed(text: string, code: string): string | null {
  const finding = read(text).diagnostics.find((diagnostic) => diagnostic.code === code);
  assert.ok(finding, `no ${code} among the findings`);
  const fix = fixOf(finding, ({ offset, length }) => text.slice(offset, offset + length));
  return fix && text.slice(0, fix.place.offset) + fix.newText + text.slice(fix.place.offset + fix.place.length);
}

describe("Quick fixes", () => {
  it("put the nearest token in the place of an unknown one", () => {
    assert.equal(fixed(worked.replace('        "class"', '        "clas"'), "unknown-token"), worked);
  });

  it("put the nearest key in the place of an unknown one", () => {
    assert.equal(fixed(worked.replace('"training"', '"trainning"'), "unknown-key"), worked);
  });

  it("put the nearest cell in the place of an unknown one", () => {
    assert.equal(fixed(worked.replace('"rnn"', '"rn"'), "value"), worked);
  });

  it("add a missing key on a line of its own, as the object is laid out", () => {
    assert.equal(fixed(worked.replace('\n  "version": 1,', ""), "missing-key"), worked);
    assert.equal(fixed(worked.replace('\n      "cell": "rnn",', ""), "missing-key"), worked);
  });

  it("add a missing key beside the next one where the object stands on one line", () => {
    const flat = '{ "version": 1, "inputSize": 1, "layers": [{ "size": 1 }], "output": { "size": 1 } }';
    assert.equal(fixed(flat, "missing-key"), flat.replace('"size": 1 }]', '"cell": "rnn", "size": 1 }]'));
  });

  it("leave alone what has no obvious fix", () => {
    assert.equal(fixed(worked.replace("[[0.2]]", "[[0.2, 1]]"), "shape"), null);
  });
});
