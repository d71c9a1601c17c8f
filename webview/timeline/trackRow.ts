/** One track: its label, its plot, and how keyboard and pointer read its numbers. */

import { html, nothing, type TemplateResult } from "lit";
import { guard } from "lit/directives/guard.js";
import type { TrackInfo } from "../../src/protocol/panel";
import type { Model } from "../model";
import { formatNumber } from "../numbers";
import { announce, describe, type Pointed, point } from "../pointed";
import { styles } from "../styles";
import { symbol, symbolText } from "../symbols";
import { toggled } from "../uiState";
import { isExpandable, numberedRows, trackWindow } from "./layout";
import { isKnown, valuesAt } from "./series";
import {
  heightOf,
  logAxis,
  logHeightOf,
  numberName,
  numberReference,
  type PlotContext,
  plotContext,
  trackPlot,
  unitAt,
} from "./trackPlots";
import { clamp, followStep, lastStep, stepLeft, stepWidth } from "./view";

/** A track, drawn anew only when what it shows is another: a step moves the tracks of its own phase alone. */
export function trackRow(model: Model, track: TrackInfo): unknown {
  const context = plotContext(model, track);
  const { ui, theme, cell, view } = model;
  const parts = [
    track,
    context?.entry,
    context?.known?.[0],
    context?.known?.[1],
    context?.width,
    context?.height,
    context?.digits,
    view.from,
    view.span,
    theme,
    cell?.track === track.id ? cell : null,
    ui.expanded,
    ui.unitOrder,
    window.devicePixelRatio,
  ];
  return guard(parts, () => row(model, track, context));
}

function row(model: Model, track: TrackInfo, context: PlotContext | null): TemplateResult {
  const { ui } = model;
  return html`<div class="row track" data-testid="track" data-track=${track.id}>
    ${guard([track, context?.digits, ui.expanded, context?.height, context?.entry?.data.units], () => label(model, track, context))}
    <div
      class="plot"
      tabindex="0"
      role="group"
      aria-roledescription="track"
      aria-label=${`${symbolText(track.symbol)}, ${track.title}. Arrow keys read the cells, Enter derives the number`}
      data-track=${track.id}
      @keydown=${(event: KeyboardEvent) => onTrackKey(model, track, event)}
      @blur=${() => {
        if (model.cell?.track === track.id) model.setCell(null);
      }}
    >
      ${context === null ? nothing : trackPlot(context)} ${cellMark(model, track)}
    </div>
  </div>`;
}

function label(model: Model, track: TrackInfo, context: PlotContext | null): TemplateResult {
  const { info } = model.run ?? {};
  const digits = Math.min(3, info?.settings.digits ?? 3);
  const canExpand = track.kind === "heat" && isExpandable(track.rows);
  const isExpanded = model.ui.expanded.includes(track.id);
  const height = heightOf(model, track);
  const isNorm = track.kind === "log";
  const axis = isNorm ? logAxis(track) : null;
  const isMany = track.kind === "heat" && track.rows > 1 && height >= 16;
  return html`<div class="label ${axis === null ? "" : "has-ticks"} ${isMany ? "has-units" : ""} ${height < 16 ? "is-low" : ""}" title=${track.title}>
    <div class="label-main">
      <span class="label-symbol">${isNorm ? "‖" : nothing}${symbol(track.symbol)}${isNorm ? "‖" : nothing}</span>
      ${height < 34 ? html`<span class="label-title">${track.short}</span>` : nothing}
      ${
        canExpand
          ? html`<button
              class="icon-button"
              aria-label=${`${isExpanded ? "Lower" : "Taller"} rows of ${symbolText(track.symbol)}`}
              aria-pressed=${isExpanded}
              @click=${() => model.setUi({ expanded: toggled(model.ui.expanded, track.id) })}
            >
              <span class="codicon codicon-${isExpanded ? "fold" : "unfold"}"></span>
            </button>`
          : nothing
      }
    </div>
    ${height >= 34 ? html`<div class="label-title">${track.short}</div>` : nothing}
    ${
      track.kind === "heat" && height >= 44
        ? track.palette === "gate"
          ? html`<div class="label-scale" title="Dark is shut, bright is open">0…1</div>`
          : html`<div class="label-scale" title="The colours run from −scale to scale">±${formatNumber(track.scale, digits)}</div>`
        : nothing
    }
    ${
      isMany
        ? numberedRows(track.rows, height).map(
            (row) =>
              html`<div class="unit-tick" title="unit ${unitAt(context?.entry ?? null, row)}" ${styles({ top: `${3 + ((row + 0.5) * height) / track.rows}px` })}>${unitAt(context?.entry ?? null, row)}</div>`,
          )
        : nothing
    }
    ${
      axis === null
        ? nothing
        : axis.ticks.map(
            (tick) =>
              html`<div class="axis-tick" ${styles({ top: `${logHeightOf(tick, height, axis)}px` })}>${formatTick(tick)}</div>`,
          )
    }
  </div>`;
}

/** 0.001, 1, 100; beyond that powers: 1e−5 */
function formatTick(value: number): string {
  return value >= 1e-3 && value < 1e4 ? String(value) : formatNumber(value, 2).replace(".0", "");
}

// -------------------------------------------------------------------------------------------- reading a cell

/** The number of step t in a row of a track; null where it is not known. */
function pointedAt(model: Model, track: TrackInfo, t: number, row: number): Pointed | null {
  const { run, view } = model;
  if (run === null || !isKnown(run.cursor.known[track.id], t)) return null;
  const height = heightOf(model, track);
  const ratio = window.devicePixelRatio;
  const pixels = { width: model.plotWidth * ratio, height: height * ratio };
  const entry = model.track(trackWindow(track, run.info.revision, run.info.length, view, pixels, model.ui.unitOrder));
  const values = entry === null ? null : valuesAt(entry, t, row, track.rows);
  if (values === null) return null;
  const isOne = Object.is(values.min, values.max);
  const unit = unitAt(entry, row);
  return {
    name: numberName(track, unit),
    where: isOne ? `t = ${t}` : `around t = ${t}, smallest … largest`,
    values: isOne ? [values.max] : [values.min, values.max],
    reference: isOne ? numberReference(track, t, unit) : "",
  };
}

/** The number under the pointer, in plots whose numbers are no elements of their own. */
export function pointAtTrack(model: Model, tracks: readonly TrackInfo[], event: PointerEvent, t: number): void {
  if (!(event.target instanceof Element) || event.target.closest(".num") !== null) return;
  const plot = event.target.closest<HTMLElement>(".plot[data-track]");
  const track = tracks.find(({ id }) => id === plot?.dataset["track"]);
  if (plot === null || track === undefined) {
    point(null);
    return;
  }
  const box = (plot.firstElementChild ?? plot).getBoundingClientRect();
  const row = Math.min(track.rows - 1, Math.max(0, Math.floor(((event.clientY - box.top) / box.height) * track.rows)));
  point(pointedAt(model, track, t, track.kind === "heat" ? row : 0), event.clientX, event.clientY);
}

/** The frame around the cell at which the keyboard is. */
function cellMark(model: Model, track: TrackInfo): TemplateResult | typeof nothing {
  const { cell, view, plotWidth } = model;
  if (cell === null || cell.track !== track.id || cell.t < view.from || cell.t > lastStep(view)) return nothing;
  const rows = track.kind === "heat" ? track.rows : 1;
  const height = heightOf(model, track) / rows;
  return html`<div
    class="cell-mark"
    ${styles({
      left: `${stepLeft(view, plotWidth, cell.t)}px`,
      width: `${Math.max(3, stepWidth(view, plotWidth))}px`,
      top: `${cell.row * height}px`,
      height: `${Math.max(3, height)}px`,
    })}
  ></div>`;
}

function onTrackKey(model: Model, track: TrackInfo, event: KeyboardEvent): void {
  const { run, cell, view, plotWidth } = model;
  if (run === null || event.ctrlKey || event.metaKey || event.altKey) return;
  const { length } = run.info;
  const rows = track.kind === "heat" ? track.rows : 1;
  const here = cell?.track === track.id ? cell : { track: track.id, t: run.cursor.t || view.from, row: 0 };
  const isThere = cell?.track === track.id;
  let { t, row } = here;
  switch (event.key) {
    case "ArrowLeft":
    case "ArrowRight":
      if (isThere) t = clamp(t + (event.key === "ArrowLeft" ? -1 : 1), 1, length);
      break;
    case "ArrowUp":
    case "ArrowDown":
      if (isThere) row = clamp(row + (event.key === "ArrowUp" ? -1 : 1), 0, rows - 1);
      break;
    case "Enter": {
      // Time moves by the axis and the keys: here a number is kept and derived
      const reference = pointedAt(model, track, t, row)?.reference ?? "";
      if (reference !== "") model.pin(reference);
      break;
    }
    case "Escape":
      model.setCell(null);
      point(null);
      if (event.currentTarget instanceof HTMLElement) event.currentTarget.blur();
      event.stopPropagation();
      return;
    default:
      return;
  }
  event.preventDefault();
  event.stopPropagation();
  const followed = followStep(view, length, t);
  if (followed !== view) model.setView(followed);
  model.setCell({ track: track.id, t, row });

  const pointed = pointedAt(model, track, t, row);
  const box = event.currentTarget instanceof Element ? event.currentTarget.getBoundingClientRect() : null;
  if (box !== null)
    point(pointed, box.left + stepLeft(model.view, plotWidth, t) + stepWidth(model.view, plotWidth) / 2, box.top);
  announce(pointed === null ? `${symbolText(track.symbol)}, row ${row}, t = ${t}: not yet` : describe(pointed));
}
