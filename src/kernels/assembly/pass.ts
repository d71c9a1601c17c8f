/** One direction of a layer over all steps of a batch, forward and back. */
import { gruAfterBackward, gruAfterForward, gruBeforeBackward, gruBeforeForward, gruBeforeReset, gruBeforeResetBackward } from "./gru";
import { Batch, DENSE, LSTM, OWN, Pass, RNN } from "./layout";
import { lstmBackward, lstmForward } from "./lstm";
import { multiply, NOT_PACKED, pack, sumOuterProducts } from "./matrix";
import { ownBackward, ownForward } from "./own";
import { rnnBackward, rnnForward } from "./rnn";
import { addTo, repeatRow, sumRows } from "./rows";
import { addInputs, count, formFor, offset, rowBefore, rowOf, sumOverInputs, sumOverStates } from "./steps";
import { addProduct, clear } from "./vector";

const R: usize = sizeof<real>();
const SIGMOID: i32 = 2;
const GRU: i32 = 2;

/** A gru with reset before multiplies Whn with r ∘ h_prev, and the rest with h_prev. */
// @ts-ignore: decorator
@inline
function resetsBefore(pass: Pass): bool {
  return pass.cell == GRU && pass.option == 1;
}

/** How many of Wh's columns are multiplied with h_prev itself. */
// @ts-ignore: decorator
@inline
function directColumns(pass: Pass): i32 {
  return resetsBefore(pass) ? 2 * pass.units : pass.columns;
}

/** Bytes of Wh's first columns, packed for the way there or back. */
// @ts-ignore: decorator
@inline
function panelsOfN(pass: Pass): usize {
  // Both blocks are whole numbers of vectors; a panel has two, so one vector may be left empty.
  return pass.panels + <usize>(directColumns(pass) + 16) * <usize>pass.units * R;
}

/**
 * Forward; leaves gates, states and h_t.
 * @param x [rows × X] what the pass reads, where there are no `tokens`; without both, z holds b + Wx x_t
 */
export function forwardPass(pass: Pass, batch: Batch, x: usize, xStride: usize, tokens: usize, room: usize): void {
  const H = pass.units;
  const C = pass.columns;
  const hBytes = <usize>H * R;
  const zBytes = <usize>C * R;
  if (pass.cell == OWN) return ownForward(pass, batch, x, xStride, tokens, room);
  if (x != 0 || tokens != 0) projectInputs(pass, batch, x, xStride, tokens, room);
  if (pass.cell == DENSE) {
    const h = pass.h + <usize>(batch.sequences * H) * R;
    rnnForward(pass.option, pass.z, h, batch.rows * H);
    if (pass.option == SIGMOID && H > pass.trueUnits) clearFilling(h, batch.rows, H, pass.trueUnits);
    return;
  }

  const direct = directColumns(pass);
  const form = formFor(H * C, batch);
  pass.form = form;
  if (form != NOT_PACKED) {
    pack(pass.panels, pass.Wh, zBytes, false, form, H, direct);
    if (resetsBefore(pass)) pack(panelsOfN(pass), pass.Wh + 2 * hBytes, zBytes, false, form, H, H);
  }
  const after = pass.cell == GRU && pass.option == 0;
  for (let t = 0; t < batch.length; t++) {
    const n = count(batch, t);
    const row = <usize>offset(batch, t);
    const h_prev = pass.h + <usize>rowBefore(batch, t) * hBytes;
    const h_t = pass.h + <usize>rowOf(batch, t) * hBytes;
    const z_t = pass.z + row * zBytes;
    const product = after ? pass.u + row * zBytes : z_t;
    // A state that is zero adds nothing.
    if (t > 0 || batch.initial != 0)
      multiply(product, zBytes, h_prev, hBytes, pass.Wh, zBytes, false, pass.panels, form, n, H, direct, !after, room);
    else if (after) clear(product, n * C);
    stepForward(pass, batch, t, n, z_t, h_prev, h_t, room);
  }
}

/** The part of all steps' pre-activations that does not wait for the step before: b + Wx x_t. */
function projectInputs(pass: Pass, batch: Batch, x: usize, xStride: usize, tokens: usize, room: usize): void {
  // Of a single series each step has one number: to begin a product costs more than to make it.
  if (pass.inputs == 1 && tokens == 0) {
    projectNumbers(pass.z, pass.b, pass.Wx, x, xStride, batch.rows, pass.columns);
    return;
  }
  repeatRow(pass.z, pass.b, batch.rows, pass.columns);
  addInputs(pass.z, pass.Wx, pass.columns, x, xStride, pass.inputs, tokens, batch.rows, room);
}

/** z [rows × n] = b + Wx x, with one number x of each row. */
// @ts-ignore: decorator
@inline
function projectNumbers(z: usize, b: usize, Wx: usize, x: usize, xStride: usize, rows: i32, n: i32): void {
  const bytes = <usize>n * R;
  for (let k = 0; k < rows; k++) {
    const x_t = v128.load_splat<real>(x);
    for (let o: usize = 0; o < bytes; o += 16)
      v128.store(z + o, addProduct(v128.load(b + o), x_t, v128.load(Wx + o)));
    z += bytes;
    x += xStride;
  }
}

/** The cell's own equations at step t, for n sequences. */
function stepForward(
  pass: Pass,
  batch: Batch,
  t: i32,
  n: i32,
  z_t: usize,
  h_prev: usize,
  h_t: usize,
  room: usize,
): void {
  const H = pass.units;
  const hBytes = <usize>H * R;
  const zBytes = <usize>pass.columns * R;
  const row = <usize>offset(batch, t);
  if (pass.cell == RNN) {
    rnnForward(pass.option, z_t, h_t, n * H);
    if (pass.option == SIGMOID && H > pass.trueUnits) clearFilling(h_t, n, H, pass.trueUnits);
    return;
  }
  if (pass.cell == LSTM) {
    const c_prev = pass.c + <usize>rowBefore(batch, t) * hBytes;
    const c_t = pass.c + <usize>rowOf(batch, t) * hBytes;
    const tanhC = pass.tanhC + row * hBytes;
    for (let k: usize = 0; k < <usize>n; k++)
      lstmForward(z_t + k * zBytes, c_prev + k * hBytes, c_t + k * hBytes, tanhC + k * hBytes, h_t + k * hBytes, hBytes);
    return;
  }
  if (pass.option == 0) {
    const u_t = pass.u + row * zBytes;
    for (let k: usize = 0; k < <usize>n; k++)
      gruAfterForward(z_t + k * zBytes, u_t + k * zBytes, pass.bhn, h_prev + k * hBytes, h_t + k * hBytes, hBytes);
    return;
  }
  const q_t = pass.q + row * hBytes;
  for (let k: usize = 0; k < <usize>n; k++)
    gruBeforeReset(z_t + k * zBytes, q_t + k * hBytes, h_prev + k * hBytes, hBytes);
  const Whn = pass.Wh + 2 * hBytes;
  multiply(z_t + 2 * hBytes, zBytes, q_t, hBytes, Whn, zBytes, false, panelsOfN(pass), pass.form, n, H, H, true, room);
  for (let k: usize = 0; k < <usize>n; k++)
    gruBeforeForward(z_t + k * zBytes, h_prev + k * hBytes, h_t + k * hBytes, hBytes);
}

/** σ(0) is not 0, and what fills a row up has to stay so. */
function clearFilling(h: usize, rows: i32, n: i32, trueUnits: i32): void {
  for (let k = 0; k < rows; k++)
    for (let j = trueUnits; j < n; j++) store<real>(h + <usize>(k * n + j) * R, 0);
}

/**
 * Back, after `forwardPass` over the same batch: leaves dL/da_t of all gates in z and sums the gradients of the parameters.
 * @param x     as `forwardPass` has read it: without it and `tokens`, dWx is left to others
 * @param above [rows × H] dL/dh_t from above and from the loss; what comes from the step after is added to it
 * @param dx     where dL/dx_t goes, or 0
 * @param addsDx whether it is added to what is there; a cell by its equations always does so
 */
export function backwardPass(
  pass: Pass,
  batch: Batch,
  x: usize,
  xStride: usize,
  tokens: usize,
  above: usize,
  aboveStride: usize,
  dx: usize,
  dxStride: usize,
  addsDx: bool,
  room: usize,
): void {
  const H = pass.units;
  const C = pass.columns;
  const hBytes = <usize>H * R;
  const zBytes = <usize>C * R;
  const adds = batch.adds != 0;
  if (pass.cell == OWN)
    return ownBackward(pass, batch, x, xStride, tokens, above, aboveStride, dx, dxStride, room);
  if (pass.cell == DENSE) {
    rnnBackward(pass.option, pass.z, pass.h + <usize>batch.sequences * hBytes, above, batch.rows * H);
    sumRows(batch.gradients + pass.db, pass.z, zBytes, batch.rows, C, adds);
    if (x != 0 || tokens != 0)
      sumOverInputs(batch.gradients + pass.dWx, zBytes, x, xStride, pass.inputs, tokens, pass.z, zBytes, C, batch, adds, room);
    if (dx != 0)
      multiply(dx, dxStride, pass.z, zBytes, pass.Wx, zBytes, true, 0, NOT_PACKED, batch.rows, C, pass.inputs, addsDx, room);
    return;
  }
  const direct = directColumns(pass);
  const form = pass.form;
  if (form != NOT_PACKED) {
    pack(pass.panels, pass.Wh, zBytes, true, form, direct, H);
    if (resetsBefore(pass)) pack(panelsOfN(pass), pass.Wh + 2 * hBytes, zBytes, true, form, H, H);
  }
  if (pass.dc != 0) clear(pass.dc, batch.sequences * H);
  const products = pass.u != 0 ? pass.u : pass.z;
  for (let t = batch.length - 1; t >= 0; t--) {
    const n = count(batch, t);
    const row = <usize>offset(batch, t);
    const before = t > 0 ? above + <usize>offset(batch, t - 1) * aboveStride : <usize>0;
    stepBackward(pass, batch, t, n, above + row * aboveStride, before, aboveStride, room);
    if (t > 0)
      multiply(before, aboveStride, products + row * zBytes, zBytes, pass.Wh, zBytes, true, pass.panels, form, n, direct, H, true, room);
  }

  sumOverStates(batch.gradients + pass.dWh, zBytes, pass.h, H, products, zBytes, direct, batch, adds, room);
  if (resetsBefore(pass))
    sumOuterProducts(batch.gradients + pass.dWh + 2 * hBytes, zBytes, pass.q, hBytes, pass.z + 2 * hBytes, zBytes, H, batch.rows, H, adds, room);
  sumRows(batch.gradients + pass.db, pass.z, zBytes, batch.rows, C, adds);
  if (pass.u != 0) sumRows(batch.gradients + pass.dbhn, pass.u + 2 * hBytes, zBytes, batch.rows, H, adds);
  if (x != 0 || tokens != 0)
    sumOverInputs(batch.gradients + pass.dWx, zBytes, x, xStride, pass.inputs, tokens, pass.z, zBytes, C, batch, adds, room);
  if (dx != 0)
    multiply(dx, dxStride, pass.z, zBytes, pass.Wx, zBytes, true, 0, NOT_PACKED, batch.rows, C, pass.inputs, addsDx, room);
}

/** From dL/dh_t to dL/da_t at step t, for n sequences; what flows to h_prev past the matrices is added to `before`. */
function stepBackward(
  pass: Pass,
  batch: Batch,
  t: i32,
  n: i32,
  dh: usize,
  before: usize,
  stride: usize,
  room: usize,
): void {
  const H = pass.units;
  const hBytes = <usize>H * R;
  const zBytes = <usize>pass.columns * R;
  const row = <usize>offset(batch, t);
  const z_t = pass.z + row * zBytes;
  const h_prev = pass.h + <usize>rowBefore(batch, t) * hBytes;
  if (pass.cell == RNN) {
    const h_t = pass.h + <usize>rowOf(batch, t) * hBytes;
    rnnBackward(pass.option, z_t, h_t, dh, n * H);
    return;
  }
  if (pass.cell == LSTM) {
    const c_prev = pass.c + <usize>rowBefore(batch, t) * hBytes;
    const tanhC = pass.tanhC + row * hBytes;
    for (let k: usize = 0; k < <usize>n; k++)
      lstmBackward(z_t + k * zBytes, c_prev + k * hBytes, tanhC + k * hBytes, dh + k * stride, pass.dc + k * hBytes, hBytes);
    return;
  }
  if (pass.option == 0) {
    const u_t = pass.u + row * zBytes;
    for (let k: usize = 0; k < <usize>n; k++)
      gruAfterBackward(
        z_t + k * zBytes,
        u_t + k * zBytes,
        h_prev + k * hBytes,
        dh + k * stride,
        before == 0 ? <usize>0 : before + k * stride,
        hBytes,
      );
    return;
  }
  for (let k: usize = 0; k < <usize>n; k++)
    gruBeforeBackward(
      z_t + k * zBytes,
      h_prev + k * hBytes,
      dh + k * stride,
      before == 0 ? <usize>0 : before + k * stride,
      hBytes,
    );
  const Whn = pass.Wh + 2 * hBytes;
  multiply(pass.dc, hBytes, z_t + 2 * hBytes, zBytes, Whn, zBytes, true, panelsOfN(pass), pass.form, n, H, H, false, room);
  for (let k: usize = 0; k < <usize>n; k++)
    gruBeforeResetBackward(
      z_t + k * zBytes,
      pass.dc + k * hBytes,
      h_prev + k * hBytes,
      before == 0 ? <usize>0 : before + k * stride,
      hBytes,
    );
}
