import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { asItShouldBe, combine } from "../../src/diagnosis/choices";
import { compute } from "../../src/diagnosis/compute";
import type { Problem } from "../../src/engine/model";
import { parametersOf, withParameters } from "../../src/engine/model";
import { run } from "../../src/engine/run";
import { toNested, zerosLike } from "../../src/engine/tensor";
import { traceOf } from "../../src/engine/trace";
import { updateOnce } from "../../src/engine/train";
import { problems } from "../engine/arbitrary";

/** Every number of a value by its path, in which what only one of two computations tells is left out. */
function numbersOf(value: unknown, path = ""): Map<string, number> {
  if (typeof value === "number") return new Map([[path, value]]);
  if (typeof value !== "object" || value === null) return new Map();
  return new Map(Object.entries(value).flatMap(([key, inner]) => [...numbersOf(inner, `${path}.${key}`)]));
}

/** The engine's numbers stand in the other computation, within rounding. */
function assertHolds(engine: unknown, other: unknown): void {
  const computed = numbersOf(other);
  for (const [path, expected] of numbersOf(engine)) {
    if (/\.(version|sequence)$/.test(path)) continue;
    const actual = computed.get(path);
    assert.ok(
      actual !== undefined && Math.abs(actual - expected) <= 1e-11 * Math.max(1, Math.abs(expected)),
      `${path} is ${actual}, the engine's is ${expected}`,
    );
  }
}

function engineOf({ model, sequences, training }: Problem, index: number) {
  const done = run(model, sequences, index);
  const updated = Object.entries(updateOnce(model, done.gradients, training));
  return {
    trace: traceOf(done, index, () => null, false),
    updated: Object.fromEntries(updated.map(([name, tensor]) => [name, toNested(tensor)])),
  };
}

function computedBy(problem: Problem, index: number) {
  const { trace, updated } = compute(problem, index, asItShouldBe);
  return { trace, updated: updated() };
}

describe("The computation that a diagnosis tries slips on", function () {
  this.timeout(120_000);

  it("gives every number of the engine's trace, and of its update, where there is no slip", () => {
    fc.assert(
      fc.property(problems, (problem) => assertHolds(engineOf(problem, 0), computedBy(problem, 0))),
      { numRuns: 80 },
    );
  });

  it("starts a sequence from the state in which the one before it ended, where it carries", () => {
    const forward = problems.filter(({ model }) => model.layers.every(({ direction }) => direction === "forward"));
    fc.assert(
      fc.property(forward, (problem) => {
        const [first, second] = problem.sequences;
        const carried = { ...problem, sequences: [first!, { ...second!, carry: true }] };
        assertHolds(engineOf(carried, 1), computedBy(carried, 1));
      }),
      { numRuns: 30 },
    );
  });

  it("without a bias gives the engine's numbers of a model in which that bias is zero", () => {
    fc.assert(
      fc.property(problems, fc.nat(), (problem, choice) => {
        const biases = Object.entries(parametersOf(problem.model)).filter(([, { rank }]) => rank === 1);
        const [name, bias] = biases[choice % biases.length]!;
        const model = withParameters(problem.model, { [name]: zerosLike(bias) });
        const { trace } = compute(problem, 0, combine([{ forgottenBiases: [name] }]));
        assertHolds(
          traceOf(run(model, problem.sequences, 0), 0, () => null, false),
          trace,
        );
      }),
      { numRuns: 30 },
    );
  });
});
