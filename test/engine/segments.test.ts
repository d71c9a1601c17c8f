import assert from "node:assert/strict";
import fc from "fast-check";
import { parametersOf } from "../../src/engine/model";
import type { Run } from "../../src/engine/run";
import { computeRun, run } from "../../src/engine/run";
import { problems } from "./arbitrary";

function segmented(
  problem: Parameters<typeof computeRun>[0],
  sequences: Parameters<typeof computeRun>[1],
  length: number,
): Run {
  const running = computeRun(problem, sequences, 0, { segmentLength: length });
  let next = running.next();
  let before = 0;
  for (; !next.done; next = running.next()) {
    assert.ok(next.value.done > before && next.value.done <= 1);
    before = next.value.done;
  }
  return next.value;
}

describe("a run that keeps checkpoints", () => {
  it("gives every number of every step of one that keeps everything, bit for bit, in any order of asking", () => {
    fc.assert(
      fc.property(problems, fc.integer({ min: 1, max: 5 }), fc.infiniteStream(fc.nat()), (problem, length, steps) => {
        const { model, sequences } = problem;
        const whole = run(model, sequences, 0);
        const inSegments = segmented(model, sequences, length);
        // Added up by segments, the loss alone may round otherwise.
        assert.ok(Math.abs(inSegments.loss! - whole.loss!) <= 1e-14 * Math.abs(whole.loss!));
        assert.deepEqual(inSegments.startGradients, whole.startGradients);
        for (const name of Object.keys(parametersOf(model)))
          assert.deepEqual(inSegments.gradients[name]!.data, whole.gradients[name]!.data, name);
        for (let n = 0; n < 2 * whole.length; n++) {
          const t = 1 + (steps.next().value % whole.length);
          assert.deepEqual(inSegments.at(t), whole.at(t));
          for (const name of Object.keys(parametersOf(model))) {
            assert.deepEqual(inSegments.share(name, t), whole.share(name, t), name);
            assert.deepEqual(inSegments.partialGradient(name, t), whole.partialGradient(name, t), name);
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
