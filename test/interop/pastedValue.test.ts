import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { plainLayout, printJson } from "../../src/format/layout";
import { pastedValue } from "../../src/interop/pastedValue";

const pasted = (text: string, before: string) => {
  const value = pastedValue(text, before);
  return value === null ? null : printJson(value, plainLayout);
};

describe("A print of numbers that is pasted where a value stands", () => {
  it("is the value's JSON, with the digits of the print", () => {
    assert.equal(pasted("array([[ 0.1, -2.e-01],\n       [ 0.5,  1.e+00]])", '"Whh": '), "[[0.1, -2e-1], [0.5, 1e0]]");
    assert.equal(pasted("[0.25 0.5 ]", '"steps": [{ "h":'), "[0.25, 0.50]");
    assert.equal(pasted("tensor(0.1500, grad_fn=<SumBackward0>)", '"loss": '), "0.1500");
    assert.equal(pasted("[nan, 0.5]", "["), "[null, 0.5]");
  });

  it("is flat behind the key of a vector where it is a column or a row, and is not behind that of a matrix", () => {
    assert.equal(pasted("[[0.1]\n [0.2]]", '"bh": '), "[0.1, 0.2]");
    assert.equal(pasted("[[0.1 0.2]]", '"layers.0.bi": '), "[0.1, 0.2]");
    assert.equal(pasted("[[0.1]\n [0.2]]", '"Wxh": '), "[[0.1], [0.2]]");
    assert.equal(pasted("[[0.1]\n [0.2]]", '"layers.0.Wxh": '), "[[0.1], [0.2]]");
    assert.equal(pasted("[[0.1]\n [0.2]]", '"inputs": '), "[[0.1], [0.2]]");
  });

  it("stays as it is where it is JSON already, no numbers, several arrays, shortened, or where no value belongs", () => {
    for (const [text, before] of [
      ["[[0.1, 0.2]]", '"Whh": '],
      ["0.5", '"loss": '],
      ['"h": [0.5]', "{ "],
      ["hello 2", '"name": '],
      ["[0.1 0.2] [0.3 0.4]", '"bh": '],
      ["[0.1, ..., 0.2]", '"bh": '],
      ["[0.1 0.2]", '"name": "a'],
      ["[0.1 0.2]", "// the states "],
    ] as const)
      assert.equal(pasted(text, before), null, text);
  });
});
