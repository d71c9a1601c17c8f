import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { equationAt } from "../../src/stepper/program";

describe("An operation's equation at a step", () => {
  const gradient = "∂L/∂h_t = from above + Whhᵀ ∂L/∂a_{t+1}";

  it("has the numbers of the step and of its neighbours", () => {
    assert.equal(equationAt("a_t = Wxh x_t + Whh h_{t−1} + bh", 3, "forward", 4), "a_3 = Wxh x_3 + Whh h_2 + bh");
    assert.equal(equationAt(gradient, 2, "forward", 4), "∂L/∂h_2 = from above + Whhᵀ ∂L/∂a_3");
    assert.equal(equationAt(gradient, 2, "backward", 4), "∂L/∂h_2 = from above + Whhᵀ ∂L/∂a_1");
  });

  it("names no step after the last one, which is the first one of a backward pass", () => {
    assert.equal(equationAt(gradient, 4, "forward", 4), "∂L/∂h_4 = from above");
    assert.equal(equationAt(gradient, 1, "backward", 4), "∂L/∂h_1 = from above");
    const inside = "∂L/∂c_t = (1 + ∂L/∂c_{t+1}) ∘ f_{t+1} + ∂L/∂h_t ∘ (1 + o_t)";
    assert.equal(equationAt(inside, 4, "forward", 4), "∂L/∂c_4 = ∂L/∂h_4 ∘ (1 + o_4)");
    assert.equal(equationAt("∂L/∂q_t = ∂L/∂q_{t+1}", 4, "forward", 4), "∂L/∂q_4 = 0");
  });
});
