/**
 * Long short-term memory with a forget gate.
 *   a^k_t = Wxk x_t + Whk h_{t−1} + bk   for each k of i, f, g, o
 *   i, f, o = σ(a^i), σ(a^f), σ(a^o),   g = tanh(a^g)
 *   c_t = f ∘ c_{t−1} + i ∘ g,   h_t = o ∘ tanh(c_t)
 * Source: Hochreiter and Schmidhuber 1997; forget gate: Gers, Schmidhuber and Cummins 2000.
 */
import type { CellDescription } from "./cell";
import { equationsOf } from "./equations";
import { apply, before, now, sum, times } from "./expression";
import { edge, inputNode, jointNode, partNode, previousNode, quantityNode } from "./picture";

const gates = ["i", "f", "g", "o"] as const;

const titles = { i: "input gate", f: "forget gate", g: "candidate", o: "output gate" } as const;

const keptState = times(now("f"), before("c"));
const addedState = times(now("i"), now("g"));

export const lstmCell: CellDescription = {
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
  equations: () =>
    equationsOf(
      "i = σ(Wxi x + Whi h' + bi)",
      "f = σ(Wxf x + Whf h' + bf)",
      "g = tanh(Wxg x + Whg h' + bg)",
      "o = σ(Wxo x + Who h' + bo)",
      "c = f ∘ c' + i ∘ g",
      "h = o ∘ tanh(c)",
    ),
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
};
