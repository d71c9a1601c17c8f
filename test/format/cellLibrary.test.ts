/** The cells of the library beside PyTorch, which has each of them as a loop (`test/goldens/library/make.py`). */
import assert from "node:assert/strict";
import * as path from "node:path";
import { checkGradients } from "../../src/engine/gradientCheck";
import { run } from "../../src/engine/run";
import { cellLibrary, type LibraryCell } from "../../src/format/cellLibrary";
import { assertAgrees } from "../agreement";
import { goldens, readJson, readText } from "../files";

type Nested = readonly number[] | readonly (readonly number[])[];

interface Numbers {
  readonly size: number;
  readonly inputs: readonly (readonly number[])[];
  readonly targets: readonly (readonly number[])[];
  readonly parameters: Readonly<Record<string, Nested>>;
  readonly initial: Readonly<Record<string, readonly number[]>>;
  readonly loss: number;
  readonly steps: readonly Readonly<Record<string, readonly number[]>>[];
  readonly gradients: {
    readonly parameters: Readonly<Record<string, Nested>>;
    readonly initial: Readonly<Record<string, readonly number[]>>;
    readonly inputs: readonly (readonly number[])[];
  };
}

const numbersOf = readJson(path.join(goldens, "library", "numbers.json")) as Readonly<Record<string, Numbers>>;

/** A file with one layer of the cell and PyTorch's parameters; the logits are h_t. */
function problemOf({ name, cell, layer }: LibraryCell) {
  const { size, inputs, targets, parameters, initial } = numbersOf[name]!;
  const states = Object.fromEntries(Object.entries(initial).map(([state, v]) => [`${state}0`, v]));
  const file = {
    version: 1,
    cells: { [name]: cell },
    layers: [{ cell: name, size, ...layer, ...parameters, ...states }],
    output: { Why: "identity" },
    loss: { type: "mse" },
    sequences: [{ inputs, targets }],
  };
  return readText(JSON.stringify(file));
}

describe("the library of cells", () => {
  it("is just what PyTorch's numbers are there for", () =>
    assert.deepEqual(
      cellLibrary.map(({ name }) => name),
      Object.keys(numbersOf),
    ));

  for (const one of cellLibrary) {
    const { name } = one;
    it(`${name}: every state, the loss and every gradient agree with PyTorch's within 1e-9`, () => {
      const { problem, diagnostics } = problemOf(one);
      assert.deepEqual(diagnostics, []);
      const golden = numbersOf[name]!;
      const { parameters } = problem.model.layers[0]!.passes[0]!;
      assert.deepEqual(Object.keys(parameters).toSorted(), Object.keys(golden.parameters).toSorted());
      const whole = run(problem.model, problem.sequences, 0);
      const steps = golden.steps.map((_, k) => whole.at(k + 1));
      const list = (v: Float64Array) => [...v];
      const computed = {
        loss: whole.loss,
        steps: steps.map(({ passes }) =>
          Object.fromEntries(Object.entries(passes[0]![0]!.values).map(([key, v]) => [key, list(v)])),
        ),
        inputs: steps.map(({ dx }) => list(dx)),
        initial: Object.fromEntries(Object.entries(whole.startGradients[0]![0]!).map(([key, v]) => [key, list(v)])),
        parameters: Object.fromEntries(
          Object.entries(whole.gradients).map(([key, { data }]) => [key.replace("layers.0.", ""), list(data)]),
        ),
      };
      const flat = Object.fromEntries(Object.entries(golden.gradients.parameters).map(([key, v]) => [key, v.flat()]));
      assertAgrees(
        computed,
        {
          loss: golden.loss,
          steps: golden.steps,
          inputs: golden.gradients.inputs,
          initial: golden.gradients.initial,
          parameters: flat,
        },
        1e-9,
      );
    });

    it(`${name}: every gradient agrees with central differences within 1e-6`, () => {
      const { problem } = problemOf(one);
      const check = checkGradients(problem.model, problem.sequences);
      let next = check.next();
      while (!next.done) next = check.next();
      const { worst, parameter } = next.value;
      assert.ok(worst !== null && worst < 1e-6, `${parameter}: ${worst}`);
    });
  }
});
