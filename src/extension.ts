import * as vscode from "vscode";
import { registerCommands } from "./host/commands";
import { openStartFile } from "./host/commands/startFile";
import { registerEditor } from "./host/editor";
import { registerExpectations } from "./host/expectations";
import type { ExpectationTests } from "./host/expectations/testing";
import { log } from "./host/failure";
import { registerInterop } from "./host/interop";
import { registerNumbers } from "./host/numbers";
import { registerPanel } from "./host/panel/editor";
import { registerStatusBar } from "./host/panel/statusBar";
import { Sessions } from "./host/session/sessions";
import { registerTraining, type Training } from "./host/training";

/** What other code, tests above all, can reach. */
export interface Api {
  readonly sessions: Sessions;
  readonly training: Training;
  readonly expectationTests: ExpectationTests;
}

/** What is loaded late, with the first that needs it: the build makes a part of its own of each. */
const late = {
  session: () => import("./host/session/late"),
  editor: () => import("./host/editor/late"),
  panel: () => import("./host/panel/panel"),
  training: () => import("./host/training/late"),
  expectations: () => import("./host/expectations/late"),
  numbers: () => import("./host/numbers/late"),
  interop: () => import("./host/interop/late"),
  pickers: () => import("./host/commands/pickers"),
  exporter: () => import("./export"),
};

/** Composition root: each feature is registered here, on the same sessions. */
export function activate(context: vscode.ExtensionContext): Api {
  const sessions = new Sessions(
    context.workspaceState,
    late.session,
    vscode.Uri.joinPath(context.extensionUri, "dist").fsPath,
  );
  context.subscriptions.push(log, sessions);
  registerCommands(context, sessions, late);
  const { training, gradientChecks } = registerTraining(context, sessions, late.training);
  registerPanel(context, sessions, training, gradientChecks, late.panel);
  registerStatusBar(context, sessions);
  registerEditor(context, sessions, gradientChecks, late.editor, late.exporter);
  const expectationTests = registerExpectations(context, sessions, training.onWillWrite, late.expectations);
  registerNumbers(context, sessions, late.numbers);
  registerInterop(context, sessions, late.interop);
  registerContextKeys(context, sessions);
  followSettings(context, sessions);
  void openStartFile(sessions);
  return { sessions, training, expectationTests };
}

/** `rnn.active`: the focus is in a model file, in its text or in its panel. */
function registerContextKeys(context: vscode.ExtensionContext, sessions: Sessions): void {
  const update = () => void vscode.commands.executeCommand("setContext", "rnn.active", sessions.focused !== null);
  context.subscriptions.push(sessions.onDidChangeFocused(update));
  update();
}

function followSettings(context: vscode.ExtensionContext, sessions: Sessions): void {
  context.subscriptions.push(
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (!change.affectsConfiguration("rnn.playSpeed")) return;
      const speed = vscode.workspace.getConfiguration("rnn").get<number>("playSpeed", 2);
      for (const session of sessions.all()) session.setSpeed(speed);
    }),
  );
}
