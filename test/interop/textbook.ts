/** Cells written out number by number from the textbooks, with gates stacked as PyTorch and Keras do: what imports are held against. */

const sigma = (x: number) => 1 / (1 + Math.exp(-x));

/** Rows of [k·H × width] as a function of row and column. */
export type Weights = (row: number, column: number) => number;

export interface Cell {
  readonly H: number;
  readonly X: number;
  readonly Wx: Weights;
  readonly Wh: Weights;
  readonly bx: (row: number) => number;
  readonly bh: (row: number) => number;
}

function sums({ H, X, Wx, Wh, bx, bh }: Cell, x: readonly number[], h: readonly number[], row: number) {
  let input = bx(row);
  for (let j = 0; j < X; j++) input += Wx(row, j) * x[j]!;
  let recurrent = bh(row);
  for (let j = 0; j < H; j++) recurrent += Wh(row, j) * h[j]!;
  return { input, recurrent };
}

/** One step with gates in the given order of letters; c comes back with h. */
export function lstmStep(cell: Cell, order: string, x: readonly number[], state: { h: number[]; c: number[] }) {
  const { H } = cell;
  const gate = (letter: string, k: number) => {
    const { input, recurrent } = sums(cell, x, state.h, order.indexOf(letter) * H + k);
    return letter === "g" ? Math.tanh(input + recurrent) : sigma(input + recurrent);
  };
  const c = state.c.map((value, k) => gate("f", k) * value + gate("i", k) * gate("g", k));
  return { h: c.map((value, k) => gate("o", k) * Math.tanh(value)), c };
}

export function gruStep(cell: Cell, order: string, x: readonly number[], h: readonly number[]): number[] {
  const { H } = cell;
  return h.map((old, k) => {
    const of = (letter: string) => sums(cell, x, h, order.indexOf(letter) * H + k);
    const [r, z, n] = [of("r"), of("z"), of("n")];
    const update = sigma(z.input + z.recurrent);
    return (1 - update) * Math.tanh(n.input + sigma(r.input + r.recurrent) * n.recurrent) + update * old;
  });
}
