import assert from "node:assert/strict";
import fc from "fast-check";
import { cells } from "../../src/engine/cells";
import type { Surroundings } from "../../src/engine/expression";
import { evaluate, expressionText } from "../../src/engine/expression";
import type { Run } from "../../src/engine/run";
import { run } from "../../src/engine/run";
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

describe("a cell's equations", function () {
  this.timeout(60_000);

  it("give the engine's number for every operation, forward and back, of random models", () => {
    fc.assert(
      fc.property(problems, ({ model, sequences }) => {
        const whole = run(model, sequences, 0);
        for (const [l, layer] of model.layers.entries())
          for (const p of layer.passes.keys())
            for (let t = 1; t <= whole.length; t++) {
              const from = around(whole, l, p, t);
              const check = (kind: "value" | "gradient") => {
                const cell = cells[layer.cell];
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
      "h = from above + Whhᵀ dL/da_{t+1}",
      "a = dL/dh_t ∘ (1 − h_t²)",
    ]);
    assert.deepEqual(text("lstm").slice(4, 6), ["c = f_t ∘ c_{t−1} + i_t ∘ g_t", "h = o_t ∘ tanh(c_t)"]);
    assert.equal(text("lstm")[8], "c = dL/dc_{t+1} ∘ f_{t+1} + dL/dh_t ∘ o_t ∘ (1 − (tanh(c_t))²)");
    assert.deepEqual(text("gru").slice(2, 5), [
      "q = Whn h_{t−1} + bhn",
      "n = tanh(Wxn x_t + bn + r_t ∘ q_t)",
      "h = (1 − z_t) ∘ n_t + z_t ∘ h_{t−1}",
    ]);
    assert.equal(text("gru", "before")[3], "n = tanh(Wxn x_t + Whn q_t + bn)");
  });
});
