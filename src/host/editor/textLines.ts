import type { Path, SourceMap, TextRange } from "../../format/sourceMap";

/** Lines from…to, both included, counted from 0. */
export interface LineRange {
  readonly from: number;
  readonly to: number;
}

/** What the pure parts need to know of a document. */
export interface TextLines {
  /** The line of an offset, counted from 0. */
  lineAt(offset: number): number;
  /** The text itself in a range. */
  slice(range: TextRange): string;
}

/** Items first…last of an array whose text ends on one line. */
export interface ItemsOnLine {
  readonly line: number;
  readonly first: number;
  readonly last: number;
}

/**
 * The items of an array by the line on which each ends, for the lines in a range alone: what is out of sight costs nothing.
 * @param count how many items the array has
 */
export function itemsByLine(
  source: SourceMap,
  path: Path,
  count: number,
  text: TextLines,
  lines: LineRange,
): ItemsOnLine[] {
  const endLine = (k: number) => text.lineAt(lastOffset(source.locate([...path, k])));
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (endLine(middle) < lines.from) low = middle + 1;
    else high = middle;
  }
  const groups: ItemsOnLine[] = [];
  for (let first = low; first < count; ) {
    const line = endLine(first);
    if (line > lines.to) break;
    // Many items may share a line: the last one is looked for, not walked to.
    let after = first + 1;
    let beyond = count;
    while (after < beyond) {
      const middle = (after + beyond) >> 1;
      if (endLine(middle) === line) after = middle + 1;
      else beyond = middle;
    }
    groups.push({ line, first, last: after - 1 });
    first = after;
  }
  return groups;
}

function lastOffset(range: TextRange | null): number {
  return range === null ? 0 : range.offset + Math.max(0, range.length - 1);
}

/** The line on which a value ends; null where the text has none. */
export function lastLineOf(source: SourceMap, path: Path, text: TextLines): number | null {
  const range = source.locate(path);
  return range && text.lineAt(lastOffset(range));
}
