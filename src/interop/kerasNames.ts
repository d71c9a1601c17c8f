import { linear } from "./cells";
import { unpackStored } from "./gates";
import { denseStep, type KerasWeights, kindOf, recurrentStep, usualConfig } from "./kerasLayers";
import { layouts } from "./layouts";
import type { Found, Left } from "./network";
import { type Step, sequentialChains } from "./sequential";
import { ImportError } from "./source";
import type { NamedStored } from "./stateDict";
import { countOf, mapped, reshaped, rowsOf, type Stored, shapeText } from "./stored";

const arrayName = /^(?:(.*)\/)?(kernel|recurrent_kernel|bias|embeddings)(?::0)?$/;

interface Group {
  readonly name: string;
  kernel?: Stored;
  recurrent_kernel?: Stored;
  bias?: Stored;
  embeddings?: Stored;
  readonly from: string[];
}

/**
 * Arrays under Keras' names (`lstm/lstm_cell/kernel`), where nothing says what the layers are: sizes say it, functions are
 * taken as Keras has them by default. Null where no name is Keras'.
 */
export function importKerasArrays(format: string, arrays: NamedStored): Found | null {
  const groups = new Map<string, Group>();
  const left: Left[] = [];
  for (const [name, tensor] of Object.entries(arrays)) {
    const [, prefix = "", key] = arrayName.exec(name) ?? [];
    if (key === undefined) {
      left.push({ name, why: `${shapeText(tensor.shape)} is no part of a recurrent stack` });
      continue;
    }
    const group = groups.get(prefix) ?? { name: prefix, from: [] };
    groups.set(prefix, group);
    group[key as "kernel"] = tensor;
    group.from.push(name);
  }
  if (![...groups.values()].some((group) => group.recurrent_kernel || isBasic(group))) return null;
  const steps: Step[] = [];
  const warnings = ["activations are not in the file: taken as Keras has them by default, dense layers as linear"];
  const done = new Set<Group>();
  for (const group of groups.values()) {
    if (done.has(group)) continue;
    const { name, kernel, recurrent_kernel: recurrent, bias = null, embeddings, from } = group;
    if (embeddings) {
      const [, size = 0] = embeddings.shape;
      steps.push({ kind: "embedding", embedding: { size, E: embeddings, from } });
    } else if (kernel && recurrent) {
      const other = [...groups.values()].find(
        (one) => one !== group && one.name === name.replace(/(^|\/)forward_/, "$1backward_"),
      );
      const weights = { kernel, recurrent, bias };
      const back =
        other?.kernel && other.recurrent_kernel
          ? { kernel: other.kernel, recurrent: other.recurrent_kernel, bias: other.bias ?? null }
          : null;
      if (other) done.add(other);
      steps.push(layerStep(titleOf(name), weights, [...from, ...(other?.from ?? [])], back));
    } else if (isBasic(group)) {
      steps.push(basicLstm(group));
      warnings.push(`${titleOf(name)}: forget_bias, which is added at run time, is not in the file: taken as 1`);
    } else if (kernel?.shape.length === 2) steps.push(denseStep(titleOf(name), kernel, bias, linear, from));
    else for (const one of from) left.push({ name: one, why: "it is no part of a recurrent stack" });
  }
  const chains = sequentialChains(steps, left);
  return { format, producer: null, chains, left, warnings };
}

function layerStep(name: string, weights: KerasWeights, from: string[], back: KerasWeights | null): Step {
  const kind = kindOf(weights);
  if (!kind)
    throw new ImportError(
      `${name} has a recurrent kernel ${shapeText(weights.recurrent.shape)}, which is no rnn, gru or lstm`,
    );
  const config = usualConfig(kind, weights);
  return recurrentStep(name, config, weights, from, back ? { config, weights: back } : undefined);
}

/** TensorFlow's old cell has one kernel on [x; h], by which it is told from a dense layer, and its name. */
function isBasic({ name, kernel, recurrent_kernel: recurrent, bias }: Group): boolean {
  if (recurrent || !kernel || !bias || !/lstm/i.test(name)) return false;
  const [rows = 0, columns = 0] = kernel.shape;
  return kernel.shape.length === 2 && columns % 4 === 0 && countOf(bias.shape) === columns && rows > columns / 4;
}

/** What BasicLSTMCell adds to the forget gate unless somebody says otherwise. */
const usualForgetBias = 1;

/** `tf.basicLSTMCell`: kernel [(X + H) × 4H], gates i g f o, and a forget bias that is added at run time. */
function basicLstm({ name, kernel, bias, from }: Group): Step {
  const [rows = 0, columns = 0] = kernel!.shape;
  const H = columns / 4;
  const { size, inputs, parameters } = unpackStored(
    "lstm",
    layouts.tensorflow,
    {
      input: rowsOf(kernel!, 0, rows - H),
      recurrent: rowsOf(kernel!, rows - H, rows),
      inputBias: reshaped(bias!, [columns]),
      recurrentBias: null,
    },
    name,
  );
  const forget = mapped(parameters["bf"]!, (value) => value + usualForgetBias);
  return {
    kind: "layer",
    layer: {
      name: titleOf(name),
      cell: "lstm",
      size,
      inputs,
      options: {},
      direction: "forward",
      forward: { parameters: { ...parameters, bf: forget } },
      from,
    },
    own: null,
    at: "every",
  };
}

function titleOf(prefix: string): string {
  return prefix.split("/")[0] || "layer";
}

/** `TimeDistributed` is `time_distributed`, `LSTM` is `lstm`, `SimpleRNN` is `simple_rnn`. */
export function snake(name: string): string {
  return name
    .replace(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
}
