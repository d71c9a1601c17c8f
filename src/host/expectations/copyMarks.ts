import * as vscode from "vscode";
import { compareExpected } from "../../check/check";
import { marksTable } from "../../check/diagnosis/table";
import { marksSummary } from "../../check/diagnosis/words";
import { countExpected } from "../../format/eachExpected";
import { say } from "../say";
import type { Session } from "../session/session";
import { problemOf } from "../training/user";
import type { ExpectationChecks } from "./checks";

/** Puts every expected number with its mark on the clipboard, as a table. */
export async function copyMarks(session: Session, checks: ExpectationChecks): Promise<boolean> {
  const problem = await problemOf(session, "copying the marks");
  if (!problem) return false;
  const { expect } = session.reading;
  if (!expect || countExpected(expect) === 0) {
    void say.information('The file expects nothing: there are no numbers under "expect" to be marked.');
    return false;
  }
  const checked = checks.of(session);
  if (!checked) {
    void say.information("The expectations are being compared: try again in a moment.");
    return false;
  }
  const comparisons = compareExpected(problem, expect);
  await vscode.env.clipboard.writeText(marksTable(problem.name, problem, comparisons, checked));
  void say.information(`${marksSummary(comparisons, checked)}: copied as a table of ${comparisons.length} numbers.`);
  return true;
}
