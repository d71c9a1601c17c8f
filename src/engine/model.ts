import type { cells } from "./cells";
import type { NamedTensors, Tensor } from "./tensor";

/** A cell's name in the file. */
export type CellKind = keyof typeof cells;
export type OutputActivation = "softmax" | "sigmoid" | "linear" | "tanh";
export type LossType = "cross-entropy" | "binary-cross-entropy" | "mse";

/** The choices of a layer by their keys, complete: every default is filled in. A cell reads those that it knows. */
export type CellOptions = Readonly<Record<string, string>>;

/** One direction of a layer: its parameters and the state it starts from. */
export interface Pass {
  readonly direction: "forward" | "backward";
  /** What its parameters' names begin with: `layers.0`, or `layers.0.reverse` for the second pass of a `both` layer. */
  readonly prefix: string;
  /** By short name: `Wxh`, `Whh`, `bh`. */
  readonly parameters: NamedTensors;
  /** By state name, each [H]. */
  readonly initial: State;
}

/** `h` and, for an LSTM, `c`; each [H]. */
export type State = Readonly<Record<string, Float64Array>>;

export interface Layer {
  readonly cell: CellKind;
  readonly options: CellOptions;
  /** H, of one pass. */
  readonly size: number;
  /** X: the length of what the layer reads. */
  readonly inputSize: number;
  readonly direction: "forward" | "backward" | "both";
  /** One pass, or two: the forward one first. h_t of the layer is their concatenation. */
  readonly passes: readonly Pass[];
}

export interface Output {
  /** O */
  readonly size: number;
  readonly at: "every" | "last";
  readonly activation: OutputActivation;
  /** [O × top layer's H] */
  readonly Why: Tensor;
  /** [O] */
  readonly by: Tensor;
}

export interface Loss {
  readonly type: LossType;
  readonly reduction: "sum" | "mean";
}

export interface Model {
  /** X of the first layer. */
  readonly inputSize: number;
  readonly vocabulary: readonly string[] | null;
  /** Names of the outputs: the file's `labels`, else the vocabulary where the sizes agree. */
  readonly labels: readonly string[] | null;
  readonly layers: readonly Layer[];
  readonly output: Output;
  readonly loss: Loss | null;
}

/** Inputs and targets of one sequence, as numbers. */
export interface Sequence {
  readonly name: string | null;
  /** T ≥ 1 */
  readonly length: number;
  readonly inputs: SequenceInputs;
  /** For `at: last`, only the last step has one. */
  readonly targets: SequenceTargets | null;
  /** Initial states that replace the model's: one entry a layer, one state a pass; null where the model's holds. */
  readonly initial: readonly (readonly State[] | null)[] | null;
  /** Starts from the state in which the sequence before it ended. */
  readonly carry: boolean;
}

/** Item t stands at index t − 1. `tokens[k]` is −1 where the item is a vector; `vectors` is [T × X], or null where every item is a token. */
export interface SequenceInputs {
  readonly tokens: Int32Array | null;
  readonly vectors: Float64Array | null;
}

export type SequenceTargets =
  /** Class indices, −1 where a step has no target. */
  | { readonly kind: "classes"; readonly classes: Int32Array }
  /** [T × O] and, for each step, 1 where it has a target. */
  | { readonly kind: "vectors"; readonly vectors: Float64Array; readonly present: Uint8Array };

export type OptimizerType = "sgd" | "adagrad" | "rmsprop" | "adam" | "adamw";

/** Complete: every default is filled in. Numbers have PyTorch's meaning. */
export interface OptimizerSettings {
  readonly type: OptimizerType;
  readonly learningRate: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly beta1: number;
  readonly beta2: number;
  readonly alpha: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

export interface Clip {
  readonly type: "norm" | "value";
  readonly at: number;
}

/** Complete: every default is filled in. */
export interface TrainingSettings {
  readonly optimizer: OptimizerSettings;
  readonly epochs: number;
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly seed: number;
  readonly clip: Clip | null;
  /** k of truncated backpropagation through time. */
  readonly truncate: number | null;
  /** What training computes with, where it runs on kernels; the engine itself always computes in double precision. */
  readonly precision: "float64" | "float32";
}

/** A whole problem: what one file describes. */
export interface Problem {
  readonly name: string;
  readonly model: Model;
  readonly sequences: readonly Sequence[];
  readonly training: TrainingSettings;
}

/** Every trained parameter by its full name, in the order of the file: layers, their passes, the read-out. The tensors are the model's own. */
export function parametersOf(model: Model): Record<string, Tensor> {
  const parameters: Record<string, Tensor> = {};
  for (const layer of model.layers)
    for (const pass of layer.passes)
      for (const [name, tensor] of Object.entries(pass.parameters)) parameters[`${pass.prefix}.${name}`] = tensor;
  parameters["output.Why"] = model.output.Why;
  parameters["output.by"] = model.output.by;
  return parameters;
}

/** The same model around other parameters (by full name; those not named stay). */
export function withParameters(model: Model, parameters: NamedTensors): Model {
  return {
    ...model,
    layers: model.layers.map((layer) => ({
      ...layer,
      passes: layer.passes.map((pass) => ({
        ...pass,
        parameters: Object.fromEntries(
          Object.entries(pass.parameters).map(([name, tensor]) => [
            name,
            parameters[`${pass.prefix}.${name}`] ?? tensor,
          ]),
        ),
      })),
    })),
    output: {
      ...model.output,
      Why: parameters["output.Why"] ?? model.output.Why,
      by: parameters["output.by"] ?? model.output.by,
    },
  };
}

/** Length of a layer's h_t: H, or 2H for both directions. */
export function outputSize(layer: Layer): number {
  return layer.size * layer.passes.length;
}
