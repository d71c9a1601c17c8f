import assert from "node:assert/strict";
import * as fc from "fast-check";
import { printProblem } from "../../src/format/print";
import { readProblem } from "../../src/format/read";
import { anyProblem } from "./arbitrary";

describe("printProblem", () => {
  it("prints any problem so that it reads back as the same problem, bit for bit", () => {
    fc.assert(
      fc.property(anyProblem, (problem) => {
        const reading = readProblem(printProblem(problem), { fileName: "printed.rnn.json" });
        assert.deepEqual(
          reading.diagnostics.filter(
            ({ code }) => !["probability", "repeated-word", "last-of-backward"].includes(code),
          ),
          [],
        );
        // deepStrictEqual tells 0 from −0 and compares every number of every tensor.
        // A clone, because some of what fast-check makes has no prototype.
        assert.deepStrictEqual(reading.problem, structuredClone(problem));
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it("prints a matrix one row a line where a line would be long", () => {
    const text = printProblem(
      readProblem(
        '{ "version": 1, "inputSize": 40, "layers": [{ "cell": "rnn", "size": 3 }], "output": { "size": 1 } }',
        {
          fileName: "x",
        },
      ).problem!,
    );
    assert.match(text, /"Wxh": \[\n {8}\[-?\d/);
  });
});
