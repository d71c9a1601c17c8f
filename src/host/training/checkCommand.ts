import * as vscode from "vscode";
import { unpack } from "../../check/compared";
import { guarded } from "../failure";
import { plainMessage } from "../plainMessage";
import { say } from "../say";
import type { Session } from "../session/session";
import { mayRun } from "../trust";
import type { CheckReport } from "./checkReport";
import { checkReport } from "./checkReport";
import type { ReportLink, Reports } from "./reports";
import { startThread } from "./thread";
import { problemOf } from "./user";

/** Checks the author's numbers and the gradients, says the verdict, and offers the details. */
export async function checkCommand(
  session: Session,
  reports: Reports,
  workerFile: string,
): Promise<CheckReport | null> {
  const problem = await problemOf(session, "checking");
  if (!problem || !(await mayRun("Checking"))) return null;
  const { expect, source } = session.reading;
  const { document } = session;
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: plainMessage(`Checking ${problem.name}`),
    cancellable: true,
  };
  const outcome = await vscode.window.withProgress(options, async (notification, token) => {
    let shown = 0;
    const thread = startThread(workerFile, { kind: "check", problem, expect }, ({ done }) => {
      notification.report({ increment: (done - shown) * 100, message: "gradients against differences" });
      shown = done;
    });
    token.onCancellationRequested(() => thread.cancel());
    return thread.outcome;
  });
  if (!outcome) return null;
  const report = checkReport(
    problem.name,
    { ...outcome, comparisons: unpack(expect, outcome.compared) },
    expect?.tolerance ?? null,
  );
  const links = report.links.map(({ line, from, to, path }): ReportLink => {
    const position = document.positionAt(source.locate(path)?.offset ?? 0);
    // What an editor takes as a selection in an address, counted from 1.
    const fragment = `L${position.line + 1},${position.character + 1}`;
    return { line, from, to, target: document.uri.with({ fragment }) };
  });
  const message = `${problem.name}: ${report.verdict}.`;
  const details = "Show Details";
  const said = report.right ? say.information(message, details) : say.warning(message, details);
  void said.then((choice) => {
    if (choice !== details) return undefined;
    return guarded("showing the check", () => reports.show("RNN Check", document.uri, { text: report.text, links }));
  });
  return report;
}
