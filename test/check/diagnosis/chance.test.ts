import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { compareExpected } from "../../../src/check/check";
import { diagnose } from "../../../src/check/diagnosis/diagnose";
import { Random } from "../../../src/engine/random";
import { readSample } from "../../samples/samples";

const digits = 4;
const tolerance = 0.5 * 10 ** -digits + 1e-9;
/** A thousand take two minutes: UNROLL_DRAWS=10000 asks for as many as the bound is about. */
const draws = Number(process.env["UNROLL_DRAWS"] ?? 20);

describe("Numbers that are wrong by chance", () => {
  it(`are explained by no slip: one to four of the worked example's, with four digits, ${draws} times`, function () {
    this.timeout(0);
    const { problem, expect } = readSample("hi-there-class.rnn.json");
    const right = compareExpected(problem!, expect).filter(({ actual }) => actual !== null);
    const random = new Random(7);
    let named = 0;
    for (let draw = 0; draw < draws; draw++) {
      const chosen = new Set(Array.from({ length: 1 + random.below(4) }, () => random.below(right.length)));
      const comparisons = right.map((comparison, k) => {
        const actual = comparison.actual!;
        const off = chosen.has(k) ? (2 * random.uniform() - 1) * Math.max(0.02, Math.abs(actual)) : 0;
        const value = Number((actual + off).toFixed(digits));
        return {
          ...comparison,
          right: Math.abs(value - actual) <= tolerance,
          expected: { ...comparison.expected, value, tolerance },
        };
      });
      if (diagnose(problem!, comparisons).length > 0) named++;
    }
    assert.ok(named <= draws / 1000, `${named} of ${draws} are named`);
  });
});
