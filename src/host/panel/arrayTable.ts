import { shapeText, type Tensor } from "../../engine/tensor";

/** So many rows and columns of a large array are shown on each side of the entry that is asked for. */
const around = 50;

export interface ArrayTable {
  readonly text: string;
  /** Where the entry stands, counted from 0. */
  readonly line: number;
  readonly from: number;
  readonly to: number;
}

/** An array, or what of a large one lies around an entry, as text: a row on a line, its number before it. */
export function arrayTable(title: string, tensor: Tensor, [i = 0, j = 0]: readonly number[]): ArrayTable {
  const { rank, rows, cols, data } = tensor;
  const window = (at: number, count: number) => {
    const first = Math.max(0, Math.min(at - around, count - 2 * around - 1));
    return { first, end: Math.min(count, first + 2 * around + 1) };
  };
  const [r, c] = [window(i, rows), window(j, cols)];
  const cut = r.end - r.first < rows || c.end - c.first < cols;
  const part = `, rows ${r.first} to ${r.end - 1}${rank === 2 ? `, columns ${c.first} to ${c.end - 1}` : ""}`;
  const lines = [`${title} ${shapeText(tensor)}${cut ? part : ""}`, ""];
  let place = { line: 0, from: 0, to: 0 };
  for (let row = r.first; row < r.end; row++) {
    let line = `[${row}]`.padEnd(String(rows).length + 4);
    for (let column = c.first; column < c.end; column++) {
      const number = String(data[row * cols + column]!);
      if (row === i && column === j) place = { line: lines.length, from: line.length, to: line.length + number.length };
      line += `${number}${column + 1 < c.end ? "  " : ""}`;
    }
    lines.push(line);
  }
  return { text: `${lines.join("\n")}\n`, ...place };
}
