/** The numbers of the steps that the stage shows, out of the host's tracks. */

import type { Run, RunInfo, TrackInfo } from "../../src/protocol/panel";
import type { Ghost, Model, TrackEntry } from "../model";
import { isKnown, type Known, valuesAt } from "../timeline/series";
import type { StageAxis } from "./axis";

const indices = new WeakMap<RunInfo, ReadonlyMap<string, TrackInfo>>();

/** More rows than these the stage does not draw. */
const mostRows = 192;

/** A track of the run as far as it is known by now. */
export interface StageTrack {
  readonly info: TrackInfo;
  readonly entry: TrackEntry | null;
  readonly known: Known;
}

export class StageData {
  constructor(
    private readonly model: Model,
    private readonly run: Run,
    private readonly axis: StageAxis,
  ) {}

  /** Null where the run has no such track. */
  track(id: string): StageTrack | null {
    const { info, cursor } = this.run;
    let index = indices.get(info);
    if (index === undefined) {
      index = new Map(info.tracks.map((track) => [track.id, track]));
      indices.set(info, index);
    }
    const track = index.get(id);
    if (track === undefined) return null;
    const columns =
      this.axis.kind === "window" ? Math.max(1, Math.min(info.length, Math.floor(this.axis.width))) : info.length;
    const window = {
      revision: info.revision,
      id,
      from: 1,
      to: info.length,
      columns,
      rows: Math.min(track.rows, mostRows),
      order: "file" as const,
    };
    return { info: track, entry: this.model.track(window, "stage"), known: cursor.known[id] };
  }
}

/** The value of a track's row at step t; null while it is not known, where the step has none and where it stands for several. */
export function valueOf(track: StageTrack | null, t: number, row = 0): number | null {
  if (track === null || track.entry === null || !isKnown(track.known, t)) return null;
  const values = valuesAt(track.entry, t, row, track.info.rows);
  return values !== null && Object.is(values.min, values.max) ? values.max : null;
}

/** What a track's rows were at step t before the last change of a weight; null where that is not shown, or has not been looked at. */
export function ghostVector(ghost: Ghost | null, id: string, t: number, rows: number): Float64Array | null {
  const entry = ghost?.entries.get(id);
  if (entry === undefined || entry.data.rows !== rows) return null;
  const vector = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const values = valuesAt(entry, t, row, rows);
    if (values === null || !Object.is(values.min, values.max)) return null;
    vector[entry.data.units?.[row] ?? row] = values.max;
  }
  return vector;
}

const vectors = new WeakMap<TrackEntry, Map<number, Float64Array | null>>();

/** All rows of a track at step t, the same array each time; null while they are not known, and where they stand for several. */
export function vectorOf(track: StageTrack, t: number): Float64Array | null {
  const { entry, info } = track;
  if (entry === null || !isKnown(track.known, t)) return null;
  let known = vectors.get(entry);
  if (known === undefined) {
    known = new Map();
    vectors.set(entry, known);
  }
  let vector = known.get(t);
  if (vector === undefined) {
    vector = entry.data.rows < info.rows ? null : new Float64Array(info.rows);
    for (let row = 0; vector !== null && row < info.rows; row++) {
      const value = valueOf(track, t, row);
      if (value === null) vector = null;
      else vector[row] = value;
    }
    known.set(t, vector);
  }
  return vector;
}
