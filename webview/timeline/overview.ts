/** The whole sequence in one strip above the tracks, with the window that these show: dragged, drawn out at its edges, moved by keys. */

import { html, nothing, type TemplateResult } from "lit";
import "../heatCanvas";
import type { Run } from "../../src/protocol/panel";
import type { Model } from "../model";
import { lanesOf } from "../stage/layout";
import { styles } from "../styles";
import { colorsOf } from "../theme";
import { trackWindow } from "./layout";
import { clamp, lastStep, panView, type View } from "./view";

const height = 14;
/** Of fewer steps nobody needs an overview. */
const fewest = 13;
/** So near its edge the window is drawn out, and not moved. */
const edge = 7;

export function overview(model: Model, run: Run): TemplateResult | typeof nothing {
  const { info, cursor } = run;
  const { view, plotWidth: width, ui, theme } = model;
  if (info.length < fewest || width <= 0) return nothing;
  const isBack = cursor.phase === "backward" || cursor.phase === "update";
  const prefix = lanesOf(info).at(-1)?.prefix ?? "";
  const id = `${isBack ? "gradients." : ""}${prefix}.h`;
  const track = info.tracks.find((one) => one.id === id);
  const known = cursor.known[id];
  const column = width / info.length;
  const all = { from: 1, span: info.length };
  const entry =
    track === undefined
      ? null
      : model.track(trackWindow(track, info.revision, info.length, all, { width, height }, ui.unitOrder), "overview");
  const clip =
    known === undefined
      ? "inset(0 100% 0 0)"
      : `inset(0 ${(info.length - known[1]) * column}px 0 ${(known[0] - 1) * column}px)`;
  return html`<div class="overview" data-testid="overview">
    <div
      class="overview-plot"
      role="scrollbar"
      tabindex="0"
      aria-label="Steps that the tracks show"
      aria-orientation="horizontal"
      aria-controls="tracks"
      aria-valuemin="1"
      aria-valuemax=${Math.max(1, info.length - view.span + 1)}
      aria-valuenow=${view.from}
      aria-valuetext="t ${view.from} to ${lastStep(view)} of ${info.length}"
      title="Drag the window to move it, its edges to zoom"
      @pointerdown=${(event: PointerEvent) => drag(model, info.length, event)}
      @keydown=${(event: KeyboardEvent) => onKey(model, info.length, event)}
    >
      ${
        track === undefined || entry === null
          ? nothing
          : html`<heat-canvas
              ${styles({ "clip-path": clip })}
              .picture=${{ data: entry.data, scale: track.scale, colors: colorsOf(theme, track), width, height, left: 0, dataWidth: width }}
            ></heat-canvas>`
      }
      <div class="overview-window" data-testid="overview-window" ${styles({ left: `${(view.from - 1) * column}px`, width: `${Math.max(4, view.span * column)}px` })}></div>
    </div>
  </div>`;
}

/** What a drag that began at a place of the strip does with the window. */
function drag(model: Model, length: number, event: PointerEvent): void {
  const strip = event.currentTarget;
  if (!(strip instanceof HTMLElement) || event.button !== 0) return;
  event.preventDefault();
  strip.setPointerCapture(event.pointerId);
  const { left, width } = strip.getBoundingClientRect();
  const stepAt = (x: number) => ((x - left) / width) * length;
  const start = model.view;
  const [low, high] = [((start.from - 1) / length) * width, (lastStep(start) / length) * width];
  const x = event.clientX - left;
  const isWhole = start.span >= length;
  const grip =
    Math.abs(x - low) < edge ? "low" : Math.abs(x - high) < edge ? "high" : x > low && x < high ? "middle" : "outside";
  const show = (from: number, to: number) => {
    const first = clamp(Math.round(from), 1, length);
    model.setView({ from: first, span: Math.max(1, Math.min(length, Math.round(to)) - first + 1) });
  };
  const centre = (at: number): View => panView(start, length, Math.round(at - start.from - start.span / 2));
  const began = stepAt(event.clientX);
  if (grip === "outside") model.setView(centre(began));
  const move = (moved: PointerEvent) => {
    const now = stepAt(moved.clientX);
    if (grip === "low") show(Math.min(now + 1, lastStep(start) - 3), lastStep(start));
    else if (grip === "high") show(start.from, Math.max(now, start.from + 3));
    else if (grip === "outside") model.setView(centre(now));
    else if (isWhole) show(Math.min(began, now) + 1, Math.max(began, now));
    else model.setView(panView(start, length, Math.round(now - began)));
  };
  strip.addEventListener("pointermove", move);
  strip.addEventListener("lostpointercapture", () => strip.removeEventListener("pointermove", move), { once: true });
}

function onKey(model: Model, length: number, event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { view } = model;
  const page = Math.max(1, Math.floor(view.span / 2));
  const by: Readonly<Record<string, number>> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    PageUp: -page,
    PageDown: page,
    Home: -length,
    End: length,
  };
  const steps = by[event.key];
  if (steps === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  model.setView(panView(view, length, steps));
}
