/** What of a track fits on a screen. */

import type { Run } from "../../engine/run";
import { countNumbers } from "../../engine/tensor";
import type { TrackData, TrackWindow } from "../../protocol/panel";
import type { Track } from "./tracks";

/** Of n things in `parts` parts, the first of part k. */
function partStart(n: number, parts: number, k: number): number {
  return Math.floor((k * n) / parts);
}

/** Smallest and largest of what falls into each cell, row after row. NaN stays, for it has to be seen. */
class Extremes implements TrackData {
  readonly min: Float64Array;
  readonly max: Float64Array;

  /** @param units which of a column's numbers stands at each place; null where they stand as they come */
  constructor(
    readonly rows: number,
    readonly columns: number,
    readonly units: Int32Array | null,
  ) {
    this.min = new Float64Array(rows * columns).fill(Infinity);
    this.max = new Float64Array(rows * columns).fill(-Infinity);
  }

  /** Adds a column's values, `length` numbers from `offset` on: as many as there are rows, or more. */
  add(column: number, low: Float64Array, high: Float64Array, offset: number, length: number): void {
    const { rows, columns, min, max, units } = this;
    for (let r = 0; r < rows; r++) {
      const to = r * columns + column;
      const end = partStart(length, rows, r + 1);
      for (let k = partStart(length, rows, r); k < end; k++) {
        const i = offset + (units === null ? k : units[k]!);
        min[to] = Math.min(min[to]!, low[i]!);
        max[to] = Math.max(max[to]!, high[i]!);
      }
    }
  }
}

/** So many numbers of all tracks together may stay in memory. */
const mostStored = 8e6;
/** Multiplications for which steps are computed again to be drawn: less than a second, in which nobody else gets anything. */
const mostWork = 5e8;

/**
 * A run that is too long to stay in memory, its tracks kept for drawing: every number, or, of a still longer one,
 * the smallest and the largest of every few steps.
 */
export class TrackStore {
  /** How many steps one stored column stands for. */
  readonly stepsPerColumn: number;
  /** By track, column after column, each with the track's rows; both the same where a column is one step. */
  private readonly low: readonly Float64Array[];
  private readonly high: readonly Float64Array[];
  /** By track and column: 1 where a step of it has values. */
  private readonly has: readonly Uint8Array[];

  /** @param most how many numbers it may keep */
  constructor(length: number, tracks: readonly Track[], most = mostStored) {
    const rows = tracks.reduce((sum, { info }) => sum + info.rows, 0);
    const isExact = length * rows <= most;
    this.stepsPerColumn = isExact ? 1 : Math.ceil(length / Math.max(1, Math.floor(most / (2 * rows))));
    const columns = Math.ceil(length / this.stepsPerColumn);
    this.low = tracks.map(({ info }) => new Float64Array(columns * info.rows));
    this.high = isExact ? this.low : this.low.map((low) => new Float64Array(low.length));
    this.has = tracks.map(() => new Uint8Array(columns));
  }

  /** Takes the values of track k at step t; a step without values is left out. */
  put(k: number, t: number, values: Float64Array): void {
    const [low, high, has] = [this.low[k]!, this.high[k]!, this.has[k]!];
    const column = this.columnOf(t);
    const offset = column * values.length;
    if (has[column] === 0) {
      has[column] = 1;
      low.set(values, offset);
      high.set(values, offset);
      return;
    }
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      // A NaN stays: nothing is below or above it.
      if (value < low[offset + i]! || Number.isNaN(value)) low[offset + i] = value;
      if (value > high[offset + i]! || Number.isNaN(value)) high[offset + i] = value;
    }
  }

  /** Adds the stored column with step t of track k, which has so many rows, to a column of a picture. */
  addTo(extremes: Extremes, column: number, k: number, t: number, rows: number): void {
    const stored = this.columnOf(t);
    if (this.has[k]![stored] === 1) extremes.add(column, this.low[k]!, this.high[k]!, stored * rows, rows);
  }

  private columnOf(t: number): number {
    return Math.floor((t - 1) / this.stepsPerColumn);
  }
}

/**
 * The values of track k in a window, at most `columns` × `rows` of them: beyond that the smallest and the largest of each part.
 * A step without a value leaves min = ∞, max = −∞. Of so many steps that it would take long to compute them again, the columns are as
 * wide as what is stored has them, where that is at least a quarter of those that were asked for.
 * @param units the order of the rows: the row of the file that stands at each place; null for the file's own
 * @throws RangeError where the run has no such steps
 */
export function trackData(
  run: Run,
  store: TrackStore | null,
  track: Track,
  k: number,
  window: Omit<TrackWindow, "order">,
  units: Int32Array | null = null,
): TrackData {
  const { from, to } = window;
  if (!Number.isInteger(from) || !Number.isInteger(to) || from < 1 || to > run.length || from > to)
    throw new RangeError(`there are no steps ${from}…${to}: the sequence has 1…${run.length}`);
  const steps = to - from + 1;
  const columns = columnsOf(run, store, steps, Math.max(1, Math.min(Math.floor(window.columns), steps)));
  const rows = Math.max(1, Math.min(Math.floor(window.rows), track.info.rows));
  const extremes = new Extremes(rows, columns, units);
  const stored = store && steps / columns >= leastSteps(store) ? store : null;
  const stride = stored?.stepsPerColumn ?? 1;
  const single: Float64Array = new Float64Array(1);
  for (let c = 0; c < columns; c++)
    for (let n = partStart(steps, columns, c); n < partStart(steps, columns, c + 1); n += stride) {
      const t = from + n;
      if (stored) {
        stored.addTo(extremes, c, k, t, track.info.rows);
        continue;
      }
      const read = track.read(run.at(t));
      if (read === null) continue;
      if (typeof read === "number") single[0] = read;
      const vector = typeof read === "number" ? single : read;
      extremes.add(c, vector, vector, 0, vector.length);
    }
  return { columns, rows, min: extremes.min, max: extremes.max, units };
}

/** What is stored serves where a column of the picture takes in at least so many steps: several stored columns. */
function leastSteps({ stepsPerColumn }: TrackStore): number {
  return stepsPerColumn === 1 ? 1 : 2 * stepsPerColumn;
}

/** @param asked the columns that there is room for */
function columnsOf(run: Run, store: TrackStore | null, steps: number, asked: number): number {
  if (!store || steps / asked >= leastSteps(store)) return asked;
  const stored = Math.floor(steps / leastSteps(store));
  const numbers = countNumbers(run.gradients);
  return steps * numbers > mostWork && stored >= asked / 4 ? stored : asked;
}
