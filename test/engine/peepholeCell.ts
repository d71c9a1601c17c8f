/**
 * An LSTM whose gates see the cell state too, through full matrices:
 *   a^k_t = Wxk x_t + Whk h_{t−1} + bk                 for each k of i, f, g, o,
 *           + Wck c_{t−1} for i and f,  + Wco c_t for o
 *   i, f, o = σ(a^i), σ(a^f), σ(a^o),   g = tanh(a^g)
 *   c_t = f ∘ c_{t−1} + i ∘ g,   h_t = o ∘ activation(c_t)
 * and back:
 *   dL/da^o = dL/dh ∘ activation(c_t) ∘ o(1 − o)
 *   dL/dc_t = (from t+1) + dL/dh ∘ o ∘ activation'(c_t) + Wcoᵀ dL/da^o
 *   dL/dc_{t−1} ← dL/dc_t ∘ f + Wciᵀ dL/da^i + Wcfᵀ dL/da^f
 * Source: Gers and Schmidhuber 2000. A fourth cell, to see what a new one takes: this file and one line.
 */
import type { Cell } from "../../src/engine/cell";
import type { Expression } from "../../src/engine/expression";
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
} from "../../src/engine/expression";
import { sigmoid } from "../../src/engine/functions";
import { addInput, addMatTransposedVec, addMatVec, addOuter, addOuterInput, addVec } from "../../src/engine/linear";
import { edge, inputNode, jointNode, partNode, previousNode, quantityNode } from "../../src/engine/picture";

type Activation = "tanh" | "linear";
type Name = "i" | "f" | "g" | "o" | "c" | "h";

const gates = ["i", "f", "g", "o"] as const;
const titles = { i: "input gate", f: "forget gate", g: "candidate", o: "output gate" } as const;

const read = (k: string, ...more: Expression[]) =>
  sum(product(`Wx${k}`, input), product(`Wh${k}`, before("h")), ...more, bias(`b${k}`));
const shown = (activation: Activation) => (activation === "tanh" ? apply("tanh", now("c")) : now("c"));
const kept = times(now("f"), before("c"));
const added = times(now("i"), now("g"));

export const peepholeCell: Cell<{ readonly activation: Activation }> = {
  title: "peephole LSTM: its gates see the cell state",
  equation: "c_t = f ∘ c_{t−1} + i ∘ g; h_t = o ∘ activation(c_t)",
  article: "a",
  options: {
    activation: {
      doc: "what the output gate lets out of the cell state",
      default: "tanh",
      choices: [
        { value: "tanh", doc: "tanh(c_t)" },
        { value: "linear", doc: "c_t as it is" },
      ],
      title: (activation) => activation,
    },
  },
  parameters: () => [
    ...gates.flatMap((k) => [
      { name: `Wx${k}`, cols: "input" as const, doc: `${titles[k]} ${k}: weights of the layer's input` },
      { name: `Wh${k}`, cols: "hidden" as const, doc: `${titles[k]} ${k}: weights of the hidden state before` },
      { name: `b${k}`, cols: null, doc: `${titles[k]} ${k}: bias`, isForgetBias: k === "f" },
    ]),
    { name: "Wci", cols: "hidden", doc: "input gate i: weights of the cell state before" },
    { name: "Wcf", cols: "hidden", doc: "forget gate f: weights of the cell state before" },
    { name: "Wco", cols: "hidden", doc: "output gate o: weights of the cell state" },
  ],
  states: ["h", "c"],
  quantities: () => [
    { name: "i", title: titles.i, traced: true, gradientOfPreActivation: true },
    { name: "f", title: titles.f, traced: true, gradientOfPreActivation: true },
    { name: "g", title: titles.g, traced: true, gradientOfPreActivation: true },
    { name: "c", title: "cell state", traced: true, gradientOfPreActivation: false },
    { name: "o", title: titles.o, traced: true, gradientOfPreActivation: true },
    { name: "h", title: "hidden state", traced: true, gradientOfPreActivation: false },
  ],
  forwardOperations: ({ activation }) => [
    { name: "i", expression: apply("σ", read("i", product("Wci", before("c")))) },
    { name: "f", expression: apply("σ", read("f", product("Wcf", before("c")))) },
    { name: "g", expression: apply("tanh", read("g")) },
    { name: "c", expression: sum(kept, added) },
    { name: "o", expression: apply("σ", read("o", product("Wco", now("c")))) },
    { name: "h", expression: times(now("o"), shown(activation)) },
  ],
  backwardOperations: ({ activation }) => [
    { name: "h", expression: sum(above, ...gates.map((k) => transposed(`Wh${k}`, gradientAfter(k)))) },
    { name: "o", expression: times(gradient("h"), shown(activation), now("o"), minus(one, now("o"))) },
    {
      name: "c",
      expression: sum(
        times(gradientAfter("c"), after("f")),
        transposed("Wci", gradientAfter("i")),
        transposed("Wcf", gradientAfter("f")),
        activation === "tanh"
          ? times(gradient("h"), now("o"), minus(one, apply("square", apply("tanh", now("c")))))
          : times(gradient("h"), now("o")),
        transposed("Wco", gradient("o")),
      ),
    },
    { name: "i", expression: times(gradient("c"), now("g"), now("i"), minus(one, now("i"))) },
    { name: "f", expression: times(gradient("c"), before("c"), now("f"), minus(one, now("f"))) },
    { name: "g", expression: times(gradient("c"), now("i"), minus(one, apply("square", now("g")))) },
  ],
  shares: () => ({
    ...Object.fromEntries(
      gates.flatMap((k) => [
        [`Wx${k}`, outer(gradient(k), input)],
        [`Wh${k}`, outer(gradient(k), before("h"))],
        [`b${k}`, gradient(k)],
      ]),
    ),
    Wci: outer(gradient("i"), before("c")),
    Wcf: outer(gradient("f"), before("c")),
    Wco: outer(gradient("o"), now("c")),
  }),
  inputGradient: () => sum(...gates.map((k) => transposed(`Wx${k}`, gradient(k)))),
  picture: ({ activation }) => ({
    nodes: [
      previousNode("c", [0, 0]),
      previousNode("h", [0, 3]),
      inputNode([0, 4]),
      jointNode([0.66, 3]),
      quantityNode("gate", "f", "σ", [1.25, 2]),
      quantityNode("gate", "i", "σ", [2.2, 2]),
      quantityNode("gate", "g", "tanh", [3.15, 2]),
      quantityNode("gate", "o", "σ", [4.1, 2]),
      partNode("kept", "×", kept, [1.25, 0]),
      partNode("added", "×", added, [3.15, 1]),
      partNode("sum", "+", sum(kept, added), [3.15, 0]),
      quantityNode("state", "c", "", [4.98, 0]),
      ...(activation === "tanh" ? [partNode("squashed", "tanh", shown(activation), [4.98, 1])] : []),
      partNode("shown", "×", times(now("o"), shown(activation)), [4.98, 2]),
      quantityNode("state", "h", "", [5.95, 2]),
    ],
    edges: [
      edge("h_prev", "joint"),
      edge("x", "joint"),
      ...gates.map((k) => edge("joint", k)),
      edge("c_prev", "i"),
      edge("c_prev", "f"),
      edge("c", "o"),
      edge("c_prev", "kept"),
      edge("f", "kept"),
      edge("i", "added"),
      edge("g", "added"),
      edge("kept", "sum"),
      edge("added", "sum"),
      edge("sum", "c"),
      ...(activation === "tanh" ? [edge("c", "squashed"), edge("squashed", "shown")] : [edge("c", "shown")]),
      edge("o", "shown"),
      edge("shown", "h"),
    ],
  }),

  forward({ activation }, p, x_t, prev, values) {
    const { i, f, g, o, c, h } = values as Record<Name, Float64Array>;
    const c_prev = prev["c"]!;
    for (const k of gates) {
      const gate = values[k]!;
      gate.set(p[`b${k}`]!.data);
      addInput(gate, p[`Wx${k}`]!, x_t);
      addMatVec(gate, p[`Wh${k}`]!, prev["h"]!);
    }
    addMatVec(i, p["Wci"]!, c_prev);
    addMatVec(f, p["Wcf"]!, c_prev);
    for (let j = 0; j < h.length; j++) {
      i[j] = sigmoid(i[j]!);
      f[j] = sigmoid(f[j]!);
      g[j] = Math.tanh(g[j]!);
      c[j] = f[j]! * c_prev[j]! + i[j]! * g[j]!;
    }
    addMatVec(o, p["Wco"]!, c);
    for (let j = 0; j < h.length; j++) {
      o[j] = sigmoid(o[j]!);
      h[j] = o[j]! * (activation === "tanh" ? Math.tanh(c[j]!) : c[j]!);
    }
  },

  backward({ activation }, p, prev, values, gradients, d_prev, dx_t) {
    const { i, f, g, o, c } = values as Record<Name, Float64Array>;
    const { i: di, f: df, g: dg, o: doGate, c: dc, h: dh } = gradients as Record<Name, Float64Array>;
    const c_prev = prev["c"]!;
    const dc_prev = d_prev["c"]!;
    for (let j = 0; j < dh.length; j++) {
      const out = activation === "tanh" ? Math.tanh(c[j]!) : c[j]!;
      doGate[j] = dh[j]! * out * o[j]! * (1 - o[j]!);
      dc[j]! += dh[j]! * o[j]! * (activation === "tanh" ? 1 - out * out : 1);
    }
    addMatTransposedVec(dc, p["Wco"]!, doGate);
    for (let j = 0; j < dh.length; j++) {
      di[j] = dc[j]! * g[j]! * i[j]! * (1 - i[j]!);
      df[j] = dc[j]! * c_prev[j]! * f[j]! * (1 - f[j]!);
      dg[j] = dc[j]! * i[j]! * (1 - g[j]! * g[j]!);
      dc_prev[j] = dc[j]! * f[j]!;
    }
    addMatTransposedVec(dc_prev, p["Wci"]!, di);
    addMatTransposedVec(dc_prev, p["Wcf"]!, df);
    const dh_prev = d_prev["h"]!.fill(0);
    for (const k of gates) {
      addMatTransposedVec(dh_prev, p[`Wh${k}`]!, gradients[k]!);
      if (dx_t) addMatTransposedVec(dx_t, p[`Wx${k}`]!, gradients[k]!);
    }
  },

  accumulate(_options, x_t, prev, values, gradients, dp) {
    for (const k of gates) {
      const da_t = gradients[k]!;
      addOuterInput(dp[`Wx${k}`]!, da_t, x_t);
      addOuter(dp[`Wh${k}`]!, da_t, prev["h"]!);
      addVec(dp[`b${k}`]!.data, da_t);
    }
    addOuter(dp["Wci"]!, gradients["i"]!, prev["c"]!);
    addOuter(dp["Wcf"]!, gradients["f"]!, prev["c"]!);
    addOuter(dp["Wco"]!, gradients["o"]!, values["c"]!);
  },
};
