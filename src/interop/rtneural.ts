import { unpackStored } from "./gates";
import { arrayOf, type Json, nested, objectOf } from "./json";
import { layouts } from "./layouts";
import type { Chain, Found, ImportedSequence, Left } from "./network";
import { type Step, sequentialChains } from "./sequential";
import { ImportError } from "./source";
import { allOf, given, identity, mapped, reshaped, rowsOf, type Stored, transposed } from "./stored";

/**
 * RTNeural's and AIDA-X' JSON: Keras' layouts, layer after layer. `shape` is not to be trusted (sizes are the weights' own);
 * AIDA-X adds gains in decibels, whether the input is added to the output, and test vectors of its own.
 */
export function importRtneural(json: Json): Found | null {
  if (!Array.isArray(json["layers"]) || json["in_shape"] === undefined) return null;
  const left: Left[] = [];
  const steps = json["layers"].flatMap((layer, l) => stepsOf(objectOf(layer, `layers[${l}]`), l));
  const isAida = ["in_skip", "in_gain", "out_gain", "input_batch"].some((key) => key in json);
  const chains = sequentialChains(steps, left);
  const [first, ...others] = chains;
  if (!first) throw new ImportError(`nothing recurrent is in it: found ${typesOf(json["layers"]).join(", ")}`);
  const warnings: string[] = [];
  const whole = left.length === 0 && others.length === 0 && isAida;
  const chain = whole ? withGains(first, json, warnings) : first;
  return {
    format: isAida ? "aida-x" : "rtneural",
    producer: null,
    chains: [chain, ...others],
    left,
    warnings,
  };
}

function typesOf(layers: readonly unknown[]): string[] {
  return [...new Set(layers.map((layer) => String(objectOf(layer, "a layer")["type"]).slice(0, 40)))];
}

function stepsOf(layer: Json, l: number): Step[] {
  const type = typeof layer["type"] === "string" ? layer["type"] : "";
  const name = typeof layer["name"] === "string" ? layer["name"] : `${type}_${l}`;
  const activation =
    typeof layer["activation"] === "string" && layer["activation"] !== "" ? layer["activation"] : "linear";
  const weights = (count: number): Stored[] => {
    const all = arrayOf(layer["weights"], `the weights of ${name}`);
    if (all.length < count) throw new ImportError(`${name} has ${all.length} arrays of weights, expected ${count}`);
    return all.slice(0, count).map((array, k) => nested(array, `weights[${k}] of ${name}`));
  };
  switch (type) {
    case "dense":
    case "time-distributed-dense": {
      const [kernel, b] = weights(2);
      const W = transposed(matrix(kernel!, name));
      return [{ kind: "dense", name, W, b: reshaped(b!, [W.shape[0]!]), activation, from: [name] }];
    }
    case "lstm":
    case "gru": {
      const [kernel, recurrent, bias] = weights(3);
      const both = type === "gru" && bias!.shape.length === 2;
      const row = (k: number) => reshaped(rowsOf(bias!, k, k + 1), [bias!.shape[1]!]);
      const packed = {
        input: matrix(kernel!, name),
        recurrent: matrix(recurrent!, name),
        inputBias: both ? row(0) : bias!,
        recurrentBias: both ? row(1) : null,
      };
      const { size, inputs, parameters } = unpackStored(type, layouts.keras, packed, name);
      // RTNeural's recurrent layers have tanh and σ, whatever is written beside them.
      const options = type === "gru" ? { reset: "after" } : {};
      const made = {
        name,
        cell: type,
        size,
        inputs,
        options,
        direction: "forward",
        forward: { parameters },
        from: [name],
      } as const;
      return [{ kind: "layer", layer: made, own: null, at: "every" }];
    }
    case "activation":
      return [{ kind: "activation", name, activation }];
    case "dropout":
      return [{ kind: "nothing" }];
    default:
      return [
        {
          kind: "other",
          name,
          why: `${type.slice(0, 40) || "a layer without a type"} is no part of a recurrent stack`,
        },
      ];
  }
}

function matrix(tensor: Stored, name: string): Stored {
  if (tensor.shape.length === 2) return tensor;
  throw new ImportError(`${name} has weights [${tensor.shape.join(" × ")}], expected a matrix`);
}

const gainOf = (value: unknown) => (typeof value === "number" && Number.isFinite(value) ? 10 ** (value / 20) : 1);

/** x goes into the network times the one gain; what comes out, with x so multiplied added where it says so, times the other. */
function withGains(chain: Chain, json: Json, warnings: string[]): Chain {
  const { output } = chain;
  const before = gainOf(json["in_gain"]);
  const after = gainOf(json["out_gain"]);
  const skip = Number(json["in_skip"] ?? 0) !== 0;
  const inputs = chain.layers[0]!.inputs;
  let { layers } = chain;
  let dense = output.dense;
  if (before !== 1) {
    const W = mapped(identity(inputs), (value) => value * before);
    const name = "in_gain";
    layers = [
      {
        name,
        cell: "dense",
        size: inputs,
        inputs,
        options: { activation: "linear" },
        direction: "forward",
        forward: { parameters: { W } },
        from: [name],
      },
      ...layers,
    ];
    warnings.push(`in_gain of ${String(json["in_gain"])} dB is a dense layer in front`);
  }
  const isPlain = before === 1 && after === 1;
  if (!isPlain || (skip && output.size !== inputs)) {
    const times = (tensor: Stored) => (after === 1 ? tensor : mapped(tensor, (value) => value * after));
    if (output.activation !== "linear")
      throw new ImportError("out_gain behind an activation cannot be written in this format");
    const Why = times(dense?.Why ?? identity(output.size));
    const by = dense?.by ? times(dense.by) : null;
    const Wxy = new Float64Array(output.size * inputs);
    for (let j = 0; j < Math.min(output.size, inputs); j++) Wxy[j * inputs + j] = before * after;
    dense = { Why, by, ...(skip && { Wxy: given([output.size, inputs], Wxy) }) };
    if (after !== 1) warnings.push(`out_gain of ${String(json["out_gain"])} dB is multiplied into the read-out`);
  }
  const sequences = testVectors(json, inputs, output.size);
  return {
    ...chain,
    layers,
    output: { ...output, dense, skip: skip && dense?.Wxy === undefined },
    ...(sequences && { sequences }),
  };
}

/** AIDA-X' own test: the first signal of its batch. */
function testVectors(json: Json, inputs: number, outputs: number): ImportedSequence[] | null {
  if (json["input_batch"] === undefined || json["output_batch"] === undefined) return null;
  const [xs, ys] = (["input_batch", "output_batch"] as const).map((key) => {
    const tensor = nested(json[key], key);
    const width = key === "input_batch" ? inputs : outputs;
    const steps =
      tensor.shape.length === 1
        ? tensor.shape[0]!
        : tensor.shape.at(-1) === width
          ? tensor.shape.at(-2)!
          : tensor.shape.at(-1)!;
    const numbers = allOf(tensor);
    return { numbers, steps: Math.min(steps, Math.floor(numbers.length / width)), width };
  });
  const length = Math.min(xs!.steps, ys!.steps);
  if (length === 0) return null;
  const items = ({ numbers, width }: NonNullable<typeof xs>) =>
    Array.from({ length }, (_, k) =>
      width === 1 ? numbers[k]! : Array.from(numbers.subarray(k * width, (k + 1) * width)),
    );
  return [{ name: "input_batch", inputs: items(xs!), targets: items(ys!) }];
}
