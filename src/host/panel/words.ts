/** What stands in the panel in words. */

import { inSentence } from "../../engine/cell";
import { cellOf } from "../../engine/cells";
import type { Target } from "../../engine/loss";
import type { Layer, Model, Sequence } from "../../engine/model";
import { formatShort } from "../../protocol/numbers";

/** `Layer 1 · rnn tanh · 16 units`, with the layer's directions where it is not a plain forward one. */
export function layerTitle(layer: Layer, index: number): string {
  const options = Object.entries(cellOf(layer).options);
  const choice = options.map(([key, option]) => ` ${option.title(layer.options[key]!)}`).join("");
  const direction = { forward: "", backward: " · backward", both: " · both directions" }[layer.direction];
  return `Layer ${index + 1} · ${layer.cell}${choice} · ${layer.size} unit${layer.size === 1 ? "" : "s"}${direction}`;
}

/** `, backward pass` where a layer has two passes. */
export function passWord(layer: Layer, pass: number): string {
  return layer.passes.length > 1 ? `, ${layer.passes[pass]!.direction} pass` : "";
}

/** Titles of a layer's quantities by name: "hidden state". */
export function quantityTitles(layer: Layer): ReadonlyMap<string, string> {
  return new Map(
    cellOf(layer)
      .quantities(layer.options)
      .map(({ name, title }) => [name, title]),
  );
}

/** The same in the middle of a sentence: "the hidden state", and "u" of what has no other title. */
export function quantityInSentence(layer: Layer, name: string): string {
  return inSentence({ name, title: quantityTitles(layer).get(name) ?? name });
}

/** A token so that it can be seen: a space or a line break too. */
function visible(token: string): string {
  if (token === "") return "“”";
  return token
    .replaceAll(" ", token.trim() === "" ? "␣" : " ")
    .replaceAll("\n", "↵")
    .replaceAll("\t", "⇥");
}

const mostEntries = 4;

/** `0.5`, `[0.5, −1]`, `[0.5, −1, 2, …] (16)` */
function vectorText(vector: Float64Array, digits: number): string {
  if (vector.length === 1) return formatShort(vector[0]!, digits);
  const shown = vector.length > mostEntries ? mostEntries - 1 : vector.length;
  const entries = Array.from(vector.subarray(0, shown), (entry) => formatShort(entry, Math.min(digits, 4)));
  return vector.length > shown ? `[${entries.join(", ")}, …] (${vector.length})` : `[${entries.join(", ")}]`;
}

/** Input item t of a sequence, as the strip of tokens shows it. */
export function inputText(model: Model, sequence: Sequence, t: number, digits: number): string {
  const { tokens, vectors } = sequence.inputs;
  const token = tokens?.[t - 1] ?? -1;
  if (token >= 0) return visible(model.vocabulary?.[token] ?? String(token));
  const X = model.inputSize;
  return vectors ? vectorText(vectors.subarray((t - 1) * X, t * X), digits) : "";
}

export function targetText(model: Model, target: Target | null, digits: number): string | null {
  if (target === null) return null;
  return typeof target === "number" ? outputLabel(model, target) : vectorText(target, digits);
}

/** The name of output j: its label, else its index; `y` where there is only one. */
export function outputLabel(model: Model, j: number): string {
  const label = model.labels?.[j];
  if (label !== undefined) return visible(label);
  return model.output.size === 1 ? "y" : String(j);
}
