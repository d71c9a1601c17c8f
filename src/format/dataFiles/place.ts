import type { Collector, Report, Spot } from "../report";
import type { Path } from "../sourceMap";

/** Findings of one kind beyond this are counted, not listed: a table may lack a value in every row. */
const mostListed = 100;

/** Takes what is found in a data file, at its offsets in the file's text. */
export class DataReport implements Report {
  private lines: readonly number[] | null = null;

  /**
   * @param offsetOf where a value stands in the text
   * @param filePath where the model file names the data file
   */
  constructor(
    private readonly file: string,
    private readonly text: string,
    private readonly offsetOf: (path: Path, spot: Spot) => number,
    private readonly filePath: Path,
    private readonly outer: Collector,
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
    this.lines ??= lineStarts(this.text);
    let [line, end] = [0, this.lines.length];
    while (end - line > 1) {
      const middle = (line + end) >> 1;
      if (this.lines[middle]! <= offset) line = middle;
      else end = middle;
    }
    const place = { file: this.file, line: line + 1, column: offset - this.lines[line]! + 1 };
    this.outer.addFromData(severity, code, this.filePath, message, place);
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** Takes what is wrong with the fields of a table. */
export class TableReport {
  private count = 0;

  constructor(
    private readonly file: string,
    private readonly filePath: Path,
    private readonly outer: Collector,
  ) {}

  get hasErrors(): boolean {
    return this.count > 0;
  }

  /** @param line counted from 1, as is `column` */
  error(code: string, line: number, column: number, message: string): void {
    this.count++;
    if (this.count <= mostListed)
      this.outer.addFromData("error", code, this.filePath, message, { file: this.file, line, column });
  }

  /** To be called at the end: how many more there are. */
  finish(): void {
    const more = this.count - mostListed;
    if (more > 0)
      this.outer.error(
        "data-file",
        this.filePath,
        `${this.file} has ${more.toLocaleString("en")} more errors of this kind`,
      );
  }
}

/** What a message calls a column. */
export function columnName(column: string | number): string {
  return typeof column === "number" ? `column ${column}` : JSON.stringify(column);
}
