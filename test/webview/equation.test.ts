import assert from "node:assert/strict";
import { equationParts } from "../../webview/equation";

const typeset = (text: string) => equationParts(text).map(({ text: part, place }) => `${place}:${part}`);

describe("an equation", () => {
  it("puts what follows _ below the line and what follows ^ above it", () => {
    assert.deepEqual(typeset("∂L/∂a_3 = (1 − h_3^2)"), [
      "line:∂L/∂a",
      "sub:3",
      "line: = (1 − h",
      "sub:3",
      "sup:2",
      "line:)",
    ]);
  });
  it("takes braces as one subscript", () => {
    assert.deepEqual(typeset("Whh h_{t-1} + bh"), ["line:Whh h", "sub:t−1", "line: + bh"]);
  });
  it("leaves a power or a transpose that is written as such on the line", () => {
    assert.deepEqual(typeset("h_3² Whhᵀ"), ["line:h", "sub:3", "line:² Whhᵀ"]);
  });
  it("without subscripts stays as it is", () => assert.deepEqual(typeset("L = 0"), ["line:L = 0"]));
  it("loses no text", () => {
    const text = "c_3 = f_3 ∘ c_2 + i_3 ∘ g_3";
    assert.equal(
      equationParts(text)
        .map((part) => part.text)
        .join(""),
      text.replaceAll("_", ""),
    );
  });
});
