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
import { sigmoid } from "./functions";
import { addInput, addMatTransposedVec, addMatVec, addOuter, addOuterInput, addVec } from "./linear";
import type { CellActivation } from "./model";

const ranges: Record<CellActivation, readonly [number, number] | null> = {
  tanh: [-1, 1],
  relu: null,
  sigmoid: [0, 1],
  linear: null,
};

const derivatives: Record<CellActivation, string> = {
  tanh: "(1 − h_t²)",
  relu: "[a_t > 0]",
  sigmoid: "h_t ∘ (1 − h_t)",
  linear: "1",
};

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

export const rnnCell: Cell = {
  parameters: () => [
    { name: "Wxh", cols: "input" },
    { name: "Whh", cols: "hidden" },
    { name: "bh", cols: null },
  ],
  states: ["h"],
  quantities: ({ activation }) => [
    { name: "a", title: "pre-activation", traced: true, range: null },
    { name: "h", title: "hidden state", traced: true, range: ranges[activation] },
  ],
  forwardOperations: ({ activation }) => [
    { name: "a", equation: "a_t = Wxh x_t + Whh h_{t−1} + bh" },
    { name: "h", equation: activation === "linear" ? "h_t = a_t" : `h_t = ${activation}(a_t)` },
  ],
  backwardOperations: ({ activation }) => [
    { name: "h", equation: "dL/dh_t = from above + Whhᵀ dL/da_{t+1}" },
    { name: "a", equation: `dL/da_t = ${derivatives[activation]} ∘ dL/dh_t` },
  ],

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
