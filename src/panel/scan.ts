/** One look at every number of a run: the tracks' scales, what is not finite, and how the gradient runs over time. */

import { norm } from "../engine/functions";
import type { Run } from "../engine/run";
import { TrackStore } from "./trackData";
import type { Track } from "./tracks";

export interface TrackScan {
  /** Largest finite |value|. */
  readonly scale: number;
  /** Smallest positive |value|; 0 where there is none. */
  readonly smallest: number;
  /** The first step, in the order of its computation, with a NaN or ∞; null where there is none. */
  readonly nonFinite: { readonly t: number; readonly value: number } | null;
}

/** How large the gradient is in one pass. */
export interface PassScan {
  readonly layer: number;
  readonly pass: number;
  /** ‖dL/dh_t‖ at index t − 1 */
  readonly lengths: Float64Array;
  /** Largest ‖dL/dh_t from above‖: what comes in at a step, without what the recurrence brings. */
  readonly largestSource: number;
}

export interface Scan {
  /** In the order of the tracks. */
  readonly tracks: readonly TrackScan[];
  readonly passes: readonly PassScan[];
  readonly store: TrackStore | null;
}

/**
 * Looks at every step once, and yields after each: a long run takes a while.
 * @param ascending whether a track's steps are computed in the order of time
 */
export function* scanRun(
  run: Run,
  tracks: readonly Track[],
  ascending: (track: Track) => boolean,
): Generator<void, Scan, void> {
  const found = tracks.map((track) => ({
    scale: 0,
    smallest: Infinity,
    nonFinite: null as TrackScan["nonFinite"],
    keepsFirst: ascending(track),
  }));
  const passes = run.model.layers.flatMap((layer, l) =>
    layer.passes.map((_, p) => ({ layer: l, pass: p, lengths: new Float64Array(run.length), largestSource: 0 })),
  );
  const store = run.keepsAll ? null : new TrackStore(run.length, tracks);
  const single: Float64Array = new Float64Array(1);
  for (let t = 1; t <= run.length; t++) {
    const step = run.at(t);
    for (let k = 0; k < tracks.length; k++) {
      const read = tracks[k]!.read(step);
      if (read === null) continue;
      if (typeof read === "number") single[0] = read;
      const vector = typeof read === "number" ? single : read;
      look(vector, t, found[k]!);
      store?.put(k, t, vector);
    }
    for (const entry of passes) {
      const { gradients, above } = step.passes[entry.layer]![entry.pass]!;
      entry.lengths[t - 1] = norm(gradients["h"]!);
      entry.largestSource = Math.max(entry.largestSource, norm(above));
    }
    yield;
  }
  return {
    tracks: found.map(({ scale, smallest, nonFinite }) => ({
      scale,
      smallest: smallest === Infinity ? 0 : smallest,
      nonFinite,
    })),
    passes,
    store,
  };
}

function look(
  vector: Float64Array,
  t: number,
  entry: { scale: number; smallest: number; nonFinite: TrackScan["nonFinite"]; keepsFirst: boolean },
): void {
  let { scale, smallest } = entry;
  for (let i = 0; i < vector.length; i++) {
    const size = Math.abs(vector[i]!);
    if (!(size < Infinity)) {
      if (!entry.keepsFirst || entry.nonFinite === null) entry.nonFinite = { t, value: vector[i]! };
      continue;
    }
    if (size > scale) scale = size;
    if (size > 0 && size < smallest) smallest = size;
  }
  entry.scale = scale;
  entry.smallest = smallest;
}
