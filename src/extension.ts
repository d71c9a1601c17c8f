import * as vscode from "vscode";
import { registerCommands } from "./commands";
import { openStartFile } from "./commands/startFile";
import { registerEditor } from "./editor";
import { registerExpectations } from "./expectations";
import type { ExpectationTests } from "./expectations/testing";
import { log } from "./failure";
import { registerPanel } from "./panel/editor";
import { registerStatusBar } from "./panel/statusBar";
import { Sessions } from "./session/sessions";
import { registerTraining, type Training } from "./training";

/** What other code, tests above all, can reach. */
export interface Api {
  readonly sessions: Sessions;
  readonly training: Training;
  readonly expectationTests: ExpectationTests;
}

/** Composition root: each feature is registered here, on the same sessions. */
export function activate(context: vscode.ExtensionContext): Api {
  const sessions = new Sessions(context.workspaceState);
  context.subscriptions.push(log, sessions);
  registerCommands(context, sessions);
  const { training, gradientChecks } = registerTraining(context, sessions);
  registerPanel(context, sessions, training, gradientChecks);
  registerStatusBar(context, sessions);
  registerEditor(context, sessions, gradientChecks);
  const expectationTests = registerExpectations(context, sessions);
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
