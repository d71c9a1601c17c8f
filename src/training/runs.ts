import * as vscode from "vscode";
import type { Problem } from "../engine/model";
import { parametersOf } from "../engine/model";
import type { EpochResult, TrainingEnd } from "../engine/train";
import { guarded, reportFailure } from "../failure";
import { Curve } from "../protocol/curve";
import { formatNumber } from "../protocol/numbers";
import type { TrainingProgress, TrainingSoFar, TrainingState } from "../protocol/panel";
import type { Session } from "../session/session";
import type { Sessions } from "../session/sessions";
import type { Progress, TrainingOutcome } from "./messages";
import type { Thread } from "./thread";
import { startThread } from "./thread";
import { digitsFor, fileName, problemOf } from "./user";

/** How a training command ended; what stopped it has been said to the user. */
export type TrainingResult =
  | { readonly kind: "refused" | "failed" }
  | {
      readonly kind: "done" | "cancelled" | "diverged";
      readonly epochs: readonly EpochResult[];
      /** Mean loss at the parameters that it ended with, where it was measured. */
      readonly lossAfter: number | null;
      /** Whether the parameters stand in the document now. */
      readonly written: boolean;
    };

interface TrainingRun {
  /** Another number for each run. */
  readonly id: number;
  state: Exclude<TrainingState, { kind: "idle" }>;
  /** One an epoch done so far. */
  readonly results: EpochResult[];
  readonly loss: Curve;
  readonly gradientNorm: Curve;
  thread: Thread<"train"> | null;
}

let lastRun = 0;

/** The training runs of all sessions: at most one at a time for each, each in a thread of its own. */
export class Training implements vscode.Disposable {
  /** By document: one that is closed meanwhile is opened again at the end. */
  private readonly runs = new Map<string, TrainingRun>();
  private readonly changed = new vscode.EventEmitter<Session>();
  /** A run of this session began or ended. */
  readonly onDidChange = this.changed.event;
  private readonly progressed = new vscode.EventEmitter<Session>();
  /** A run of this session began, moved on or ended. */
  readonly onDidProgress = this.progressed.event;
  private saidUndo = false;

  /** @param workerFile the worker's bundle */
  constructor(
    private readonly sessions: Sessions,
    private readonly workerFile: string,
  ) {}

  of(session: Session): TrainingState {
    return this.runs.get(keyOf(session))?.state ?? { kind: "idle" };
  }

  /** The run of this session as far as it has come. */
  soFar(session: Session): TrainingSoFar {
    const run = this.runs.get(keyOf(session));
    const { loss, gradientNorm } = run ?? { loss: new Curve(), gradientNorm: new Curve() };
    return { run: run?.id ?? 0, training: this.of(session), loss: loss.data, gradientNorm: gradientNorm.data };
  }

  /** What somebody does not know who has been told of the first epochs of a run: of another run, of none. */
  since(session: Session, told: { readonly run: number; readonly epochs: number }): TrainingProgress {
    const run = this.runs.get(keyOf(session));
    const from = run?.id === told.run ? told.epochs : 0;
    const news = run?.results.slice(from) ?? [];
    return {
      run: run?.id ?? 0,
      training: this.of(session),
      from,
      loss: Float64Array.from(news, ({ loss }) => loss),
      gradientNorm: Float64Array.from(news, ({ gradientNorm }) => gradientNorm),
    };
  }

  isRunning(session: Session): boolean {
    return this.of(session).kind === "running";
  }

  cancel(session: Session): void {
    this.runs.get(keyOf(session))?.thread?.cancel();
  }

  /** To be called when a session is closed: the result of a run that has ended is shown no more. */
  forget(session: Session): void {
    if (!this.isRunning(session)) this.runs.delete(keyOf(session));
  }

  /** Trains, and writes the parameters into the document. @param epochs in place of the file's */
  async start(session: Session, epochs?: number): Promise<TrainingResult> {
    const { whyNotTrainable, writeParameters } = await import("../parts/commands");
    const name = fileName(session);
    if (this.isRunning(session)) {
      void vscode.window
        .showInformationMessage(`${name} is being trained already.`, "Cancel Training")
        .then((choice) => choice && this.cancel(session));
      return { kind: "refused" };
    }
    const read = problemOf(session, "training");
    if (!read) return { kind: "refused" };
    const problem = epochs === undefined ? read : { ...read, training: { ...read.training, epochs } };
    const reason = whyNotTrainable(problem);
    if (reason) {
      void vscode.window.showWarningMessage(`There is nothing to train on: ${reason}.`);
      return { kind: "refused" };
    }
    const text = session.document.getText();
    const results: EpochResult[] = [];
    const ended = await this.run(session, problem, results);
    if (!ended) return { kind: "failed" };
    const { end, lossAfter } = ended;
    if (end.kind === "diverged") {
      this.sayDiverged(session, end, text, problem);
      return { kind: "diverged", epochs: results, lossAfter: null, written: false };
    }
    const origin = { uri: session.document.uri, text, parameters: parametersOf(problem.model) };
    const written = await writeParameters(this.sessions, end.parameters, origin);
    if (written) this.sayTrained(session, end.kind, results, lossAfter);
    return { kind: end.kind === "done" ? "done" : "cancelled", epochs: results, lossAfter, written };
  }

  /** The run itself under a notification that shows how far it is. Null where it failed, which has been reported. */
  private async run(session: Session, problem: Problem, results: EpochResult[]): Promise<TrainingOutcome | null> {
    const epochs = problem.training.epochs;
    const run: TrainingRun = {
      id: ++lastRun,
      state: { kind: "running", epochs, last: null, secondsLeft: null },
      results,
      loss: new Curve(),
      gradientNorm: new Curve(),
      thread: null,
    };
    const last = () => results.at(-1) ?? null;
    this.runs.set(keyOf(session), run);
    this.update(session);
    const options = {
      location: vscode.ProgressLocation.Notification,
      title: `Training ${problem.name}`,
      cancellable: true,
    };
    try {
      const outcome = await vscode.window.withProgress(options, async (notification, token) => {
        const began = performance.now();
        let shown = 0;
        const onProgress = ({ done, epochs: finished }: Progress) => {
          if (finished) {
            const { first, loss, gradientNorm } = finished;
            for (const [k, of] of loss.entries())
              results.push({ epoch: first + k, loss: of, gradientNorm: gradientNorm[k]! });
            run.loss.add(loss);
            run.gradientNorm.add(gradientNorm);
          }
          const secondsLeft = secondsLeftOf((performance.now() - began) / 1000, done);
          run.state = { kind: "running", epochs, last: last(), secondsLeft };
          notification.report({
            increment: (done - shown) * 100,
            message: progressText(run.state, digitsFor(session)),
          });
          shown = done;
          this.update(session, false);
        };
        run.thread = startThread(this.workerFile, { kind: "train", problem }, onProgress);
        token.onCancellationRequested(() => run.thread?.cancel());
        return run.thread.outcome;
      });
      run.state =
        outcome.end.kind === "diverged"
          ? { kind: "failed", message: divergedText(outcome.end), epochs, last: last() }
          : {
              kind: outcome.end.kind === "done" ? "done" : "cancelled",
              epochs,
              last: last(),
              secondsLeft: null,
            };
      return outcome;
    } catch (error) {
      // Whoever disposes of us ends the threads.
      if (!this.runs.has(keyOf(session))) return null;
      reportFailure("training", error);
      const message = error instanceof Error ? error.message : String(error);
      run.state = { kind: "failed", message, epochs, last: last() };
      return null;
    } finally {
      run.thread = null;
      this.update(session);
    }
  }

  /** @param isTurn whether the run began or ended */
  private update(session: Session, isTurn = true): void {
    const uri = keyOf(session);
    // The document may have been closed and opened again since.
    const current = this.sessions.all().find((other) => keyOf(other) === uri);
    if (!current || !this.runs.has(uri)) return;
    this.progressed.fire(current);
    if (isTurn) this.changed.fire(current);
  }

  private sayTrained(
    session: Session,
    kind: TrainingEnd["kind"],
    results: readonly EpochResult[],
    after: number | null,
  ) {
    const first = results[0];
    const last = results.at(-1);
    const name = fileName(session);
    const digits = digitsFor(session);
    const losses =
      first && last ? `: loss ${formatNumber(first.loss, digits)} → ${formatNumber(after ?? last.loss, digits)}` : "";
    const epochs = results.length === 1 ? "1 epoch" : `${results.length} epochs`;
    const undo = this.saidUndo ? "" : " One undo takes the new parameters back.";
    this.saidUndo = true;
    const how = kind === "done" ? `Trained ${name} for ${epochs}` : `Stopped training ${name} after ${epochs}`;
    void vscode.window.showInformationMessage(`${how}${losses}.${undo}`);
  }

  private sayDiverged(
    session: Session,
    end: Extract<TrainingEnd, { kind: "diverged" }>,
    text: string,
    problem: Problem,
  ): void {
    const keep = "Keep Last Good Parameters";
    const message = `${divergedText(end)} The file is as it was. A smaller learning rate or "clip" may help.`;
    void vscode.window.showErrorMessage(message, keep).then((choice) => {
      if (choice !== keep) return undefined;
      const origin = { uri: session.document.uri, text, parameters: parametersOf(problem.model) };
      return guarded("keeping the parameters", async () => {
        const { writeParameters } = await import("../parts/commands");
        await writeParameters(this.sessions, end.parameters, origin);
      });
    });
  }

  dispose(): void {
    for (const { thread } of this.runs.values()) thread?.terminate();
    this.runs.clear();
    this.changed.dispose();
    this.progressed.dispose();
  }
}

function keyOf({ document }: Session): string {
  return document.uri.toString();
}

function secondsLeftOf(seconds: number, done: number): number | null {
  return done > 0 && seconds > 0.5 ? (seconds * (1 - done)) / done : null;
}

function progressText(
  { epochs, last, secondsLeft }: Extract<TrainingState, { kind: "running" | "done" | "cancelled" }>,
  digits: number,
): string {
  const parts = [`epoch ${Math.min((last?.epoch ?? 0) + 1, epochs)} of ${epochs}`];
  if (last) parts.push(`loss ${formatNumber(last.loss, digits)}`);
  if (secondsLeft !== null) parts.push(`${durationText(secondsLeft)} left`);
  return parts.join(" · ");
}

function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

function divergedText({ epoch, sequence, t, tensor }: Extract<TrainingEnd, { kind: "diverged" }>): string {
  return `Training diverged in epoch ${epoch}: at step t = ${t} of sequences[${sequence}], ${tensor} is the first value that is not finite.`;
}
