import assert from "node:assert/strict";
import fc from "fast-check";
import type { OptimizerSettings, Problem, Sequence, TrainingSettings } from "../../src/engine/model";
import { parametersOf, withParameters } from "../../src/engine/model";
import { Random } from "../../src/engine/random";
import type { NamedTensors } from "../../src/engine/tensor";
import type { EpochResult, TrainingEnd, TrainingStep } from "../../src/engine/train";
import { train } from "../../src/engine/train";
import { optimizerDefaults } from "../../src/format/readTraining";
import { trainFast } from "../../src/kernels";
import { hasVectors } from "../../src/kernels/kernels";
import type { Shape } from "../engine/arbitrary";
import { build, sequence, shapesUpTo } from "../engine/arbitrary";

const folder = "dist";

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

describe("training on the kernels", () => {
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
});
