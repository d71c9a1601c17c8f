import type { OwnCell } from "./ownCell";
import type { CellOptions, State } from "./step";
import type { NamedTensors, Tensor } from "./tensor";

export type OutputActivation = "softmax" | "sigmoid" | "linear" | "tanh";
export type LossType = "cross-entropy" | "binary-cross-entropy" | "mse" | "mae" | "huber" | "linear";

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

export interface Layer {
  /** The cell's name in the file. */
  readonly cell: string;
  readonly options: CellOptions;
  /** What the file says of a cell of its own, with this layer's constants. */
  readonly own?: OwnCell | null;
  /** H, of one pass. */
  readonly size: number;
  /** X: the length of what the layer reads. */
  readonly inputSize: number;
  readonly direction: "forward" | "backward" | "both";
  /** One pass, or two: the forward one first. h_t of the layer is their concatenation. */
  readonly passes: readonly Pass[];
}

/** When the top layer is read: at every step; at the last one; or once, the states in which its passes end. */
export type ReadAt = "every" | "last" | "ends";

/** z_t = Why h_t + Wxy x_t + by (+ x_t), y_t = activation(z_t); x_t is what the first layer reads. */
export interface Output {
  /** O */
  readonly size: number;
  readonly at: ReadAt;
  readonly activation: OutputActivation;
  /** [O × length of what is read of the top layer]; null where the logits are h_t itself */
  readonly Why: Tensor | null;
  /** [O]; null where there is none */
  readonly by: Tensor | null;
  /** [O × X]; null where the input is not read */
  readonly Wxy: Tensor | null;
  /** Whether x_t is added to the logits. */
  readonly skip: boolean;
}

/** Complete: every default is filled in. */
export interface Loss {
  readonly type: LossType;
  readonly reduction: "sum" | "mean";
  /** Multiplies every ℓ_t. */
  readonly factor: number;
  /** Whether ℓ_t is the sum over the outputs, or their mean. */
  readonly outputs: "sum" | "mean";
  /** Where huber goes over from a square to a line. */
  readonly delta: number;
  /** Of cross-entropy: [O], null where all are 1. */
  readonly classWeights: Float64Array | null;
  /** ε of cross-entropy: the share of the target that all classes have alike. */
  readonly labelSmoothing: number;
}

/** What a loss has where nobody says otherwise. */
export const plainLoss: Omit<Loss, "type"> = {
  reduction: "sum",
  factor: 1,
  outputs: "sum",
  delta: 1,
  classWeights: null,
  labelSmoothing: 0,
};

/** The vectors that the first layer reads where inputs are tokens or ids: x_t = E[token]. */
export interface Embedding {
  /** [V × X], a row a token */
  readonly E: Tensor;
}

export interface Model {
  /** X of the first layer: of a vector, or of an embedding's row. */
  readonly inputSize: number;
  readonly vocabulary: readonly string[] | null;
  readonly embedding: Embedding | null;
  /** Names of the outputs: the file's `labels`, else the vocabulary where the sizes agree. */
  readonly labels: readonly string[] | null;
  readonly layers: readonly Layer[];
  readonly output: Output;
  readonly loss: Loss | null;
  /** Full names of the parameters that are held fixed: they have gradients, and no update moves them. */
  readonly frozen: ReadonlySet<string>;
}

/** Inputs and targets of one sequence, as numbers. */
export interface Sequence {
  readonly name: string | null;
  /** T ≥ 1 */
  readonly length: number;
  readonly inputs: SequenceInputs;
  /** For `at: last` and `ends`, only the last step has one. */
  readonly targets: SequenceTargets | null;
  /** [T] what each ℓ_t is multiplied by; null where all are 1. */
  readonly weights: Float64Array | null;
  /** What L is multiplied by. */
  readonly weight: number;
  /** Initial states that replace the model's: one entry a layer, one state a pass; null where the model's holds. */
  readonly initial: readonly (readonly State[] | null)[] | null;
  /** Starts from the state in which the sequence before it ended. */
  readonly carry: boolean;
}

/** A sequence with fields of its own, whatever looks its numbers up: what crosses over to another thread is only these. */
export function plainSequence(sequence: Sequence): Sequence {
  const { name, length, inputs, targets, weights, weight, initial, carry } = sequence;
  return { name, length, inputs, targets, weights, weight, initial, carry };
}

/** Item t stands at index t − 1. `tokens[k]` is −1 where the item is a vector; `vectors` is [T × X], or null where every item is a token. */
export interface SequenceInputs {
  readonly tokens: Int32Array | null;
  readonly vectors: Float64Array | null;
}

export type SequenceTargets =
  /**
   * Class indices, −1 where a step has no target, −2 where it has a row of `probabilities` [T × O] instead; null where no step
   * has one.
   */
  | { readonly kind: "classes"; readonly classes: Int32Array; readonly probabilities: Float64Array | null }
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

/** The learning rate falls to so much of itself once the validation loss has not fallen for more than so many epochs. */
export interface PlateauSchedule {
  readonly type: "plateau";
  readonly factor: number;
  readonly patience: number;
}

/**
 * The learning rate of epoch e = 1…, as PyTorch's StepLR, ExponentialLR, CosineAnnealingLR and ReduceLROnPlateau have it when they
 * step once an epoch.
 */
export type Schedule =
  | { readonly type: "step"; readonly every: number; readonly factor: number }
  | { readonly type: "exponential"; readonly factor: number }
  | { readonly type: "cosine"; readonly epochs: number; readonly floor: number }
  | PlateauSchedule;

/** What a batch's gradient is: the mean of the sequences' gradients, their sum, or that of the mean over all its targets. */
export type BatchReduction = "sequences" | "sum" | "targets";

/** Complete: every default is filled in. */
export interface TrainingSettings {
  readonly optimizer: OptimizerSettings;
  readonly schedule: Schedule | null;
  readonly epochs: number;
  readonly batchSize: number;
  readonly batchReduction: BatchReduction;
  readonly shuffle: boolean;
  readonly seed: number;
  readonly clip: Clip | null;
  /** k of truncated backpropagation through time. */
  readonly truncate: number | null;
  /** Ends when the validation loss has not fallen for so many epochs, and keeps the best parameters. Default: never. */
  readonly stop?: { readonly patience: number } | null;
  /** What training computes with, where it runs on kernels; the engine itself always computes in double precision. */
  readonly precision: "float64" | "float32";
}

/** How a column of a table was brought to one size: its number in the file is `value · factor + shift`. */
export interface ColumnScale {
  readonly name: string;
  readonly factor: number;
  readonly shift: number;
}

/** How sequences were cut from a table. */
export interface TableFacts {
  /** [X] */
  readonly inputs: readonly ColumnScale[];
  /** [O], or the one column of classes; empty where there are no targets. */
  readonly targets: readonly ColumnScale[];
  /** How many rows after a row its target stands. */
  readonly horizon: number;
  /** Rows from the beginning of a sequence to that of the next one. */
  readonly stride: number;
}
/** Updates that begin with one rate and keep it, each made from the mean of a batch's gradients. */
export const plainTraining: Pick<TrainingSettings, "schedule" | "batchReduction"> = {
  schedule: null,
  batchReduction: "sequences",
};

/** A whole problem: what one file describes. */
export interface Problem {
  readonly name: string;
  readonly model: Model;
  /** Those of the file, then those that its `validation` has beside them. */
  readonly sequences: readonly Sequence[];
  /** How many of them are the file's. Default: all. */
  readonly ownCount?: number;
  /** The indices of those that are held back from training, ascending. Default: none. */
  readonly heldBack?: readonly number[];
  /** Null where the sequences are no table's. */
  readonly table?: TableFacts | null;
  readonly training: TrainingSettings;
}

/** Every parameter by its full name, in the order of the file: embedding, layers, their passes, the read-out. The tensors are the model's own. */
export function parametersOf(model: Model): Record<string, Tensor> {
  const parameters: Record<string, Tensor> = {};
  if (model.embedding) parameters["embedding.E"] = model.embedding.E;
  for (const layer of model.layers)
    for (const pass of layer.passes)
      for (const [name, tensor] of Object.entries(pass.parameters)) parameters[`${pass.prefix}.${name}`] = tensor;
  return { ...parameters, ...readoutParameters(model.output) };
}

/** The read-out's parameters by their full names, in the order in which they are drawn. */
export function readoutParameters({ Why, by, Wxy }: Output): Record<string, Tensor> {
  return {
    ...(Why && { "output.Why": Why }),
    ...(by && { "output.by": by }),
    ...(Wxy && { "output.Wxy": Wxy }),
  };
}

/** Of tensors by the parameters' full names, those that updates move. */
export function trainableOf<T>(model: Model, all: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => !model.frozen.has(name)));
}

/** The same model around other parameters (by full name; those not named stay). */
export function withParameters(model: Model, parameters: NamedTensors): Model {
  const { embedding, output } = model;
  const moved = (name: string, tensor: Tensor | null) => tensor && (parameters[name] ?? tensor);
  return {
    ...model,
    embedding: embedding && { ...embedding, E: parameters["embedding.E"] ?? embedding.E },
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
      ...output,
      Why: moved("output.Why", output.Why),
      by: moved("output.by", output.by),
      Wxy: moved("output.Wxy", output.Wxy),
    },
  };
}

/** Length of a layer's h_t: H, or 2H for both directions. */
export function outputSize(layer: Layer): number {
  return layer.size * layer.passes.length;
}

/** Steps of the longest of some sequences; there may be more of them than a call takes arguments. */
export function longestOf(sequences: readonly Pick<Sequence, "length">[]): number {
  return sequences.reduce((longest, { length }) => Math.max(longest, length), 0);
}

/** Whether a layer's states end at the first step: of its second pass, or of its only one. */
export function readsBackward({ direction }: Layer): boolean {
  return direction !== "forward";
}
