/** An author's marked numbers as rows: for programs, and to copy into a table. */
import type { Problem } from "../../engine/model";
import type { Comparison } from "../check";
import { nameOf } from "../names";
import type { Findings } from "./diagnose";
import { type Mark, marksOf } from "./marks";
import { explanationOf, marksSummary, saidOfNumber } from "./words";

/** One number of the author's with its mark. */
export interface MarkedRow {
  /** Keys joined by dots: `expect.sequences.0.steps.1.h.0`. */
  readonly path: string;
  /** As the textbooks write it: `h_2[0]`. */
  readonly name: string;
  /** null of a hidden one */
  readonly expected: number | null;
  /** null where the run has no such number, and where answers are hidden */
  readonly actual: number | null;
  /** What comes out from the author's own numbers before it; null where nothing does, and where answers are hidden. */
  readonly following: number | null;
  readonly mark: Mark;
  /** What explains it, or may; null of a right one, and where nothing comes to mind. */
  readonly remark: string | null;
}

export function markedRows(
  problem: Problem,
  comparisons: readonly Comparison[],
  findings: Findings,
): { readonly rows: readonly MarkedRow[]; readonly summary: string } {
  const marks = marksOf(problem, comparisons);
  const rows = comparisons.map(({ expected, actual, right }, k) => ({
    path: expected.path.join("."),
    name: nameOf(problem.model, expected),
    expected: expected.hidden ? null : expected.value,
    actual: expected.isSecret ? null : actual,
    following: expected.isSecret ? null : marks[k]!.following,
    mark: marks[k]!.mark,
    remark: right ? null : saidOfNumber(findings, k),
  }));
  return { rows, summary: marksSummary(comparisons, findings) };
}

const words: Readonly<Record<Mark, string>> = {
  right: "right",
  follows: "follows from your own numbers",
  wrong: "wrong",
};

/** Rows with tabs between their cells, as spreadsheets and word processors paste them. */
export function marksTable(
  name: string,
  problem: Problem,
  comparisons: readonly Comparison[],
  findings: Findings,
): string {
  const { rows, summary } = markedRows(problem, comparisons, findings);
  const explanation = explanationOf(findings.diagnoses);
  const isSecret = comparisons.some(({ expected }) => expected.isSecret);
  const cells = rows.map(({ name, expected, actual, following, mark, remark }) => [
    name,
    expected === null ? "hidden" : String(expected),
    isSecret ? "hidden" : actual === null ? "no such number" : String(actual),
    mark === "follows" && !isSecret ? String(following) : "",
    words[mark],
    remark ?? "",
  ]);
  const lines = [
    [name, summary],
    ...(explanation === null ? [] : [[explanation]]),
    ["number", "written", "computed", "from your own numbers", "mark", "remark"],
    ...cells,
  ];
  return `${lines.map((line) => line.join("\t")).join("\n")}\n`;
}
