/**
 * The window of time that the tracks show: whole steps, so that every track's columns stand under each other.
 * All widths are CSS pixels; steps run 1…length.
 */

export interface View {
  /** First step shown. */
  readonly from: number;
  /** How many steps are shown. */
  readonly span: number;
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** The fewest steps that a zoom goes down to. */
export const closest = 4;

export function fitView(length: number): View {
  return { from: 1, span: Math.max(1, length) };
}

export function lastStep(view: View): number {
  return view.from + view.span - 1;
}

/** A view that lies within 1…length. */
export function clampView(view: View, length: number): View {
  const span = clamp(Math.round(view.span), Math.min(closest, length), Math.max(1, length));
  return { from: clamp(Math.round(view.from), 1, length - span + 1), span };
}

/** Shows `factor` times as many steps; the step `anchor` stays where it is, as far as the ends allow. */
export function zoomView(view: View, length: number, factor: number, anchor: number): View {
  const rounded = factor < 1 ? Math.floor(view.span * factor) : Math.ceil(view.span * factor);
  const span = clamp(rounded, Math.min(closest, length), Math.max(1, length));
  const place = clamp((anchor - view.from + 0.5) / view.span, 0, 1);
  return clampView({ from: anchor + 0.5 - place * span, span }, length);
}

export function panView(view: View, length: number, by: number): View {
  return clampView({ from: view.from + by, span: view.span }, length);
}

/** The same view if it holds step t, else one in which t stands a quarter from the edge that it crossed. */
export function followStep(view: View, length: number, t: number): View {
  if (t < 1 || (t >= view.from && t <= lastStep(view))) return view;
  const quarter = Math.floor(view.span / 4);
  const from = t < view.from ? t - (view.span - 1 - quarter) : t - quarter;
  return clampView({ from, span: view.span }, length);
}

/** Width of a step's column. */
export function stepWidth(view: View, width: number): number {
  return width / view.span;
}

/** Left edge of step t's column. */
export function stepLeft(view: View, width: number, t: number): number {
  return (t - view.from) * stepWidth(view, width);
}

/** The step whose column holds x, at the ends the nearest one. */
export function stepAt(view: View, width: number, x: number): number {
  return clamp(view.from + Math.floor(x / stepWidth(view, width)), view.from, lastStep(view));
}
