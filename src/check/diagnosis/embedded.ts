/** What a token's row of the embedding goes through before it is read. */
import { norm } from "../../engine/functions";
import type { StepInput } from "../../engine/step";
import type { Tensor } from "../../engine/tensor";

/**
 * `zeroRow`: the row of the padding token is read as zeros; `frozenRow`: it alone has no gradient; `otherRow`: the row of the token that
 * many after; `perCount`: the gradient of a row is divided by how often its token occurs; `normalised`: the rows, or those that are longer
 * than 1, have the length 1, as they stand in E, or on the way from there, where the gradient flows back through it.
 */
export type Embedded =
  | { readonly kind: "scaled"; readonly factor: number }
  | { readonly kind: "zeroRow" | "frozenRow"; readonly token: number }
  | { readonly kind: "otherRow"; readonly by: number }
  | { readonly kind: "perCount" }
  | { readonly kind: "normalised"; readonly which: "all" | "longer"; readonly flows: boolean };

/** The row that is read for a token: before the first stands the last, Python's E[-1]. */
export function rowOf(token: number, rows: number, how: Embedded | null): number {
  return how?.kind === "otherRow" ? (token + how.by + rows) % rows : token;
}

export function embeddedInput(token: number, { vector }: StepInput, E: Tensor, how: Embedded): StepInput {
  switch (how.kind) {
    case "scaled":
      return { token: -1, vector: vector.map((v) => how.factor * v) };
    case "zeroRow":
      return { token: -1, vector: token === how.token ? new Float64Array(vector.length) : vector };
    case "otherRow": {
      const row = rowOf(token, E.rows, how);
      return { token: -1, vector: E.data.subarray(row * E.cols, (row + 1) * E.cols) };
    }
    case "normalised":
      return { token: -1, vector: vector.map((v) => v / lengthTaken(vector, how)) };
    case "frozenRow":
    case "perCount":
      return { token: -1, vector };
  }
}

/** What a row is divided by where rows have the length 1. */
function lengthTaken(row: Float64Array, { which }: Embedded & { readonly kind: "normalised" }): number {
  const length = norm(row);
  return length === 0 || (which === "longer" && length < 1) ? 1 : length;
}

/** A step's share of a row's gradient in dE. @param d dL/dx_t @param row that of E @param count how often the token occurs */
export function backToRow(
  d: Float64Array,
  row: Float64Array,
  token: number,
  count: () => number,
  how: Embedded | null,
): Float64Array {
  if (how?.kind === "normalised") {
    if (!how.flows) return d;
    const length = lengthTaken(row, how);
    const along = d.reduce((sum, d_j, j) => sum + d_j * row[j]!, 0) / length ** 2;
    return d.map((d_j, j) => (d_j - along * row[j]!) / length);
  }
  const share = shareOfRow(token, count, how);
  return share === 1 ? d : d.map((d_j) => share * d_j);
}

/** What dL/dx_t is multiplied with in dE. @param count how often the token occurs */
function shareOfRow(token: number, count: () => number, how: Embedded | null): number {
  if (!how) return 1;
  switch (how.kind) {
    case "scaled":
      return how.factor;
    case "zeroRow":
    case "frozenRow":
      return token === how.token ? 0 : 1;
    case "perCount":
      return 1 / count();
    case "otherRow":
    case "normalised":
      return 1;
  }
}
