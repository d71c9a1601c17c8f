/**
 * Dimensions, everywhere in the engine:
 *   T steps · X inputs · H hidden units · O outputs · B sequences of a batch · L layers
 * Time runs t = 1…T; h_0 is the initial state.
 */

/** A vector (`cols` is 1, `rank` 1) or a matrix in row-major order (`rank` 2), in double precision. */
export interface Tensor {
  readonly rank: 1 | 2;
  readonly rows: number;
  readonly cols: number;
  /** [rows × cols], row after row. */
  readonly data: Float64Array;
}

/** Tensors by the name that the trace gives them: `layers.0.Wxh`, `layers.0.reverse.Whh`, `output.Why`. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

export function zeroVector(rows: number): Tensor {
  return { rank: 1, rows, cols: 1, data: new Float64Array(rows) };
}

export function zeroMatrix(rows: number, cols: number): Tensor {
  return { rank: 2, rows, cols, data: new Float64Array(rows * cols) };
}

export function zerosLike(tensor: Tensor): Tensor {
  return { ...tensor, data: new Float64Array(tensor.data.length) };
}

export function zerosLikeAll(tensors: NamedTensors): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, zerosLike(tensor)]));
}

/** How many numbers they have together. */
export function countNumbers(tensors: NamedTensors): number {
  return Object.values(tensors).reduce((sum, { data }) => sum + data.length, 0);
}

/** `[4 × 3]` or `[4]`, as messages write a shape. */
export function shapeText(shape: { rank: 1 | 2; rows: number; cols: number }): string {
  return shape.rank === 1 ? `[${shape.rows}]` : `[${shape.rows} × ${shape.cols}]`;
}

/** A vector as an array, a matrix as an array of rows: as the file and the trace write it. */
export function toNested(tensor: Tensor): number[] | number[][] {
  if (tensor.rank === 1) return Array.from(tensor.data);
  return Array.from({ length: tensor.rows }, (_, i) =>
    Array.from(tensor.data.subarray(i * tensor.cols, (i + 1) * tensor.cols)),
  );
}
