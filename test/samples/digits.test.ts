/**
 * The digits as they have always been: what a trace prints of each sample, what the kernels compute of runs that are worth it, and
 * what they learn. Another version of V8 or another platform is not to change them; a change of how something is summed does on
 * purpose, and is told in CHANGELOG.
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
  "adding-gru.rnn.json": "eb392ec237a43bc1",
  "copy-lstm.rnn.json": "a7c8fa2d02e32b12",
  "hello.rnn.json": "6587fdd22dabbcb1",
  "hi-there-class.rnn.json": "7592aa78e91dffcc",
  "own-cell.rnn.json": "ce4cec3248e2ef01",
  "sign-of-a-sum.rnn.json": "ec86f1e5564358e5",
  "sum-of-two-numbers.rnn.json": "f63ed7a3dea42f53",
  "toy-vectors.rnn.json": "7ae88c2c1922429f",
  "two-words.rnn.json": "493fa39d0c2ae7cb",
  "vanishing-gradient.rnn.json": "4e5748ad409cf43b",
  "word-kinds-both.rnn.json": "3dd1bf75c8f10f88",
  rnn: "ebc06967cac39383",
  lstm: "1c2f47b8eeef22ed",
  gru: "d7f5be62cbc4663a",
};
const trainings: Readonly<Record<string, string>> = {
  "adding-gru.rnn.json": "7c3899b09f1a9aaa",
  "copy-lstm.rnn.json": "9dce3c01b62ddb6b",
  "hello.rnn.json": "e20a5111372956e9",
  "hi-there-class.rnn.json": "f961edea65af03a4",
  "own-cell.rnn.json": "88a3046e615b6fd6",
  "sign-of-a-sum.rnn.json": "a8aaf0a8d79dcd5d",
  "sum-of-two-numbers.rnn.json": "e7ca1ca813dd0d15",
  "toy-vectors.rnn.json": "45115f212a702429",
  "vanishing-gradient.rnn.json": "8deb5352d846b369",
  "word-kinds-both.rnn.json": "7af3fa74d5401c83",
  rnn: "50a1d75a375f35eb",
  lstm: "47dff156856903d4",
  gru: "44eea1ac8ec01e23",
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
