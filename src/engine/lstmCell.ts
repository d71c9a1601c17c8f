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
import { sigmoid } from "./functions";
import { addInput, addMatTransposedVec, addMatVec, addOuter, addOuterInput, addVec } from "./linear";

const gates = ["i", "f", "g", "o"] as const;

export const lstmCell: Cell = {
  parameters: () =>
    gates.flatMap((k) => [
      { name: `Wx${k}`, cols: "input" },
      { name: `Wh${k}`, cols: "hidden" },
      { name: `b${k}`, cols: null },
    ]),
  states: ["h", "c"],
  quantities: () => [
    { name: "i", title: "input gate", traced: true, range: [0, 1] },
    { name: "f", title: "forget gate", traced: true, range: [0, 1] },
    { name: "g", title: "candidate", traced: true, range: [-1, 1] },
    { name: "o", title: "output gate", traced: true, range: [0, 1] },
    { name: "c", title: "cell state", traced: true, range: null },
    { name: "h", title: "hidden state", traced: true, range: [-1, 1] },
  ],
  forwardOperations: () => [
    { name: "i", equation: "i_t = σ(Wxi x_t + Whi h_{t−1} + bi)" },
    { name: "f", equation: "f_t = σ(Wxf x_t + Whf h_{t−1} + bf)" },
    { name: "g", equation: "g_t = tanh(Wxg x_t + Whg h_{t−1} + bg)" },
    { name: "o", equation: "o_t = σ(Wxo x_t + Who h_{t−1} + bo)" },
    { name: "c", equation: "c_t = f_t ∘ c_{t−1} + i_t ∘ g_t" },
    { name: "h", equation: "h_t = o_t ∘ tanh(c_t)" },
  ],
  backwardOperations: () => [
    { name: "h", equation: "dL/dh_t = from above + Σ_k Whkᵀ dL/da^k_{t+1}" },
    { name: "o", equation: "dL/da^o_t = dL/dh_t ∘ tanh(c_t) ∘ o_t ∘ (1 − o_t)" },
    { name: "c", equation: "dL/dc_t = dL/dc_{t+1} ∘ f_{t+1} + dL/dh_t ∘ o_t ∘ (1 − tanh²(c_t))" },
    { name: "i", equation: "dL/da^i_t = dL/dc_t ∘ g_t ∘ i_t ∘ (1 − i_t)" },
    { name: "f", equation: "dL/da^f_t = dL/dc_t ∘ c_{t−1} ∘ f_t ∘ (1 − f_t)" },
    { name: "g", equation: "dL/da^g_t = dL/dc_t ∘ i_t ∘ (1 − g_t²)" },
  ],

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
