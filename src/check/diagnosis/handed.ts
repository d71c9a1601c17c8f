/** What the states go through on their way up: between two layers, or before the output. */
import { slopeOf } from "../../engine/derivative";
import { apply, type ElementFunction, type Expression, evaluate, now, one } from "../../engine/expression";

/** A function of each unit, a number that all are multiplied with, or what layer normalisation makes of them. */
export type Passage = ElementFunction | number | "normalised";

export interface Handed {
  readonly to: "layers" | "output";
  readonly through: Passage;
}

/** What stands on the way to a place, or nothing. */
export function handedTo(handed: readonly Handed[], to: Handed["to"]): Passage | null {
  return handed.find((one) => one.to === to)?.through ?? null;
}

export function handedUp(passage: Passage | null, h: Float64Array): Float64Array {
  if (passage === null) return h;
  if (typeof passage === "number") return h.map((h_j) => passage * h_j);
  return passage === "normalised" ? normalised(h).y : valueOf(apply(passage, now("h")), h);
}

/** dL/dh of the gradient of what has been handed up. */
export function handedBack(passage: Passage | null, d: Float64Array, h: Float64Array): Float64Array {
  if (passage === null) return d;
  if (typeof passage === "number") return d.map((d_j) => passage * d_j);
  if (passage === "normalised") {
    const { y, deviation } = normalised(h);
    const along = mean(d.map((d_j, j) => d_j * y[j]!));
    const all = mean(d);
    return d.map((d_j, j) => (d_j - all - y[j]! * along) / deviation);
  }
  const slope = valueOf(slopeOf(apply(passage, now("h")), one), h);
  return d.map((d_j, j) => d_j * slope[j]!);
}

const mean = (v: Float64Array): number => v.reduce((sum, v_j) => sum + v_j, 0) / v.length;

/** PyTorch's LayerNorm without weights: of mean 0 and deviation 1. */
function normalised(h: Float64Array): { readonly y: Float64Array; readonly deviation: number } {
  const center = mean(h);
  const deviation = Math.sqrt(mean(h.map((h_j) => (h_j - center) ** 2)) + 1e-5);
  return { y: h.map((h_j) => (h_j - center) / deviation), deviation };
}

/** An expression of h alone. */
function valueOf(expression: Expression, h: Float64Array): Float64Array {
  return evaluate(expression, {
    size: h.length,
    value: () => h,
    gradient: () => null,
    above: () => h,
    input: () => null,
    parameter: (name) => {
      throw new TypeError(`a function of h has no ${name}`);
    },
  });
}
