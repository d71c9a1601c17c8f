import * as vscode from "vscode";
import type { Stepper } from "../../stepper/stepper";
import { guarded, log } from "../failure";
import { say } from "../say";
import type { Session } from "../session/session";
import type { Sessions } from "../session/sessions";
import { exportWorkedExample, type LoadExporter } from "./exportWorkedExample";
import type * as Pickers from "./pickers";
import { isPanelOpen, showPanel, showText } from "./showEditors";
import { targetOf } from "./target";

/** What of this room waits until it is needed. */
export interface CommandLoaders {
  readonly exporter: LoadExporter;
  readonly pickers: () => Promise<typeof Pickers>;
}

/** From the end of a run a move on begins the next round, with the parameters as the update has left them. */
const on = (move: (stepper: Stepper) => void) => (stepper: Stepper, session: Session) => {
  if (stepper.isAtEnd) session.nextRound(move);
  else move(stepper);
};
/** From the start of a round a move back leads to the end of the one before. */
const backward = (move: (stepper: Stepper) => void) => (stepper: Stepper, session: Session) => {
  if (!stepper.isAtStart || !session.previousRound()) move(stepper);
};

/** Commands that move the stepper, by name: `rnn.step`. */
const moves: Readonly<Record<string, (stepper: Stepper, session: Session) => void>> = {
  step: on((stepper) => stepper.step()),
  stepBack: backward((stepper) => stepper.stepBack()),
  stepInto: on((stepper) => stepper.stepInto()),
  stepIntoBack: backward((stepper) => stepper.stepIntoBack()),
  stepOut: (stepper) => stepper.stepOut(),
  runToEnd: (stepper) => stepper.runToEnd(),
  runToStart: (stepper) => stepper.runToStart(),
};

/** Commands for which there has to be a run. */
const onRun: Readonly<
  Record<string, (session: Session, stepper: Stepper, load: CommandLoaders) => void | Promise<void>>
> = {
  ...Object.fromEntries(
    Object.entries(moves).map(([name, move]) => [
      name,
      (session: Session, stepper: Stepper) => {
        session.pause();
        move(stepper, session);
      },
    ]),
  ),
  togglePlay: (session) => (session.playing ? session.pause() : session.play()),
  restart: (session) => {
    session.pause();
    session.firstRound();
    session.stepper?.runToStart();
  },
  predictThenReveal: (session) => session.wish({ type: "mode", mode: "foretell" }),
  present: (session) => session.wish({ type: "mode", mode: "present" }),
  goToStep: async (session, stepper, load) => (await load.pickers()).pickStep(session, stepper),
  setPlaySpeed: async (session, _stepper, load) => (await load.pickers()).pickSpeed(session),
};

/** Every command of the stepper. Each takes an optional file and the index of a sequence: `rnn.step(uri, 0)`. */
export function registerCommands(context: vscode.ExtensionContext, sessions: Sessions, load: CommandLoaders): void {
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
      if (stepper) await run(session, stepper, load);
    });
  register("selectSequence", async (...args) => {
    const session = await begin(sessions, args);
    if (session && typeof args[1] !== "number") await (await load.pickers()).pickSequence(session);
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
    await target.session.start();
    const stepper = runOf(target.session);
    if (stepper) await exportWorkedExample(target.session, stepper, args[1], load.exporter);
  });
  register("showLog", () => log.show());
}

/** The session that a command is about: begun, at the sequence that the command names, and its panel open. */
async function begin(sessions: Sessions, args: readonly unknown[]): Promise<Session | null> {
  const target = await targetOf(sessions, args);
  if (!target) return null;
  const { session, sequence } = target;
  await session.start();
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
      void say.warning("The file has errors: see the Problems view. It runs again once they are gone.");
      return null;
    case "empty":
      void say.warning(state.reason);
      return null;
    case "computing":
      vscode.window.setStatusBarMessage(`RNN: the run is being computed, ${Math.floor(100 * state.done)} %`, 2000);
      return null;
    case "idle":
    case "failed":
      return null;
  }
}
