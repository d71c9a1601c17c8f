import * as vscode from "vscode";
import { guarded, log } from "../failure";
import type { Session } from "../session/session";
import type { Sessions } from "../session/sessions";
import type { Stepper } from "../stepper/stepper";
import { exportWorkedExample } from "./exportWorkedExample";
import { isPanelOpen, showPanel, showText } from "./showEditors";
import { targetOf } from "./target";

/** Commands that move the stepper, by name: `rnn.step`. */
const moves: Readonly<Record<string, (stepper: Stepper) => void>> = {
  step: (stepper) => stepper.step(),
  stepBack: (stepper) => stepper.stepBack(),
  stepInto: (stepper) => stepper.stepInto(),
  stepIntoBack: (stepper) => stepper.stepIntoBack(),
  stepOut: (stepper) => stepper.stepOut(),
  runToEnd: (stepper) => stepper.runToEnd(),
  runToStart: (stepper) => stepper.runToStart(),
};

/** Commands for which there has to be a run. */
const onRun: Readonly<Record<string, (session: Session, stepper: Stepper) => void | Promise<void>>> = {
  ...Object.fromEntries(
    Object.entries(moves).map(([name, move]) => [
      name,
      (session: Session, stepper: Stepper) => {
        session.pause();
        move(stepper);
      },
    ]),
  ),
  togglePlay: (session) => (session.playing ? session.pause() : session.play()),
  restart: (session, stepper) => {
    session.pause();
    stepper.runToStart();
  },
  goToStep: async (session, stepper) => (await import("../parts/commands")).pickStep(session, stepper),
  setPlaySpeed: async (session) => (await import("../parts/commands")).pickSpeed(session),
};

/** Every command of the stepper. Each takes an optional file and the index of a sequence: `rnn.step(uri, 0)`. */
export function registerCommands(context: vscode.ExtensionContext, sessions: Sessions): void {
  const register = (name: string, run: (...args: unknown[]) => Promise<void> | void) =>
    context.subscriptions.push(
      vscode.commands.registerCommand(`rnn.${name}`, (...args: unknown[]) =>
        guarded(`RNN: ${name}`, () => run(...args)),
      ),
    );
  for (const [name, run] of Object.entries(onRun))
    register(name, async (...args) => {
      const session = await begin(sessions, args);
      const stepper = session && runOf(session);
      if (stepper) await run(session, stepper);
    });
  register("selectSequence", async (...args) => {
    const session = await begin(sessions, args);
    if (session && typeof args[1] !== "number") await (await import("../parts/commands")).pickSequence(session);
  });
  register("openStepper", async (...args) => {
    const target = await targetOf(sessions, args);
    if (!target) return;
    if (target.sequence !== null) target.session.selectSequence(target.sequence);
    await showPanel(target.session.document.uri);
  });
  register("showText", async (...args) => {
    const target = await targetOf(sessions, args);
    const selection = args[1] instanceof vscode.Range ? args[1] : null;
    if (target) await showText(target.session.document.uri, selection);
  });
  register("exportWorkedExample", async (...args) => {
    const target = await targetOf(sessions, args);
    if (!target) return;
    target.session.start();
    const stepper = runOf(target.session);
    if (stepper) await exportWorkedExample(target.session, stepper, args[1]);
  });
  register("showLog", () => log.show());
}

/** The session that a command is about: begun, at the sequence that the command names, and its panel open. */
async function begin(sessions: Sessions, args: readonly unknown[]): Promise<Session | null> {
  const target = await targetOf(sessions, args);
  if (!target) return null;
  const { session, sequence } = target;
  session.start();
  if (sequence !== null) session.selectSequence(sequence);
  if (!isPanelOpen(session.document.uri)) await showPanel(session.document.uri);
  return session;
}

/** The run of the text as it is; null, after saying why, where there is none. */
function runOf(session: Session): Stepper | null {
  const { state } = session;
  switch (state.kind) {
    case "ready":
      return state.stepper;
    case "invalid":
      void vscode.window.showWarningMessage(
        "The file has errors: see the Problems view. It runs again once they are gone.",
      );
      return null;
    case "empty":
      void vscode.window.showWarningMessage(state.reason);
      return null;
    case "computing":
      vscode.window.setStatusBarMessage(`RNN: the run is being computed, ${Math.floor(100 * state.done)} %`, 2000);
      return null;
    case "idle":
    case "failed":
      return null;
  }
}
