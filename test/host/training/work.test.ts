import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { parametersOf } from "../../../src/engine/model";
import { run } from "../../../src/engine/run";
import type { Progress, TrainingOutcome } from "../../../src/host/training/messages";
import type { Surroundings } from "../../../src/host/training/work";
import { work } from "../../../src/host/training/work";
import { readText } from "../../files";
import { problemOf, trained } from "../../samples/samples";

/** A clock that goes on by `stepMs` whenever it is read, and everything that was posted. */
function surroundings(
  stepMs: number,
  isCancelled: () => boolean = () => false,
  takeAsked: () => boolean = () => false,
) {
  const posted: { readonly atMs: number; readonly progress: Progress }[] = [];
  let nowMs = 0;
  const around: Surroundings = {
    folder: "dist",
    isCancelled,
    takeAsked,
    post: (progress) => posted.push({ atMs: nowMs, progress }),
    nowMs: () => (nowMs += stepMs),
    pause: () => Promise.resolve(),
  };
  return { around, posted };
}

const sum = (epochs: number) => {
  const problem = problemOf("sum-of-two-numbers.rnn.json");
  return { ...problem, training: { ...problem.training, epochs } };
};

/** The numbers of the epochs that a message tells of. */
function epochsOf({ epochs }: Progress): number[] {
  return epochs ? Array.from(epochs.loss, (_, k) => epochs.first + k) : [];
}

/** One epoch of four sequences, each so long that training tells of it by itself. */
const long = readText(`{
  "version": 1,
  "layers": [{ "cell": "rnn", "size": 64 }],
  "output": { "size": 1, "at": "last" },
  "loss": { "type": "mse" },
  "sequences": { "task": "adding", "count": 4, "length": 10000, "seed": 1 },
  "training": { "optimizer": { "type": "sgd", "learningRate": 0.01 }, "epochs": 1 }
}`).problem;

/** The kernels round elsewhere than the engine does: within 1e-9 of a number's size, and of 1. */
function assertNear(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  assert.equal(actual.length, expected.length);
  for (let k = 0; k < expected.length; k++) {
    const size = Math.max(1, Math.abs(expected[k]!));
    assert.ok(Math.abs(actual[k]! - expected[k]!) < 1e-9 * size, `${actual[k]} at ${k}, expected ${expected[k]}`);
  }
}

describe("The work of the training thread", () => {
  it("sends the weights of the moment as often as they are asked for: those after the epochs that it names", async () => {
    let asked = 0;
    const { around, posted } = surroundings(1, undefined, () => ++asked % 3 === 0);
    await work({ kind: "train", problem: sum(400) }, around);
    const sent = posted.flatMap(({ progress }) => progress.weights ?? []);
    assert.ok(sent.length >= 2, `${sent.length} times in ${posted.length} messages`);
    for (const { epoch, parameters } of sent.slice(0, 2)) {
      const { end } = (await work({ kind: "train", problem: sum(epoch) }, surroundings(1).around)) as TrainingOutcome;
      assert.ok(epoch >= 1 && epoch < 400, `epoch ${epoch}`);
      for (const [name, { data }] of Object.entries(end.parameters)) assertNear(parameters[name]!.data, data);
    }
  });

  it("tells of every epoch once and in order, in at most twenty messages a second", async () => {
    const { around, posted } = surroundings(1);
    await work({ kind: "train", problem: sum(200) }, around);
    const epochs = posted.flatMap(({ progress }) => epochsOf(progress));
    assert.deepEqual(
      epochs,
      Array.from({ length: 200 }, (_, k) => k + 1),
    );
    // The last message, at the end, does not wait.
    for (let k = 1; k < posted.length - 1; k++) assert.ok(posted[k]!.atMs - posted[k - 1]!.atMs >= 50);
    assert.ok(posted.length > 3);
  });

  it("tells within a long epoch how far it is", async () => {
    const { around, posted } = surroundings(100);
    await work({ kind: "train", problem: long }, around);
    // Four sequences, an update each.
    assert.deepEqual(
      posted.map(({ progress }) => progress.done),
      [0.25, 0.5, 0.75, 1, 1],
    );
  });

  it("ends with the parameters of training without a thread", async () => {
    const outcome = await work({ kind: "train", problem: sum(20) }, surroundings(1).around);
    assert.ok(outcome && "end" in outcome);
    const there = outcome.end.parameters;
    for (const [name, { data }] of Object.entries(parametersOf(trained(sum(20)).problem.model)))
      assertNear(there[name]!.data, data);
  });

  it("measures the loss at the parameters that it ended with: that of a next epoch before any update", async () => {
    const problem = problemOf("hi-there-class.rnn.json");
    const outcome = await work({ kind: "train", problem }, surroundings(1).around);
    assert.ok(outcome && "lossAfter" in outcome);
    // One sequence: the second epoch's loss is measured before its update.
    const { losses } = trained({ ...problem, training: { ...problem.training, epochs: 2 } });
    assertNear([outcome.lossAfter!], [losses[1]!]);
  });

  it("cancelled before the third update, has made two", async () => {
    let asked = 0;
    const cancelled = surroundings(1, () => ++asked >= 2);
    const outcome = await work({ kind: "train", problem: long }, cancelled.around);
    assert.ok(outcome && "end" in outcome);
    assert.equal(outcome.end.kind, "stopped");
    const two = trained({ ...long, sequences: long.sequences.slice(0, 2) }).problem;
    assertNear(outcome.end.parameters["layers.0.Whh"]!.data, parametersOf(two.model)["layers.0.Whh"]!.data);
  });

  it("gives no check that was cancelled half-way", async () => {
    const task = { kind: "check", problem: sum(1), expect: null } as const;
    assert.equal(await work(task, surroundings(1, () => true).around), null);
  });

  it("checks the gradients that it is given until 5 s have passed: as many entries of each parameter as of any other", async () => {
    const { model, sequences } = problemOf("copy-lstm.rnn.json");
    const { sequence, start, gradients } = run(model, sequences, 0);
    const task = { kind: "gradients", checked: { model, sequence, start, gradients } } as const;
    // The clock is read once a piece: after 500 pieces the time is over.
    const { around } = surroundings(10);
    const outcome = await work(task, around);
    assert.ok(Array.isArray(outcome) && outcome.length === Object.keys(gradients).length);
    const counts = outcome.map(({ checked }) => checked);
    assert.ok(Math.min(...counts) >= 1 && Math.max(...counts) - Math.min(...counts) <= 1, counts.join(" "));
    assert.ok(Math.max(...counts) < 100);
    assert.ok(outcome.every(({ worst }) => worst < 1e-6));
    assert.equal(await work(task, surroundings(1, () => true).around), null);
  });

  it("predicts a sequence that carries from the state in which the one before ended", async () => {
    const problem = problemOf("hello.rnn.json");
    const [whole] = problem.sequences;
    const tokens = whole!.inputs.tokens!;
    const part = (from: number, to: number, carry: boolean) => ({
      ...whole!,
      length: to - from,
      inputs: { tokens: tokens.slice(from, to), vectors: null },
      targets: null,
      carry,
    });
    const carried = { ...problem, sequences: [part(0, 5, false), part(5, 9, true)] };
    const task = { kind: "predict", generation: null } as const;
    const second = await work({ ...task, problem: carried, of: 1 }, surroundings(1).around);
    const all = await work({ ...task, problem, of: part(0, 9, false) }, surroundings(1).around);
    assert.ok(second && "outputs" in second && all && "outputs" in all);
    assert.deepEqual(second.outputs, all.outputs.slice(5));
  });
});
