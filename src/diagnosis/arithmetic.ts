/** Vectors and matrices as the file writes them. Small and plain: speed is the engine's business. */
import type { Tensor } from "../engine/tensor";

export type Vector = readonly number[];
export type Matrix = readonly Vector[];

export function zeros(length: number): number[] {
  return Array.from({ length }, () => 0);
}

export function sum(...vectors: readonly Vector[]): number[] {
  return vectors[0]!.map((_, j) => vectors.reduce((total, v) => total + v[j]!, 0));
}

/** Elementwise. */
export function times(...vectors: readonly Vector[]): number[] {
  return vectors[0]!.map((_, j) => vectors.reduce((total, v) => total * v[j]!, 1));
}

/** 1 − v */
export function rest(v: Vector): number[] {
  return v.map((number) => 1 - number);
}

/** W v */
export function product(W: Matrix, v: Vector): number[] {
  return W.map((row) => row.reduce((total, w, j) => total + w * v[j]!, 0));
}

/** Wᵀ d */
export function transposedProduct(W: Matrix, d: Vector): number[] {
  return W[0]!.map((_, j) => W.reduce((total, row, i) => total + row[j]! * d[i]!, 0));
}

/** d vᵀ */
export function outer(d: Vector, v: Vector): number[][] {
  return d.map((d_i) => v.map((v_j) => d_i * v_j));
}

export function transpose(W: Matrix): number[][] {
  return W[0]!.map((_, j) => W.map((row) => row[j]!));
}

export function sumOfMatrices(A: Matrix, B: Matrix): number[][] {
  return A.map((row, i) => sum(row, B[i]!));
}

/** A tensor's rows; of a vector, rows of one number. */
export function rowsOf({ rows, cols, data }: Tensor): number[][] {
  return Array.from({ length: rows }, (_, i) => Array.from(data.subarray(i * cols, (i + 1) * cols)));
}

export function tensorOf(rows: Matrix, rank: 1 | 2): Tensor {
  return { rank, rows: rows.length, cols: rows[0]?.length ?? 0, data: Float64Array.from(rows.flat()) };
}
