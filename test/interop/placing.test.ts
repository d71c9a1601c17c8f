import assert from "node:assert/strict";
import { parse } from "jsonc-parser";
import { describe, it } from "mocha";
import { compareExpected, summaryOf } from "../../src/check/check";
import { applyEdits } from "../../src/format/edit";
import { mergeEdits } from "../../src/format/expectEdit";
import type { PrintLayout } from "../../src/interop/placing";
import { placementsOf, roundingOf } from "../../src/interop/placing";
import { readPrinted } from "../../src/interop/printed";
import { readText } from "../files";

/** An array of evenly spaced numbers as NumPy prints it, all digits: np.linspace(from, to, num=size).reshape(shape). */
function linspace(from: number, to: number, ...shape: number[]): unknown {
  const size = shape.reduce((product, length) => product * length, 1);
  const values = Array.from({ length: size }, (_, k) => (k === size - 1 ? to : from + (k * (to - from)) / (size - 1)));
  const nest = (at: number, [length, ...inner]: number[], stride: number): unknown =>
    length === undefined
      ? values[at]
      : Array.from({ length }, (_, k) => nest(at + (k * stride) / length, inner, stride / length));
  return nest(0, shape, size);
}

const print = (name: string, value: unknown) => `${name} = array(${JSON.stringify(value)})`;

const lstm = `{
  "version": 1,
  "inputSize": 4,
  "layers": [{ "cell": "lstm", "size": 5 }],
  "output": { "size": 1 },
  "loss": { "type": "mse" },
  "sequences": SEQUENCES
}
`;

/** Pastes a text where the placement's label and detail say. */
function pasted(
  text: string,
  printed: string,
  layout: PrintLayout,
  label: RegExp,
  detail: RegExp,
  sequence = 0,
): string {
  const placements = placementsOf(readPrinted(printed), layout, readText(text).problem, sequence);
  const found = placements.find((placement) => label.test(placement.label) && detail.test(placement.detail));
  assert.ok(found, placements.map(({ label, detail }) => `${label}: ${detail}`).join("\n"));
  return applyEdits(text, mergeEdits(text, found.wanted));
}

const labels = (text: string, printed: string, layout: PrintLayout, sequence = 0) =>
  placementsOf(readPrinted(printed), layout, readText(text).problem, sequence).map(
    ({ label, detail }) => `${label}: ${detail}`,
  );

describe("Printed arrays in a file", () => {
  it("reproduce a course's LSTM step from its packed matrices and its printed states", () => {
    // CS231n, assignment 3: lstm_step_forward with N, D, H = 3, 4, 5
    const x = linspace(-0.4, 1.2, 3, 4) as number[][];
    const h = linspace(-0.3, 0.7, 3, 5) as number[][];
    const c = linspace(-0.4, 0.9, 3, 5) as number[][];
    const sequences = x.map((row, n) => ({ inputs: [row], h0: h[n], c0: c[n] }));
    let text = lstm.replace("SEQUENCES", JSON.stringify(sequences));
    for (const [name, from, to, ...shape] of [
      ["Wx", -2.1, 1.3, 4, 20],
      ["Wh", -0.7, 2.2, 5, 20],
      ["b", 0.3, 0.7, 20],
    ] as const)
      text = pasted(text, print(name, linspace(from, to, ...shape)), "cs231n", /./, /^parameters of the file$/);
    const expectedH = `expected_next_h = np.asarray([
    [ 0.24635157,  0.28610883,  0.32240467,  0.35525807,  0.38474904],
    [ 0.49223563,  0.55611431,  0.61507696,  0.66844003,  0.7159181 ],
    [ 0.56735664,  0.66310127,  0.74419266,  0.80889665,  0.858299  ]])`;
    const expectedC = `[[0.32986176 0.39145139 0.451556   0.51014116 0.56717407]
 [0.66382255 0.76674007 0.87195994 0.97902709 1.08751345]
 [0.74192008 0.90592151 1.07717006 1.25120233 1.42395676]]`;
    text = pasted(text, expectedH, "cs231n", /^h_T$/, /every sequence/);
    text = pasted(text, expectedC, "cs231n", /^c_T$/, /every sequence/);
    const { problem, expect } = readText(text);
    const { passed, failed } = summaryOf(compareExpected(problem, expect));
    assert.deepEqual(failed, []);
    assert.equal(passed, 30);
    // The digits stay as they were printed.
    assert.match(text, /0\.71591810\b/);
  });

  const small = (cell: string, more = "") =>
    `{ "version": 1, "inputSize": 2, "layers": [{ "cell": "${cell}", "size": 1${more} }], "output": { "size": 3 },
      "loss": { "type": "mse" }, "sequences": [{ "inputs": [[1, 2], [3, 4]] }, { "inputs": [[5, 6], [7, 8]] }] }`;
  const layerOf = (text: string) => (parse(text) as { layers: unknown[] }).layers[0];

  for (const [layout, printed, expected] of [
    [
      "pytorch",
      "weight_ih_l0 = tensor([[1., 2.], [3., 4.], [5., 6.], [7., 8.]])",
      { Wxi: [[1, 2]], Wxf: [[3, 4]], Wxg: [[5, 6]], Wxo: [[7, 8]] },
    ],
    ["keras", "kernel = [[1 3 5 7] [2 4 6 8]]", { Wxi: [[1, 2]], Wxf: [[3, 4]], Wxg: [[5, 6]], Wxo: [[7, 8]] }],
    ["cs231n", "Wx = [[1 3 7 5] [2 4 8 6]]", { Wxi: [[1, 2]], Wxf: [[3, 4]], Wxg: [[5, 6]], Wxo: [[7, 8]] }],
    ["onnx", "W = [[[1, 2], [7, 8], [3, 4], [5, 6]]]", { Wxi: [[1, 2]], Wxf: [[3, 4]], Wxg: [[5, 6]], Wxo: [[7, 8]] }],
    ["deeplearning", "Wf = [[9, 3, 4]]", { Wxf: [[3, 4]], Whf: [[9]] }],
    ["deeplearning", "bi = [[0.5]]", { bi: [0.5] }],
    ["own", "Wxg = [[5, 6]]", { Wxg: [[5, 6]] }],
  ] as const)
    it(`become the gates' own parameters: ${printed} in the layout ${layout}`, () => {
      const text = pasted(small("lstm"), printed, layout, /./, /^parameters of the file$/);
      assert.deepEqual(layerOf(text), { cell: "lstm", size: 1, ...expected });
    });

  it("become all parameters of a gru from PyTorch's state_dict, whose biases add but for the candidate's", () => {
    const printed = `OrderedDict([('weight_ih_l0', tensor([[1., 2.], [3., 4.], [5., 6.]])), ('weight_hh_l0', tensor([[7.], [8.], [9.]])),
      ('bias_ih_l0', tensor([0.1000, 0.2000, 0.3000])), ('bias_hh_l0', tensor([0.2000, 0.4000, 0.6000]))])`;
    const text = pasted(small("gru"), printed, "pytorch", /^Wxr … bhn \(10\)$/, /^parameters of the file$/);
    assert.deepEqual(layerOf(text), {
      cell: "gru",
      size: 1,
      Wxr: [[1, 2]],
      Wxz: [[3, 4]],
      Wxn: [[5, 6]],
      Whr: [[7]],
      Whz: [[8]],
      Whn: [[9]],
      br: [0.3],
      bz: [0.6],
      bn: [0.3],
      bhn: [0.6],
    });
  });

  it("become all parameters of a gru from Keras' get_weights, z r h in columns and two rows of biases", () => {
    const printed =
      "[array([[3., 1., 5.], [4., 2., 6.]], dtype=float32), array([[8., 7., 9.]], dtype=float32), array([[0.2, 0.1, 0.3], [0.4, 0.2, 0.6]], dtype=float32)]";
    const text = pasted(small("gru"), printed, "keras", /\(10\)$/, /^parameters of the file$/);
    assert.deepEqual(layerOf(text), {
      cell: "gru",
      size: 1,
      Wxz: [[3, 4]],
      Wxr: [[1, 2]],
      Wxn: [[5, 6]],
      Whz: [[8]],
      Whr: [[7]],
      Whn: [[9]],
      bz: [0.6],
      br: [0.3],
      bn: [0.3],
      bhn: [0.6],
    });
  });

  it("become an embedding's rows, a dense layer's matrix and the read-out's, turned where the program has x before the matrix", () => {
    const text = `{ "version": 1, "embedding": { "size": 2, "E": [[0, 0], [0, 0], [0, 0]] }, "layers": [{ "cell": "dense", "size": 3 }],
      "output": { "size": 1 }, "sequences": [{ "inputs": [0, 1, 2] }] }`;
    const E = pasted(text, "W_embed = [[1, 2], [3, 4], [5, 6]]", "cs231n", /^E$/, /^parameters/);
    assert.deepEqual((parse(E) as { embedding: { E: unknown } }).embedding.E, [
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    const kernel = pasted(text, "kernel = [[1, 2, 3], [4, 5, 6]]", "keras", /^W$/, /^parameters/);
    assert.deepEqual(layerOf(kernel), {
      cell: "dense",
      size: 3,
      W: [
        [1, 4],
        [2, 5],
        [3, 6],
      ],
    });
    const vocab = pasted(text, "W_vocab = [[1], [2], [3]]", "cs231n", /^Why$/, /^parameters/);
    assert.deepEqual((parse(vocab) as { output: unknown }).output, { size: 1, Why: [[1, 2, 3]] });
  });

  it("become the second pass's parameters by their names", () => {
    const both = small("rnn", ', "direction": "both"');
    const text = pasted(both, "weight_ih_l0_reverse: tensor([[1., 2.]])", "pytorch", /^reverse\.Wxh$/, /^parameters/);
    assert.deepEqual(layerOf(text), { cell: "rnn", size: 1, direction: "both", reverse: { Wxh: [[1, 2]] } });
  });

  it("are gradients first where their name says so, and the gates' own too", () => {
    const [first] = placementsOf(
      readPrinted("dWx = [[1.5 3 7 5] [2 4 8 6]]"),
      "cs231n",
      readText(small("lstm")).problem,
      1,
    );
    assert.equal(first!.detail, "expected gradients of sequence 2");
    const text = applyEdits(small("lstm"), mergeEdits(small("lstm"), first!.wanted));
    assert.deepEqual((parse(text) as { expect: unknown }).expect, {
      sequences: [
        null,
        {
          gradients: {
            "layers.0.Wxi": [[1.5, 2]],
            "layers.0.Wxf": [[3, 4]],
            "layers.0.Wxo": [[7, 8]],
            "layers.0.Wxg": [[5, 6]],
          },
        },
      ],
    });
  });

  it("are steps, sequences and units in the order of their program", () => {
    const wide = `{ "version": 1, "inputSize": 1, "layers": [{ "cell": "rnn", "size": 3 }], "output": { "size": 4 },
      "sequences": [{ "inputs": [1, 2] }, { "inputs": [3, 4] }] }`;
    // Entry [n][t][i] is n t i, counted from 0.
    const value = (n: number, t: number, i: number) => 100 * n + 10 * t + i;
    const steps = [0, 1].map((n) => ({ steps: [0, 1].map((t) => ({ h: [0, 1, 2].map((i) => value(n, t, i)) })) }));
    const prints: [PrintLayout, unknown, RegExp][] = [
      ["own", [0, 1].map((n) => [0, 1].map((t) => [0, 1, 2].map((i) => value(n, t, i)))), /\[N × T × H\]/],
      ["pytorch", [0, 1].map((t) => [0, 1].map((n) => [0, 1, 2].map((i) => value(n, t, i)))), /\[T × N × H\]/],
      ["deeplearning", [0, 1, 2].map((i) => [0, 1].map((n) => [0, 1].map((t) => value(n, t, i)))), /\[H × N × T\]/],
    ];
    for (const [layout, printed, detail] of prints) {
      const text = pasted(wide, print("h", printed), layout, /^h_t$/, detail);
      assert.deepEqual((parse(text) as { expect: unknown }).expect, { sequences: steps }, layout);
    }
    const columns = pasted(wide, "[[1, 2], [3, 4], [5, 6]]", "deeplearning", /^h_t$/, /every step of sequence 2/, 1);
    assert.deepEqual((parse(columns) as { expect: unknown }).expect, {
      sequences: [null, { steps: [{ h: [1, 3, 5] }, { h: [2, 4, 6] }] }],
    });
  });

  it("may be many things where nothing but their shape says which", () => {
    const found = labels(small("rnn"), "[0.5]", "own");
    assert.ok(found.includes("bh: parameters of the file"));
    assert.ok(found.includes("h_1: expected at step t = 1 of sequence 1"));
    assert.ok(found.includes("∂L/∂h_2: expected at step t = 2 of sequence 1"));
    assert.deepEqual(labels(small("rnn"), "loss = 0.25", "own").slice(0, 2), [
      "L: expected loss of sequence 1",
      "L: expected loss of all sequences as one batch",
    ]);
    assert.deepEqual(labels(small("rnn"), "[1, 2, 3, 4, 5, 6, 7]", "own"), []);
    assert.equal(labels(small("rnn"), "h = [0.5]", "own")[0], "h_1: expected at step t = 1 of sequence 1");
  });

  it("leave unchecked what was not printed", () => {
    const text = pasted(small("rnn"), "logits = [0.5, ..., 0.25]", "own", /^logits_1$/, /./);
    assert.match(text, /"logits": \[0\.5, null, 0\.25\]/);
  });

  it("say what they were rounded to", () => {
    assert.ok(Math.abs(roundingOf(readPrinted("[0.5000, 12.3400]")) - 5e-5) < 1e-18);
    assert.ok(Math.abs(roundingOf(readPrinted("[1.25e2, 3]")) - 0.5) < 1e-15);
    assert.equal(roundingOf(readPrinted("[1, 2]")), 0);
  });
});
