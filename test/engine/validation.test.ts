import assert from "node:assert/strict";
import { evaluateNow } from "../../src/engine/evaluate";
import type { Problem } from "../../src/engine/model";
import { withParameters } from "../../src/engine/model";
import { Plateau } from "../../src/engine/plateau";
import { run } from "../../src/engine/run";
import type { EpochResult, TrainingEnd } from "../../src/engine/train";
import { train } from "../../src/engine/train";
import { trainingPart, watch } from "../../src/engine/validation";
import { readProblem } from "../../src/format/read";
import { trainFast } from "../../src/kernels";

const kernels = "dist";

function problemOf(file: object): Problem {
  const { problem, diagnostics } = readProblem(JSON.stringify({ version: 1, ...file }), { fileName: "x.rnn.json" });
  assert.ok(problem, diagnostics.map(({ message }) => message).join("; "));
  return problem;
}

function finish(training: ReturnType<typeof train>): { readonly epochs: EpochResult[]; readonly end: TrainingEnd } {
  const epochs: EpochResult[] = [];
  for (;;) {
    const next = training.next();
    if (next.done) return { epochs, end: next.value };
    if (next.value.result) epochs.push(next.value.result);
  }
}

/** y = w x from w = 0, the target of x = 1 being 1; watched on a target of 0.5. The rate is such that w is 0.2, 0.36, … */
const overshooting = (training: object) =>
  problemOf({
    inputSize: 1,
    layers: [{ cell: "rnn", size: 1, activation: "linear", Wxh: [[1]], Whh: [[0]], bh: [0] }],
    output: { size: 1, Why: [[0]], by: [0] },
    loss: { type: "mse" },
    sequences: [{ inputs: [1], targets: [1] }],
    validation: { sequences: [{ inputs: [1], targets: [0.5] }] },
    training: { optimizer: { type: "sgd", learningRate: 0.01 }, epochs: 200, ...training },
  });

const words = {
  vocabulary: ["a", "b", "c"],
  layers: [{ cell: "gru", size: 4 }],
  output: { size: 3 },
  loss: { type: "cross-entropy" },
  sequences: Array.from({ length: 12 }, (_, k) => ({ text: ["abc", "bca", "cab", "aabb"][k % 4]!, targets: "next" })),
  training: { optimizer: { type: "adam", learningRate: 0.05 }, epochs: 6, batchSize: 2 },
};

describe("Held-out data", () => {
  it("each epoch's validationLoss is the mean of the held-back sequences' losses at the epoch's last parameters", () => {
    const problem = problemOf({ ...words, validation: { fraction: 0.25, seed: 3 } });
    const { epochs } = finish(trainFast(problem, kernels));
    assert.equal(problem.heldBack!.length, 3);
    for (const [k, { validationLoss, accuracy, validationAccuracy }] of epochs.entries()) {
      // The same epochs without anybody watching, and the losses as the stepper has them.
      const { problem: seen, indices } = trainingPart(problem);
      const { end } = finish(train({ ...seen, training: { ...seen.training, epochs: k + 1 } }));
      const model = withParameters(problem.model, end.parameters);
      const losses = problem.heldBack!.map((index) => run(model, problem.sequences, index).loss!);
      assert.ok(Math.abs(validationLoss! - losses.reduce((sum, loss) => sum + loss, 0) / 3) < 1e-9);
      assert.equal(accuracy, accuracyOf({ ...problem, model }, indices));
      assert.equal(validationAccuracy, accuracyOf({ ...problem, model }, problem.heldBack!));
    }
  });

  /** Counted step by step from a run. */
  function accuracyOf({ model, sequences }: Problem, indices: readonly number[]): number {
    let [right, count] = [0, 0];
    for (const index of indices) {
      const done = run(model, sequences, index);
      for (let t = 1; t <= done.length; t++) {
        const { output, target } = done.at(t);
        if (target === null) continue;
        count++;
        const p = Array.from(output!);
        if (p.indexOf(Math.max(...p)) === target) right++;
      }
    }
    return right / count;
  }

  it("of a single class every step is right, its p being 1: of cross-entropy, one output is no probability of a second class", () => {
    const problem = problemOf({
      inputSize: 1,
      layers: [{ cell: "rnn", size: 1 }],
      output: { Why: "identity" },
      loss: { type: "cross-entropy" },
      sequences: [{ inputs: [0.5, -0.5], targets: [0, [1]] }],
    });
    const { loss, accuracy, confusion, classCount } = evaluateNow(problem, [0]);
    assert.deepEqual(
      { loss, accuracy, confusion, classCount },
      { loss: 0, accuracy: 1, confusion: Float64Array.of(2), classCount: 1 },
    );
  });

  it("training sees nothing of what is held back, on the kernels and in the engine", () => {
    const problem = problemOf({ ...words, validation: { fraction: 0.25 } });
    const without = problemOf({ ...words, sequences: trainingPart(problem).indices.map((k) => words.sequences[k]!) });
    const watched = finish(trainFast(problem, kernels));
    const alone = finish(trainFast(without, kernels));
    assert.deepEqual(
      watched.epochs.map(({ loss }) => loss),
      alone.epochs.map(({ loss }) => loss),
    );
    assert.deepEqual(watched.end.parameters, alone.end.parameters);
  });

  it("stop ends so many epochs after the smallest validation loss and keeps its parameters", () => {
    const rate = { value: 1 };
    {
      const problem = overshooting({ stop: { patience: 4 } });
      const { problem: seen, indices } = trainingPart(problem);
      const { epochs, end } = finish(watch(train(seen, rate), problem, indices, rate));
      assert.ok(end.kind === "done" && end.bestEpoch !== undefined);
      const losses = epochs.map(({ validationLoss }) => validationLoss!);
      const best = losses.indexOf(Math.min(...losses)) + 1;
      assert.ok(best > 1);
      assert.equal(end.bestEpoch, best);
      assert.equal(end.lastEpoch, best + 4);
      assert.equal(epochs.length, best + 4);
      const model = withParameters(problem.model, end.parameters);
      assert.ok(Math.abs(evaluateNow({ ...problem, model }, problem.heldBack!).loss! - losses[best - 1]!) < 1e-15);
    }
  });

  it("a plateau lets the rate fall where ReduceLROnPlateau does: patience 1, losses 5 4 4 4 4 4 3", () => {
    // 4 is no fall three times: more than 1 bad epoch after the second, and counted anew; 3.9999 is not 1e-4 smaller than 4.
    const plateau = new Plateau({ type: "plateau", factor: 0.5, patience: 1 });
    assert.deepEqual(
      [5, 4, 4, 4, 4, 3.9999, 3].map((loss) => plateau.factorAfter(loss)),
      [1, 1, 1, 0.5, 1, 0.5, 1],
    );
  });

  it("a plateau makes the next epoch's update smaller by its factor", () => {
    const problem = overshooting({ epochs: 3, schedule: { type: "plateau", factor: 0.1, patience: 0 } });
    // Watched on the opposite of what it learns, the validation loss rises from the second epoch on.
    const rising = {
      ...problem,
      sequences: [
        problem.sequences[0]!,
        {
          ...problem.sequences[1]!,
          targets: { kind: "vectors" as const, vectors: Float64Array.of(-1), present: Uint8Array.of(1) },
        },
      ],
    };
    const gradients = finish(trainFast(rising, kernels));
    const byHand = [0];
    let [w, b, why, by, rate] = [1, 0, 0, 0, 0.01];
    for (let epoch = 1; epoch <= 3; epoch++) {
      const h = w + b;
      const d = 2 * (why * h + by - 1);
      [w, b, why, by] = [w - rate * d * why, b - rate * d * why, why - rate * d * h, by - rate * d];
      byHand.push(why);
      // The first epoch's validation loss is the smallest; after each later one the rate falls.
      if (epoch > 1) rate *= 0.1;
    }
    assert.ok(Math.abs(gradients.end.parameters["output.Why"]!.data[0]! - byHand[3]!) < 1e-15);
  });
});

describe("What is held back", () => {
  const sequences = Array.from({ length: 10 }, (_, k) => ({ inputs: [k], targets: [k] }));
  const file = {
    inputSize: 1,
    layers: [{ cell: "rnn", size: 1 }],
    output: { size: 1 },
    loss: { type: "mse" },
    sequences,
  };

  it("is round(fraction · N) sequences, drawn by the seed: the same from the same, others from another", () => {
    const heldBack = (fraction: number, seed: number) =>
      problemOf({ ...file, validation: { fraction, seed } }).heldBack!;
    assert.equal(heldBack(0.25, 1).length, 3);
    assert.deepEqual(heldBack(0.4, 1), heldBack(0.4, 1));
    assert.notDeepEqual(heldBack(0.4, 1), heldBack(0.4, 2));
    assert.deepEqual(
      heldBack(0.4, 1),
      [...new Set(heldBack(0.4, 1))].sort((a, b) => a - b),
    );
  });

  const wrong: [string, object, string][] = [
    [
      "a fraction that holds nothing back",
      { validation: { fraction: 0.01 } },
      "fraction is 0.01, which holds 0 of 10 sequences back: expected at least one, and one to train on",
    ],
    [
      "a fraction that leaves nothing",
      { validation: { fraction: 0.99 } },
      "fraction is 0.99, which holds 10 of 10 sequences back: expected at least one, and one to train on",
    ],
    [
      "fraction and sequences",
      { validation: { fraction: 0.5, sequences: [] } },
      'validation has both "fraction" and "sequences": expected one of them',
    ],
    [
      "neither",
      { validation: { seed: 1 } },
      'validation has neither "fraction", "sequences", "task" nor "file": expected one of them',
    ],
    [
      "stop without validation",
      { training: { stop: { patience: 1 } } },
      'stop waits for the validation loss, and the file has no "validation": expected one beside training',
    ],
    [
      "plateau without validation",
      { training: { schedule: { type: "plateau" } } },
      'plateau waits for the validation loss, and the file has no "validation": expected one beside training',
    ],
    [
      "stop with a validation of no sequence",
      { training: { stop: { patience: 1 } }, validation: { sequences: [] } },
      "stop waits for the validation loss, and no sequence that is held back has a target: expected one at least",
    ],
    [
      "plateau with a validation without targets",
      { training: { schedule: { type: "plateau" } }, validation: { sequences: [{ inputs: [1] }] } },
      "plateau waits for the validation loss, and no sequence that is held back has a target: expected one at least",
    ],
    [
      "a fraction with carried states",
      { sequences: [...sequences, { inputs: [1], state: "carry" }], validation: { fraction: 0.5 } },
      'state is "carry", but validation.fraction holds sequences back, between which it would be carried: expected no fraction',
    ],
  ];
  for (const [title, more, message] of wrong)
    it(`${title} is an error`, () => {
      const { diagnostics } = readProblem(JSON.stringify({ version: 1, ...file, ...more }), { fileName: "x.rnn.json" });
      assert.deepEqual(
        diagnostics.map((one) => one.message),
        [message],
      );
    });
});
