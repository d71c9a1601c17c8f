/** What of a track fits on a screen. */

import type { Run } from "../engine/run";
import type { TrackData, TrackWindow } from "../protocol/panel";
import type { Track } from "./tracks";

/** Of n things in `parts` parts, the first of part k. */
function partStart(n: number, parts: number, k: number): number {
  return Math.floor((k * n) / parts);
}

/** Smallest and largest of what falls into each cell, row after row. NaN stays, for it has to be seen. */
class Extremes implements TrackData {
  readonly min: Float64Array;
  readonly max: Float64Array;

  constructor(
    readonly rows: number,
    readonly columns: number,
  ) {
    this.min = new Float64Array(rows * columns).fill(Infinity);
    this.max = new Float64Array(rows * columns).fill(-Infinity);
  }

  /** Adds a column's values: as many as there are rows, or more. */
  add(column: number, low: Float64Array, high: Float64Array): void {
    const { rows, columns, min, max } = this;
    for (let r = 0; r < rows; r++) {
      const to = r * columns + column;
      for (let i = partStart(low.length, rows, r); i < partStart(low.length, rows, r + 1); i++) {
        min[to] = Math.min(min[to]!, low[i]!);
        max[to] = Math.max(max[to]!, high[i]!);
      }
    }
  }
}

/** So many numbers of all tracks together may stay in memory. */
const mostStored = 16e6;

/**
 * A run that is too long to stay in memory, its tracks kept for drawing: every number, or, of a still longer one,
 * the smallest and the largest of every few steps.
 */
export class TrackStore {
  /** How many steps one stored column stands for. */
  readonly stepsPerColumn: number;
  private readonly stored: readonly { readonly low: Float64Array[]; readonly high: Float64Array[] }[];

  /** @param most how many numbers it may keep */
  constructor(length: number, tracks: readonly Track[], most = mostStored) {
    const rows = tracks.reduce((sum, { info }) => sum + info.rows, 0);
    const fitting = Math.max(1, Math.floor(most / rows));
    // Two numbers a cell, unless each stands for itself.
    this.stepsPerColumn = length <= fitting ? 1 : Math.ceil((2 * length) / fitting);
    this.stored = tracks.map(() => ({ low: [], high: [] }));
  }

  /** Takes the values of track k at step t. Steps come in the order of time; one without values is left out. */
  put(k: number, t: number, values: Float64Array): void {
    const { low, high } = this.stored[k]!;
    const column = this.columnOf(t);
    const [lows, highs] = [low[column], high[column]];
    if (!lows || !highs) {
      const first = values.slice();
      low[column] = first;
      high[column] = this.stepsPerColumn === 1 ? first : values.slice();
      return;
    }
    for (let i = 0; i < values.length; i++) {
      lows[i] = Math.min(lows[i]!, values[i]!);
      highs[i] = Math.max(highs[i]!, values[i]!);
    }
  }

  /** The extremes of the stored column with step t; null where no step in it has a value. */
  get(k: number, t: number): { readonly low: Float64Array; readonly high: Float64Array } | null {
    const { low, high } = this.stored[k]!;
    const column = this.columnOf(t);
    return low[column] && high[column] ? { low: low[column], high: high[column] } : null;
  }

  private columnOf(t: number): number {
    return Math.floor((t - 1) / this.stepsPerColumn);
  }
}

/**
 * The values of track k in a window, at most `columns` × `rows` of them: beyond that the smallest and the largest of each part.
 * A step without a value leaves min = ∞, max = −∞.
 * @throws RangeError where the run has no such steps
 */
export function trackData(run: Run, store: TrackStore | null, track: Track, k: number, window: TrackWindow): TrackData {
  const { from, to } = window;
  if (!Number.isInteger(from) || !Number.isInteger(to) || from < 1 || to > run.length || from > to)
    throw new RangeError(`there are no steps ${from}…${to}: the sequence has 1…${run.length}`);
  const steps = to - from + 1;
  const columns = Math.max(1, Math.min(Math.floor(window.columns), steps));
  const rows = Math.max(1, Math.min(Math.floor(window.rows), track.info.rows));
  const extremes = new Extremes(rows, columns);
  // What is stored serves where a column of the picture takes in several stored ones.
  const stored = store && (store.stepsPerColumn === 1 || steps / columns >= 2 * store.stepsPerColumn) ? store : null;
  const stride = stored?.stepsPerColumn ?? 1;
  const single: Float64Array = new Float64Array(1);
  for (let c = 0; c < columns; c++)
    for (let n = partStart(steps, columns, c); n < partStart(steps, columns, c + 1); n += stride) {
      const t = from + n;
      if (stored) {
        const found = stored.get(k, t);
        if (found) extremes.add(c, found.low, found.high);
        continue;
      }
      const read = track.read(run.at(t));
      if (read === null) continue;
      if (typeof read === "number") single[0] = read;
      const vector = typeof read === "number" ? single : read;
      extremes.add(c, vector, vector);
    }
  return { columns, rows, min: extremes.min, max: extremes.max };
}
