import * as vscode from "vscode";
import type { Problem } from "../../engine/model";
import { parametersOf } from "../../engine/model";
import type { NamedTensors } from "../../engine/tensor";
import type { TrainingEnd } from "../../engine/train";
import type { CurveData } from "../../protocol/curve";
import { formatNumber } from "../../protocol/numbers";
import type { TrainedSide, TrainingProgress, TrainingSoFar, TrainingState } from "../../protocol/panel";
import { guarded, reportFailure } from "../failure";
import { plainMessage } from "../plainMessage";
import { say } from "../say";
import type { Session } from "../session/session";
import type { Sessions } from "../session/sessions";
import { mayRun } from "../trust";
import { EpochLog } from "./epochLog";
import { Live } from "./live";
import type { Progress, TrainingOutcome } from "./messages";
import type { Thread } from "./thread";
import { startThread } from "./thread";
import type * as Trainable from "./trainable";
import { digitsFor, fileName, problemOf } from "./user";
import type * as WriteParameters from "./writeParameters";

/** What is needed before a training and after it: for the first one. */
export type LoadRun = () => Promise<typeof Trainable & typeof WriteParameters>;

/** How a training command ended; what stopped it has been said to the user. */
export type TrainingResult =
  | { readonly kind: "refused" | "failed" }
  | {
      readonly kind: "done" | "cancelled" | "diverged";
      /** How many were done. */
      readonly epochs: number;
      /** Mean loss at the parameters that it ended with, where it was measured. */
      readonly lossAfter: number | null;
      /** Whether the parameters stand in the document now. */
      readonly written: boolean;
    };

/** The weights on both sides of a training that has ended. */
interface Sides {
  readonly before: NamedTensors;
  readonly after: NamedTensors;
}

interface TrainingRun {
  /** Another number for each run. */
  readonly id: number;
  state: Exclude<TrainingState, { kind: "idle" }>;
  readonly log: EpochLog;
  /** The losses of the runs before it, the last one first. */
  readonly earlier: readonly CurveData[];
  /** Of how many sequences the loss is the mean. */
  readonly sequences: number;
  sides: Sides | null;
  thread: Thread<"train"> | null;
}

/** So many curves of earlier runs are kept. */
const mostEarlier = 4;

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
  private readonly writing = new vscode.EventEmitter<Session>();
  /** The parameters of a training are about to be written into the text of this session. */
  readonly onWillWrite = this.writing.event;
  private saidUndo = false;

  /** @param workerFile the worker's bundle */
  constructor(
    private readonly sessions: Sessions,
    private readonly workerFile: string,
    private readonly load: LoadRun,
  ) {}

  of(session: Session): TrainingState {
    return this.runs.get(keyOf(session))?.state ?? { kind: "idle" };
  }

  /** The run of this session as far as it has come. */
  soFar(session: Session): TrainingSoFar {
    const run = this.runs.get(keyOf(session));
    const { loss, gradientNorm, measured } = run?.log ?? new EpochLog();
    return {
      run: run?.id ?? 0,
      training: this.of(session),
      loss: loss.data,
      gradientNorm: gradientNorm.data,
      measured: Object.fromEntries(Object.entries(measured).map(([name, curve]) => [name, curve.data])),
      earlier: run?.earlier ?? [],
      sequences: run?.sequences ?? 0,
    };
  }

  /** Of which side of the last training these parameters are. */
  sideOf(session: Session, parameters: NamedTensors): TrainedSide | null {
    const sides = this.runs.get(keyOf(session))?.sides;
    if (!sides) return null;
    return isSame(sides.after, parameters) ? "after" : isSame(sides.before, parameters) ? "before" : null;
  }

  /** Shows the run with the weights of one side of the last training; with the text's own where they are these. */
  async showSide(session: Session, side: TrainedSide): Promise<void> {
    const parameters = this.runs.get(keyOf(session))?.sides?.[side];
    const { problem } = session.reading;
    if (!parameters || !problem) return;
    if (isSame(parametersOf(problem.model), parameters)) session.showTextWeights();
    else if (!(await session.showWeights(parameters, { kind: side })))
      void say.information("The model has been changed since the training: its weights do not fit any more.");
  }

  /** What somebody does not know who has been told of the first epochs of a run: of another run, of none. */
  since(session: Session, told: { readonly run: number; readonly epochs: number }): TrainingProgress {
    const run = this.runs.get(keyOf(session));
    const news = (run?.log ?? new EpochLog()).since(run?.id === told.run ? told.epochs : 0);
    return { run: run?.id ?? 0, sequences: run?.sequences ?? 0, training: this.of(session), ...news };
  }

  isRunning(session: Session): boolean {
    return this.of(session).kind === "running";
  }

  cancel(session: Session): void {
    this.runs.get(keyOf(session))?.thread?.cancel();
  }

  /** Cancels the run that began last, also of a file that is closed. @returns whether there was one */
  cancelLast(): boolean {
    const run = [...this.runs.values()].findLast(({ thread }) => thread !== null);
    run?.thread?.cancel();
    return run !== undefined;
  }

  /** To be called when a session is closed: the result of a run that has ended is shown no more. */
  forget(session: Session): void {
    if (!this.isRunning(session)) this.runs.delete(keyOf(session));
  }

  /** Trains, and writes the parameters into the document. @param epochs in place of the file's */
  async start(session: Session, epochs?: number): Promise<TrainingResult> {
    const { whyNotTrainable, writeParameters } = await this.load();
    const name = fileName(session);
    if (this.isRunning(session)) {
      void say
        .information(`${name} is being trained already.`, "Cancel Training")
        .then((choice) => choice && this.cancel(session));
      return { kind: "refused" };
    }
    const read = await problemOf(session, "training");
    if (!read) return { kind: "refused" };
    const problem = epochs === undefined ? read : { ...read, training: { ...read.training, epochs } };
    const reason = whyNotTrainable(problem);
    if (reason) {
      void say.warning(`There is nothing to train on: ${reason}.`);
      return { kind: "refused" };
    }
    if (!(await mayRun("Training"))) return { kind: "refused" };
    const text = session.document.getText();
    const epochLog = new EpochLog();
    const ended = await this.run(session, problem, epochLog);
    if (!ended) {
      await this.backToText(session);
      return { kind: "failed" };
    }
    const { end, lossAfter } = ended;
    if (end.kind === "diverged") {
      await this.backToText(session);
      this.sayDiverged(session, end, text, problem);
      return { kind: "diverged", epochs: epochLog.count, lossAfter: null, written: false };
    }
    const origin = { uri: session.document.uri, text, parameters: parametersOf(problem.model) };
    this.writing.fire(session);
    const written = await writeParameters(this.sessions, end.parameters, origin);
    await this.backToText(session);
    if (written) this.sayTrained(session, end, epochLog, lossAfter);
    return { kind: end.kind === "done" ? "done" : "cancelled", epochs: epochLog.count, lossAfter, written };
  }

  /** Once the text that came of it has been read, nothing of the moment is shown any more. */
  private async backToText(session: Session): Promise<void> {
    const current = this.current(keyOf(session));
    if (current?.weights.kind !== "training") return;
    await current.whenUpToDate();
    if (current.weights.kind === "training") current.showTextWeights();
  }

  /** The run itself under a notification that shows how far it is. Null where it failed, which has been reported. */
  private async run(session: Session, problem: Problem, epochLog: EpochLog): Promise<TrainingOutcome | null> {
    const epochs = problem.training.epochs;
    const earlier = this.runs.get(keyOf(session));
    const run: TrainingRun = {
      id: ++lastRun,
      state: { kind: "running", epochs, last: null, secondsLeft: null },
      log: epochLog,
      earlier: earlier?.log.count ? [earlier.log.loss.data, ...earlier.earlier].slice(0, mostEarlier) : [],
      sequences: problem.sequences.length - (problem.heldBack?.length ?? 0),
      sides: null,
      thread: null,
    };
    const live = new Live(
      () => this.current(keyOf(session)),
      () => run.thread?.askWeights(),
    );
    this.runs.set(keyOf(session), run);
    this.update(session);
    const options = {
      location: vscode.ProgressLocation.Notification,
      title: plainMessage(`Training ${problem.name}`),
      cancellable: true,
    };
    try {
      const outcome = await vscode.window.withProgress(options, async (notification, token) => {
        const began = performance.now();
        let shown = 0;
        const onProgress = ({ done, epochs: finished, weights }: Progress) => {
          if (weights)
            live.show(weights).catch((error: unknown) => reportFailure("showing the weights of the moment", error));
          if (finished) epochLog.add(finished);
          const secondsLeft = secondsLeftOf((performance.now() - began) / 1000, done);
          run.state = { kind: "running", epochs, last: epochLog.last, secondsLeft };
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
      run.sides = { before: parametersOf(problem.model), after: outcome.end.parameters };
      run.state =
        outcome.end.kind === "diverged"
          ? { kind: "failed", message: divergedText(outcome.end), epochs, last: epochLog.last }
          : {
              kind: outcome.end.kind === "done" ? "done" : "cancelled",
              epochs,
              last: epochLog.last,
              secondsLeft: null,
            };
      return outcome;
    } catch (error) {
      // Whoever disposes of us ends the threads.
      if (!this.runs.has(keyOf(session))) return null;
      reportFailure("training", error);
      const message = error instanceof Error ? error.message : String(error);
      run.state = { kind: "failed", message, epochs, last: epochLog.last };
      return null;
    } finally {
      await live.end();
      run.thread = null;
      this.update(session);
    }
  }

  /** @param isTurn whether the run began or ended */
  private update(session: Session, isTurn = true): void {
    const uri = keyOf(session);
    const current = this.current(uri);
    if (!current || !this.runs.has(uri)) return;
    this.progressed.fire(current);
    if (isTurn) this.changed.fire(current);
  }

  /** The document may have been closed and opened again since. */
  private current(uri: string): Session | undefined {
    return this.sessions.all().find((other) => keyOf(other) === uri);
  }

  private sayTrained(session: Session, end: TrainingEnd, { first, last, count }: EpochLog, after: number | null) {
    const name = fileName(session);
    const digits = digitsFor(session);
    const losses =
      first && last ? `: loss ${formatNumber(first.loss, digits)} → ${formatNumber(after ?? last.loss, digits)}` : "";
    const epochs = count === 1 ? "1 epoch" : `${count.toLocaleString("en")} epochs`;
    const undo = this.saidUndo ? "" : " One undo takes the new parameters back.";
    this.saidUndo = true;
    const best = end.kind !== "diverged" && end.bestEpoch !== undefined;
    const kept = best
      ? ` The parameters are those of epoch ${end.bestEpoch}, whose validation loss is the smallest.`
      : "";
    const how = end.kind === "done" ? `Trained ${name} for ${epochs}` : `Stopped training ${name} after ${epochs}`;
    void say.information(`${how}${losses}.${kept}${undo}`);
  }

  private sayDiverged(
    session: Session,
    end: Extract<TrainingEnd, { kind: "diverged" }>,
    text: string,
    problem: Problem,
  ): void {
    const keep = "Keep Last Good Parameters";
    const message = `${divergedText(end)} The file is as it was. A smaller learning rate or "clip" may help.`;
    void say.error(message, keep).then((choice) => {
      if (choice !== keep) return undefined;
      const origin = { uri: session.document.uri, text, parameters: parametersOf(problem.model) };
      return guarded("keeping the parameters", async () => {
        const { writeParameters } = await this.load();
        this.writing.fire(session);
        await writeParameters(this.sessions, end.parameters, origin);
      });
    });
  }

  dispose(): void {
    for (const { thread } of this.runs.values()) thread?.terminate();
    this.runs.clear();
    this.changed.dispose();
    this.progressed.dispose();
    this.writing.dispose();
  }
}

function keyOf({ document }: Session): string {
  return document.uri.toString();
}

function isSame(some: NamedTensors, others: NamedTensors): boolean {
  const names = Object.keys(some);
  return (
    names.length === Object.keys(others).length &&
    names.every((name) => {
      const [a, b] = [some[name]!.data, others[name]?.data];
      return a.length === b?.length && a.every((value, k) => Object.is(value, b[k]));
    })
  );
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
