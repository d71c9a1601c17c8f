/** The axis of time: tokens, the unrolled network and every track on the same columns, and the current step through all of them. */

import { html, nothing, type TemplateResult } from "lit";
import { guard } from "lit/directives/guard.js";
import { ref } from "lit/directives/ref.js";
import { repeat } from "lit/directives/repeat.js";
import type { Run, RunInfo } from "../../src/protocol/panel";
import { cssColor } from "../colors";
import { inTurn } from "../inTurn";
import { flow } from "../lights/flow";
import type { Model } from "../model";
import { point } from "../pointed";
import { lanesOf, stageHeight } from "../stage/layout";
import { stage } from "../stage/stage";
import { styles } from "../styles";
import { toggled } from "../uiState";
import { arrangeTracks, type TrackGroup } from "./arrange";
import { overview } from "./overview";
import { hasTargets, tokenStrip, tokensInView } from "./tokens";
import { trackMenu } from "./trackMenu";
import { pointAtTrack, trackRow } from "./trackRow";
import { fitView, lastStep, panView, stepAt, stepLeft, stepWidth, zoomView } from "./view";

export function timeline(model: Model, run: Run): TemplateResult {
  const { ui } = model;
  const rows = run.info.tracks.filter(({ kind }) => kind !== "flow");
  const all = arrangeTracks(rows, ui.order);
  // The phase decides what stands first
  const isBack = run.cursor.phase === "backward" || run.cursor.phase === "update";
  const isOfBack = ({ tracks }: TrackGroup) => tracks[0]?.phase === "backward";
  const groups = isBack ? [...all.filter(isOfBack), ...all.filter((group) => !isOfBack(group))] : all;
  const tokens = tokensInView(model);
  const height = ui.paneHeight ?? paneHeight(model, run.info);
  const tall = stageHeight(lanesOf(run.info).length, height - (run.info.loss === null ? 0 : flowHeight));
  return html`<section class="timeline" aria-label="Time">
    <div class="pane" data-testid="pane" ${ref(measurePane)} ${styles({ height: `${height}px` })}>
      ${stage(model, run, tall)} ${flow(model, run)}
      ${timelineBar(model, run)} ${overview(model, run)}
      <div
        class="axis"
        id="tracks"
        data-testid="axis"
        @pointerdown=${(event: PointerEvent) => onPointerDown(model, event)}
        @pointermove=${(event: PointerEvent) => onPointerMove(model, run, event)}
        @pointerleave=${() => point(null)}
        @wheel=${{ handleEvent: (event: WheelEvent) => onWheel(model, run, event), passive: false }}
      >
        <div class="columns" ${ref((element) => measureColumns(model, element))}>${currentColumn(model, run, "fill")}</div>
        <div class="columns is-above">${currentColumn(model, run, "edges")}</div>
        <div class="row row-tokens">
          <div class="label">
            <div class="label-main">input <span class="symbol">x<sub>t</sub></span></div>
            ${hasTargets(tokens) ? html`<div class="label-title">target</div>` : nothing}
          </div>
          <div class="plot" data-testid="tokens">${tokenStrip(model, tokens)}</div>
        </div>
        ${repeat(
          groups,
          (group) => group.name,
          ({ name, tracks }) => {
            const visible = tracks.filter((track) => !ui.hidden.includes(track.id));
            if (visible.length === 0) return nothing;
            const isFolded = ui.folded.includes(name);
            return html`<div class="group" role="group" aria-label=${name}>
              <button
                class="group-head"
                data-testid="track-group"
                aria-expanded=${!isFolded}
                @click=${() => model.setUi({ folded: toggled(ui.folded, name) })}
              >
                <span class="codicon codicon-chevron-${isFolded ? "right" : "down"}"></span>${name}
              </button>
              ${
                isFolded
                  ? nothing
                  : repeat(
                      visible,
                      (track) => track.id,
                      (track) => inTurn(() => trackRow(model, track)),
                    )
              }
            </div>`;
          },
        )}
      </div>
    </div>
    ${guard([height, model.panelHeight], () => sash(model, height))}
  </section>`;
}

/** What stands around the stage: toolbar, *Now*, tabs with what belongs to the step, the last line. */
const around = 32 + 44 + 24;
const flowHeight = 56;
/** The tabs have at least this. */
const leastDetails = 170;
/** Less of the tracks than their heading would be a heading that is cut. */
const leastTracks = 32;

/** The stage with *Flow* under it, and, where there is more room than that, the tracks. */
function paneHeight({ panelHeight }: Model, info: RunInfo): number {
  const body = panelHeight - around;
  const lights = 250 + (info.loss === null ? 0 : flowHeight);
  const height = Math.round(Math.min(body * 0.56, body - leastDetails));
  return height < lights + leastTracks ? lights : height;
}

/** The current step: a shaded column under everything, and its edges above everything. */
function currentColumn(model: Model, { cursor }: Run, part: "fill" | "edges"): TemplateResult | typeof nothing {
  const { view, plotWidth } = model;
  if (cursor.t < view.from || cursor.t > lastStep(view) || plotWidth <= 0) return nothing;
  const width = Math.max(2, stepWidth(view, plotWidth));
  return html`<div
    class="column is-${part} ${width < 6 ? "is-thin" : ""}"
    data-testid=${part === "fill" ? "current-column" : "current-column-edges"}
    data-t=${cursor.t}
    ${styles({ left: `${stepLeft(view, plotWidth, cursor.t)}px`, width: `${width}px` })}
  ></div>`;
}

function iconButton(icon: string, label: string, id: string, disabled: boolean, action: () => void): TemplateResult {
  return html`<button class="icon-button" data-testid=${id} aria-label=${label} title=${label} ?disabled=${disabled} @click=${action}>
      <span class="codicon codicon-${icon}"></span>
    </button>`;
}

function timelineBar(model: Model, run: Run): TemplateResult {
  const { info } = run;
  const { view } = model;
  return html`<div class="timeline-bar">
    <span class="light-name">Tracks</span>
    ${model.ui.unitOrder === "file" ? nothing : html`<span class="quiet" data-testid="unit-order-text">units by ${model.ui.unitOrder}</span>`}
    ${guard([info, view.from, view.span, model.theme, model.overlay, model.ui.hidden, model.ui.order, model.ui.unitOrder], () => barEnd(model, info))}
  </div>`;
}

/** What a step leaves as it is. */
function barEnd(model: Model, info: RunInfo): TemplateResult {
  const { view } = model;
  const isFit = view.span >= info.length;
  const zoom = (factor: number) => zoomAtCursor(model, factor);
  return html`<div class="bar-end">
      ${legend(model, info.nonFinite !== null)}
      <div class="zoom" role="group" aria-label="Zoom">
        ${
          isFit
            ? nothing
            : html`<span class="zoom-text" data-testid="zoom-text">t ${view.from}–${lastStep(view)} of ${info.length}</span>`
        }
        ${iconButton("zoom-out", "Show more steps (−)", "zoom-out", isFit, () => zoom(2))}
        ${iconButton("zoom-in", "Show fewer steps (+)", "zoom-in", view.span <= Math.min(4, info.length), () => zoom(0.5))}
        ${iconButton("screen-full", "Show all steps (0)", "zoom-fit", isFit, () => model.setView(fitView(info.length)))}
      </div>
      ${trackMenu(
        model,
        info.tracks.filter(({ kind }) => kind !== "flow"),
      )}
    </div>`;
}

function legend({ theme }: Model, withNonFinite: boolean): TemplateResult {
  const ramp = Array.from({ length: 9 }, (_, k) => theme.colors.color((k - 4) / 4, 1));
  return html`<div class="legend" role="img" aria-label="Colours: blue below 0, orange above 0, stronger the further from 0">
    <span>−max</span>
    <span class="ramp">${ramp.map((color) => html`<i ${styles({ "background-color": cssColor(color) })}></i>`)}</span>
    <span>max</span>
    ${
      withNonFinite
        ? html`<span class="ramp"><i ${styles({ "background-color": cssColor(theme.colors.nonFinite) })}></i></span
            ><span>NaN, ∞</span>`
        : nothing
    }
  </div>`;
}

// -------------------------------------------------------------------------------------------- pointer, wheel, size

/** Zooms around the current step or, where it is not in view, the middle. */
export function zoomAtCursor(model: Model, factor: number): void {
  const { run, view } = model;
  if (run === null) return;
  const { t } = run.cursor;
  const anchor = t >= view.from && t <= lastStep(view) ? t : view.from + Math.floor(view.span / 2);
  model.setView(zoomView(view, run.info.length, factor, anchor));
}

function stepUnder(model: Model, event: MouseEvent): number | null {
  const axis = event.currentTarget;
  if (!(axis instanceof Element)) return null;
  const columns = axis.querySelector(".columns")?.getBoundingClientRect();
  return columns === undefined
    ? null
    : stepAt(model.view, model.plotWidth, (event.clientX - columns.left) / model.zoom);
}

function onPointerDown(model: Model, event: PointerEvent): void {
  if (event.button !== 0 || !(event.target instanceof Element) || event.target.closest(".plot") === null) return;
  // The keyboard stays where it was: a click on a track is not a wish to read its cells with the arrow keys
  event.preventDefault();
  // A click in a track keeps its number: time moves on the axis of tokens alone
  const t = event.target.closest(".row-tokens") === null ? null : stepUnder(model, event);
  if (t === null) return;
  if (event.currentTarget instanceof Element) event.currentTarget.setPointerCapture(event.pointerId);
  model.goTo(t);
}

function onPointerMove(model: Model, run: Run, event: PointerEvent): void {
  const t = stepUnder(model, event);
  if (t === null) return;
  const isDragging = event.currentTarget instanceof Element && event.currentTarget.hasPointerCapture(event.pointerId);
  if (isDragging) {
    if (t !== run.cursor.t) model.goTo(t);
  } else pointAtTrack(model, run.info.tracks, event, t);
}

function onWheel(model: Model, run: Run, event: WheelEvent): void {
  const { view, plotWidth } = model;
  const { length } = run.info;
  if (event.ctrlKey || event.metaKey) {
    const t = stepUnder(model, event);
    event.preventDefault();
    if (t !== null) model.setView(zoomView(view, length, event.deltaY > 0 ? 1.25 : 0.8, t));
    return;
  }
  // Some systems turn shift and wheel into a sideways wheel themselves
  const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
  if (sideways === 0 || view.span >= length) return;
  event.preventDefault();
  const steps = sideways / stepWidth(view, plotWidth);
  model.setView(panView(view, length, Math.sign(steps) * Math.max(1, Math.round(Math.abs(steps)))));
}

const sizes = new WeakMap<Element, ResizeObserver>();

function measureColumns(model: Model, element: Element | undefined): void {
  if (element === undefined || sizes.has(element)) return;
  // In the next frame: drawing at once would change sizes while they are being reported
  const measure = () => requestAnimationFrame(() => model.setPlotWidth(element.clientWidth));
  const observer = new ResizeObserver(measure);
  observer.observe(element);
  sizes.set(element, observer);
}

let pane: Element | undefined;

function measurePane(element: Element | undefined): void {
  if (element !== undefined) pane = element;
}

/** The border between the tracks and the tabs: drag it, or move it with the arrow keys; a double click lets the tracks have what they need. */
function sash(model: Model, height: number): TemplateResult {
  const most = Math.max(96, model.panelHeight - around - 60);
  const now = () => pane?.getBoundingClientRect().height ?? height;
  const set = (height: number) => model.setUi({ paneHeight: Math.round(Math.min(most, Math.max(96, height))) });
  const drag = (event: PointerEvent) => {
    const handle = event.currentTarget;
    if (!(handle instanceof HTMLElement) || event.button !== 0) return;
    event.preventDefault();
    handle.setPointerCapture(event.pointerId);
    const [startY, start] = [event.clientY, now()];
    const move = (moved: PointerEvent) => set(start + moved.clientY - startY);
    const end = () => handle.removeEventListener("pointermove", move);
    handle.addEventListener("pointermove", move);
    handle.addEventListener("lostpointercapture", end, { once: true });
  };
  return html`<div
    class="sash"
    role="separator"
    tabindex="0"
    aria-orientation="horizontal"
    aria-label="Height of the stage"
    aria-valuenow=${height}
    aria-valuemin="96"
    aria-valuemax=${Math.max(most, height)}
    @pointerdown=${drag}
    @dblclick=${() => model.setUi({ paneHeight: null })}
    @keydown=${(event: KeyboardEvent) => {
      if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
      event.preventDefault();
      event.stopPropagation();
      set(now() + (event.key === "ArrowUp" ? -24 : 24));
    }}
  ></div>`;
}
