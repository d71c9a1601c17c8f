import type { Draft } from "./draft";
import type { Sequence } from "./file.generated";
import { parseText } from "./parse";
import { type Collector, locate, type Report, type Spot } from "./report";
import type { Slices } from "./slices";
import { type Path, SourceMap } from "./sourceMap";
import { checkStructure } from "./structure";

/** A sequence as it was written, and who takes what is found in it. */
export interface Written {
  readonly draft: Draft<Sequence>;
  /** Its path in the text that `report` knows. */
  readonly base: Path;
  readonly report: Report;
}

/** Lines between two pauses. */
const linesInSlice = 1024;

/** Takes what is found in one line of a data file. */
class LineReport implements Report {
  private source: SourceMap | null = null;

  constructor(
    private readonly file: string,
    private readonly lineNumber: number,
    private readonly line: string,
    private readonly outer: Collector,
    private readonly filePath: Path,
  ) {}

  error(code: string, path: Path, message: string, spot: Spot = "value"): void {
    this.add("error", code, message, this.offsetOf(path, spot));
  }

  warning(code: string, path: Path, message: string, spot: Spot = "value"): void {
    this.add("warning", code, message, this.offsetOf(path, spot));
  }

  errorAt(code: string, offset: number, message: string): void {
    this.add("error", code, message, offset);
  }

  private add(severity: "error" | "warning", code: string, message: string, offset: number): void {
    const place = { file: this.file, line: this.lineNumber, column: offset + 1 };
    this.outer.addFromData(severity, code, this.filePath, message, place);
  }

  private offsetOf(path: Path, spot: Spot): number {
    // A million good lines keep no map; a bad one is read again.
    this.source ??= new SourceMap(parseText(this.line).nodes);
    return locate(this.line, this.source, path, spot).offset;
  }
}

/**
 * Reads a data file: one sequence a line; empty lines are skipped.
 * @param filePath where the file names it
 */
export function* readDataLines(text: string, file: string, filePath: Path, outer: Collector): Slices<Written[]> {
  const sequences: Written[] = [];
  let lineNumber = 0;
  for (let start = 0; start < text.length; ) {
    const found = text.indexOf("\n", start);
    const end = found < 0 ? text.length : found;
    const line = text.slice(start, end).replace(/\r$/, "");
    start = end + 1;
    lineNumber++;
    if (lineNumber % linesInSlice === 0) yield;
    if (line.trim() === "") continue;
    const report = new LineReport(file, lineNumber, line, outer, filePath);
    const parsed = parseText(line);
    for (const { code, offset, message } of parsed.faults) report.errorAt(code, offset, message);
    if (!parsed.structured) continue;
    const draft = checkStructure(parsed.value, "sequence", [], report) as Draft<Sequence>;
    sequences.push({ draft, base: [], report });
  }
  return sequences;
}
