import { readFileSync } from "node:fs";
import * as path from "node:path";
import * as vscode from "vscode";
import { reportFailure } from "../failure";
import type { Reading } from "../format/read";
import { Stepper } from "../stepper/stepper";
import { Reader } from "./reader";

/** Where a run stood when VS Code was closed, by document. */
export interface SavedPlace {
  readonly sequence: number;
  readonly position: number;
}

/** What there is to step through. */
export type SessionState =
  /** Nobody has asked to step yet. */
  | { readonly kind: "idle" }
  /** A long run is being computed, done from 0 to 1; `stepper` is the one before, if there was one. */
  | { readonly kind: "computing"; readonly done: number; readonly stepper: Stepper | null }
  | { readonly kind: "ready"; readonly stepper: Stepper }
  | { readonly kind: "empty"; readonly reason: string }
  /** The text has errors; `stepper` is the last good run, if there was one. */
  | { readonly kind: "invalid"; readonly stepper: Stepper | null }
  /** Our own fault; it has been reported. */
  | { readonly kind: "failed"; readonly message: string };

/** Milliseconds that a run may take at once, so that a short one is there in the same turn; then in slices between other work. */
const patienceAtFirst = 60;
const slice = 12;

/**
 * One `.rnn.json` document: its reading, and, once somebody steps, its stepper.
 * The text is read anew whenever it changes; the stepper stays at its step.
 */
export class Session implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  /** The text was read anew, another sequence was chosen, or stepping began. */
  readonly onDidChange = this.changed.event;
  private readonly moved = new vscode.EventEmitter<void>();
  /** The stepper moved, or playing began or ended. */
  readonly onDidMove = this.moved.event;
  private readonly asked = new vscode.EventEmitter<void>();
  /** Somebody wants to know where a number comes from; the first panel that is there takes the question. */
  readonly onDidAskToExplain = this.asked.event;
  private question: string | null = null;

  private readonly reader: Reader;
  private currentState: SessionState = { kind: "idle" };
  private chosenSequence = 0;
  private playTimer: NodeJS.Timeout | null = null;
  private stepsPerSecond: number;
  private computations = 0;
  private forgetStepper: () => void = () => undefined;

  constructor(
    readonly document: vscode.TextDocument,
    private saved: SavedPlace | null,
  ) {
    this.stepsPerSecond = vscode.workspace.getConfiguration("rnn").get<number>("playSpeed", 2);
    const { uri } = document;
    const readData = (relativePath: string) => {
      if (uri.scheme !== "file")
        throw new Error("a data file is read relative to the file on disk: save this one first");
      return readFileSync(path.resolve(path.dirname(uri.fsPath), relativePath), "utf8");
    };
    this.reader = new Reader(
      document,
      { fileName: path.posix.basename(uri.path), readData },
      { onRead: () => this.hasRead(), onFailure: (error) => reportFailure("reading a model file", error) },
    );
  }

  /** The last reading; of a long text it is empty until that has been read, and stays as it was while somebody types. */
  get reading(): Reading {
    return this.reader.reading;
  }

  get state(): SessionState {
    return this.currentState;
  }

  /** The run that is shown: of the text as it is, or the last good one. */
  get stepper(): Stepper | null {
    return "stepper" in this.currentState ? this.currentState.stepper : null;
  }

  get sequenceIndex(): number {
    return this.chosenSequence;
  }

  /** Whether the reading is of the very text that stands in the document now. */
  get isUpToDate(): boolean {
    return this.reader.isUpToDate;
  }

  /** The reading of the very text that stands in the document now. A long text holds the thread for it: who can wait, waits. */
  upToDate(): Reading {
    return this.reader.upToDate();
  }

  /** The same once it has been read between other work; null where the document is closed before that. */
  whenUpToDate(): Promise<Reading | null> {
    return this.reader.whenUpToDate();
  }

  /** Begins to step, if that has not been done. */
  start(): SessionState {
    this.upToDate();
    if (this.currentState.kind === "idle") {
      const { saved } = this;
      this.saved = null;
      if (saved) this.chosenSequence = saved.sequence;
      this.recompute(saved);
      this.changed.fire();
    }
    return this.currentState;
  }

  selectSequence(index: number): void {
    const wasIdle = this.currentState.kind === "idle";
    if (index === this.chosenSequence && !wasIdle) return;
    this.chosenSequence = index;
    this.saved = null;
    this.recompute({ sequence: index, position: 0 });
    this.changed.fire();
  }

  /** To be called when the document has changed: reads it once typing pauses. */
  documentChanged(): void {
    this.reader.changed();
  }

  private hasRead(): void {
    if (this.currentState.kind !== "idle") this.recompute();
    this.changed.fire();
  }

  /** Computes the run of the text as it is; a long one goes on between other work, and tells how far it is. */
  private recompute(place: SavedPlace | null = null): void {
    const before = this.stepper;
    const { problem } = this.reading;
    const computation = ++this.computations;
    if (!problem) return this.settle({ kind: "invalid", stepper: before });
    if (problem.sequences.length === 0)
      return this.settle({
        kind: "empty",
        reason: 'The file has no sequences: add one under "sequences" to step through it.',
      });
    this.chosenSequence = Math.min(this.chosenSequence, problem.sequences.length - 1);
    const resume = before?.sequenceIndex === this.chosenSequence ? before : null;
    const preparing = Stepper.prepare(problem, this.chosenSequence);
    const goOn = (patience: number): void => {
      if (computation !== this.computations) return;
      try {
        const deadline = performance.now() + patience;
        let next = preparing.next();
        while (!next.done && performance.now() < deadline) next = preparing.next();
        if (next.done) {
          if (place) next.value.moveTo(place.position);
          else if (resume) next.value.resumeFrom(resume);
          this.settle({ kind: "ready", stepper: next.value });
        } else {
          this.settle({ kind: "computing", done: next.value.done, stepper: before });
          setImmediate(() => goOn(slice));
        }
      } catch (error) {
        reportFailure("computing the run", error);
        this.settle({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
      }
      if (patience === slice) this.changed.fire();
    };
    goOn(patienceAtFirst);
  }

  private settle(state: SessionState): void {
    const before = this.stepper;
    this.currentState = state;
    if (state.kind !== "ready") this.pause();
    else if (state.stepper !== before) {
      this.forgetStepper();
      this.forgetStepper = state.stepper.onDidMove(() => this.moved.fire());
    }
  }

  get playing(): boolean {
    return this.playTimer !== null;
  }

  /** Steps a second. */
  get speed(): number {
    return this.stepsPerSecond;
  }

  setSpeed(stepsPerSecond: number): void {
    this.stepsPerSecond = Math.min(60, Math.max(0.1, stepsPerSecond));
    if (this.playTimer) {
      this.pause();
      this.play();
    } else this.moved.fire();
  }

  play(): void {
    const { stepper } = this;
    if (this.playTimer || !stepper) return;
    if (stepper.isAtEnd) stepper.runToStart();
    this.playTimer = setInterval(() => {
      const { stepper } = this;
      stepper?.step();
      if (!stepper || stepper.isAtEnd) this.pause();
    }, 1000 / this.stepsPerSecond);
    this.moved.fire();
  }

  pause(): void {
    if (!this.playTimer) return;
    clearInterval(this.playTimer);
    this.playTimer = null;
    this.moved.fire();
  }

  /** @param reference a number's name: `layers.0.h@2[0]` */
  explain(reference: string): void {
    this.question = reference;
    this.asked.fire();
  }

  /** The number that somebody wants explained, if nobody has taken the question yet. */
  takeQuestion(): string | null {
    const { question } = this;
    this.question = null;
    return question;
  }

  /** What to remember of it; null where nobody has stepped. */
  savedPlace(): SavedPlace | null {
    const { stepper } = this;
    return stepper ? { sequence: this.chosenSequence, position: stepper.position } : this.saved;
  }

  dispose(): void {
    this.computations++;
    this.pause();
    this.reader.dispose();
    this.forgetStepper();
    this.changed.dispose();
    this.moved.dispose();
    this.asked.dispose();
  }
}
