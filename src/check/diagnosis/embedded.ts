/** What a token's row of the embedding goes through before it is read. */
import type { StepInput } from "../../engine/step";
import type { Tensor } from "../../engine/tensor";

/**
 * `zeroRow`: the row of the padding token is read as zeros; `frozenRow`: it alone has no gradient; `otherRow`: the row of the token that
 * many after; `perCount`: the gradient of a row is divided by how often its token occurs.
 */
export type Embedded =
  | { readonly kind: "scaled"; readonly factor: number }
  | { readonly kind: "zeroRow" | "frozenRow"; readonly token: number }
  | { readonly kind: "otherRow"; readonly by: number }
  | { readonly kind: "perCount" };

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
    case "frozenRow":
    case "perCount":
      return { token: -1, vector };
  }
}

/** What dL/dx_t is multiplied with in dE. @param count how often the token occurs */
export function shareOfRow(token: number, count: () => number, how: Embedded | null): number {
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
      return 1;
  }
}
