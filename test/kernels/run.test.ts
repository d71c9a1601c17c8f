/** Runs on the kernels, held against the readable engine's: every number of every step. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Problem } from "../../src/engine/model";
import { parametersOf, withParameters } from "../../src/engine/model";
import type { StepView } from "../../src/engine/run";
import { Run, run, startOf } from "../../src/engine/run";
import { hasVectors, loadKernels } from "../../src/kernels/kernels";
import { RunKernels } from "../../src/kernels/run";
import { build, problems, shapesUpTo } from "../engine/arbitrary";
import { ownCellProblems } from "../engine/arbitraryCells";
import { readText } from "../files";

const arithmetic = (model: Problem["model"], _: number, steps: number) =>
  new RunKernels(model, steps, loadKernels("dist", "float64"));

/** Large enough for its matrices to be packed. */
const large = readText(
  JSON.stringify({
    version: 1,
    inputSize: 2,
    layers: [{ cell: "lstm", size: 40 }],
    output: { size: 2 },
    loss: { type: "mse" },
    sequences: [
      {
        inputs: Array.from({ length: 45 }, (_, k) => [Math.sin(k), Math.cos(2 * k)]),
        targets: Array.from({ length: 45 }, (_, k) => [Math.cos(k), Math.sin(3 * k)]),
      },
    ],
  }),
).problem;

/** All numbers of a step by what they are. */
function* numbersOf(view: StepView): Generator<readonly [string, Float64Array]> {
  for (const [l, passes] of view.passes.entries())
    for (const [p, { values, gradients, above, next }] of passes.entries()) {
      for (const [name, vector] of Object.entries(values)) yield [`${l}.${p}.${name}`, vector];
      for (const [name, vector] of Object.entries(gradients)) yield [`gradient of ${l}.${p}.${name}`, vector];
      yield [`${l}.${p}.above`, above];
      yield [`${l}.${p}.next`, next];
    }
  for (const [l, h] of view.h.entries()) yield [`${l}.h`, h];
  for (const name of ["logits", "output", "dLogits", "dx"] as const) if (view[name]) yield [name, view[name]];
  if (view.loss !== null) yield ["loss", Float64Array.of(view.loss)];
}

/** Relative to the largest number of its vector, and to 1 at least. */
function assertNear(actual: Float64Array, expected: Float64Array, tolerance: number, what: string): void {
  assert.equal(actual.length, expected.length, what);
  const size = expected.reduce((most, v) => Math.max(most, Math.abs(v)), 1);
  for (const [i, v] of expected.entries())
    assert.ok(
      Object.is(v, actual[i]) || Math.abs(actual[i]! - v) <= tolerance * size,
      `${what}[${i}] is ${actual[i]}, expected ${v}`,
    );
}

function assertSame(actual: Run, expected: Run, tolerance = 1e-13): void {
  if (expected.loss !== null)
    assertNear(Float64Array.of(actual.loss!), Float64Array.of(expected.loss), tolerance, "the loss");
  for (const name of Object.keys(parametersOf(expected.model)))
    assertNear(actual.gradients[name]!.data, expected.gradients[name]!.data, tolerance, name);
  for (const [l, passes] of expected.startGradients.entries())
    for (const [p, state] of passes.entries())
      for (const [name, vector] of Object.entries(state))
        assertNear(actual.startGradients[l]![p]![name]!, vector, tolerance, `initial ${l}.${p}.${name}`);
  // In an order in which segments are left and come to again
  for (let n = 0; n < expected.length; n++) {
    const t = 1 + ((n * 7) % expected.length);
    const found = new Map(numbersOf(actual.at(t)));
    for (const [what, vector] of numbersOf(expected.at(t)))
      assertNear(found.get(what)!, vector, tolerance, `${what} at t = ${t}`);
    for (const name of Object.keys(parametersOf(expected.model)))
      assertNear(actual.share(name, t).data, expected.share(name, t).data, tolerance, `${name}'s share at t = ${t}`);
  }
}

if (hasVectors())
  describe("a run on the kernels", () => {
    it("has every number of the readable engine's within 1e-13, for random layers, read-outs and losses", () => {
      fc.assert(
        fc.property(shapesUpTo(5), fc.integer({ min: 1, max: 6 }), (shape, segmentLength) => {
          const { model, sequences } = build(shape);
          assertSame(run(model, sequences, 0, { segmentLength, arithmetic }), run(model, sequences, 0));
        }),
        { numRuns: 150 },
      );
    });

    it("has them for random cells of a file's own", () => {
      fc.assert(
        fc.property(ownCellProblems, fc.integer({ min: 1, max: 6 }), ({ model, sequences }, segmentLength) => {
          assertSame(run(model, sequences, 0, { segmentLength, arithmetic }), run(model, sequences, 0));
        }),
        { numRuns: 100 },
      );
    });

    it("has them, to the bit, where the first layers are known from a run whose read-out was another", () => {
      const cells = fc.oneof(shapesUpTo(5).map(build), ownCellProblems);
      fc.assert(
        fc.property(cells, fc.integer({ min: 1, max: 6 }), ({ model, sequences }, segmentLength) => {
          const options = { segmentLength, arithmetic };
          const before = run(model, sequences, 0, options);
          const parameters = Object.entries(parametersOf(model)).map(([name, tensor]) => {
            const isOfOutput = name.startsWith("output");
            return [name, isOfOutput ? { ...tensor, data: tensor.data.map((x) => 0.9 * x) } : tensor] as const;
          });
          const changed = withParameters(model, Object.fromEntries(parameters));
          const known = { run: before, count: model.layers.length };
          assertSame(run(changed, sequences, 0, { ...options, known }), run(changed, sequences, 0, options), 0);
        }),
        { numRuns: 100 },
      );
    });

    it("has them where matrices are packed, in segments long and short", () => {
      const expected = run(large.model, large.sequences, 0);
      for (const segmentLength of [45, 16, 7])
        assertSame(run(large.model, large.sequences, 0, { segmentLength, arithmetic }), expected);
    });

    it("leaves the memory of one run to the next as it was", () => {
      const kernels = loadKernels("dist", "float64");
      const before = kernels.arena.mark();
      const again = (model: Problem["model"], _: number, steps: number) => new RunKernels(model, steps, kernels);
      fc.assert(
        fc.property(shapesUpTo(5), (shape) => {
          const { model, sequences } = build(shape);
          assertSame(run(model, sequences, 0, { segmentLength: 2, arithmetic: again }), run(model, sequences, 0));
          assert.equal(kernels.arena.mark(), before);
        }),
        { numRuns: 40 },
      );
    });

    it("goes forward with a parameter that has been moved, small or packed", () => {
      const lossesOf = (of: Run): Float64Array => {
        const losses = new Float64Array(of.length);
        for (const going = of.forwardPasses(losses); !going.next().done; );
        return losses;
      };
      fc.assert(
        fc.property(fc.oneof(problems, ownCellProblems, fc.constant(large)), ({ model, sequences }) => {
          const moved = Object.fromEntries(
            Object.entries(parametersOf(model)).map(([name, one]) => [name, { ...one, data: one.data.slice() }]),
          );
          const ofMoved = withParameters(model, moved);
          const [fast, readable] = [{ segmentLength: 20, arithmetic }, {}].map(
            (options) => new Run(ofMoved, sequences[0]!, startOf(ofMoved, sequences, 0), options),
          );
          assertNear(lossesOf(fast!), lossesOf(readable!), 1e-13, "the losses");
          for (const [name, { data }] of Object.entries(moved)) {
            data[data.length - 1]! += 0.25;
            fast!.moved(name);
            assertNear(lossesOf(fast!), lossesOf(readable!), 1e-13, `the losses where ${name} is moved`);
          }
        }),
        { numRuns: 60 },
      );
    });
  });
