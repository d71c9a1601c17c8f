import fc from "fast-check";
import { cells } from "../../src/engine/cells";
import type { Layer, Model, Pass, Problem, Sequence } from "../../src/engine/model";
import { outputSize } from "../../src/engine/model";
import { Random } from "../../src/engine/random";
import type { CellActivation } from "../../src/engine/rnnCell";
import type { Tensor } from "../../src/engine/tensor";
import { zeroMatrix, zeroVector } from "../../src/engine/tensor";

/** Shape of a random problem; its numbers come from the seed. */
export interface Shape {
  readonly seed: number;
  readonly inputSize: number;
  readonly tokens: boolean;
  readonly length: number;
  readonly layers: readonly {
    readonly cell: "rnn" | "lstm" | "gru";
    readonly activation: CellActivation;
    readonly reset: "after" | "before";
    readonly direction: "forward" | "backward" | "both";
    readonly size: number;
  }[];
  readonly outputs: number;
  readonly at: "every" | "last";
  readonly loss: "cross-entropy" | "binary-cross-entropy" | "mse";
  readonly reduction: "sum" | "mean";
  readonly activation: "softmax" | "sigmoid" | "linear" | "tanh";
}

/** Shapes with at most so many inputs, units of a layer and outputs. */
export function shapesUpTo(most: number): fc.Arbitrary<Shape> {
  const sizes = fc.integer({ min: 1, max: most });
  return fc.record({
    seed: fc.nat(),
    inputSize: sizes,
    tokens: fc.boolean(),
    length: fc.integer({ min: 1, max: 6 }),
    layers: fc.array(
      fc.record({
        cell: fc.constantFrom("rnn", "lstm", "gru"),
        activation: fc.constantFrom("tanh", "sigmoid", "linear", "relu"),
        reset: fc.constantFrom("after", "before"),
        direction: fc.constantFrom("forward", "forward", "backward", "both"),
        size: sizes,
      }),
      { minLength: 1, maxLength: 3 },
    ),
    outputs: sizes,
    at: fc.constantFrom("every", "last"),
    loss: fc.constantFrom("cross-entropy", "binary-cross-entropy", "mse"),
    reduction: fc.constantFrom("sum", "mean"),
    activation: fc.constantFrom("softmax", "sigmoid", "linear", "tanh"),
  });
}

const shapes = shapesUpTo(3);

function draw(tensor: Tensor, random: Random): Tensor {
  for (let k = 0; k < tensor.data.length; k++) tensor.data[k] = random.normal() * 0.6;
  return tensor;
}

/** A problem of a shape, with two sequences of its length. */
export function build(shape: Shape): Problem {
  const random = new Random(shape.seed);
  const layers: Layer[] = [];
  let inputSize = shape.inputSize;
  for (const [l, { cell, activation, reset, direction, size }] of shape.layers.entries()) {
    const options = { activation, reset };
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
  const implied = { "cross-entropy": "softmax", "binary-cross-entropy": "sigmoid", mse: shape.activation } as const;
  const model: Model = {
    inputSize: shape.inputSize,
    vocabulary: null,
    labels: null,
    layers,
    output: {
      size: shape.outputs,
      at: shape.at,
      activation: implied[shape.loss],
      Why: draw(zeroMatrix(shape.outputs, inputSize), random),
      by: draw(zeroVector(shape.outputs), random),
    },
    loss: { type: shape.loss, reduction: shape.reduction },
  };
  return {
    name: "random",
    model,
    sequences: [sequence(shape, random), sequence(shape, random)],
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
      epochs: 2,
      batchSize: 1,
      shuffle: false,
      seed: 0,
      clip: null,
      truncate: null,
      precision: "float64",
    },
  };
}

export function sequence(shape: Shape, random: Random, length = shape.length): Sequence {
  const { outputs, at } = shape;
  // The last step always has a target, the others mostly.
  const has = (k: number) => k === length - 1 || (at === "every" && random.uniform() < 0.7);
  const present = Uint8Array.from({ length }, (_, k) => (has(k) ? 1 : 0));
  return {
    name: null,
    length,
    inputs: shape.tokens
      ? { tokens: Int32Array.from({ length }, () => random.below(shape.inputSize)), vectors: null }
      : { tokens: null, vectors: Float64Array.from({ length: length * shape.inputSize }, () => random.normal()) },
    targets:
      shape.loss === "cross-entropy"
        ? { kind: "classes", classes: Int32Array.from(present, (there) => (there ? random.below(outputs) : -1)) }
        : {
            kind: "vectors",
            vectors: Float64Array.from({ length: length * outputs }, () => random.uniform()),
            present,
          },
    initial: null,
    carry: false,
  };
}

/** Whole problems of random architecture: stacks of mixed cells and directions, every loss and output. */
export const problems: fc.Arbitrary<Problem> = shapes.map(build);

/** Those without relu, whose kink makes a difference quotient meaningless beside it. */
export const smoothProblems: fc.Arbitrary<Problem> = shapes
  .filter(({ layers }) => layers.every(({ cell, activation }) => cell !== "rnn" || activation !== "relu"))
  .map(build);
