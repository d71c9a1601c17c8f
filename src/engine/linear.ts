import type { StepInput } from "./step";
import type { Tensor } from "./tensor";

/** out += W v, with W [rows × cols], v [cols], out [rows] */
export function addMatVec(out: Float64Array, W: Tensor, v: Float64Array): void {
  const { rows, cols, data } = W;
  const whole = cols - (cols % 4);
  for (let i = 0, at = 0; i < rows; i++) {
    // Four sums that do not wait for each other; always the same four, so that results are reproducible.
    let sum0 = 0;
    let sum1 = 0;
    let sum2 = 0;
    let sum3 = 0;
    for (let j = 0; j < whole; j += 4, at += 4) {
      sum0 += data[at]! * v[j]!;
      sum1 += data[at + 1]! * v[j + 1]!;
      sum2 += data[at + 2]! * v[j + 2]!;
      sum3 += data[at + 3]! * v[j + 3]!;
    }
    for (let j = whole; j < cols; j++, at++) sum0 += data[at]! * v[j]!;
    out[i]! += sum0 + sum1 + (sum2 + sum3);
  }
}

/** out += Wᵀ d, with W [rows × cols], d [rows], out [cols] */
export function addMatTransposedVec(out: Float64Array, W: Tensor, d: Float64Array): void {
  const { rows, cols, data } = W;
  const whole = rows - (rows % 4);
  // Four rows at once: `out` is read and written a quarter as often.
  for (let i = 0; i < whole; i += 4) {
    const d0 = d[i]!;
    const d1 = d[i + 1]!;
    const d2 = d[i + 2]!;
    const d3 = d[i + 3]!;
    for (let j = 0, at = i * cols; j < cols; j++, at++)
      out[j]! += data[at]! * d0 + data[at + cols]! * d1 + (data[at + 2 * cols]! * d2 + data[at + 3 * cols]! * d3);
  }
  for (let i = whole, at = whole * cols; i < rows; i++) {
    const d_i = d[i]!;
    for (let j = 0; j < cols; j++, at++) out[j]! += data[at]! * d_i;
  }
}

/** dW += d vᵀ, with d [rows], v [cols], dW [rows × cols] */
export function addOuter(dW: Tensor, d: Float64Array, v: Float64Array): void {
  const { rows, cols, data } = dW;
  for (let i = 0, at = 0; i < rows; i++) {
    const d_i = d[i]!;
    for (let j = 0; j < cols; j++, at++) data[at]! += d_i * v[j]!;
  }
}

/** out += v */
export function addVec(out: Float64Array, v: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i]! += v[i]!;
}

/** out += W x_t: a token's one-hot vector takes one column of W [rows × X]. */
export function addInput(out: Float64Array, W: Tensor, x_t: StepInput): void {
  if (x_t.token < 0) return addMatVec(out, W, x_t.vector);
  for (let i = 0, at = x_t.token; i < W.rows; i++, at += W.cols) out[i]! += W.data[at]!;
}

/** dW += d x_tᵀ: a token's one-hot vector reaches one column of dW [rows × X]. */
export function addOuterInput(dW: Tensor, d: Float64Array, x_t: StepInput): void {
  if (x_t.token < 0) return addOuter(dW, d, x_t.vector);
  for (let i = 0, at = x_t.token; i < dW.rows; i++, at += dW.cols) dW.data[at]! += d[i]!;
}
