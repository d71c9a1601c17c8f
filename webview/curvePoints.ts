/** The points of a curve over the epochs. */

import type { CurveData } from "../src/protocol/curve";

/**
 * Epochs and values: one point a part that is one epoch; of several epochs the smallest and the largest, one above the other in the
 * middle of them. What a curve cannot show is a gap.
 */
export function curvePoints({
  curve,
  isLog,
}: {
  readonly curve: CurveData;
  readonly isLog: boolean;
}): [epochs: number[], values: (number | null)[]] {
  const { count, perPart, min, max } = curve;
  const shown = (value: number) => (Number.isFinite(value) && (!isLog || value > 0) ? value : null);
  const epochs: number[] = [];
  const values: (number | null)[] = [];
  for (let part = 0; part < max.length; part++) {
    const [from, to] = [part * perPart + 1, Math.min(count, (part + 1) * perPart)];
    epochs.push((from + to) / 2);
    values.push(shown(max[part] ?? Number.NaN));
    if (perPart === 1) continue;
    epochs.push((from + to) / 2);
    values.push(shown(min[part] ?? Number.NaN));
  }
  return [epochs, values];
}
