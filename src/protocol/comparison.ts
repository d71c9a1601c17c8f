/** A run beside another program's, or read in pieces: what the panel draws of it. */

/** What has been compared last; the newest takes the place of the one before. */
export type ComparisonState =
  | { readonly kind: "none" }
  | {
      readonly kind: "parity";
      /** Another number for each comparison. */
      readonly id: number;
      /** What the run stands beside: a file's name. */
      readonly other: string;
      /** In a sentence: where they differ first, or that they agree. */
      readonly verdict: string;
      readonly agrees: boolean;
      /** The first place where they differ. */
      readonly first: { readonly t: number; readonly quantity: number; readonly unit: number } | null;
      /** The convention under which they would agree, and whether a click takes it over; null where none was found. */
      readonly explained: { readonly text: string; readonly canTake: boolean } | null;
      readonly quantities: readonly ComparedQuantity[];
      /** T */
      readonly length: number;
    }
  | {
      readonly kind: "streams";
      readonly id: number;
      readonly chunk: number;
      /** A sentence each: chunks, reset, warm-up. */
      readonly facts: readonly string[];
      /** O */
      readonly outputs: readonly string[];
      readonly length: number;
    };

export interface ComparedQuantity {
  /** `h of layer 0` */
  readonly title: string;
  readonly units: number;
  readonly largest: number;
  /** The largest |a − b| of each step, or of each of as many equal stretches as a curve has points; NaN where nothing was compared. */
  readonly steps: Float64Array;
}

/** Curves over the steps. */
export interface ComparisonCurves {
  /** t of each point. */
  readonly t: Float64Array;
  /** By the name of what it is of. */
  readonly lines: readonly { readonly label: string; readonly values: Float64Array }[];
}

/** A curve has no more points than that. */
export const mostPoints = 1000;

/** Where stretch k of n steps begins, 0-based, of as many stretches as a curve has points. */
export function stretchOf(k: number, length: number): number {
  return Math.floor((k * length) / Math.min(length, mostPoints));
}
