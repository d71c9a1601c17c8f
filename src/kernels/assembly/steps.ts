/** Where the rows of a step stand. */
import { Batch } from "./layout";
import { FOR_ROWS, FOR_TILES, multiply, NOT_PACKED, sumOuterProducts } from "./matrix";
import { addTo, clearRows } from "./rows";

const R: usize = sizeof<real>();

/** So few sequences are multiplied one by one. */
const FEW: i32 = 3;
/** For them a matrix of so many bytes is packed where so many steps read it. */
const LARGE: usize = 32768;
const LONG: i32 = 16;

/** How a matrix of so many numbers is packed for all the steps of a batch. */
// @ts-ignore: decorator
@inline
export function formFor(numbers: i32, batch: Batch): i32 {
  if (batch.sequences > FEW) return FOR_TILES;
  return <usize>numbers * R >= LARGE && batch.length >= LONG ? FOR_ROWS : NOT_PACKED;
}

/** And for a whole run of one sequence, however few steps of it are in a batch. */
export function formForRun(numbers: i32): i32 {
  return <usize>numbers * R >= LARGE ? FOR_ROWS : NOT_PACKED;
}

// @ts-ignore: decorator
@inline
export function offset(batch: Batch, t: i32): i32 {
  return load<i32>(batch.offsets + ((<usize>t) << 2));
}

/** How many sequences are still going at step t. */
// @ts-ignore: decorator
@inline
export function count(batch: Batch, t: i32): i32 {
  return offset(batch, t + 1) - offset(batch, t);
}

/** Where the states before step t begin among the rows of a state, which the initial ones lead. */
// @ts-ignore: decorator
@inline
export function rowBefore(batch: Batch, t: i32): i32 {
  return t == 0 ? 0 : batch.sequences + offset(batch, t - 1);
}

/** Where step t's own begin. */
// @ts-ignore: decorator
@inline
export function rowOf(batch: Batch, t: i32): i32 {
  return batch.sequences + offset(batch, t);
}

/**
 * dW [units × n] (+)= Σ_t s_prev ⊗ d_t, over stretches in which the rows of s_prev follow each other as those of d_t do.
 * @param states [sequences + rows × units]
 * @param d      [rows × n]
 */
// @ts-ignore: decorator
@inline
export function sumOverStates(
  dW: usize,
  dWStride: usize,
  states: usize,
  units: i32,
  d: usize,
  dStride: usize,
  n: i32,
  batch: Batch,
  adds: bool,
  room: usize,
): void {
  const hBytes = <usize>units * R;
  let t = batch.initial == 0 ? 1 : 0;
  if (t >= batch.length) {
    if (!adds) clearRows(dW, dWStride, units, n);
    return;
  }
  while (t < batch.length) {
    const first = t;
    do t++;
    while (t < batch.length && rowBefore(batch, t) == rowBefore(batch, t - 1) + count(batch, t - 1));
    const from = offset(batch, first);
    const before = states + <usize>rowBefore(batch, first) * hBytes;
    sumOuterProducts(dW, dWStride, before, hBytes, d + <usize>from * dStride, dStride, units, offset(batch, t) - from, n, adds, room);
    adds = true;
  }
}

/** z [rows × n] += Wx x_t of all steps: what does not wait for the step before. */
// @ts-ignore: decorator
@inline
export function addInputs(
  z: usize,
  Wx: usize,
  n: i32,
  x: usize,
  xStride: usize,
  inputs: i32,
  tokens: usize,
  rows: i32,
  room: usize,
): void {
  const bytes = <usize>n * R;
  if (tokens == 0) multiply(z, bytes, x, xStride, Wx, bytes, false, 0, NOT_PACKED, rows, inputs, n, true, room);
  else
    for (let k: usize = 0; k < <usize>rows; k++)
      addTo(z + k * bytes, Wx + <usize>load<i32>(tokens + (k << 2)) * bytes, n);
}

/** dWx [inputs × n] (+)= Σ_t x_t ⊗ d_t; a token has a gradient in its own row alone. */
// @ts-ignore: decorator
@inline
export function sumOverInputs(
  dWx: usize,
  dWxStride: usize,
  x: usize,
  xStride: usize,
  inputs: i32,
  tokens: usize,
  d: usize,
  dStride: usize,
  n: i32,
  batch: Batch,
  adds: bool,
  room: usize,
): void {
  if (tokens == 0) {
    sumOuterProducts(dWx, dWxStride, x, xStride, d, dStride, inputs, batch.rows, n, adds, room);
    return;
  }
  if (!adds) clearRows(dWx, dWxStride, inputs, n);
  for (let k: usize = 0; k < <usize>batch.rows; k++)
    addTo(dWx + <usize>load<i32>(tokens + (k << 2)) * dWxStride, d + k * dStride, n);
}
