/** A model file that is made for a data file: the text of it, and how its first sequences look. */
import { numberOfText, Table } from "../../format/dataFiles/table";

/** What is asked about a data file. */
export interface Wanted {
  /** The data file's name. */
  readonly file: string;
  /** Columns of a table that are read and predicted; null for a text. */
  readonly columns: readonly (string | number)[] | null;
  /** Of a text. */
  readonly tokens: "characters" | "words";
  /** Rows or tokens of a sequence. */
  readonly length: number;
  readonly cell: string;
  /** How many tokens the vocabulary of a text has. */
  readonly tokenCount: number;
}

/** Rows of a table, as far as a preview shows them. */
export interface TablePreview {
  /** Columns whose first numbers are numbers: by name, or by number where there is no header. */
  readonly columns: readonly (string | number)[];
  /** The first numbers of each. */
  readonly rows: readonly (readonly number[])[];
}

const shownRows = 200;

/** @param bytes of the table's beginning, at least */
export function previewTable(bytes: Uint8Array, file: string): TablePreview {
  const table = new Table(bytes, /\.tsv$/i.test(file));
  const cells = table.beginning(shownRows);
  const isNumber = (cell: string | undefined) => cell !== undefined && numberOfText(cell) !== null;
  const hasHeader = !(cells[0] ?? []).some(isNumber);
  const body = hasHeader ? cells.slice(1) : cells;
  // A name that two columns have names neither.
  const isName = (name: string) => table.first.indexOf(name) === table.first.lastIndexOf(name);
  const numeric = table.first.map((_, c) => c).filter((c) => isNumber(body[0]?.[c]));
  return {
    columns: numeric.map((c) => (hasHeader && isName(table.first[c]!) ? table.first[c]! : c)),
    rows: body.map((row) => numeric.map((c) => Number(row[c]))),
  };
}

/** The first windows of some columns, as one line: `112 118 132 → 129 | 118 132 129 → 121`. */
export function windowsText(
  { columns, rows }: TablePreview,
  chosen: readonly (string | number)[],
  window: number,
): string {
  const at = chosen.map((column) => columns.indexOf(column));
  const item = (row: readonly number[] | undefined) => at.map((c) => row?.[c] ?? "…").join("/");
  const shown = Math.min(window, 6);
  return [0, 1]
    .map((first) => {
      const inputs = rows.slice(first, first + shown).map(item);
      return `${inputs.join(" ")}${window > shown ? " …" : ""} → ${item(rows[first + window])}`;
    })
    .join(" | ");
}

/** The text of the model file. */
export function modelFileFor(wanted: Wanted): string {
  const { file, columns, tokens, length, cell, tokenCount } = wanted;
  const source = columns
    ? { file, inputs: columns, targets: columns, window: length, horizon: 1, stride: 1, scale: "standard" }
    : { file, tokens, length, stride: length, targets: "next" };
  const size = columns ? columns.length : tokenCount;
  const lines = [
    `"version": 1`,
    ...(columns ? [] : [`"vocabulary": { "from": "sequences" }`]),
    `"layers": [{ "cell": ${JSON.stringify(cell)}, "size": ${columns ? 16 : 64} }]`,
    `"output": { "size": ${size}, "at": "every" }`,
    `"loss": { "type": "${columns ? "mse" : "cross-entropy"}", "reduction": "mean" }`,
    `"sequences": ${spaced(source)}`,
    `"validation": { "fraction": 0.2 }`,
    `"training": { "optimizer": { "type": "adam", "learningRate": 0.01 }, "epochs": ${columns ? 100 : 10}, "batchSize": 16, "clip": { "type": "norm", "at": 1 } }`,
  ];
  return `{\n  ${lines.join(",\n  ")}\n}\n`;
}

/** An object on one line, with a space after each comma and colon. */
function spaced(value: object): string {
  return JSON.stringify(value, null, 1).replaceAll(/\n\s*/g, " ").replaceAll("[ ", "[").replaceAll(" ]", "]");
}
