/** The cell of one step: its vectors with their numbers where there is room, else with colours. */

import { html, nothing, type TemplateResult } from "lit";
import type { Symbol as MathSymbol } from "../../src/protocol/panel";
import { cssColor, inkOn } from "../colors";
import { matrixHeat } from "../matrix";
import { formatToFit, plainNumber } from "../numbers";
import { styles } from "../styles";
import { symbol, symbolOfStep } from "../symbols";
import { colorsOf, type Theme } from "../theme";

/** One vector of a cell. */
export interface CellRow {
  readonly symbol: MathSymbol;
  readonly title: string;
  /** Null while it is not known. */
  readonly data: Float64Array | null;
  /** What it was before the last change of a weight, where that is shown; else null. */
  readonly before: Float64Array | null;
  /** How many numbers it has. */
  readonly size: number;
  readonly scale: number;
  readonly palette: "signed" | "gate";
  /** The name by which its entries are explained, without their index. */
  readonly reference: string;
  /** `layers.0.h` */
  readonly name: string;
  /** The current operation has made it. */
  readonly isActive: boolean;
  /** A value of the forward pass while gradients flow. */
  readonly isDim: boolean;
}

export interface CellBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Room for the name of a value, and of a gradient. */
const labelWidths = { value: 24, gradient: 42 };
const labelHeight = 13;
const digitWidth = 6.3;
const lineHeight = 18;
const leastLine = 8;
const mostNumbers = 8;
/** What fixed digits would show as zeros. */
const asGoodAsNone = 1e-4;
/** Room for a number and the one of before. */
const twoNumbers = 88;
/** Of vectors side by side: so wide is one with numbers, and one that is folded to its colours. */
const leastUpright = 30;
const wideUpright = 42;
const foldedWidth = 11;

interface Drawing {
  readonly theme: Theme;
  readonly digits: number;
  readonly t: number;
  /** `, layer 2` */
  readonly where: string;
}

/** @param state how the whole box looks */
export function cellBox(
  drawing: Drawing,
  rows: readonly CellRow[],
  box: CellBox,
  state: "is-ahead" | "is-known" | "is-active",
): TemplateResult {
  const height = box.height - 6;
  const fit = fitting(rows, height);
  const labelWidth = fit.some(({ symbol }) => symbol.gradient) ? labelWidths.gradient : labelWidths.value;
  const size = Math.max(1, ...rows.map((row) => row.size));
  const numbersRoom = box.width - 8;
  // Vectors side by side, an entry a line, where that has room; else one above the other
  const first = fit.filter(({ isDim }) => !isDim).length;
  const isUpright =
    size > 1 &&
    size <= mostNumbers &&
    first * leastUpright + (fit.length - first) * foldedWidth <= numbersRoom &&
    (size + 1) * 11 <= height &&
    (numbersRoom - labelWidth) / size < 36;
  // Names over their numbers, where both have no room beside each other
  const isStacked =
    size <= mostNumbers && (numbersRoom - labelWidth) / size < 40 && fit.length * (labelHeight + 13) <= height;
  return html`<div
    class="stage-cell ${state} ${isUpright ? "is-upright" : ""}"
    data-testid="stage-cell"
    data-t=${drawing.t}
    data-when=${`t = ${drawing.t}${drawing.where}`}
    ${styles({ left: `${box.left}px`, top: `${box.top}px`, width: `${box.width}px`, height: `${box.height}px` })}
  >
    ${isUpright ? uprights(drawing, fit, box, size) : fit.map((row) => line(drawing, row, box, fit.length, isStacked ? 0 : labelWidth))}
  </div>`;
}

/** Those that have room: what the current operation makes, then what comes last, and values of the forward pass first go. */
function fitting(rows: readonly CellRow[], height: number): readonly CellRow[] {
  const most = Math.max(1, Math.floor(height / leastLine));
  if (rows.length <= most) return rows;
  const worth = rows
    .map((row, k) => ({ row, worth: (row.isActive ? 4 : 0) + (row.isDim ? 0 : 2) + k / rows.length }))
    .toSorted((a, b) => b.worth - a.worth)
    .slice(0, most);
  return rows.filter((row) => worth.some((one) => one.row === row));
}

/** @param labelWidth 0 where the name stands over the numbers */
function line(drawing: Drawing, row: CellRow, box: CellBox, count: number, labelWidth: number): TemplateResult {
  const each = (box.height - 6) / count;
  if (labelWidth === 0) {
    const height = Math.min(lineHeight, each - labelHeight);
    return html`<div class="stage-row is-stacked ${row.isDim ? "is-dim" : ""} ${row.isActive ? "is-active" : ""}" title=${row.title} data-vector=${row.reference}>
      <span class="stage-name" ${styles({ height: `${labelHeight}px` })}>${symbol(row.symbol)}</span>
      <span class="stage-entries">${entries(drawing, row, box.width - 8, height)}</span>
    </div>`;
  }
  const height = Math.max(leastLine, Math.min(lineHeight, each));
  const withLabel = box.width >= 52 && height >= leastLine;
  const room = box.width - 8 - (withLabel ? labelWidth : 0);
  const className = `stage-row ${row.isDim ? "is-dim" : ""} ${row.isActive ? "is-active" : ""}`;
  const isThin = height < 12;
  return html`<div class="${className} ${isThin ? "is-thin" : ""}" title=${row.title} data-vector=${row.reference} ${styles({ height: `${height}px` })}>
    ${withLabel ? html`<span class="stage-name" ${styles({ width: `${labelWidth}px` })}>${symbol({ ...row.symbol, sub: isThin ? "" : row.symbol.sub })}</span>` : nothing}
    ${entries(drawing, row, room, height)}
  </div>`;
}

function entries(drawing: Drawing, row: CellRow, width: number, height: number): TemplateResult {
  const { data, size } = row;
  if (data === null)
    return html`<span class="stage-unknown" data-testid="not-yet" ${styles({ width: `${width}px`, height: `${Math.max(4, height - 3)}px` })}></span>`;
  const each = width / size;
  if (size > mostNumbers || (size > 1 && each < 12)) return strip(drawing, row, data, width, Math.max(4, height - 3));
  const texts = textsIn(drawing, data, each - 2);
  return html`${Array.from({ length: size }, (_, j) => chip(drawing, row, data[j] ?? Number.NaN, j, each - 2, height - 2, texts?.[j] ?? null))}`;
}

/**
 * The numbers of a vector as texts that have room, or null: all of them or none, for beside others one that is not there would be taken
 * for none. Where the power of ten of what is as good as none has no room, all that is so is said to be.
 */
function textsIn({ digits }: Drawing, data: Float64Array, width: number): readonly string[] | null {
  const texts = Array.from(data, (value) => formatToFit(value, digits, charactersIn(width)));
  if (texts.every((text) => text !== null)) return texts;
  const rounded = texts.map((text, j) => (Math.abs(data[j]!) < asGoodAsNone ? "≈0" : text));
  return rounded.every((text) => text !== null) ? rounded : null;
}

const charactersIn = (width: number) => Math.floor((width - 2) / digitWidth);

/** A name of which what says the step is left out where it has no room: the column says it too. */
function nameIn(name: MathSymbol, width: number): MathSymbol {
  const characters = (name.gradient ? 4 : 0) + name.base.length + 0.7 * name.sub.length;
  return characters * digitWidth > width ? { ...name, sub: "" } : name;
}

/** So high is what a strip or a number was before, under what it is now. */
const ghostHeight = 3;

/** A vector as colours, under it a thin strip of what it was before. */
function strip(drawing: Drawing, row: CellRow, data: Float64Array, width: number, height: number): TemplateResult {
  const { before, scale, palette, size } = row;
  const heat = (values: Float64Array, name: string, label: string, height: number) =>
    matrixHeat(
      {
        rows: 1,
        cols: size,
        data: values,
        scale,
        theme: drawing.theme,
        palette,
        digits: drawing.digits,
        name,
        where: `t = ${drawing.t}${drawing.where}`,
        ...(values === data && { reference: (_: number, j: number) => `${row.reference}[${j}]` }),
        isVector: true,
        label,
      },
      { width, height },
    );
  const label = `${symbolOfStep(row.symbol, drawing.t)}, ${row.title}`;
  if (before === null) return heat(data, row.name, label, height);
  return html`<span class="stage-heat"
    >${heat(data, row.name, label, Math.max(4, height - ghostHeight))}<span data-testid="ghost"
      >${heat(before, `before the change: ${row.name}`, `${label}, before the change`, ghostHeight)}</span
    ></span
  >`;
}

function uprights(drawing: Drawing, rows: readonly CellRow[], box: CellBox, size: number): TemplateResult {
  const room = box.width - 8;
  const first = rows.filter(({ isDim }) => !isDim);
  const beside = rows.length - first.length;
  // What has no room goes back to its colours first where it is of the forward pass, and where several gradients are beside, stands aside
  const isFolded = first.length > 0 && beside > 0 && rows.length * wideUpright > room;
  const isLeft = isFolded && first.length > 1 && first.length * wideUpright + beside * foldedWidth > room;
  const folded = isFolded && !isLeft ? beside : 0;
  const shown = isLeft ? first : rows;
  const each = Math.min(64, (room - folded * foldedWidth) / (shown.length - folded));
  const height = Math.min(lineHeight, (box.height - 6) / (size + 1));
  return html`${shown.map((row) => {
    const isColour = isFolded && row.isDim;
    const width = isColour ? foldedWidth : each;
    const drawn = isColour ? { ...row, isDim: false } : row;
    const texts = row.data === null ? null : textsIn(drawing, row.data, width - 2);
    return html`<div class="stage-upright ${row.isDim ? "is-dim" : ""} ${row.isActive ? "is-active" : ""}" title=${row.title} data-vector=${row.reference} ${styles({ width: `${width}px` })}>
      <span class="stage-name" ${styles({ height: `${height}px` })}>${isColour ? nothing : symbol(nameIn(row.symbol, width))}</span>
      ${
        row.data === null
          ? html`<span class="stage-unknown" data-testid="not-yet" ${styles({ width: `${width - 2}px`, height: `${size * height - 2}px` })}></span>`
          : Array.from(row.data, (value, j) =>
              chip(drawing, drawn, value, j, width - 2, height - 1, texts?.[j] ?? null),
            )
      }
    </div>`;
  })}`;
}

/** One number; where it has no room, its colour alone. @param whole its text where it has all of the room */
function chip(
  { theme, digits }: Drawing,
  row: CellRow,
  value: number,
  j: number,
  width: number,
  height: number,
  whole: string | null,
): TemplateResult {
  const before = row.before?.[j] ?? null;
  const old = before === null || Object.is(before, value) ? null : before;
  // The number of before stands beside this one where both have room
  const isWide = old !== null && width >= twoNumbers && height >= 12;
  const room = isWide ? width / 2 : width;
  const text = isWide && whole !== null ? formatToFit(value, digits, charactersIn(room)) : whole;
  const color = colorsOf(theme, row).color(value, row.scale);
  const size = { width: `${width}px`, height: `${height}px`, "line-height": `${height}px` };
  const mark =
    old === null || isWide ? "" : `inset 0 -${ghostHeight}px ${cssColor(colorsOf(theme, row).color(old, row.scale))}`;
  const place = mark === "" ? size : { ...size, "box-shadow": mark };
  return html`<span
    class="num stage-number ${Number.isFinite(value) ? "" : "non-finite"}"
    data-testid="stage-number"
    data-value=${plainNumber(value)}
    data-name=${`${row.name}[${j}]`}
    data-reference=${`${row.reference}[${j}]`}
    data-before=${old === null ? nothing : plainNumber(old)}
    ${styles(row.isDim ? place : { ...place, "background-color": cssColor(color), color: cssColor(inkOn(color)) })}
    >${isWide ? html`<s class="stage-before" data-testid="ghost">${formatToFit(old, digits, Math.floor(room / digitWidth))}</s> ` : nothing}${text ?? nothing}</span
  >`;
}
