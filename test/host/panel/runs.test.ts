import assert from "node:assert/strict";
import { cursorOf, viewOf, wholeTrack } from "./view";

/** h_t = w h_{t−1} + x_t of one linear unit, T steps, read at the last step with the loss (h_T − target)². */
function linearUnit(w: number, inputs: readonly number[], target: number): string {
  return JSON.stringify({
    version: 1,
    inputSize: 1,
    layers: [{ cell: "rnn", size: 1, activation: "linear", Wxh: [[1]], Whh: [[w]], bh: [0] }],
    output: { size: 1, at: "last", Why: [[1]], by: [0] },
    loss: { type: "mse" },
    sequences: [{ inputs, target }],
  });
}

const zeros = (n: number): number[] => Array.from({ length: n }, () => 0);

describe("Runs in the panel", () => {
  // With x = 0 and h_0 = 0, h_T = 0 and dL/dh_T = −2 target = 1; dL/dh_t = w^(T−t).
  it("says that a gradient of 0.5^(T−t) vanishes over 20 steps: 0.5^19 = 1.9e−6", () => {
    const { stepper, view } = viewOf(linearUnit(0.5, zeros(20), -0.5));
    stepper.runToEnd();
    assert.deepEqual(cursorOf(view).gradientFlow, {
      verdict: "vanishing",
      text: "‖∂L/∂h_t‖ falls from 1.0 at t = 20 to 1.9e−6 at t = 1: the gradient vanishes",
    });
  });

  it("says that a gradient of 2^(T−t) explodes over 20 steps: 2^19 = 524288", () => {
    const { stepper, view } = viewOf(linearUnit(2, zeros(20), -0.5));
    stepper.runToEnd();
    assert.deepEqual(cursorOf(view).gradientFlow, {
      verdict: "exploding",
      text: "‖∂L/∂h_t‖ grows from 1.0 at t = 20 to 524288 at t = 1: the gradient explodes",
    });
  });

  it("says that a gradient of 0.5^(T−t) shrinks over 10 steps: by 512 only, it does not vanish", () => {
    const { stepper, view } = viewOf(linearUnit(0.5, zeros(10), -0.5));
    stepper.runToEnd();
    assert.equal(cursorOf(view).gradientFlow?.verdict, "shrinking");
  });

  // The read-out at the last step alone gives dL/dh_1 = 0 of a layer without a state, which nothing has made vanish.
  it("says of no dense layer how its gradient runs over time, and that its steps do not go on from each other", () => {
    const dense = '{ "cell": "dense", "size": 1 }';
    const text = (layers: string) =>
      `{ "version": 1, "inputSize": 1, "layers": [${layers}], "output": { "Why": "identity", "at": "last" }, "loss": { "type": "mse" }, "sequences": [{ "inputs": [1, 2, 3], "target": 9 }] }`;
    const alone = viewOf(text(dense));
    alone.stepper.runToEnd();
    assert.equal(cursorOf(alone.view).gradientFlow, null);
    const under = viewOf(text(`{ "cell": "rnn", "size": 1 }, ${dense}`));
    under.stepper.runToEnd();
    assert.match(cursorOf(under.view).gradientFlow?.text ?? "", /^layer 1: /);
    assert.deepEqual(
      under.view.info({ digits: 4 }).layers.map(({ isRecurrent }) => isRecurrent),
      [true, false],
    );
  });

  // 1, then 1e200, then 1e400, which no double holds.
  it("finds the first ∞ where it comes about: in a_3, before anything that follows from it", () => {
    const { view } = viewOf(linearUnit(1e200, [1, 0, 0, 0], 0));
    assert.equal(
      view.info({ digits: 4 }).nonFinite,
      "∞ first appears in the pre-activation (Layer 1 · rnn linear · 1 unit) at t = 3, in the forward pass",
    );
  });

  it("calls the quantities of an own cell by their names in sentences: in a, the gradient of a", () => {
    const { stepper, view } = viewOf(
      JSON.stringify({
        version: 1,
        inputSize: 1,
        cells: { product: { equations: ["a = Wxh x + Whh h'", "u = exp(a)", "h = tanh(u)"] } },
        layers: [{ cell: "product", size: 1, Wxh: [[1000]], Whh: [[0]] }],
        output: { Why: "identity" },
        loss: { type: "mse" },
        sequences: [{ inputs: [0, 1], targets: [0, 0] }],
      }),
    );
    const titles = stepper.program.sweeps.flatMap(({ operations }) => operations.map(({ title }) => title));
    assert.ok(titles.includes("gradient of a") && titles.includes("gradient of the hidden state"), titles.join("; "));
    assert.equal(
      view.info({ digits: 4 }).tracks.find(({ id }) => id === "gradients.layers.0.a")?.title,
      "gradient of a",
    );
    assert.match(view.info({ digits: 4 }).nonFinite ?? "", /^∞ first appears in u \(/);
  });

  // h stays 1e-200 · small, the gradient is 1, 1e200, 1e400.
  it("finds an ∞ of the backward pass on its way back: at t = 1 of 3", () => {
    const { view } = viewOf(linearUnit(1e200, [0, 0, 0], -0.5));
    assert.equal(
      view.info({ digits: 4 }).nonFinite,
      "∞ first appears in the gradient of the hidden state (Gradients) at t = 1, in the backward pass",
    );
  });

  it("leaves a step without a read-out empty: min = ∞, max = −∞, and a number at T alone", () => {
    const { view } = viewOf(linearUnit(1, [1, 2, 3], 0));
    const { min, max } = wholeTrack(view, "loss");
    assert.deepEqual([...min], [Infinity, Infinity, 36]);
    assert.deepEqual([...max], [-Infinity, -Infinity, 36]);
  });

  it("has smallest and largest of each part where a track does not fit", () => {
    const inputs = Array.from({ length: 10 }, (_, k) => (k % 2 === 0 ? k : -k));
    const { view } = viewOf(linearUnit(0, inputs, 0));
    const data = view.track({ revision: 7, id: "layers.0.h", from: 1, to: 10, columns: 2, rows: 1, order: "file" });
    // h_t is x_t: 0, −1, 2, −3, 4 and −5, 6, −7, 8, −9
    assert.deepEqual({ min: [...data.min], max: [...data.max] }, { min: [-3, -9], max: [4, 8] });
    assert.deepEqual([data.columns, data.rows], [2, 1]);
  });

  it("looks at a few steps only to draw one of 400", () => {
    const { stepper, view } = viewOf(linearUnit(0.9, zeros(400), 1));
    stepper.goToStep(200, "backward");
    cursorOf(view);
    stepper.step();
    const at = stepper.run.at.bind(stepper.run);
    let looks = 0;
    stepper.run.at = (t) => {
      looks++;
      return at(t);
    };
    cursorOf(view);
    assert.ok(looks > 0 && looks <= 20, `${looks} looks`);
  });

  it("shows 12 of 20 outputs, the target among them, and the rest as a count and a sum", () => {
    const labels = Array.from({ length: 20 }, (_, j) => `w${j}`);
    const { stepper, view } = viewOf(
      JSON.stringify({
        version: 1,
        vocabulary: labels,
        layers: [{ cell: "rnn", size: 1, Wxh: [labels.map(() => 0)], Whh: [[0]], bh: [0] }],
        // The logits are 0, 1, …, 19 times 0.1.
        output: { size: 20, Why: labels.map(() => [0]), by: labels.map((_, j) => j / 10) },
        loss: { type: "cross-entropy" },
        sequences: [{ inputs: ["w0"], targets: ["w3"] }],
      }),
    );
    stepper.step();
    const output = cursorOf(view).step?.output;
    assert.deepEqual(
      output?.outputs.map(({ label }) => label),
      ["w19", "w18", "w17", "w16", "w15", "w14", "w13", "w12", "w11", "w10", "w9", "w3"],
    );
    const weights = labels.map((_, j) => Math.exp(j / 10));
    const whole = weights.reduce((sum, weight) => sum + weight, 0);
    const rest = [0, 1, 2, 4, 5, 6, 7, 8].reduce((sum, j) => sum + (weights[j] ?? 0), 0) / whole;
    assert.equal(output?.others?.count, 8);
    assert.ok(Math.abs((output?.others?.total ?? 0) - rest) < 1e-12);
  });

  it("has tracks for both directions and all gates of an LSTM, told apart by an arrow", () => {
    const { view } = viewOf(
      JSON.stringify({
        version: 1,
        inputSize: 2,
        layers: [{ cell: "lstm", size: 3, direction: "both" }],
        output: { size: 1 },
        loss: { type: "binary-cross-entropy" },
        sequences: [
          {
            inputs: [
              [1, 0],
              [0, 1],
            ],
            targets: [0, 1],
          },
        ],
      }),
    );
    const { tracks } = view.info({ digits: 4 });
    const symbols = new Map(tracks.map(({ id, symbol }) => [id, `${symbol.gradient ? "d" : ""}${symbol.base}`]));
    assert.equal(symbols.get("layers.0.h"), "h→");
    assert.equal(symbols.get("layers.0.reverse.c"), "c←");
    assert.equal(symbols.get("gradients.layers.0.reverse.f"), "da^f←");
    assert.equal(symbols.get("output"), "y");
    assert.equal(tracks.find(({ id }) => id === "output")?.kind, "bar");
    assert.equal(symbols.get("x"), "x");
    assert.equal(tracks.filter(({ kind }) => kind !== "flow").length, 1 + 2 * 6 + 2 + 2 * 7);
  });

  it("has the entries of vectors that come in as a track, and of numbers and tokens none", () => {
    const inputs = (items: unknown[]) =>
      viewOf(
        JSON.stringify({
          version: 1,
          inputSize: Array.isArray(items[0]) ? items[0].length : 1,
          layers: [{ cell: "rnn", size: 1 }],
          output: { size: 1, at: "last" },
          sequences: [{ inputs: items }],
        }),
      ).view;
    const vectors = inputs([
      [1, -2],
      [0.5, 4],
    ]);
    assert.deepEqual([...wholeTrack(vectors, "x").max], [1, 0.5, -2, 4]);
    const numbers = inputs([1, 2]).info({ digits: 4 });
    assert.ok(!numbers.tracks.some(({ id }) => id === "x"));
  });

  it("writes tokens that cannot be seen as signs, and vectors by their first numbers", () => {
    const letters = viewOf(
      JSON.stringify({
        version: 1,
        vocabulary: ["a", " ", "\n"],
        layers: [{ cell: "rnn", size: 1 }],
        output: { size: 3 },
        loss: { type: "cross-entropy" },
        sequences: [{ text: "a \n", targets: "next" }],
      }),
    );
    assert.deepEqual(letters.view.tokens(1, 3, 4), { inputs: ["a", "␣", "↵"], targets: ["␣", "↵", null] });
    const vectors = viewOf(
      JSON.stringify({
        version: 1,
        inputSize: 5,
        layers: [{ cell: "rnn", size: 1 }],
        output: { size: 1, at: "last" },
        sequences: [{ inputs: [[1, -2, 0.5, 4, 5]] }],
      }),
    );
    assert.deepEqual(vectors.view.tokens(1, 1, 4), { inputs: ["[1, −2, 0.5, …] (5)"], targets: [null] });
  });
});
