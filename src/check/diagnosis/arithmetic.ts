/** Vectors and matrices in a few words. */
import type { Tensor } from "../../engine/tensor";

export function summed(u: Float64Array, v: Float64Array): Float64Array {
  return u.map((u_i, i) => u_i + v[i]!);
}

export function joined(vectors: readonly Float64Array[]): Float64Array {
  if (vectors.length === 1) return vectors[0]!;
  const all = new Float64Array(vectors.reduce((length, v) => length + v.length, 0));
  let at = 0;
  for (const v of vectors) {
    all.set(v, at);
    at += v.length;
  }
  return all;
}

/** Unit by unit: u_0, v_0, u_1, v_1, … */
export function interleaved(vectors: readonly Float64Array[]): Float64Array {
  const size = vectors[0]!.length;
  const all = new Float64Array(size * vectors.length);
  vectors.forEach((v, p) => {
    for (let i = 0; i < size; i++) all[i * vectors.length + p] = v[i]!;
  });
  return all;
}

export function transpose({ rank, rows, cols, data }: Tensor): Tensor {
  const turned = new Float64Array(data.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) turned[j * rows + i] = data[i * cols + j]!;
  return { rank, rows: cols, cols: rows, data: turned };
}

/** A matrix whose numbers are read column after column into rows, as by reshape in the place of a transpose; a square one's transpose. */
export const inOtherOrder = (tensor: Tensor): Tensor => ({ ...tensor, data: transpose(tensor).data });

/** A vector, or a matrix's rows: as the trace has them, without a copy. */
export function nestedView({ rank, rows, cols, data }: Tensor): Float64Array | readonly Float64Array[] {
  if (rank === 1) return data;
  return Array.from({ length: rows }, (_, i) => data.subarray(i * cols, (i + 1) * cols));
}
