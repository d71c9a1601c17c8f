import assert from "node:assert/strict";
import fc from "fast-check";
import type { Model } from "../../src/engine/model";
import { parametersOf, withParameters } from "../../src/engine/model";
import { backward, finalState, forward, initialState, Loops, Recording } from "../../src/engine/network";
import { computeRun, finish, Run, run } from "../../src/engine/run";
import { zerosLikeAll } from "../../src/engine/tensor";
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

  it("goes over some of a sequence's steps alone, with a weight of its own, as forward and backward do", () => {
    const parts = fc.tuple(
      fc.integer({ min: 1, max: 5 }),
      fc.nat(),
      fc.nat(),
      fc.double({ min: 0.1, max: 3, noNaN: true }),
    );
    fc.assert(
      fc.property(problems, parts, ({ model, sequences }, [segmentLength, first, count, scale]) => {
        const sequence = sequences[0]!;
        const from = first % sequence.length;
        const to = from + 1 + (count % (sequence.length - from));
        const start = initialState(model, sequence);
        const part = new Run(model, sequence, start, {
          segmentLength,
          steps: { from, to },
          weights: { scale, weights: sequence.weights },
        });
        finish(part.compute());

        const recording = new Recording(model);
        const gradients = zerosLikeAll(parametersOf(model));
        const stretch = { sequence, from, to, start, incoming: null };
        const sum = forward(model, stretch, recording);
        backward(model, stretch, recording, { scale, weights: sequence.weights }, gradients, false);
        assert.equal(part.length, to - from);
        assert.ok(Math.abs(part.sum - sum) <= 1e-14 * Math.abs(sum));
        assert.deepEqual(part.finalState, finalState(model, recording, to - from));
        for (const name of Object.keys(gradients))
          assert.deepEqual(part.gradients[name]!.data, gradients[name]!.data, name);
        assert.equal(part.firstNonFinite(), null);
      }),
      { numRuns: 150 },
    );
  });

  it("computes no layer below the first one that has changed, and gives the numbers of one that computes them all", () => {
    fc.assert(
      fc.property(problems, fc.integer({ min: 1, max: 5 }), fc.nat(), ({ model, sequences }, segmentLength, n) => {
        const before = run(model, sequences, 0, { segmentLength });
        const count = n % (model.layers.length + 1);
        const kept = new Set(model.layers.slice(0, count).flatMap(({ passes }) => passes.map(({ prefix }) => prefix)));
        const isKept = (name: string) =>
          name.startsWith("embedding") || [...kept].some((prefix) => name.startsWith(prefix));
        const changed = withParameters(
          model,
          Object.fromEntries(
            Object.entries(parametersOf(model)).map(([name, tensor]) => [
              name,
              isKept(name) ? tensor : { ...tensor, data: tensor.data.map((x) => 0.9 * x) },
            ]),
          ),
        );
        const computed = new Set<number>();
        class Counting extends Loops {
          override passForward(...of: Parameters<Loops["passForward"]>): void {
            computed.add(of[2]);
            super.passForward(...of);
          }
        }
        const options = { segmentLength, arithmetic: (of: Model) => new Counting(of) };
        const after = run(changed, sequences, 0, { ...options, known: { run: before, count } });
        assert.deepEqual(
          [...computed].toSorted((a, b) => a - b),
          model.layers.map((_, l) => l).filter((l) => l >= count),
        );
        const whole = run(changed, sequences, 0, { segmentLength });
        assert.deepEqual([after.loss, after.gradients], [whole.loss, whole.gradients]);
        for (let t = 1; t <= whole.length; t++) assert.deepEqual(after.at(t), whole.at(t));
      }),
      { numRuns: 100 },
    );
  });
});
