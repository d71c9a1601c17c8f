// The six trainings that the benchmark measures, and the problems that they are for the engine.

import { cells } from "../../src/engine/cells";
import type { Layer, Model, Problem, Sequence } from "../../src/engine/model";
import { parametersOf, plainLoss, plainTraining } from "../../src/engine/model";
import { Random } from "../../src/engine/random";
import { zeroMatrix, zeroVector } from "../../src/engine/tensor";

/** What is trained, in the words in which the peers read it too. */
export interface Workload {
  readonly id: string;
  readonly title: string;
  readonly cell: "rnn" | "lstm" | "gru";
  /** X, H, O, T and B. */
  readonly inputs: number;
  readonly hidden: number;
  readonly outputs: number;
  readonly steps: number;
  readonly batch: number;
  /** One-hot vectors, each by its index, or dense vectors. */
  readonly input: "tokens" | "vectors";
  readonly at: "last" | "every";
  readonly loss: "cross-entropy" | "mse";
  /** Over the steps; over the sequences of a batch it is always the mean. */
  readonly reduction: "sum" | "mean";
  readonly optimizer: "sgd" | "adagrad";
  readonly learningRate: number;
  /** What adagrad adds to the root. */
  readonly epsilon: number;
  /** Largest size of a gradient's entry; null where nothing is clipped. */
  readonly clipValue: number | null;
  /** Batches of the data; training goes through them again and again. */
  readonly batches: number;
  /** What is counted: with a batch of one, an update is a sequence. */
  readonly unit: "sequences/s" | "updates/s";
}

const dense = {
  inputs: 64,
  outputs: 64,
  input: "vectors",
  at: "every",
  loss: "cross-entropy",
  reduction: "mean",
  optimizer: "sgd",
  learningRate: 1,
  epsilon: 0,
  clipValue: null,
  batches: 8,
  unit: "updates/s",
} as const;

export const workloads: readonly Workload[] = [
  {
    ...dense,
    id: "A",
    title: "10 steps, rnn 32, 2 classes at the last step",
    cell: "rnn",
    inputs: 1,
    hidden: 32,
    outputs: 2,
    steps: 10,
    batch: 1,
    at: "last",
    learningRate: 0.01,
    batches: 1024,
    unit: "sequences/s",
  },
  {
    ...dense,
    id: "B",
    title: "sum of two numbers, rnn 10, squared error",
    cell: "rnn",
    inputs: 1,
    hidden: 10,
    outputs: 1,
    steps: 2,
    batch: 1,
    at: "last",
    loss: "mse",
    learningRate: 0.01,
    batches: 1024,
    unit: "sequences/s",
  },
  {
    ...dense,
    id: "C",
    title: "characters: vocabulary 65, rnn 100, 25 steps, adagrad, clipped",
    cell: "rnn",
    inputs: 65,
    hidden: 100,
    outputs: 65,
    steps: 25,
    batch: 1,
    input: "tokens",
    reduction: "sum",
    optimizer: "adagrad",
    learningRate: 0.01,
    epsilon: 1e-8,
    clipValue: 5,
    batches: 256,
  },
  {
    ...dense,
    id: "D",
    title: "lstm 128, 64 steps, batch 1",
    cell: "lstm",
    hidden: 128,
    steps: 64,
    batch: 1,
    batches: 32,
  },
  { ...dense, id: "E", title: "lstm 128, 64 steps, batch 32", cell: "lstm", hidden: 128, steps: 64, batch: 32 },
  { ...dense, id: "F", title: "gru 256, 128 steps, batch 16", cell: "gru", hidden: 256, steps: 128, batch: 16 },
];

/** Gates of a cell, each with matrices of its own. */
const gates = { rnn: 1, lstm: 4, gru: 3 } as const;

/** Multiplications and additions that an update's products of matrices take, forward and back: a one-hot input takes none. */
export function operationsOf({ cell, inputs, hidden, outputs, steps, batch, input, at }: Workload): number {
  // Back, a matrix is multiplied with the gradients and gets a gradient itself; nothing flows back into the inputs.
  const ofInputs = input === "tokens" ? 0 : 2 * gates[cell] * hidden * inputs;
  const ofState = 3 * gates[cell] * hidden * hidden;
  const ofReadout = 3 * hidden * outputs * (at === "every" ? 1 : 1 / steps);
  return 2 * batch * steps * (ofInputs + ofState + ofReadout);
}

/** Numbers of a workload that are drawn: the same for everybody. */
export interface WorkloadData {
  readonly problem: Problem;
  /** [N × T] of tokens, or [N × T × X]. */
  readonly inputs: Int32Array | Float64Array;
  /** [N × T] classes, [N] at the last step, [N × O] for the squared error. */
  readonly targets: Int32Array | Float64Array;
}

/** Draws data and initial parameters, biases included, from a seed, and makes the engine's problem of them. */
export function drawWorkload(workload: Workload): WorkloadData {
  const { inputs: X, outputs: O, steps: T, batch, batches } = workload;
  const random = new Random(1);
  const N = batch * batches;
  const model = drawModel(workload, random);
  const inputs =
    workload.input === "tokens"
      ? Int32Array.from({ length: N * T }, () => random.below(X))
      : Float64Array.from({ length: N * T * X }, () => random.uniform());
  const readOut = workload.at === "every" ? T : 1;
  const targets =
    workload.loss === "mse"
      ? Float64Array.from({ length: N }, (_, n) => sum(inputs.subarray(n * T, (n + 1) * T)))
      : Int32Array.from({ length: N * readOut }, () => random.below(O));
  const sequences = Array.from({ length: N }, (_, n): Sequence => {
    const own = inputs.subarray(n * T * (inputs.length / (N * T)), (n + 1) * T * (inputs.length / (N * T)));
    return {
      name: null,
      length: T,
      inputs: own instanceof Int32Array ? { tokens: own, vectors: null } : { tokens: null, vectors: own },
      targets: targetsOf(workload, targets, n),
      weights: null,
      weight: 1,
      initial: null,
      carry: false,
    };
  });
  const { clipValue } = workload;
  const problem: Problem = {
    name: workload.title,
    model,
    sequences,
    training: {
      optimizer: {
        type: workload.optimizer,
        learningRate: workload.learningRate,
        momentum: 0,
        nesterov: false,
        beta1: 0.9,
        beta2: 0.999,
        alpha: 0.99,
        epsilon: workload.epsilon,
        weightDecay: 0,
      },
      // Nobody waits for the last one.
      epochs: 2 ** 31 - 1,
      batchSize: batch,
      shuffle: false,
      seed: 0,
      clip: clipValue === null ? null : { type: "value", at: clipValue },
      truncate: null,
      precision: "float64",
      ...plainTraining,
    },
  };
  return { problem, inputs, targets };
}

function sum(values: Int32Array | Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function drawModel(workload: Workload, random: Random): Model {
  const { inputs, hidden, outputs } = workload;
  const options = { activation: "tanh", reset: "after" };
  const cell = cells[workload.cell];
  const layer: Layer = {
    cell: workload.cell,
    options,
    size: hidden,
    inputSize: inputs,
    direction: "forward",
    passes: [
      {
        direction: "forward",
        prefix: "layers.0",
        parameters: Object.fromEntries(
          cell
            .parameters(options)
            .map(({ name, cols }) => [
              name,
              cols === null ? zeroVector(hidden) : zeroMatrix(hidden, cols === "input" ? inputs : hidden),
            ]),
        ),
        initial: Object.fromEntries(cell.states.map((name) => [name, new Float64Array(hidden)])),
      },
    ],
  };
  const model: Model = {
    inputSize: inputs,
    vocabulary: null,
    embedding: null,
    labels: null,
    layers: [layer],
    output: {
      size: outputs,
      at: workload.at,
      activation: workload.loss === "mse" ? "linear" : "softmax",
      Why: zeroMatrix(outputs, hidden),
      by: zeroVector(outputs),
      Wxy: null,
      skip: false,
    },
    loss: { ...plainLoss, type: workload.loss, reduction: workload.reduction },
    frozen: new Set(),
  };
  const bound = 1 / Math.sqrt(hidden);
  for (const { data } of Object.values(parametersOf(model)))
    for (let k = 0; k < data.length; k++) data[k] = (2 * random.uniform() - 1) * bound;
  return model;
}

function targetsOf({ at, steps: T }: Workload, all: Int32Array | Float64Array, n: number): Sequence["targets"] {
  if (all instanceof Int32Array) {
    if (at === "every") return { kind: "classes", classes: all.subarray(n * T, (n + 1) * T), probabilities: null };
    const classes = new Int32Array(T).fill(-1);
    classes[T - 1] = all[n]!;
    return { kind: "classes", classes, probabilities: null };
  }
  const vectors = new Float64Array(T);
  const present = new Uint8Array(T);
  vectors[T - 1] = all[n]!;
  present[T - 1] = 1;
  return { kind: "vectors", vectors, present };
}

/** The problem that ends after some updates of its first batches. @throws RangeError where there are not so many batches */
export function shortened({ problem }: WorkloadData, updates: number): Problem {
  const { batchSize } = problem.training;
  if (updates * batchSize > problem.sequences.length)
    throw new RangeError(
      `${problem.name} has ${problem.sequences.length / batchSize} batches, ${updates} are asked for`,
    );
  return {
    ...problem,
    sequences: problem.sequences.slice(0, updates * batchSize),
    training: { ...problem.training, epochs: 1 },
  };
}
