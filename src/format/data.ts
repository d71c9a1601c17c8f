import type { Draft } from "./draft";
import type { Sequence } from "./file.generated";
import type { OwnCells } from "./ownCells";
import { parseInSlices, parseText } from "./parse";
import { type Collector, locate, type Report, type Spot } from "./report";
import { mostSequences, tooManySequences } from "./sequenceLimit";
import { longFrom, readingShare, type Slices, shareBetween, writtenShare } from "./slices";
import { type Path, SourceMap } from "./sourceMap";
import { checkInSlices, checkStructure } from "./structure";

/** A sequence as it was written, and who takes what is found in it. */
export interface Written {
  readonly draft: Draft<Sequence>;
  /** Its path in the text that `report` knows. */
  readonly base: Path;
  readonly report: Report;
}

/** Characters between two pauses, and how many of them a line is worth in itself. */
const charactersInSlice = 1 << 14;
const charactersForLine = 64;
/** The same where lines are counted alone. */
const linesCountedInSlice = 1 << 15;

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

/** The lines of a text, without what ends them. */
function* linesOf(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const found = text.indexOf("\n", start);
    const end = found < 0 ? text.length : found;
    yield text.slice(start, end).replace(/\r$/, "");
    start = end + 1;
  }
}

const isEmpty = (line: string) => line.trim() === "";

/**
 * Reads a data file: one sequence a line; empty lines are skipped. Null where there are more than fit.
 * @param filePath where the file names it
 */
export function* readDataLines(
  text: string,
  file: string,
  filePath: Path,
  own: OwnCells,
  outer: Collector,
): Slices<Written[] | null> {
  let [count, looked] = [0, 0];
  for (const line of linesOf(text)) {
    if (!isEmpty(line)) count++;
    if (++looked % linesCountedInSlice === 0) yield;
  }
  if (count > mostSequences) {
    outer.error("too-large", filePath, tooManySequences(file));
    return null;
  }
  const sequences: Written[] = [];
  let [lineNumber, sincePause, read] = [0, 0, 0];
  for (const line of linesOf(text)) {
    lineNumber++;
    sincePause += charactersForLine + line.length;
    if (sincePause >= charactersInSlice) {
      sincePause = 0;
      yield shareBetween(readingShare, writtenShare, read / text.length);
    }
    read += line.length + 1;
    if (isEmpty(line)) continue;
    const report = new LineReport(file, lineNumber, line, outer, filePath);
    const isLong = line.length > longFrom;
    const parsed = isLong ? yield* parseInSlices(line) : parseText(line);
    for (const { code, offset, message } of parsed.faults) report.errorAt(code, offset, message);
    if (!parsed.structured) continue;
    const draft = (
      isLong
        ? yield* checkInSlices(parsed.value, "sequence", [], own, report)
        : checkStructure(parsed.value, "sequence", [], own, report)
    ) as Draft<Sequence>;
    sequences.push({ draft, base: [], report });
  }
  return sequences;
}
