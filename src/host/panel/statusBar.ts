import * as vscode from "vscode";
import type { Stepper } from "../../stepper/stepper";
import type { Sessions } from "../session/sessions";

/** "RNN t = 3 of 4 · backward" while the file in front is stepped through. */
export function registerStatusBar(context: vscode.ExtensionContext, sessions: Sessions): void {
  const item = vscode.window.createStatusBarItem("rnn.place", vscode.StatusBarAlignment.Left, 10);
  item.name = "RNN Stepper";
  item.command = "rnn.goToStep";
  const show = () => {
    const { stepper } = sessions.focused ?? { stepper: null };
    if (!stepper) return item.hide();
    item.text = statusText(stepper);
    item.tooltip = `${stepper.problem.name}: operation ${stepper.position} of ${stepper.program.length}. Click to go to a step.`;
    item.accessibilityInformation = { label: item.text.replace("·", ","), role: "button" };
    item.show();
  };
  const showIfFocused = (session: unknown) => {
    if (session === sessions.focused) show();
  };
  context.subscriptions.push(
    item,
    sessions.onDidChangeFocused(show),
    sessions.onDidChange(showIfFocused),
    sessions.onDidMove(showIfFocused),
  );
  show();
}

export function statusText({ phase, t, run }: Stepper): string {
  if (phase === "start") return `RNN start of ${run.length} steps`;
  return phase === "update" ? "RNN update" : `RNN t = ${t} of ${run.length} · ${phase}`;
}
