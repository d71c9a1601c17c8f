import fc from "fast-check";
import type { CellActivation } from "../../src/engine/activation";
import { cells } from "../../src/engine/cells";
import { softTarget } from "../../src/engine/loss";
import type {
  BatchReduction,
  Layer,
  LossType,
  Model,
  OutputActivation,
  Pass,
  Problem,
  ReadAt,
  Schedule,
  Sequence,
} from "../../src/engine/model";
import { outputSize, parametersOf } from "../../src/engine/model";
import { Random } from "../../src/engine/random";
import type { Tensor } from "../../src/engine/tensor";
import { zeroMatrix, zeroVector } from "../../src/engine/tensor";

/** Shape of a random problem; its numbers come from the seed. */
export interface Shape {
  readonly seed: number;
  readonly inputSize: number;
  readonly tokens: boolean;
  /** Whether tokens pick rows of an embedding. */
  readonly embedded: boolean;
  readonly length: number;
  readonly layers: readonly {
    readonly cell: "rnn" | "lstm" | "gru" | "dense";
    readonly activation: CellActivation;
    readonly reset: "after" | "before";
    /** Of a dense layer: forward alone. */
    readonly direction: "forward" | "backward" | "both";
    readonly size: number;
    readonly bias: boolean;
  }[];
  readonly outputs: number;
  readonly at: ReadAt;
  readonly readout: {
    readonly identity: boolean;
    readonly bias: boolean;
    readonly readsInput: boolean;
    /** Where there are as many outputs as inputs. */
    readonly skip: boolean;
  };
  readonly loss: LossType;
  readonly reduction: "sum" | "mean";
  readonly activation: OutputActivation;
  readonly details: {
    readonly factor: number;
    readonly outputs: "sum" | "mean";
    readonly delta: number;
    readonly classWeights: boolean;
    readonly labelSmoothing: number;
    /** Whether some targets of classes are probabilities. */
    readonly soft: boolean;
    readonly weights: boolean;
    readonly weight: number;
  };
  /** Which share of the parameters is held fixed. */
  readonly frozen: number;
  readonly batchReduction: BatchReduction;
  readonly schedule: Schedule | null;
}

/** Shapes with at most so many inputs, units of a layer and outputs. */
export function shapesUpTo(most: number): fc.Arbitrary<Shape> {
  const sizes = fc.integer({ min: 1, max: most });
  return fc.record({
    seed: fc.nat(),
    inputSize: sizes,
    tokens: fc.boolean(),
    embedded: fc.boolean(),
    length: fc.integer({ min: 1, max: 6 }),
    layers: fc.array(
      fc.record({
        cell: fc.constantFrom("rnn", "lstm", "gru", "dense"),
        activation: fc.constantFrom("tanh", "sigmoid", "linear", "relu"),
        reset: fc.constantFrom("after", "before"),
        direction: fc.constantFrom("forward", "forward", "backward", "both"),
        size: sizes,
        bias: fc.boolean(),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    outputs: sizes,
    at: fc.constantFrom("every", "last", "ends"),
    readout: fc.record({ identity: seldom, bias: fc.boolean(), readsInput: fc.boolean(), skip: fc.boolean() }),
    loss: fc.constantFrom("cross-entropy", "binary-cross-entropy", "mse", "mae", "huber", "linear"),
    reduction: fc.constantFrom("sum", "mean"),
    activation: fc.constantFrom("softmax", "sigmoid", "linear", "tanh"),
    details: fc.record({
      factor: fc.constantFrom(1, 0.5),
      outputs: fc.constantFrom("sum", "mean"),
      delta: fc.constantFrom(1, 0.3),
      classWeights: fc.boolean(),
      labelSmoothing: fc.constantFrom(0, 0.1),
      soft: seldom,
      weights: fc.boolean(),
      weight: fc.constantFrom(1, 2),
    }),
    frozen: fc.constantFrom(0, 0, 0.3, 1),
    batchReduction: fc.constantFrom("sequences", "sum", "targets"),
    schedule: fc.constantFrom<Schedule | null>(
      null,
      { type: "step", every: 2, factor: 0.5 },
      { type: "exponential", factor: 0.9 },
      { type: "cosine", epochs: 2, floor: 0.001 },
    ),
  });
}

const seldom = fc.constantFrom(false, false, false, true);

const shapes = shapesUpTo(3);

function draw(tensor: Tensor, random: Random): Tensor {
  for (let k = 0; k < tensor.data.length; k++) tensor.data[k] = random.normal() * 0.6;
  return tensor;
}

/** A problem of a shape, with two sequences of its length. */
export function build(shape: Shape): Problem {
  const random = new Random(shape.seed);
  const layers: Layer[] = [];
  const isEmbedded = shape.tokens && shape.embedded;
  // An embedding of V tokens has rows of another length.
  const X = isEmbedded ? shape.outputs : shape.inputSize;
  const embedding = isEmbedded ? { E: draw(zeroMatrix(shape.inputSize, X), random) } : null;
  let inputSize = X;
  for (const [l, { cell, activation, reset, direction: way, size, bias }] of shape.layers.entries()) {
    const options = { activation, reset, bias: String(bias) };
    const direction = cell === "dense" ? "forward" : way;
    const passes = (direction === "both" ? (["forward", "backward"] as const) : [direction]).map(
      (direction, p): Pass => ({
        direction,
        prefix: p === 0 ? `layers.${l}` : `layers.${l}.reverse`,
        parameters: Object.fromEntries(
          cells[cell]
            .parameters(options)
            .map(({ name, cols }) => [
              name,
              draw(cols === null ? zeroVector(size) : zeroMatrix(size, cols === "input" ? inputSize : size), random),
            ]),
        ),
        initial: Object.fromEntries(cells[cell].states.map((name) => [name, draw(zeroVector(size), random).data])),
      }),
    );
    const layer: Layer = { cell, options, size, inputSize, direction, passes };
    layers.push(layer);
    inputSize = outputSize(layer);
  }
  const { identity, bias, readsInput, skip } = shape.readout;
  const O = identity ? inputSize : shape.outputs;
  const { details, loss: type, reduction } = shape;
  const isClasses = type === "cross-entropy";
  const bound = { "cross-entropy": "softmax", "binary-cross-entropy": "sigmoid" } as const;
  const model: Model = {
    inputSize: X,
    vocabulary: null,
    embedding,
    labels: null,
    layers,
    output: {
      size: O,
      at: shape.at,
      activation: type === "cross-entropy" || type === "binary-cross-entropy" ? bound[type] : shape.activation,
      Why: identity ? null : draw(zeroMatrix(O, inputSize), random),
      by: identity || !bias ? null : draw(zeroVector(O), random),
      Wxy: identity || !readsInput ? null : draw(zeroMatrix(O, X), random),
      skip: skip && O === X,
    },
    loss: {
      type,
      reduction,
      factor: details.factor,
      outputs: isClasses ? "sum" : details.outputs,
      delta: type === "huber" ? details.delta : 1,
      classWeights: isClasses && details.classWeights ? Float64Array.from({ length: O }, () => random.uniform()) : null,
      labelSmoothing: isClasses ? details.labelSmoothing : 0,
    },
    frozen: new Set(),
  };
  const frozen = new Set(Object.keys(parametersOf(model)).filter(() => random.uniform() < shape.frozen));
  return {
    name: "random",
    model: { ...model, frozen },
    sequences: [sequence(shape, random, shape.length, O), sequence(shape, random, shape.length, O)],
    training: {
      optimizer: {
        type: "sgd",
        learningRate: 0.05,
        momentum: 0,
        nesterov: false,
        beta1: 0.9,
        beta2: 0.999,
        alpha: 0.99,
        epsilon: 1e-8,
        weightDecay: 0,
      },
      schedule: shape.schedule,
      epochs: 2,
      batchSize: 1,
      batchReduction: shape.batchReduction,
      shuffle: false,
      seed: 0,
      clip: null,
      truncate: null,
      precision: "float64",
    },
  };
}

/** @param outputs O, which a read-out without parameters takes from the top layer */
export function sequence(shape: Shape, random: Random, length = shape.length, outputs = shape.outputs): Sequence {
  const { at, details } = shape;
  // The last step always has a target, the others mostly.
  const has = (k: number) => k === length - 1 || (at === "every" && random.uniform() < 0.7);
  const present = Uint8Array.from({ length }, (_, k) => (has(k) ? 1 : 0));
  const numbers = () => Float64Array.from({ length: length * outputs }, () => random.uniform());
  const isSoft = () => details.soft && random.uniform() < 0.5;
  return {
    name: null,
    length,
    inputs: shape.tokens
      ? { tokens: Int32Array.from({ length }, () => random.below(shape.inputSize)), vectors: null }
      : { tokens: null, vectors: Float64Array.from({ length: length * shape.inputSize }, () => random.normal()) },
    targets:
      shape.loss === "cross-entropy"
        ? {
            kind: "classes",
            classes: Int32Array.from(present, (there) =>
              there ? (isSoft() ? softTarget : random.below(outputs)) : -1,
            ),
            probabilities: details.soft ? numbers() : null,
          }
        : { kind: "vectors", vectors: numbers(), present },
    weights: details.weights && at === "every" ? Float64Array.from({ length }, () => 0.5 + random.uniform()) : null,
    weight: details.weight,
    initial: null,
    carry: false,
  };
}

/** Whole problems of random architecture: stacks of mixed cells and directions, every loss and read-out, parameters held fixed. */
export const problems: fc.Arbitrary<Problem> = shapes.map(build);

/** The same shape with a plain read-out, loss and training, of recurrent cells with biases. */
export function plainShape(shape: Shape): Shape {
  const plain = ["cross-entropy", "binary-cross-entropy", "mse"] as const;
  return {
    ...shape,
    embedded: false,
    layers: shape.layers.map((layer) => ({ ...layer, cell: layer.cell === "dense" ? "rnn" : layer.cell, bias: true })),
    at: shape.seed % 2 === 0 ? "every" : "last",
    readout: { identity: false, bias: true, readsInput: false, skip: false },
    loss: plain[shape.seed % 3]!,
    details: {
      factor: 1,
      outputs: "sum",
      delta: 1,
      classWeights: false,
      labelSmoothing: 0,
      soft: false,
      weights: false,
      weight: 1,
    },
    frozen: 0,
    batchReduction: "sequences",
    schedule: null,
  };
}

/** Plain problems. */
export const plainProblems: fc.Arbitrary<Problem> = shapes.map((shape) => build(plainShape(shape)));

/** Those without relu and absolute errors, whose kinks make a difference quotient meaningless beside them. */
export const smoothProblems: fc.Arbitrary<Problem> = shapes
  .filter(
    ({ layers, loss }) =>
      loss !== "mae" && layers.every(({ cell, activation }) => !hasActivation(cell) || activation !== "relu"),
  )
  .map(build);

const hasActivation = (cell: string) => cell === "rnn" || cell === "dense";
