/** What is done with rows of numbers: copying, adding, summing. Strides are in bytes; widths in numbers, whole lanes. */
import { copy, LANES } from "./vector";

const R: usize = sizeof<real>();

/** The position of the k-th row: `index` says it, or it is k. */
// @ts-ignore: decorator
@inline
function position(index: usize, k: i32): usize {
  return index == 0 ? <usize>k : <usize>load<i32>(index + ((<usize>k) << 2));
}

/** Copies row index[k] of `from` to row k of `to`. */
export function gatherRows(to: usize, toStride: usize, from: usize, fromStride: usize, index: usize, rows: i32, n: i32): void {
  for (let k = 0; k < rows; k++) copy(to + <usize>k * toStride, from + position(index, k) * fromStride, n);
}

/** Adds row k of `from` to row index[k] of `to`. */
export function scatterRows(to: usize, toStride: usize, from: usize, fromStride: usize, index: usize, rows: i32, n: i32): void {
  for (let k = 0; k < rows; k++) addTo(to + position(index, k) * toStride, from + <usize>k * fromStride, n);
}

/** to += from, both [n]. */
// @ts-ignore: decorator
@inline
export function addTo(to: usize, from: usize, n: i32): void {
  const end = to + <usize>n * R;
  for (; to < end; to += 16) {
    v128.store(to, v128.add<real>(v128.load(to), v128.load(from)));
    from += 16;
  }
}

/** The same row again and again. */
export function repeatRow(to: usize, row: usize, rows: i32, n: i32): void {
  const bytes = <usize>n * R;
  for (let k = 0; k < rows; k++) {
    copy(to, row, n);
    to += bytes;
  }
}

/** to [n] = the sum of the rows, added to what is there where `add`. */
export function sumRows(to: usize, from: usize, stride: usize, rows: i32, n: i32, add: bool): void {
  for (let column = 0; column < n; column += LANES) {
    let sum = add ? v128.load(to) : v128.splat<real>(0);
    let p = from;
    for (let k = rows; k > 0; k--) {
      sum = v128.add<real>(sum, v128.load(p));
      p += stride;
    }
    v128.store(to, sum);
    to += 16;
    from += 16;
  }
}
