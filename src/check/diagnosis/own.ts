/**
 * The author's own numbers in the place of the computed ones: each operation is computed from what he has written down, so that
 * what is wrong by itself is told from what only follows from it.
 */
import type { ExpectedNumber } from "../../format/expectedNumbers";
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

/** The array that a number stands in. */
export function arrayOf(place: ExpectedNumber["place"]): ExpectedNumber["place"] {
  return place.slice(0, lengthOfArray(place));
}

function lengthOfArray(place: ExpectedNumber["place"]): number {
  let length = place.length;
  while (length > 0 && typeof place[length - 1] === "number") length--;
  return length;
}

/** The same of all numbers of an array, made once where they come one after the other. */
export function ofArrays<T>(make: (first: ExpectedNumber) => T): (number: ExpectedNumber) => T {
  let last: { readonly number: ExpectedNumber; readonly length: number; readonly made: T } | null = null;
  return (number) => {
    const length = lengthOfArray(number.place);
    if (last?.length !== length || !isOfSameArray(last.number, number, length))
      last = { number, length, made: make(number) };
    return last.made;
  };
}

function isOfSameArray(a: ExpectedNumber, b: ExpectedNumber, length: number): boolean {
  for (let n = 0; n < length; n++) if (a.place[n] !== b.place[n]) return false;
  return a.sequence === b.sequence && a.of === b.of;
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
    const arrays = ofArrays(({ of, place }) => {
      const array = arrayOf(place);
      const key = placeOf(...(of === "updated" ? ["updated"] : []), ...array);
      const entries = this.entries.get(key) ?? [];
      this.entries.set(key, entries);
      return { entries, length: array.length, cols: columns(String(array.at(-1))) };
    });
    for (const comparison of indices) {
      const { expected } = comparisons[comparison]!;
      const { entries, length, cols } = arrays(expected);
      const [i, j] = [Number(expected.place[length] ?? 0), expected.place[length + 1]];
      entries.push({ index: j === undefined ? i : i * cols + Number(j), comparison });
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
