/** What the states go through on their way up: a function between two layers, or before the output. */
import { slopeOf } from "../../engine/derivative";
import { apply, type ElementFunction, type Expression, evaluate, now, one } from "../../engine/expression";

export interface Handed {
  readonly to: "layers" | "output";
  readonly function: ElementFunction;
}

/** The function that goes to a place, or none. */
export function handedTo(handed: readonly Handed[], to: Handed["to"]): ElementFunction | null {
  return handed.find((one) => one.to === to)?.function ?? null;
}

export const handedUp = (name: ElementFunction | null, h: Float64Array): Float64Array =>
  name === null ? h : valueOf(apply(name, now("h")), h);

/** dL/dh of the gradient of what has been handed up. */
export function handedBack(name: ElementFunction | null, d: Float64Array, h: Float64Array): Float64Array {
  if (name === null) return d;
  const slope = valueOf(slopeOf(apply(name, now("h")), one), h);
  return d.map((d_j, j) => d_j * slope[j]!);
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
