import type { Remedy } from "./remedy";
import type { Path, SourceMap, TextRange } from "./sourceMap";

export interface Diagnostic {
  readonly severity: "error" | "warning";
  /** Where in the text, in UTF-16 units. */
  readonly offset: number;
  readonly length: number;
  readonly message: string;
  /** The value that it is about. */
  readonly path: readonly (string | number)[];
  /** A short name of the kind of finding: `shape`, `unknown-token`. */
  readonly code: string;
  /** Where it is in a data file that this file names; the place in the text is then that name. */
  readonly data?: DataPlace;
  /** What to write in its place, where that is one edit. */
  readonly remedy?: Remedy;
}

/** Line and column are counted from 1. */
export interface DataPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * Where in a value to say it: on the value, on its key, on its opening bracket (where something is missing),
 * or on some characters of a text, counted in UTF-16 units as the text reads, without its escapes.
 */
export type Spot = "value" | "key" | "opening" | { readonly from: number; readonly to: number };

/** Takes findings. What reads a part of a file tells it what it finds, at the path of the value. */
export interface Report {
  error(code: string, path: Path, message: string, spot?: Spot, remedy?: Remedy | null): void;
  warning(code: string, path: Path, message: string, spot?: Spot, remedy?: Remedy | null): void;
}

/** So many findings in data files are told one by one; nobody reads more. */
const mostFromData = 1000;

/** Collects findings with their places in one text. */
export class Collector implements Report {
  private readonly found: Diagnostic[] = [];
  private readonly fromData: Partial<Record<Diagnostic["severity"], number>> = {};
  private readonly hidden = new Set<string>();

  constructor(
    private readonly text: string,
    private readonly source: SourceMap,
  ) {}

  error(code: string, path: Path, message: string, spot: Spot = "value", remedy: Remedy | null = null): void {
    this.add("error", code, path, message, locate(this.text, this.source, path, spot), remedy && { remedy });
  }

  warning(code: string, path: Path, message: string, spot: Spot = "value", remedy: Remedy | null = null): void {
    this.add("warning", code, path, message, locate(this.text, this.source, path, spot), remedy && { remedy });
  }

  /** An error at a place of the text itself. */
  errorAt(code: string, range: TextRange, message: string): void {
    this.add("error", code, this.source.pathAt(range.offset) ?? [], message, range);
  }

  /** A warning at a place of the text itself. */
  warningAt(code: string, range: TextRange, message: string): void {
    this.add("warning", code, this.source.pathAt(range.offset) ?? [], message, range);
  }

  /** A finding in a data file, said at the value that names it. */
  addFromData(severity: Diagnostic["severity"], code: string, path: Path, message: string, data: DataPlace): void {
    const range = locate(this.text, this.source, path, "value");
    const place = `${data.file}:${data.line}:${data.column}`;
    const count = (this.fromData[severity] = (this.fromData[severity] ?? 0) + 1);
    if (count <= mostFromData) this.add(severity, code, path, `${place}: ${message}`, range, { data });
    else if (count === mostFromData + 1)
      this.add(severity, code, path, `${place}: and more of them, which are not looked at one by one`, range, { data });
  }

  /** To be called for a data file that lies elsewhere: what is found in it is said without what stands there. */
  hide(file: string): void {
    this.hidden.add(file);
  }

  get hasErrors(): boolean {
    return this.found.some((diagnostic) => diagnostic.severity === "error");
  }

  /** In the order of the text. */
  diagnostics(): Diagnostic[] {
    return this.found.sort(inOrder);
  }

  private add(
    severity: Diagnostic["severity"],
    code: string,
    path: Path,
    message: string,
    range: TextRange,
    more: Pick<Diagnostic, "data" | "remedy"> | null = null,
  ): void {
    const { offset, length } = range;
    this.found.push({ severity, code, path: [...path], message: this.shown(message), offset, length, ...more });
  }

  /** The message itself, unless it begins with the name of a file of which nothing is to be shown. */
  private shown(message: string): string {
    for (const file of this.hidden) {
      if (!message.startsWith(`${file}:`)) continue;
      const [place] = /^(:\d+:\d+)?/.exec(message.slice(file.length))!;
      return `${file}${place}: this is not what is expected here; what stands in a file outside this one's folder is not shown`;
    }
    return message;
  }
}

function inOrder(a: Diagnostic, b: Diagnostic): number {
  const inText = a.offset - b.offset || a.length - b.length;
  if (inText !== 0 || !a.data || !b.data) return inText;
  return a.data.line - b.data.line || a.data.column - b.data.column;
}

/** The range that a finding is about. A value that the file does not have is looked for in what would hold it. */
export function locate(text: string, source: SourceMap, path: Path, spot: Spot): TextRange {
  if (typeof spot === "object") {
    const whole = source.locate(path);
    return whole === null ? { offset: 0, length: 0 } : charactersIn(text, whole, spot.from, spot.to);
  }
  const range =
    spot === "value" ? source.locate(path) : spot === "key" ? source.locateKey(path) : source.locateOpening(path);
  if (range !== null) return range;
  return path.length === 0 ? { offset: 0, length: 0 } : locate(text, source, path.slice(0, -1), "opening");
}

/** Where characters of a text stand in its literal, whose escapes are longer than what they mean. */
export function charactersIn(text: string, literal: TextRange, from: number, to: number): TextRange {
  let offset = literal.offset + 1;
  let start = offset;
  for (let k = 0; k < to; k++) {
    if (k === from) start = offset;
    if (text[offset] === "\\") offset += text[offset + 1] === "u" ? 6 : 2;
    else offset++;
  }
  if (from >= to) start = offset;
  return { offset: start, length: offset - start };
}
