import { createScanner, parse } from "jsonc-parser";
import { applyEdits, insertEntries, lastKeyOf, layoutAt, type TextEdit } from "./edit";
import { type Layout, printEntry, printJson } from "./layout";
import type { Path, SourceMap, TextRange } from "./sourceMap";

/** What takes a finding away, where that is obvious. */
export type Remedy =
  /** The key goes, with its value, and these values come in its place, by their paths. With nothing to come, it simply goes. */
  | { readonly kind: "instead"; readonly set: Values; readonly isTransposed?: true }
  /** These values are set, by their paths. */
  | { readonly kind: "set"; readonly set: Values; readonly title?: string }
  /** The key goes, and so many layers like the only one stand on each other. */
  | { readonly kind: "stack"; readonly count: number }
  /** What was a row of the matrix becomes a column. */
  | { readonly kind: "transpose" };

type Values = readonly (readonly [Path, unknown])[];

/** A change of the text that takes a finding away. */
export interface Fix {
  readonly title: string;
  /** In the order of the text. */
  readonly edits: readonly TextEdit[];
}

/**
 * The fix of a finding by its remedy.
 * @param path of the value that it is about
 * @returns null where the text has no place for it, or says otherwise already what would be written
 */
export function remedyFix(text: string, source: SourceMap, path: Path, remedy: Remedy): Fix | null {
  if (remedy.kind === "transpose") {
    const edit = transposedEdit(text, source, path);
    return edit && { title: "Transpose", edits: [edit] };
  }
  if (remedy.kind === "stack") return stackFix(text, source, path, remedy.count);
  const { set } = remedy;
  if (set.some(([target]) => text[holderOf(source, target).range.offset] !== "{")) return null;
  if (remedy.kind === "set") {
    return { title: remedy.title ?? titleOf(path, set), edits: setEdits(text, source, set) };
  }
  if (set.some(([target, wanted]) => !isFree(text, source, target, wanted))) return null;
  const edits = insteadEdits(text, source, path, set, remedy.isTransposed ?? false);
  const title = remedy.isTransposed ? `Change to ${JSON.stringify(set[0]![0].at(-1))}, transposed` : titleOf(path, set);
  return edits && { title: set.length === 0 ? "Remove" : title, edits };
}

/** `"size": 3`, `"learningRate": 0.1 in training.optimizer`; of a value that stays where it is, itself. */
function titleOf(path: Path, set: Values): string {
  const texts = set.map(([target, wanted]) => {
    const value = JSON.stringify(wanted);
    if (target.length === path.length && startsWith(target, path)) return value;
    const entry = `${JSON.stringify(target.at(-1))}${value.length > 40 ? "" : `: ${value}`}`;
    const holder = target.slice(0, -1);
    const isBeside = holder.length === path.length - 1 && startsWith(path, holder);
    return isBeside ? entry : `${entry} ${placeInWords(holder)}`;
  });
  return `Change to ${texts.join(", ")}`;
}

/** "in layers[0].reverse" */
export function placeInWords(holder: Path): string {
  if (holder.length === 0) return "at the file's top";
  const names = holder.map((segment) => (typeof segment === "number" ? `[${segment}]` : `.${segment}`));
  return `in ${names.join("").slice(1)}`;
}

/** Layers whose parameters are written out are not alike, and of several it is not said which one is meant. */
function stackFix(text: string, source: SourceMap, path: Path, count: number): Fix | null {
  const layer = source.locate(["layers", 0]);
  const key = source.locateKey(path);
  const value = source.locate(path);
  if (layer === null || key === null || value === null || source.locate(["layers", 1]) !== null) return null;
  const written = text.slice(layer.offset, layer.offset + layer.length);
  if (written.includes("[")) return null;
  const removed = removals(text, source, path, key, value);
  const isInside = (edit: TextEdit) => edit.offset >= layer.offset && edit.offset < layer.offset + layer.length;
  const own = removed.filter(isInside).map((edit) => ({ ...edit, offset: edit.offset - layer.offset }));
  const one = applyEdits(written, own);
  const before = blankBefore(text, layer.offset);
  const between = before === null ? ", " : `,${layoutAt(text, layer.offset, Number.POSITIVE_INFINITY).eol}${before}`;
  const all = { ...layer, text: Array.from({ length: count }, () => one).join(between) };
  const edits = [...removed.filter((edit) => !isInside(edit)), all].sort((a, b) => a.offset - b.offset);
  return { title: `Change to ${count} layers`, edits };
}

function setEdits(text: string, source: SourceMap, set: Values): TextEdit[] {
  const edits: TextEdit[] = [];
  for (const [target, wanted] of set) {
    const there = source.locate(target);
    if (there !== null)
      edits.push({ ...there, text: printJson(wanted, layoutAt(text, there.offset, Number.POSITIVE_INFINITY)) });
  }
  addEntries(
    text,
    source,
    set.filter(([target]) => source.locate(target) === null),
    edits,
  );
  return edits.sort((a, b) => a.offset - b.offset);
}

function insteadEdits(
  text: string,
  source: SourceMap,
  path: Path,
  set: Values,
  isTransposed: boolean,
): TextEdit[] | null {
  const key = source.locateKey(path);
  const value = source.locate(path);
  if (key === null || value === null) return null;
  const holder = path.slice(0, -1);
  const missing = set.filter(([target]) => source.locate(target) === null);
  // What belongs to the same object, or to one in it that is missing too, takes the key's place.
  const here = missing.filter(
    ([target]) => startsWith(target, holder) && source.locate(target.slice(0, holder.length + 1)) === null,
  );
  const [only] = here;
  const edits: TextEdit[] = [];
  if (only === undefined) for (const edit of removals(text, source, path, key, value)) edits.push(edit);
  else if (here.length === 1 && only[0].length === path.length && isSame(text, value, only[1])) {
    edits.push({ ...key, text: JSON.stringify(only[0].at(-1)) });
    const transposed = isTransposed ? transposedEdit(text, source, path) : null;
    if (transposed) edits.push(transposed);
  } else {
    const layout = layoutAt(text, key.offset, Number.POSITIVE_INFINITY);
    const entries = here.map(([target, wanted]) =>
      printEntry(...nestedIn(target.slice(holder.length), wanted), layout),
    );
    edits.push({ offset: key.offset, length: value.offset + value.length - key.offset, text: entries.join(", ") });
  }
  addEntries(
    text,
    source,
    missing.filter((one) => !here.includes(one)),
    edits,
  );
  return edits.sort((a, b) => a.offset - b.offset);
}

function startsWith(target: Path, holder: Path): boolean {
  return holder.every((segment, k) => target[k] === segment);
}

function isFree(text: string, source: SourceMap, target: Path, wanted: unknown): boolean {
  const there = source.locate(target);
  return there === null || isSame(text, there, wanted);
}

function isSame(text: string, { offset, length }: TextRange, wanted: unknown): boolean {
  return JSON.stringify(parse(text.slice(offset, offset + length))) === JSON.stringify(wanted);
}

/** A value inside the objects that its path names. */
function nestedIn(path: Path, wanted: unknown): [string, unknown] {
  const [name, ...inside] = path;
  const nested = inside.reduceRight<unknown>((inner, segment) => ({ [segment]: inner }), wanted);
  return [String(name), nested];
}

/** The innermost value of a path that is there and holds the rest. */
function holderOf(source: SourceMap, target: Path): { depth: number; range: TextRange } {
  let depth = target.length - 1;
  while (depth > 0 && source.locate(target.slice(0, depth)) === null) depth--;
  return { depth, range: source.locate(target.slice(0, depth))! };
}

/** Adds values, each to the innermost object of its path that is there. */
function addEntries(text: string, source: SourceMap, set: Values, edits: TextEdit[]): void {
  const byHolder = new Map<number, Values[number][]>();
  for (const one of set) {
    const { offset } = holderOf(source, one[0]).range;
    byHolder.set(offset, [...(byHolder.get(offset) ?? []), one]);
  }
  for (const values of byHolder.values()) {
    const { depth, range } = holderOf(source, values[0]![0]);
    const last = lastKeyOf(source, values[0]![0].slice(0, depth));
    const print = (layout: Layout) =>
      values.map(([target, wanted]) => printEntry(...nestedIn(target.slice(depth), wanted), layout));
    insertEntries(text, range, last, print, edits);
  }
}

/** A key and its value go with the comma behind them, the last one with that before it, and with their line where they had one. */
function removals(text: string, source: SourceMap, path: Path, key: TextRange, value: TextRange): TextEdit[] {
  const end = value.offset + value.length;
  const comma = commaBehind(text, end);
  const previous = source.endOfPrevious(path);
  if (comma === null && previous !== null) {
    const before = commaBehind(text, previous)!;
    const start = before + text.slice(before, key.offset).trimEnd().length;
    const entry = { offset: start, length: end - start, text: "" };
    // Comments between the two stay.
    return [{ offset: before - 1, length: 1, text: "" }, entry];
  }
  const after = comma ?? end;
  const lineStart = text.lastIndexOf("\n", key.offset - 1) + 1;
  const lineEnd = /[^\S\n]*(\r?\n)?/y;
  lineEnd.lastIndex = after;
  const rest = lineEnd.exec(text)![0];
  const isOwnLine = text.slice(lineStart, key.offset).trim() === "" && rest.endsWith("\n");
  const start = isOwnLine ? lineStart : key.offset;
  const stop = isOwnLine ? after + rest.length : after + /^[^\S\n]*/.exec(rest)![0].length;
  return [{ offset: start, length: stop - start, text: "" }];
}

/** The end of the comma that comes next, comments aside. */
function commaBehind(text: string, offset: number): number | null {
  const scanner = createScanner(text, true);
  scanner.setPosition(offset);
  const token: number = scanner.scan();
  return token === 5 ? scanner.getTokenOffset() + 1 : null;
}

/**
 * Makes the rows of a matrix its columns. Numbers keep their spelling; comments inside stay, in front of the first row.
 * @returns null where it is no matrix
 */
function transposedEdit(text: string, source: SourceMap, path: Path): TextEdit | null {
  const range = source.locate(path);
  if (range === null) return null;
  const written = text.slice(range.offset, range.offset + range.length);
  const matrix: unknown = parse(written);
  if (!Array.isArray(matrix) || !Array.isArray(matrix[0])) return null;
  const rows = (matrix as unknown[][]).map((row, i) =>
    row.map((_, j) => {
      const { offset, length } = source.locate([...path, i, j])!;
      return text.slice(offset, offset + length);
    }),
  );
  if (rows.some((row) => row.length !== rows[0]!.length)) return null;
  const comments = commentsIn(written);
  const layout = layoutAt(text, range.offset, Number.POSITIVE_INFINITY);
  const comma = /,\S/.test(written) ? "," : ", ";
  const columns = rows[0]!.map((_, j) => `[${rows.map((row) => row[j]!).join(comma)}]`);
  if (!written.includes("\n"))
    return { ...range, text: `[${comments.map((comment) => `${comment} `).join("")}${columns.join(comma)}]` };
  const inside = layout.eol + (blankBefore(text, source.locate([...path, 0])!.offset) ?? layout.indent + layout.unit);
  const end = layout.eol + (blankBefore(text, range.offset + range.length - 1) ?? layout.indent);
  const lines = comments.map((comment) => inside + comment).join("") + columns.map((row) => inside + row).join(",");
  return { ...range, text: `[${lines}${end}]` };
}

/** What a line begins with, where there is nothing but space before an offset. */
function blankBefore(text: string, offset: number): string | null {
  const before = text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset);
  return before.trim() === "" ? before : null;
}

function commentsIn(text: string): string[] {
  const scanner = createScanner(text, false);
  const comments: string[] = [];
  for (let token: number = scanner.scan(); token !== 17; token = scanner.scan())
    if (token === 12 || token === 13) comments.push(scanner.getTokenValue().trim());
  return comments;
}
