import * as vscode from "vscode";
import type { Sessions } from "../session/sessions";
import type { GradientChecks } from "../training";
import { registerCompletion } from "./completion";
import { watchDataFiles } from "./dataFiles";
import { registerDiagnostics } from "./diagnostics";
import { registerExplain } from "./explain";
import { registerHover } from "./hover";
import { registerInlineValues } from "./inline";
import { Lenses } from "./lenses";
import { registerNewFile } from "./newFile";
import { registerStepHere } from "./stepHere";

/** Everything that stands in the text editor: findings, completion, lenses, numbers behind the lines, hovers, new files. */
export function registerEditor(
  context: vscode.ExtensionContext,
  sessions: Sessions,
  gradientChecks: GradientChecks,
): void {
  context.subscriptions.push(
    registerDiagnostics(sessions),
    watchDataFiles(sessions),
    registerCompletion(sessions),
    Lenses.register(sessions),
    registerInlineValues(context, sessions),
    registerHover(sessions, gradientChecks),
    registerStepHere(sessions),
    registerExplain(sessions),
    registerNewFile(context),
    noticeGradients(sessions),
  );
}

/** Tells the walkthrough when somebody has stepped back through the gradients. */
function noticeGradients(sessions: Sessions): vscode.Disposable {
  let told = false;
  return sessions.onDidMove(({ stepper }) => {
    if (told || stepper?.phase !== "backward") return;
    told = true;
    void vscode.commands.executeCommand("setContext", "rnn.sawGradients", true);
  });
}
