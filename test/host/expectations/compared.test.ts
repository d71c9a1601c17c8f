import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { compareExpected } from "../../../src/check/check";
import { pack, unpack } from "../../../src/check/compared";
import { readText } from "../../files";

const { problem, expect } = readText(`{
  "version": 1,
  "vocabulary": ["a", "b"],
  "layers": [{ "cell": "rnn", "size": 1, "Wxh": [[0.5, -0.3]], "Whh": [[0.2]], "bh": [0] }],
  "output": { "size": 2, "Why": [[1], [0.5]], "by": [0, 0] },
  "loss": { "type": "cross-entropy" },
  "sequences": [{ "inputs": ["a", "b"], "targets": ["b", "a"] }],
  "expect": {
    "tolerance": 1e-3,
    "sequences": [{ "steps": [{ "h": [0.4621] }, { "h": [0.9], "logits": [0, 0] }], "updated": { "layers.0.Whh": [[7]] } }]
  }
}`);

describe("comparisons that cross over from a thread", () => {
  it("come out as they went in: right, wrong, and where the run has no such number", () => {
    const compared = compareExpected(problem, expect);
    const missing = compared.map((comparison, k) =>
      k === 2 ? { ...comparison, actual: null, right: false } : comparison,
    );
    assert.deepEqual(
      missing.map(({ right }) => right),
      [true, false, false, false, false],
    );
    assert.deepEqual(unpack(expect, structuredClone(pack(missing))), missing);
  });

  it("are none where nothing is expected", () => {
    assert.deepEqual(unpack(null, pack([])), []);
  });
});
