import type { Layer, Model, Pass } from "../../engine/model";
import { parametersOf } from "../../engine/model";
import { ExportError } from "../../format/exported";
import { type Layout, type PackedCell, type PackedLayer, packLayer } from "../layouts";

/** What a model is made of, as far as a target has a word for it. */
export type Feature =
  | "cell of a file's own"
  | "rnn layer"
  | "gru with reset after"
  | "gru with reset before"
  | "layer that goes backward"
  | "layer of both directions"
  | "initial state"
  | "embedding"
  | "read-out that reads the input"
  | "read-out that adds the input"
  | "read-out of the last step alone"
  | "read-out where passes end";

/** The features that a model has, each with where it is. */
function* featuresOf(model: Model): Generator<{ feature: Feature; where: string }> {
  const { layers, output, embedding } = model;
  if (embedding) yield { feature: "embedding", where: "embedding" };
  for (const [l, layer] of layers.entries()) {
    const at = (feature: Feature) => ({ feature, where: `layers.${l} (${layer.cell})` });
    if (layer.own) yield at("cell of a file's own");
    else if (layer.cell === "rnn") yield at("rnn layer");
    else if (layer.cell === "gru") yield at(`gru with reset ${layer.options["reset"] as "after" | "before"}`);
    if (layer.direction === "backward") yield at("layer that goes backward");
    if (layer.direction === "both") yield at("layer of both directions");
    if (hasInitialState(layer)) yield at("initial state");
  }
  const at = (feature: Feature) => ({ feature, where: "output" });
  if (output.Wxy) yield at("read-out that reads the input");
  if (output.skip) yield at("read-out that adds the input");
  if (output.at === "last") yield at("read-out of the last step alone");
  if (output.at === "ends") yield at("read-out where passes end");
}

export function hasInitialState({ passes }: Layer): boolean {
  return passes.some(({ initial }) => Object.values(initial).some((state) => state.some((value) => value !== 0)));
}

/** @throws ExportError that names everything that the target has no word for */
export function refuse(model: Model, target: string, not: readonly Feature[]): void {
  const found = [...featuresOf(model)].filter(({ feature }) => not.includes(feature));
  // Of a target that has neither form, one would look for the other.
  const hasGru = !not.includes("gru with reset after") || !not.includes("gru with reset before");
  const wordOf = (feature: Feature) => (feature.startsWith("gru") && !hasGru ? "gru" : feature);
  if (found.length > 0)
    throw new ExportError(
      `${target} has ${found.map(({ feature, where }) => `no ${wordOf(feature)} (${where})`).join(", ")}`,
    );
}

/** A built-in recurrent layer's pass as a program packs it. */
export function packed({ cell }: Layer, { parameters }: Pass, layout: Layout): PackedLayer {
  return packLayer(cell as PackedCell, layout, parameters);
}

/** A warning where numbers are rounded to single precision. */
export function roundingWarning(model: Model, target: string): string[] {
  let worst = 0;
  for (const { data } of Object.values(parametersOf(model)))
    for (const value of data) worst = Math.max(worst, Math.abs(Math.fround(value) - value));
  return worst === 0
    ? []
    : [`${target} holds single precision: parameters are rounded by up to ${worst.toPrecision(2)}`];
}

/** Recurrent layers that the target has by their names here; dense ones are its own matter. */
export const isRecurrentLayer = ({ cell }: Layer) => cell !== "dense";

/** @throws ExportError where a number is too large for single precision */
export function singles(data: ArrayLike<number>, what: string): Float32Array {
  const numbers = Float32Array.from(data);
  const bad = numbers.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new ExportError(`${what} holds ${data[bad]}, which is beyond single precision`);
  return numbers;
}

/** [rows × cols] as an array of rows. */
export function rowsOfMatrix({ rows, cols, data }: { rows: number; cols: number; data: Float64Array }): number[][] {
  return Array.from({ length: rows }, (_, i) => Array.from(data.subarray(i * cols, (i + 1) * cols)));
}
