import { cells } from "../engine/cells";
import { bare, type Chain, type Found, type ImportedLayer, lengthOf, type ReadOut } from "./network";
import { ImportError } from "./source";
import type { NamedStored } from "./stateDict";
import { countOf, reshaped, type Stored, shapeText } from "./stored";

const layerName = /^layers\.(\d+)\.(reverse\.)?([^.]+)$/;

/**
 * Parameters by this format's own names, `layers.0.Whf`, `output.Why`: what `parameters` writes. Null where there are none.
 * @throws ImportError where a layer is none of the format's own
 */
export function byTraceNames(format: string, arrays: NamedStored): Found | null {
  const names = Object.keys(arrays);
  // PyTorch's modules can be called `layers.0` as well.
  if (!names.some((name) => layerName.test(name) && !/weight|bias/.test(name))) return null;
  const layers: { forward: Record<string, Stored>; reverse: Record<string, Stored>; from: string[] }[] = [];
  const left: { name: string; why: string }[] = [];
  for (const name of names) {
    const [, number, reverse, key] = layerName.exec(name) ?? [];
    if (key === undefined) {
      if (!/^(output\.(Why|by|Wxy)|embedding\.E)$/.test(name)) left.push({ name, why: "no parameter of this format" });
      continue;
    }
    const l = Number(number);
    if (l > 1000) throw new ImportError(`${name}: no network has ${l} layers`);
    while (layers.length <= l) layers.push({ forward: {}, reverse: {}, from: [] });
    layers[l]![reverse ? "reverse" : "forward"][key] = arrays[name]!;
    layers[l]!.from.push(name);
  }
  const made = layers.map((layer, l): ImportedLayer => {
    const keys = Object.keys(layer.forward);
    const dense = keys.includes("W");
    const cell = dense
      ? "dense"
      : Object.keys(cells).find((kind) => Object.keys(layer.forward).some((key) => key === known[kind]));
    if (cell === undefined)
      throw new ImportError(`layers.${l} has ${keys.join(", ") || "no parameters"}: no cell of the format has these`);
    const weights = layer.forward[dense ? "W" : known[cell]!]!;
    if (weights.shape.length !== 2)
      throw new ImportError(`layers.${l} has weights ${shapeText(weights.shape)}, expected a matrix`);
    const [size = 0, inputs = 0] = weights.shape;
    const options = cell === "gru" ? { reset: "bhn" in layer.forward ? "after" : "before" } : {};
    const both = Object.keys(layer.reverse).length > 0;
    return {
      name: `layers.${l}`,
      cell,
      size,
      inputs,
      options,
      direction: both ? "both" : "forward",
      forward: { parameters: layer.forward },
      ...(both && { reverse: { parameters: layer.reverse } }),
      from: layer.from,
    };
  });
  const [Why, by, Wxy, E] = ["output.Why", "output.by", "output.Wxy", "embedding.E"].map((name) => arrays[name]);
  const output: ReadOut = Why
    ? {
        size: Why.shape[0]!,
        at: "every",
        activation: "linear",
        dense: { Why, by: by ? reshaped(by, [countOf(by.shape)]) : null, ...(Wxy && { Wxy }) },
        skip: false,
        from: ["output.Why", ...(by ? ["output.by"] : []), ...(Wxy ? ["output.Wxy"] : [])],
      }
    : bare(lengthOf(made.at(-1)!));
  const chain: Chain = {
    ...(E && { embedding: { size: E.shape[1]!, E, from: ["embedding.E"] } }),
    layers: made,
    output,
    cells: {},
  };
  const warnings = ["activations and where the output is read are not in the file: taken as they are by default"];
  return { format, producer: null, chains: [chain], left, warnings };
}

/** The parameter by which a cell is known, and from which its sizes are read. */
const known: Readonly<Record<string, string>> = { rnn: "Wxh", lstm: "Wxi", gru: "Wxz" };
