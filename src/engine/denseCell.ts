/**
 * A layer without a state: each step by itself.
 *   a_t = W x_t + b
 *   h_t = activation(a_t)
 */
import type { CellActivation } from "./activation";
import { activationChoices, activations, activationText, signs } from "./activation";
import type { CellDescription } from "./cell";
import { equationsOf } from "./equations";
import { edge, inputNode, partNode, quantityNode } from "./picture";

export const denseCell: CellDescription<{ readonly activation: CellActivation }> = {
  title: "dense layer, each step by itself",
  equation: "h_t = activation(W x_t + b)",
  article: "a",
  options: {
    activation: {
      doc: "what makes h_t of a_t",
      default: "linear",
      choices: activationChoices,
      title: (activation) => activation,
    },
  },
  parameters: () => [
    { name: "W", cols: "input", doc: "units: weights of the layer's input" },
    { name: "b", cols: null, doc: "units: bias" },
  ],
  states: [],
  quantities: () => [
    { name: "a", title: "pre-activation", traced: true, gradientOfPreActivation: false },
    { name: "h", title: "hidden state", traced: true, gradientOfPreActivation: false },
  ],
  equations: ({ activation }) => equationsOf("a = W x + b", `h = ${activationText(activation)}`),
  picture: ({ activation }) => ({
    nodes: [
      inputNode([0, 1]),
      quantityNode("operator", "a", "+", [1.6, 0]),
      ...(activation === "linear"
        ? []
        : [partNode("activation", signs[activation], activations[activation], [2.8, 0])]),
      quantityNode("state", "h", "", [4, 0]),
    ],
    edges: [
      edge("x", "a", [1.6, 1]),
      ...(activation === "linear" ? [edge("a", "h")] : [edge("a", "activation"), edge("activation", "h")]),
    ],
  }),
};
