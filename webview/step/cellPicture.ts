/**
 * The picture of the cell at the current step, in the orientation of the axis above: the input comes in from the top, the read-out
 * is below, time runs to the right. Going forward the arrows carry values; going back they turn round and carry gradients.
 */

import { html, nothing, svg, type TemplateResult } from "lit";
import type { Cursor, Flow, PassDetail, RunInfo, StepDetail } from "../../src/protocol/panel";
import { arrow } from "../arrow";
import { formatNumber, formatToFit } from "../numbers";
import { svgNum } from "../symbols";

const width = 360;
const side = { width: 76, height: 40 };
const cell = { width: 92, height: 40 };
const end = { width: 92, height: 36 };
const gap = 40;
const middle = width / 2;

export function cellPictures(info: RunInfo, cursor: Cursor, step: StepDetail): TemplateResult {
  const isOneWay = info.layers.every((layer) => layer.passes.length === 1);
  const stacks = isOneWay ? [step.layers] : step.layers.map((pass) => [pass]);
  const isBack = cursor.phase === "backward" || cursor.phase === "update";
  const isShownNorm = (flow: Flow) => flow.isNorm && (flow.forward !== null || (isBack && flow.backward !== null));
  const withNorms = step.layers.some(({ flows }) => Object.values(flows).some(isShownNorm));
  return html`<div class="cell-pictures">
    ${stacks.map(
      (passes) => html`${isOneWay ? nothing : html`<div class="picture-title">${passes[0]?.title}</div>`}
      ${picture(info, cursor, step, passes)}`,
    )}
    ${withNorms ? html`<p class="note">‖·‖: the length of the vector that flows there.</p>` : nothing}
  </div>`;
}

/** Passes one under the other, each reading what the one above it gives. */
function picture(info: RunInfo, cursor: Cursor, step: StepDetail, passes: readonly PassDetail[]): TemplateResult {
  const { digits } = info.settings;
  const isBack = cursor.phase === "backward" || cursor.phase === "update";
  const first = passes[0];
  const last = passes.at(-1);
  if (first === undefined || last === undefined) return html``;
  const cellTop = (k: number) => end.height + gap + k * (cell.height + gap);
  const endTop = cellTop(passes.length);
  const isTop = last.layer === info.layers.length - 1;
  const hasOutput = !isTop || info.output.at === "every" || step.t === info.length;
  const height = hasOutput ? endTop + end.height : endTop - gap;
  const t = step.t;

  const parts = passes.map((pass, k) => {
    const y = cellTop(k) + cell.height / 2;
    const goesRight = pass.direction === "forward";
    const sign = goesRight ? 1 : -1;
    const [tBefore, tAfter] = [t - sign, t + sign];
    const exists = (time: number) => time >= 1 && time <= info.length;
    const { flows } = pass;
    const h = `layers.${pass.layer}${goesRight || info.layers[pass.layer]?.passes.length === 1 ? "" : ".reverse"}.h`;
    const source = pass.layer === 0 ? "x" : `layers.${pass.layer - 1}.h`;
    const beforeX = middle - sign * (middle - side.width / 2);
    const afterX = middle + sign * (middle - side.width / 2);
    const horizontal = (from: number, fromW: number, to: number, toW: number, flow: Flow, name: string, time: number) =>
      link(
        { x1: edge(from, to, fromW), y1: y, x2: edge(to, from, toW), y2: y },
        flow,
        isBack,
        digits,
        { name, t: time },
        "above",
      );
    const vertical = (y1: number, y2: number, flow: Flow, name: string) =>
      link({ x1: middle, y1, x2: middle, y2 }, flow, isBack, digits, { name, t }, "right");
    return svg`
      ${vertical(cellTop(k) - gap, cellTop(k), flows.input, source)}
      ${horizontal(beforeX, side.width, middle, cell.width, flows.previous, h, tBefore)}
      ${sideBox(beforeX, y, exists(tBefore) ? `t = ${tBefore}` : "start", exists(tBefore) || flows.previous.forward !== null, flows.previous.forward, flows.previous.isNorm, digits, h, tBefore)}
      ${
        exists(tAfter)
          ? svg`${horizontal(middle, cell.width, afterX, side.width, flows.next, h, t)}
              ${sideBox(afterX, y, `t = ${tAfter}`, true, null, false, digits, h, tAfter)}`
          : nothing
      }
      ${k === passes.length - 1 && hasOutput ? vertical(cellTop(k) + cell.height, endTop, flows.above, h) : nothing}
      ${cellBox(pass, cellTop(k), flows.above, digits, h, t)}`;
  });
  return html`<svg
    class="cell-picture"
    viewBox="0 -1 ${width} ${height + 2}"
    width=${width}
    height=${height + 2}
    role="group"
    tabindex="0"
    data-numbers
    data-testid="cell-picture"
    aria-label="What flows through the cell at step ${t}. Arrow keys read the numbers"
  >
    ${endBox(0, first.layer === 0 ? "input" : `layer ${first.layer}`, first.layer === 0 ? step.input : `h at t = ${t}`)}
    ${hasOutput ? endBox(endTop, isTop ? "read-out" : `layer ${last.layer + 2}`, isTop ? readOut(step) : "") : nothing} ${parts}
  </svg>`;
}

/** Where an arrow from a box's middle x leaves it, on the side of another one. */
const edge = (x: number, towards: number, w: number) => x + (Math.sign(towards - x) * w) / 2;

function readOut(step: StepDetail): string {
  return step.target === null ? "" : `target ${step.target}`;
}

const shorten = (text: string, length: number) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

function endBox(y: number, title: string, below: string): TemplateResult {
  return svg`<rect class="picture-box" x=${middle - end.width / 2} y=${y} width=${end.width} height=${end.height} rx="3"></rect>
    <text class="picture-name" x=${middle} y=${y + (below === "" ? 22 : 15)} text-anchor="middle">${title}</text>
    <text class="picture-value" x=${middle} y=${y + 29} text-anchor="middle">${shorten(below, 14)}</text>`;
}

function sideBox(
  x: number,
  y: number,
  title: string,
  exists: boolean,
  value: number | null,
  isNorm: boolean,
  digits: number,
  name: string,
  t: number,
): TemplateResult {
  return svg`<rect class="picture-box ${exists ? "" : "is-quiet"}" x=${x - side.width / 2} y=${y - side.height / 2} width=${side.width}
      height=${side.height} rx="3"></rect>
    <text class="picture-name" x=${x} y=${value === null ? y + 4 : y - 4} text-anchor="middle">${title}</text>
    ${
      value === null
        ? nothing
        : svgNum(
            value,
            `${isNorm ? "‖h‖" : "h"} ${formatNumber(value, digits)}`,
            { name: isNorm ? `‖${name}‖` : name, where: `t = ${t}` },
            { x, y: y + 12, anchor: "middle", quiet: true },
          )
    }`;
}

function cellBox(pass: PassDetail, y: number, above: Flow, digits: number, name: string, t: number): TemplateResult {
  const isActive = Object.values(pass.flows).some((flow) => flow.active !== null);
  const value = above.forward;
  return svg`<rect class="picture-box is-cell ${isActive ? "is-active" : ""}" x=${middle - cell.width / 2} y=${y} width=${cell.width}
      height=${cell.height} rx="3"></rect>
    <text class="picture-name is-cell" x=${middle} y=${y + (value === null ? 24 : 16)} text-anchor="middle">${shorten(pass.cell, 13)}</text>
    ${
      value === null
        ? nothing
        : svgNum(
            value,
            `${above.isNorm ? "‖h‖" : "h"} ${formatNumber(value, digits)}`,
            { name: above.isNorm ? `‖${name}‖` : name, where: `t = ${t}` },
            { x: middle, y: y + 31, anchor: "middle", quiet: true },
          )
    }`;
}

interface Line {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** An arrow and its number: the value in the forward phase, in the backward phase the gradient that comes back. */
function link(
  { x1, y1, x2, y2 }: Line,
  flow: Flow,
  isBack: boolean,
  digits: number,
  { name, t }: { readonly name: string; readonly t: number },
  label: "above" | "right",
): TemplateResult {
  const value = isBack ? flow.backward : flow.forward;
  const isReversed = isBack && (value !== null || flow.active === "backward");
  const state = flow.active !== null ? "is-active" : value === null ? "is-ahead" : "is-done";
  const path = isReversed ? arrow(x2, y2, x1, y1) : arrow(x1, y1, x2, y2);
  const [x, y] = label === "above" ? [(x1 + x2) / 2, y1 - 7] : [x1 + 8, (y1 + y2) / 2 + 4];
  const symbol = isBack ? `dL/d(${name})` : name;
  const letter = name === "x" ? "x" : "h";
  // Beside a vertical arrow there is room to say what the number is; what comes back along one arrow is a part of dL/dh
  const mark =
    label === "above" ? "" : isBack ? (flow.isNorm ? "‖·‖ " : "") : flow.isNorm ? `‖${letter}‖ ` : `${letter} `;
  return svg`<path class="arrow ${state}" d=${path}></path>
    ${
      value === null
        ? nothing
        : svgNum(
            value,
            mark + (formatToFit(value, digits, 8) ?? formatNumber(value, 2)),
            { name: flow.isNorm ? `‖${symbol}‖` : symbol, where: `t = ${t}${isBack ? ", along this arrow" : ""}` },
            { x, y, anchor: label === "above" ? "middle" : "start" },
          )
    }`;
}
