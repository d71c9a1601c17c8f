/**
 * The plain recurrent cell.
 *   a_t = Wxh x_t + Whh h_{t−1} + bh
 *   h_t = activation(a_t)
 * and back:
 *   dL/da_t = dL/dh_t ∘ activation'(a_t),   dL/dh_{t−1} ← Whhᵀ dL/da_t,   dL/dx_t ← Wxhᵀ dL/da_t
 *   dWxh += dL/da_t x_tᵀ,   dWhh += dL/da_t h_{t−1}ᵀ,   dbh += dL/da_t
 * Source: Elman 1990; backpropagation through time: Werbos 1990.
 */
import type { Cell } from "./cell";
import type { Expression } from "./expression";
import {
  above,
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
import { edge, inputNode, partNode, previousNode, quantityNode } from "./picture";

export type CellActivation = "tanh" | "relu" | "sigmoid" | "linear";

const activations: Record<CellActivation, Expression> = {
  tanh: apply("tanh", now("a")),
  relu: apply("relu", now("a")),
  sigmoid: apply("σ", now("a")),
  linear: now("a"),
};

/** activation'(a_t), as the backward step takes it. */
const derivatives: Record<CellActivation, readonly Expression[]> = {
  tanh: [minus(one, apply("square", now("h")))],
  relu: [apply("positive", now("a"))],
  sigmoid: [now("h"), minus(one, now("h"))],
  linear: [],
};

const signs: Record<CellActivation, string> = { tanh: "tanh", relu: "relu", sigmoid: "σ", linear: "" };

function activate(activation: CellActivation, a: number): number {
  switch (activation) {
    case "tanh":
      return Math.tanh(a);
    case "relu":
      // A NaN stays one: it must be seen, not be cut to 0.
      return a <= 0 ? 0 : a;
    case "sigmoid":
      return sigmoid(a);
    case "linear":
      return a;
  }
}

/** activation'(a), where h = activation(a); relu'(0) = 0. */
function derivative(activation: CellActivation, a: number, h: number): number {
  switch (activation) {
    case "tanh":
      return 1 - h * h;
    case "relu":
      return a > 0 ? 1 : 0;
    case "sigmoid":
      return h * (1 - h);
    case "linear":
      return 1;
  }
}

export const rnnCell: Cell<{ readonly activation: CellActivation }> = {
  title: "plain recurrent cell",
  equation: "h_t = activation(Wxh x_t + Whh h_{t−1} + bh)",
  article: "an",
  options: {
    activation: {
      doc: "what makes h_t of a_t",
      default: "tanh",
      choices: [
        { value: "tanh", doc: "−1 to 1" },
        { value: "relu", doc: "max(0, a); its derivative at 0 is 0" },
        { value: "sigmoid", doc: "0 to 1" },
        { value: "linear", doc: "h_t = a_t" },
      ],
      title: (activation) => activation,
    },
  },
  parameters: () => [
    { name: "Wxh", cols: "input", doc: "hidden units: weights of the layer's input" },
    { name: "Whh", cols: "hidden", doc: "hidden units: weights of the hidden state before" },
    { name: "bh", cols: null, doc: "hidden units: bias" },
  ],
  states: ["h"],
  quantities: () => [
    { name: "a", title: "pre-activation", traced: true, gradientOfPreActivation: false },
    { name: "h", title: "hidden state", traced: true, gradientOfPreActivation: false },
  ],
  forwardOperations: ({ activation }) => [
    { name: "a", expression: sum(product("Wxh", input), product("Whh", before("h")), bias("bh")) },
    { name: "h", expression: activations[activation] },
  ],
  backwardOperations: ({ activation }) => [
    { name: "h", expression: sum(above, transposed("Whh", gradientAfter("a"))) },
    { name: "a", expression: times(gradient("h"), ...derivatives[activation]) },
  ],
  shares: () => ({
    Wxh: outer(gradient("a"), input),
    Whh: outer(gradient("a"), before("h")),
    bh: gradient("a"),
  }),
  inputGradient: () => transposed("Wxh", gradient("a")),
  picture: ({ activation }) => ({
    nodes: [
      previousNode("h", [0, 0]),
      inputNode([0, 1]),
      quantityNode("operator", "a", "+", [1.6, 0]),
      ...(activation === "linear"
        ? []
        : [partNode("activation", signs[activation], activations[activation], [2.8, 0])]),
      quantityNode("state", "h", "", [4, 0]),
    ],
    edges: [
      edge("h_prev", "a"),
      edge("x", "a", [1.6, 1]),
      ...(activation === "linear" ? [edge("a", "h")] : [edge("a", "activation"), edge("activation", "h")]),
    ],
  }),

  forward({ activation }, p, x_t, prev, values) {
    const a_t = values["a"]!;
    const h_t = values["h"]!;
    a_t.set(p["bh"]!.data);
    addInput(a_t, p["Wxh"]!, x_t);
    addMatVec(a_t, p["Whh"]!, prev["h"]!);
    for (let i = 0; i < h_t.length; i++) h_t[i] = activate(activation, a_t[i]!);
  },

  backward({ activation }, p, _prev, values, gradients, d_prev, dx_t) {
    const a_t = values["a"]!;
    const h_t = values["h"]!;
    const dh_t = gradients["h"]!;
    const da_t = gradients["a"]!;
    for (let i = 0; i < h_t.length; i++) da_t[i] = dh_t[i]! * derivative(activation, a_t[i]!, h_t[i]!);
    const dh_prev = d_prev["h"]!.fill(0);
    addMatTransposedVec(dh_prev, p["Whh"]!, da_t);
    if (dx_t) addMatTransposedVec(dx_t, p["Wxh"]!, da_t);
  },

  accumulate(_options, x_t, prev, _values, gradients, dp) {
    const da_t = gradients["a"]!;
    addOuterInput(dp["Wxh"]!, da_t, x_t);
    addOuter(dp["Whh"]!, da_t, prev["h"]!);
    addVec(dp["bh"]!.data, da_t);
  },
};
