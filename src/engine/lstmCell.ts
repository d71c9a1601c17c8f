/**
 * Long short-term memory with a forget gate.
 *   a^k_t = Wxk x_t + Whk h_{t−1} + bk   for each k of i, f, g, o
 *   i, f, o = σ(a^i), σ(a^f), σ(a^o),   g = tanh(a^g)
 *   c_t = f ∘ c_{t−1} + i ∘ g,   h_t = o ∘ tanh(c_t)
 * and back:
 *   dL/dc_t = (from t+1) + dL/dh_t ∘ o ∘ (1 − tanh²(c_t)),   dL/dc_{t−1} ← dL/dc_t ∘ f
 *   dL/da^i = dL/dc ∘ g ∘ i(1 − i),   dL/da^f = dL/dc ∘ c_{t−1} ∘ f(1 − f)
 *   dL/da^g = dL/dc ∘ i ∘ (1 − g²),   dL/da^o = dL/dh ∘ tanh(c_t) ∘ o(1 − o)
 * Source: Hochreiter and Schmidhuber 1997; forget gate: Gers, Schmidhuber and Cummins 2000.
 */
import type { Cell } from "./cell";
import {
  above,
  after,
  apply,
  before,
  bias,
  gradient,
  gradientAfter,
  input,
  minus,
  now,
  one,
  outer,
  product,
  sum,
  times,
  transposed,
} from "./expression";
import { sigmoid } from "./functions";
import { addInput, addMatTransposedVec, addMatVec, addOuter, addOuterInput, addVec } from "./linear";
import { edge, inputNode, jointNode, partNode, previousNode, quantityNode } from "./picture";

const gates = ["i", "f", "g", "o"] as const;

const titles = { i: "input gate", f: "forget gate", g: "candidate", o: "output gate" } as const;

const preActivation = (k: string) => sum(product(`Wx${k}`, input), product(`Wh${k}`, before("h")), bias(`b${k}`));

const keptState = times(now("f"), before("c"));
const addedState = times(now("i"), now("g"));

export const lstmCell: Cell = {
  title: "long short-term memory: input, forget and output gates around a cell state",
  equation: "c_t = f ∘ c_{t−1} + i ∘ g; h_t = o ∘ tanh(c_t)",
  article: "an",
  options: {},
  parameters: () =>
    gates.flatMap((k) => [
      { name: `Wx${k}`, cols: "input", doc: `${titles[k]} ${k}: weights of the layer's input` },
      { name: `Wh${k}`, cols: "hidden", doc: `${titles[k]} ${k}: weights of the hidden state before` },
      { name: `b${k}`, cols: null, doc: `${titles[k]} ${k}: bias`, isForgetBias: k === "f" },
    ]),
  states: ["h", "c"],
  quantities: () => [
    { name: "i", title: titles.i, traced: true, gradientOfPreActivation: true },
    { name: "f", title: titles.f, traced: true, gradientOfPreActivation: true },
    { name: "g", title: titles.g, traced: true, gradientOfPreActivation: true },
    { name: "o", title: titles.o, traced: true, gradientOfPreActivation: true },
    { name: "c", title: "cell state", traced: true, gradientOfPreActivation: false },
    { name: "h", title: "hidden state", traced: true, gradientOfPreActivation: false },
  ],
  forwardOperations: () => [
    { name: "i", expression: apply("σ", preActivation("i")) },
    { name: "f", expression: apply("σ", preActivation("f")) },
    { name: "g", expression: apply("tanh", preActivation("g")) },
    { name: "o", expression: apply("σ", preActivation("o")) },
    { name: "c", expression: sum(keptState, addedState) },
    { name: "h", expression: times(now("o"), apply("tanh", now("c"))) },
  ],
  backwardOperations: () => [
    { name: "h", expression: sum(above, ...gates.map((k) => transposed(`Wh${k}`, gradientAfter(k)))) },
    { name: "o", expression: times(gradient("h"), apply("tanh", now("c")), now("o"), minus(one, now("o"))) },
    {
      name: "c",
      expression: sum(
        times(gradientAfter("c"), after("f")),
        times(gradient("h"), now("o"), minus(one, apply("square", apply("tanh", now("c"))))),
      ),
    },
    { name: "i", expression: times(gradient("c"), now("g"), now("i"), minus(one, now("i"))) },
    { name: "f", expression: times(gradient("c"), before("c"), now("f"), minus(one, now("f"))) },
    { name: "g", expression: times(gradient("c"), now("i"), minus(one, apply("square", now("g")))) },
  ],
  shares: () =>
    Object.fromEntries(
      gates.flatMap((k) => [
        [`Wx${k}`, outer(gradient(k), input)],
        [`Wh${k}`, outer(gradient(k), before("h"))],
        [`b${k}`, gradient(k)],
      ]),
    ),
  inputGradient: () => sum(...gates.map((k) => transposed(`Wx${k}`, gradient(k)))),
  picture: () => ({
    nodes: [
      previousNode("c", [0, 0]),
      previousNode("h", [0, 3]),
      inputNode([0, 4]),
      jointNode([0.66, 3]),
      quantityNode("gate", "f", "σ", [1.25, 2]),
      quantityNode("gate", "i", "σ", [2.2, 2]),
      quantityNode("gate", "g", "tanh", [3.15, 2]),
      quantityNode("gate", "o", "σ", [4.1, 2]),
      partNode("kept", "×", keptState, [1.25, 0]),
      partNode("added", "×", addedState, [3.15, 1]),
      partNode("sum", "+", sum(keptState, addedState), [3.15, 0]),
      quantityNode("state", "c", "", [4.98, 0]),
      partNode("squashed", "tanh", apply("tanh", now("c")), [4.98, 1]),
      partNode("shown", "×", times(now("o"), apply("tanh", now("c"))), [4.98, 2]),
      quantityNode("state", "h", "", [5.95, 2]),
    ],
    edges: [
      edge("h_prev", "joint"),
      edge("x", "joint", [0.66, 4]),
      edge("joint", "f", [1.25, 3]),
      edge("joint", "i", [2.2, 3]),
      edge("joint", "g", [3.15, 3]),
      edge("joint", "o", [4.1, 3]),
      edge("c_prev", "kept"),
      edge("f", "kept"),
      edge("i", "added", [2.2, 1]),
      edge("g", "added"),
      edge("kept", "sum"),
      edge("added", "sum"),
      edge("sum", "c"),
      edge("c", "squashed"),
      edge("squashed", "shown"),
      edge("o", "shown"),
      edge("shown", "h"),
    ],
  }),

  forward(_options, p, x_t, prev, values) {
    for (const k of gates) {
      const gate = values[k]!;
      gate.set(p[`b${k}`]!.data);
      addInput(gate, p[`Wx${k}`]!, x_t);
      addMatVec(gate, p[`Wh${k}`]!, prev["h"]!);
    }
    const { i, f, g, o, c, h } = values as Record<"i" | "f" | "g" | "o" | "c" | "h", Float64Array>;
    const c_prev = prev["c"]!;
    for (let j = 0; j < h.length; j++) {
      i[j] = sigmoid(i[j]!);
      f[j] = sigmoid(f[j]!);
      g[j] = Math.tanh(g[j]!);
      o[j] = sigmoid(o[j]!);
      c[j] = f[j]! * c_prev[j]! + i[j]! * g[j]!;
      h[j] = o[j]! * Math.tanh(c[j]!);
    }
  },

  backward(_options, p, prev, values, gradients, d_prev, dx_t) {
    const { i, f, g, o, c } = values as Record<"i" | "f" | "g" | "o" | "c", Float64Array>;
    const {
      i: di,
      f: df,
      g: dg,
      o: doGate,
      c: dc,
      h: dh,
    } = gradients as Record<"i" | "f" | "g" | "o" | "c" | "h", Float64Array>;
    const c_prev = prev["c"]!;
    const dc_prev = d_prev["c"]!;
    for (let j = 0; j < dh.length; j++) {
      const tanh_c = Math.tanh(c[j]!);
      doGate[j] = dh[j]! * tanh_c * o[j]! * (1 - o[j]!);
      dc[j]! += dh[j]! * o[j]! * (1 - tanh_c * tanh_c);
      di[j] = dc[j]! * g[j]! * i[j]! * (1 - i[j]!);
      df[j] = dc[j]! * c_prev[j]! * f[j]! * (1 - f[j]!);
      dg[j] = dc[j]! * i[j]! * (1 - g[j]! * g[j]!);
      dc_prev[j] = dc[j]! * f[j]!;
    }
    const dh_prev = d_prev["h"]!.fill(0);
    for (const k of gates) {
      addMatTransposedVec(dh_prev, p[`Wh${k}`]!, gradients[k]!);
      if (dx_t) addMatTransposedVec(dx_t, p[`Wx${k}`]!, gradients[k]!);
    }
  },

  accumulate(_options, x_t, prev, _values, gradients, dp) {
    for (const k of gates) {
      const da_t = gradients[k]!;
      addOuterInput(dp[`Wx${k}`]!, da_t, x_t);
      addOuter(dp[`Wh${k}`]!, da_t, prev["h"]!);
      addVec(dp[`b${k}`]!.data, da_t);
    }
  },
};
