import assert from "node:assert/strict";
import { largestOf, smallestOf } from "../../src/protocol/extremes";

describe("The largest and the smallest number", () => {
  it("are found among a million, which do not fit on the stack", () => {
    const values = Float64Array.from({ length: 1_000_000 }, (_, k) => k - 10);
    assert.deepEqual([largestOf(values), smallestOf(values)], [999_989, -10]);
  });

  it("of none are the bound", () => {
    assert.deepEqual([largestOf([], 0), smallestOf([], 3)], [0, 3]);
  });
});
