/**
 * The cells at the current step, each with its own wiring as the textbooks draw it: time runs to the right, the input comes in from
 * below, what reads the cell is above it. Going forward the lines carry values; going back they turn round and carry gradients.
 */

import { html, nothing, svg, type TemplateResult } from "lit";
import type {
  Symbol as MathSymbol,
  PassDetail,
  PictureDetail,
  PictureExit,
  PictureNodeDetail,
  PictureNumber,
  PictureState,
  RunInfo,
  StepDetail,
} from "../../src/protocol/panel";
import { equationParts } from "../equation";
import { formatNumber, formatToFit } from "../numbers";
import { svgNum, symbolText } from "../symbols";
import { bordersOf, exitCorners, exitLine, linePath, pictureSize, placeOf, type Size, sizeOf } from "./wiring";

/** What a box has room for. */
const mostCharacters = 7;

export function cellPictures(info: RunInfo, step: StepDetail): TemplateResult {
  const numbers = step.layers.flatMap(({ picture }) =>
    [...picture.nodes, ...picture.exits].map(({ number }) => number),
  );
  const has = (measure: PictureNumber["measure"]) => numbers.some((number) => number?.measure === measure);
  const note = [
    ...(has("mean") ? ["a line over a gate stands for the mean of its units"] : []),
    ...(has("norm") ? ["‖·‖ is the norm of a vector"] : []),
  ].join("; ");
  return html`<div class="cell-pictures">
    ${step.layers
      .toSorted((a, b) => b.layer - a.layer)
      .map(
        (pass) => html`<figure>
        ${step.layers.length > 1 ? html`<figcaption class="picture-title">${pass.title}</figcaption>` : nothing}
        ${picture(info, step, pass)}
      </figure>`,
      )}
    ${note === "" ? nothing : html`<p class="note">${note.charAt(0).toUpperCase() + note.slice(1)}.</p>`}
  </div>`;
}

/** What every part of one picture is drawn with. */
interface Drawing {
  readonly picture: PictureDetail;
  readonly digits: number;
  readonly isMirrored: boolean;
  readonly size: Size;
}

function picture({ settings: { digits }, layers }: RunInfo, step: StepDetail, pass: PassDetail): TemplateResult {
  const isMirrored = pass.direction === "backward";
  const size = pictureSize(pass.picture);
  const where = `t = ${step.t}${layers.length > 1 ? `, layer ${pass.layer + 1}` : ""}`;
  const drawing: Drawing = { picture: pass.picture, digits, isMirrored, size };
  const order: readonly PictureState[] = ["ahead", "known", "active"];
  const edges = pass.picture.edges.toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  const isBack = pass.picture.carries === "gradients";
  return html`<svg
    class="cell-picture"
    viewBox="0 0 ${size.width} ${size.height}"
    width=${size.width}
    height=${size.height}
    role="group"
    tabindex="0"
    data-numbers
    data-testid="cell-picture"
    data-when=${where}
    data-carries=${pass.picture.carries}
    aria-label="The ${pass.cell} cell at step t and its ${pass.picture.carries}. Arrow keys read the numbers"
  >
    ${edges.map(
      (edge) => svg`<path class="arrow is-${edge.state}" data-from=${edge.from} data-to=${edge.to}
        d=${linePath(pass.picture, edge, isBack)}></path>`,
    )}
    ${pass.picture.exits.map((one) => exit(drawing, one))} ${pass.picture.nodes.map((one) => node(drawing, one))}
  </svg>`;
}

// -------------------------------------------------------------------------------------------- nodes

function node(drawing: Drawing, detail: PictureNodeDetail): TemplateResult {
  const { x, y } = placeOf(drawing.picture, detail);
  const { symbol, number, title, equation } = detail;
  // The number of an operator on the way stands in its tooltip alone
  const value = symbol === null && number !== null ? String(number.value) : nothing;
  return svg`<g
    class="picture-node is-${detail.kind} is-${detail.state}"
    data-node=${detail.id}
    data-state=${detail.state}
    data-name=${symbol === null ? (number === null ? "" : measured("", number)) : title}
    data-equation=${equation}
    data-value=${value}
  >${symbol === null ? operator(detail, x, y) : box(drawing, detail, symbol, x, y)}</g>`;
}

function operator(detail: PictureNodeDetail, x: number, y: number): TemplateResult {
  if (detail.sign === "") return svg`<circle class="picture-joint" cx=${x} cy=${y} r="2.5"></circle>`;
  const { width, height } = sizeOf(detail);
  return svg`<rect class="picture-box" x=${x - width / 2} y=${y - height / 2} width=${width} height=${height} rx=${height / 2}></rect>
    ${sign(detail.sign, x, y)}`;
}

/** × and + as two strokes, in the middle of their circle whatever the font; functions in letters. */
function sign(text: string, x: number, y: number): TemplateResult {
  const strokes: Readonly<Record<string, string>> = {
    "×": `M${x - 3} ${y - 3}l6 6M${x - 3} ${y + 3}l6 -6`,
    "+": `M${x - 4} ${y}h8M${x} ${y - 4}v8`,
  };
  const stroke = strokes[text];
  return stroke === undefined
    ? svg`<text class="picture-sign" x=${x} y=${y + 4} text-anchor="middle">${text}</text>`
    : svg`<path class="picture-stroke" d=${stroke}></path>`;
}

function box(drawing: Drawing, detail: PictureNodeDetail, name: MathSymbol, x: number, y: number): TemplateResult {
  const { width, height } = sizeOf(detail);
  const { number, text } = detail;
  const above = detail.isPart ? "part of" : detail.sign;
  const top = y - height / 2;
  const hasBelow = number !== null || text !== null;
  const lines = above === "" ? 0 : 13;
  // What is there stands in the middle of the box
  const first = hasBelow || above !== "" ? top + (height - lines - (hasBelow ? 13 : 0)) / 2 + 3.5 : y + 3.5;
  const symbolY = first + lines;
  return svg`<rect class="picture-box" x=${x - width / 2} y=${top} width=${width} height=${height} rx="3"></rect>
    ${
      above === ""
        ? nothing
        : above === "+" || above === "×"
          ? sign(above, x, first - 3.5)
          : svg`<text class=${detail.isPart ? "picture-name" : "picture-sign"} x=${x} y=${first} text-anchor="middle">${above}</text>`
    }
    <text class="picture-name" x=${x} y=${symbolY} text-anchor="middle">${symbolSpans(detail.kind === "gate" && name.gradient ? { ...name, sub: "" } : name, number)}</text>
    ${
      number !== null
        ? pictureNumber(drawing, number, symbolText(name), detail.title, { x, y: symbolY + 13, anchor: "middle" })
        : text !== null
          ? svg`<text class="picture-text" x=${x} y=${symbolY + 13} text-anchor="middle">${shorten(text, 8)}</text>`
          : nothing
    }`;
}

const shorten = (text: string, length: number) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

/** `mean f_3`, `‖∂L/∂c_3‖`, `h_3` */
function measured(name: string, { measure }: PictureNumber): string {
  if (measure === "itself") return name;
  return measure === "mean" ? `mean ${name}` : `‖${name}‖`;
}

function pictureNumber(
  { digits }: Drawing,
  number: PictureNumber,
  name: string,
  title: string,
  at: { readonly x: number; readonly y: number; readonly anchor: "start" | "middle" | "end" },
): TemplateResult {
  const { value } = number;
  const text = formatToFit(value, digits, mostCharacters) ?? formatNumber(value, 2);
  return svgNum(value, text, { name: measured(name, number), where: title, reference: number.reference }, at);
}

/** The symbol typeset, and what its number is of a vector: ‖h‖ its norm, a line over it the mean. */
function symbolSpans({ base, sub, gradient }: MathSymbol, number: PictureNumber | null): TemplateResult {
  const bar = number?.measure === "norm" ? "‖" : "";
  const over = number?.measure === "mean" ? "is-mean" : "";
  let shift = 0;
  const span = (text: string, place: "line" | "sub" | "sup") => {
    const level = place === "sub" ? 3 : place === "sup" ? -4 : 0;
    const dy = level - shift;
    shift = level;
    return svg`<tspan class=${place === "line" ? over : "picture-sub"} dy=${dy}>${text}</tspan>`;
  };
  const parts = [
    ...(bar === "" && !gradient ? [] : [span(bar + (gradient ? "∂L/∂" : ""), "line")]),
    ...equationParts(base).map(({ text, place }) => span(text, place)),
    ...(sub === "" ? [] : [span(sub, "sub")]),
    ...(bar === "" ? [] : [span(bar, "line")]),
  ];
  return svg`${parts}`;
}

// -------------------------------------------------------------------------------------------- lines that leave the cell

function exit(drawing: Drawing, detail: PictureExit): TemplateResult {
  const { picture, isMirrored, size } = drawing;
  const from = picture.nodes.find(({ id }) => id === detail.node);
  if (from === undefined) return svg``;
  const isBack = picture.carries === "gradients";
  const { x, y } = placeOf(picture, from);
  const { number } = detail;
  const name = `∂L/∂${detail.node}`;
  const title = `what comes back from ${detail.label}`;
  if (detail.side === "above") {
    const side = isMirrored ? -1 : 1;
    return svg`<path class="arrow is-${detail.state}" d=${exitLine(
      [
        { x, y: bordersOf(picture, from).top },
        { x, y: 16 },
      ],
      isBack,
    )}></path>
      <text class="picture-name" x=${x} y="11" text-anchor="middle">${detail.label}</text>
      ${
        number === null
          ? nothing
          : pictureNumber(drawing, number, name, title, {
              x: x + 6 * side,
              y: 30,
              anchor: isMirrored ? "end" : "start",
            })
      }`;
  }
  const end = isMirrored ? 1 : size.width - 1;
  const borders = bordersOf(picture, from);
  const corners = exitCorners(picture, detail);
  const beginning = { x: isMirrored ? borders.left : borders.right, y };
  const ending = { x: end, y: corners.at(-1)?.y ?? y };
  // Under the line, or under the box where the line is too short for it
  const isLong = corners.length > 0 || Math.abs(end - beginning.x) > 60;
  const below = isLong ? ending.y + 14 : y + sizeOf(from).height / 2 + 14;
  const anchor = isMirrored ? "start" : "end";
  return svg`<path class="arrow is-${detail.state}" d=${exitLine([beginning, ...corners, ending], isBack)}></path>
    ${number === null ? nothing : pictureNumber(drawing, number, name, title, { x: end, y: below, anchor })}
    ${
      detail.node === "h"
        ? svg`<text class="picture-name" x=${end} y=${below + (number === null ? 0 : 13)} text-anchor=${anchor}>${
            isBack ? "from" : "to"
          } ${detail.label}</text>`
        : nothing
    }`;
}
