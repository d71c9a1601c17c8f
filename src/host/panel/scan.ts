/** One look at every number of a run: the tracks' scales, what is not finite, and how the gradient runs over time. */

import { norm } from "../../engine/functions";
import type { Look, Run, StepView } from "../../engine/run";
import { TrackStore } from "./trackData";
import type { Track } from "./tracks";
import { tracksOf } from "./tracks";
import { UnitScan } from "./unitOrder";

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
  readonly norms: Float64Array;
  /** Largest ‖dL/dh_t from above‖: what comes in at a step, without what the recurrence brings. */
  readonly largestSource: number;
  readonly units: UnitScan;
}

export interface Scan {
  /** In the order of the tracks. */
  readonly tracks: readonly TrackScan[];
  readonly passes: readonly PassScan[];
  readonly store: TrackStore | null;
}

/** Of one track, what has been seen so far. */
interface Seen {
  scale: number;
  smallest: number;
  /** The first and the last step in time with a NaN or ∞. */
  first: TrackScan["nonFinite"];
  last: TrackScan["nonFinite"];
}

/** Looks at every step of a run once, in any order: while the run is computed, or afterwards. */
export class Scanning implements Look {
  readonly tracks: readonly Track[];
  private readonly seen: readonly Seen[];
  private readonly passes: (PassScan & { largestSource: number })[];
  private readonly store: TrackStore | null;
  private readonly single = new Float64Array(1);

  constructor(run: Run) {
    this.tracks = tracksOf(run);
    this.seen = this.tracks.map(() => ({ scale: 0, smallest: Infinity, first: null, last: null }));
    this.passes = run.model.layers.flatMap((layer, l) =>
      layer.passes.map((_, p) => ({
        layer: l,
        pass: p,
        norms: new Float64Array(run.length),
        largestSource: 0,
        units: new UnitScan(layer.size),
      })),
    );
    this.store = run.keepsAll ? null : new TrackStore(run.length, this.tracks);
  }

  see(step: StepView): void {
    const { tracks, single } = this;
    const { t } = step;
    for (let k = 0; k < tracks.length; k++) {
      const read = tracks[k]!.read(step);
      if (read === null) continue;
      if (typeof read === "number") single[0] = read;
      const vector = typeof read === "number" ? single : read;
      look(vector, t, this.seen[k]!);
      this.store?.put(k, t, vector);
    }
    for (const entry of this.passes) {
      const { values, gradients, above } = step.passes[entry.layer]![entry.pass]!;
      entry.units.add(values["h"]!, gradients["h"]!);
      entry.norms[t - 1] = norm(gradients["h"]!);
      entry.largestSource = Math.max(entry.largestSource, norm(above));
    }
  }

  /** @param ascending whether a track's steps are computed in the order of time */
  scan(ascending: (track: Track) => boolean): Scan {
    return {
      tracks: this.seen.map(({ scale, smallest, first, last }, k) => ({
        scale,
        smallest: smallest === Infinity ? 0 : smallest,
        nonFinite: ascending(this.tracks[k]!) ? first : last,
      })),
      passes: this.passes,
      store: this.store,
    };
  }
}

/** What has been seen of a run; where nobody has looked while it was computed, that is done now, and yields after each step. */
export function* scanningOf(run: Run): Generator<void, Scanning, void> {
  if (run.look instanceof Scanning) return run.look;
  const scanning = new Scanning(run);
  for (let t = 1; t <= run.length; t++) {
    scanning.see(run.at(t));
    yield;
  }
  return scanning;
}

function look(vector: Float64Array, t: number, entry: Seen): void {
  let { scale, smallest } = entry;
  for (let i = 0; i < vector.length; i++) {
    const size = Math.abs(vector[i]!);
    if (!(size < Infinity)) {
      if (entry.first === null || t < entry.first.t) entry.first = { t, value: vector[i]! };
      if (entry.last === null || t >= entry.last.t) entry.last = { t, value: vector[i]! };
      continue;
    }
    if (size > scale) scale = size;
    if (size > 0 && size < smallest) smallest = size;
  }
  entry.scale = scale;
  entry.smallest = smallest;
}
