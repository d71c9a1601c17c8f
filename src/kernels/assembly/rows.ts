/** What is done with rows of numbers: copying, adding, summing. Strides are in bytes; widths in numbers, whole lanes. */
import { clear, copy } from "./vector";

const R: usize = sizeof<real>();

/** The position of the k-th row: `index` says it, or it is k. */
// @ts-ignore: decorator
@inline
export function position(index: usize, k: i32): usize {
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

/** Makes rows zero. */
export function clearRows(to: usize, stride: usize, rows: i32, n: i32): void {
  for (let k = 0; k < rows; k++) clear(to + <usize>k * stride, n);
}

/** to [n] = the sum of the rows, added to what is there where `add`. */
export function sumRows(to: usize, from: usize, stride: usize, rows: i32, n: i32, add: bool): void {
  if (!add) clear(to, n);
  const bytes = <usize>n * R;
  for (; rows >= 4; rows -= 4) {
    const second = from + stride;
    const third = second + stride;
    const fourth = third + stride;
    for (let o: usize = 0; o < bytes; o += 16) {
      const sum = v128.add<real>(v128.load(from + o), v128.load(second + o));
      const rest = v128.add<real>(v128.load(third + o), v128.load(fourth + o));
      v128.store(to + o, v128.add<real>(v128.load(to + o), v128.add<real>(sum, rest)));
    }
    from = fourth + stride;
  }
  for (; rows > 0; rows--) {
    addTo(to, from, n);
    from += stride;
  }
}
