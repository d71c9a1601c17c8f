/** All that the views draw: the host's state, the user's choices, and the data that was asked for. */

import { Curve } from "../src/protocol/curve";
import type {
  Cursor,
  DerivationDetail,
  DerivationPart,
  PanelEvent,
  PanelState,
  ParameterData,
  Run,
  RunInfo,
  StepperCommand,
  TrackData,
  TrackWindow,
  TrainingProgress,
  TrainingState,
} from "../src/protocol/panel";
import { Foreseen } from "./foreseen";
import { Host } from "./host";
import { formatNumber } from "./numbers";
import { announce, copyText, pointedNumber, showToast } from "./pointed";
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

export type Overlay = "none" | "tracks" | "keys";

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

/** What the list of a long sum's numbers has been unfolded to. */
interface MoreParts {
  readonly parts: readonly DerivationPart[];
  readonly more: number;
}

/** How many terms of a long sum are shown at first, and how many with each unfolding. */
const firstTerms = 8;
const termsAPage = 50;
/** So many explained numbers can be gone back to. */
const longestTrail = 8;

export class Model {
  state: PanelState = { kind: "loading", done: null };
  training: TrainingState = { kind: "idle" };
  /** Of the run that `training` is about. */
  curves = { run: 0, loss: new Curve(), gradientNorm: new Curve() };
  ui: UiState;
  theme: Theme;
  /** Width of the tracks without their labels; 0 before the first layout. */
  plotWidth = 0;
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
      .then(({ state, training }) => {
        this.training = training.training;
        const { run, loss, gradientNorm } = training;
        this.curves = { run, loss: Curve.of(loss), gradientNorm: Curve.of(gradientNorm) };
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
      case "explain":
        // Asked in the text, which keeps the keyboard
        this.openExplanation(event.reference);
        return;
      default:
        throw new Error(`unknown event ${JSON.stringify(event satisfies never)}`);
    }
  }

  private train({ run, training, from, loss, gradientNorm }: TrainingProgress): void {
    if (run !== this.curves.run) this.curves = { run, loss: new Curve(), gradientNorm: new Curve() };
    // What came while nobody listened is asked for
    if (from !== this.curves.loss.count) return this.start();
    this.curves.loss.add(loss);
    this.curves.gradientNorm.add(gradientNorm);
    // Elsewhere nobody sees how far it is, only whether it runs
    const isSeen = this.ui.tab === "training" || training.kind !== this.training.kind;
    this.training = training;
    if (isSeen) this.changed();
  }

  private show(state: PanelState): void {
    this.foreseen.clear();
    this.awaited = 0;
    const before = this.run?.info;
    // A file with errors may come without its last good run: the one on the screen stays
    this.state = state.kind === "invalid" && state.run === null ? { ...state, run: this.run } : state;
    const info = this.run?.info;
    if (info?.revision !== before?.revision) this.forget(info);
    this.changed();
  }

  private forget(info: RunInfo | undefined): void {
    // The tracks' old pictures stay until the new data is there, unless they are of another shape
    const rows = new Map(info?.tracks.map((track) => [track.id, track.rows]));
    for (const [id, { data, window }] of this.trackData)
      if (rows.get(id) !== data.rows || window.to > (info?.length ?? 0)) this.trackData.delete(id);
    this.trackAsked.clear();
    this.tokenData = null;
    this.tokensAsked = "";
    this.parameterData.clear();
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
    this.changed();
  }

  // -------------------------------------------------------------------------------------------- data, on demand

  /** The data of a track; asks for the window if it is another one than before. Until it comes, what was there before. */
  track(window: TrackWindow): TrackEntry | null {
    const { id } = window;
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
    const { revision } = this.state.run.info;
    if (this.checkedRevision === revision) return;
    this.checkedRevision = revision;
    this.host.send("checkGradients", { revision });
  }

  // -------------------------------------------------------------------------------------------- what the user does

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

  selectSequence(index: number): void {
    this.host.send("selectSequence", { index });
  }

  setSpeed(speed: number): void {
    this.host.send("setSpeed", { speed });
  }

  openError(line: number, column: number): void {
    this.host.send("openError", { line, column });
  }

  /** Opens the tab that says where a number comes from. */
  explain(reference: string): void {
    this.isFocusDue = true;
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
