import assert from "node:assert/strict";
import type { PictureDetail, PictureNodeDetail } from "../../../src/protocol/panel";
import { sampleText } from "../../samples/samples";
import { cursorOf, viewOf } from "./view";

const near = (actual: number | undefined, expected: number, tolerance = 5e-5) =>
  assert.ok(
    actual !== undefined && Math.abs(actual - expected) <= tolerance,
    `got ${actual}, expected ${expected} ± ${tolerance}`,
  );

function nodeOf({ nodes }: PictureDetail, id: string): PictureNodeDetail {
  const node = nodes.find((one) => one.id === id);
  if (!node) throw new Error(`no node ${id}`);
  return node;
}

const valueOf = (picture: PictureDetail, id: string) => nodeOf(picture, id).number?.value;
const activeLines = ({ edges }: PictureDetail) =>
  edges.flatMap(({ from, to, state }) => (state === "active" ? [`${from} → ${to}`] : []));

describe("the picture of the cell", () => {
  it("has the worked example's gradients at t = 3 of the backward pass: 0.5016, 0.2958, from above 0.4446, from t = 4 0.0570, on to t = 2 0.0592", () => {
    const { stepper, view } = viewOf(sampleText("hi-there-class.rnn.json"));
    stepper.goToStep(3, "backward");
    const picture = cursorOf(view).step!.layers[0]!.picture;
    assert.equal(picture.carries, "gradients");
    near(valueOf(picture, "h"), 0.5016);
    near(valueOf(picture, "a"), 0.2958);
    near(valueOf(picture, "h_prev"), 0.0592);
    assert.equal(nodeOf(picture, "h_prev").isPart, true);
    assert.deepEqual(
      picture.exits.map(({ side, label, number }) => [side, label, number?.value.toFixed(4)]),
      [
        ["above", "read-out", "0.4446"],
        ["next", "t = 4", "0.0570"],
      ],
    );
  });

  it("has the worked example's values at t = 2 of the forward pass: h_1 = 0.4621, a_2 = −0.2076, h_2 = −0.2046, and the token", () => {
    const { stepper, view } = viewOf(sampleText("hi-there-class.rnn.json"));
    stepper.goToStep(2);
    const picture = cursorOf(view).step!.layers[0]!.picture;
    near(valueOf(picture, "h_prev"), 0.4621);
    near(valueOf(picture, "a"), -0.2076);
    near(valueOf(picture, "h"), -0.2046);
    near(valueOf(picture, "activation"), -0.2046);
    assert.equal(nodeOf(picture, "x").text, "there");
  });

  it("lights what each operation of an lstm reads and makes, and shows nothing of what is ahead", () => {
    const { stepper, view } = viewOf(sampleText("copy-lstm.rnn.json"));
    stepper.goToStep(2);
    const lit = ["x", "i", "f", "g", "o", "c"].map(() => {
      stepper.stepInto();
      const picture = cursorOf(view).step!.layers[0]!.picture;
      for (const { state, number, text } of picture.nodes)
        if (state === "ahead") assert.deepEqual([number, text], [null, null]);
      return activeLines(picture).toSorted();
    });
    assert.deepEqual(lit, [
      [],
      ["h_prev → joint", "joint → i", "x → joint"],
      ["h_prev → joint", "joint → f", "x → joint"],
      ["h_prev → joint", "joint → g", "x → joint"],
      ["h_prev → joint", "joint → o", "x → joint"],
      ["added → sum", "c_prev → kept", "f → kept", "g → added", "i → added", "kept → sum", "sum → c"],
    ]);
  });

  it("sends the norm of ∂L/∂c_t ∘ f_t back to the cell state before", () => {
    const { stepper, view } = viewOf(sampleText("copy-lstm.rnn.json"));
    stepper.goToStep(4, "backward");
    const { picture, values, gradients } = cursorOf(view).step!.layers[0]!;
    const dc = gradients.find(({ symbol }) => symbol.base === "c")!.data!;
    const f = values.find(({ symbol }) => symbol.base === "f")!.data!;
    near(valueOf(picture, "c_prev"), Math.hypot(...dc.map((entry, j) => entry * f[j]!)), 1e-12);
  });

  it("shows of many units a gate's mean and any other vector's length", () => {
    const { stepper, view } = viewOf(sampleText("adding-gru.rnn.json"));
    stepper.goToStep(3);
    const { picture, values } = cursorOf(view).step!.layers[0]!;
    const vector = (base: string) => [...values.find(({ symbol }) => symbol.base === base)!.data!];
    const z = vector("z");
    assert.equal(nodeOf(picture, "z").number?.measure, "mean");
    near(valueOf(picture, "z"), z.reduce((sum, entry) => sum + entry, 0) / z.length, 1e-12);
    assert.equal(nodeOf(picture, "n").number?.measure, "norm");
    near(valueOf(picture, "n"), Math.hypot(...vector("n")), 1e-12);
  });

  it("is drawn in a mirror for a pass that runs backward, so that time runs to the right", () => {
    const { stepper, view } = viewOf(sampleText("word-kinds-both.rnn.json"));
    stepper.goToStep(2);
    const [there, back] = cursorOf(view).step!.layers.map(({ picture }) => picture);
    assert.ok(nodeOf(there!, "h_prev").column < nodeOf(there!, "h").column);
    assert.ok(nodeOf(back!, "h_prev").column > nodeOf(back!, "h").column);
  });

  it("says each number's equation with the step's own times", () => {
    const { stepper, view } = viewOf(sampleText("copy-lstm.rnn.json"));
    stepper.goToStep(3);
    const equation = (id: string) => nodeOf(cursorOf(view).step!.layers[0]!.picture, id).equation;
    assert.equal(equation("f"), "f_3 = σ(Wxf x_3 + Whf h_2 + bf)");
    assert.equal(equation("c"), "c_3 = f_3 ∘ c_2 + i_3 ∘ g_3");
    assert.equal(equation("kept"), "f_3 ∘ c_2");
    stepper.goToStep(3, "backward");
    assert.equal(equation("i"), "∂L/∂a^i_3 = ∂L/∂c_3 ∘ g_3 ∘ i_3 ∘ (1 − i_3)");
    assert.equal(equation("c_prev"), "∂L/∂c_2 += ∂L/∂c_3 ∘ f_3");
    assert.equal(equation("x"), "∂L/∂x_3 = Wxiᵀ ∂L/∂a^i_3 + Wxfᵀ ∂L/∂a^f_3 + Wxgᵀ ∂L/∂a^g_3 + Wxoᵀ ∂L/∂a^o_3");
  });
});
