import type { Draft } from "./draft";
import type { Sequence } from "./file.generated";
import { parseText } from "./parse";
import { locate, type Report, type Spot } from "./report";
import { type Path, SourceMap } from "./sourceMap";
import { checkStructure } from "./structure";

/** A sequence as it was written, and who takes what is found in it. */
export interface Written {
  readonly draft: Draft<Sequence>;
  /** Its path in the text that `report` knows. */
  readonly base: Path;
  readonly report: Report;
}

/** Says what is found in a line of a data file at the name of that file, with the line and the column in front. */
class LineReport implements Report {
  private source: SourceMap | null = null;

  constructor(
    private readonly fileName: string,
    private readonly lineNumber: number,
    private readonly line: string,
    private readonly outer: Report,
    private readonly filePath: Path,
  ) {}

  error(code: string, path: Path, message: string, spot: Spot = "value"): void {
    this.outer.error(code, this.filePath, `${this.place(path, spot)}: ${message}`);
  }

  warning(code: string, path: Path, message: string, spot: Spot = "value"): void {
    this.outer.warning(code, this.filePath, `${this.place(path, spot)}: ${message}`);
  }

  at(offset: number): string {
    return `${this.fileName}:${this.lineNumber}:${offset + 1}`;
  }

  private place(path: Path, spot: Spot): string {
    // A million good lines keep no map; a bad one is read again.
    this.source ??= new SourceMap(parseText(this.line).nodes);
    return this.at(locate(this.line, this.source, path, spot).offset);
  }
}

/** Reads a data file: one sequence a line; empty lines are skipped. */
export function readDataLines(text: string, fileName: string, filePath: Path, outer: Report): Written[] {
  const sequences: Written[] = [];
  let lineNumber = 0;
  for (let start = 0; start < text.length; ) {
    const found = text.indexOf("\n", start);
    const end = found < 0 ? text.length : found;
    const line = text.slice(start, end).replace(/\r$/, "");
    start = end + 1;
    lineNumber++;
    if (line.trim() === "") continue;
    const report = new LineReport(fileName, lineNumber, line, outer, filePath);
    const parsed = parseText(line);
    for (const fault of parsed.faults)
      outer.error(fault.code, filePath, `${report.at(fault.offset)}: ${fault.message}`);
    if (!parsed.structured) continue;
    const draft = checkStructure(parsed.value, "sequence", [], report) as Draft<Sequence>;
    sequences.push({ draft, base: [], report });
  }
  return sequences;
}
