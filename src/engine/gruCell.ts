/**
 * Gated recurrent unit.
 *   r = σ(Wxr x_t + Whr h_{t−1} + br),   z = σ(Wxz x_t + Whz h_{t−1} + bz)
 *   reset after:  q = Whn h_{t−1} + bhn,   n = tanh(Wxn x_t + bn + r ∘ q)
 *   reset before: q = r ∘ h_{t−1},         n = tanh(Wxn x_t + bn + Whn q)
 *   h_t = (1 − z) ∘ n + z ∘ h_{t−1}
 * Source: Cho et al. 2014 (before); the form of cuDNN and PyTorch (after).
 */
import type { CellDescription } from "./cell";
import { equationsOf } from "./equations";
import { before, minus, now, one, sum, times } from "./expression";
import { edge, inputNode, jointNode, partNode, previousNode, quantityNode } from "./picture";

const keptState = times(now("z"), before("h"));
const addedState = times(minus(one, now("z")), now("n"));

const titles = { r: "reset gate", z: "update gate", n: "candidate" } as const;

export type GruReset = "after" | "before";

export const gruCell: CellDescription<{ readonly reset: GruReset }> = {
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
  equations: ({ reset }) =>
    equationsOf(
      "r = σ(Wxr x + Whr h' + br)",
      "z = σ(Wxz x + Whz h' + bz)",
      ...(reset === "after"
        ? ["q = Whn h' + bhn", "n = tanh(Wxn x + bn + r ∘ q)"]
        : ["q = r ∘ h'", "n = tanh(Wxn x + Whn q + bn)"]),
      "h = (1 − z) ∘ n + z ∘ h'",
    ),
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
};
