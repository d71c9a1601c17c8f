/**
 * Gated recurrent unit.
 *   r = σ(Wxr x_t + Whr h_{t−1} + br),   z = σ(Wxz x_t + Whz h_{t−1} + bz)
 *   reset after:  q = Whn h_{t−1} + bhn,   n = tanh(Wxn x_t + bn + r ∘ q)
 *   reset before: q = r ∘ h_{t−1},         n = tanh(Wxn x_t + bn + Whn q)
 *   h_t = (1 − z) ∘ n + z ∘ h_{t−1}
 * and back, dL/da^k being the gradient of gate k's pre-activation:
 *   dL/da^z = dL/dh ∘ (h_{t−1} − n) ∘ z(1 − z),   dL/da^n = dL/dh ∘ (1 − z) ∘ (1 − n²)
 *   after:  dL/dq = dL/da^n ∘ r,      dL/da^r = dL/da^n ∘ q ∘ r(1 − r)
 *   before: dL/dq = Whnᵀ dL/da^n,     dL/da^r = dL/dq ∘ h_{t−1} ∘ r(1 − r)
 * Source: Cho et al. 2014 (before); the form of cuDNN and PyTorch (after).
 */
import type { Cell } from "./cell";
import { sigmoid } from "./functions";
import { addInput, addMatTransposedVec, addMatVec, addOuter, addOuterInput, addVec } from "./linear";

type GruValues = Record<"r" | "z" | "q" | "n" | "h", Float64Array>;

export const gruCell: Cell = {
  parameters: ({ reset }) => [
    ...["r", "z", "n"].flatMap((k) => [
      { name: `Wx${k}`, cols: "input" as const },
      { name: `Wh${k}`, cols: "hidden" as const },
      { name: `b${k}`, cols: null },
    ]),
    ...(reset === "after" ? [{ name: "bhn", cols: null }] : []),
  ],
  states: ["h"],
  quantities: ({ reset }) => [
    { name: "r", title: "reset gate", traced: true, range: [0, 1] },
    { name: "z", title: "update gate", traced: true, range: [0, 1] },
    {
      name: "q",
      title: reset === "after" ? "recurrent part of the candidate" : "reset state",
      traced: false,
      range: null,
    },
    { name: "n", title: "candidate", traced: true, range: [-1, 1] },
    { name: "h", title: "hidden state", traced: true, range: null },
  ],
  forwardOperations: ({ reset }) => [
    { name: "r", equation: "r_t = σ(Wxr x_t + Whr h_{t−1} + br)" },
    { name: "z", equation: "z_t = σ(Wxz x_t + Whz h_{t−1} + bz)" },
    ...(reset === "after"
      ? [
          { name: "q", equation: "q_t = Whn h_{t−1} + bhn" },
          { name: "n", equation: "n_t = tanh(Wxn x_t + bn + r_t ∘ q_t)" },
        ]
      : [
          { name: "q", equation: "q_t = r_t ∘ h_{t−1}" },
          { name: "n", equation: "n_t = tanh(Wxn x_t + Whn q_t + bn)" },
        ]),
    { name: "h", equation: "h_t = (1 − z_t) ∘ n_t + z_t ∘ h_{t−1}" },
  ],
  backwardOperations: ({ reset }) => [
    { name: "h", equation: "dL/dh_t = from above + from t+1" },
    { name: "z", equation: "dL/da^z_t = dL/dh_t ∘ (h_{t−1} − n_t) ∘ z_t ∘ (1 − z_t)" },
    { name: "n", equation: "dL/da^n_t = dL/dh_t ∘ (1 − z_t) ∘ (1 − n_t²)" },
    ...(reset === "after"
      ? [
          { name: "q", equation: "dL/dq_t = dL/da^n_t ∘ r_t" },
          { name: "r", equation: "dL/da^r_t = dL/da^n_t ∘ q_t ∘ r_t ∘ (1 − r_t)" },
        ]
      : [
          { name: "q", equation: "dL/dq_t = Whnᵀ dL/da^n_t" },
          { name: "r", equation: "dL/da^r_t = dL/dq_t ∘ h_{t−1} ∘ r_t ∘ (1 − r_t)" },
        ]),
  ],

  forward({ reset }, p, x_t, prev, values) {
    const { r, z, q, n, h } = values as GruValues;
    const h_prev = prev["h"]!;
    for (const [k, gate] of [
      ["r", r],
      ["z", z],
    ] as const) {
      gate.set(p[`b${k}`]!.data);
      addInput(gate, p[`Wx${k}`]!, x_t);
      addMatVec(gate, p[`Wh${k}`]!, h_prev);
      for (let j = 0; j < gate.length; j++) gate[j] = sigmoid(gate[j]!);
    }
    n.set(p["bn"]!.data);
    addInput(n, p["Wxn"]!, x_t);
    if (reset === "after") {
      q.set(p["bhn"]!.data);
      addMatVec(q, p["Whn"]!, h_prev);
      for (let j = 0; j < n.length; j++) n[j]! += r[j]! * q[j]!;
    } else {
      for (let j = 0; j < q.length; j++) q[j] = r[j]! * h_prev[j]!;
      addMatVec(n, p["Whn"]!, q);
    }
    for (let j = 0; j < h.length; j++) {
      n[j] = Math.tanh(n[j]!);
      h[j] = (1 - z[j]!) * n[j]! + z[j]! * h_prev[j]!;
    }
  },

  backward({ reset }, p, prev, values, gradients, d_prev, dx_t) {
    const { r, z, q, n } = values as GruValues;
    const { r: dr, z: dz, q: dq, n: dn, h: dh } = gradients as GruValues;
    const h_prev = prev["h"]!;
    const dh_prev = d_prev["h"]!;
    for (let j = 0; j < dh.length; j++) {
      dz[j] = dh[j]! * (h_prev[j]! - n[j]!) * z[j]! * (1 - z[j]!);
      dn[j] = dh[j]! * (1 - z[j]!) * (1 - n[j]! * n[j]!);
      dh_prev[j] = dh[j]! * z[j]!;
    }
    if (reset === "after") {
      for (let j = 0; j < dh.length; j++) {
        dq[j] = dn[j]! * r[j]!;
        dr[j] = dn[j]! * q[j]! * r[j]! * (1 - r[j]!);
      }
      addMatTransposedVec(dh_prev, p["Whn"]!, dq);
    } else {
      dq.fill(0);
      addMatTransposedVec(dq, p["Whn"]!, dn);
      for (let j = 0; j < dh.length; j++) {
        dr[j] = dq[j]! * h_prev[j]! * r[j]! * (1 - r[j]!);
        dh_prev[j]! += dq[j]! * r[j]!;
      }
    }
    addMatTransposedVec(dh_prev, p["Whr"]!, dr);
    addMatTransposedVec(dh_prev, p["Whz"]!, dz);
    if (dx_t)
      for (const [k, d] of [
        ["r", dr],
        ["z", dz],
        ["n", dn],
      ] as const)
        addMatTransposedVec(dx_t, p[`Wx${k}`]!, d);
  },

  accumulate({ reset }, x_t, prev, values, gradients, dp) {
    const h_prev = prev["h"]!;
    for (const k of ["r", "z", "n"]) {
      const da_t = gradients[k]!;
      addOuterInput(dp[`Wx${k}`]!, da_t, x_t);
      addVec(dp[`b${k}`]!.data, da_t);
    }
    addOuter(dp["Whr"]!, gradients["r"]!, h_prev);
    addOuter(dp["Whz"]!, gradients["z"]!, h_prev);
    if (reset === "after") {
      addOuter(dp["Whn"]!, gradients["q"]!, h_prev);
      addVec(dp["bhn"]!.data, gradients["q"]!);
    } else {
      addOuter(dp["Whn"]!, gradients["n"]!, values["q"]!);
    }
  },
};
