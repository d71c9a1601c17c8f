import { createScanner } from "jsonc-parser";
import { type NamedTensors, type Tensor, toNested } from "../engine/tensor";
import { type Layout, printEntry, printJson, printNumber } from "./layout";
import { parseText } from "./parse";
import { type Path, parameterPath, SourceMap, type TextRange } from "./sourceMap";

/** Puts `text` in the place of `length` characters at `offset`. */
export interface TextEdit {
  readonly offset: number;
  readonly length: number;
  readonly text: string;
}

/** A text after edits that do not overlap and are in the order of the text. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const pieces: string[] = [];
  let end = 0;
  for (const edit of edits) {
    pieces.push(text.slice(end, edit.offset), edit.text);
    end = edit.offset + edit.length;
  }
  pieces.push(text.slice(end));
  return pieces.join("");
}

/** What is put into an object that lacks it: tensors, and objects of them. */
type Missing = Map<string, Tensor | Missing>;

/**
 * Edits that write parameters into a file and leave everything else, comments and spacing included, as it stands.
 * A number that has its value already keeps its spelling; a parameter that the file leaves out becomes one more key
 * of its object, in the style of that object.
 * @param parameters by their names in the trace: `layers.0.reverse.Wxh`
 * @returns in the order of the text, none overlapping
 * @throws Error where the text cannot be parsed or has no place for a parameter; RangeError where a number is not finite
 */
export function parameterEdits(text: string, parameters: NamedTensors): TextEdit[] {
  const { value, nodes, structured } = parseText(text);
  if (!structured) throw new Error("the text is no valid file: parameters cannot be written into it");
  const source = new SourceMap(nodes);
  const edits: TextEdit[] = [];
  const missing = new Map<string, { path: Path; entries: Missing }>();

  for (const [name, tensor] of Object.entries(parameters)) {
    const path = parameterPath(name);
    const range = source.locate(path);
    if (range !== null) {
      replaceNumbers(text, source, path, range, valueAt(value, path), tensor, edits);
      continue;
    }
    // The object that holds it, or, where the file has no `reverse`, the one that will hold that.
    let depth = path.length - 1;
    while (depth > 0 && source.locate(path.slice(0, depth)) === null) depth--;
    const holder = path.slice(0, depth);
    const holderRange = source.locate(holder);
    if (
      holderRange === null ||
      text[holderRange.offset] !== "{" ||
      path.slice(depth).some((key) => typeof key === "number")
    )
      throw new Error(`the file has no place for ${name}`);
    const key = JSON.stringify(holder);
    const group = missing.get(key) ?? { path: holder, entries: new Map() };
    missing.set(key, group);
    let entries: Missing = group.entries;
    for (const segment of path.slice(depth, -1)) {
      const inner = entries.get(String(segment)) ?? new Map();
      entries.set(String(segment), inner);
      entries = inner as Missing;
    }
    entries.set(String(path[path.length - 1]), tensor);
  }
  for (const { path, entries } of missing.values())
    insertEntries(
      text,
      source.locate(path)!,
      lastKeyOf(source, path),
      (layout) => printMissing(entries, layout, path),
      edits,
    );
  return edits.sort((a, b) => a.offset - b.offset);
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inside, segment) =>
      typeof inside === "object" && inside !== null ? (inside as Record<string | number, unknown>)[segment] : undefined,
    value,
  );
}

/** Replaces each number that differs; where the shape is another, the whole value. */
function replaceNumbers(
  text: string,
  source: SourceMap,
  path: Path,
  range: TextRange,
  value: unknown,
  tensor: Tensor,
  edits: TextEdit[],
): void {
  const { rank, rows, cols, data } = tensor;
  const fits =
    rank === 1
      ? isRow(value, rows)
      : Array.isArray(value) && value.length === rows && value.every((row) => isRow(row, cols));
  if (!fits) {
    edits.push({
      ...range,
      text: printJson(toNested(checked(tensor, path)), layoutAt(text, range.offset, Number.POSITIVE_INFINITY)),
    });
    return;
  }
  const replace = (old: number, number: number, place: Path) => {
    if (!Object.is(old, number)) edits.push({ ...source.locate(place)!, text: printParameter(number, path) });
  };
  if (rank === 1) (value as number[]).forEach((old, i) => replace(old, data[i]!, [...path, i]));
  else
    (value as number[][]).forEach((row, i) => {
      row.forEach((old, j) => replace(old, data[i * cols + j]!, [...path, i, j]));
    });
}

function isRow(row: unknown, length: number): row is number[] {
  return Array.isArray(row) && row.length === length && row.every((number) => typeof number === "number");
}

function printParameter(number: number, path: Path): string {
  if (Number.isFinite(number)) return printNumber(number);
  throw new RangeError(`${path.join(".")} holds ${number}, which a file cannot hold`);
}

function checked(tensor: Tensor, path: Path): Tensor {
  for (const number of tensor.data) printParameter(number, path);
  return tensor;
}

/** The last key of an object with its value, or the last item of an array. */
export interface LastEntry {
  /** Where the key, or the item, begins. */
  readonly start: TextRange;
  readonly value: TextRange;
}

export function lastKeyOf(source: SourceMap, path: Path): LastEntry | null {
  const last = source.lastEntry(path);
  return last && { start: last.key, value: last.value };
}

/**
 * Adds keys to an object, or items to an array, behind the last one, in its style.
 * @param last  null where it is empty
 * @param print what is added, in a layout
 */
export function insertEntries(
  text: string,
  container: TextRange,
  last: LastEntry | null,
  print: (layout: Layout) => string[],
  edits: TextEdit[],
): void {
  if (last === null) {
    edits.push(fillEmpty(text, container, print));
    return;
  }
  const valueEnd = last.value.offset + last.value.length;
  const tail = tailOf(text, valueEnd);
  const lineStart = lineStartOf(text, last.start.offset);
  const beforeKey = text.slice(lineStart, last.start.offset);
  const startsLine = beforeKey.trim() === "" && lineStart > container.offset;
  const newLine = startsLine || tail.endsLine;
  const compact = last.value.offset === last.start.offset + last.start.length + 1;

  const layout = layoutAt(text, container.offset, newLine ? 120 : Number.POSITIVE_INFINITY);
  const indent = startsLine ? beforeKey : layout.indent + layout.unit;
  const outer = layout.indent;
  const unit =
    startsLine && indent.startsWith(outer) && indent.length > outer.length ? indent.slice(outer.length) : layout.unit;
  const between = newLine ? layout.eol + indent : compact ? "" : " ";
  const added = print({ ...layout, indent, unit, compact: compact && !newLine })
    .map((entry) => between + entry)
    .join(",");
  if (tail.comma) edits.push({ offset: tail.end, length: 0, text: `${added},` });
  else if (tail.end === valueEnd) edits.push({ offset: valueEnd, length: 0, text: `,${added}` });
  else edits.push({ offset: valueEnd, length: 0, text: "," }, { offset: tail.end, length: 0, text: added });
}

function fillEmpty(text: string, object: TextRange, print: (layout: Layout) => string[]): TextEdit {
  const start = object.offset + 1;
  const inside = text.slice(start, object.offset + object.length - 1);
  const blank = inside.trim() === "";
  if (blank && /[\r\n]/.test(inside)) {
    const layout = layoutAt(text, object.offset, 120);
    const indent = layout.indent + layout.unit;
    const lines = print({ ...layout, indent }).map((entry) => layout.eol + indent + entry);
    return { offset: start, length: inside.length, text: `${lines.join(",")}${layout.eol}${layout.indent}` };
  }
  const printed = print(layoutAt(text, object.offset, Number.POSITIVE_INFINITY)).join(", ");
  // A comment in it stays, behind the keys.
  if (blank) return { offset: start, length: inside.length, text: ` ${printed} ` };
  return { offset: start, length: 0, text: /^\s/.test(inside) ? ` ${printed}` : ` ${printed} ` };
}

function printMissing(entries: Missing, layout: Layout, path: Path): string[] {
  return [...entries].map(([key, entry]) => printEntry(key, nested(entry, [...path, key]), layout));
}

function nested(entry: Tensor | Missing, path: Path): unknown {
  if (!(entry instanceof Map)) return toNested(checked(entry, path));
  return Object.fromEntries([...entry].map(([key, inner]) => [key, nested(inner, [...path, key])]));
}

/** What stands behind a value up to the end of its line or of its object: a comma, comments. */
function tailOf(text: string, valueEnd: number): { comma: boolean; end: number; endsLine: boolean } {
  const scanner = createScanner(text, false);
  scanner.setPosition(valueEnd);
  const tail = { comma: false, end: valueEnd, endsLine: false };
  for (;;) {
    const token: number = scanner.scan();
    const end = scanner.getTokenOffset() + scanner.getTokenLength();
    switch (token) {
      case 5: // a comma
        tail.comma = true;
        tail.end = end;
        break;
      case 12: // a comment up to the end of the line
        return { ...tail, end, endsLine: true };
      case 13: // a comment with an end of its own
        tail.end = end;
        break;
      case 15: // spaces
        break;
      case 14: // the end of the line: the comma may stand at the start of a line below
        if (tail.comma || !commaFollows(text, end)) return tail;
        break;
      default:
        return tail;
    }
  }
}

/** Whether the next thing but space and comments is a comma. */
function commaFollows(text: string, offset: number): boolean {
  const scanner = createScanner(text, true);
  scanner.setPosition(offset);
  const token: number = scanner.scan();
  return token === 5;
}

/** The layout of the line on which something stands. */
export function layoutAt(text: string, offset: number, width: number): Layout {
  const start = lineStartOf(text, offset);
  const indent = /^[ \t]*/.exec(text.slice(start, offset))![0];
  const feed = text.indexOf("\n");
  return {
    indent,
    unit: indent.includes("\t") || /\n\t/.test(text) ? "\t" : "  ",
    eol: feed > 0 && text[feed - 1] === "\r" ? "\r\n" : "\n",
    compact: false,
    width,
  };
}

function lineStartOf(text: string, offset: number): number {
  return Math.max(text.lastIndexOf("\n", offset - 1), text.lastIndexOf("\r", offset - 1)) + 1;
}
