import assert from "node:assert/strict";
import { readableName } from "../../webview/readableName";

describe("The name of a number as a person reads it", () => {
  for (const [name, layers, read] of [
    ["layers.0.h[3]", 1, "h[3]"],
    ["layers.0.h[3]", 2, "h[3], layer 1"],
    ["layers.1.reverse.h[0]", 2, "h←[0], layer 2"],
    ["gradients.layers.0.h[3]", 1, "∂L/∂h[3]"],
    ["‖gradients.layers.0.h‖", 1, "‖∂L/∂h‖"],
    ["share of gradients.layers.0.Whh[0][1]", 1, "share of ∂L/∂Whh[0][1]"],
    ["updated output.Why[2][0]", 1, "updated Why[2][0]"],
    ["gradients.logits[3]", 1, "∂L/∂z[3]"],
    ["output[3]", 1, "output[3]"],
    ["loss", 1, "loss"],
  ] as const)
    it(`of ${name} in ${layers === 1 ? "one layer" : `${layers} layers`} is ${read}`, () =>
      assert.equal(readableName(name, layers), read));
});
