import assert from "node:assert/strict";
import fc from "fast-check";
import { cellOf, cells } from "../../src/engine/cells";
import type { Surroundings } from "../../src/engine/expression";
import { evaluate } from "../../src/engine/expression";
import { expressionText } from "../../src/engine/expressionText";
import type { Loss, LossType, OptimizerSettings, OptimizerType, OutputActivation } from "../../src/engine/model";
import { plainLoss } from "../../src/engine/model";
import { updateEquation } from "../../src/engine/optimizer";
import { logitGradientExpression, logitsExpression, lossExpression, outputExpression } from "../../src/engine/readout";
import type { Run } from "../../src/engine/run";
import { run } from "../../src/engine/run";
import { readText } from "../files";
import { problems } from "./arbitrary";

/** The numbers around step t of one pass of a run. */
function around(whole: Run, l: number, p: number, t: number): Surroundings {
  const layer = whole.model.layers[l]!;
  const pass = layer.passes[p]!;
  const before = pass.direction === "forward" ? t - 1 : t + 1;
  const after = pass.direction === "forward" ? t + 1 : t - 1;
  const isStep = (s: number) => s >= 1 && s <= whole.length;
  const view = (s: number) => whole.at(s).passes[l]![p]!;
  return {
    size: layer.size,
    value(name, time) {
      if (time === "now") return view(t).values[name]!;
      if (time === "after") return isStep(after) ? view(after).values[name]! : new Float64Array(layer.size);
      return isStep(before) ? view(before).values[name]! : whole.start[l]![p]![name]!;
    },
    gradient(name, time) {
      if (time === "now") return view(t).gradients[name]!;
      return isStep(after) ? view(after).gradients[name]! : null;
    },
    above: () => view(t).above,
    input: () => (l === 0 ? { token: -1, vector: whole.input(t) } : { token: -1, vector: whole.at(t).h[l - 1]! }),
    parameter: (name) => pass.parameters[name]!,
  };
}

describe("a cell's equations", () => {
  it("give the engine's number for every operation, forward and back, of random models", () => {
    fc.assert(
      fc.property(problems, ({ model, sequences }) => {
        const whole = run(model, sequences, 0);
        for (const [l, layer] of model.layers.entries())
          for (const p of layer.passes.keys())
            for (let t = 1; t <= whole.length; t++) {
              const from = around(whole, l, p, t);
              const check = (kind: "value" | "gradient") => {
                const cell = cellOf(layer);
                const operations =
                  kind === "value" ? cell.forwardOperations(layer.options) : cell.backwardOperations(layer.options);
                for (const { name, expression } of operations) {
                  const actual = kind === "value" ? from.value(name, "now") : from.gradient(name, "now")!;
                  evaluate(expression, from).forEach((v, i) =>
                    assert.ok(
                      Math.abs(v - actual[i]!) <= 1e-12 * Math.max(1, Math.abs(v)),
                      `${layer.cell} ${kind} ${name}[${i}] at t = ${t}: ${expressionText(expression)} is ${v}, the engine has ${actual[i]}`,
                    ),
                  );
                }
              };
              check("value");
              check("gradient");
            }
      }),
      { numRuns: 100 },
    );
  });

  it("read as the textbooks write them", () => {
    const text = (cell: "rnn" | "lstm" | "gru", reset: "after" | "before" = "after") => {
      const options = { activation: "tanh", reset } as const;
      const described = cells[cell];
      const gates = new Set(
        described
          .quantities(options)
          .filter((quantity) => quantity.gradientOfPreActivation)
          .map(({ name }) => name),
      );
      return [...described.forwardOperations(options), ...described.backwardOperations(options)].map(
        ({ name, expression }) => `${name} = ${expressionText(expression, { preActivations: gates })}`,
      );
    };
    assert.deepEqual(text("rnn"), [
      "a = Wxh x_t + Whh h_{t−1} + bh",
      "h = tanh(a_t)",
      "h = from above + Whhᵀ ∂L/∂a_{t+1}",
      "a = ∂L/∂h_t ∘ (1 − h_t²)",
    ]);
    assert.deepEqual(text("lstm").slice(4, 6), ["c = f_t ∘ c_{t−1} + i_t ∘ g_t", "h = o_t ∘ tanh(c_t)"]);
    assert.equal(text("lstm")[8], "c = ∂L/∂c_{t+1} ∘ f_{t+1} + ∂L/∂h_t ∘ o_t ∘ (1 − tanh(c_t)²)");
    assert.deepEqual(text("gru").slice(2, 5), [
      "q = Whn h_{t−1} + bhn",
      "n = tanh(Wxn x_t + bn + r_t ∘ q_t)",
      "h = (1 − z_t) ∘ n_t + z_t ∘ h_{t−1}",
    ]);
    assert.equal(text("gru", "before")[3], "n = tanh(Wxn x_t + Whn q_t + bn)");
  });

  it("say of shares and of ∂L/∂x what the textbooks do", () => {
    const options = { activation: "tanh", reset: "before" } as const;
    const { Wxh, Whh, bh } = cells.rnn.shares(options);
    assert.deepEqual(
      [Wxh!, Whh!, bh!].map((share) => expressionText(share)),
      ["∂L/∂a_t x_tᵀ", "∂L/∂a_t h_{t−1}ᵀ", "∂L/∂a_t"],
    );
    assert.equal(expressionText(cells.gru.shares(options)["Whn"]!), "∂L/∂n_t q_tᵀ");
    assert.equal(expressionText(cells.rnn.inputGradient(options)), "Wxhᵀ ∂L/∂a_t");
  });
});

describe("the read-out's equations", () => {
  const { problem } = readText(
    '{ "version": 1, "inputSize": 1, "layers": [{ "cell": "rnn", "size": 2 }], "output": { "size": 4 }, "sequences": [{ "inputs": [1] }] }',
  );
  const { model } = problem;
  const loss = (type: LossType): Loss => ({ ...plainLoss, type });

  it("read as the textbooks write them", () => {
    assert.equal(expressionText(logitsExpression(model)), "Why h_t + by");
    assert.equal(expressionText(outputExpression("softmax")), "softmax(z_t)");
    assert.equal(expressionText(lossExpression(loss("cross-entropy"), "softmax", "class", 4)), "−log p_t[target]");
    assert.equal(
      expressionText(lossExpression(loss("binary-cross-entropy"), "sigmoid", "vector", 4)),
      "−Σ_j (target[j] · log y_t[j] + (1 − target[j]) · log(1 − y_t[j]))",
    );
    assert.equal(expressionText(lossExpression(loss("mse"), "linear", "vector", 4)), "Σ_j (y_t[j] − target[j])²");
    const gradientOf = (type: LossType, activation: OutputActivation) =>
      expressionText(
        logitGradientExpression(
          { ...loss(type), reduction: "mean" },
          activation,
          type === "cross-entropy" ? "class" : "vector",
          4,
          problem.sequences[0]!,
        ),
      );
    assert.equal(gradientOf("cross-entropy", "softmax"), "(p_t − onehot(target)) / N");
    assert.equal(gradientOf("mse", "tanh"), "2 (y_t − target) ∘ (1 − y_t²) / N");
  });
});

describe("an update's equations", () => {
  const settings = {
    learningRate: 0.1,
    momentum: 0,
    nesterov: false,
    beta1: 0.9,
    beta2: 0.999,
    alpha: 0.99,
    epsilon: 1e-8,
    weightDecay: 0,
  };

  it("read with the optimizer's numbers", () => {
    const text = (type: OptimizerType, more: Partial<OptimizerSettings> = {}) =>
      updateEquation({ ...settings, ...more, type }, null, "Whh");
    assert.equal(text("sgd"), "Whh ← Whh − 0.1 dWhh");
    assert.equal(
      text("sgd", { momentum: 0.9, weightDecay: 0.01 }),
      "g = dWhh + 0.01 Whh, b = 0.9 b + g, Whh ← Whh − 0.1 b",
    );
    assert.equal(text("adagrad"), "s = s + dWhh², Whh ← Whh − 0.1 dWhh / (√s + 1e−8)");
    assert.equal(
      text("adam"),
      "m = 0.9 m + (1 − 0.9) dWhh, m̂ = m / (1 − 0.9), v = 0.999 v + (1 − 0.999) dWhh², v̂ = v / (1 − 0.999), " +
        "Whh ← Whh − 0.1 m̂ / (√v̂ + 1e−8)",
    );
  });

  it("say how gradients are clipped", () => {
    assert.equal(
      updateEquation({ ...settings, type: "sgd" }, { type: "value", at: 5 }, "Whh"),
      "clip(dWhh) = max(−5, min(5, dWhh)), Whh ← Whh − 0.1 clip(dWhh)",
    );
    assert.equal(
      updateEquation({ ...settings, type: "sgd" }, { type: "norm", at: 5 }, "Whh"),
      "clip(dWhh) = dWhh · min(1, 5 / (‖g‖ + 0.000001)), Whh ← Whh − 0.1 clip(dWhh)",
    );
  });
});
