/** A matrix or vector: numbers in its cells where they fit, else colours. */

import { html, nothing, type TemplateResult } from "lit";
import { cssColor, inkOn } from "./colors";
import "./heatCanvas";
import { formatNumber, plainNumber } from "./numbers";
import { point } from "./pointed";
import { styles } from "./styles";
import { colorsOf, type Theme } from "./theme";
import { clamp } from "./timeline/view";

export interface MatrixPicture {
  readonly rows: number;
  readonly cols: number;
  /** [rows × cols], row after row */
  readonly data: Float64Array;
  /** Colours run −scale…scale. */
  readonly scale: number;
  readonly theme: Theme;
  /** signed without it. */
  readonly palette?: "signed" | "gate";
  readonly digits: number;
  /** `dWhh` or `layers.0.h`: its entries are `name[i][j]` or, in a vector, `name[i]`. */
  readonly name: string;
  readonly where?: string;
  /** The name by which an entry is explained; without it none is. */
  readonly reference?: (i: number, j: number) => string;
  readonly rowNames?: readonly string[] | null;
  readonly colNames?: readonly string[] | null;
  /** A vector lies on its side: [cols] entries in one row. */
  readonly isVector: boolean;
  /** A label for screen readers. */
  readonly label: string;
}

const range = (n: number) => Array.from({ length: n }, (_, k) => k);

const mostColumns = 8;
const mostRows = 16;

/** Largest finite |value|, for a colour scale. */
export function largest(data: Float64Array): number {
  let most = 0;
  for (const value of data) if (Number.isFinite(value)) most = Math.max(most, Math.abs(value));
  return most;
}

export function matrix(picture: MatrixPicture): TemplateResult {
  return picture.cols <= mostColumns && picture.rows <= mostRows ? numbers(picture) : heat(picture);
}

function entryName({ name, isVector }: MatrixPicture, i: number, j: number): string {
  return isVector ? `${name}[${j}]` : `${name}[${i}][${j}]`;
}

function entryPlace({ where = "", rowNames, colNames }: MatrixPicture, i: number, j: number): string {
  return [where, rowNames?.[i], colNames?.[j]].filter((part) => part !== undefined && part !== "").join(", ");
}

function numbers(picture: MatrixPicture): TemplateResult {
  const { rows, cols, data, scale, theme, palette = "signed", digits, rowNames, colNames, label } = picture;
  const colors = colorsOf(theme, { palette });
  return html`<div
    class="matrix ${picture.isVector ? "is-vector" : ""}"
    role="group"
    tabindex="0"
    data-numbers
    aria-label=${label}
    ${styles({ "grid-template-columns": `${rowNames ? "auto " : ""}repeat(${cols}, max-content)` })}
  >
    ${
      colNames
        ? html`${rowNames ? html`<span></span>` : nothing}${range(cols).map(
            (j) => html`<span class="matrix-name is-column" title=${colNames[j] ?? ""}>${colNames[j] ?? ""}</span>`,
          )}`
        : nothing
    }
    ${range(rows).map(
      (
        i,
      ) => html`${rowNames ? html`<span class="matrix-name" title=${rowNames[i] ?? ""}>${rowNames[i] ?? ""}</span>` : nothing}
      ${range(cols).map((j) => {
        const value = data[i * cols + j] ?? Number.NaN;
        const color = colors.color(value, scale);
        return html`<span
          class="num chip ${Number.isFinite(value) ? "" : "non-finite"}"
          data-value=${plainNumber(value)}
          data-name=${entryName(picture, i, j)}
          data-where=${entryPlace(picture, i, j)}
          data-reference=${picture.reference?.(i, j) ?? ""}
          ${styles({ "background-color": cssColor(color), color: cssColor(inkOn(color)) })}
          >${formatNumber(value, digits)}</span
        >`;
      })}`,
    )}
  </div>`;
}

/** Which of n equal parts of a length holds the place `at`. */
const part = (at: number, length: number, n: number) => clamp(Math.floor((at / length) * n), 0, n - 1);

const widest = 260;

/** Lengths in CSS pixels of a heat map that shows each entry as large as there is room for. */
function heatSize({ rows, cols }: MatrixPicture): { readonly width: number; readonly height: number } {
  if (rows === 1) return { width: Math.min(widest, Math.max(64, cols * 12)), height: 16 };
  const cell = Math.min(12, Math.max(widest / cols, 0.5), Math.max(200 / rows, 0.5));
  return { width: Math.min(widest, Math.max(12, cols * cell)), height: Math.min(200, Math.max(12, rows * cell)) };
}

function heat(picture: MatrixPicture): TemplateResult {
  return matrixHeat(picture, heatSize(picture), true);
}

/** In colours alone, of a given size. @param isStop whether Tab comes to it, so that the arrow keys read its entries */
export function matrixHeat(
  picture: MatrixPicture,
  { width, height }: { readonly width: number; readonly height: number },
  isStop = false,
): TemplateResult {
  const { rows, cols, data, scale, theme, palette = "signed", label } = picture;
  const show = (event: PointerEvent) => {
    if (!(event.currentTarget instanceof Element)) return;
    const box = event.currentTarget.getBoundingClientRect();
    showEntry(
      picture,
      part(event.clientY - box.top, box.height, rows),
      part(event.clientX - box.left, box.width, cols),
      event.clientX,
      event.clientY,
    );
  };
  return html`<div
    class="matrix-heat"
    role="group"
    tabindex=${isStop ? "0" : "-1"}
    aria-label=${`${label}, [${rows} × ${cols}]. Arrow keys read the entries`}
    @pointermove=${show}
    @pointerleave=${() => point(null)}
    @keydown=${(event: KeyboardEvent) => onHeatKey(picture, event)}
    ${styles({ width: `${width}px`, height: `${height}px` })}
  >
    <heat-canvas
      .picture=${{ data: extremes(data, rows, cols), scale, colors: colorsOf(theme, { palette }), width, height, left: 0, dataWidth: width }}
    ></heat-canvas>
  </div>`;
}

/** One object an array, so that a picture which stays the same is not painted again. */
const wrapped = new WeakMap<Float64Array, { rows: number; columns: number; min: Float64Array; max: Float64Array }>();

function extremes(data: Float64Array, rows: number, columns: number) {
  let entry = wrapped.get(data);
  if (entry === undefined || entry.rows !== rows || entry.columns !== columns) {
    entry = { rows, columns, min: data, max: data };
    wrapped.set(data, entry);
  }
  return entry;
}

function showEntry(picture: MatrixPicture, i: number, j: number, x: number, y: number): void {
  const value = picture.data[i * picture.cols + j];
  if (value === undefined) return;
  const reference = picture.reference?.(i, j) ?? "";
  point({ name: entryName(picture, i, j), where: entryPlace(picture, i, j), values: [value], reference }, x, y);
}

/** Where the arrow keys are inside a heat map. */
const entries = new WeakMap<Element, { i: number; j: number }>();

function onHeatKey(picture: MatrixPicture, event: KeyboardEvent): void {
  const element = event.currentTarget;
  if (!event.key.startsWith("Arrow") || !(element instanceof Element)) return;
  event.preventDefault();
  event.stopPropagation();
  const { rows, cols } = picture;
  const before = entries.get(element);
  const at = before ?? { i: 0, j: 0 };
  const move = (key: string, by: number) => (before !== undefined && event.key === key ? by : 0);
  const i = clamp(at.i + move("ArrowUp", -1) + move("ArrowDown", 1), 0, rows - 1);
  const j = clamp(at.j + move("ArrowLeft", -1) + move("ArrowRight", 1), 0, cols - 1);
  entries.set(element, { i, j });
  const box = element.getBoundingClientRect();
  showEntry(picture, i, j, box.left + ((j + 0.5) / cols) * box.width, box.top + (i / rows) * box.height);
}
