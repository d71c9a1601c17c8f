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

/** log Σ_j e^z_j: the largest entry is taken out first, so that large logits give no infinity. */
export function logSumExp(z: Float64Array): number {
  let largest = -Infinity;
  for (const z_j of z) if (!(z_j <= largest)) largest = z_j;
  if (!Number.isFinite(largest)) return largest;
  let sum = 0;
  for (const z_j of z) sum += Math.exp(z_j - largest);
  return largest + Math.log(sum);
}

/** p_j = e^z_j / Σ_k e^z_k, written into `p` [O]. */
export function softmax(z: Float64Array, p: Float64Array): void {
  let largest = -Infinity;
  for (const z_j of z) if (!(z_j <= largest)) largest = z_j;
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

/** ‖v‖₂ over all the arrays together, scaled by the largest entry so that no square overflows or vanishes. */
export function norm(...arrays: readonly Float64Array[]): number {
  let largest = 0;
  for (const array of arrays)
    for (const v of array) {
      const size = Math.abs(v);
      if (!(size <= largest)) largest = size;
    }
  if (largest === 0 || !Number.isFinite(largest)) return largest;
  // Within this range no square can overflow or lose bits, and the plain sum rounds as everybody else's.
  const scale = largest > 1e150 || largest < 1e-150 ? largest : 1;
  let sum = 0;
  for (const array of arrays) for (const v of array) sum += (v / scale) * (v / scale);
  return scale * Math.sqrt(sum);
}
