import type { StepInput } from "./cell";
import type { Tensor } from "./tensor";

/** out += W v, with W [rows × cols], v [cols], out [rows] */
export function addMatVec(out: Float64Array, W: Tensor, v: Float64Array): void {
  const { rows, cols, data } = W;
  for (let i = 0, at = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < cols; j++, at++) sum += data[at]! * v[j]!;
    out[i]! += sum;
  }
}

/** out += Wᵀ d, with W [rows × cols], d [rows], out [cols] */
export function addMatTransposedVec(out: Float64Array, W: Tensor, d: Float64Array): void {
  const { rows, cols, data } = W;
  for (let i = 0, at = 0; i < rows; i++) {
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
