import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import {
  asItShouldBe,
  backKey,
  type Choices,
  combine,
  errorsKey,
  forwardKey,
} from "../../../src/check/diagnosis/choices";
import {
  type Computed,
  compute,
  computeBatch,
  isApart,
  isApartForward,
  lastOf,
  Workbench,
} from "../../../src/check/diagnosis/compute";
import { kindOf, sumOf, termsOf } from "../../../src/check/diagnosis/edited";
import { slipsOf } from "../../../src/check/diagnosis/slips";
import { runBatch } from "../../../src/engine/batch";
import type { Equation } from "../../../src/engine/equations";
import type { Problem } from "../../../src/engine/model";
import { parametersOf, withParameters } from "../../../src/engine/model";
import { run } from "../../../src/engine/run";
import { toNested, zerosLike } from "../../../src/engine/tensor";
import { traceOf } from "../../../src/engine/trace";
import { updateOnce } from "../../../src/engine/train";
import { plainProblems, problems } from "../../engine/arbitrary";
import { readText } from "../../files";

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

/** The same places, and at each the same number within rounding: sums that are gone through in another order end in other digits. */
function assertAlike(actual: ReadonlyMap<string, number>, expected: ReadonlyMap<string, number>): void {
  assert.deepEqual([...actual.keys()], [...expected.keys()]);
  for (const [path, value] of expected) {
    const found = actual.get(path)!;
    const isAlike = Object.is(found, value) || Math.abs(found - value) <= 1e-12 * Math.max(1, Math.abs(value));
    assert.ok(isAlike, `${path} is ${found}, expected ${value}`);
  }
}

const gradientsIn = ({ trace }: Computed): Map<string, number> =>
  numbersOf((trace as { readonly gradients: unknown }).gradients);

function engineOf({ model, sequences, training }: Problem, index: number) {
  const done = run(model, sequences, index);
  const updated = Object.entries(updateOnce(model, done.sequence, done.gradients, training));
  return {
    trace: traceOf(done, index, () => null, false),
    updated: Object.fromEntries(updated.map(([name, tensor]) => [name, toNested(tensor)])),
  };
}

function computedBy(problem: Problem, index: number) {
  const { trace, updated } = compute(problem, index, asItShouldBe);
  return { trace, updated: updated() };
}

describe("The computation that a diagnosis tries slips on", () => {
  it("gives every number of the engine's trace, and of its update, where there is no slip", () => {
    fc.assert(
      fc.property(problems, (problem) => assertHolds(engineOf(problem, 0), computedBy(problem, 0))),
      { numRuns: 80 },
    );
  });

  it("gives the last steps of the way back alone as it gives them with the others, whatever slip is made", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(problems, fc.nat(), (problem, choice) => {
        const { length } = problem.sequences[0]!;
        const part = lastOf(length, 2);
        fc.pre(part.to > 0);
        const slips = slipsOf(problem);
        const { id, change } = slips[choice % slips.length]!;
        const choices = combine([change]);
        fc.pre(isApart(problem.model, choices, part, length));
        const [whole, last] = [null, part].map((some) => {
          const { steps } = compute(problem, 0, choices, some).trace as { steps: { gradients: unknown }[] };
          return numbersOf(steps.slice(part.to).map(({ gradients }) => gradients));
        });
        assertAlike(last!, whole!);
        seen.add(id);
      }),
      { numRuns: 150 },
    );
    assert.ok(seen.size >= 20, [...seen].join(", "));
  });

  it("gives the first steps of the way forward alone as it gives them with the others, whatever slip is made", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(problems, fc.nat(), (problem, choice) => {
        const { model, sequences } = problem;
        fc.pre(sequences[0]!.length > 2);
        const slips = slipsOf(problem).filter(
          ({ change }) => forwardKey(combine([change])) !== forwardKey(asItShouldBe),
        );
        const { id, change } = slips[choice % slips.length]!;
        const choices = combine([change]);
        fc.pre(isApartForward(model, choices));
        const bench = new Workbench(problem);
        const [whole, first] = [bench.compute(0, choices), bench.computeFirst(0, choices, 2)].map(({ trace }) => {
          const { steps } = trace as { steps: Record<"layers" | "logits" | "output", unknown>[] };
          const isRead = model.output.at === "every";
          return numbersOf(
            steps.slice(0, 2).map(({ layers, logits, output }) => (isRead ? { layers, logits, output } : { layers })),
          );
        });
        assertAlike(first!, whole!);
        seen.add(id);
      }),
      { numRuns: 70 },
    );
    assert.ok(seen.size >= 15, [...seen].join(", "));
  });

  it("gives one parameter's gradient alone as it gives it with the others, whatever slip is made", () => {
    fc.assert(
      fc.property(problems, fc.nat(), (problem, choice) => {
        const slips = slipsOf(problem);
        const choices = combine([slips[choice % slips.length]!.change]);
        const names = Object.keys(parametersOf(problem.model));
        const name = names[choice % names.length]!;
        const { length } = problem.sequences[0]!;
        // The read-out's needs no way back over the steps.
        const part = { to: name.startsWith("output.") ? length : 0, asked: new Map([[name, null]]) };
        fc.pre(isApart(problem.model, choices, part, length));
        const [whole, alone] = [null, part].map((some) => {
          const { gradients } = compute(problem, 0, choices, some).trace as { gradients: Record<string, unknown> };
          return numbersOf(gradients[name]);
        });
        assertAlike(alone!, whole!);
      }),
      { numRuns: 100 },
    );
  });

  it("makes the gradients of errors that it has found before as it makes them of its own, whatever slip is made", () => {
    fc.assert(
      fc.property(problems, fc.nat({ max: 3 }), (problem, steps) => {
        const { length } = problem.sequences[0]!;
        const flow: Choices["flow"] = steps > 0 && steps < length ? { kind: "overlapping", steps } : { kind: "whole" };
        const bench = new Workbench(problem);
        for (const { change } of slipsOf(problem)) {
          const choices = combine([{ flow }, change]);
          if (errorsKey(choices) === backKey(choices)) continue;
          assertAlike(gradientsIn(bench.compute(0, choices)), gradientsIn(compute(problem, 0, choices)));
        }
      }),
      { numRuns: 20 },
    );
  });

  it("gives the engine's gradients of the initial states", () => {
    fc.assert(
      fc.property(problems, (problem) => {
        const { model, sequences } = problem;
        const { startGradients } = run(model, sequences, 0);
        const { gradients } = compute(problem, 0, asItShouldBe).trace as { gradients: Record<string, number[]> };
        model.layers.forEach(({ passes }, l) =>
          passes.forEach(({ prefix }, p) => {
            for (const [state, d] of Object.entries(startGradients[l]![p]!))
              assertHolds({ d: Array.from(d) }, { d: gradients[`${prefix}.${state}0`] });
          }),
        );
      }),
      { numRuns: 30 },
    );
  });

  it("gives the engine's batch of all sequences, their mean and their sum", () => {
    fc.assert(
      fc.property(problems, (problem) => {
        const { loss, gradients } = runBatch(problem);
        const nested = Object.fromEntries(Object.entries(gradients).map(([name, tensor]) => [name, toNested(tensor)]));
        assertHolds({ loss, gradients: nested }, computeBatch(problem, asItShouldBe).trace);
      }),
      { numRuns: 30 },
    );
  });

  it("leaves a gradient of a batch at zero where a slip forgets the only term with its parameter", () => {
    // Of h = b + w ∘ x with x = 2 and the gradient 1 on h, db is 1 and dw is 2.
    const { problem } =
      readText(`{ "version": 1, "inputSize": 1, "cells": { "own": { "equations": ["h = b + w ∘ x"] } },
      "layers": [{ "cell": "own", "size": 1, "b": [0], "w": [3] }], "output": { "size": 1, "Why": [[1]], "by": [0] },
      "loss": { "type": "linear" }, "sequences": [{ "inputs": [2], "targets": [1] }] }`);
    const forward = (all: readonly Equation[]) =>
      all.map(({ name, expression }) => ({ name, expression: sumOf(termsOf(expression).slice(0, 1)) }));
    const edit = { kind: kindOf(problem.model.layers[0]!), forward };
    const { gradients } = computeBatch(problem, combine([{ edits: [edit] }])).trace as { gradients: unknown };
    assertHolds({ "layers.0.b": [1], "layers.0.w": [0] }, gradients);
  });

  it("starts a sequence from the state in which the one before it ended, where it carries", () => {
    const forward = plainProblems.filter(({ model }) => model.layers.every(({ direction }) => direction === "forward"));
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
        fc.pre(biases.length > 0);
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
