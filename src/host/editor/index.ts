import * as vscode from "vscode";
import type { LoadExporter } from "../commands/exportWorkedExample";
import type { Sessions } from "../session/sessions";
import type { GradientChecks } from "../training";
import { registerCellCommands } from "./cellCommands";
import { registerCellLanguage } from "./cellLanguage";
import { registerCompletion } from "./completion";
import { watchDataFiles } from "./dataFiles";
import { registerDiagnostics } from "./diagnostics";
import { registerExplain } from "./explain";
import { registerHover } from "./hover";
import { registerInlineValues } from "./inline";
import type * as Late from "./late";
import { Lenses } from "./lenses";
import { registerNewFile } from "./newFile";
import { registerStepHere } from "./stepHere";

/** What of this room waits until it is needed. */
export type LoadEditor = () => Promise<typeof Late>;

/** Everything that stands in the text editor: findings, completion, lenses, numbers behind the lines, hovers, new files. */
export function registerEditor(
  context: vscode.ExtensionContext,
  sessions: Sessions,
  gradientChecks: GradientChecks,
  load: LoadEditor,
  loadExporter: LoadExporter,
): void {
  context.subscriptions.push(
    registerDiagnostics(sessions, load),
    watchDataFiles(sessions, load),
    registerCompletion(sessions, load),
    registerCellLanguage(sessions, load),
    registerCellCommands(sessions, load, loadExporter),
    Lenses.register(sessions, load),
    registerInlineValues(context, sessions, load),
    registerHover(sessions, gradientChecks, load),
    registerStepHere(sessions),
    registerExplain(sessions, load),
    registerNewFile(context, load),
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
