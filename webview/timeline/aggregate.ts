/** From a window of a track to the pixels of its picture. */

import type { ColorScale } from "../colors";

/** [rows × columns] each, row after row. Where a step has no value, the smallest is ∞ and the largest −∞. */
export interface Extremes {
  readonly columns: number;
  readonly rows: number;
  readonly min: Float64Array;
  readonly max: Float64Array;
}

/** The one of two values that is further from 0; NaN where either is NaN, so that it is never hidden. */
export function furtherFromZero(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.NaN;
  return Math.abs(a) > Math.abs(b) ? a : b;
}

/** Of n things in `parts` parts, the first of part k. */
export function partStart(n: number, parts: number, k: number): number {
  return Math.floor((k * n) / parts);
}

/** Which part holds thing i: the inverse of `partStart`. */
export function partOf(n: number, parts: number, i: number): number {
  return Math.ceil(((i + 1) * parts) / n) - 1;
}

/**
 * At most `columns` × `rows` cells with the smallest and the largest of what they stand for.
 * @returns the data itself where it is small enough
 */
export function reduceExtremes(data: Extremes, columns: number, rows: number): Extremes {
  const [C, R] = [Math.max(1, Math.min(columns, data.columns)), Math.max(1, Math.min(rows, data.rows))];
  if (C === data.columns && R === data.rows) return data;
  const min = new Float64Array(R * C).fill(Infinity);
  const max = new Float64Array(R * C).fill(-Infinity);
  for (let r = 0; r < R; r++)
    for (let row = partStart(data.rows, R, r); row < partStart(data.rows, R, r + 1); row++)
      for (let c = 0; c < C; c++)
        for (let column = partStart(data.columns, C, c); column < partStart(data.columns, C, c + 1); column++) {
          const [from, to] = [row * data.columns + column, r * C + c];
          // Math.min and Math.max keep NaN, as wanted
          min[to] = Math.min(min[to] ?? 0, data.min[from] ?? 0);
          max[to] = Math.max(max[to] ?? 0, data.max[from] ?? 0);
        }
  return { columns: C, rows: R, min, max };
}

/**
 * The colours of a heat map, one pixel a cell, packed for image data. With `split`, a cell is two pixels high: its largest value
 * above, its smallest below; else its colour is that of the one further from 0.
 */
export function heatPixels(
  data: Extremes,
  scale: number,
  colors: ColorScale,
  split: boolean,
): { readonly width: number; readonly height: number; readonly pixels: Uint32Array } {
  const { columns, rows, min, max } = data;
  const height = split ? 2 * rows : rows;
  const pixels = new Uint32Array(columns * height);
  const paint = (pixel: number, value: number) => {
    pixels[pixel] = colors.packed[colors.index(value, scale)] ?? 0;
  };
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) {
      const [low, high] = [min[r * columns + c] ?? 0, max[r * columns + c] ?? 0];
      // Pixels are clear at first, and a cell without a value stays so
      if (low > high) continue;
      if (split) {
        paint(2 * r * columns + c, high);
        paint((2 * r + 1) * columns + c, low);
      } else paint(r * columns + c, furtherFromZero(low, high));
    }
  return { width: columns, height, pixels };
}

/**
 * A small picture enlarged without smoothing, as image data of width × height pixels: it covers left…left + dataWidth and the whole
 * height; what it does not cover is clear. A pixel has the colour of the cell that holds its middle.
 */
export function enlarge(
  small: { readonly width: number; readonly height: number; readonly pixels: Uint32Array },
  {
    width,
    height,
    left,
    dataWidth,
  }: { readonly width: number; readonly height: number; readonly left: number; readonly dataWidth: number },
): Uint8ClampedArray<ArrayBuffer> {
  const large = new Uint32Array(width * height);
  const columnOf = new Int32Array(width);
  for (let x = 0; x < width; x++) {
    const column = Math.floor(((x + 0.5 - left) / dataWidth) * small.width);
    columnOf[x] = column >= 0 && column < small.width ? column : -1;
  }
  let before = -1;
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) / height) * small.height);
    if (row === before) {
      large.copyWithin(y * width, (y - 1) * width, y * width);
      continue;
    }
    before = row;
    for (let x = 0; x < width; x++) {
      const column = columnOf[x] ?? -1;
      if (column >= 0) large[y * width + x] = small.pixels[row * small.width + column] ?? 0;
    }
  }
  return new Uint8ClampedArray(large.buffer);
}
