/** What the commands say to the user, and how they name things. */
import * as path from "node:path";
import * as vscode from "vscode";
import type { Problem } from "../../engine/model";
import { say } from "../say";
import type { Session } from "../session/session";

export function fileName(session: Session): string {
  return path.posix.basename(session.document.uri.path);
}

/** Significant digits of a number that is shown. */
export function digitsFor({ document }: Session): number {
  return vscode.workspace.getConfiguration("rnn", document.uri).get<number>("digits", 4);
}

/** The problem of a session's text as it stands; null where it has errors, which the user is shown the way to. */
export async function problemOf(session: Session, doing: string): Promise<Problem | null> {
  const reading = await session.whenUpToDate();
  // Nobody waits for an answer about a file that he has closed.
  if (!reading) return null;
  const { problem, diagnostics } = reading;
  if (problem) return problem;
  const errors = diagnostics.filter(({ severity }) => severity === "error").length;
  const show = "Show Problems";
  void say
    .error(
      `${fileName(session)} has ${errors === 1 ? "an error" : `${errors} errors`}: ${doing} needs a file without.`,
      show,
    )
    .then((choice) => {
      if (choice === show) return vscode.commands.executeCommand("workbench.actions.view.problems");
      return undefined;
    });
  return null;
}
