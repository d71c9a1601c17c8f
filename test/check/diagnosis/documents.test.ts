/** Programs with a wrong backward pass, written down here anew from their formulas, without a line of the extension's code. */
import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { compareExpected } from "../../../src/check/check";
import type { Diagnosis } from "../../../src/check/diagnosis/diagnose";
import { diagnose } from "../../../src/check/diagnosis/diagnose";
import { readText } from "../../files";
import { readSample } from "../../samples/samples";

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const dot = (u: readonly number[], v: readonly number[]) => u.reduce((total, u_i, i) => total + u_i * v[i]!, 0);
const columnOf = (W: readonly (readonly number[])[], j: number) => W.map((row) => row[j]!);

/** One input, three hidden units, one output: as the programs have them, but smaller, and with numbers of their own. */
const parameters = {
  Wxh: [[0.4], [-0.7], [0.2]],
  Whh: [
    [0.3, -0.5, 0.1],
    [0.6, 0.2, -0.4],
    [-0.3, 0.5, 0.7],
  ],
  bh: [0.05, -0.1, 0.2],
  Why: [[0.8, -0.6, 0.9]],
  by: [0.15],
};
const units = [0, 1, 2];

/** h_0 … h_T */
function hiddenStates(inputs: readonly number[]): number[][] {
  const hs = [[0, 0, 0]];
  for (const x of inputs) {
    const before = hs.at(-1)!;
    hs.push(
      units.map((i) => Math.tanh(parameters.Wxh[i]![0]! * x + dot(parameters.Whh[i]!, before) + parameters.bh[i]!)),
    );
  }
  return hs;
}

interface Gradients {
  Wxh: number[][];
  Whh: number[][];
  bh: number[];
  Why: number[][];
  by: number[];
}

/**
 * The way back that both programs share.
 * @param dy    gradient of the output, which both add at every step
 * @param slope the derivative that they take of tanh at step t
 */
function wayBack(
  inputs: readonly number[],
  hs: readonly number[][],
  dy: number,
  slope: (t: number, i: number) => number,
): Gradients {
  const g: Gradients = {
    Wxh: [[0], [0], [0]],
    Whh: units.map(() => [0, 0, 0]),
    bh: [0, 0, 0],
    Why: [hs.at(-1)!.map((h) => dy * h)],
    by: [dy],
  };
  let next = [0, 0, 0];
  for (let t = inputs.length - 1; t >= 0; t--) {
    const raw = units.map((i) => slope(t, i) * (parameters.Why[0]![i]! * dy + next[i]!));
    for (const i of units) {
      g.bh[i]! += raw[i]!;
      g.Wxh[i]![0]! += raw[i]! * inputs[t]!;
      for (const j of units) g.Whh[i]![j]! += raw[i]! * hs[t]![j]!;
    }
    next = units.map((j) => dot(columnOf(parameters.Whh, j), raw));
  }
  return g;
}

/** What the program sumOfTwo of the first document computes: tanh' of the activated value, the error at every step. */
function sumOfTwo(inputs: readonly number[], target: number) {
  const hs = hiddenStates(inputs);
  const y = dot(parameters.Why[0]!, hs.at(-1)!) + parameters.by[0]!;
  const gradients = wayBack(inputs, hs, 2 * (y - target), (t, i) => 1 - Math.tanh(hs[t + 1]![i]!) ** 2);
  return { hs, logit: y, loss: (y - target) ** 2, gradients };
}

/** The binary classifier: the error of the logit times σ', at every step, through 1 − h_T². */
function signOfSum(inputs: readonly number[], target: number) {
  const hs = hiddenStates(inputs);
  const z = dot(parameters.Why[0]!, hs.at(-1)!) + parameters.by[0]!;
  const p = sigmoid(z);
  const dy = (z - target) * sigmoid(z) * (1 - sigmoid(z));
  const gradients = wayBack(inputs, hs, dy, (_, i) => 1 - hs.at(-1)![i]! ** 2);
  return { hs, logit: z, loss: -(target * Math.log(p) + (1 - target) * Math.log(1 - p)), gradients };
}

type Worked = ReturnType<typeof sumOfTwo>;

function expectationOf({ hs, logit, loss, gradients }: Worked, digits?: number): unknown {
  const written = {
    loss,
    steps: hs.slice(1).map((h, k, all) => ({ h, ...(k === all.length - 1 && { logits: [logit] }) })),
    gradients: {
      "layers.0.Wxh": gradients.Wxh,
      "layers.0.Whh": gradients.Whh,
      "layers.0.bh": gradients.bh,
      "output.Why": gradients.Why,
      "output.by": gradients.by,
    },
  };
  if (digits === undefined) return written;
  return JSON.parse(JSON.stringify(written), (_, value: unknown) =>
    typeof value === "number" ? Number(value.toFixed(digits)) : value,
  );
}

function diagnosed(
  loss: "mse" | "binary-cross-entropy",
  sequences: readonly { inputs: number[]; target: number }[],
  expected: unknown[],
): readonly Diagnosis[] {
  const { Why, by, ...cell } = parameters;
  const { problem, expect } = readText(
    JSON.stringify({
      version: 1,
      layers: [{ cell: "rnn", size: 3, ...cell }],
      output: { size: 1, at: "last", Why, by },
      loss: { type: loss },
      sequences,
      expect: { tolerance: 1e-6, sequences: expected },
    }),
  );
  return diagnose(problem, compareExpected(problem, expect));
}

const idsOf = (diagnoses: readonly Diagnosis[]) => diagnoses.map(({ slips }) => slips.map(({ id }) => id).sort());

describe("The diagnosis of programs with a wrong backward pass", () => {
  const pairs = [
    { inputs: [1, 2], target: 3 },
    { inputs: [0, 5], target: 5 },
  ];
  const longer = [{ inputs: [0.3, -1.2, 0.8, 0.1, 1.4], target: 1 }];

  it("names both slips of the sum of two numbers: tanh' of h again, and the loss's gradient at every step", () => {
    const found = diagnosed(
      "mse",
      pairs,
      pairs.map(({ inputs, target }) => expectationOf(sumOfTwo(inputs, target))),
    );
    assert.deepEqual(idsOf(found), [["derivative-again", "loss-at-every-step"]]);
    assert.equal(found[0]!.explained.length, found[0]!.wrong);
  });

  it("names them too where the numbers are written down with five decimals", () => {
    const found = diagnosed(
      "mse",
      pairs,
      pairs.map(({ inputs, target }) => expectationOf(sumOfTwo(inputs, target), 5)),
    );
    assert.deepEqual(idsOf(found), [["derivative-again", "few-digits:decimals:5", "loss-at-every-step"]]);
  });

  it("names all four slips of the binary classifier", () => {
    const found = diagnosed(
      "binary-cross-entropy",
      longer,
      longer.map(({ inputs, target }) => expectationOf(signOfSum(inputs, target))),
    );
    assert.deepEqual(idsOf(found), [
      ["derivative-of-last", "logit-for-output", "loss-at-every-step", "output-derivative-on-top"],
    ]);
    assert.equal(found[0]!.explained.length, found[0]!.wrong);
  });

  it("says nothing about numbers that are right", () => {
    const [first] = pairs;
    const { hs, logit, loss } = sumOfTwo(first!.inputs, first!.target);
    const expected = { loss, steps: hs.slice(1).map((h, k) => ({ h, ...(k === 1 && { logits: [logit] }) })) };
    assert.deepEqual(diagnosed("mse", pairs, [expected]), []);
  });
});

describe("The diagnosis of numbers worked by hand", () => {
  it("says nothing about a_2 of the worked example, in which a digit is wrong", () => {
    const { problem, expect } = readSample("hi-there-class.rnn.json");
    const comparisons = compareExpected(problem!, expect);
    const wrong = comparisons.filter(({ right }) => !right);
    assert.deepEqual(
      wrong.map(({ expected }) => expected.value),
      [-0.2075846],
    );
    assert.deepEqual(diagnose(problem!, comparisons), []);
  });

  it("finds the numbers of the two words rounded or cut off after 3 decimals, but for the one that is wrong and what follows from it", () => {
    const { problem, expect } = readSample("two-words.rnn.json");
    const narrow = { ...expect!, numbers: { ...expect!.numbers, tolerances: 1e-6 } };
    const comparisons = compareExpected(problem!, narrow);
    const [found, ...others] = diagnose(problem!, comparisons);
    assert.deepEqual(others, []);
    assert.deepEqual(found!.slips, [
      { id: "few-digits:decimals:3", text: "the numbers are rounded or cut off after 3 decimals" },
    ]);
    const unexplained = comparisons.filter(({ right }, k) => !right && !found!.explained.includes(k));
    assert.deepEqual(
      unexplained.map(({ expected }) => expected.value),
      [0.842, 0.62],
    );
  });

  it("finds that every sum was rounded to two decimals before it was gone on with", () => {
    // h_t = h_{t−1} + 0.333: 0.333, 0.663, 0.993, … where each is rounded first
    const { problem, expect } = readText(
      JSON.stringify({
        version: 1,
        inputSize: 1,
        layers: [{ cell: "rnn", size: 1, activation: "linear", Wxh: [[0.333]], Whh: [[1]], bh: [0] }],
        output: { size: 1 },
        sequences: [{ inputs: [1, 1, 1, 1, 1, 1] }],
        expect: {
          tolerance: 1e-6,
          sequences: [{ steps: [0.33, 0.66, 0.99, 1.32, 1.65, 1.98].map((h) => ({ h: [h] })) }],
        },
      }),
    );
    const found = diagnose(problem, compareExpected(problem, expect));
    // Rounding and cutting off give the same here.
    assert.deepEqual(idsOf(found), [["rounded-on-the-way"], ["cut-off-on-the-way"]]);
    assert.equal(found[0]!.slips[0]!.text, "every intermediate result is rounded after 2 decimals and gone on with");
  });
});
