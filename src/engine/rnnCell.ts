/**
 * The plain recurrent cell.
 *   a_t = Wxh x_t + Whh h_{t−1} + bh
 *   h_t = activation(a_t)
 * Source: Elman 1990; backpropagation through time: Werbos 1990.
 */
import type { CellActivation } from "./activation";
import { activationChoices, activations, activationText, signs } from "./activation";
import type { CellDescription } from "./cell";
import { equationsOf } from "./equations";
import { edge, inputNode, partNode, previousNode, quantityNode } from "./picture";

export const rnnCell: CellDescription<{ readonly activation: CellActivation }> = {
  title: "plain recurrent cell",
  equation: "h_t = activation(Wxh x_t + Whh h_{t−1} + bh)",
  article: "an",
  options: {
    activation: {
      doc: "what makes h_t of a_t",
      default: "tanh",
      choices: activationChoices,
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
  equations: ({ activation }) => equationsOf("a = Wxh x + Whh h' + bh", `h = ${activationText(activation)}`),
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
};
