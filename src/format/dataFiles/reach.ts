/** Whether a table's numbers are of a size that the model can read and reach: if not, its forecast is a flat line. */
import { staysWithinOne } from "../../engine/bounds";
import { cellOf } from "../../engine/cells";
import type { Layer, Model, Sequence, TableFacts } from "../../engine/model";
import { forward, initialState, Recording } from "../../engine/network";
import type { Collector } from "../report";

/** Targets so many times as far from 0 as the outputs can be are far outside. */
const far = 10;
/** So near to an end of its range a unit moves no more. */
const near = 1e-4;
const lookedAt = 64;

const round = (value: number) => Number(value.toPrecision(3));

/** Warns where `scale` would help. @param sequences that are trained on, the first of which is looked at */
export function checkReach(model: Model, sequences: readonly Sequence[], table: TableFacts, report: Collector): void {
  if ([...table.inputs, ...table.targets].some(({ factor, shift }) => factor !== 1 || shift !== 0)) return;
  const advice = 'expected "scale": "standard" or "minmax"';
  const remedy = { kind: "set", set: [[["sequences", "scale"], "standard"]] } as const;
  const found = saturatedLayer(model, sequences[0]);
  if (found !== null)
    report.warning(
      "saturated",
      ["sequences", "file"],
      `every unit of layers[${found.l}] is saturated at every step of the first sequence (${found.names.join(", ")} within ${near} of an end of the range), as the table's numbers are large: nothing can be learned of them; ${advice}`,
      "value",
      remedy,
    );
  const reach = reachOf(model);
  const largest = largestTarget(sequences);
  if (reach !== null && largest > far * reach)
    report.warning(
      "reach",
      ["sequences", "file"],
      `targets go up to ±${round(largest)}, but the outputs reach ±${round(reach)} at most with these parameters: training would take long to get there; ${advice}`,
      "value",
      remedy,
    );
}

/** The first layer in which nothing moves any more that can be at an end of its range; null where there is none. */
function saturatedLayer(model: Model, sequence: Sequence | undefined): SaturatedLayer | null {
  if (!sequence) return null;
  const recording = new Recording(model);
  const to = Math.min(lookedAt, sequence.length);
  forward(model, { sequence, from: 0, to, start: initialState(model, sequence), incoming: null }, recording);
  for (const [l, layer] of model.layers.entries()) {
    const squashed = squashedOf(layer);
    const isStill = recording.layers[l]!.passes.every(({ values }) =>
      values.slice(0, to).every((step) => squashed.every(({ name, least }) => isAtEnds(step[name]!, least))),
    );
    if (squashed.length > 0 && isStill) return { l, names: squashed.map(({ name }) => name) };
  }
  return null;
}

interface SaturatedLayer {
  readonly l: number;
  readonly names: readonly string[];
}

/** The quantities of a cell that are tanh or σ of something, with the lower end of their range; the upper one is 1. */
function squashedOf(layer: Layer): { readonly name: string; readonly least: number }[] {
  return cellOf(layer)
    .forwardOperations(layer.options)
    .flatMap(({ name, expression }) => {
      if (expression.kind !== "apply") return [];
      if (expression.function === "tanh") return [{ name, least: -1 }];
      return expression.function === "σ" ? [{ name, least: 0 }] : [];
    });
}

const isAtEnds = (values: Float64Array, least: number) =>
  values.every((value) => value > 1 - near || value < least + near);

/** How far from 0 an output can be: Σ_i |Why_ji| + |by_j| where |h| is at most 1; null where that is not known. */
function reachOf({ layers, output, loss }: Model): number | null {
  const top = layers.at(-1)!;
  const isBounded = staysWithinOne(cellOf(top).forwardOperations(top.options));
  const { Why, by } = output;
  if (!isBounded || !Why || output.Wxy || output.skip || !loss || !["mse", "mae", "huber"].includes(loss.type))
    return null;
  if (output.activation !== "linear") return 1;
  let reach = 0;
  for (let j = 0; j < Why.rows; j++) {
    const row = Why.data.subarray(j * Why.cols, (j + 1) * Why.cols);
    reach = Math.max(reach, row.reduce((sum, w) => sum + Math.abs(w), 0) + Math.abs(by?.data[j] ?? 0));
  }
  return reach;
}

function largestTarget(sequences: readonly Sequence[]): number {
  let largest = 0;
  for (const { targets } of sequences.slice(0, 1000))
    if (targets?.kind === "vectors") for (const value of targets.vectors) largest = Math.max(largest, Math.abs(value));
  return largest;
}
