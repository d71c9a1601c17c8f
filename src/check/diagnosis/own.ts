/**
 * The author's own numbers in the place of the computed ones: each operation is computed from what he has written down, so that
 * what is wrong by itself is told from what only follows from it.
 */
import type { Comparison } from "../check";

/** What is computed at a place of the trace; where the author has a number of his own, that goes on from there. */
export interface Taking {
  /** @returns the vector with the author's numbers in it: the same one, or a copy */
  take(place: string, v: Float64Array): Float64Array;
}

/** Nobody's numbers. */
export const nothingTaken: Taking = { take: (_, v) => v };

/** A quantity's place: keys joined by spaces, without the entry. */
export function placeOf(...keys: readonly (string | number)[]): string {
  return keys.join(" ");
}

interface Entry {
  readonly index: number;
  /** Of the comparison. */
  readonly comparison: number;
}

/** Takes an author's wrong numbers for what they are, and keeps what each operation gives that he has a number of. */
export class OwnNumbers implements Taking {
  private readonly entries = new Map<string, Entry[]>();
  /** What follows from the author's own numbers, by the comparison: since the last beginning. */
  following = new Map<number, number>();

  /** @param columns how many columns a parameter has, by full name; 1 of a vector */
  constructor(
    private readonly comparisons: readonly Comparison[],
    indices: readonly number[],
    columns: (name: string) => number,
  ) {
    for (const comparison of indices) {
      const { of, place } = comparisons[comparison]!.expected;
      let first = place.length;
      while (first > 0 && typeof place[first - 1] === "number") first--;
      const at = place.slice(first).map(Number);
      const name = String(place[first - 1]);
      const index = at.length > 1 ? at[0]! * columns(name) + at[1]! : (at[0] ?? 0);
      const key = placeOf(...(of === "updated" ? ["updated"] : []), ...place.slice(0, first));
      const known = this.entries.get(key);
      if (known) known.push({ index, comparison });
      else this.entries.set(key, [{ index, comparison }]);
    }
  }

  begin(): void {
    this.following = new Map();
  }

  /** After a part whose numbers are known from before. */
  goOn(following: ReadonlyMap<number, number>): void {
    this.following = new Map(following);
  }

  take(place: string, v: Float64Array): Float64Array {
    const entries = this.entries.get(place);
    if (!entries) return v;
    let taken = v;
    for (const { index, comparison } of entries) {
      this.following.set(comparison, v[index] ?? Number.NaN);
      const { right, actual, expected } = this.comparisons[comparison]!;
      if (taken === v) taken = v.slice();
      // A right one is known with all of its digits.
      if (right && actual !== null) taken[index] = actual;
      else if (!expected.hidden) taken[index] = expected.value;
    }
    return taken;
  }
}
