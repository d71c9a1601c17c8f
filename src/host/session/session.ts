import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import * as vscode from "vscode";
import type { Model, Problem, Sequence } from "../../engine/model";
import { parametersOf, withParameters } from "../../engine/model";
import type { RunOptions } from "../../engine/run";
import type { NamedTensors } from "../../engine/tensor";
import { dataBeside } from "../../format/openData";
import type { Reading } from "../../format/read";
import type { PanelWish, ShownWeights } from "../../protocol/panel";
import { Stepper } from "../../stepper/stepper";
import { reportFailure } from "../failure";
import { plainMessage } from "../plainMessage";
import { percentTo } from "../readWithProgress";
import { say } from "../say";
import type { ShownComparison } from "./comparison";
import { noComparison } from "./comparison";
import { type LongReading, Reader } from "./reader";

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
  private readonly wished = new vscode.EventEmitter<void>();
  /** Somebody wants something of the panel; the first that is there takes the wish. */
  readonly onDidWish = this.wished.event;
  private readonly reweighted = new vscode.EventEmitter<void>();
  /** The run is shown with other weights, or again with the text's, which has not changed. */
  readonly onDidReweight = this.reweighted.event;
  private wanted: PanelWish | null = null;
  private readonly compared = new vscode.EventEmitter<void>();
  /** The run was held against another program's, or a text that has changed is no longer the one that was. */
  readonly onDidCompare = this.compared.event;
  private currentComparison = noComparison;

  private readonly reader: Reader;
  private currentState: SessionState = { kind: "idle" };
  private chosenSequence = 0;
  private playTimer: NodeJS.Timeout | null = null;
  private stepsPerSecond: number;
  private computations = 0;
  /** The runs of the rounds before this one, each at its end: from the update of each the next one has its parameters. */
  private rounds: Stepper[] = [];
  /** A sequence of the user's own that is stepped through beside those of the file, read anew with each text. */
  private typed: ((problem: Problem) => Sequence | null) | null = null;
  /** The next text is stepped through from its start. */
  private isAnew = false;
  private currentWeights: ShownWeights = { kind: "text" };
  private forgetStepper: () => void = () => undefined;

  constructor(
    readonly document: vscode.TextDocument,
    private saved: SavedPlace | null,
    /** How its runs are computed. */
    private readonly runOptions: RunOptions,
  ) {
    this.stepsPerSecond = vscode.workspace.getConfiguration("rnn").get<number>("playSpeed", 2);
    const { uri } = document;
    const beside = dataBeside(path.dirname(uri.fsPath));
    const readData = Object.assign(
      (relativePath: string) => {
        // An unsaved file with a path has a place on disk too, beside which its parameters may lie.
        const isPlaced = uri.scheme === "untitled" && path.isAbsolute(uri.fsPath);
        if (uri.scheme === "untitled" && !isPlaced)
          throw new Error("a data file is read relative to the file on disk: save this one first");
        if (uri.scheme !== "file" && !isPlaced) throw new Error("a data file can be read beside a file on disk alone");
        if (!vscode.workspace.isTrusted)
          throw new Error("other files are read in a trusted workspace alone (Workspaces: Manage Workspace Trust)");
        return beside(relativePath);
      },
      { isElsewhere: beside.isElsewhere },
    );
    this.reader = new Reader(
      document,
      { fileName: path.posix.basename(uri.path), marksLostBytes: true, readData },
      {
        onRead: () => this.hasRead(),
        onFailure: (error) => reportFailure("reading a model file", error),
        onLong: (reading) => showReading(path.posix.basename(uri.path), reading),
      },
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

  /**
   * The reading of the very text that stands in the document now: there when this returns, unless the text is long or what it names
   * is; else once it has been read between other work. Null where the document is closed before that.
   */
  whenUpToDate(): Promise<Reading | null> {
    return this.reader.whenUpToDate();
  }

  /** Begins to step, if that has not been done: at once where the text is up to date or short, else once it has been read. */
  async start(): Promise<SessionState> {
    const reading = this.whenUpToDate();
    if (!this.isUpToDate && (await reading) === null) return this.currentState;
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
    this.typed = null;
    this.chosenSequence = index;
    this.saved = null;
    this.recompute({ sequence: index, position: 0 });
    this.changed.fire();
  }

  /** Steps through a sequence that the file does not have, beside its own: from its end, where the model has said what comes next. */
  tryInputs(read: (problem: Problem) => Sequence | null): void {
    this.typed = read;
    this.recompute({ sequence: this.chosenSequence, position: Number.MAX_SAFE_INTEGER });
    this.changed.fire();
  }

  /** To be called when the document has changed: reads it once typing pauses. */
  documentChanged(): void {
    this.reader.changed();
  }

  private hasRead(): void {
    // What was compared is of the text before.
    if (this.currentComparison !== noComparison) this.showComparison(noComparison);
    if (this.currentState.kind !== "idle") this.recompute();
    this.changed.fire();
  }

  /** Computes the run of the text as it is; a long one goes on between other work, and tells how far it is. */
  private recompute(place: SavedPlace | null = null): void {
    const before = this.rounds[0] ?? this.stepper;
    const { problem, isTyped } = this.problemOfTyped();
    this.rounds = [];
    this.currentWeights = { kind: "text" };
    this.computations++;
    if (!problem) return this.settle({ kind: "invalid", stepper: before });
    if (problem.sequences.length === 0)
      return this.settle({
        kind: "empty",
        reason: 'The file has no sequences: add one under "sequences" to step through it.',
      });
    this.chosenSequence = isTyped
      ? problem.sequences.length - 1
      : Math.min(this.chosenSequence, problem.sequences.length - 1);
    const resume = !this.isAnew && before?.sequenceIndex === this.chosenSequence ? before : null;
    this.isAnew = false;
    this.compute(problem, before, (stepper) => {
      if (place) stepper.moveTo(place.position);
      else if (resume) stepper.resumeFrom(resume);
    });
  }

  /** The text's problem, and behind its sequences the one that somebody has typed. */
  private problemOfTyped(): { readonly problem: Problem | null; readonly isTyped: boolean } {
    const { problem } = this.reading;
    const sequence = problem && this.typed?.(problem);
    if (!problem || !sequence) return { problem, isTyped: false };
    return { problem: { ...problem, sequences: [...problem.sequences, sequence] }, isTyped: true };
  }

  /** @param begin where the run is to stand, once it is there */
  private compute(problem: Problem, before: Stepper | null, begin: (stepper: Stepper) => void): void {
    const computation = ++this.computations;
    const known =
      before?.sequenceIndex === this.chosenSequence && readsTheSame(before.problem, problem, this.chosenSequence)
        ? { run: before.run, count: sameLayers(before.problem.model, problem.model) }
        : null;
    const isWhole = known !== null && isSameAbove(before!.problem.model, problem.model, known.count);
    const options = { ...this.runOptions, known };
    const preparing = Stepper.prepare(problem, this.chosenSequence, options, isWhole ? known.run : null);
    const goOn = (patience: number): void => {
      if (computation !== this.computations) return;
      try {
        const deadline = performance.now() + patience;
        let next = preparing.next();
        while (!next.done && performance.now() < deadline) next = preparing.next();
        if (next.done) {
          begin(next.value);
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

  /** 1, and one more for each update whose parameters the text does not have. */
  get round(): number {
    return this.rounds.length + 1;
  }

  /**
   * Goes on with the parameters as the update has left them: the same sequence once more. The text stays as it is.
   * @param begin what the first move of the round is
   */
  nextRound(begin: (stepper: Stepper) => void): void {
    const { currentState: state } = this;
    if (state.kind !== "ready" || !state.stepper.isAtEnd || state.stepper.run.targetCount === 0) return;
    const { stepper } = state;
    this.rounds.push(stepper);
    const { problem } = stepper;
    this.compute({ ...problem, model: withParameters(problem.model, stepper.updatedParameters()) }, stepper, begin);
    this.changed.fire();
  }

  /** Back to the end of the round before. @returns false where there is none */
  previousRound(): boolean {
    const stepper = this.rounds.pop();
    if (!stepper) return false;
    this.computations++;
    this.settle({ kind: "ready", stepper });
    this.changed.fire();
    return true;
  }

  /** Whose weights the run that is shown has. */
  get weights(): ShownWeights {
    return this.currentWeights;
  }

  /**
   * Shows the same sequence, at the same step, with other weights than the text's. The old run stays until the new one is there; another
   * text, sequence or round that comes meanwhile goes before it.
   * @returns whether it is shown: the weights fit the text's model
   */
  async showWeights(parameters: NamedTensors, weights: ShownWeights): Promise<boolean> {
    const { problem } = this.problemOfTyped();
    if (this.currentState.kind !== "ready" || !problem || !fits(parametersOf(problem.model), parameters)) return false;
    const computation = ++this.computations;
    const preparing = Stepper.prepare(
      { ...problem, model: withParameters(problem.model, parameters) },
      this.chosenSequence,
      this.runOptions,
    );
    let deadline = performance.now() + slice;
    let next = preparing.next();
    for (; !next.done; next = preparing.next()) {
      if (performance.now() < deadline) continue;
      await new Promise((resolve) => setImmediate(resolve));
      if (computation !== this.computations) return false;
      deadline = performance.now() + slice;
    }
    const { stepper } = this;
    const { playing } = this;
    if (stepper) next.value.resumeFrom(stepper);
    this.rounds = [];
    this.currentWeights = weights;
    this.settle({ kind: "ready", stepper: next.value });
    if (playing) this.play();
    this.moved.fire();
    this.reweighted.fire();
    return true;
  }

  /** Back to the weights of the text. */
  showTextWeights(): void {
    if (this.currentWeights.kind === "text") return;
    this.recompute();
    this.moved.fire();
    this.reweighted.fire();
  }

  /** The run of the text that comes next begins at its start, and does not stand where this one stands. */
  beginAnew(): void {
    this.isAnew = true;
  }

  /** Back to the parameters of the text. */
  firstRound(): void {
    const [stepper] = this.rounds;
    if (!stepper) return;
    this.rounds = [];
    this.computations++;
    this.settle({ kind: "ready", stepper });
    this.changed.fire();
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

  /** What the run was held against last. */
  get comparison(): ShownComparison {
    return this.currentComparison;
  }

  showComparison(comparison: ShownComparison): void {
    this.currentComparison = comparison;
    this.compared.fire();
  }

  /** The author's number in the place of one of the chosen sequence, by its name, where it is wrong. */
  written: (
    reference: string,
  ) => { readonly value: number; readonly tolerance: number; readonly says: string | null } | null = () => null;

  /** @param reference a number's name: `layers.0.h@2[0]` */
  explain(reference: string): void {
    this.wish({ type: "explain", reference });
  }

  /** What the panel is to do, as soon as there is one. */
  wish(wanted: PanelWish): void {
    this.wanted = wanted;
    this.wished.fire();
  }

  /** What is wanted of the panel, if none has taken it yet. */
  takeWish(): PanelWish | null {
    const { wanted } = this;
    this.wanted = null;
    return wanted;
  }

  /** What to remember of it; null where nobody has stepped. */
  savedPlace(): SavedPlace | null {
    const stepper = this.rounds[0] ?? this.stepper;
    return stepper ? { sequence: this.chosenSequence, position: stepper.position } : this.saved;
  }

  dispose(): void {
    this.computations++;
    this.pause();
    this.reader.dispose();
    this.forgetStepper();
    this.changed.dispose();
    this.moved.dispose();
    this.wished.dispose();
    this.compared.dispose();
    this.reweighted.dispose();
  }
}

/** Says that a file, or what it names, is being read, until that is done or somebody cancels it. */
function showReading(name: string, reading: LongReading): void {
  const title = plainMessage(`Reading ${name} and what it names`);
  void vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (progress, token) => {
      reading.onProgress = percentTo(progress);
      token.onCancellationRequested(() => {
        reading.cancel();
        void say.information(`${name} is not read on. What it shows is what was read before; a change reads it again.`);
      });
      await reading.done;
    },
  );
}

/** Whether tensors have the names and shapes of a model's parameters. */
function fits(own: NamedTensors, others: NamedTensors): boolean {
  const names = Object.keys(own);
  return (
    names.length === Object.keys(others).length &&
    names.every((name) => own[name]!.rows === others[name]?.rows && own[name]!.cols === others[name]?.cols)
  );
}

/** Whether a sequence is the same in both problems, and so are those that carry their state to it. */
function readsTheSame(a: Problem, b: Problem, index: number): boolean {
  for (let k = index; ; k--) {
    if (!isDeepStrictEqual(a.sequences[k], b.sequences[k])) return false;
    if (k === 0 || !b.sequences[k]!.carry) return true;
  }
}

/** How many of the first layers are the same, and read the same: an edit above them leaves their values as they are. */
function sameLayers(a: Model, b: Model): number {
  if (!isDeepStrictEqual([a.inputSize, a.embedding], [b.inputSize, b.embedding])) return 0;
  const differs = b.layers.findIndex((layer, l) => !isDeepStrictEqual(layer, a.layers[l]));
  return differs < 0 ? b.layers.length : differs;
}

/** Whether models whose first layers, `count` of them, are the same, are the same altogether. */
function isSameAbove(a: Model, b: Model, count: number): boolean {
  if (count < b.layers.length || count < a.layers.length) return false;
  return isDeepStrictEqual({ ...a, layers: null }, { ...b, layers: null });
}
