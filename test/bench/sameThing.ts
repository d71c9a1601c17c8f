// Whether two trainings computed the same: a comparison of speeds says nothing otherwise.

import type { NamedTensors } from "../../src/engine/tensor";
import type { EngineOptions, Trained } from "./engine";

/** Largest relative difference that rounding explains. */
export const tolerances: Readonly<Record<EngineOptions["precision"], number>> = { float64: 1e-9, float32: 1e-3 };

/**
 * The largest of the relative differences between what two trainings made of the same parameters: of the loss, and of how far each
 * tensor has moved, ‖moved − moved there‖ / ‖moved‖. So a small update counts as much as a large one.
 * @throws RangeError where one has a tensor that the other has not
 */
export function relativeDifference(start: NamedTensors, one: Trained, other: Trained): number {
  let largest = Math.abs(one.loss - other.loss) / Math.abs(one.loss);
  for (const [name, { data }] of Object.entries(start)) {
    const here = one.parameters[name]?.data;
    const there = other.parameters[name]?.data;
    if (here?.length !== data.length || there?.length !== data.length)
      throw new RangeError(
        `${name} has ${here?.length ?? 0} and ${there?.length ?? 0} numbers, expected ${data.length}`,
      );
    let moved = 0;
    let apart = 0;
    for (let k = 0; k < data.length; k++) {
      moved += (here[k]! - data[k]!) ** 2;
      apart += (here[k]! - there[k]!) ** 2;
    }
    if (moved === 0) throw new RangeError(`${name} has not moved`);
    // Not a number is no agreement.
    const difference = Math.sqrt(apart / moved);
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}
