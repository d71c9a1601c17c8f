/** The light *Flow*: how large the gradient of every layer's state is at each step, on one logarithmic axis, and what that means. */

import { html, nothing, svg, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { largestOf, smallestOf } from "../../src/protocol/extremes";
import type { Run } from "../../src/protocol/panel";
import type { Model } from "../model";
import { formatNumber, plainNumber } from "../numbers";
import { centerOf, columnOf } from "../stage/axis";
import { StageData, valueOf } from "../stage/data";
import { lanesOf } from "../stage/layout";
import { axisOf } from "../stage/scene";
import { styles } from "../styles";
import { typeset } from "../symbols";
import { visiblePoints } from "../timeline/series";
import { logPart, logRange } from "../timeline/ticks";

const verdicts = {
  vanishing: "vanishes:",
  exploding: "explodes:",
  shrinking: "shrinks:",
  growing: "grows:",
  steady: "steady:",
} as const;
const plotTop = 18;
const plotHeight = 32;
const tickHeight = 12;
/** Pixels that the axis' numbers take on the left, and one beside its dot. */
const roomOfTicks = 50;
const roomOfAmount = 60;
/** Of more points than these none has a dot. */
const mostDots = 80;
/** Layers are told apart by their dashes, not by colour. */
const dashes = ["", "5 3", "1.5 2.5", "8 3 1.5 3"];

export function flow(model: Model, run: Run): TemplateResult | typeof nothing {
  const { info, cursor } = run;
  if (info.loss === null || model.stageWidth <= 0) return nothing;
  const lanes = lanesOf(info);
  const axis = axisOf(model, run);
  const data = new StageData(model, run, axis);
  const tracks = lanes.flatMap((lane) => {
    const track = data.track(`gradients.${lane.prefix}.norm`);
    return track === null ? [] : [{ lane, track }];
  });
  if (tracks.length === 0) return nothing;
  const smallest = smallestOf(tracks.map(({ track }) => (track.info.smallest > 0 ? track.info.smallest : Infinity)));
  const largest = largestOf(tracks.map(({ track }) => track.info.scale));
  const [low, high] = logRange(smallest, largest);
  const y = (value: number) => plotTop + plotHeight * (1 - logPart(value, low, high));
  const x = (t: number) =>
    axis.kind === "window" ? columnOf(axis, t).left + columnOf(axis, t).width / 2 : centerOf(axis, t);
  // Two numbers that would stand in one another's way are one.
  const ticks = [largest, smallest].filter(
    (value, k) => Number.isFinite(value) && value > 0 && (k === 0 || y(value) - y(largest) >= tickHeight),
  );
  const isAny = tracks.some(({ track }) => track.known !== undefined);
  // Of several lanes the one that the gradient has come to last
  const current = tracks
    .map(({ track }) => (cursor.t > 0 ? valueOf(track, cursor.t) : null))
    .find((value): value is number => value !== null);
  // The lines run on the side that the gradient has come from
  const isFree = cursor.t <= 1 || tracks.every(({ track }) => valueOf(track, cursor.t - 1) === null);
  const verdict = cursor.gradientFlow;
  return html`<section class="flow" aria-label="Flow of the gradient" data-testid="flow">
    <div class="flow-head">
      <span class="light-name">Flow</span>
      <span class="symbol">‖∂L/∂h<sub>t</sub>‖</span>
      ${lanes.length > 1 ? html`<span class="flow-key">${tracks.map(({ lane }, k) => key(lane.label, k))}</span>` : nothing}
      ${
        verdict === null
          ? html`<span class="flow-verdict quiet">${isAny ? "" : "comes with the backward pass"}</span>`
          : html`<span class="flow-verdict" data-testid="verdict" data-verdict=${verdict.verdict} title=${verdict.text}><strong>${verdicts[verdict.verdict]}</strong> ${typeset(verdict.text.replace("‖∂L/∂h_t‖ ", ""))}</span>`
      }
    </div>
    <svg class="flow-plot" width=${axis.width} height="56" role="group" aria-label="Norms of the gradient by step" data-numbers tabindex="0">
      ${[low, high].map((_, k) => svg`<line class="chart-grid" x1="0" x2=${axis.width} y1=${plotTop + k * plotHeight} y2=${plotTop + k * plotHeight}></line>`)}
      ${
        isAny
          ? ghostLines(
              model,
              tracks.map(({ track }) => track.info.id),
              x,
              y,
            )
          : nothing
      }
      ${tracks.map(({ lane, track }, k) => {
        const { entry, known } = track;
        if (entry === null) return nothing;
        const points = visiblePoints(entry, { from: 1, span: info.length }, known).filter(({ max }) =>
          Number.isFinite(max),
        );
        const path = points
          .map(({ from, to, max }) => `${((x(from) + x(to)) / 2).toFixed(1)} ${y(max).toFixed(1)}`)
          .join("L");
        return svg`${path === "" ? nothing : svg`<path class="flow-line" stroke-dasharray=${dashes[k % dashes.length] ?? ""} d=${`M${path}`}></path>`}
          ${
            // Going back each step comes before the others: their dots stay as they are
            repeat(
              points.length > mostDots ? [] : points,
              ({ from }) => from,
              ({ from, max }) => dot(from, max, from === cursor.t, lane.prefix, x(from), y(max)),
            )
          }`;
      })}
      ${current === undefined ? nothing : amount(cursor.t, current, x(cursor.t), y(current), axis.width, isFree)}
    </svg>
    ${(isAny ? ticks : []).map((value) => html`<span class="flow-tick" ${styles({ top: `${y(value) - tickHeight / 2}px` })}>${formatNumber(value, 2)}</span>`)}
  </section>`;
}

function key(label: string, k: number): TemplateResult {
  return html`<span>${label}<svg width="18" height="6" aria-hidden="true"><line class="flow-line" x1="1" x2="17" y1="3" y2="3" stroke-dasharray=${dashes[k % dashes.length] ?? ""}></line></svg></span>`;
}

function dot(t: number, value: number, isCurrent: boolean, prefix: string, x: number, y: number): TemplateResult {
  return svg`<circle class="flow-dot num ${isCurrent ? "is-current" : ""}" cx=${x} cy=${y} r=${isCurrent ? 3.5 : 2}
    data-value=${plainNumber(value)} data-name=${`‖gradients.${prefix}.h‖`} data-where=${`t = ${t}`} data-reference=""></circle>`;
}

/**
 * The current number beside its dot.
 * @param isFree whether nothing is drawn on its left
 */
function amount(t: number, value: number, x: number, y: number, width: number, isFree: boolean): TemplateResult {
  const isRight = x < (isFree ? roomOfTicks + roomOfAmount : width - roomOfAmount);
  return svg`<text class="num flow-amount" x=${x + (isRight ? 7 : -7)} y=${Math.max(plotTop + 9, y - 3)} text-anchor=${isRight ? "start" : "end"}
    data-value=${plainNumber(value)} data-name="‖∂L/∂h‖" data-where=${`t = ${t}`} data-reference="">${formatNumber(value, 3)}</text>`;
}

/** The lines of before the last change of the text. */
function ghostLines(
  model: Model,
  ids: readonly string[],
  x: (t: number) => number,
  y: (value: number) => number,
): (TemplateResult | typeof nothing)[] {
  const { ghost } = model;
  return ids.map((id) => {
    const entry = ghost?.entries.get(id);
    if (ghost === null || entry === undefined) return nothing;
    const points = visiblePoints(entry, { from: 1, span: ghost.info.length }, [1, ghost.info.length]).filter(
      ({ max }) => Number.isFinite(max),
    );
    const path = points
      .map(({ from, to, max }) => `${((x(from) + x(to)) / 2).toFixed(1)} ${y(max).toFixed(1)}`)
      .join("L");
    return path === "" ? nothing : svg`<path class="flow-line is-ghost" data-testid="ghost" d=${`M${path}`}></path>`;
  });
}
