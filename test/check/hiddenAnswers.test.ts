import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "mocha";
import { compareExpected, compareNumbers, summaryOf } from "../../src/check/check";
import { pack, unpack } from "../../src/check/compared";
import { findSlips } from "../../src/check/diagnosis/diagnose";
import { marksTable } from "../../src/check/diagnosis/table";
import { eachNumber } from "../../src/format/expectedNumbers";
import { hideAnswers } from "../../src/format/hideAnswers";
import { readProblem } from "../../src/format/read";
import { goldens } from "../files";
import { sampleText } from "../samples/samples";

const salt = "00112233aabbccdd";

const read = (text: string) => readProblem(text, { fileName: "exercise.rnn.json" });

/** The text with its answers hidden: the right ones as they are computed, the others as they are written. */
function hiddenText(text: string, decimals: number): string {
  const { problem, expect } = read(text);
  const answers = compareNumbers(problem!, eachNumber(expect!.numbers)).map(({ expected, actual, right }) => ({
    expected,
    value: right ? actual! : expected.value,
  }));
  const { offset, length, text: made } = hideAnswers(text, expect!, answers, salt, decimals);
  return text.slice(0, offset) + made + text.slice(offset + length);
}

/** Every number of at least three digits in a text. */
const numbersIn = (text: string) => text.match(/\d+\.\d{3,}/g) ?? [];

describe("Hidden answers", () => {
  const open = sampleText("hi-there-class.rnn.json");
  const text = hiddenText(open, 6);

  it("stand where the numbers stood, and hold and fail as those did", () => {
    const { problem, expect, diagnostics } = read(text);
    assert.deepEqual(diagnostics, []);
    const [before, after] = [compareExpected(problem!, read(open).expect), compareExpected(problem!, expect)];
    assert.deepEqual(
      after.map(({ expected, right }) => [expected.path.join("."), right]),
      before.map(({ expected, right }) => [expected.path.join(".").replace("expect.", "expect.hidden."), right]),
    );
    assert.ok(after.some(({ right }) => right));
    assert.ok(after.some(({ right }) => !right));
    assert.deepEqual(unpack(expect, pack(after)), after);
  });

  it("cannot be read: no number of what was expected is left in the text, nor in what the check says", () => {
    const { expect: was } = read(open);
    const answers = new Set([...eachNumber(was!.numbers)].map(({ value }) => Math.abs(value).toFixed(4)));
    const inside = text.slice(text.indexOf('"expect"'));
    assert.deepEqual(numbersIn(inside), []);
    const { problem, expect } = read(text);
    const comparisons = compareExpected(problem!, expect);
    const findings = findSlips(problem!, comparisons);
    const said = `${JSON.stringify(summaryOf(comparisons).failed)} ${marksTable("x", problem!, comparisons, findings)} ${JSON.stringify(findings)}`;
    for (const number of numbersIn(said)) assert.ok(!answers.has(Number(number).toFixed(4)), number);
  });

  it("are other hashes for equal numbers, and for another salt", () => {
    const hashes = text.match(/"[0-9a-f]{16}"/g) ?? [];
    assert.ok(hashes.length > 20);
    assert.equal(new Set(hashes).size, hashes.length);
  });

  it("are wrong where the model is another one", () => {
    const { problem, expect } = read(text.replace(/"Whh": \[\[0?\.2/, '"Whh": [[0.3'));
    const { failed } = summaryOf(compareExpected(problem!, expect));
    assert.ok(failed.length > 10, `${failed.length}`);
    assert.ok(failed.every((one) => one.expected === null && one.actual === null));
  });

  it("still tell the slip: of a published program's numbers, hidden with 6 digits", () => {
    const published = readFileSync(path.join(goldens, "slips", "03-wrap.rnn.json"), "utf8");
    const { problem, expect } = read(hiddenText(published, 6));
    const comparisons = compareExpected(problem!, expect);
    const [first] = findSlips(problem!, comparisons).diagnoses;
    assert.deepEqual(
      first?.slips.map(({ id }) => id),
      ["wrapped-state"],
    );
    assert.equal(first?.explained.length, first?.wrong);
  });

  it("let numbers stand beside them, of which the check says no more than that they are wrong, and the slip", () => {
    const ownNumbers = text.replace(/"expect": \{/, '"expect": { "sequences": [{ "steps": [{ "h": [0.1234] }] }],');
    const { problem, expect, diagnostics } = read(ownNumbers);
    assert.deepEqual(diagnostics, []);
    const comparisons = compareExpected(problem!, expect);
    const own = comparisons.find(({ expected }) => expected.path.join(".") === "expect.sequences.0.steps.0.h.0");
    assert.equal(own?.right, false);
    assert.equal(own?.expected.isSecret, true);
    assert.deepEqual(summaryOf([own]).failed, [
      { path: "expect.sequences.0.steps.0.h.0", expected: 0.1234, actual: null },
    ]);
    assert.deepEqual(findSlips(problem!, comparisons).hints, []);
  });

  it("can be added to: what is hidden already stays", () => {
    const more = text.replace(
      /"expect": \{/,
      '"expect": { "sequences": [{ "gradients": { "layers.0.Whh": [[0.5]] } }],',
    );
    const { expect } = read(hiddenText(more, 6));
    assert.equal(expect!.numbers.values.length, 0);
    const was = read(text).expect!.hidden!;
    assert.ok(expect!.hidden!.hashes.length >= was.hashes.length);
    for (const hash of was.hashes)
      assert.ok(expect!.hidden!.hashes.includes(hash) || was.hashes.length > expect!.hidden!.hashes.length - 1);
  });

  it("that do not fit the model are errors at their place", () => {
    const { diagnostics } = read(
      text.replace('"hidden": {', '"hidden": { "batch": { "gradients": { "Whz": ["00"] } },'),
    );
    assert.match(diagnostics[0]!.message, /Whz is no parameter of this model/);
    assert.deepEqual(diagnostics[0]!.path.slice(0, 3), ["expect", "hidden", "batch"]);
  });
});
