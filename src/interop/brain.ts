import { brainLstm } from "./cells";
import { arrayOf, type Json, nested, objectOf, sizeOf } from "./json";
import type { Chain, Found, ImportedLayer, OwnCell } from "./network";
import { withOwnCell } from "./sequential";
import { ImportError } from "./source";
import { reshaped, type Stored } from "./stored";

/** This format's parameters by brain.js' names of them, and the cell that they make. */
const kinds: readonly {
  readonly cell: "rnn" | "lstm" | "gru";
  readonly names: Readonly<Record<string, string>>;
  readonly options: ImportedLayer["options"];
  readonly own: OwnCell | null;
}[] = [
  {
    cell: "rnn",
    names: { Wxh: "weight", Whh: "transition", bh: "bias" },
    options: { activation: "relu" },
    own: null,
  },
  {
    cell: "gru",
    names: {
      Wxr: "resetGateInputMatrix",
      Whr: "resetGateHiddenMatrix",
      br: "resetGateBias",
      Wxz: "updateGateInputMatrix",
      Whz: "updateGateHiddenMatrix",
      bz: "updateGateBias",
      Wxn: "cellWriteInputMatrix",
      Whn: "cellWriteHiddenMatrix",
      bn: "cellWriteBias",
    },
    options: { reset: "before" },
    own: null,
  },
  {
    cell: "lstm",
    names: {
      Wxi: "inputMatrix",
      Whi: "inputHidden",
      bi: "inputBias",
      Wxf: "forgetMatrix",
      Whf: "forgetHidden",
      bf: "forgetBias",
      Wxo: "outputMatrix",
      Who: "outputHidden",
      bo: "outputBias",
      Wxg: "cellActivationMatrix",
      Whg: "cellActivationHidden",
      bg: "cellActivationBias",
    },
    options: {},
    own: brainLstm,
  },
];

/**
 * What brain.js' `toJSON()` gives: RNN (relu), GRU (reset before), LSTM (whose c_t is f ∘ h_{t−1} + i ∘ g), over tokens, of
 * which the first starts and ends a text, or over the numbers of a time step.
 */
export function importBrain(json: Json): Found | null {
  if (json["hiddenLayers"] === undefined || json["outputConnector"] === undefined) return null;
  const cells: Record<string, OwnCell> = {};
  const layers = arrayOf(json["hiddenLayers"], "hiddenLayers").map((layer, l) =>
    readLayer(objectOf(layer, `hiddenLayers[${l}]`), `hiddenLayers[${l}]`, cells),
  );
  if (layers.length === 0) throw new ImportError("hiddenLayers is empty");
  layers.forEach((layer, l) => {
    const below = layers[l - 1]?.size ?? layer.inputs;
    if (layer.inputs !== below)
      throw new ImportError(`${layer.name} reads ${layer.inputs} numbers, the layer below it gives ${below}`);
  });
  const Why = matrix(json["outputConnector"], "outputConnector");
  const [size = 0, top = 0] = Why.shape;
  if (top !== layers.at(-1)!.size)
    throw new ImportError(`outputConnector is [${size} × ${top}], expected ${layers.at(-1)!.size} columns`);
  const by = reshaped(matrix(json["output"], "output"), [size]);
  const options = objectOf(json["options"] ?? {}, "options");
  const tokens = json["input"] === undefined ? null : readTokens(json["input"], options, layers[0]!.inputs);
  const chain: Chain = {
    ...(tokens && { vocabulary: tokens.vocabulary, embedding: tokens.embedding }),
    layers,
    cells,
    output: {
      size,
      at: "every",
      activation: tokens ? "softmax" : "linear",
      dense: { Why, by },
      skip: false,
      from: ["outputConnector", "output"],
    },
  };
  const producer = typeof json["type"] === "string" ? `brain.js ${json["type"]}` : "brain.js";
  return { format: "brain.js", producer, chains: [chain], left: [], warnings: [] };
}

function readLayer(layer: Json, name: string, cells: Record<string, OwnCell>): ImportedLayer {
  const kind = kinds.find(({ names }) => Object.values(names).every((key) => key in layer));
  if (!kind)
    throw new ImportError(`${name} is none of brain.js' layers: found ${Object.keys(layer).slice(0, 6).join(", ")}`);
  const read = Object.entries(kind.names).map(([own, key]) => [own, matrix(layer[key], `${name}.${key}`)] as const);
  const [, first] = read.find(([own]) => own.startsWith("Wx"))!;
  const [size = 0, inputs = 0] = first.shape;
  const parameters = Object.fromEntries(
    read.map(([own, tensor]) => {
      const wanted = own.startsWith("Wx") ? [size, inputs] : own.startsWith("W") ? [size, size] : [size, 1];
      if (tensor.shape.join() !== wanted.join())
        throw new ImportError(
          `${name} has ${own} of shape [${tensor.shape.join(" × ")}], expected [${wanted.join(" × ")}]`,
        );
      return [own, own.startsWith("b") ? reshaped(tensor, [size]) : tensor];
    }),
  );
  const made: ImportedLayer = {
    name,
    cell: kind.cell,
    size,
    inputs,
    options: kind.options,
    direction: "forward",
    forward: { parameters },
    from: [name],
  };
  return kind.own ? withOwnCell(made, kind.own, cells) : made;
}

/** `{ rows, columns, weights }`, the weights an array or, in version 1, an object by their numbers. */
function matrix(value: unknown, what: string): Stored {
  const { rows, columns, weights } = objectOf(value, what);
  const shape = [sizeOf(rows, `${what}.rows`), sizeOf(columns, `${what}.columns`)];
  const list = Array.isArray(weights) ? weights : Object.values(objectOf(weights, `${what}.weights`));
  if (list.length !== shape[0]! * shape[1]!)
    throw new ImportError(`${what} is [${shape.join(" × ")}], but has ${list.length} weights`);
  const numbers = nested(list, what);
  if (numbers.shape.length !== 1) throw new ImportError(`${what} has weights in arrays in arrays`);
  return reshaped(numbers, shape);
}

/** The rows of `input`: the start token's first, then one for each character. */
function readTokens(input: unknown, options: Json, width: number) {
  const E = matrix(input, "input");
  const [rows = 0, cols = 0] = E.shape;
  if (cols !== width) throw new ImportError(`input is [${rows} × ${cols}], but the first layer reads ${width} numbers`);
  const formatter =
    options["dataFormatter"] === undefined || options["dataFormatter"] === null
      ? {}
      : objectOf(options["dataFormatter"], "dataFormatter");
  const characters = Array.isArray(formatter["characters"]) ? formatter["characters"].map(String) : [];
  const start = characters.includes("start") ? "(start)" : "start";
  const vocabulary = Array.from({ length: rows }, (_, k) => (k === 0 ? start : (characters[k - 1] ?? `token ${k}`)));
  const isDistinct = new Set(vocabulary).size === rows;
  return {
    vocabulary: isDistinct ? vocabulary : vocabulary.map((word, k) => `${k} ${word}`),
    embedding: { size: cols, E, from: ["input"] },
  };
}
