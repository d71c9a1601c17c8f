import { strict as assert } from "node:assert";
import { near, nearAt, type PageElement, Panel } from "./panel";
import { openWindow } from "./window";
import type { Workbench } from "./workbench";

const json = (model: object): string => JSON.stringify({ version: 1, ...model });
/** A linear unit: h_t = w h_{t−1} + x_t. */
const unit = (w: number, more: object = {}) => ({
  cell: "rnn",
  size: 1,
  activation: "linear",
  Wxh: [[1]],
  Whh: [[w]],
  bh: [0],
  ...more,
});
const words = Array.from({ length: 60 }, (_, k) => `w${k}`);

const files = {
  "no-targets.rnn.json": json({
    inputSize: 1,
    layers: [unit(0.5)],
    output: { size: 1, Why: [[1]], by: [0] },
    sequences: [{ inputs: [1, 1, 1] }],
  }),
  // dL/dh_3 = 2 (6 − 0), and all of it goes back to each h_t before.
  "last.rnn.json": json({
    inputSize: 1,
    layers: [unit(1)],
    output: { size: 1, at: "last", Why: [[1]], by: [0] },
    loss: { type: "mse" },
    sequences: [{ inputs: [1, 2, 3], target: 0 }],
  }),
  "vectors.rnn.json": json({
    inputSize: 2,
    layers: [unit(0, { Wxh: [[1, 10]] })],
    output: { size: 2, Why: [[1], [0]], by: [0, 0] },
    loss: { type: "mse" },
    sequences: [
      {
        inputs: [
          [0.5, -1],
          [2, 0.25],
        ],
        targets: [
          [1, 0],
          [0, 3],
        ],
      },
    ],
  }),
  // Forward the sums 1, 3, 6; backward 6, 5, 3.
  "both.rnn.json": json({
    inputSize: 1,
    layers: [unit(1, { direction: "both", reverse: { Wxh: [[1]], Whh: [[1]], bh: [0] } })],
    output: { size: 1, Why: [[1, 1]], by: [0] },
    loss: { type: "mse" },
    sequences: [{ inputs: [1, 2, 3], targets: [0, 0, 0] }],
  }),
  // All weights 0 and bg = 1: i = f = o = 1/2, g = tanh 1, c_t = (c_{t−1} + tanh 1) / 2, h_t = tanh(c_t) / 2. The second layer the same.
  "layers.rnn.json": json({
    inputSize: 1,
    layers: [lstm(1), lstm(2)],
    output: { size: 1, Why: [[1, 0]], by: [0] },
    loss: { type: "mse" },
    sequences: [{ inputs: [1, 2, 3], targets: [0, 0, 0] }],
  }),
  // 1e308 · 10 is ∞ and ∞ − ∞ is NaN, at t = 2; t = 1 is 0.
  "nan.rnn.json": json({
    inputSize: 2,
    layers: [unit(0, { Wxh: [[1e308, 1e308]] })],
    output: { size: 1, Why: [[1]], by: [0] },
    loss: { type: "mse" },
    sequences: [
      {
        inputs: [
          [0, 0],
          [10, -10],
        ],
        targets: [1, 1],
      },
    ],
  }),
  // Forward the sums 1, 3, 6, backward 6, 5, 3; z = 6 + 2 · 6 = 18, and dL/dz = 2 (18 − 16) = 4.
  "ends.rnn.json": json({
    vocabulary: ["one", "two", "three"],
    embedding: { size: 1, E: [[1], [2], [3]], trainable: false },
    layers: [
      {
        cell: "rnn",
        size: 1,
        activation: "linear",
        direction: "both",
        bias: false,
        frozen: ["Whh"],
        Wxh: [[1]],
        Whh: [[1]],
        reverse: { Wxh: [[1]], Whh: [[1]] },
      },
    ],
    output: { size: 1, at: "ends", Why: [[1, 2]], bias: false },
    loss: { type: "mse" },
    sequences: [{ inputs: ["one", "two", "three"], target: 16 }],
    training: { optimizer: { type: "sgd", learningRate: 0.01 } },
  }),
  // h_t = x_t, z_t = h_t + 2 x_t + x_t = 4, 8
  "read-out.rnn.json": json({
    inputSize: 1,
    layers: [unit(0)],
    output: { size: 1, bias: false, readsInput: true, skip: true, Why: [[1]], Wxy: [[2]] },
    loss: { type: "mse" },
    sequences: [{ inputs: [1, 2], targets: [4, 6] }],
  }),
  // y_t = h_t = max(0, −x_t) = 0, 2; ℓ_t = 0.5 · |y_t − target| = 0.5, 1
  "dense.rnn.json": json({
    inputSize: 1,
    layers: [{ cell: "dense", size: 1, activation: "relu", W: [[-1]], bias: false }],
    output: { Why: "identity" },
    loss: { type: "mae", factor: 0.5 },
    sequences: [{ inputs: [1, -2], targets: [1, 4], weights: [1, 2] }],
  }),
  // The logits are k / 10, whatever comes in; the target w5 is not among the largest.
  "words.rnn.json": json({
    vocabulary: words,
    layers: [{ cell: "rnn", size: 1, Wxh: [words.map(() => 0)], Whh: [[0]], bh: [0] }],
    output: { size: 60, Why: words.map(() => [0]), by: words.map((_, k) => k / 10) },
    loss: { type: "cross-entropy" },
    sequences: [{ inputs: ["w0", "w1"], targets: ["w5", "w59"] }],
  }),
};

function lstm(inputs: number): object {
  const gates = ["i", "f", "g", "o"];
  return {
    cell: "lstm",
    size: 2,
    ...Object.fromEntries(
      gates.flatMap((gate) => [
        [`Wx${gate}`, [0, 1].map(() => Array.from({ length: inputs }, () => 0))],
        [`Wh${gate}`, [0, 1].map(() => [0, 0])],
        [`b${gate}`, gate === "g" ? [1, 1] : [0, 0]],
      ]),
    ),
  };
}

describe("The panel for other models", () => {
  let workbench: Workbench;
  let panel: Panel;
  before(async () => {
    workbench = await openWindow({ files, settings: { "rnn.digits": 4 } });
    panel = new Panel(workbench);
  });

  const steps = async (places: readonly string[]) => {
    for (const place of places) {
      await panel.press("step");
      await panel.at(place);
    }
  };
  const groups = async () =>
    (await panel.part("track-group").allInnerTexts()).map((text) => text.trim().replaceAll(/\s+/g, " "));
  const tracks = () =>
    panel.part("track").evaluateAll((all: PageElement[]) => all.map((element) => element.getAttribute("data-track")));

  it("goes forward alone where there are no targets, shows no gradient and offers no training", async () => {
    await panel.open("no-targets.rnn.json");
    await steps(["t = 1 of 3, forward", "t = 2 of 3, forward", "t = 3 of 3, forward"]);
    assert.equal(await panel.part("step").getAttribute("disabled"), "");
    // 1, 1 + 1/2, 1 + 3/4
    nearAt(await panel.track("layers.0.h[0]"), { 1: 1, 2: 1.5, 3: 1.75 }, "h");
    assert.deepEqual(
      (await tracks()).filter((track) => track?.includes("gradient") || track === "loss"),
      [],
    );
    assert.match(await panel.part("phases").innerText(), /^\s*Forward\s*$/);
    assert.equal(await panel.part("total-loss").count(), 0);
    assert.equal(await (await panel.reach("train")).getAttribute("disabled"), "");
    await panel.closeMenu();
    await panel.choose("training");
    assert.match(await panel.part("training-tab").innerText(), /no loss/);
    assert.equal(await panel.part("start-training").getAttribute("disabled"), "");
    await panel.choose("step");
  });

  it("reads out at the last step alone where the model says so, and says not yet of no other", async () => {
    await panel.open("last.rnn.json");
    await steps(["t = 1 of 3, forward", "t = 2 of 3, forward"]);
    assert.equal(await panel.part("outputs").count(), 0);
    await steps(["t = 3 of 3, forward"]);
    assert.equal(await panel.part("outputs").count(), 1);
    nearAt(await panel.track("loss"), { 3: 36 }, "loss");
    assert.equal(await panel.frame.locator("[data-track=loss] [data-testid=not-yet]").count(), 0);
    near(await panel.number("L"), 36, "L");
    await steps([3, 2, 1].map((t) => `t = ${t} of 3, backward`));
    nearAt(await panel.track("gradients.layers.0.h[0]"), { 1: 12, 2: 12, 3: 12 }, "∂L/∂h");
  });

  it("shows vectors as inputs and as targets", async () => {
    await panel.open("vectors.rnn.json");
    await steps(["t = 1 of 2, forward"]);
    const token = panel.frame.locator("[data-testid=token][data-t='1']");
    // The token of t = 1, its target after an arrow, as the file writes them.
    assert.match((await token.innerText()).replaceAll(/\s+/g, " "), /\[0\.5, −1\] → \[1, 0\]/);
    // h_1 = 0.5 − 10, y = (h, 0): (−9.5 − 1)² + 0 = 110.25; h_2 = 2 + 2.5: 4.5² + 3² = 29.25
    await steps(["t = 2 of 2, forward"]);
    nearAt(await panel.track("layers.0.h[0]"), { 1: -9.5, 2: 4.5 }, "h");
    nearAt(await panel.track("loss"), { 1: 110.25, 2: 29.25 }, "loss");
    near(await panel.number("target[1]"), 3, "the target's second entry");
    near(await panel.number("L"), 139.5, "L");
  });

  it("goes through both directions, one after the other, and shows neither early", async () => {
    await panel.open("both.rnn.json");
    await steps([1, 2, 3].map((t) => `t = ${t} of 3, forward`));
    nearAt(await panel.track("layers.0.h[0]"), { 1: 1, 2: 3, 3: 6 }, "h→");
    assert.deepEqual(await panel.track("layers.0.reverse.h[0]"), {});
    await steps(["t = 3 of 3, forward", "t = 2 of 3, forward"]);
    nearAt(await panel.track("layers.0.reverse.h[0]"), { 2: 5, 3: 3 }, "h←");
    assert.deepEqual(await panel.track("loss"), {});
    await panel.press("run-to-end");
    await panel.at("update");
    nearAt(await panel.track("layers.0.reverse.h[0]"), { 1: 6, 2: 5, 3: 3 }, "h←");
    // y_t = h→ + h← = 7, 8, 9
    nearAt(await panel.track("loss"), { 1: 49, 2: 64, 3: 81 }, "loss");
    // What reaches h→_t are the 2 y of its own step and of those after it: 18, 16 + 18, 14 + 16 + 18.
    nearAt(await panel.track("gradients.layers.0.h[0]"), { 1: 48, 2: 34, 3: 18 }, "∂L/∂h→");
    nearAt(await panel.track("gradients.layers.0.reverse.h[0]"), { 1: 14, 2: 30, 3: 48 }, "∂L/∂h←");
  });

  it("has a group of tracks for each LSTM layer, with its cell state and gates, and for the gradients of each", async () => {
    await panel.open("layers.rnn.json");
    await panel.press("step-out");
    await panel.at("t = 1 of 3, forward");
    await panel.press("step-out");
    await panel.at("t = 3 of 3, forward");
    const c = [1, 2, 3].reduce<number[]>((all) => [...all, ((all.at(-1) ?? 0) + Math.tanh(1)) / 2], []);
    for (const layer of [0, 1])
      for (const i of [0, 1]) {
        nearAt(await panel.track(`layers.${layer}.c[${i}]`), { 1: c[0]!, 2: c[1]!, 3: c[2]! }, "c");
        nearAt(
          await panel.track(`layers.${layer}.h[${i}]`),
          Object.fromEntries(c.map((value, k) => [k + 1, Math.tanh(value) / 2])),
          "h",
        );
      }
    assert.deepEqual(
      (await groups()).filter((name) => !name.startsWith("Gradients")),
      ["Layer 1 · lstm · 2 units", "Layer 2 · lstm · 2 units", "Output"],
    );
    assert.ok((await groups()).filter((name) => name.startsWith("Gradients")).length >= 1);
    for (const gate of ["i", "f", "g", "o"]) assert.ok((await tracks()).includes(`layers.1.${gate}`), gate);
  });

  it("reads both passes where they end, and lets each end's gradient come in there", async () => {
    await panel.open("ends.rnn.json");
    await panel.press("run-to-end");
    await panel.at("update");
    nearAt(await panel.track("layers.0.h[0]"), { 1: 1, 2: 3, 3: 6 }, "h→");
    nearAt(await panel.track("layers.0.reverse.h[0]"), { 1: 6, 2: 5, 3: 3 }, "h←");
    nearAt(await panel.track("loss"), { 3: 4 }, "loss");
    nearAt(await panel.track("gradients.layers.0.h[0]"), { 1: 4, 2: 4, 3: 4 }, "∂L/∂h→");
    nearAt(await panel.track("gradients.layers.0.reverse.h[0]"), { 1: 8, 2: 8, 3: 8 }, "∂L/∂h←");
    await panel.press("step-back");
    assert.match(
      (await panel.part("stage-end").locator("title").textContent()) ?? "",
      /^∂L\/∂h_1: the gradient of the read-out comes in where the backward pass ends$/,
    );
  });

  it("shows the row of an embedding that a token picks, and a lock at what is held fixed, which no update moves", async () => {
    await panel.open("ends.rnn.json");
    await steps(["t = 1 of 3, forward", "t = 2 of 3, forward"]);
    await panel.choose("parameters");
    const of = (name: string) => panel.frame.locator(`[data-testid=parameter][data-parameter="${name}"]`);
    assert.equal((await of("embedding.E").getByTestId("picked-row").innerText()).trim(), "t = 2 picks row 1, “two”");
    await panel.press("run-to-end");
    await panel.at("update");
    const locked = await panel
      .part("parameter")
      .evaluateAll((all: PageElement[]) =>
        all
          .filter((element) => [...element.querySelectorAll("[data-testid=lock]")].length > 0)
          .map((element) => element.getAttribute("data-parameter")),
      );
    assert.deepEqual(locked, ["embedding.E", "layers.0.Whh", "layers.0.reverse.Whh"]);
    // 1 − 0.01 · 4 · 6, while 4 · (1 + 3) + 4 · … of Whh moves nothing
    near(await panel.number("updated output.Why[0][0]"), 0.76, "Why after the update");
    near(await panel.number("gradients.layers.0.Whh, so far[0][0]"), 4 * 3 + 4 * 1, "dWhh");
    near(await panel.number("updated layers.0.Whh[0][0]"), 1, "Whh after the update");
    await panel.choose("step");
  });

  it("reads the input beside the state, and adds it, where the read-out does", async () => {
    await panel.open("read-out.rnn.json");
    await panel.press("run-to-end");
    await panel.at("update");
    nearAt(await panel.track("output[0]"), { 1: 4, 2: 8 }, "y");
    nearAt(await panel.track("loss"), { 1: 0, 2: 4 }, "loss");
    nearAt(await panel.track("gradients.layers.0.h[0]"), { 1: 0, 2: 4 }, "∂L/∂h");
    await panel.choose("parameters");
    near(await panel.number("gradients.output.Wxy, so far[0][0]"), 8, "dWxy");
    await panel.choose("step");
  });

  it("goes through a dense layer that is read as it is, with half of the absolute error and weights of the steps", async () => {
    await panel.open("dense.rnn.json");
    await steps(["t = 1 of 2, forward", "t = 2 of 2, forward"]);
    near(await panel.number("L"), 2.5, "L");
    await panel.press("run-to-end");
    await panel.at("update");
    nearAt(await panel.track("layers.0.h[0]"), { 1: 0, 2: 2 }, "h");
    nearAt(await panel.track("loss"), { 1: 0.5, 2: 1 }, "ℓ");
    nearAt(await panel.track("gradients.layers.0.h[0]"), { 1: -0.5, 2: -1 }, "∂L/∂h");
    // relu'(−1) is 0
    nearAt(await panel.track("gradients.layers.0.a[0]"), { 1: 0, 2: -1 }, "∂L/∂a");
  });

  it("marks NaN, and says where it first appears", async () => {
    await panel.open("nan.rnn.json");
    const note = panel.part("non-finite");
    await steps(["t = 1 of 2, forward", "t = 2 of 2, forward"]);
    assert.match(await note.innerText(), /NaN first appears in the pre-activation .* at t = 2, in the forward pass/);
    assert.deepEqual(await panel.track("layers.0.h[0]"), { 1: 0, 2: Number.NaN });
    const cell = panel.frame.locator('[data-testid=cell][data-name="layers.0.h[0]"][data-where="t = 2"]');
    assert.equal((await cell.innerText()).trim(), "NaN");
    assert.match((await cell.getAttribute("class")) ?? "", /\bnon-finite\b/);
    await panel.press("run-to-end");
    await panel.at("update");
    await panel.choose("parameters");
    assert.equal(await panel.number("updated layers.0.Wxh[0][0]"), Number.NaN);
    await panel.choose("step");
  });

  it("shows of 60 words the twelve that matter: the likeliest and the target, and the sum of the others", async () => {
    await panel.open("words.rnn.json");
    await steps(["t = 1 of 2, forward"]);
    const labels = async () =>
      (await panel.part("output").locator("th").allInnerTexts()).map((text) => text.trim()).join(" ");
    assert.equal(await labels(), "w59 w58 w57 w56 w55 w54 w53 w52 w51 w50 w49 w5");
    const target = panel.frame.locator("[data-testid=output][data-target=true]");
    assert.equal((await target.locator("th").innerText()).trim(), "w5");
    const weights = words.map((_, k) => Math.exp(k / 10));
    const whole = weights.reduce((sum, weight) => sum + weight, 0);
    near(await panel.number("output[59]"), weights[59]! / whole, "p(w59)");
    near(await panel.number("output[5]"), weights[5]! / whole, "p(w5)");
    assert.match(await panel.part("others").innerText(), /48 others/);
    const rest = weights.filter((_, k) => k < 49 && k !== 5).reduce((sum, weight) => sum + weight, 0);
    near(Number(await panel.part("others").locator(".num").getAttribute("data-value")), rest / whole, "the others");
    await steps(["t = 2 of 2, forward"]);
    assert.equal(await labels(), "w59 w58 w57 w56 w55 w54 w53 w52 w51 w50 w49 w48");
    assert.equal((await target.locator("th").innerText()).trim(), "w59");
  });

  it("puts no error on the console and breaks its content security policy nowhere", () => {
    assert.deepEqual(workbench.consoleErrors(), []);
  });
});
