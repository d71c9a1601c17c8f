/** The unrolled network on the columns of time: a lane for each pass of each layer, time to the right, from the input down to the read-out. */

import { html, nothing, svg, type TemplateResult } from "lit";
import type { Cursor, RunInfo } from "../../src/protocol/panel";
import { arrow } from "../arrow";
import { styles } from "../styles";
import { isKnown } from "./series";
import { lastStep, stepLeft, stepWidth, type View } from "./view";

interface Lane {
  readonly layer: number;
  readonly direction: "forward" | "backward";
  readonly label: string;
  readonly id: string;
}

const boxHeight = 20;
const laneHeight = 42;
const top = 14;
const narrowestBox = 34;
const thinLane = 12;
/** How far above and below its box a line turns that goes past another pass. */
const bypass = 7;

/** The lanes in the order in which a step's values flow. */
export function lanesOf(info: RunInfo): Lane[] {
  return info.layers.flatMap((layer, k) =>
    layer.passes.map((direction) => {
      const isReverse = direction === "backward" && layer.passes.length > 1;
      const mark = layer.passes.length > 1 || direction === "backward" ? (direction === "forward" ? " →" : " ←") : "";
      return {
        layer: k,
        direction,
        label: `${info.layers.length === 1 ? "cell" : `layer ${k + 1}`}${mark}`,
        id: isReverse ? `layers.${k}.reverse.h` : `layers.${k}.h`,
      };
    }),
  );
}

const isThin = (view: View, width: number) => stepWidth(view, width) < narrowestBox;

/** Height of the whole picture in CSS pixels. */
export function networkHeight(info: RunInfo, view: View, width: number): number {
  const lanes = lanesOf(info).length;
  return isThin(view, width) ? lanes * thinLane + 6 : top + lanes * laneHeight + 2;
}

/** The lanes' names, beside the picture. */
export function networkLabels(info: RunInfo, view: View, width: number): TemplateResult[] {
  return lanesOf(info).map((lane, k) => {
    const y = isThin(view, width) ? 3 + k * thinLane : top + k * laneHeight + boxHeight / 2 - 8;
    return html`<div class="lane-label" ${styles({ top: `${y}px` })}>${lane.label}</div>`;
  });
}

export function network(info: RunInfo, cursor: Cursor, view: View, width: number): TemplateResult {
  const height = networkHeight(info, view, width);
  return html`<svg class="network" width=${width} height=${height} aria-hidden="true">
    ${isThin(view, width) ? thinLanes(info, cursor, view, width) : boxes(info, cursor, view, width)}
  </svg>`;
}

/** Columns too narrow for boxes: a line a lane, strong as far as it is known. */
function thinLanes(info: RunInfo, cursor: Cursor, view: View, width: number): TemplateResult[] {
  const isBack = cursor.phase === "backward" || cursor.phase === "update";
  return lanesOf(info).map((lane, k) => {
    const y = 3 + k * thinLane + thinLane / 2;
    const known = cursor.known[isBack ? `gradients.${lane.id}` : lane.id];
    const x = (t: number) => stepLeft(view, width, t);
    return svg`<line class="lane" x1="0" x2=${width} y1=${y} y2=${y}></line>
      ${
        known === undefined
          ? nothing
          : svg`<line class="lane is-known" x1=${Math.max(0, x(known[0]))} x2=${Math.max(0, Math.min(width, x(known[1] + 1)))}
              y1=${y} y2=${y}></line>`
      }
      ${
        cursor.t >= view.from && cursor.t <= lastStep(view)
          ? svg`<circle class="lane-point" cx=${x(cursor.t) + stepWidth(view, width) / 2} cy=${y} r="3.5"></circle>`
          : nothing
      }`;
  });
}

function boxes(info: RunInfo, cursor: Cursor, view: View, width: number): TemplateResult[] {
  const lanes = lanesOf(info);
  const w = stepWidth(view, width);
  const boxWidth = Math.min(64, w - 16);
  const center = (t: number) => stepLeft(view, width, t) + w / 2;
  const isBack = cursor.phase === "backward" || cursor.phase === "update";
  const drawn: TemplateResult[] = [];
  for (let t = view.from; t <= lastStep(view); t++) {
    const x = center(t);
    lanes.forEach((lane, k) => {
      const y = top + k * laneHeight;
      const isDone = isKnown(cursor.known[lane.id], t);
      const hasGradient = isBack && isKnown(cursor.known[`gradients.${lane.id}`], t);
      const flows =
        cursor.t === t
          ? cursor.step?.layers.find((pass) => pass.layer === lane.layer && pass.direction === lane.direction)?.flows
          : undefined;
      const isActive = flows !== undefined && Object.values(flows).some((flow) => flow.active !== null);
      const flow = (active: "forward" | "backward" | null | undefined) =>
        arrowClass(active, isBack ? hasGradient : isDone);
      const isReversed = isBack && hasGradient;
      const link = (x1: number, y1: number, x2: number, y2: number, className: string) =>
        svg`<path class=${className} d=${isReversed ? arrow(x2, y2, x1, y1) : arrow(x1, y1, x2, y2)}></path>`;

      const first = lanes.findIndex((other) => other.layer === lane.layer);
      const last = lanes.findLastIndex((other) => other.layer === lane.layer);
      const inClass = flow(flows?.input.active);
      const outClass = flow(flows?.above.active);
      // From the input or the layer before; a layer's second pass reads the same, past the first one
      if (k === first) drawn.push(link(x, k === 0 ? 0 : y - laneHeight + boxHeight, x, y, inClass));
      else {
        const from = top + first * laneHeight - bypass;
        drawn.push(
          svg`<path class=${inClass} d="M${x} ${from}H${x - boxWidth / 2 - 4}V${y - bypass}H${x}V${y}"></path>`,
        );
      }
      // What a first pass gives goes past the second one
      if (k !== last) {
        const to = top + last * laneHeight + boxHeight + bypass;
        const below = y + boxHeight + bypass;
        drawn.push(
          svg`<path class=${outClass} d="M${x + 4} ${y + boxHeight}V${below}H${x + boxWidth / 2 + 4}V${to}H${x}"></path>`,
        );
      }
      // From the step before, in the pass's direction
      const before = lane.direction === "forward" ? t - 1 : t + 1;
      if (before >= 1 && before <= info.length) {
        const side = lane.direction === "forward" ? 1 : -1;
        drawn.push(
          link(
            center(before) + (side * boxWidth) / 2,
            y + boxHeight / 2,
            x - (side * boxWidth) / 2,
            y + boxHeight / 2,
            flow(flows?.previous.active),
          ),
        );
      }
      if (k === lanes.length - 1 && (info.output.at === "every" || t === info.length))
        drawn.push(link(x, y + boxHeight, x, y + boxHeight + 18, outClass));
      const state = isActive
        ? "is-active"
        : hasGradient || (isDone && !isBack)
          ? "is-done"
          : isDone
            ? "is-quiet"
            : "is-ahead";
      drawn.push(
        svg`<rect class="box ${state}" x=${x - boxWidth / 2} y=${y} width=${boxWidth} height=${boxHeight} rx="3"></rect>
          <text class="box-text ${state}" x=${x} y=${y + 14} text-anchor="middle">h<tspan class="sub" dy="3">${t}</tspan></text>`,
      );
    });
  }
  return drawn;
}

function arrowClass(active: "forward" | "backward" | null | undefined, isDone: boolean): string {
  if (active !== null && active !== undefined) return "arrow is-active";
  return isDone ? "arrow is-done" : "arrow is-ahead";
}
