/** Reading a track's window: the value at a step, and the visible part of a line. */

import { type Extremes, partOf, partStart } from "./aggregate";
import { lastStep, type View } from "./view";

/** Data of the steps from…to. */
export interface WindowData {
  readonly window: { readonly from: number; readonly to: number };
  readonly data: Extremes;
}

/** Steps from…to, both included; undefined where none is known. */
export type Known = readonly [from: number, to: number] | undefined;

export function isKnown(known: Known, t: number): boolean {
  return known !== undefined && t >= known[0] && t <= known[1];
}

/** The smallest and the largest value of what stands for step t and this row of the track; null outside the window or where the step has no value. */
export function valuesAt(
  { window, data }: WindowData,
  t: number,
  row: number,
  rows: number,
): { readonly min: number; readonly max: number } | null {
  if (t < window.from || t > window.to) return null;
  const column = partOf(window.to - window.from + 1, data.columns, t - window.from);
  const k = partOf(rows, data.rows, row) * data.columns + column;
  const [min, max] = [data.min[k], data.max[k]];
  return min === undefined || max === undefined || min > max ? null : { min, max };
}

export interface SeriesPoint {
  /** Steps that the point stands for. */
  readonly from: number;
  readonly to: number;
  readonly min: number;
  readonly max: number;
}

/** The points of a track of one row that are in view and wholly known. */
export function visiblePoints({ window, data }: WindowData, view: View, known: Known): SeriesPoint[] {
  const points: SeriesPoint[] = [];
  const steps = window.to - window.from + 1;
  for (let k = 0; k < data.columns; k++) {
    const from = window.from + partStart(steps, data.columns, k);
    const to = window.from + partStart(steps, data.columns, k + 1) - 1;
    if (to < view.from || from > lastStep(view) || !isKnown(known, from) || !isKnown(known, to)) continue;
    const [min, max] = [data.min[k] ?? Number.NaN, data.max[k] ?? Number.NaN];
    if (!(min > max)) points.push({ from, to, min, max });
  }
  return points;
}

/**
 * The path of a line through the points' largest values, with gaps where a value is no finite number, and, where points stand
 * for several steps, the band from smallest to largest.
 * @param x middle of a point; @param y height of a value, both in pixels
 */
export function linePaths(
  points: readonly SeriesPoint[],
  x: (point: SeriesPoint) => number,
  y: (value: number) => number,
): { readonly line: string; readonly band: string } {
  let line = "";
  let band = "";
  let isDrawing = false;
  for (const point of points) {
    if (!Number.isFinite(point.max) || !Number.isFinite(point.min)) {
      isDrawing = false;
      continue;
    }
    const at = x(point).toFixed(1);
    line += `${isDrawing ? "L" : "M"}${at} ${y(point.max).toFixed(1)}`;
    if (point.min !== point.max) band += `M${at} ${y(point.max).toFixed(1)}V${y(point.min).toFixed(1)}`;
    isDrawing = true;
  }
  return { line, band };
}
