/**
 * The same digits on every platform and in every version of V8: what a trace prints of each sample, what the kernels compute of runs
 * that are worth it, and what they learn. A change of how something is summed changes these on purpose, and is told in CHANGELOG.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "mocha";
import type { Problem } from "../../src/engine/model";
import { run } from "../../src/engine/run";
import { stepOf } from "../../src/engine/trace";
import { trainFast } from "../../src/kernels";
import { arithmeticFrom } from "../../src/kernels/arithmetic";
import { readText } from "../files";
import { readSample, sampleNames } from "./samples";

const folder = "dist";

function hashOf(parts: Iterable<unknown>): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(JSON.stringify(part));
  return hash.digest("hex").slice(0, 16);
}

/** What a trace prints of the first sequence. */
function* traceOf(problem: Problem, itemOf: (k: number) => Parameters<typeof stepOf>[2]): Generator {
  const done = run(problem.model, problem.sequences, 0, { arithmetic: arithmeticFrom(folder) });
  yield done.loss;
  for (let t = 1; t <= problem.sequences[0]!.length; t++) yield stepOf(done, t, itemOf(t - 1), true);
  for (const [name, { data }] of Object.entries(done.gradients)) yield [name, Array.from(data)];
}

/** What the first epochs teach. */
function* learnt(problem: Problem): Generator {
  const training = trainFast({ ...problem, training: { ...problem.training, epochs: 3 } }, folder, 2);
  let next = training.next();
  for (; !next.done; next = training.next()) if (next.value.result) yield next.value.result;
  for (const [name, { data }] of Object.entries(next.value.parameters)) yield [name, Array.from(data)];
}

/** So large that kernels compute it. */
function large(cell: string): ReturnType<typeof readText> {
  const steps = Array.from({ length: 60 }, (_, t) => t);
  return readText(
    JSON.stringify({
      version: 1,
      inputSize: 2,
      layers: [{ cell, size: cell === "rnn" ? 192 : 96, direction: "both" }],
      output: { size: 3, at: "every" },
      loss: { type: "cross-entropy" },
      initial: { scheme: "normal", scale: 0.1, seed: 5 },
      sequences: [{ inputs: steps.map((t) => [t % 7, 3 - (t % 5)]), targets: steps.map((t) => t % 3) }],
      training: { optimizer: { type: "adam", learningRate: 0.01 }, epochs: 3 },
    }),
  );
}

const traces: Readonly<Record<string, string>> = {
  "adding-gru.rnn.json": "9113f1c1963e99d8",
  "copy-lstm.rnn.json": "cbf66c0abcf40587",
  "hello.rnn.json": "9af632ae42cf3969",
  "hi-there-class.rnn.json": "f0f5c1da7536cf6c",
  "own-cell.rnn.json": "fda80d791ae06919",
  "sign-of-a-sum.rnn.json": "fcea64c12fce9d8b",
  "sum-of-two-numbers.rnn.json": "bff4f07914ba8b8b",
  "toy-vectors.rnn.json": "7f9233009b1f048d",
  "two-words.rnn.json": "493fa39d0c2ae7cb",
  "vanishing-gradient.rnn.json": "dba73e50f5b16926",
  "word-kinds-both.rnn.json": "3f917f0df8bc4d04",
  rnn: "2e424c549e56afe5",
  lstm: "9034841b7cb069d3",
  gru: "8f1d7a56e99c7840",
};
const trainings: Readonly<Record<string, string>> = {
  "adding-gru.rnn.json": "7c3899b09f1a9aaa",
  "copy-lstm.rnn.json": "9dce3c01b62ddb6b",
  "hello.rnn.json": "e20a5111372956e9",
  "hi-there-class.rnn.json": "f961edea65af03a4",
  "own-cell.rnn.json": "88a3046e615b6fd6",
  "sign-of-a-sum.rnn.json": "8b430dfec6d228d2",
  "sum-of-two-numbers.rnn.json": "1c8bab9d2ca1a255",
  "toy-vectors.rnn.json": "45115f212a702429",
  "vanishing-gradient.rnn.json": "8deb5352d846b369",
  "word-kinds-both.rnn.json": "7af3fa74d5401c83",
  rnn: "acfabf42f9805a52",
  lstm: "78b3bf0cf7c2be75",
  gru: "a9cefeee5d3294f7",
};

describe("The digits", () => {
  for (const name of sampleNames) {
    const { problem, itemsOf } = readSample(name);
    const items = itemsOf(0)!;
    it(`of a trace of ${name} are the same everywhere`, () => {
      assert.equal(hashOf(traceOf(problem!, items)), traces[name]);
    });
    if (!problem!.model.loss) continue;
    it(`of a training of ${name} are the same everywhere`, () => {
      assert.equal(hashOf(learnt(problem!)), trainings[name]);
    });
  }

  for (const cell of ["rnn", "lstm", "gru"]) {
    const { problem, itemsOf } = large(cell);
    it(`of a run and a training of a large ${cell} are the same everywhere`, () => {
      assert.equal(hashOf(traceOf(problem, itemsOf(0)!)), traces[cell]);
      assert.equal(hashOf(learnt(problem)), trainings[cell]);
    });
  }
});
