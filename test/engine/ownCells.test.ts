/** Cells that a file defines: drawn ones, over all functions of the equations. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { cellOf } from "../../src/engine/cells";
import { evaluate } from "../../src/engine/expression";
import { checkGradients } from "../../src/engine/gradientCheck";
import { finish, run } from "../../src/engine/run";
import { train } from "../../src/engine/train";
import { printProblem } from "../../src/format/print";
import { surroundingsOf } from "../../src/host/panel/surroundings";
import { trainFast } from "../../src/kernels";
import { readText } from "../files";
import { ownCellProblems } from "./arbitraryCells";

describe("drawn cells over all functions", () => {
  it("have derived gradients that agree with central differences within 1e-6, for every parameter", () => {
    fc.assert(
      fc.property(ownCellProblems, ({ model, sequences }) => {
        const { worst, parameter } = finish(checkGradients(model, sequences));
        assert.ok(worst !== null && worst < 1e-6, `${parameter}: ${worst}`);
      }),
      { numRuns: 60 },
    );
  });

  it("have equations that give the program's numbers, forward and back", () => {
    fc.assert(
      fc.property(ownCellProblems, ({ model, sequences }) => {
        const whole = run(model, sequences, 0);
        for (const [l, layer] of model.layers.entries())
          for (const p of layer.passes.keys())
            for (let t = 1; t <= whole.length; t++) {
              const from = surroundingsOf(whole, l, p, t);
              const { values, gradients } = whole.at(t).passes[l]![p]!;
              const cell = cellOf(layer);
              for (const [operations, numbers] of [
                [cell.forwardOperations(layer.options), values],
                [cell.backwardOperations(layer.options), gradients],
              ] as const)
                for (const { name, expression } of operations)
                  evaluate(expression, from).forEach((v, k) =>
                    assert.ok(
                      Math.abs(v - numbers[name]![k]!) <= 1e-11 * Math.max(1, Math.abs(v)),
                      `${name}[${k}] at t = ${t} is ${v}, the program has ${numbers[name]![k]}`,
                    ),
                  );
            }
      }),
      { numRuns: 60 },
    );
  });

  it("add a constant up over all units: sum(0.5) + mean(0.5) + softmax(0.5) is 2 + 0.5 + 0.25 for four of them", () => {
    const { problem } = readText(
      JSON.stringify({
        version: 1,
        inputSize: 1,
        cells: { flat: { constants: { α: 0.5 }, equations: ["h = sum(α) + mean(α) + softmax(α)"] } },
        layers: [{ cell: "flat", size: 4 }],
        output: { size: 1 },
        sequences: [{ inputs: [[1]] }],
      }),
    );
    const { values } = run(problem.model, problem.sequences, 0).at(1).passes[0]![0]!;
    assert.deepEqual([...values["h"]!], [2.75, 2.75, 2.75, 2.75]);
  });

  it("have no gradient from a quantity that nothing uses, even where its slope is infinite: PyTorch's numbers", () => {
    // √ has an infinite slope at 0, which relu(a) is at the first step; n and the state u are read by u alone.
    const { problem } = readText(
      JSON.stringify({
        version: 1,
        cells: {
          watched: {
            equations: ["a = Wxh x + Whh h'", "n = √(relu(a))", "u = u' + b ∘ √(relu(a)) + n", "h = tanh(a)"],
          },
        },
        layers: [{ cell: "watched", size: 1, Wxh: [[1]], Whh: [[0.5]], b: [2] }],
        output: { Why: "identity" },
        loss: { type: "mse" },
        sequences: [{ inputs: [-1, 2], targets: [0, 0] }],
        training: { epochs: 2 },
      }),
    );
    const within = (actual: number | undefined, expected: number) =>
      assert.ok(Math.abs(actual! - expected) < 1e-14, `${actual}, expected ${expected}`);
    const { gradients } = run(problem.model, problem.sequences, 0);
    within(gradients["layers.0.Wxh"]!.data[0], 1.1205558852177295);
    within(gradients["layers.0.Whh"]!.data[0], -0.20458905077735384);
    assert.equal(gradients["layers.0.b"]!.data[0], 0);
    for (const training of [train(problem), trainFast(problem, "dist")]) {
      const { parameters } = finish(training);
      within(parameters["layers.0.Wxh"]!.data[0], 0.9773539825374792);
      within(parameters["layers.0.Whh"]!.data[0], 0.5041543544726942);
      assert.equal(parameters["layers.0.b"]!.data[0], 2);
    }
  });

  it("have ∂L/∂(initial state) and ∂L/∂x that agree with central differences within 1e-6", () => {
    fc.assert(
      fc.property(ownCellProblems, ({ model, sequences }) => {
        const { startGradients, length } = run(model, sequences, 0);
        const dx = Array.from({ length }, (_, k) =>
          run(model, sequences, 0)
            .at(k + 1)
            .dx.slice(),
        );
        const check = (data: Float64Array, k: number, gradient: number) => {
          const value = data[k]!;
          const at = (moved: number) => {
            data[k] = moved;
            const { loss } = run(model, sequences, 0);
            data[k] = value;
            return loss!;
          };
          const [up, here, down] = [at(value + 1e-5), at(value), at(value - 1e-5)];
          // At a kink the slopes to both sides differ, and there is nothing to compare with
          if (Math.abs(up - 2 * here + down) / 1e-5 > 1e-3) return;
          const difference = (up - down) / 2e-5;
          assert.ok(
            Math.abs(difference - gradient) < 1e-6 * Math.max(1, Math.abs(gradient)),
            `${difference}, ${gradient}`,
          );
        };
        for (const [l, { passes }] of model.layers.entries())
          for (const [p, pass] of passes.entries())
            for (const [state, vector] of Object.entries(pass.initial))
              for (const k of vector.keys()) check(vector, k, startGradients[l]![p]![state]![k]!);
        const { vectors } = sequences[0]!.inputs;
        for (const [t, gradient] of dx.entries())
          for (const [j, value] of gradient.entries()) check(vectors!, t * gradient.length + j, value);
      }),
      { numRuns: 30 },
    );
  });

  it("are printed as a file that is the same problem", () => {
    fc.assert(
      fc.property(ownCellProblems, (problem) => assert.deepEqual(readText(printProblem(problem)).problem, problem)),
      { numRuns: 20 },
    );
  });
});
