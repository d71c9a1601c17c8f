/** How JSON is laid out where something is written into a text. */
export interface Layout {
  /** What the line begins with on which the value's key stands. */
  readonly indent: string;
  /** One more level. */
  readonly unit: string;
  readonly eol: string;
  /** Without spaces after commas and colons. */
  readonly compact: boolean;
  /** A value that is longer, its indent included, is broken into lines; Infinity keeps everything on one. */
  readonly width: number;
}

/** A number as it was printed elsewhere: its digits, zeros at the end too, say how far it holds. */
export class Literal {
  constructor(readonly text: string) {}
}

export const plainLayout: Layout = { indent: "", unit: "  ", eol: "\n", compact: false, width: 120 };

/**
 * The shortest decimal that reads back to the same bits.
 * @throws RangeError for NaN and infinities, which JSON cannot hold
 */
export function printNumber(value: number): string {
  if (!Number.isFinite(value))
    throw new RangeError(`${value} cannot be written into a file, which holds finite numbers`);
  return Object.is(value, -0) ? "-0" : String(value);
}

/** A JSON value as text; keys whose value is undefined are left out. A row of numbers stays on one line. */
export function printJson(value: unknown, layout: Layout): string {
  const line = inline(value, layout.compact);
  const simple = !isContainer(value) || (Array.isArray(value) && !value.some(isContainer));
  if (simple || layout.indent.length + line.length <= layout.width) return line;
  const deeper = { ...layout, indent: layout.indent + layout.unit };
  const children = Array.isArray(value)
    ? value.map((item) => printJson(item, deeper))
    : entriesOf(value).map(([key, item]) => printEntry(key, item, deeper));
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  const lines = children.map((child) => `${layout.eol}${deeper.indent}${child}`);
  return `${open}${lines.join(",")}${layout.eol}${layout.indent}${close}`;
}

/** A key and its value. */
export function printEntry(key: string, value: unknown, layout: Layout): string {
  return `${JSON.stringify(key)}:${layout.compact ? "" : " "}${printJson(value, layout)}`;
}

function inline(value: unknown, compact: boolean): string {
  if (typeof value === "number") return printNumber(value);
  if (value instanceof Literal) return value.text;
  if (!isContainer(value)) return JSON.stringify(value);
  const [comma, colon, space] = compact ? [",", ":", ""] : [", ", ": ", " "];
  if (Array.isArray(value)) return `[${value.map((item) => inline(item, compact)).join(comma)}]`;
  const entries = entriesOf(value).map(([key, item]) => `${JSON.stringify(key)}${colon}${inline(item, compact)}`);
  return entries.length === 0 ? "{}" : `{${space}${entries.join(comma)}${space}}`;
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null && !(value instanceof Literal);
}

function entriesOf(value: object): [string, unknown][] {
  return Object.entries(value).filter(([, item]) => item !== undefined);
}
