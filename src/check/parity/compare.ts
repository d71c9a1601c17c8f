import type { Model } from "../../engine/model";
import { inOrder, keyOf, ParityError, type Quantity, type Side } from "./sides";

/** The first place, in the order of computation, where two programs differ. */
export interface Divergence {
  /** Null for the read-out. */
  readonly layer: number | null;
  /** Where a layer has two passes. */
  readonly direction?: "forward" | "backward";
  readonly t: number;
  readonly quantity: string;
  readonly unit: number;
  readonly a: number;
  readonly b: number;
  /** |a − b| / max(1, |a|, |b|) */
  readonly relative: number;
}

/** How far a quantity is apart. */
export interface Difference {
  readonly quantity: Quantity;
  /** By step: the largest |a − b|, NaN where one of them has none. */
  readonly steps: Float64Array;
  /** The largest of all. */
  readonly largest: number;
}

export interface Comparison {
  /** Null where all agree. */
  readonly first: Divergence | null;
  readonly differences: readonly Difference[];
}

export const usualTolerance = 1e-6;

/**
 * Every number that both have. They agree where |a − b| is no more than the tolerance times max(1, |a|, |b|).
 * @throws ParityError where they have nothing in common
 */
export function compareSides(model: Model, a: Side, b: Side, tolerance: number): Comparison {
  const inB = new Set(b.quantities.map(keyOf));
  const shared = new Map(
    a.quantities.filter((quantity) => inB.has(keyOf(quantity))).map((quantity) => [keyOf(quantity), quantity]),
  );
  const length = a.length;
  const steps = new Map([...shared.keys()].map((key) => [key, new Float64Array(length).fill(Number.NaN)]));
  let first: Divergence | null = null;
  let count = 0;
  for (const { quantity, t } of inOrder(model, length)) {
    const key = keyOf(quantity);
    const apart = steps.get(key);
    const [x, y] = apart ? [a.at(quantity, t), b.at(quantity, t)] : [null, null];
    if (!apart || !x || !y) continue;
    if (x.length !== y.length)
      throw new ParityError(`${key} has ${x.length} numbers in the one and ${y.length} in the other`);
    count += x.length;
    let most = 0;
    for (let j = 0; j < x.length; j++) {
      const far = Math.abs(x[j]! - y[j]!);
      // What is no number agrees with nothing.
      if (!(far <= most)) most = far;
      const relative = far / Math.max(1, Math.abs(x[j]!), Math.abs(y[j]!));
      if (first === null && !(relative <= tolerance)) {
        const { layer, direction, name } = quantity;
        const where = { layer, ...(direction && { direction }) };
        first = { ...where, t, quantity: name, unit: j, a: x[j]!, b: y[j]!, relative };
      }
    }
    apart[t - 1] = most;
  }
  if (count === 0) throw new ParityError("the two have nothing in common that could be compared");
  const differences = [...shared].map(([key, quantity]) => {
    const own = steps.get(key)!;
    return { quantity, steps: own, largest: own.reduce((most, far) => (far > most ? far : most), 0) };
  });
  return { first, differences };
}
