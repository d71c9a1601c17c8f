/** Where the steps stand on the stage: all alike while there is room, else the current one wide and the others as strips. */

import { clamp } from "../timeline/view";

export interface StageAxis {
  /**
   * even: every step has room for its numbers. lens: the current step is wide, the others are strips. window: so many steps that
   * only the current one is drawn as a column, between what comes from its neighbours.
   */
  readonly kind: "even" | "lens" | "window";
  readonly width: number;
  /** T */
  readonly length: number;
  /** The step that is drawn in full. */
  readonly focus: number;
  /** Of the focus, and of each other step; 0 in a window. */
  readonly wide: number;
  readonly narrow: number;
}

/** Columns as wide as this have room for a number in each. */
export const narrowestEven = 72;
/** Of narrower strips nobody could tell one from the next. */
const narrowestStrip = 5;
/** Room for a vector's name, its entries and the arrows at its sides. */
const narrowestFocus = 150;
const widestFocus = 330;

/** @param isRich the current step shows more than fits into a column of numbers */
export function stageAxis(width: number, length: number, t: number, isRich: boolean): StageAxis {
  const focus = clamp(t, 1, length);
  const even = width / length;
  if (length === 1 || even >= (isRich ? narrowestFocus : narrowestEven))
    return { kind: "even", width, length, focus, wide: even, narrow: even };
  const wide = clamp(width * 0.4, narrowestFocus, widestFocus);
  const narrow = (width - wide) / (length - 1);
  if (narrow >= narrowestStrip) return { kind: "lens", width, length, focus, wide, narrow };
  return { kind: "window", width, length, focus, wide: width, narrow: 0 };
}

/** The column of step t; of a window's other steps the place on an axis of all of them. */
export function columnOf(axis: StageAxis, t: number): { readonly left: number; readonly width: number } {
  const { kind, focus, wide, narrow } = axis;
  if (kind === "window") {
    const width = axis.width / axis.length;
    return { left: (t - 1) * width, width };
  }
  const before = t - 1;
  const left = t <= focus ? before * narrow : wide + (before - 1) * narrow;
  return { left, width: t === focus ? wide : narrow };
}

export function centerOf(axis: StageAxis, t: number): number {
  const { left, width } = columnOf(axis, t);
  return left + width / 2;
}

/** The step at a place, at the ends the nearest one. */
export function stepAtPlace(axis: StageAxis, x: number): number {
  const { kind, length, focus, wide, narrow, width } = axis;
  if (kind === "window") return clamp(1 + Math.floor((x / width) * length), 1, length);
  const left = (focus - 1) * narrow;
  if (x < left) return clamp(1 + Math.floor(x / narrow), 1, length);
  if (x < left + wide) return focus;
  return clamp(focus + 1 + Math.floor((x - left - wide) / narrow), 1, length);
}
