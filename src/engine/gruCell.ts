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

const gate = (k: string) => sum(product(`Wx${k}`, input), product(`Wh${k}`, before("h")), bias(`b${k}`));

const keptState = times(now("z"), before("h"));
const addedState = times(minus(one, now("z")), now("n"));

const titles = { r: "reset gate", z: "update gate", n: "candidate" } as const;

export type GruReset = "after" | "before";

type GruValues = Record<"r" | "z" | "q" | "n" | "h", Float64Array>;

export const gruCell: Cell<{ readonly reset: GruReset }> = {
  title: "gated recurrent unit: reset and update gates",
  equation: "h_t = (1 − z) ∘ n + z ∘ h_{t−1}",
  article: "a",
  options: {
    reset: {
      doc: "where the reset gate acts",
      default: "after",
      choices: [
        { value: "after", doc: "n = tanh(Wxn x + bn + r ∘ (Whn h + bhn)), as PyTorch and cuDNN" },
        {
          value: "before",
          doc: "n = tanh(Wxn x + Whn (r ∘ h) + bn), as Cho et al. 2014",
          without: "which has bn alone",
        },
      ],
      title: (reset) => `(reset ${reset})`,
    },
  },
  parameters: ({ reset }) => [
    ...(["r", "z", "n"] as const).flatMap((k) => [
      { name: `Wx${k}`, cols: "input" as const, doc: `${titles[k]} ${k}: weights of the layer's input` },
      { name: `Wh${k}`, cols: "hidden" as const, doc: `${titles[k]} ${k}: weights of the hidden state before` },
      { name: `b${k}`, cols: null, doc: `${titles[k]} ${k}: bias` },
    ]),
    ...(reset === "after"
      ? [{ name: "bhn", cols: null, doc: "candidate n: bias inside the reset product, with `reset: after` alone" }]
      : []),
  ],
  states: ["h"],
  quantities: ({ reset }) => [
    { name: "r", title: titles.r, traced: true, gradientOfPreActivation: true },
    { name: "z", title: titles.z, traced: true, gradientOfPreActivation: true },
    {
      name: "q",
      title: reset === "after" ? "recurrent part of the candidate" : "reset state",
      traced: false,
      gradientOfPreActivation: false,
    },
    { name: "n", title: titles.n, traced: true, gradientOfPreActivation: true },
    { name: "h", title: "hidden state", traced: true, gradientOfPreActivation: false },
  ],
  forwardOperations: ({ reset }) => [
    { name: "r", expression: apply("σ", gate("r")) },
    { name: "z", expression: apply("σ", gate("z")) },
    ...(reset === "after"
      ? [
          { name: "q", expression: sum(product("Whn", before("h")), bias("bhn")) },
          { name: "n", expression: apply("tanh", sum(product("Wxn", input), bias("bn"), times(now("r"), now("q")))) },
        ]
      : [
          { name: "q", expression: times(now("r"), before("h")) },
          { name: "n", expression: apply("tanh", sum(product("Wxn", input), product("Whn", now("q")), bias("bn"))) },
        ]),
    {
      name: "h",
      expression: sum(addedState, keptState),
    },
  ],
  backwardOperations: ({ reset }) => [
    {
      name: "h",
      expression: sum(
        above,
        times(gradientAfter("h"), after("z")),
        transposed("Whr", gradientAfter("r")),
        transposed("Whz", gradientAfter("z")),
        reset === "after" ? transposed("Whn", gradientAfter("q")) : times(gradientAfter("q"), after("r")),
      ),
    },
    {
      name: "z",
      expression: times(gradient("h"), minus(before("h"), now("n")), now("z"), minus(one, now("z"))),
    },
    {
      name: "n",
      expression: times(gradient("h"), minus(one, now("z")), minus(one, apply("square", now("n")))),
    },
    ...(reset === "after"
      ? [
          { name: "q", expression: times(gradient("n"), now("r")) },
          { name: "r", expression: times(gradient("n"), now("q"), now("r"), minus(one, now("r"))) },
        ]
      : [
          { name: "q", expression: transposed("Whn", gradient("n")) },
          { name: "r", expression: times(gradient("q"), before("h"), now("r"), minus(one, now("r"))) },
        ]),
  ],

  shares: ({ reset }) => ({
    ...Object.fromEntries(
      ["r", "z", "n"].flatMap((k) => [
        [`Wx${k}`, outer(gradient(k), input)],
        [`Wh${k}`, outer(gradient(k), before("h"))],
        [`b${k}`, gradient(k)],
      ]),
    ),
    ...(reset === "after"
      ? { Whn: outer(gradient("q"), before("h")), bhn: gradient("q") }
      : { Whn: outer(gradient("n"), now("q")) }),
  }),
  inputGradient: () => sum(...["r", "z", "n"].map((k) => transposed(`Wx${k}`, gradient(k)))),
  picture: ({ reset }) => ({
    nodes: [
      previousNode("h", [0, 0]),
      inputNode([0, 4]),
      jointNode([0, 3]),
      quantityNode("gate", "r", "σ", [1.05, 2]),
      ...(reset === "after"
        ? [quantityNode("operator", "q", "+", [2.15, 1]), partNode("gated", "×", times(now("r"), now("q")), [2.15, 2])]
        : [quantityNode("operator", "q", "×", [2.15, 2])]),
      quantityNode("gate", "z", "σ", [3.2, 2]),
      quantityNode("gate", "n", "tanh", [5.05, 2]),
      partNode("rest", "1−", minus(one, now("z")), [4.15, 1]),
      partNode("kept", "×", keptState, [3.2, 0]),
      partNode("added", "×", addedState, [5.05, 1]),
      partNode("sum", "+", sum(addedState, keptState), [5.05, 0]),
      quantityNode("state", "h", "", [6, 0]),
    ],
    edges: [
      edge("h_prev", "joint"),
      edge("x", "joint"),
      edge("joint", "r", [1.05, 3]),
      edge("joint", "z", [3.2, 3]),
      edge("h_prev", "q", [2.15, 0]),
      ...(reset === "after"
        ? [edge("q", "gated"), edge("r", "gated"), edge("gated", "n", [2.15, 3.5], [4.9, 3.5])]
        : [edge("r", "q"), edge("q", "n", [2.15, 3.5], [4.9, 3.5])]),
      edge("x", "n", [5.2, 4]),
      edge("h_prev", "kept"),
      edge("z", "kept"),
      edge("z", "rest", [3.2, 1]),
      edge("rest", "added"),
      edge("n", "added"),
      edge("added", "sum"),
      edge("kept", "sum"),
      edge("sum", "h"),
    ],
  }),

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
