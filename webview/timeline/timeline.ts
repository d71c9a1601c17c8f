/** The axis of time: tokens, the unrolled network and every track on the same columns, and the current step through all of them. */

import { html, nothing, type TemplateResult } from "lit";
import { guard } from "lit/directives/guard.js";
import { ref } from "lit/directives/ref.js";
import { repeat } from "lit/directives/repeat.js";
import type { Run, RunInfo } from "../../src/protocol/panel";
import { cssColor } from "../colors";
import { inTurn } from "../inTurn";
import type { Model } from "../model";
import { point } from "../pointed";
import { styles } from "../styles";
import { typeset } from "../symbols";
import { position } from "../toolbar";
import { toggled } from "../uiState";
import { arrangeTracks, networkId } from "./arrange";
import { network, networkHeight, networkLabels } from "./network";
import { hasTargets, tokenStrip, tokensInView } from "./tokens";
import { trackMenu } from "./trackMenu";
import { pointAtTrack, trackRow } from "./trackRow";
import { fitView, lastStep, panView, stepAt, stepLeft, stepWidth, zoomView } from "./view";

export function timeline(model: Model, run: Run): TemplateResult {
  const { ui } = model;
  const groups = arrangeTracks(run.info.tracks, ui.order);
  const tokens = tokensInView(model);
  const height = ui.paneHeight;
  // How the gradient runs is said once, where its lengths are drawn
  const flow = run.cursor.gradientFlow;
  const flowGroup = groups.find((group) => group.tracks.some((track) => track.kind === "log"))?.name;
  return html`<section class="timeline" aria-label="Time">
    ${timelineBar(model, run)}
    <div class="pane" ${ref(measurePane)} ${styles(height === null ? {} : { height: `${height}px`, "max-height": "none" })}>
      <div
        class="axis"
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
        ${ui.hidden.includes(networkId) ? nothing : networkRow(model, run)}
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
                ${name === flowGroup && flow !== null ? html`<span class="verdict" data-testid="verdict" data-verdict=${flow.verdict}>${typeset(flow.text)}</span>` : nothing}
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
    ${guard([height, windowHeight], () => sash(model))}
  </section>`;
}

function networkRow(model: Model, { info, cursor }: Run): TemplateResult {
  const { view, plotWidth } = model;
  if (plotWidth <= 0) return html``;
  return html`<div class="row row-network" ${styles({ height: `${networkHeight(info, view, plotWidth)}px` })}>
    <div class="label">${networkLabels(info, view, plotWidth)}</div>
    <div class="plot" data-testid="network">${network(info, cursor, view, plotWidth)}</div>
  </div>`;
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
    ${position(run)}
    ${
      info.nonFinite === null
        ? nothing
        : html`<div class="non-finite-note" role="note" data-testid="non-finite">
            <span class="codicon codicon-warning"></span> ${info.nonFinite}
          </div>`
    }
    ${guard([info, view.from, view.span, model.theme, model.overlay, model.ui.hidden, model.ui.order], () => barEnd(model, info))}
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
      ${trackMenu(model, info.tracks)}
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
  return columns === undefined ? null : stepAt(model.view, model.plotWidth, event.clientX - columns.left);
}

function onPointerDown(model: Model, event: PointerEvent): void {
  if (event.button !== 0 || !(event.target instanceof Element) || event.target.closest(".plot") === null) return;
  const t = stepUnder(model, event);
  if (t === null) return;
  // The keyboard stays where it was: a click on a track is not a wish to read its cells with the arrow keys
  event.preventDefault();
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

/** Asking the window itself would lay out the page in the middle of each drawing. */
let windowHeight = window.innerHeight;
window.addEventListener("resize", () => {
  windowHeight = window.innerHeight;
});

let pane: Element | undefined;

function measurePane(element: Element | undefined): void {
  if (element !== undefined) pane = element;
}

const paneHeight = () => pane?.getBoundingClientRect().height ?? 300;

/** The border between the tracks and the tabs: drag it, or move it with the arrow keys; a double click lets the tracks have what they need. */
function sash(model: Model): TemplateResult {
  const set = (height: number) =>
    model.setUi({ paneHeight: Math.round(Math.min(windowHeight - 160, Math.max(96, height))) });
  const drag = (event: PointerEvent) => {
    const handle = event.currentTarget;
    if (!(handle instanceof HTMLElement) || event.button !== 0) return;
    event.preventDefault();
    handle.setPointerCapture(event.pointerId);
    const [startY, start] = [event.clientY, paneHeight()];
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
    aria-label="Height of the tracks"
    aria-valuenow=${model.ui.paneHeight ?? 300}
    aria-valuemin="96"
    aria-valuemax=${Math.max(96, windowHeight - 160)}
    @pointerdown=${drag}
    @dblclick=${() => model.setUi({ paneHeight: null })}
    @keydown=${(event: KeyboardEvent) => {
      if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
      event.preventDefault();
      event.stopPropagation();
      set(paneHeight() + (event.key === "ArrowUp" ? -24 : 24));
    }}
  ></div>`;
}
