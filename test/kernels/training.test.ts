import assert from "node:assert/strict";
import fc from "fast-check";
import type { OptimizerSettings, Problem, Sequence, TrainingSettings } from "../../src/engine/model";
import { parametersOf, withParameters } from "../../src/engine/model";
import { Random } from "../../src/engine/random";
import type { NamedTensors } from "../../src/engine/tensor";
import { toNested } from "../../src/engine/tensor";
import type { EpochResult, TrainingEnd, TrainingStep } from "../../src/engine/train";
import { train } from "../../src/engine/train";
import { optimizerDefaults } from "../../src/format/readTraining";
import { trainFast } from "../../src/kernels";
import { hasVectors } from "../../src/kernels/kernels";
import { fits } from "../../src/kernels/train";
import { assertAgrees } from "../agreement";
import type { Shape } from "../engine/arbitrary";
import { build, sequence, shapesUpTo } from "../engine/arbitrary";
import { goldenFiles, readFile, readJson } from "../files";

const folder = "dist";
const documents = new URL("../goldens/documents", import.meta.url).pathname;

interface Run {
  readonly epochs: readonly EpochResult[];
  readonly end: TrainingEnd;
}

function runOf(training: Generator<TrainingStep, TrainingEnd, boolean | undefined>): Run {
  const epochs: EpochResult[] = [];
  for (let next = training.next(); ; next = training.next()) {
    if (next.done) return { epochs, end: next.value };
    if (next.value.result) epochs.push(next.value.result);
  }
}

/** The largest difference between two numbers of the runs, over the size of the numbers and at least 1. */
function differenceOf(a: Run, b: Run): number {
  let largest = 0;
  const compare = (x: number, y: number) => {
    const difference = Math.abs(x - y) / Math.max(1, Math.abs(x));
    if (!(difference <= largest)) largest = difference;
  };
  assert.equal(a.end.kind, b.end.kind);
  assert.deepEqual(
    a.epochs.map(({ epoch }) => epoch),
    b.epochs.map(({ epoch }) => epoch),
  );
  for (const [k, { loss, gradientNorm }] of a.epochs.entries()) {
    compare(loss, b.epochs[k]!.loss);
    compare(gradientNorm, b.epochs[k]!.gradientNorm);
  }
  assert.deepEqual(Object.keys(a.end.parameters), Object.keys(b.end.parameters));
  for (const [name, { data }] of Object.entries(a.end.parameters))
    for (const [k, value] of data.entries()) compare(value, b.end.parameters[name]!.data[k]!);
  return largest;
}

function assertNear(actual: Run, expected: Run, tolerance: number): void {
  const difference = differenceOf(expected, actual);
  assert.ok(difference < tolerance, `the largest difference is ${difference}, expected below ${tolerance}`);
}

const optimizers: fc.Arbitrary<OptimizerSettings> = fc
  .record({
    type: fc.constantFrom("sgd", "adagrad", "rmsprop", "adam", "adamw"),
    momentum: fc.constantFrom(0, 0.9),
    nesterov: fc.boolean(),
    weightDecay: fc.constantFrom(0, 0.01),
  })
  .map(({ type, ...rest }) => ({
    ...optimizerDefaults[type],
    ...rest,
    // What divides by the root of tiny squares would enlarge every rounding.
    epsilon: 1e-2,
    learningRate: 0.01,
  }));

/** Problems with sequences of different lengths, some with states of their own, and every way of training. */
function trainings(most: number): fc.Arbitrary<Problem> {
  return fc
    .record({
      shape: shapesUpTo(most),
      lengths: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 21 }),
      states: fc.boolean(),
      carry: fc.boolean(),
      optimizer: optimizers,
      batchSize: fc.integer({ min: 1, max: 21 }),
      shuffle: fc.boolean(),
      clip: fc.constantFrom(null, { type: "norm", at: 0.5 } as const, { type: "value", at: 0.02 } as const),
      truncate: fc.option(fc.integer({ min: 1, max: 4 })),
    })
    .map(({ shape, lengths, states, carry, ...training }) => problemOf(shape, lengths, states, carry, training));
}

/** One update by few long sequences, in which the steps read a packed matrix. */
const longTrainings: fc.Arbitrary<Problem> = fc
  .record({
    shape: shapesUpTo(8),
    units: fc.integer({ min: 64, max: 100 }),
    lengths: fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 2 }),
  })
  .map(({ shape, units, lengths }) => {
    const layers = shape.layers.slice(0, 1).map((layer) => ({ ...layer, size: units }));
    return problemOf({ ...shape, layers }, [20, ...lengths], true, false, { epochs: 1, batchSize: 3 });
  });

function problemOf(
  shape: Shape,
  lengths: readonly number[],
  states: boolean,
  carry: boolean,
  training: Partial<TrainingSettings>,
): Problem {
  const drawn = build(shape);
  const problem = { ...drawn, model: withParameters(drawn.model, calmed(parametersOf(drawn.model))) };
  const random = new Random(shape.seed);
  const forward = shape.layers.every(({ direction }) => direction === "forward");
  const carries = carry && forward && (training.truncate === null || training.batchSize === 1);
  return {
    ...problem,
    sequences: lengths.map(
      (length): Sequence => ({
        ...sequence(shape, random, length),
        initial: states ? problem.model.layers.map((layer) => layer.passes.map(() => stateOf(layer, random))) : null,
        carry: carries && random.uniform() < 0.5,
      }),
    ),
    training: {
      ...problem.training,
      ...training,
      shuffle: !carries && training.shuffle === true,
      truncate: forward ? (training.truncate ?? null) : null,
    },
  };
}

/** Large random matrices make a network chaotic, in which any rounding grows without bound. */
function calmed(parameters: NamedTensors): NamedTensors {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, tensor]) => {
      const scale = Math.min(1, 1.5 / Math.sqrt(tensor.cols));
      return [name, { ...tensor, data: tensor.data.map((value) => value * scale) }];
    }),
  );
}

function stateOf({ cell, size }: Problem["model"]["layers"][number], random: Random) {
  const names = cell === "lstm" ? ["h", "c"] : ["h"];
  return Object.fromEntries(names.map((name) => [name, Float64Array.from({ length: size }, () => random.normal())]));
}

describe("training on the kernels", function () {
  this.timeout(120_000);

  it("is what this machine's processor can do", () => {
    assert.equal(hasVectors(), true);
  });

  it("gives the engine's losses, norms and parameters within 1e-9 (stacks of up to 7 units, every option)", () => {
    fc.assert(
      fc.property(trainings(7), (problem) => {
        assertNear(runOf(trainFast(problem, folder, 1)), runOf(train(problem)), 1e-9);
      }),
      { numRuns: 300 },
    );
  });

  it("gives the engine's within 1e-9 where the matrices are cut into blocks (up to 70 units)", () => {
    fc.assert(
      fc.property(trainings(70), (problem) => {
        assertNear(runOf(trainFast(problem, folder, 1)), runOf(train(problem)), 1e-9);
      }),
      { numRuns: 30 },
    );
  });

  it("gives the engine's within 1e-9 where few sequences are long (up to 100 units)", () => {
    fc.assert(
      fc.property(longTrainings, (problem) => {
        assertNear(runOf(trainFast(problem, folder, 1)), runOf(train(problem)), 1e-9);
      }),
      { numRuns: 30 },
    );
  });

  it("gives the engine's within 2e-4 in single precision", () => {
    fc.assert(
      fc.property(trainings(9), (problem) => {
        // At the kink of relu a rounding decides between two gradients.
        fc.pre(problem.model.layers.every(({ options }) => options["activation"] !== "relu"));
        const single = { ...problem, training: { ...problem.training, precision: "float32" as const } };
        assertNear(runOf(trainFast(single, folder, 1)), runOf(train(problem)), 2e-4);
      }),
      { numRuns: 100 },
    );
  });

  for (const [name, file] of [...goldenFiles(/\.train\.json$/), ...goldenFiles(/\.train\.json$/, documents)])
    it(`agrees with every epoch and parameter of ${name} within 1e-7`, () => {
      const golden = readJson(file) as { readonly epochs: readonly unknown[]; readonly parameters: unknown };
      const { problem } = readFile(file.replace(/\.train\.json$/, ".rnn.json"));
      const training = { ...problem.training, epochs: golden.epochs.length };
      const { epochs, end } = runOf(trainFast({ ...problem, training }, folder, 1));
      assertAgrees(epochs, golden.epochs, 1e-7);
      const parameters = Object.entries(end.parameters).map(([key, tensor]) => [key, toNested(tensor)] as const);
      assertAgrees(Object.fromEntries(parameters), golden.parameters, 1e-7);
    });

  it("gives the same numbers to the bit on one, two and three threads", () => {
    for (const precision of ["float64", "float32"] as const) {
      const problem = batched(20, 24, precision);
      const one = runOf(trainFast(problem, folder, 1));
      for (const threads of [2, 3]) assert.deepEqual(runOf(trainFast(problem, folder, threads)), one);
    }
  });

  it("stops where it is told to, with the parameters that it has by then", () => {
    const training = trainFast(batched(40, 24, "float64", 1000), folder, 2);
    training.next();
    const end = training.next(true);
    assert.ok(end.done);
    assert.equal(end.value.kind, "stopped");
    for (const { data } of Object.values(end.value.parameters)) assert.ok(data.every(Number.isFinite));
  });

  it("names the epoch, sequence, step and tensor that the engine names, and keeps the same parameters, where a run diverges", () => {
    let diverged = 0;
    fc.assert(
      fc.property(trainings(4), (problem) => {
        const optimizer = { ...optimizerDefaults.sgd, learningRate: 1e200 };
        const wild = { ...problem, training: { ...problem.training, optimizer, clip: null, epochs: 12 } };
        const expected = runOf(train(wild)).end;
        const actual = runOf(trainFast(wild, folder, 1)).end;
        assert.equal(actual.kind, expected.kind);
        if (actual.kind !== "diverged" || expected.kind !== "diverged") return;
        diverged++;
        const { parameters, ...place } = actual;
        const { parameters: expectedParameters, ...expectedPlace } = expected;
        assert.deepEqual(place, expectedPlace);
        assert.deepEqual(Object.keys(parameters), Object.keys(expectedParameters));
        for (const { data } of Object.values(parameters)) assert.ok(data.every(Number.isFinite));
      }),
      // At the very end of the range of doubles a rounding decides what is infinite first.
      { numRuns: 200, seed: 1 },
    );
    assert.ok(diverged > 10, `${diverged} of the runs diverged`);
  });

  it("leaves to the engine a sequence whose steps do not fit into its memory, unless it is truncated", () => {
    const { model, sequences, training } = batched(1, 128, "float64");
    const length = 1_000_000;
    const inputs = { tokens: new Int32Array(length), vectors: null };
    const long = [{ ...sequences[0]!, length, inputs, targets: null }];
    assert.equal(fits({ name: "long", model, sequences: long, training }), false);
    assert.equal(fits({ name: "long", model, sequences: long, training: { ...training, truncate: 64 } }), true);
  });

  it("leaves to the engine what the kernels do not have", () => {
    const problem = batched(2, 3, "float64");
    const optimizer = { ...optimizerDefaults.adagrad, epsilon: 0 };
    const unknown = { ...problem, training: { ...problem.training, optimizer } };
    assert.deepEqual(runOf(trainFast(unknown, folder, 1)), runOf(train(unknown)));
  });
});

/** A stack of a gru and an lstm over batches of sequences of different lengths, enough for several threads. */
function batched(sequences: number, units: number, precision: TrainingSettings["precision"], epochs = 3): Problem {
  const layer = { activation: "tanh", reset: "after", direction: "forward", size: units } as const;
  const shape: Shape = {
    seed: 5,
    inputSize: 7,
    tokens: false,
    length: 12,
    layers: [
      { ...layer, cell: "gru" },
      { ...layer, cell: "lstm", direction: "both" },
    ],
    outputs: 5,
    at: "every",
    loss: "cross-entropy",
    reduction: "mean",
    activation: "softmax",
  };
  const lengths = Array.from({ length: sequences }, (_, k) => 60 + (k % 7));
  return problemOf(shape, lengths, true, false, { batchSize: 20, shuffle: true, epochs, precision });
}
