/**
 * An update of all parameters at once; they and their gradients stand one after the other. PyTorch's meaning of each
 * optimizer: the equations stand in the engine's own file of them.
 */
import { copy, addProduct, clear } from "./vector";

const R: usize = sizeof<real>();
const SGD: i32 = 0;
const ADAGRAD: i32 = 1;
const RMSPROP: i32 = 2;
const ADAMW: i32 = 4;

/** As 64-bit words, which ../layout.ts writes in the same order. */
@unmanaged
export class Optimizer {
  learningRate: f64;
  momentum: f64;
  nesterov: f64;
  beta1: f64;
  beta2: f64;
  alpha: f64;
  epsilon: f64;
  weightDecay: f64;
  /** Clipping by norm and by value: infinity where there is none */
  normLimit: f64;
  valueLimit: f64;
  /** What an update changes, beside the parameters. */
  updates: f64;
  beta1Power: f64;
  beta2Power: f64;
  /** 0 sgd, 1 adagrad, 2 rmsprop, 3 adam, 4 adamw */
  type: i32;
  /** How many numbers there are, a whole number of lanes */
  size: i32;
  parameters: usize;
  gradients: usize;
  /** Momentum or first moment, and the squares; what a type does not remember may be 0 */
  first: usize;
  second: usize;
  /** Behind the others, an embedding's rows of `rowSize` numbers; 0 where there are none, or none that are trained */
  rows: i32;
  rowSize: i32;
  /** Which of them have a gradient: `Touched`, beside the gradients */
  touched: usize;
  /** Parts that are held fixed, by `Frozen`, and what they hold, as it stands among the parameters */
  frozenCount: i32;
  frozen: usize;
  kept: usize;
}

/** Some numbers of each of some rows that follow each other. */
@unmanaged
export class Frozen {
  /** Which number is the first */
  start: i32;
  rows: i32;
  /** Numbers from row to row, and how many of each are meant: whole lanes */
  stride: i32;
  count: i32;
}

/** The rows of an embedding that have a gradient: how many, then which; behind the room for all of them a byte for each row, 1 where it is one. */
@unmanaged
export class Touched {
  count: i32;
}

/** Notes that a row has a gradient. @param rows V */
// @ts-ignore: decorator
@inline
export function touch(touched: Touched, row: i32, rows: i32): void {
  const list = changetype<usize>(touched) + 4;
  const flag = list + ((<usize>rows) << 2) + <usize>row;
  if (load<u8>(flag) != 0) return;
  store<u8>(flag, 1);
  store<i32>(list + ((<usize>touched.count) << 2), row);
  touched.count += 1;
}

/** The k-th of the rows that have a gradient. */
// @ts-ignore: decorator
@inline
export function touchedRow(touched: Touched, k: i32): i32 {
  return load<i32>(changetype<usize>(touched) + 4 + ((<usize>k) << 2));
}

/** Forgets a row, and makes its gradient zero. @param dE the first row's */
// @ts-ignore: decorator
@inline
function clearRow(touched: Touched, row: i32, dE: usize, rows: i32, rowSize: i32): void {
  const flags = changetype<usize>(touched) + 4 + ((<usize>rows) << 2);
  store<u8>(flags + <usize>row, 0);
  clear(dE + <usize>(row * rowSize) * R, rowSize);
}

/** Forgets them, and makes their gradients zero. @param dE the first row's */
export function clearTouched(touched: Touched, dE: usize, rows: i32, rowSize: i32): void {
  for (let k = 0; k < touched.count; k++) clearRow(touched, touchedRow(touched, k), dE, rows, rowSize);
  touched.count = 0;
}

/** Makes the gradients of what is held fixed zero: they are in no norm and in no update. */
export function clearFrozen(optimizer: Optimizer): void {
  for (let k = 0; k < optimizer.frozenCount; k++) {
    const part = changetype<Frozen>(optimizer.frozen + <usize>k * 16);
    for (let r = 0; r < part.rows; r++)
      clear(optimizer.gradients + <usize>(part.start + r * part.stride) * R, part.count);
  }
}

/** Puts back what is held fixed: weight decay may have moved it. */
function keepFrozen(optimizer: Optimizer): void {
  for (let k = 0; k < optimizer.frozenCount; k++) {
    const part = changetype<Frozen>(optimizer.frozen + <usize>k * 16);
    for (let r = 0; r < part.rows; r++) {
      const at = <usize>(part.start + r * part.stride) * R;
      copy(optimizer.parameters + at, optimizer.kept + at, part.count);
    }
  }
}

/** What `clip_grad_norm_` adds to the norm, so that nothing is divided by 0. */
const NORM_MARGIN: f64 = 1e-6;

// @ts-ignore: decorator
@inline
function splat(x: f64): v128 {
  return v128.splat<real>(<real>x);
}

/** Σ g² from `p` to before `end`, whole lanes. */
// @ts-ignore: decorator
@inline
function sumOfSquares(p: usize, end: usize): f64 {
  let s0 = splat(0);
  let s1 = splat(0);
  let s2 = splat(0);
  let s3 = splat(0);
  for (; p + 48 < end; p += 64) {
    const g0 = v128.load(p);
    const g1 = v128.load(p, 16);
    const g2 = v128.load(p, 32);
    const g3 = v128.load(p, 48);
    s0 = addProduct(s0, g0, g0);
    s1 = addProduct(s1, g1, g1);
    s2 = addProduct(s2, g2, g2);
    s3 = addProduct(s3, g3, g3);
  }
  for (; p < end; p += 16) {
    const g = v128.load(p);
    s0 = addProduct(s0, g, g);
  }
  s0 = v128.add<real>(v128.add<real>(s0, s1), v128.add<real>(s2, s3));
  if (sizeof<real>() == 8) return f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1);
  return (
    <f64>f32x4.extract_lane(s0, 0) +
    <f64>f32x4.extract_lane(s0, 1) +
    <f64>f32x4.extract_lane(s0, 2) +
    <f64>f32x4.extract_lane(s0, 3)
  );
}

/** ‖g‖ over all gradients together. */
export function gradientNorm(optimizer: Optimizer): f64 {
  const behind = optimizer.gradients + <usize>optimizer.size * R;
  let sum = sumOfSquares(optimizer.gradients, behind);
  if (optimizer.rows != 0) {
    const touched = changetype<Touched>(optimizer.touched);
    const bytes = <usize>optimizer.rowSize * R;
    for (let k = 0; k < touched.count; k++) {
      const row = behind + <usize>touchedRow(touched, k) * bytes;
      sum += sumOfSquares(row, row + bytes);
    }
  }
  // Where squares overflow or vanish, the largest entry is taken out first.
  const least: f64 = sizeof<real>() == 8 ? 1e-290 : 1e-30;
  const most: f64 = sizeof<real>() == 8 ? 1e290 : 1e30;
  return sum > least && sum < most ? sqrt(sum) : scaledNorm(optimizer);
}

function scaledNorm(optimizer: Optimizer): f64 {
  const end = optimizer.gradients + <usize>(optimizer.size + optimizer.rows * optimizer.rowSize) * R;
  let largest: f64 = 0;
  for (let p = optimizer.gradients; p < end; p += R) {
    const size = abs<f64>(<f64>load<real>(p));
    // The next number would hide it.
    if (isNaN(size)) return size;
    if (size > largest) largest = size;
  }
  if (largest == 0 || !isFinite(largest)) return largest;
  let sum: f64 = 0;
  for (let p = optimizer.gradients; p < end; p += R) {
    const g = <f64>load<real>(p) / largest;
    sum += g * g;
  }
  return largest * sqrt(sum);
}

/** The gradient at `p` after clipping, with the weight decay of all but adamw. */
// @ts-ignore: decorator
@inline
function gradientAt(g: usize, p: v128, factor: v128, limit: v128, decay: v128): v128 {
  const scaled = v128.mul<real>(v128.load(g), factor);
  const clipped = v128.pmax<real>(v128.pmin<real>(scaled, limit), v128.neg<real>(limit));
  return addProduct(clipped, decay, p);
}

/** p −= step / (root + ε) */
// @ts-ignore: decorator
@inline
function divided(p: v128, step: v128, root: v128, epsilon: v128): v128 {
  return v128.sub<real>(p, v128.div<real>(step, v128.add<real>(root, epsilon)));
}

/** One update, in place. @param norm ‖g‖ */
export function update(optimizer: Optimizer, norm: f64): void {
  optimizer.updates += 1;
  optimizer.beta1Power *= optimizer.beta1;
  optimizer.beta2Power *= optimizer.beta2;
  updatePart(optimizer, norm, 0, optimizer.size);
  if (optimizer.rows != 0) updateRows(optimizer, norm);
  if (optimizer.frozenCount != 0) keepFrozen(optimizer);
}

/** The update of an embedding's rows, and forgets their gradients; where nothing moves that has none, the other rows are left alone. */
function updateRows(optimizer: Optimizer, norm: f64): void {
  const rowSize = optimizer.rowSize;
  const touched = changetype<Touched>(optimizer.touched);
  const dE = optimizer.gradients + <usize>optimizer.size * R;
  const leaves = (optimizer.type == SGD && optimizer.momentum == 0) || optimizer.type == ADAGRAD;
  if (!leaves || optimizer.weightDecay != 0) {
    updatePart(optimizer, norm, optimizer.size, optimizer.rows * rowSize);
    clearTouched(touched, dE, optimizer.rows, rowSize);
    return;
  }
  for (let k = 0; k < touched.count; k++) {
    const row = touchedRow(touched, k);
    updatePart(optimizer, norm, optimizer.size + row * rowSize, rowSize);
    clearRow(touched, row, dE, optimizer.rows, rowSize);
  }
  touched.count = 0;
}

/** The update of `count` numbers from number `from` on, whole lanes. */
// @ts-ignore: decorator
@inline
function updatePart(optimizer: Optimizer, norm: f64, from: i32, count: i32): void {
  const type = optimizer.type;
  // Where nothing is clipped, the update does not wait for the norm.
  const factor = splat(optimizer.normLimit == Infinity ? 1 : min<f64>(1, optimizer.normLimit / (norm + NORM_MARGIN)));
  const limit = splat(optimizer.valueLimit);
  const decays = type == ADAMW ? 0 : optimizer.weightDecay;
  const decay = splat(decays);
  const rate = splat(optimizer.learningRate);
  const momentum = splat(optimizer.momentum);
  const epsilon = splat(optimizer.epsilon);
  const start = <usize>from * R;
  let g = optimizer.gradients + start;
  let m = optimizer.first + start;
  let s = optimizer.second + start;
  let q = optimizer.parameters + start;
  const end = q + <usize>count * R;

  if (type == SGD) {
    if (optimizer.momentum == 0 && decays == 0 && optimizer.valueLimit == Infinity) {
      const step = v128.mul<real>(rate, factor);
      // Four at a time: the loop itself would cost as much as a small network's update.
      for (; q + 48 < end; q += 64, g += 64) {
        v128.store(q, v128.sub<real>(v128.load(q), v128.mul<real>(step, v128.load(g))));
        v128.store(q, v128.sub<real>(v128.load(q, 16), v128.mul<real>(step, v128.load(g, 16))), 16);
        v128.store(q, v128.sub<real>(v128.load(q, 32), v128.mul<real>(step, v128.load(g, 32))), 32);
        v128.store(q, v128.sub<real>(v128.load(q, 48), v128.mul<real>(step, v128.load(g, 48))), 48);
      }
      for (; q < end; q += 16, g += 16)
        v128.store(q, v128.sub<real>(v128.load(q), v128.mul<real>(step, v128.load(g))));
      return;
    }
    if (optimizer.momentum == 0) {
      for (; q < end; q += 16, g += 16) {
        const p = v128.load(q);
        v128.store(q, v128.sub<real>(p, v128.mul<real>(rate, gradientAt(g, p, factor, limit, decay))));
      }
      return;
    }
    // The first update begins with the gradient itself; what it remembers is zero.
    const nesterov = optimizer.nesterov != 0;
    for (; q < end; q += 16, g += 16, m += 16) {
      const p = v128.load(q);
      const g_p = gradientAt(g, p, factor, limit, decay);
      const b = addProduct(g_p, momentum, v128.load(m));
      v128.store(m, b);
      v128.store(q, v128.sub<real>(p, v128.mul<real>(rate, nesterov ? addProduct(g_p, momentum, b) : b)));
    }
    return;
  }
  if (type == ADAGRAD) {
    for (; q < end; q += 16, g += 16, s += 16) {
      // Where nothing comes in, as in the rows of tokens that do not occur, nothing changes.
      if (decays == 0 && !v128.any_true(v128.load(g))) continue;
      const p = v128.load(q);
      const g_p = gradientAt(g, p, factor, limit, decay);
      const sum = addProduct(v128.load(s), g_p, g_p);
      v128.store(s, sum);
      v128.store(q, divided(p, v128.mul<real>(rate, g_p), v128.sqrt<real>(sum), epsilon));
    }
    return;
  }
  if (type == RMSPROP) {
    const alpha = splat(optimizer.alpha);
    const rest = splat(1 - optimizer.alpha);
    const moves = optimizer.momentum > 0;
    for (; q < end; q += 16, g += 16, m += 16, s += 16) {
      const p = v128.load(q);
      const g_p = gradientAt(g, p, factor, limit, decay);
      const mean = addProduct(v128.mul<real>(alpha, v128.load(s)), v128.mul<real>(rest, g_p), g_p);
      v128.store(s, mean);
      let step = v128.div<real>(g_p, v128.add<real>(v128.sqrt<real>(mean), epsilon));
      if (moves) {
        step = addProduct(step, momentum, v128.load(m));
        v128.store(m, step);
      }
      v128.store(q, v128.sub<real>(p, v128.mul<real>(rate, step)));
    }
    return;
  }
  const keep = splat(type == ADAMW ? 1 - optimizer.learningRate * optimizer.weightDecay : 1);
  const corrected = splat(optimizer.learningRate / (1 - optimizer.beta1Power));
  const correction = splat(sqrt(1 - optimizer.beta2Power));
  const beta1 = splat(optimizer.beta1);
  const rest1 = splat(1 - optimizer.beta1);
  const beta2 = splat(optimizer.beta2);
  const rest2 = splat(1 - optimizer.beta2);
  for (; q < end; q += 16, g += 16, m += 16, s += 16) {
    const p = v128.load(q);
    const g_p = gradientAt(g, p, factor, limit, decay);
    const mean = addProduct(v128.mul<real>(beta1, v128.load(m)), rest1, g_p);
    const square = addProduct(v128.mul<real>(beta2, v128.load(s)), v128.mul<real>(rest2, g_p), g_p);
    v128.store(m, mean);
    v128.store(s, square);
    const root = v128.div<real>(v128.sqrt<real>(square), correction);
    v128.store(q, divided(v128.mul<real>(keep, p), v128.mul<real>(corrected, mean), root, epsilon));
  }
}
