import {
  type Activation,
  activation,
  elu,
  gruCell,
  leakyRelu,
  linear,
  lstmCell,
  ownParameters,
  rnnCell,
  sigmoid,
  tanh,
} from "./cells";
import { unpackStored } from "./gates";
import { layouts } from "./layouts";
import type { ImportedLayer, ImportedPass, OwnCell, ReadOut } from "./network";
import type { Step } from "./sequential";
import { ImportError } from "./source";
import { countOf, reshaped, rowsOf, type Stored, shapeText, transposed } from "./stored";

/** Whose Keras it is: `hard_sigmoid` is two functions, and TensorFlow.js has gates of its own. */
export type Flavour = "keras2" | "keras3" | "tfjs";

/** Keras' kinds of recurrent layers. */
export const recurrentKinds = ["lstm", "gru", "rnn"] as const;
export type RecurrentKind = (typeof recurrentKinds)[number];

/** What a layer's `config` says, with Keras' defaults where it says nothing. */
export interface RecurrentConfig {
  readonly kind: RecurrentKind;
  readonly activation: Activation;
  readonly recurrentActivation: Activation;
  readonly reset: "after" | "before";
  readonly goBackwards: boolean;
  readonly returnSequences: boolean;
}

/** Kernels as Keras stacks them: [X × kH], [H × kH] and [kH], or of a gru with reset after [2 × 3H]. */
export interface KerasWeights {
  readonly kernel: Stored;
  readonly recurrent: Stored;
  readonly bias: Stored | null;
}

export function usualConfig(kind: RecurrentKind, weights: KerasWeights): RecurrentConfig {
  const reset = weights.bias?.shape.length === 1 ? "before" : "after";
  return { kind, activation: tanh, recurrentActivation: sigmoid, reset, goBackwards: false, returnSequences: true };
}

/** @throws ImportError where this format cannot write it */
export function kerasActivation(name: string, flavour: Flavour): Activation {
  switch (name.toLowerCase().replaceAll("_", "")) {
    case "":
    case "linear":
      return linear;
    case "hardsigmoid":
      return activation(flavour === "keras3" ? "hardsigmoid" : "hardsigmoid2");
    case "swish":
    case "silu":
      return activation("silu");
    case "exponential":
      return activation("exp");
    case "elu":
      return elu(1);
    case "selu":
      return elu(1.6732632423543772, 1.0507009873554805);
    case "leakyrelu":
      return leakyRelu(0.2);
    default:
      return activation(name.toLowerCase().replaceAll("_", ""), name);
  }
}

interface Unpacked {
  readonly size: number;
  readonly inputs: number;
  readonly cell: string;
  readonly options: ImportedLayer["options"];
  readonly pass: ImportedPass;
  readonly own: OwnCell | null;
}

function unpack(name: string, config: RecurrentConfig, { kernel, recurrent, bias }: KerasWeights): Unpacked {
  const { kind, reset } = config;
  const H = recurrent.shape[0] ?? 0;
  const both = bias !== null && kind === "gru" && bias.shape.length === 2;
  if (both !== (bias !== null && kind === "gru" && reset === "after"))
    throw new ImportError(`${name} has a bias ${shapeText(bias?.shape ?? [])} beside reset_after ${reset === "after"}`);
  const row = (k: number) => reshaped(rowsOf(bias!, k, k + 1), [bias!.shape[1]!]);
  const { size, inputs, parameters } = unpackStored(
    kind,
    layouts.keras,
    {
      input: kernel,
      recurrent,
      inputBias: both ? row(0) : bias && reshaped(bias, [countOf(bias.shape)]),
      recurrentBias: both ? row(1) : null,
    },
    name,
    reset,
  );
  if (size !== H) throw new ImportError(`${name} has ${H} units and ${size}`);
  const { own, options } = cellOf(config);
  return {
    size,
    inputs,
    cell: kind,
    options: own ? {} : options,
    pass: { parameters: own ? ownParameters(parameters, own, size) : parameters },
    own,
  };
}

function cellOf(config: RecurrentConfig): { own: OwnCell | null; options: ImportedLayer["options"] } {
  const { kind, activation: candidate, recurrentActivation: gates, reset } = config;
  if (kind === "lstm") return { own: lstmCell({ gates, candidate, output: candidate }), options: {} };
  if (kind === "gru") return { own: gruCell({ gates, candidate, reset }), options: { reset } };
  return { own: rnnCell(candidate, null), options: { activation: candidate.name } };
}

/** A recurrent layer, with both of its passes where it is bidirectional. @throws ImportError */
export function recurrentStep(
  name: string,
  config: RecurrentConfig,
  weights: KerasWeights,
  from: readonly string[],
  backward?: { config: RecurrentConfig; weights: KerasWeights },
): Step {
  const { size, inputs, cell, options, pass, own } = unpack(name, config, weights);
  const back = backward && unpack(name, backward.config, backward.weights);
  if (back && (back.size !== size || back.inputs !== inputs || JSON.stringify(back.own) !== JSON.stringify(own)))
    throw new ImportError(`${name} has two passes of different shapes or functions`);
  const direction = back ? "both" : config.goBackwards ? "backward" : "forward";
  const at: ReadOut["at"] = config.returnSequences ? "every" : direction === "forward" ? "last" : "ends";
  return {
    kind: "layer",
    layer: { name, cell, size, inputs, options, direction, forward: pass, ...(back && { reverse: back.pass }), from },
    own,
    at,
  };
}

/** A dense layer from Keras' kernel [in × out]. */
export function denseStep(
  name: string,
  kernel: Stored,
  bias: Stored | null,
  activation: Activation,
  from: readonly string[],
): Step {
  if (kernel.shape.length !== 2)
    throw new ImportError(`${name} has a kernel ${shapeText(kernel.shape)}, expected a matrix`);
  return {
    kind: "dense",
    name,
    W: transposed(kernel),
    b: bias && reshaped(bias, [countOf(bias.shape)]),
    activation: activation.name,
    from,
  };
}

/** Of a kernel's columns and its units: which cell it is. */
export function kindOf({ recurrent }: Pick<KerasWeights, "recurrent">): RecurrentKind | null {
  const [H = 0, columns = 0] = recurrent.shape;
  return ({ 1: "rnn", 3: "gru", 4: "lstm" } as const)[columns / H] ?? null;
}
