import * as vscode from "vscode";
import { guarded } from "../failure";
import { say } from "../say";
import type { Session } from "../session/session";
import type { Sessions } from "../session/sessions";
import { askNumber } from "./askNumber";
import { GradientChecks } from "./gradientChecks";
import type * as Late from "./late";
import { Reports } from "./reports";
import { Training } from "./runs";

export { GradientChecks } from "./gradientChecks";
export { Training } from "./runs";

/** What of this room waits until it is needed. */
export type LoadTraining = () => Promise<typeof Late>;

const mostEpochs = 10_000_000;

/**
 * The commands that compute on a whole file, train, predict and check, and the check of the gradients that somebody looks at.
 * Each does so in a thread, so that nothing freezes.
 */
export function registerTraining(
  context: vscode.ExtensionContext,
  sessions: Sessions,
  load: LoadTraining,
): { training: Training; gradientChecks: GradientChecks } {
  const workerFile = context.asAbsolutePath("dist/trainingWorker.js");
  const training = new Training(sessions, workerFile, load);
  const gradientChecks = new GradientChecks(sessions, workerFile, load);
  const reports = new Reports();

  const command = (id: string, doing: string, action: (session: Session, argument: unknown) => unknown) =>
    vscode.commands.registerCommand(id, (uri?: unknown, argument?: unknown) =>
      guarded(doing, async () => {
        const session = await sessions.meant(uri);
        if (session) return action(session, argument);
        void say.information("Open an .rnn.json file first.");
        return undefined;
      }),
    );

  const running = () =>
    void vscode.commands.executeCommand(
      "setContext",
      "rnn.training",
      sessions.all().some((session) => training.isRunning(session)),
    );

  context.subscriptions.push(
    training,
    gradientChecks,
    reports,
    sessions.onDidClose((session) => training.forget(session)),
    training.onDidChange(running),
    command("rnn.train", "training", (session, epochs) =>
      training.start(session, typeof epochs === "number" ? epochs : undefined),
    ),
    command("rnn.trainFor", "training", (session) => trainFor(training, session)),
    command("rnn.cancelTraining", "cancelling the training", (session) => cancelTraining(sessions, training, session)),
    command("rnn.keepUpdate", "keeping the update", async (session) => {
      const { keepUpdate } = await load();
      return keepUpdate(sessions, session);
    }),
    command("rnn.predict", "predicting", async (session, sequenceIndex) => {
      const { predictCommand } = await load();
      return predictCommand(
        session,
        reports,
        workerFile,
        typeof sequenceIndex === "number" ? sequenceIndex : undefined,
      );
    }),
    command("rnn.evaluate", "evaluating", async (session) => {
      const { evaluateCommand } = await load();
      return evaluateCommand(session, reports, workerFile);
    }),
    vscode.commands.registerCommand("rnn.newModelFromData", (uri?: unknown) =>
      guarded("making a model from data", async () => (await load()).newModelFromData(uri)),
    ),
    command("rnn.check", "checking", async (session) => {
      // The panel marks the sequence that is stepped through, whatever else the file holds.
      gradientChecks.start(session, true);
      const { checkCommand } = await load();
      return checkCommand(session, reports, workerFile);
    }),
  );
  return { training, gradientChecks };
}

async function trainFor(training: Training, session: Session) {
  const epochs = await askNumber(
    "Train for N Epochs",
    "How many epochs: passes over all the sequences",
    (await session.whenUpToDate())?.problem?.training.epochs ?? 100,
    (n) =>
      Number.isInteger(n) && n >= 1 && n <= mostEpochs
        ? null
        : `expected a whole number from 1 to ${mostEpochs.toLocaleString("en")}`,
  );
  return epochs === null ? undefined : training.start(session, epochs);
}

/** Of this session, or, where it is not trained, of the one that is. */
function cancelTraining(sessions: Sessions, training: Training, session: Session): void {
  const trained = training.isRunning(session) ? session : sessions.all().find((other) => training.isRunning(other));
  if (trained) training.cancel(trained);
  // One whose file has been closed goes on all the same.
  else if (!training.cancelLast()) void say.information("Nothing is being trained.");
}
