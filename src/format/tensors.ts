import { shapeText, type Tensor } from "../engine/tensor";
import { counted, type Draft, nameOf } from "./draft";
import { bad } from "./parse";
import type { Report } from "./report";
import type { Path } from "./sourceMap";

/**
 * Reads a vector.
 * @param length what it must be, null where that is not known
 * @param reason why, as it follows "but": "the layer has 2 units"
 * @returns the numbers, or null where something has been reported, here or before
 */
export function readVector(
  value: Draft<number[]>,
  path: Path,
  length: number | null,
  reason: string,
  report: Report,
): Float64Array | null {
  if (value === bad) return null;
  if (length !== null && value.length !== length) {
    report.error("shape", path, `${nameOf(path)} is [${value.length}], but ${reason}: expected [${length}]`);
    return null;
  }
  if (value.includes(bad)) return null;
  return Float64Array.from(value as number[]);
}

/**
 * Reads a matrix; where its rows differ in length, each wrong row is reported by itself.
 * @param rows   what it must have, null where that is not known; so `cols`
 * @param reason why, as it follows "but": "the layer reads 4 inputs into 2 units"
 * @returns the matrix, or null where something has been reported, here or before
 */
export function readMatrix(
  value: Draft<number[][]>,
  path: Path,
  rows: number | null,
  cols: number | null,
  reason: string,
  report: Report,
): Tensor | null {
  if (value === bad) return null;
  const name = nameOf(path);
  const lengths = value.map((row) => (row === bad ? null : row.length));
  // Where no row is readable, each of them has been reported, and there is no shape.
  if (value.length > 0 && lengths.every((length) => length === null)) return null;
  const first = lengths.find((length) => length !== null) ?? 0;
  const expected = rows !== null && cols !== null ? `: expected ${shapeText({ rank: 2, rows, cols })}` : "";
  if (lengths.some((length) => length !== null && length !== first)) {
    const wanted = cols ?? first;
    lengths.forEach((length, i) => {
      if (length !== null && length !== wanted)
        report.error(
          "ragged",
          [...path, i],
          `${name} is ragged: its row ${i} has ${counted(length, "number")}, expected ${wanted}${expected && ` (${reason}${expected})`}`,
        );
    });
    if (rows !== null && value.length !== rows)
      report.error(
        "shape",
        path,
        `${name} has ${counted(value.length, "row")}, but ${reason}${expected || `: expected ${rows}`}`,
      );
    return null;
  }
  const fits = (rows === null || value.length === rows) && (cols === null || first === cols || value.length === 0);
  if (!fits || (value.length === 0 && rows !== 0)) {
    if (rows === null) return null;
    const found = shapeText({ rank: 2, rows: value.length, cols: first });
    const message = `${name} is ${found}, but ${reason}${expected || `: expected ${rows} rows`}`;
    if (value.length === cols && first === rows)
      report.error("shape", path, `${message}; ${transposed(name)}`, "value", { kind: "transpose" });
    else report.error("shape", path, message);
    return null;
  }
  const data = new Float64Array(value.length * first);
  for (let i = 0; i < value.length; i++) {
    const row = value[i]!;
    if (row === bad) return null;
    for (let j = 0; j < first; j++) {
      const number = row[j]!;
      if (number === bad) return null;
      data[i * first + j] = number;
    }
  }
  return { rank: 2, rows: value.length, cols: first, data };
}

/** Why a matrix has a row where a column is expected: `Wxh x` here is `x Wxh` there. */
function transposed(name: string): string {
  const symbol = name.slice(name.lastIndexOf(".") + 1);
  if (symbol === "E") return "transposed it would fit: a row is a token's, as in PyTorch and Keras";
  return `transposed it would fit: Keras and NumPy courses write ${symbol.startsWith("Wh") ? "h" : "x"} ${symbol}`;
}
