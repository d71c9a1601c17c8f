/**
 * An LSTM whose output is [h; c]: where a course hands in a gradient of c_t beside that of h_t, both are targets of the linear loss.
 * It has 2H units. The first H are the LSTM's own; P moves c_prev up to where the gates are, S moves c down to where it is handed on.
 * All other entries of the bottom half are 0, and stay so.
 */
import type { Published } from "./exercise";

export const lstmWithCellState = {
  "lstm with c": {
    title: "LSTM that hands on c beside h",
    equations: [
      "i = σ(Wxi x + Whi h' + bi)",
      "f = σ(Wxf x + Whf h' + bf)",
      "g = tanh(Wxg x + Whg h' + bg)",
      "o = σ(Wxo x + Who h' + bo)",
      "c = f ∘ (P h') + i ∘ g",
      "h = o ∘ tanh(c) + S c",
    ],
  },
};

/** A gate's own matrices and bias: [H × X], [H × H], [H]. */
export interface Gate {
  readonly Wx: readonly (readonly number[])[];
  readonly Wh: readonly (readonly number[])[];
  readonly b: readonly number[];
}

const zeros = (count: number) => Array.from({ length: count }, () => 0);

/** The layer, of gates by their letters. */
export function layerWithCellState(gates: Readonly<Record<string, Gate>>): object {
  const H = gates["i"]!.b.length;
  const X = gates["i"]!.Wx[0]!.length;
  const below = <T>(rows: readonly T[], row: () => T) => [...rows, ...Array.from({ length: H }, row)];
  const parameters = Object.entries(gates).map(([gate, { Wx, Wh, b }]) => ({
    [`Wx${gate}`]: below(Wx, () => zeros(X)),
    [`Wh${gate}`]: below(
      Wh.map((row) => [...row, ...zeros(H)]),
      () => zeros(2 * H),
    ),
    [`b${gate}`]: [...b, ...zeros(H)],
  }));
  /** Ones where unit j goes to unit i. */
  const moving = (from: number, to: number) =>
    Array.from({ length: 2 * H }, (_, i) =>
      Array.from({ length: 2 * H }, (_, j) => (i - to === j - from && i >= to && i < to + H ? 1 : 0)),
    );
  return {
    cell: "lstm with c",
    size: 2 * H,
    ...Object.assign({}, ...parameters),
    P: moving(H, 0),
    S: moving(0, H),
    frozen: ["P", "S"],
  };
}

/** What is expected of a padded matrix or vector: the course's part of it. */
export const topRows = (rows: readonly Published[] | readonly (readonly number[])[]): unknown[] => [
  ...rows,
  ...rows.map(() => null),
];

/** The same of [H × 2H]: the left half of the top rows. */
export const topLeft = (rows: readonly (readonly number[])[]): unknown[] =>
  topRows(rows.map((row) => [...row, ...row.map(() => null)] as unknown as readonly number[]));
