/** How large a track is, and which part of it is asked for. */

import type { TrackInfo, TrackWindow, UnitOrder } from "../../src/protocol/panel";
import { lastStep, stepWidth, type View } from "./view";

/** Width of a digit in the cells' font (11 px, monospaced). */
const digitWidth = 6.7;
const cellPadding = 6;
/** A column narrower than this shows colours only. */
export const narrowestNumber = 44;
const numberRow = 22;
const lowest = 32;
const tallest = 48;
const tallestExpanded = 440;

/** How many characters fit into a cell. */
export function charactersIn(width: number): number {
  return Math.max(0, Math.floor((width - cellPadding) / digitWidth));
}

/** The digits that a negative number below 1 has room for, so that the cells of a track look alike. */
export function digitsIn(width: number, digits: number): number {
  return Math.max(2, Math.min(digits, charactersIn(width) - "−0.".length));
}

/** Height in pixels of a heat map with so many rows; `expanded` gives each row room for a number, as far as it goes. */
export function heatHeight(rows: number, expanded: boolean): number {
  if (expanded && isExpandable(rows)) return Math.min(tallestExpanded, rows * 18);
  return Math.min(tallest, Math.max(lowest, rows * numberRow));
}

/** Whether a heat map has more rows than its height has room for. */
export function isExpandable(rows: number): boolean {
  return rows * 16 > tallest;
}

/** The rows whose numbers stand beside a plot of this height, so that each has room: all of them, or some at equal distances. */
export function numberedRows(rows: number, height: number): number[] {
  const stride = Math.max(1, Math.ceil((11 * rows) / height));
  // Of many rows the first and the last say enough, unless the plot is tall
  if (stride > 1 && height <= tallest) return [0, rows - 1];
  return Array.from({ length: Math.ceil(rows / stride) }, (_, k) => k * stride);
}

/** Numbers stand in the cells where these are large enough and not too many for the page. */
export function hasNumbers(rows: number, height: number, view: View, width: number): boolean {
  return height / rows >= 16 && stepWidth(view, width) >= narrowestNumber && rows * view.span <= 1200;
}

/** A track with at most so many values is asked for once, as a whole. */
const wholeTrack = 65536;

/** What to ask the host for, so that the view can be drawn with one value a pixel. */
export function trackWindow(
  track: TrackInfo,
  revision: number,
  length: number,
  view: View,
  pixels: { readonly width: number; readonly height: number },
  order: UnitOrder,
): TrackWindow {
  if (track.rows * length <= wholeTrack && length <= 4096)
    return { revision, id: track.id, from: 1, to: length, columns: length, rows: track.rows, order };
  return {
    revision,
    id: track.id,
    from: view.from,
    to: lastStep(view),
    columns: Math.max(1, Math.min(view.span, Math.floor(pixels.width))),
    rows: Math.max(1, Math.min(track.rows, Math.floor(pixels.height))),
    order,
  };
}
