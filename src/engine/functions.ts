/** The elementary functions of the engine, in one place, each finite wherever mathematics is finite. */

/** σ(x) = 1 / (1 + e^−x), without overflow for any x. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

/** log(1 + e^x), without overflow for any x. */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** Functions of one number. `square` is v², the others are written as they are named. */
export type ElementFunction = keyof typeof elementFunctions;

export const elementFunctions = {
  tanh: Math.tanh,
  σ: sigmoid,
  // A NaN stays one: it must be seen, not be cut to 0.
  relu: (v: number) => (v <= 0 ? 0 : v),
  exp: Math.exp,
  log: Math.log,
  "√": Math.sqrt,
  abs: Math.abs,
  sin: Math.sin,
  cos: Math.cos,
  softplus,
  silu: (v: number) => v * sigmoid(v),
  /** PyTorch's and Keras 3's: relu6(v + 3) / 6. */
  hardsigmoid: (v: number) => cut((v + 3) / 6),
  /** Keras 2's, TensorFlow.js' and ONNX'. */
  hardsigmoid2: (v: number) => cut(0.2 * v + 0.5),
  square: (v: number) => v * v,
  /** 1 where v > 0, else 0. */
  positive: (v: number) => (v > 0 ? 1 : 0),
  /** 1 where v > 0, ½ at 0, else 0. */
  step: (v: number) => (v > 0 ? 1 : v === 0 ? 0.5 : 0),
  sign: Math.sign,
  /** Where hardsigmoid slopes: 1 within −3 < v < 3, else 0. */
  within3: (v: number) => (v > -3 && v < 3 ? 1 : 0),
  /** Where hardsigmoid2 slopes, its borders included: 1 within −2.5 ≤ v ≤ 2.5, else 0. */
  "within2.5": (v: number) => (v >= -2.5 && v <= 2.5 ? 1 : 0),
} as const satisfies Record<string, (v: number) => number>;

/** Into 0…1; a NaN stays one. */
function cut(v: number): number {
  return v < 0 ? 0 : v > 1 ? 1 : v;
}

/** A NaN is the largest: it must not be lost. */
function largestOf(z: Float64Array): number {
  let largest = -Infinity;
  for (let j = 0; j < z.length; j++) if (!(z[j]! <= largest)) largest = z[j]!;
  return largest;
}

/** log Σ_j e^z_j: the largest entry is taken out first, so that large logits give no infinity. */
export function logSumExp(z: Float64Array): number {
  const largest = largestOf(z);
  if (!Number.isFinite(largest)) return largest;
  let sum = 0;
  for (let j = 0; j < z.length; j++) sum += Math.exp(z[j]! - largest);
  return largest + Math.log(sum);
}

/** p_j = e^z_j / Σ_k e^z_k, written into `p` [O]. */
export function softmax(z: Float64Array, p: Float64Array): void {
  const largest = largestOf(z);
  let sum = 0;
  for (let j = 0; j < z.length; j++) {
    const e = Math.exp(z[j]! - largest);
    p[j] = e;
    sum += e;
  }
  for (let j = 0; j < p.length; j++) p[j]! /= sum;
}

/** Vector-Jacobian product of softmax: dz_j = p_j (dp_j − Σ_k dp_k p_k), written into `dz`. `dz` may be `dp`. */
export function softmaxBackward(p: Float64Array, dp: Float64Array, dz: Float64Array): void {
  let inner = 0;
  for (let k = 0; k < p.length; k++) inner += dp[k]! * p[k]!;
  for (let j = 0; j < p.length; j++) dz[j] = p[j]! * (dp[j]! - inner);
}

/** A vector with a 1 at `index`, else zeros: the numbers that a token stands for. */
export function oneHot(index: number, length: number): Float64Array {
  const vector = new Float64Array(length);
  vector[index] = 1;
  return vector;
}

/** ‖v‖₂ over all the arrays together; where a square could overflow or vanish, scaled by the largest entry. */
export function norm(...arrays: readonly Float64Array[]): number {
  let squares = 0;
  for (const array of arrays) for (let i = 0; i < array.length; i++) squares += array[i]! * array[i]!;
  // Far from both ends of what a number can be, no square has overflowed or lost bits that count.
  if (squares > 1e-280 && squares < 1e280) return Math.sqrt(squares);
  return scaledNorm(arrays);
}

function scaledNorm(arrays: readonly Float64Array[]): number {
  let largest = 0;
  for (const array of arrays)
    for (const v of array) {
      const size = Math.abs(v);
      if (!(size <= largest)) largest = size;
      // The next number would hide it.
      if (Number.isNaN(size)) return size;
    }
  if (largest === 0 || !Number.isFinite(largest)) return largest;
  // Within this range no square can overflow or lose bits, and the plain sum rounds as everybody else's.
  const scale = largest > 1e150 || largest < 1e-150 ? largest : 1;
  let sum = 0;
  for (const array of arrays) for (const v of array) sum += (v / scale) * (v / scale);
  return scale * Math.sqrt(sum);
}
