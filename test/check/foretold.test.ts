import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { compareNumbers } from "../../src/check/check";
import { findSlips } from "../../src/check/diagnosis/diagnose";
import { judgedOf, numbersTyped, placeInTrace } from "../../src/check/foretold";
import { readSample } from "../samples/samples";

const { problem } = readSample("hi-there-class.rnn.json");

/** h_t of the worked example as somebody types it. */
function judged(t: number, text: string) {
  const place = [...placeInTrace(problem!.model, { kind: "value", layer: 0, pass: 0, name: "h" }, t)!, 0];
  const numbers = numbersTyped(text)!.map(({ value, tolerance }) => ({
    sequence: 0,
    path: place,
    value,
    tolerance,
    of: "trace" as const,
    place,
  }));
  const comparisons = compareNumbers(problem!, numbers);
  return judgedOf(comparisons, findSlips(problem!, comparisons), 0);
}

describe("What somebody foretells", () => {
  // h_1 = 0.46211715726, h_2 = −0.20464571679
  it("is right to the digits with which it is written", () => {
    for (const text of ["0.46", "0.462", "0.4621", "0.46211716"]) assert.equal(judged(1, text).nearness, "right", text);
    assert.equal(judged(2, "−0.2046").nearness, "right");
  });

  it("is close where its first digits are right, and it is said how many", () => {
    assert.deepEqual(judged(1, "0.4639"), { nearness: "close", digits: 2, says: null });
    assert.match(judged(1, "0.4629").says!, /^One digit is another: 1 and not 9/);
    assert.deepEqual(judged(1, "0.471"), { nearness: "close", digits: 1, says: null });
  });

  it("is wrong with what explains it", () => {
    const { nearness, says } = judged(2, "0.2046");
    assert.equal(nearness, "wrong");
    assert.match(says!, /right but for its sign/);
    assert.deepEqual(judged(1, "0.9"), { nearness: "wrong", digits: 0, says: null });
  });

  it("is numbers with commas, blanks or brackets between them, and nothing else", () => {
    assert.deepEqual(
      numbersTyped("[0.5, −0.25 1e-3]")!.map(({ value }) => value),
      [0.5, -0.25, 0.001],
    );
    assert.equal(numbersTyped("much"), null);
    assert.deepEqual(numbersTyped(""), []);
  });
});
