import { activation as activationOf, linear, sigmoid, tanh } from "./cells";
import { type CudnnKind, fromCudnn } from "./cudnn";
import { arrayOf, type Json, objectOf } from "./json";
import {
  denseStep,
  type Flavour,
  type KerasWeights,
  kerasActivation,
  type RecurrentConfig,
  type RecurrentKind,
  recurrentStep,
} from "./kerasLayers";
import type { Found, Left } from "./network";
import { type Step, sequentialChains } from "./sequential";
import { ImportError } from "./source";
import { made, type Stored } from "./stored";

/** A layer of a model's configuration. */
export interface ConfiguredLayer {
  readonly kind: string;
  readonly name: string;
  readonly config: Json;
  /** How often the model applies it: layers can share their weights. */
  readonly uses?: number;
}

/** A weight by its name without `:0`, and where it lies in the source. */
export interface KerasArray {
  readonly path: string;
  readonly tensor: Stored;
}

/** The arrays of a layer, in Keras' order. */
export type ArraysOf = (layer: ConfiguredLayer, index: number) => readonly KerasArray[];

const recurrentClasses: Readonly<Record<string, RecurrentKind>> = {
  LSTM: "lstm",
  GRU: "gru",
  SimpleRNN: "rnn",
  CuDNNLSTM: "lstm",
  CuDNNGRU: "gru",
};
/** Those whose matrices are cuDNN's. */
const cudnnClasses: Readonly<Record<string, CudnnKind>> = { CuDNNLSTM: "lstm", CuDNNGRU: "gru" };

/** Whether a class is a recurrent layer, be it one that is read here or none. */
const isRecurrentClass = (kind: string) => /RNN|LSTM|GRU|Bidirectional/.test(kind);

/** Whether a model inside of a model has a recurrent layer. */
function holdsRecurrent(config: Json): boolean {
  return Array.isArray(config["layers"]) && textsIn(config["layers"]).some(isRecurrentClass);
}

/** The layers of `model_config`, and whether each reads the one before it. */
export function configuredLayers(config: unknown): { layers: ConfiguredLayer[]; reads: boolean[] } {
  const model = objectOf(config, "the model's configuration");
  const inner = Array.isArray(model["config"])
    ? { layers: model["config"] as unknown[] }
    : objectOf(model["config"], "its config");
  const list = arrayOf(inner["layers"], "the model's layers");
  if (list.length > 10_000) throw new ImportError(`the model has ${list.length} layers`);
  const layers = list.map((entry, k) => {
    const layer = objectOf(entry, `layer ${k}`);
    const settings = objectOf(layer["config"] ?? {}, `the config of layer ${k}`);
    const name = settings["name"] ?? layer["name"] ?? `layer_${k}`;
    const nodes = layer["inbound_nodes"];
    return {
      ...(Array.isArray(nodes) && { uses: nodes.length }),
      kind: String(layer["class_name"]),
      name: typeof name === "string" ? name : `layer_${k}`,
      config: settings,
    };
  });
  const names = new Set(layers.map(({ name }) => name));
  const reads = list.map((entry, k) => {
    const nodes = (entry as Json)["inbound_nodes"];
    if (nodes === undefined || k === 0) return true;
    const inbound = [...new Set(textsIn(nodes).filter((text) => names.has(text) && text !== layers[k]!.name))];
    return inbound.length === 0 || (inbound.length === 1 && inbound[0] === layers[k - 1]!.name);
  });
  return { layers, reads };
}

function textsIn(value: unknown, depth = 0): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null || depth > 20) return [];
  return Object.values(value).flatMap((inner) => textsIn(inner, depth + 1));
}

/** @throws ImportError where nothing recurrent is in it */
export function importKerasModel(
  format: string,
  producer: string | null,
  config: unknown,
  flavour: Flavour,
  arraysOf: ArraysOf,
): Found {
  const { layers, reads } = configuredLayers(config);
  const left: Left[] = [];
  const warnings: string[] = [];
  const steps: Step[] = [];
  // Keras' layers that go backwards give what they compute from the last step to the first, and the next one reads it so.
  let isTurned = false;
  for (const [k, layer] of layers.entries()) {
    if (!reads[k]) steps.push({ kind: "other", name: "", why: "" });
    try {
      const own = stepsOf(layer, flavour, () => arraysOf(layer, k), warnings);
      steps.push(...(isTurned ? own.map(turned) : own));
      const uses = layer.uses ?? 1;
      if (uses > 1)
        left.push({
          name: layer.name,
          why: `the source runs it ${uses} times: it is taken once`,
          recurrent: isRecurrentClass(layer.kind),
        });
      if (goesBackwards(layer)) isTurned = !isTurned;
      // What is given once has no order.
      if (own.some((step) => step.kind === "layer" && step.at !== "every")) isTurned = false;
    } catch (error) {
      if (!(error instanceof ImportError)) throw error;
      left.push({
        name: layer.name,
        why: error.message,
        recurrent: isRecurrentClass(layer.kind) || holdsRecurrent(layer.config),
      });
      steps.push({ kind: "other", name: "", why: "" });
    }
  }
  if (isTurned)
    warnings.push(
      "the outputs stand here at the steps that they belong to: Keras gives them from the last step to the first",
    );
  const chains = sequentialChains(steps, left);
  if (chains.length === 0) {
    const reasons = left.filter(({ recurrent }) => recurrent).map(({ name, why }) => `${name}: ${why}`);
    throw new ImportError(
      reasons.join("; ") ||
        `nothing recurrent is in it: found ${[...new Set(layers.map(({ kind }) => kind))].join(", ")}`,
    );
  }
  return { format, producer, chains, left, warnings };
}

/** Of a layer by itself: a bidirectional one turns its second pass back. */
function goesBackwards({ kind, config }: ConfiguredLayer): boolean {
  const backwards = config["go_backwards"] ?? config["goBackwards"];
  const sequences = config["return_sequences"] ?? config["returnSequences"];
  const isOneWay = kind === "RNN" || Object.hasOwn(recurrentClasses, kind);
  return isOneWay && backwards === true && sequences === true;
}

/** A layer that reads a sequence from its last step to the first. @throws ImportError for one that reads both ways */
function turned(step: Step): Step {
  if (step.kind !== "layer") return step;
  const { layer, at } = step;
  if (layer.direction === "both")
    throw new ImportError("it reads both ways what a layer gives backwards, which cannot be written in this format");
  const direction = layer.direction === "forward" ? "backward" : "forward";
  return {
    ...step,
    layer: { ...layer, direction },
    at: at === "every" ? at : direction === "forward" ? "last" : "ends",
  };
}

function stepsOf(
  layer: ConfiguredLayer,
  flavour: Flavour,
  arrays: () => readonly KerasArray[],
  warnings: string[],
): Step[] {
  const { kind, name, config } = layer;
  switch (kind) {
    case "InputLayer":
    case "Dropout":
    case "SpatialDropout1D":
    case "GaussianNoise":
    case "Masking":
      if (kind === "Masking") warnings.push(`${name}: steps are not masked here`);
      return [{ kind: "nothing" }];
    case "Activation":
    case "ReLU":
    case "Softmax": {
      if (kind === "ReLU") refuseOtherRelu(config);
      const activation =
        kind === "Activation" ? functionOf(config["activation"], linear.name, flavour) : activationNamed(kind);
      return [{ kind: "activation", name, activation: activation.name }];
    }
    case "TimeDistributed": {
      const inner = objectOf(config["layer"], `the layer of ${name}`);
      const settings = objectOf(inner["config"], `the config of ${name}`);
      return stepsOf({ kind: String(inner["class_name"]), name, config: settings }, flavour, arrays, warnings);
    }
    case "Dense": {
      const all = arrays();
      const [kernel, bias] = all;
      if (!kernel) throw new ImportError("its weights are not in the file");
      const from = all.map(({ path }) => path);
      return [
        denseStep(
          name,
          kernel.tensor,
          bias?.tensor ?? null,
          functionOf(config["activation"], linear.name, flavour),
          from,
        ),
      ];
    }
    case "Embedding": {
      const [table] = arrays();
      if ((config["mask_zero"] ?? config["maskZero"]) === true)
        warnings.push(`${name}: steps of token 0 are not masked here`);
      if (table?.tensor.shape.length !== 2) throw new ImportError("its table is not in the file");
      return [{ kind: "embedding", embedding: { size: table.tensor.shape[1]!, E: table.tensor, from: [table.path] } }];
    }
    case "RNN":
      return stepsOf(ofItsCell(layer), flavour, arrays, warnings);
    case "Bidirectional":
      return bidirectional(layer, flavour, arrays(), warnings);
    default:
      if (isRecurrentClass(kind) && !Object.hasOwn(recurrentClasses, kind))
        throw new ImportError(`${kind.slice(0, 40)} is a recurrent layer that is not read`);
      if (holdsRecurrent(config))
        throw new ImportError("it is a model in the model, and has recurrent layers of its own");
      if (!Object.hasOwn(recurrentClasses, kind))
        return [{ kind: "other", name, why: `${kind.slice(0, 40)} is no part of a recurrent stack` }];
      {
        const all = arrays();
        return [
          recurrentStep(
            name,
            recurrentConfig(recurrentClasses[kind]!, config, flavour, name, warnings),
            weightsOf(all, kind, name),
            all.map(({ path }) => path),
          ),
        ];
      }
  }
}

/** @throws ImportError for a ReLU that is cut above, leaks below or begins elsewhere than at 0 */
function refuseOtherRelu(config: Json): void {
  for (const [key, other] of [
    ["max_value", "maxValue"],
    ["negative_slope", "negativeSlope"],
    ["threshold", "threshold"],
  ] as const) {
    const value = config[key] ?? config[other] ?? null;
    if (value !== null && (value !== 0 || key === "max_value"))
      throw new ImportError(`its ${key} of ${JSON.stringify(value)?.slice(0, 40)} cannot be written in this format`);
  }
}

/** `RNN(LSTMCell(4))` is `LSTM(4)`. @throws ImportError for a cell that has no such layer */
function ofItsCell({ name, config }: ConfiguredLayer): ConfiguredLayer {
  const cell = objectOf(config["cell"], `the cell of ${name}`);
  const className = String(cell["class_name"]);
  const kind = className.replace(/Cell$/, "");
  if (!Object.hasOwn(recurrentClasses, kind) || !className.endsWith("Cell"))
    throw new ImportError(`it runs ${className.slice(0, 40)}, which is a cell that is not read`);
  const inner = objectOf(cell["config"] ?? {}, `the config of the cell of ${name}`);
  return { kind, name, config: { ...inner, ...config } };
}

function activationNamed(kind: string) {
  return kind === "ReLU" ? activationOf("relu") : { name: "softmax", write: (text: string) => `softmax(${text})` };
}

/** Keras 3 writes a function of somebody's own, or a plain one, as an object. */
function functionOf(value: unknown, usual: string, flavour: Flavour) {
  const name = value === undefined || value === null ? usual : typeof value === "string" ? value : nameIn(value);
  if (name === "softmax") return activationNamed("Softmax");
  return kerasActivation(name, flavour);
}

function nameIn(value: unknown): string {
  const { config, class_name } = objectOf(value, "an activation");
  if (typeof config === "string") return config;
  return typeof class_name === "string" ? class_name : "";
}

function recurrentConfig(
  kind: RecurrentKind,
  config: Json,
  flavour: Flavour,
  name: string,
  warnings: string[],
): RecurrentConfig {
  if (config["stateful"] === true)
    warnings.push(`${name} is stateful: a sequence here begins anew, unless it has "state": "carry"`);
  const after = config["reset_after"] ?? config["resetAfter"] ?? flavour !== "tfjs";
  return {
    kind,
    activation: functionOf(config["activation"], tanh.name, flavour),
    recurrentActivation: functionOf(
      config["recurrent_activation"] ?? config["recurrentActivation"],
      sigmoid.name,
      flavour,
    ),
    reset: flavour !== "tfjs" && after === true ? "after" : "before",
    goBackwards: (config["go_backwards"] ?? config["goBackwards"]) === true,
    returnSequences: (config["return_sequences"] ?? config["returnSequences"]) === true,
  };
}

/** @param kind the layer's class */
function weightsOf([kernel, recurrent, bias]: readonly KerasArray[], kind: string, name: string): KerasWeights {
  if (!kernel || !recurrent) throw new ImportError("its weights are not in the file");
  const weights = { kernel: kernel.tensor, recurrent: recurrent.tensor, bias: bias?.tensor ?? null };
  const cudnn = cudnnClasses[kind];
  return cudnn ? fromCudnn(cudnn, weights, name) : weights;
}

function bidirectional(
  { name, config }: ConfiguredLayer,
  flavour: Flavour,
  arrays: readonly KerasArray[],
  warnings: string[],
): Step[] {
  const inner = objectOf(config["layer"], `the layer of ${name}`);
  const className = String(inner["class_name"]);
  const kind = recurrentClasses[className];
  if (!kind) throw new ImportError(`it runs ${className.slice(0, 40)} both ways`);
  const settings = recurrentConfig(kind, objectOf(inner["config"], `the config of ${name}`), flavour, name, warnings);
  const half = arrays.length / 2;
  const [forward, backward] = [arrays.slice(0, half), arrays.slice(half)];
  const step = recurrentStep(
    name,
    { ...settings, goBackwards: false },
    weightsOf(forward, className, name),
    arrays.map(({ path }) => path),
    {
      config: settings,
      weights: weightsOf(backward, className, name),
    },
  );
  const mode = (config["merge_mode"] ?? config["mergeMode"] ?? "concat") as string;
  if (mode === "concat" || step.kind !== "layer") return [step];
  if (mode !== "sum" && mode !== "ave")
    throw new ImportError(`its merge_mode is ${JSON.stringify(mode)}, which cannot be written in this format`);
  // The sum of both passes is what a dense layer of two identities gives.
  const H = step.layer.size;
  const factor = mode === "ave" ? 0.5 : 1;
  const W = made([H, 2 * H], () => {
    const numbers = new Float64Array(2 * H * H);
    for (let i = 0; i < H; i++) numbers[i * 2 * H + i] = numbers[i * 2 * H + H + i] = factor;
    return numbers;
  });
  return [step, { kind: "dense", name: `${name} ${mode}`, W, b: null, activation: "linear", from: [] }];
}

/** Arrays in Keras' order of a layer: kernel, recurrent kernel, bias, those of a pass forward before those backward. */
export function inKerasOrder(arrays: readonly KerasArray[]): KerasArray[] {
  const order = ["kernel", "embeddings", "recurrent_kernel", "bias"];
  const place = ({ path }: KerasArray) => {
    const name = path
      .replace(/(:0|_\d+)+$/, "")
      .split("/")
      .at(-1)!;
    const backward = /(^|\/)backward_/.test(path) ? 10 : 0;
    return backward + order.indexOf(name);
  };
  return [...arrays].sort((a, b) => place(a) - place(b));
}
