import { keyOf, type Parity, type Quantity, titleOf } from "../../check/parity";
import type { Streams } from "../../check/streams";
import type { Model } from "../../engine/model";
import { labelOf } from "../../engine/predict";
import { type ComparedQuantity, type ComparisonCurves, mostPoints, stretchOf } from "../../protocol/comparison";
import type { ShownComparison } from "../session/comparison";

let lastId = 0;

const short = (value: number, digits: number) => String(Number(value.toPrecision(digits)));

/** A run beside another program's. */
export function shownParity(
  found: Parity,
  model: Model,
  other: string,
  tolerance: number,
  digits: number,
  take: ShownComparison["take"],
): ShownComparison {
  const { a, b, first, differences, explained } = found;
  const { length } = a;
  const quantities = differences.map(
    ({ quantity, largest, steps }): ComparedQuantity => ({
      title: titleOf(quantity, model),
      units: unitsOf(model, quantity),
      largest,
      steps: largestOfStretches(steps),
    }),
  );
  const place = first && {
    t: first.t,
    quantity: differences.findIndex(
      ({ quantity }) =>
        keyOf(quantity) === keyOf({ layer: first.layer, direction: first.direction ?? null, name: first.quantity }),
    ),
    unit: first.unit,
  };
  const verdict = first
    ? `They differ first at t = ${first.t}, in ${quantities[place!.quantity]!.title}[${first.unit}]: ${short(first.a, digits)} here, ${short(first.b, digits)} in ${other}.`
    : `Both agree within ${tolerance}, ${other} and this run.`;
  return {
    state: {
      kind: "parity",
      id: ++lastId,
      other,
      verdict,
      agrees: first === null,
      first: place,
      explained: explained && {
        text: `All agree where ${explained.text}.`,
        canTake: take !== null,
      },
      quantities,
      length,
    },
    curves(quantity, unit) {
      const chosen = differences[quantity];
      if (!chosen || !(unit < quantities[quantity]!.units))
        throw new RangeError(`there is no quantity ${quantity}[${unit}]`);
      return curvesOf(length, [
        ["this run", (t) => a.at(chosen.quantity, t)?.[unit] ?? Number.NaN],
        [other, (t) => b.at(chosen.quantity, t)?.[unit] ?? Number.NaN],
      ]);
    },
    take,
  };
}

function unitsOf(model: Model, { layer }: Quantity): number {
  return layer === null ? model.output.size : model.layers[layer]!.size;
}

function largestOfStretches(steps: Float64Array): Float64Array {
  const { length } = steps;
  return Float64Array.from({ length: Math.min(length, mostPoints) }, (_, k) => {
    let most = Number.NaN;
    for (let s = stretchOf(k, length); s < stretchOf(k + 1, length); s++) if (!(steps[s]! <= most)) most = steps[s]!;
    return most;
  });
}

/** One point a stretch: its first step. */
function curvesOf(
  length: number,
  lines: readonly (readonly [label: string, at: (t: number) => number])[],
): ComparisonCurves {
  const t = Float64Array.from({ length: Math.min(length, mostPoints) }, (_, k) => stretchOf(k, length) + 1);
  return { t, lines: lines.map(([label, at]) => ({ label, values: t.map(at) })) };
}

/** A sequence whole, in chunks, and with the state reset. */
export function shownStreams(found: Streams, model: Model, digits: number): ShownComparison {
  const { chunk, outputs, chunks, reset, warmUp, tolerance } = found;
  const O = model.output.size;
  const length = outputs.whole.length / O;
  const apart = ({ value, t }: { value: number; t: number }) =>
    value === 0 ? "gives the same to the last bit" : `is up to ${short(value, digits)} apart, most at t = ${t}`;
  return {
    state: {
      kind: "streams",
      id: ++lastId,
      chunk,
      facts: [
        `In chunks of ${chunk} that go on from the state before it ${apart(chunks)}.`,
        `With the state reset at each chunk it ${apart(reset)}.`,
        warmUp === null
          ? `Two different starts do not agree to ${tolerance} within the ${length} steps: there is no warm-up that is long enough.`
          : `Two different starts agree to ${tolerance} after ${warmUp} steps: that is the warm-up.`,
      ],
      outputs: Array.from({ length: O }, (_, j) => labelOf(model, j)),
      length,
    },
    curves(_, unit) {
      if (!(unit < O)) throw new RangeError(`there is no output ${unit}`);
      const at = (values: Float64Array) => (t: number) => values[(t - 1) * O + unit]!;
      return curvesOf(length, [
        ["whole", at(outputs.whole)],
        ["in chunks", at(outputs.chunks)],
        ["state reset", at(outputs.reset)],
      ]);
    },
    take: null,
  };
}
