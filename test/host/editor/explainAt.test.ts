import assert from "node:assert/strict";
import { explainAt } from "../../../src/host/editor/explainAt";
import { hoverAt } from "../../../src/host/editor/hoverText";
import type { Stepper } from "../../../src/stepper/stepper";
import { read, stepperOf, worked } from "./worked";

const reading = read(worked);
const at = (words: string, stepper: Stepper | null, within = 0) =>
  explainAt(reading, stepper, worked, worked.indexOf(words) + within)?.reference ?? null;

describe("the number to explain at the text's cursor", () => {
  const end = stepperOf(worked, (stepper) => stepper.runToEnd());
  const backward = stepperOf(worked, (stepper) => {
    stepper.runToEnd();
    stepper.goToStep(3, "backward");
  });

  it("is a parameter's gradient so far, and its updated value after the update", () => {
    const whh = (stepper: Stepper | null) => at("0.2]]", stepper);
    assert.equal(whh(null), "gradients.layers.0.Whh[0][0]");
    assert.equal(whh(backward), "sums.layers.0.Whh@2[0][0]");
    assert.equal(whh(end), "updated.layers.0.Whh[0][0]");
    assert.equal(at("-0.3", end), "updated.layers.0.Wxh[0][1]");
    assert.equal(at("[-0.5]", end, 1), "updated.output.Why[2][0]");
    assert.equal(at('"by": [0, 0', end, 10), "updated.output.by[1][0]");
  });

  it("is h_t at an input, the loss at a target, and the gradient of an initial state", () => {
    assert.equal(at('        "class",', end, 9), "layers.0.h@3[0]");
    assert.equal(at('"targets": ["there", "class"', end, 22), "loss@2");
    assert.equal(at('"h0": [0]', end, 7), "gradients.initial.layers.0.h[0]");
  });

  it("is a character's h_t in a sequence that is a text", () => {
    const text = `{ "version": 1, "vocabulary": ["a", "b"], "layers": [{ "cell": "rnn", "size": 1 }], "output": { "size": 2 },
      "sequences": [{ "text": "abba" }] }`;
    const offset = text.indexOf("abba") + 2;
    assert.deepEqual(explainAt(read(text), null, text, offset), { reference: "layers.0.h@3[0]", sequence: 0 });
  });

  it("is none beside the numbers", () => {
    assert.equal(at('"version"', end), null);
    assert.equal(at('"optimizer"', end), null);
  });

  it("is a link in the hovers of a parameter's entry and of an input, and there is none where nobody steps", () => {
    const hover = (words: string, stepper: Stepper | null) =>
      hoverAt(reading, stepper, worked, worked.indexOf(words) + 1, {
        digits: 4,
        colors: { positive: "#111111", negative: "#222222", line: "#333333", text: "#444444" },
        stepLink: () => "command:step",
        explainLink: (reference) => `command:explain?${reference}`,
      })?.markdown ?? "";
    assert.match(
      hover("0.2]]", end),
      /\[\$\(lightbulb\) Explain\]\(command:explain\?updated\.layers\.0\.Whh\[0\]\[0\]\)/,
    );
    assert.match(hover('"class",\n        "!"', end), /Explain h_3\]\(command:explain\?layers\.0\.h@3\[0\]\)/);
    assert.doesNotMatch(hover("0.2]]", null), /Explain/);
  });
});
