/** All that the views draw: the host's state, the user's choices, and the data that was asked for. */

import type { ComparisonCurves, ComparisonState } from "../src/protocol/comparison";
import { Curve } from "../src/protocol/curve";
import type {
  Cursor,
  DerivationDetail,
  DerivationPart,
  Foretold,
  Measure,
  NowDetail,
  PanelEvent,
  PanelState,
  ParameterData,
  Phase,
  RepeatedCommand,
  Run,
  RunInfo,
  StepperCommand,
  ToForetell,
  TrackData,
  TrackWindow,
  TrainedSide,
  TrainingProgress,
  TrainingState,
} from "../src/protocol/panel";
import { measures } from "../src/protocol/panel";
import { Foreseen } from "./foreseen";
import { Host } from "./host";
import { formatNumber } from "./numbers";
import { announce, copyText, countLayers, pointedNumber, showToast } from "./pointed";
import { readTheme, type Theme } from "./theme";
import { clampView, fitView, followStep, type View } from "./timeline/view";
import { restoreUi, type UiState } from "./uiState";

/** A window of a track and where it lies in time. */
export interface TrackEntry {
  readonly window: TrackWindow;
  readonly data: TrackData;
}

export interface Tokens {
  readonly from: number;
  readonly inputs: readonly string[];
  readonly targets: readonly (string | null)[];
}

/** Where the keyboard is inside a track. */
export interface TrackCell {
  readonly track: string;
  readonly t: number;
  readonly row: number;
}

export type Overlay = "none" | "tracks" | "keys" | "more";

/** What a run was like before its text was changed. */
export interface Ghost {
  readonly info: RunInfo;
  /** By track. */
  readonly entries: ReadonlyMap<string, TrackEntry>;
}

interface ParameterEntry {
  readonly data: ParameterData | null;
  /** What the data is of; another key asks anew. */
  readonly key: string;
  readonly asking: boolean;
}

interface DerivationEntry {
  readonly detail: DerivationDetail | null;
  /** What the detail is of; another key asks anew. */
  readonly key: string;
  readonly asking: boolean;
}

/** Predicting what comes next. */
interface Foretelling {
  readonly next: ToForetell | null;
  /** What was foretold last. */
  readonly last: Foretold | null;
  /** What is wrong with what is typed. */
  readonly error: string | null;
  readonly isAsking: boolean;
  readonly tally: { right: number; close: number; wrong: number };
}

/** What the list of a long sum's numbers has been unfolded to. */
interface MoreParts {
  readonly parts: readonly DerivationPart[];
  readonly more: number;
}

/** So much larger is what is presented. */
const presentingZoom = 1.5;
/** Errors are said once nothing has changed for so long: while somebody types, most of them are gone by the next letter. */
const quietMs = 500;
/** The pointer has come to rest: what it only passes over lights nothing up in the text. */
const restMs = 80;

/** So many curves of earlier trainings are kept. */
const mostEarlier = 4;

/** Whether two runs are of the same shape: the same steps, tracks and parameters. */
function isAlike(a: RunInfo, b: RunInfo): boolean {
  const shape = ({ length, tracks, parameters, sequence }: RunInfo) =>
    JSON.stringify([
      length,
      sequence.index,
      tracks.map(({ id, rows }) => [id, rows]),
      parameters.map(({ name, rows, cols }) => [name, rows, cols]),
    ]);
  return shape(a) === shape(b);
}

/** How many terms of a long sum are shown at first, and how many with each unfolding. */
const firstTerms = 8;
const termsAPage = 50;
/** So many explained numbers can be gone back to. */
const longestTrail = 8;

export class Model {
  state: PanelState = { kind: "loading", done: null };
  training: TrainingState = { kind: "idle" };
  /** What the run has been held against. */
  comparison: ComparisonState = { kind: "none" };
  /** What of it is drawn; null until its curves have come. */
  compared = { quantity: 0, unit: 0 };
  comparedCurves: ComparisonCurves | null = null;
  comparedPoints: Float64Array = new Float64Array();
  /** Of the run that `training` is about. */
  curves = noCurves(0);
  /** The losses of the trainings before it, the last one first. */
  earlierLosses: readonly Curve[] = [];
  /** Of how many sequences a training's loss is the mean. */
  trainedSequences = 0;
  ui: UiState;
  theme: Theme;
  /** Width of the tracks without their labels; 0 before the first layout. */
  plotWidth = 0;
  /** Of the stage, and of the whole panel; 0 before the first layout. */
  stageWidth = 0;
  panelWidth = window.innerWidth;
  panelHeight = window.innerHeight;
  /** A new run is being computed while the one of before is shown: how far it is, 0…1. */
  computing: number | null = null;
  /** The text's errors are said. */
  isErrorShown = false;
  private errorTimer = 0;
  /** In front of a class: all larger, and a click covers a number. */
  isPresenting = false;
  /** The numbers that are covered, in the order in which they were. */
  private covered: string[] = [];
  /** A key is held down: nothing moves but the numbers. */
  isHeld = false;
  /** The number that stays on the line *Now* whatever is pointed at. */
  pinned: string | null = null;
  /** The run of before the last change of the text, as far as the stage shows it. */
  ghost: Ghost | null = null;
  cell: TrackCell | null = null;
  overlay: Overlay = "none";

  private readonly host: Host;
  private readonly trackData = new Map<string, TrackEntry>();
  /** The key of the window that was asked for last, by track. */
  private readonly trackAsked = new Map<string, string>();
  private tokenData: Tokens | null = null;
  private tokensAsked = "";
  private readonly parameterData = new Map<string, ParameterEntry>();
  private readonly derivations = new Map<string, DerivationEntry>();
  private readonly moreData = new Map<string, MoreParts>();
  /** After how many terms the next page of a long sum begins. */
  private readonly offsets = new Map<string, number>();
  /** The user has asked for a derivation that is not drawn yet. */
  private isFocusDue = false;
  /** The run whose gradients were asked to be checked. */
  private checkedRevision: number | null = null;
  private readonly foreseen = new Foreseen();
  /** The id of the command whose effect is shown before the host has said it; 0 where none is. */
  private awaited = 0;
  /** Something was not asked for because the host has not come to the place on the screen. */
  private isAskDue = false;
  /** The line of the number that is pointed at or pinned, and of which number and place it is. */
  private line: { readonly key: string; readonly reference: string; readonly detail: NowDetail | null } | null = null;
  private lineAsked = "";
  private pointedReference = "";
  private readonly repeated: { readonly command: RepeatedCommand; times: number }[] = [];
  private isRepeating = false;
  private goingTo: number | null = null;
  private isGoing = false;

  constructor(private readonly changed: () => void) {
    this.host = new Host((event) => this.receive(event));
    this.ui = restoreUi(this.host.savedState);
    this.theme = readTheme();
  }

  /** Asks the host what to show. */
  start(): void {
    this.host
      .request("ready", {})
      .then(({ state, training, comparison }) => {
        this.compare(comparison, false);
        this.training = training.training;
        const { run, loss, gradientNorm, measured, earlier, sequences } = training;
        this.earlierLosses = earlier.map((curve) => Curve.of(curve));
        this.trainedSequences = sequences;
        const named = Object.entries(measured).map(([name, curve]) => [name, Curve.of(curve)]);
        this.curves = {
          run,
          loss: Curve.of(loss),
          gradientNorm: Curve.of(gradientNorm),
          measured: Object.fromEntries(named),
        };
        this.show(state);
      })
      .catch((error: unknown) => this.report(error));
  }

  report(error: unknown): void {
    this.host.report(error);
  }

  // -------------------------------------------------------------------------------------------- what is shown

  /** The run on the screen: the current one, or the last good one under a file with errors. */
  get run(): Run | null {
    return this.state.kind === "ready" || this.state.kind === "invalid" ? this.state.run : null;
  }

  /** The steps shown. */
  get view(): View {
    const length = this.run?.info.length ?? 1;
    return this.ui.view === null ? fitView(length) : clampView(this.ui.view, length);
  }

  setView(view: View): void {
    const length = this.run?.info.length ?? 1;
    this.setUi({ view: view.span >= length ? null : view });
  }

  setUi(change: Partial<UiState>): void {
    this.ui = { ...this.ui, ...change };
    this.host.saveState(this.ui);
    this.changed();
  }

  setTheme(): void {
    this.theme = readTheme();
    this.changed();
  }

  setPlotWidth(width: number): void {
    if (width === this.plotWidth) return;
    this.plotWidth = width;
    this.changed();
  }

  /** To be called with the stage's element whenever it is drawn. */
  measureStage(element: Element | undefined): void {
    if (element === undefined || this.measured === element) return;
    this.measured = element;
    const measure = () =>
      requestAnimationFrame(() => {
        const width = element.clientWidth;
        if (width === this.stageWidth || width === 0) return;
        this.stageWidth = width;
        this.changed();
      });
    new ResizeObserver(measure).observe(element);
  }

  private measured: Element | null = null;

  /** How much larger than its own pixels the panel is shown. */
  get zoom(): number {
    return this.isPresenting ? presentingZoom : 1;
  }

  /** Begins to present, or ends it: the panel has its group's whole place, and is larger. */
  present(): void {
    this.isPresenting = !this.isPresenting;
    this.covered = [];
    document.body.classList.toggle("is-presenting", this.isPresenting);
    this.host.send("present", {});
    this.setPanelSize(window.innerWidth / this.zoom, window.innerHeight / this.zoom);
    this.changed();
    showToast(
      this.isPresenting ? "Presenting: a click covers a number, Space reveals it, p ends" : "No longer presenting",
    );
  }

  /** What a click on a number does: it is kept on the line *Now* or, in front of a class, covered. */
  press(reference: string, name: string): void {
    if (!this.isPresenting) return this.pin(reference);
    // A pixel of a picture cannot be covered
    if (name === "") return;
    this.covered = this.covered.includes(name) ? this.covered.filter((one) => one !== name) : [...this.covered, name];
    this.changed();
  }

  /** Uncovers the number that was covered first. @returns false where none is covered */
  reveal(): boolean {
    const [first, ...rest] = this.covered;
    if (first === undefined) return false;
    this.covered = rest;
    this.changed();
    return true;
  }

  get coveredNumbers(): readonly string[] {
    return this.covered;
  }

  setPanelSize(width: number, height: number): void {
    if (width === this.panelWidth && height === this.panelHeight) return;
    [this.panelWidth, this.panelHeight] = [width, height];
    this.changed();
  }

  setCell(cell: TrackCell | null): void {
    this.cell = cell;
    this.changed();
  }

  setOverlay(overlay: Overlay): void {
    this.overlay = overlay;
    this.changed();
  }

  private receive(event: PanelEvent): void {
    switch (event.type) {
      case "state":
        this.show(event.state);
        return;
      case "cursor":
        this.foreseen.tell(event.cursor);
        this.told(event, event.cursor);
        return;
      case "moved": {
        const cursor = this.foreseen.at(event.position);
        if (cursor === null) this.start();
        else this.told(event, cursor);
        return;
      }
      case "ahead":
        this.foreseen.hold(event);
        return;
      case "training":
        this.train(event);
        return;
      case "comparison":
        this.compare(event.comparison, true);
        return;
      case "explain":
        // Asked in the text, which keeps the keyboard
        this.openExplanation(event.reference);
        return;
      case "mode":
        if (event.mode === "present") this.present();
        else this.toggleForetelling();
        return;
      default:
        throw new Error(`unknown event ${JSON.stringify(event satisfies never)}`);
    }
  }

  /** @param isNew it has just been compared: its tab opens, at the first place where the two differ */
  private compare(comparison: ComparisonState, isNew: boolean): void {
    if (comparison.kind === "none" || this.comparison.kind === "none" || comparison.id !== this.comparison.id) {
      this.comparedCurves = null;
      const first = comparison.kind === "parity" ? comparison.first : null;
      this.compared = { quantity: first?.quantity ?? lastOf(comparison), unit: first?.unit ?? 0 };
    }
    this.comparison = comparison;
    this.askComparedCurves();
    if (isNew && comparison.kind !== "none") this.setUi({ tab: "compare" });
    this.changed();
  }

  chooseCompared(choice: { readonly quantity: number; readonly unit: number }): void {
    this.compared = choice;
    this.askComparedCurves();
    this.changed();
  }

  private askComparedCurves(): void {
    const { comparison, compared } = this;
    if (comparison.kind === "none") return;
    this.host
      .request("comparisonCurves", { id: comparison.id, ...compared })
      .then((curves) => {
        if (this.compared !== compared) return;
        this.comparedCurves = curves;
        this.changed();
      })
      .catch((error: unknown) => this.report(error));
  }

  /** To the first place where the two differ. */
  goToDivergence(): void {
    const { comparison } = this;
    if (comparison.kind !== "parity" || comparison.first === null) return;
    const { t, quantity, unit } = comparison.first;
    this.chooseCompared({ quantity, unit });
    this.goTo(t);
  }

  takeOver(): void {
    if (this.comparison.kind === "parity") this.host.send("takeOver", { id: this.comparison.id });
  }

  private train({ run, sequences, training, from, loss, gradientNorm, measured }: TrainingProgress): void {
    if (run !== this.curves.run) {
      const { loss: earlier } = this.curves;
      if (earlier.count > 0) this.earlierLosses = [earlier, ...this.earlierLosses].slice(0, mostEarlier);
      this.curves = noCurves(run);
      this.trainedSequences = sequences;
    }
    // What came while nobody listened is asked for
    if (from !== this.curves.loss.count) return this.start();
    this.curves.loss.add(loss);
    this.curves.gradientNorm.add(gradientNorm);
    for (const name of measures) {
      const values = measured[name];
      if (values) (this.curves.measured[name] ??= new Curve()).add(values);
    }
    // Elsewhere nobody sees how far it is, only whether it runs
    const isSeen = this.ui.tab === "training" || training.kind !== this.training.kind;
    this.training = training;
    if (isSeen) this.changed();
  }

  private show(state: PanelState): void {
    this.showState(state);
    this.askToForetell();
  }

  private showState(state: PanelState): void {
    this.foreseen.clear();
    this.awaited = 0;
    const before = this.run;
    this.computing = state.kind === "loading" && before !== null ? (state.done ?? 0) : null;
    // The picture of before stays until the new one is there
    if (this.computing === null) {
      // A file with errors may come without its last good run: the one on the screen stays
      this.state = state.kind === "invalid" && state.run === null ? { ...state, run: before } : state;
      const info = this.run?.info;
      if (info?.revision !== before?.info.revision) {
        // While a training goes on, and at its end, the ghost is the one of before it
        const isKept = this.ghost !== null && before?.info.weights.kind === "training";
        if (!before || !info || !isAlike(before.info, info)) this.ghost = null;
        else if (!isKept) this.ghost = this.ghostOf(before);
        this.forget(before?.info, info);
      }
    }
    countLayers(this.run?.info.layers.length ?? 1);
    window.clearTimeout(this.errorTimer);
    this.isErrorShown = state.kind === "invalid" && (this.isErrorShown || before === null);
    if (state.kind === "invalid")
      this.errorTimer = window.setTimeout(() => {
        this.isErrorShown = true;
        this.changed();
      }, quietMs);
    this.changed();
  }

  /** What the stage has shown of a run that is gone. */
  private ghostOf({ info }: Run): Ghost {
    const entries = new Map<string, TrackEntry>();
    // What the stage has looked at goes before what the tracks have, which may stand for several steps
    for (const [key, entry] of this.trackData)
      if (key.startsWith("stage ") || !entries.has(entry.window.id)) entries.set(entry.window.id, entry);
    return { info, entries };
  }

  private forget(before: RunInfo | undefined, info: RunInfo | undefined): void {
    // The tracks' old pictures stay until the new data is there, unless they are of another shape
    const rows = new Map(info?.tracks.map((track) => [track.id, track.rows]));
    for (const [id, { data, window }] of this.trackData)
      if (rows.get(window.id) !== data.rows || window.to > (info?.length ?? 0)) this.trackData.delete(id);
    this.trackAsked.clear();
    this.tokensAsked = "";
    if (before === undefined || info === undefined || !isAlike(before, info)) {
      this.tokenData = null;
      this.parameterData.clear();
    }
    // What is there stays until the new one has come
    for (const [name, entry] of this.parameterData) this.parameterData.set(name, { ...entry, key: "", asking: false });
    this.moreData.clear();
    this.offsets.clear();
    this.cell = null;
  }

  /** What the host says, unless it says it of a time before the command whose effect is shown already. */
  private told(
    { revision, performed }: { readonly revision: number; readonly performed: number },
    cursor: Cursor,
  ): void {
    if (performed < this.awaited) return;
    this.awaited = 0;
    const isShown = this.state.kind === "ready" && this.state.run.cursor === cursor;
    if (!isShown) this.move(revision, cursor);
    else if (this.isAskDue) this.changed();
    this.isAskDue = false;
  }

  private move(revision: number, cursor: Cursor): void {
    if (this.state.kind !== "ready" || this.state.run.info.revision !== revision) return;
    const { info } = this.state.run;
    this.state = { kind: "ready", run: { info, cursor } };
    const followed = followStep(this.view, info.length, cursor.t);
    if (followed.from !== this.view.from) this.ui = { ...this.ui, view: followed };
    const loss = cursor.loss === null ? "" : `, loss ${formatNumber(cursor.loss, info.settings.digits)}`;
    if (!cursor.playing) announce(cursor.text + loss);
    this.askToForetell();
    this.changed();
  }

  // -------------------------------------------------------------------------------------------- data, on demand

  /**
   * The data of a track; asks for the window if it is another one than before. Until it comes, what was there before.
   * @param shownBy each view that shows tracks keeps its own windows of them
   */
  track(window: TrackWindow, shownBy = "rows"): TrackEntry | null {
    const id = `${shownBy} ${window.id}`;
    const key = JSON.stringify(window);
    if (this.trackAsked.get(id) !== key) {
      this.trackAsked.set(id, key);
      this.host
        .request("track", window)
        .then((data) => {
          if (this.trackAsked.get(id) !== key) return;
          this.trackData.set(id, { window, data });
          this.changed();
        })
        .catch((error: unknown) => this.report(error));
    }
    return this.trackData.get(id) ?? null;
  }

  /** Inputs and targets of steps from…to, or of more. */
  tokens(from: number, to: number): Tokens | null {
    const revision = this.run?.info.revision;
    if (revision === undefined) return null;
    const key = `${revision} ${from} ${to} ${this.run?.info.settings.digits}`;
    if (this.tokensAsked !== key) {
      this.tokensAsked = key;
      this.host
        .request("tokens", { revision, from, to })
        .then((tokens) => {
          if (this.tokensAsked !== key) return;
          this.tokenData = { from, ...tokens };
          this.changed();
        })
        .catch((error: unknown) => this.report(error));
    }
    return this.tokenData;
  }

  /**
   * A parameter's matrices. What they are of changes with the position in the backward pass and the update only. One request a
   * parameter is on its way at a time; the newest position is asked for after it.
   */
  parameter(name: string): ParameterData | null {
    const { run } = this;
    if (run === null) return null;
    const { phase, position } = run.cursor;
    const key = phase === "start" || phase === "forward" ? "forward" : String(position);
    const entry = this.parameterData.get(name);
    if (entry === undefined || (entry.key !== key && !entry.asking)) {
      if (this.awaited > 0) this.isAskDue = true;
      else this.askParameter(run.info.revision, name, key);
    }
    return entry?.data ?? null;
  }

  private askParameter(revision: number, name: string, key: string): void {
    this.parameterData.set(name, { data: this.parameterData.get(name)?.data ?? null, key, asking: true });
    const isCurrent = () => this.run?.info.revision === revision;
    this.host
      .request("parameter", { revision, name })
      .then((data) => {
        if (!isCurrent()) return;
        this.parameterData.set(name, { data, key, asking: false });
        this.changed();
      })
      .catch((error: unknown) => {
        // Kept with its key: what failed is asked again at another position only
        if (isCurrent()) this.parameterData.set(name, { data: null, key, asking: false });
        this.report(error);
      });
  }

  /** Where a number comes from; asks anew where the run, the place in it or the digits have changed. Until it comes, what was there before. */
  derivation(reference: string): DerivationDetail | null {
    const { run } = this;
    if (run === null) return null;
    const { revision, settings } = run.info;
    const key = `${revision} ${run.cursor.position} ${settings.digits}`;
    const entry = this.derivations.get(reference);
    if (entry === undefined || (entry.key !== key && !entry.asking)) {
      if (this.awaited > 0) this.isAskDue = true;
      else this.askDerivation(reference, revision, key);
    }
    return entry?.detail ?? null;
  }

  private askDerivation(reference: string, revision: number, key: string): void {
    this.derivations.set(reference, { detail: this.derivations.get(reference)?.detail ?? null, key, asking: true });
    this.host
      .request("explain", { revision, reference })
      .then((detail) => {
        this.derivations.set(reference, { detail, key, asking: false });
        this.changed();
        this.focusExplanation();
      })
      .catch((error: unknown) => {
        this.derivations.set(reference, { detail: null, key, asking: false });
        this.report(error);
        this.changed();
      });
  }

  /** The numbers of an equation as far as the user has unfolded them. */
  partsOf(reference: string, first: readonly DerivationPart[], more: number): MoreParts {
    const unfolded = this.moreData.get(reference);
    if (unfolded === undefined) return { parts: first, more };
    const known = new Set(first.map((part) => part.reference));
    return { parts: [...first, ...unfolded.parts.filter((part) => !known.has(part.reference))], more: unfolded.more };
  }

  /** Asks for the next terms of a long sum. */
  moreParts(reference: string): void {
    const { run } = this;
    if (run === null) return;
    const { revision } = run.info;
    const before = this.moreData.get(reference);
    const offset = this.offsets.get(reference) ?? firstTerms;
    this.offsets.set(reference, offset + termsAPage);
    this.host
      .request("explain", { revision, reference, offset, count: termsAPage })
      .then((detail) => {
        if (detail.kind !== "known" || this.run?.info.revision !== revision) return;
        this.moreData.set(reference, { parts: [...(before?.parts ?? []), ...detail.parts], more: detail.more });
        this.changed();
      })
      .catch((error: unknown) => this.report(error));
  }

  /** Has the gradients of the run on the screen checked: what comes out stands in the cursor. */
  checkGradients(): void {
    if (this.state.kind !== "ready") return;
    const { revision, weights } = this.state.run.info;
    // The weights of the moment are others before they are checked
    if (this.checkedRevision === revision || weights.kind === "training") return;
    this.checkedRevision = revision;
    this.host.send("checkGradients", { revision });
  }

  // -------------------------------------------------------------------------------------------- what the user does

  /**
   * The command of a key that is held down. While one request is on its way the next ones are counted: however slowly the panel
   * draws, each is a step, and none is left to do once the key is let go but those of the last drawing.
   */
  repeat(command: RepeatedCommand): void {
    const last = this.repeated.at(-1);
    if (last?.command === command) last.times++;
    else this.repeated.push({ command, times: 1 });
    if (!this.isRepeating) void this.sendRepeated();
  }

  private async sendRepeated(): Promise<void> {
    this.isRepeating = true;
    try {
      for (let next = this.repeated.shift(); next; next = this.repeated.shift())
        await this.host.request("repeat", next);
    } catch (error) {
      this.repeated.length = 0;
      this.report(error);
    } finally {
      this.isRepeating = false;
    }
  }

  command(command: StepperCommand): void {
    const id = this.host.send("command", { command });
    if (this.state.kind !== "ready") return;
    const { info, cursor } = this.state.run;
    const next = this.foreseen.after(command, info.revision, cursor.position);
    if (next === null) return;
    // On the screen at once; the host will say so
    this.awaited = id;
    this.move(info.revision, next);
  }

  /** To step t. While one request is on its way, only the newest next one is kept: a drag makes many. */
  goTo(t: number): void {
    this.goingTo = t;
    if (this.isGoing) return;
    this.isGoing = true;
    void this.go();
  }

  private async go(): Promise<void> {
    try {
      while (this.goingTo !== null) {
        const t = this.goingTo;
        this.goingTo = null;
        if (t !== this.run?.cursor.t) await this.host.request("goTo", { t });
      }
    } catch (error) {
      this.report(error);
    } finally {
      this.isGoing = false;
    }
  }

  /** Where the phase has the step that is current, or where it begins. */
  goToPhase(phase: Phase): void {
    const { run } = this;
    if (run === null) return;
    const { cursor, info } = run;
    const t = cursor.t > 0 ? cursor.t : info.length;
    this.host.send("goToPhase", { phase, t });
  }

  /** Has the shares of a parameter's entry pile up; of a parameter by its name, the one with the largest gradient. */
  choosePile(reference: string): void {
    if (this.run !== null) this.host.send("choosePile", { revision: this.run.info.revision, reference });
  }

  // -------------------------------------------------------------------------------------------- the number pointed at

  /** The line of the number pointed at or, before that, pinned; null where *Now* says the operation. */
  get pointedLine(): NowDetail | null {
    const reference = this.pointedReference || this.pinned;
    if (reference === null || this.run === null) return null;
    const { revision, settings } = this.run.info;
    const key = `${revision} ${this.run.cursor.position} ${settings.digits} ${reference}`;
    if (this.line?.key !== key && this.lineAsked !== key && this.awaited === 0) {
      this.lineAsked = key;
      this.host
        .request("now", { revision, reference })
        .then((detail) => {
          if (this.lineAsked !== key) return;
          this.line = { key, reference, detail };
          this.changed();
        })
        .catch((error: unknown) => this.report(error));
    }
    // What was said of the same number before stays until its new line is there.
    return this.line?.reference === reference ? this.line.detail : null;
  }

  /** What lights up beside the number pointed at: what it is made of; without one, what the operation is made of. */
  get litReferences(): readonly string[] {
    const own = this.pointedReference || this.pinned;
    if (own === null) return [];
    const parts = this.pointedLine?.numbers.flatMap(({ reference }) => (reference === null ? [] : [reference]));
    return [own, ...(parts ?? [])];
  }

  private litInText = "";
  private textTimer = 0;

  /** Lights the same up in the text, once the pointer has come to rest. */
  lightText(): void {
    const { run, litReferences: references } = this;
    const key = run === null ? "" : `${run.info.revision} ${references.join(" ")}`;
    if (run === null || key === this.litInText || (references.length === 0 && this.litInText === "")) return;
    this.litInText = references.length === 0 ? "" : key;
    window.clearTimeout(this.textTimer);
    this.textTimer = window.setTimeout(
      () => this.host.send("light", { revision: run.info.revision, references }),
      restMs,
    );
  }

  /** @param reference empty where nothing is pointed at */
  setPointed(reference: string): void {
    if (reference === this.pointedReference) return;
    this.pointedReference = reference;
    this.changed();
  }

  /** Keeps a number on the line *Now*, with its derivation in the sheet beside; of a weight its shares pile up. */
  pin(reference: string | null): void {
    this.pinned = reference === this.pinned ? null : reference;
    if (
      this.pinned !== null &&
      this.run !== null &&
      this.run.info.parameters.some(({ name }) => this.pinned?.includes(name) === true)
    )
      this.choosePile(this.pinned);
    this.changed();
  }

  /** Nothing is pinned, and nothing of before is shown any more. */
  letGo(): void {
    this.pinned = null;
    this.ghost = null;
    this.changed();
  }

  /** What is typed in the box of Predict, and what is wrong with it. */
  typed: { readonly text: string; readonly error: string | null } = { text: "", error: null };

  /** Steps through what is typed, once nothing is on its way; the newest text counts. */
  tryInputs(text: string): void {
    this.typed = { ...this.typed, text };
    if (text === "") return;
    this.host
      .request("tryInputs", { text })
      .then(({ error }) => {
        if (this.typed.text !== text) return;
        this.typed = { text, error };
        this.changed();
      })
      .catch((error: unknown) => this.report(error));
  }

  /** Takes an output as the next input. */
  takeNext(index: number, value: number): void {
    this.host
      .request("takeNext", { text: this.typed.text, index, value })
      .then((typed) => {
        this.typed = typed;
        this.changed();
      })
      .catch((error: unknown) => this.report(error));
  }

  /** What is being predicted before it is shown; null where nobody does. */
  foretelling: Foretelling | null = null;
  private foretellingAsked = "";

  /** Begins to predict what comes next, or ends it. */
  toggleForetelling(): void {
    this.foretelling =
      this.foretelling === null
        ? { next: null, last: null, error: null, isAsking: true, tally: { right: 0, close: 0, wrong: 0 } }
        : null;
    this.foretellingAsked = "";
    this.askToForetell();
    this.changed();
  }

  /** What comes next from where the user stands. */
  askToForetell(): void {
    if (this.foretelling === null || this.state.kind !== "ready") return;
    const { info, cursor } = this.state.run;
    const key = `${info.revision} ${cursor.position}`;
    if (this.foretellingAsked === key) return;
    this.foretellingAsked = key;
    this.host
      .request("toForetell", { revision: info.revision })
      .then((next) => {
        if (this.foretelling === null || this.foretellingAsked !== key) return;
        this.foretelling = { ...this.foretelling, next, isAsking: false };
        this.isForetellingFocusDue = next !== null;
        this.changed();
      })
      .catch((error: unknown) => this.report(error));
  }

  /** Judges what is typed, and shows what it is. */
  foretell(text: string): void {
    const { foretelling } = this;
    if (foretelling === null || foretelling.isAsking || this.state.kind !== "ready") return;
    this.foretelling = { ...foretelling, isAsking: true };
    this.changed();
    this.host
      .request("foretell", { revision: this.state.run.info.revision, text })
      .then(({ foretold, error }) => {
        if (this.foretelling === null) return;
        const tally = { ...this.foretelling.tally };
        for (const { nearness } of foretold?.numbers ?? []) tally[nearness]++;
        this.foretelling = { ...this.foretelling, last: foretold, error, tally, isAsking: foretold !== null };
        if (foretold === null) this.isForetellingFocusDue = true;
        else {
          // The host stands at what it has shown: what comes next follows from there.
          this.isForetellingDone = true;
          this.foretellingAsked = "";
          this.askToForetell();
        }
        this.changed();
      })
      .catch((error: unknown) => {
        if (this.foretelling) this.foretelling = { ...this.foretelling, isAsking: false };
        this.report(error);
      });
  }

  private isForetellingFocusDue = false;
  /** What stands in the box has been judged. */
  private isForetellingDone = false;

  /** The keyboard comes to the box once it can be written in. To be called with it whenever it is drawn. */
  focusForetelling(element: Element | undefined): void {
    if (!(element instanceof HTMLInputElement) || !this.isForetellingFocusDue) return;
    this.isForetellingFocusDue = false;
    if (this.isForetellingDone) element.value = "";
    this.isForetellingDone = false;
    // It is enabled with the rest of what is being drawn.
    requestAnimationFrame(() => element.focus());
  }

  showTrained(side: TrainedSide): void {
    this.host.send("showTrained", { side });
  }

  selectSequence(index: number): void {
    this.host.send("selectSequence", { index });
  }

  setSpeed(speed: number): void {
    this.host.send("setSpeed", { speed });
  }

  openDropped(uri: string): void {
    this.host.send("openDropped", { uri });
  }

  openError(line: number, column: number): void {
    this.host.send("openError", { line, column });
  }

  /** Opens the tab that says where a number comes from. */
  explain(reference: string): void {
    this.isFocusDue = true;
    // The tab says what the sheet over it has said
    this.pinned = null;
    this.openExplanation(reference);
    this.focusExplanation();
  }

  private openExplanation(reference: string): void {
    const { trail } = this.ui;
    const isShown = trail.at(-1) === reference;
    this.setUi({ tab: "explain", trail: isShown ? trail : [...trail, reference].slice(-longestTrail) });
  }

  /** The keyboard comes to the derivation once it is drawn. */
  private focusExplanation(): void {
    if (!this.isFocusDue) return;
    requestAnimationFrame(() => {
      const title = document.querySelector<HTMLElement>(".explain-title");
      if (title === null || !this.isFocusDue) return;
      title.focus();
      this.isFocusDue = false;
    });
  }

  /** Explains the number under the pointer or the focus. */
  explainNumber(): void {
    const pointed = pointedNumber();
    if (pointed === null) showToast("Point at a number first");
    else if (pointed.reference) this.explain(pointed.reference);
    else showToast(pointed.values.length === 0 ? "Not yet" : "This number stands for several: explain one of them");
  }

  /** Back to a number that was explained before. */
  backTo(index: number): void {
    this.setUi({ trail: this.ui.trail.slice(0, index + 1) });
  }

  /** Selects in the text what gives a number. */
  showPlace(reference: string): void {
    if (this.run !== null) this.host.send("showPlace", { revision: this.run.info.revision, reference });
  }

  /** @param said what the toast says once it is on the clipboard */
  copy(text: string, said: string): void {
    this.host
      .request("copy", { text })
      .then(() => showToast(said))
      .catch((error: unknown) => this.report(error));
  }

  /** Copies the number under the pointer or the focus. */
  copyNumber(): void {
    const pointed = pointedNumber();
    if (pointed === null) {
      showToast("Point at a number first");
      return;
    }
    const text = copyText(pointed);
    this.copy(text, `Copied ${text}`);
  }
}

/** Where nothing differs, what is looked at first is what is read out. */
function lastOf(comparison: ComparisonState): number {
  return comparison.kind === "parity" ? Math.max(0, comparison.quantities.length - 1) : 0;
}

/** The curves of a run that has just begun. */
function noCurves(run: number) {
  const measured: Partial<Record<Measure, Curve>> = {};
  return { run, loss: new Curve(), gradientNorm: new Curve(), measured };
}
