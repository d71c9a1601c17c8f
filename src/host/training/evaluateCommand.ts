import * as vscode from "vscode";
import { trainingPart } from "../../engine/validation";
import { plainMessage } from "../plainMessage";
import { say } from "../say";
import type { Session } from "../session/session";
import { mayRun } from "../trust";
import { type EvaluationReport, evaluationReport } from "./evaluationReport";
import type { Reports } from "./reports";
import { startThread } from "./thread";
import { whyNotTrainable } from "./trainable";
import { digitsFor, problemOf } from "./user";

/** Evaluates what is held back and what is trained on, and shows it: its worst sequences are a click from being stepped through. */
export async function evaluateCommand(
  session: Session,
  reports: Reports,
  workerFile: string,
): Promise<EvaluationReport | null> {
  const problem = await problemOf(session, "evaluating");
  if (!problem || !(await mayRun("Evaluating"))) return null;
  const reason = whyNotTrainable(problem);
  if (reason) {
    void say.warning(`There is nothing to evaluate: ${reason}.`);
    return null;
  }
  const held = problem.heldBack ?? [];
  const parts = [
    ...(held.length > 0 ? [{ name: "held back", indices: held }] : []),
    { name: held.length > 0 ? "trained on" : "all", indices: trainingPart(problem).indices },
  ];
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: plainMessage(`Evaluating ${problem.name}`),
    cancellable: true,
  };
  const evaluations = await vscode.window.withProgress(options, async (notification, token) => {
    let shown = 0;
    const task = { kind: "evaluate", problem, parts: parts.map(({ indices }) => indices) } as const;
    const thread = startThread(workerFile, task, ({ done }) => {
      notification.report({ increment: (done - shown) * 100 });
      shown = done;
    });
    token.onCancellationRequested(() => thread.cancel());
    return thread.outcome;
  });
  if (!evaluations) return null;
  const named = parts.map(({ name }, k) => ({ name, evaluation: evaluations[k]! }));
  const report = evaluationReport(problem, named, digitsFor(session));
  const { uri } = session.document;
  const links = report.links.map(({ line, from, to, sequence }) => {
    const query = encodeURIComponent(JSON.stringify([uri, sequence]));
    return { line, from, to, target: vscode.Uri.parse(`command:rnn.openStepper?${query}`) };
  });
  await reports.show("RNN Evaluation", uri, { text: report.text, links });
  void say.information(`${problem.name}: ${report.verdict}.`);
  return report;
}
