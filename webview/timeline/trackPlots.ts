/** The right-hand side of a track: what is drawn on the columns of time. */

import { html, nothing, svg, type TemplateResult } from "lit";
import { guard } from "lit/directives/guard.js";
import type { TrackInfo } from "../../src/protocol/panel";
import { cssColor, inkOn } from "../colors";
import type { Model, TrackEntry } from "../model";
import { formatToFit, plainNumber } from "../numbers";
import { styles } from "../styles";
import { colorsOf } from "../theme";
import { charactersIn, digitsIn, hasNumbers, heatHeight, isExpandable, narrowestNumber, trackWindow } from "./layout";
import { isKnown, type Known, linePaths, type SeriesPoint, valuesAt, visiblePoints } from "./series";
import { logPart, logRange, logTicks } from "./ticks";
import { lastStep, stepLeft, stepWidth, type View } from "./view";

/** What every kind of track is drawn from. */
export interface PlotContext {
  readonly model: Model;
  readonly track: TrackInfo;
  readonly entry: TrackEntry | null;
  readonly view: View;
  readonly width: number;
  readonly height: number;
  readonly known: Known;
  readonly digits: number;
}

/** Height of a track's plot in CSS pixels. */
function plotHeight(track: TrackInfo, expanded: boolean): number {
  switch (track.kind) {
    case "heat":
      return heatHeight(track.rows, expanded);
    case "bar":
      return 34;
    case "number":
      return 24;
    case "log":
      return 48;
    case "flow":
      return 0;
    default:
      throw new Error(`unknown kind of track ${String(track.kind satisfies never)}`);
  }
}

/** Height of a track of the forward pass while gradients flow: what is in colours folds to a strip. */
const foldedHeight = 12;

/** Height of a track's plot where the run stands, in CSS pixels. */
export function heightOf({ ui, run }: Model, track: TrackInfo): number {
  const isExpanded = ui.expanded.includes(track.id);
  const isBack = run?.cursor.phase === "backward" || run?.cursor.phase === "update";
  const isStrip = track.kind === "heat" && track.phase === "forward" && isExpandable(track.rows);
  return isBack && isStrip && !isExpanded ? foldedHeight : plotHeight(track, isExpanded);
}

/** Everything that the plot of a track needs; asks the host for its data. */
export function plotContext(model: Model, track: TrackInfo): PlotContext | null {
  const { run, view, plotWidth: width } = model;
  if (run === null || width <= 0) return null;
  const { info, cursor } = run;
  const height = heightOf(model, track);
  const ratio = window.devicePixelRatio;
  const pixels = { width: width * ratio, height: height * ratio };
  const entry = model.track(trackWindow(track, info.revision, info.length, view, pixels, model.ui.unitOrder));
  return { model, track, entry, view, width, height, known: cursor.known[track.id], digits: info.settings.digits };
}

export function trackPlot(context: PlotContext): TemplateResult {
  const isNarrow = stepWidth(context.view, context.width) < narrowestNumber;
  switch (context.track.kind) {
    case "heat":
      return hasNumbers(context.track.rows, context.height, context.view, context.width)
        ? heatCells(context)
        : heatMap(context);
    case "bar":
      return isNarrow ? smallChart(context, 1) : barCells(context);
    case "number":
      return isNarrow ? smallChart(context, context.track.scale) : numberCells(context);
    case "log":
      return logLine(context);
    case "flow":
      return html``;
    default:
      throw new Error(`unknown kind of track ${String(context.track.kind satisfies never)}`);
  }
}

/** The row of the file that stands at a place of the picture: a layer's units may be sorted. */
export const unitAt = (entry: TrackEntry | null, row: number): number => entry?.data.units?.[row] ?? row;

/** `layers.0.h[3]`; a track of one row is named without its row unless it is a vector of one. */
export function numberName(track: TrackInfo, row: number): string {
  return track.kind === "heat" ? `${track.id}[${row}]` : track.id;
}

/** The name by which a track's number is explained; empty for a length, which stands for many. */
export function numberReference(track: TrackInfo, t: number, row: number): string {
  if (track.kind === "log") return "";
  return track.id === "probability" || track.id === "loss" ? `${track.id}@${t}` : `${track.id}@${t}[${row}]`;
}

function stepsOf(view: View): number[] {
  return Array.from({ length: view.span }, (_, k) => view.from + k);
}

/** With more cells than this, "not yet" is said once for all of them. */
const mostNotYet = 16;

const notYet = html`<div class="cell not-yet" data-testid="not-yet"></div>`;

/** A row of cells, drawn anew only when what it shows is another. */
function cells(context: PlotContext, cell: (t: number, row: number, value: number) => TemplateResult): unknown {
  const { entry, view, known, width, height, track, digits, model } = context;
  const from = known?.[0];
  const to = known?.[1];
  return guard([entry, view.from, view.span, from, to, width, height, digits, model.theme], () =>
    Array.from({ length: track.rows }, (_, row) =>
      stepsOf(view).map((t) => {
        const values = entry === null ? null : valuesAt(entry, t, row, track.rows);
        // A step that will never have a value is empty from the start
        const isEmpty = entry !== null && values === null;
        if (!isKnown(known, t) && !isEmpty) return isSaidOnce(context) ? html`<div></div>` : notYet;
        return values === null ? html`<div class="cell"></div>` : cell(t, unitAt(entry, row), values.max);
      }),
    ),
  );
}

function isSaidOnce({ track, view }: PlotContext): boolean {
  return track.rows * view.span > mostNotYet;
}

/** Cells on the columns of time, and over those that are not known yet one cover where they are many. */
function grid(context: PlotContext, content: unknown): TemplateResult {
  return html`<div class="cells" ${styles(gridOf(context))}>${content}</div>
    ${isSaidOnce(context) ? covers(context) : nothing}`;
}

const gridOf = (context: PlotContext) => ({
  "grid-template-columns": `repeat(${context.view.span}, minmax(0, 1fr))`,
  height: `${context.height}px`,
});

function heatCells(context: PlotContext): TemplateResult {
  const { track, model } = context;
  const room = stepWidth(context.view, context.width) - 6;
  const [characters, digits] = [charactersIn(room), digitsIn(room, context.digits)];
  return grid(
    context,
    cells(context, (t, row, value) => {
      const color = colorsOf(model.theme, track).color(value, track.scale);
      const text = formatToFit(value, digits, characters);
      return html`<div
        class="cell heat num ${Number.isFinite(value) ? "" : "non-finite"}"
        data-testid="cell"
        data-value=${plainNumber(value)}
        data-name=${numberName(track, row)}
        data-where=${`t = ${t}`}
        data-reference=${numberReference(track, t, row)}
        ${styles({ "background-color": cssColor(color), color: cssColor(inkOn(color)) })}
        >${text}</div>`;
    }),
  );
}

/** The parts of the plot whose steps are not known yet, as covers over the picture, where any of them will have a value. */
function covers({ view, width, known, entry, track }: PlotContext): TemplateResult[] {
  const willCome = ([from, to]: readonly [number, number]): boolean => {
    if (entry === null) return true;
    const { window, data } = entry;
    const stride = Math.max(1, Math.floor((window.to - window.from + 1) / data.columns));
    for (let t = from; t <= to; t += stride) if (valuesAt(entry, t, 0, track.rows) !== null) return true;
    return false;
  };
  const [from, to] = [view.from, lastStep(view)];
  const parts: [number, number][] =
    known === undefined
      ? [[from, to]]
      : [
          [from, Math.min(to, known[0] - 1)],
          [Math.max(from, known[1] + 1), to],
        ];
  return parts
    .filter(([a, b]) => a <= b && willCome([a, b]))
    .map(([a, b]) => {
      const pixels = (b - a + 1) * stepWidth(view, width);
      const place = { left: `${stepLeft(view, width, a)}px`, width: `${pixels}px` };
      return html`<div class="cover" data-testid="not-yet" ${styles(place)}>
      </div>`;
    });
}

function heatMap(context: PlotContext): TemplateResult {
  const { entry, view, width, height, track, model } = context;
  const place = entry && {
    left: stepLeft(view, width, entry.window.from),
    dataWidth: (entry.window.to - entry.window.from + 1) * stepWidth(view, width),
  };
  return html`<div class="heat-map" ${styles({ height: `${height}px` })}>
    ${
      entry === null || place === null
        ? nothing
        : html`<heat-canvas
            ${styles({ "clip-path": knownPart(context) })}
            .picture=${{ data: entry.data, scale: track.scale, colors: colorsOf(model.theme, track), width, height, ...place }}
          ></heat-canvas>`
    }
    ${covers(context)}
  </div>`;
}

/** What is not known yet is cut off, so that a step changes this alone and the picture stays. */
function knownPart({ view, width, known }: PlotContext): string {
  if (known === undefined) return "inset(0 100% 0 0)";
  const left = Math.max(0, stepLeft(view, width, known[0]));
  const right = Math.max(0, width - stepLeft(view, width, known[1] + 1));
  return `inset(0 ${right}px 0 ${left}px)`;
}

function barCells(context: PlotContext): TemplateResult {
  const { track } = context;
  const room = stepWidth(context.view, context.width);
  const [characters, digits] = [charactersIn(room), digitsIn(room, context.digits)];
  return grid(
    context,
    cells(
      context,
      (t, row, value) => html`<div class="cell bar-cell">
        <div class="bar"><div class="bar-fill" ${styles({ width: `${100 * Math.min(1, Math.max(0, value))}%` })}></div></div>
        <span
          class="num"
          data-testid="cell"
          data-value=${plainNumber(value)}
          data-name=${numberName(track, row)}
          data-where=${`t = ${t}`}
          data-reference=${numberReference(track, t, row)}
          >${formatToFit(value, digits, characters)}</span
        >
      </div>`,
    ),
  );
}

function numberCells(context: PlotContext): TemplateResult {
  const { track } = context;
  const room = stepWidth(context.view, context.width);
  const [characters, digits] = [charactersIn(room), digitsIn(room, context.digits)];
  return grid(
    context,
    cells(
      context,
      (t, row, value) => html`<div class="cell number-cell">
        <span
          class="num ${Number.isFinite(value) ? "" : "non-finite"}"
          data-testid="cell"
          data-value=${plainNumber(value)}
          data-name=${numberName(track, row)}
          data-where=${`t = ${t}`}
          data-reference=${numberReference(track, t, row)}
          >${formatToFit(value, digits, characters)}</span
        >
      </div>`,
    ),
  );
}

function middle({ view, width }: PlotContext): (point: SeriesPoint) => number {
  return (point) => (stepLeft(view, width, point.from) + stepLeft(view, width, point.to + 1)) / 2;
}

/** Columns too narrow for numbers: a line from 0 to `scale`. */
function smallChart(context: PlotContext, scale: number): TemplateResult {
  const { entry, view, width, height, known } = context;
  if (entry === null) return html`<div ${styles({ height: `${height}px` })}></div>`;
  const points = visiblePoints(entry, view, known);
  const y = (value: number) => height - 3 - (height - 6) * Math.min(1, Math.max(0, scale > 0 ? value / scale : 0));
  return html`<div class="chart" ${styles({ height: `${height}px` })}>
    <svg width=${width} height=${height} aria-hidden="true">
      <line class="chart-base" x1="0" x2=${width} y1=${height - 2.5} y2=${height - 2.5}></line>
      ${line(context, entry, points, y)} ${dots(context, points, y, 2)}
    </svg>
    ${covers(context)}
  </div>`;
}

/** The line through all steps in view, cut off at the first and the last point that are known: a step moves the cut alone. */
function line(
  context: PlotContext,
  entry: TrackEntry,
  known: readonly SeriesPoint[],
  y: (value: number) => number,
): TemplateResult {
  const { view, width, height, track } = context;
  const x = middle(context);
  const [first, last] = [known[0], known.at(-1)];
  // Half of the line's own width is left
  const clip =
    first === undefined || last === undefined
      ? "inset(0 100% 0 0)"
      : `inset(0 ${width - x(last) - 1}px 0 ${x(first) - 1}px)`;
  const paths = guard([entry, view.from, view.span, width, height, track], () => {
    const { line, band } = linePaths(visiblePoints(entry, view, [1, Infinity]), x, y);
    return svg`<path class="chart-band" d=${band}></path><path class="chart-line" d=${line}></path>`;
  });
  return svg`<g ${styles({ "clip-path": `${clip} view-box` })}>${paths}</g>`;
}

/** A dot a step where columns are wide enough to tell them apart, or where there are so few that a line would not show them. */
function dots(
  context: PlotContext,
  points: readonly SeriesPoint[],
  y: (value: number) => number,
  radius: number,
): TemplateResult[] {
  const { view, width, track } = context;
  if (stepWidth(view, width) < 14 && points.length > 8) return [];
  const x = middle(context);
  return points
    .filter(({ min, max }) => Number.isFinite(max) && min === max)
    .map(
      (point) => svg`<circle class="chart-point num" cx=${x(point)} cy=${y(point.max)} r=${radius} data-testid="cell"
        data-value=${plainNumber(point.max)} data-name=${track.id} data-where=${`t = ${point.from}`}
        data-reference=${numberReference(track, point.from, 0)}></circle>`,
    );
}

/** The bounds of a logarithmic track and its few ticks. */
export function logAxis(track: TrackInfo): { low: number; high: number; ticks: number[] } {
  const [low, high] = logRange(track.smallest, track.scale);
  return { low, high, ticks: logTicks(low, high, 3) };
}

export function logHeightOf(value: number, height: number, { low, high }: { low: number; high: number }): number {
  return height - 5 - (height - 10) * logPart(value, low, high);
}

function logLine(context: PlotContext): TemplateResult {
  const { entry, view, width, height, known, track } = context;
  const axis = logAxis(track);
  const y = (value: number) => logHeightOf(value, height, axis);
  const points = entry === null ? [] : visiblePoints(entry, view, known);
  return html`<div class="chart" ${styles({ height: `${height}px` })}>
    <svg width=${width} height=${height} aria-hidden="true">
      ${guard([track, width, height], () =>
        axis.ticks.map((tick) => svg`<line class="chart-grid" x1="0" x2=${width} y1=${y(tick)} y2=${y(tick)}></line>`),
      )}
      ${entry === null ? nothing : line(context, entry, points, y)}
      ${dots(context, points, y, 3)}
    </svg>
    ${covers(context)}
  </div>`;
}
