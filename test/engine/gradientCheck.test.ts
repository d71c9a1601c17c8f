import assert from "node:assert/strict";
import type { Checked, CheckProgress, ParameterCheck } from "../../src/engine/gradientCheck";
import { checkGradients, checkSequence } from "../../src/engine/gradientCheck";
import type { Problem } from "../../src/engine/model";
import { parametersOf } from "../../src/engine/model";
import { Random } from "../../src/engine/random";
import { finish, run } from "../../src/engine/run";
import { readText } from "../files";
import { usedBytes } from "../memory";
import { problemOf } from "../samples/samples";

/** What the check is about, its gradients as the run has them, or one of them changed. */
function checked({ model, sequences }: Problem, name = "", change: (value: number, k: number) => number = (v) => v) {
  const { sequence, start, gradients } = run(model, sequences, 0);
  const wrong = Object.entries(gradients).map(
    ([key, tensor]) => [key, key === name ? { ...tensor, data: tensor.data.map(change) } : tensor] as const,
  );
  return { model, sequence, start, gradients: Object.fromEntries(wrong) };
}

function verdicts(of: Checked): Record<string, ParameterCheck> {
  return Object.fromEntries(finish(checkSequence(of)).map((check) => [check.name, check]));
}

/** The check as it stands after so many entries of every parameter. */
function after(entries: number, of: Checked): Record<string, ParameterCheck> {
  const checking = checkSequence(of);
  for (let next = checking.next(); !next.done; next = checking.next()) {
    const found = next.value.parameters();
    if (found.every(({ checked }) => checked >= entries))
      return Object.fromEntries(found.map((check) => [check.name, check]));
  }
  throw new Error("the check ended before");
}

/** One relu unit that reads 1 with the weight w: L = (max(0, w) − 1)². */
const relu = (w: number) =>
  readText(
    JSON.stringify({
      version: 1,
      inputSize: 1,
      layers: [{ cell: "rnn", size: 1, activation: "relu", Wxh: [[w]], Whh: [[0.5]], bh: [0] }],
      output: { size: 1, Why: [[1]], by: [0] },
      loss: { type: "mse" },
      sequences: [{ inputs: [1], targets: [1] }],
    }),
  ).problem;

/** 100 tanh units over a vocabulary of 27, all parameters normal with deviation 1: smooth, and strongly curved. */
const wildLanguageModel = () => {
  const random = new Random(1);
  const row = (n: number) => Array.from({ length: n }, () => random.normal());
  const matrix = (rows: number, cols: number) => Array.from({ length: rows }, () => row(cols));
  const letters = Array.from("abcdefghijklmnopqrstuvwxyz ");
  const text = JSON.stringify({
    version: 1,
    vocabulary: letters,
    layers: [{ cell: "rnn", size: 100, Wxh: matrix(100, 27), Whh: matrix(100, 100), bh: row(100) }],
    output: { size: 27, Why: matrix(27, 100), by: row(27) },
    loss: { type: "cross-entropy" },
    sequences: [{ text: "the qu", targets: "next" }],
  });
  return readText(text).problem;
};

/** The largest relative difference of a parameter's gradient from (L(p + 1e-5) − L(p − 1e-5)) / 2e-5. */
function worstPlain({ model, sequences }: Problem, name: string): number {
  const gradients = run(model, sequences, 0).gradients;
  const { data } = parametersOf(model)[name]!;
  const lossAt = (k: number, value: number) => {
    const old = data[k]!;
    data[k] = value;
    const { loss } = run(model, sequences, 0);
    data[k] = old;
    return loss!;
  };
  return Math.max(
    ...Array.from(data, (value, k) => {
      const numeric = (lossAt(k, value + 1e-5) - lossAt(k, value - 1e-5)) / 2e-5;
      const a = gradients[name]!.data[k]!;
      return Math.abs(a - numeric) / Math.max(1, Math.abs(a), Math.abs(numeric));
    }),
  );
}

/** One unit with this bias, whose state is the output. */
const withBias = (bias: number, activation: string) =>
  readText(
    JSON.stringify({
      version: 1,
      inputSize: 1,
      layers: [{ cell: "rnn", size: 1, activation, Wxh: [[0.3]], Whh: [[0.4]], bh: [bias] }],
      output: { size: 1, Why: [[1]], by: [0.1] },
      loss: { type: "mse" },
      sequences: [{ inputs: [1, -2], targets: [1, 3] }],
    }),
  ).problem;

/** One tanh unit over T steps of which every second has a target. */
const long = (T: number) => {
  const text = JSON.stringify({
    version: 1,
    inputSize: 1,
    layers: [{ cell: "rnn", size: 1, Wxh: [[0.3]], Whh: [[0.4]], bh: [0.1] }],
    output: { size: 1, Why: [[1]], by: [0] },
    loss: { type: "mse" },
    sequences: [
      {
        inputs: Array.from({ length: T }, (_, k) => (k % 7) - 3),
        targets: Array.from({ length: T }, (_, k) => (k % 2 === 0 ? 0.5 : null)),
      },
    ],
  });
  return readText(text).problem;
};

describe("The check of one sequence's gradients", () => {
  it("finds every gradient of the worked example right, over all of its entries", () => {
    const found = verdicts(checked(problemOf("hi-there-class.rnn.json")));
    assert.deepEqual(
      Object.values(found).map(({ name, checked, entries }) => [name, checked, entries]),
      [
        ["layers.0.Wxh", 4, 4],
        ["layers.0.Whh", 1, 1],
        ["layers.0.bh", 1, 1],
        ["output.Why", 4, 4],
        ["output.by", 4, 4],
      ],
    );
    for (const { name, worst, kinks } of Object.values(found)) assert.ok(worst < 1e-9 && kinks === 0, name);
  });

  it("finds a gradient that is twice what it should be wrong by half, and the others right", () => {
    const problem = problemOf("hi-there-class.rnn.json");
    const found = verdicts(checked(problem, "layers.0.Wxh", (value) => 2 * value));
    // dL/dWxh of "there", the largest, is 0.71418: twice that against once, over 1.42836.
    assert.ok(Math.abs(found["layers.0.Wxh"]!.worst - 0.5) < 1e-9, String(found["layers.0.Wxh"]!.worst));
    assert.equal(found["layers.0.Wxh"]!.kinks, 0);
    for (const name of ["layers.0.Whh", "layers.0.bh", "output.Why", "output.by"])
      assert.ok(found[name]!.worst < 1e-9, name);
  });

  it("finds a single entry that is wrong by 1e-5, and one that is not a number", () => {
    const problem = problemOf("word-kinds-both.rnn.json");
    const off = verdicts(checked(problem, "layers.0.reverse.Whh", (value, k) => (k === 0 ? value + 1e-5 : value)));
    const { worst, kinks } = off["layers.0.reverse.Whh"]!;
    assert.ok(Math.abs(worst - 1e-5) < 1e-8 && kinks === 0, String(worst));
    const none = verdicts(checked(problem, "output.by", (value, k) => (k === 0 ? Number.NaN : value)));
    assert.equal(none["output.by"]!.worst, Infinity);
  });

  it("does not count an entry on a relu's kink, but says so; the check of a file does count it", () => {
    const found = verdicts(checked(relu(0)));
    // The gradient is 0 by relu'(0) = 0; the loss falls with the slope −2 on one side alone, which the difference halves.
    for (const name of ["layers.0.Wxh", "layers.0.bh"]) {
      const { worst, kinks, worstAtKink } = found[name]!;
      assert.deepEqual([worst, kinks], [0, 1], name);
      assert.ok(Math.abs(worstAtKink - 1) < 1e-4, String(worstAtKink));
    }
    const { model, sequences } = relu(0);
    assert.ok(finish(checkGradients(model, sequences)).worst! > 0.9);
  });

  it("knows a kink that lies nearer than the step is long", () => {
    for (const w of [9e-6, 5e-6, -3.3e-6, -3e-6, 1.1e-6, 9e-7, 7e-7, 5e-7, 9e-8, 5e-8]) {
      const { worst, kinks } = verdicts(checked(relu(w)))["layers.0.Wxh"]!;
      assert.deepEqual([worst, kinks], [0, 1], String(w));
    }
  });

  it("excuses no wrong gradient of a relu away from its kink", () => {
    const { worst, kinks } = verdicts(checked(relu(0.5), "layers.0.Wxh", (value) => value + 0.01))["layers.0.Wxh"]!;
    assert.equal(kinks, 0);
    assert.ok(Math.abs(worst - 0.01) < 1e-6);
  });

  it("finds the gradients right of a language model with weights of deviation 1, where a plain difference is off by more than 1e-6", () => {
    const problem = wildLanguageModel();
    const { gradients } = run(problem.model, problem.sequences, 0);
    assert.ok(Math.max(...Object.values(gradients).flatMap(({ data }) => [...data].map(Math.abs))) > 50);
    // The plain differences that the check begins with, of the entries that it looks at.
    assert.ok(worstPlain(problem, "layers.0.bh") > 1e-6);
    for (const { name, worst, kinks, worstAtKink } of Object.values(verdicts(checked(problem)))) {
      assert.ok(worst < 1e-6, `${name}: ${worst}`);
      assert.deepEqual([kinks, worstAtKink], [0, 0], name);
    }
  });

  it("refuses an entry of that model that is wrong by 3e-6 of its size, and calls it no kink", () => {
    const problem = wildLanguageModel();
    const { data } = run(problem.model, problem.sequences, 0).gradients["layers.0.bh"]!;
    const largest = data.reduce((best, value, k) => (Math.abs(value) > Math.abs(data[best]!) ? k : best), 0);
    const off = verdicts(checked(problem, "layers.0.bh", (value, k) => (k === largest ? value * (1 + 3e-6) : value)));
    const { worst, kinks } = off["layers.0.bh"]!;
    assert.ok(Math.abs(worst - 3e-6) < 3e-7 && kinks === 0, String(worst));
  });

  it("lets its step follow the size of a number: a bias of -1e12 agrees, where nothing and where much depends on it", () => {
    for (const { name, worst, kinks } of Object.values(verdicts(checked(withBias(-1e12, "tanh")))))
      assert.ok(worst < 1e-6 && kinks === 0, `${name}: ${worst}`);
    // The loss is about 1e24: beside it, what a step of 1e-5 in another parameter does is lost in rounding.
    const { worst, kinks } = verdicts(checked(withBias(-1e12, "linear")))["layers.0.bh"]!;
    assert.ok(worst < 1e-6 && kinks === 0, String(worst));
  });

  it("agrees where outputs and losses are large, as those of prices are", () => {
    for (const { name, worst, kinks } of Object.values(verdicts(checked(withBias(2e6, "linear")))))
      assert.ok(worst < 1e-6 && kinks === 0, `${name}: ${worst}`);
  });

  it("looks into each quarter of a matrix with its first eight entries", () => {
    const problem = problemOf("copy-lstm.rnn.json");
    const { data } = run(problem.model, problem.sequences, 0).gradients["layers.0.Whi"]!;
    assert.ok(data.length > 100);
    for (let quarter = 0; quarter < 4; quarter++) {
      const isIn = (k: number) => Math.floor((4 * k) / data.length) === quarter;
      const found = after(
        8,
        checked(problem, "layers.0.Whi", (value, k) => (isIn(k) ? value + 1 : value)),
      );
      assert.ok(found["layers.0.Whi"]!.worst > 0.4, `quarter ${quarter}`);
      assert.ok(found["layers.0.Whf"]!.worst < 1e-6);
      assert.ok(Object.values(found).every(({ checked }) => checked === 8 || checked === 9));
    }
  });

  it("agrees over 20,000 steps too", () => {
    for (const { name, worst, kinks } of Object.values(after(1, checked(long(20_000)))))
      assert.ok(worst < 1e-6 && kinks === 0, `${name}: ${worst}`);
  });

  it("keeps no recording of a sequence of 200,000 steps, which would take over 400 MB", () => {
    const of = checked(long(200_000));
    const before = usedBytes();
    let most = 0;
    const checking = checkSequence(of);
    let found: CheckProgress | null = null;
    for (let pieces = 0; pieces < 1000; pieces++) {
      const next = checking.next();
      if (next.done) break;
      found = next.value;
      if (pieces % 100 === 0) most = Math.max(most, usedBytes() - before);
    }
    assert.ok(found && found.parameters()[0]!.checked > 0);
    assert.ok(most < 250e6, `${most / 1e6} MB`);
  });
});
