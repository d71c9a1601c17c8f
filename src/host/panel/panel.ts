import * as vscode from "vscode";
import { type Model, parametersOf } from "../../engine/model";
import type {
  Covered,
  Cursor,
  FileError,
  HostMessage,
  PanelState,
  RequestMessage,
  RequestName,
  Requests,
  Run,
  RunInfo,
  StepperCommand,
  TrainingSoFar,
} from "../../protocol/panel";
import { coverings, isRequestMessage } from "../../protocol/panel";
import { toWire } from "../../protocol/wire";
import type { Stepper } from "../../stepper/stepper";
import { log, reportFailure } from "../failure";
import type { ShownComparison } from "../session/comparison";
import type { Session } from "../session/session";
import { panelViewType } from "../session/sessions";
import type { GradientChecks, Training } from "../training";
import { readTypedInputs, withNext } from "../training/typedInputs";
import { CursorsHeld } from "./ahead";
import { Foretelling } from "./foretelling";
import { panelHtml, resourceRoots } from "./html";
import type { Weight } from "./pile";
import { besidePlaceOf, placeOf, placeText } from "./place";
import { RunView } from "./present";
import { showArray } from "./showArray";
import { takeOver } from "./takeOver";
import { TextLight } from "./textLight";

const commands: Readonly<Record<StepperCommand, string>> = {
  step: "rnn.step",
  stepBack: "rnn.stepBack",
  stepInto: "rnn.stepInto",
  stepIntoBack: "rnn.stepIntoBack",
  stepOut: "rnn.stepOut",
  runToEnd: "rnn.runToEnd",
  runToStart: "rnn.runToStart",
  togglePlay: "rnn.togglePlay",
  restart: "rnn.restart",
  goToStep: "rnn.goToStep",
  train: "rnn.train",
  cancelTraining: "rnn.cancelTraining",
  predict: "rnn.predict",
  compareWith: "rnn.compareWith",
  runInChunks: "rnn.runInChunks",
  keepUpdate: "rnn.keepUpdate",
  showText: "rnn.showText",
};

type Handlers = {
  [N in RequestName]: (params: Requests[N]["params"], id: number) => Result<N> | Promise<Result<N>>;
};
type Result<N extends RequestName> = Requests[N]["result"];

let lastRevision = 0;
const sliceMs = 40;

/** The host's end of one webview: answers what it asks, tells it what changes. It keeps no position of its own. */
export class StepperPanel implements vscode.Disposable {
  private readonly disposables: vscode.Disposable[] = [];
  private view: RunView | null = null;
  /** The run that is being looked through. */
  private building: Stepper | null = null;
  /** What the webview has to be told at the end of this turn. */
  private pending: "state" | "cursor" | null = null;
  /** The cursors of the view's run that the webview has. */
  private held: CursorsHeld | null = null;
  /** The id of the last command of the webview that has been done. */
  private performed = 0;
  /** Of which epochs of which training run the webview has been told. */
  private toldTraining = { run: 0, epochs: 0 };
  /** Goes up whenever a check of the gradients says something else. */
  private verdicts = 0;
  /** The weight whose shares pile up, once somebody has chosen one. */
  private chosen: Weight | null = null;
  private foretelling: { readonly of: Stepper; readonly told: Foretelling } | null = null;
  private readonly textLight = new TextLight();
  /** The webview has said that it is there. */
  private isListening = false;
  private isDisposed = false;

  constructor(
    private readonly panel: vscode.WebviewPanel,
    private readonly session: Session,
    private readonly training: Training,
    private readonly gradientChecks: GradientChecks,
    private readonly extension: vscode.Uri,
  ) {
    const { webview } = panel;
    webview.options = { enableScripts: true, localResourceRoots: resourceRoots(extension) };
    this.disposables.push(
      this.textLight,
      webview.onDidReceiveMessage((message: unknown) => this.receive(message)),
      session.onDidChange(() => this.tell("state")),
      session.onDidMove(() => this.tell("cursor")),
      session.onDidReweight(() => this.tell("state")),
      session.onDidWish(() => this.tellWish()),
      session.onDidCompare(() => this.tellComparison()),
      panel.onDidChangeViewState(() => {
        // A hidden webview is gone; when it comes back it says so.
        if (panel.visible) return;
        this.isListening = false;
        this.textLight.show(session, []);
        this.held?.clear();
      }),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration("rnn.digits", session.document.uri)) this.tell("state");
      }),
      training.onDidProgress((changed) => {
        if (changed === session) this.tellTraining();
      }),
      gradientChecks.onDidChange((changed) => {
        if (changed !== session) return;
        this.verdicts++;
        this.tell("cursor");
      }),
    );
    webview.html = panelHtml(webview, extension, session.document.uri);
  }

  // ------------------------------------------------------------------------------------------ what it shows

  private state(): PanelState {
    const { session } = this;
    const { state } = session;
    switch (state.kind) {
      case "idle":
        return { kind: "loading", done: null };
      case "computing":
        return { kind: "loading", done: state.done };
      case "ready":
        return this.ready(state.stepper);
      case "empty":
        return { kind: "empty", title: session.reading.problem?.name ?? "", reason: state.reason };
      case "invalid":
        return { kind: "invalid", errors: this.errors(), run: state.stepper && this.run(state.stepper) };
      case "failed":
        return { kind: "failed", message: state.message };
    }
  }

  private ready(stepper: Stepper): PanelState {
    const run = this.run(stepper);
    return run ? { kind: "ready", run } : { kind: "loading", done: null };
  }

  /** Null while it is being looked through; the webview is told when that is done. */
  private run(stepper: Stepper): Run | null {
    if (this.view?.stepper !== stepper) this.build(stepper);
    const { view } = this;
    return view?.stepper === stepper ? { info: this.info(view), cursor: this.cursor(view) } : null;
  }

  private info(view: RunView): RunInfo {
    const { session, training } = this;
    const trained = training.sideOf(session, parametersOf(view.stepper.run.model));
    return view.info({ digits: this.digits }, session.round, session.weights, trained);
  }

  /** Looks through a run: at once where it is short, else bit by bit, so that nothing else waits for it. */
  private build(stepper: Stepper): void {
    if (this.building === stepper) return;
    this.building = stepper;
    const steps = RunView.build(stepper, ++lastRevision);
    const goOn = () => {
      if (this.isDisposed || this.building !== stepper) return true;
      const end = performance.now() + sliceMs;
      let next = steps.next();
      while (!next.done && performance.now() < end) next = steps.next();
      if (!next.done) return false;
      this.view = next.value;
      this.held = new CursorsHeld(stepper);
      this.building = null;
      return true;
    };
    const later = () =>
      setImmediate(() => {
        try {
          if (!goOn()) later();
          else this.tell("state");
        } catch (error) {
          this.building = null;
          reportFailure("looking through the run", error);
        }
      });
    if (!goOn()) later();
  }

  private cursor(view: RunView, stepper: Stepper = view.stepper): Cursor {
    const { session } = this;
    const verdictOn = (name: string) => this.gradientChecks.verdict(session, view.stepper, name);
    return view.cursor(session, this.digits, verdictOn, stepper, this.chosen);
  }

  /** What a cursor depends on beside its position. */
  private get facts(): string {
    const { playing, speed } = this.session;
    return `${playing} ${speed} ${this.session.round} ${this.digits} ${this.verdicts} ${JSON.stringify(this.chosen)}`;
  }

  private get digits(): number {
    const { uri } = this.session.document;
    const digits = vscode.workspace.getConfiguration("rnn", uri).get<number>("digits", 4);
    return Math.min(17, Math.max(2, Math.round(digits)));
  }

  private errors(): FileError[] {
    const { reading, document } = this.session;
    return reading.diagnostics
      .filter(({ severity }) => severity === "error")
      .map(({ message, offset }) => {
        const { line, character } = document.positionAt(offset);
        return { message, line: line + 1, column: character + 1 };
      });
  }

  // ------------------------------------------------------------------------------------------ what it tells

  /** At most one message a turn of the event loop, however often the stepper moves in it. */
  private tell(what: "state" | "cursor"): void {
    if (this.pending === null)
      setImmediate(() => {
        const { pending } = this;
        this.pending = null;
        if (!this.isDisposed && pending) this.tellNow(pending);
      });
    if (this.pending !== "state") this.pending = what;
  }

  private tellNow(what: "state" | "cursor"): void {
    // A hidden webview is gone; it asks anew when it comes back.
    if (!this.panel.visible) return;
    try {
      const { state } = this.session;
      if (what === "cursor" && state.kind === "ready" && this.view?.stepper === state.stepper)
        this.tellPlace(this.view);
      else {
        const next = this.state();
        // While a new run is looked through, the old one stays on the screen; one that takes long says so.
        if (next.kind !== "loading" || next.done !== null || !this.view) this.post({ type: "state", state: next });
        this.held?.clear();
      }
      this.tellAhead();
    } catch (error) {
      reportFailure("showing the run", error);
    }
  }

  private tellPlace(view: RunView): void {
    const { performed, facts } = this;
    const { revision, stepper } = view;
    if (this.held?.hasCurrent(facts)) {
      this.post({ type: "moved", revision, performed, position: stepper.position });
      return;
    }
    const cursor = this.cursor(view);
    this.held?.tell(cursor, facts);
    this.post({ type: "cursor", revision, performed, cursor });
  }

  /** Where the next step leads, once nothing else waits for the answer. */
  private tellAhead(): void {
    setImmediate(() => {
      const { view, held, session } = this;
      const { state } = session;
      const isIdle = !this.isDisposed && this.panel.visible && this.pending === null && !session.playing;
      if (!isIdle || !held || state.kind !== "ready" || view?.stepper !== state.stepper) return;
      try {
        this.post(held.ahead(view.revision, this.facts, (stepper) => this.cursor(view, stepper)));
      } catch (error) {
        reportFailure("looking ahead", error);
      }
    });
  }

  /** The new epochs alone. */
  private tellTraining(): void {
    if (!this.panel.visible) return;
    const progress = this.training.since(this.session, this.toldTraining);
    this.toldTraining = { run: progress.run, epochs: progress.from + progress.loss.length };
    this.post({ type: "training", ...progress });
  }

  private trainingSoFar(): TrainingSoFar {
    const soFar = this.training.soFar(this.session);
    this.toldTraining = { run: soFar.run, epochs: soFar.loss.count };
    return soFar;
  }

  /** After what is being answered now: the webview has to know the run first. */
  private tellWish(): void {
    setImmediate(() => {
      if (this.isDisposed || !this.isListening || !this.panel.visible) return;
      const wish = this.session.takeWish();
      if (wish !== null) this.post(wish);
    });
  }

  private tellComparison(): void {
    if (this.panel.visible) this.post({ type: "comparison", comparison: this.session.comparison.state });
  }

  private post(message: HostMessage): void {
    if (this.isDisposed) return;
    this.panel.webview.postMessage(toWire(message)).then(undefined, (error: unknown) => {
      if (!this.isDisposed) reportFailure("telling the panel", error);
    });
  }

  // ------------------------------------------------------------------------------------------ what it answers

  private receive(message: unknown): void {
    if (!isRequestMessage(message)) {
      log.warn(`The panel sent what is no request: ${JSON.stringify(message)}`);
      return;
    }
    this.answer(message).then(
      (value) => this.post({ type: "response", id: message.id, ok: true, value }),
      (error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        if (!(error instanceof StaleError)) log.error(`${message.name}: ${stackOf(error)}`);
        this.post({ type: "response", id: message.id, ok: false, error: reason });
      },
    );
  }

  private async answer<N extends RequestName>({ id, name, params }: RequestMessage<N>): Promise<unknown> {
    const handle = this.handlers[name];
    return handle(params, id);
  }

  private readonly handlers: Handlers = {
    ready: () => {
      void this.session.start();
      this.isListening = true;
      this.performed = 0;
      this.held?.clear();
      this.tellWish();
      this.tellAhead();
      return { state: this.state(), training: this.trainingSoFar(), comparison: this.session.comparison.state };
    },
    command: ({ command }, request) => {
      const id = Object.hasOwn(commands, command) ? commands[command] : null;
      if (id === null) throw new RangeError(`there is no command ${command}`);
      // A command may wait for the user: the panel need not.
      vscode.commands
        .executeCommand(id, this.session.document.uri)
        .then(undefined, (error: unknown) => reportFailure(`command ${id}`, error))
        .then(() => {
          this.performed = Math.max(this.performed, request);
          // Also where it led nowhere: the webview shows already where it should have led.
          if (command === "step" || command === "stepBack") this.tell("cursor");
        });
      return null;
    },
    repeat: async ({ command, times }) => {
      const id = Object.hasOwn(commands, command) ? commands[command] : null;
      if (id === null) throw new RangeError(`there is no command ${command}`);
      if (!Number.isInteger(times) || times < 1) throw new RangeError(`times is an integer from 1 on, found ${times}`);
      for (let k = 0; k < times; k++) await vscode.commands.executeCommand(id, this.session.document.uri);
      return null;
    },
    goTo: ({ t }) => {
      this.session.stepper?.goToStep(t);
      return null;
    },
    goToPhase: ({ phase, t }) => {
      const { stepper } = this.session;
      if (phase === "update") stepper?.runToEnd();
      else if (phase === "forward" || phase === "backward") stepper?.goToStep(t, phase);
      else stepper?.runToStart();
      return null;
    },
    choosePile: ({ revision, reference }) => {
      const { explainer } = this.current(revision);
      this.chosen = reference === null ? null : explainer.weightOf(reference);
      this.tell("cursor");
      return null;
    },
    now: ({ revision, reference }) => this.current(revision).explainer.now(reference, this.digits),
    light: ({ revision, references }) => {
      const { explainer } = this.current(revision);
      const paths = references.map((reference) => explainer.pathOf(reference)).filter((path) => path !== null);
      this.textLight.show(this.session, paths);
      return null;
    },
    tryInputs: ({ text }) => ({ error: this.tryInputs(text) }),
    takeNext: ({ text, index, value }) => {
      const { problem } = this.session.reading;
      if (!problem) throw new RangeError("the text has errors");
      const longer = withNext(text, problem.model, index, value);
      return { text: longer, error: this.tryInputs(longer) };
    },
    toForetell: ({ revision }) => this.foretellingOf(revision).next(this.covered),
    foretell: async ({ revision, text }) => {
      try {
        return { foretold: await this.foretellingOf(revision).answer(text, this.covered), error: null };
      } catch (error) {
        if (error instanceof RangeError) return { foretold: null, error: error.message };
        throw error;
      }
    },
    showTrained: async ({ side }) => {
      await this.training.showSide(this.session, side);
      return null;
    },
    selectSequence: ({ index }) => {
      const count = this.session.reading.problem?.sequences.length ?? 0;
      if (!Number.isInteger(index) || index < 0 || index >= count)
        throw new RangeError(`there is no sequence ${index}: the file has ${count}`);
      this.session.selectSequence(index);
      return null;
    },
    setSpeed: ({ speed }) => {
      if (!(speed > 0)) throw new RangeError(`a speed is more than 0 steps a second, found ${speed}`);
      this.session.setSpeed(speed);
      return null;
    },
    tokens: ({ revision, from, to }) => this.current(revision).tokens(from, to, this.digits),
    track: (window) => this.current(window.revision).track(window),
    parameter: ({ revision, name }) => this.current(revision).parameter(name),
    checkGradients: ({ revision }) => {
      this.current(revision);
      this.gradientChecks.start(this.session);
      return null;
    },
    explain: ({ revision, reference, offset, count }) =>
      this.current(revision).explainer.explain(reference, {
        digits: this.digits,
        ...(offset !== undefined && { offset }),
        ...(count !== undefined && { count }),
        locate: (path) => placeText(this.session.reading, path),
        written: (name) => this.session.written(name),
      }),
    showPlace: async ({ revision, reference }) => {
      const path = this.current(revision).explainer.pathOf(reference);
      const { document } = this.session;
      const place = path && placeOf((await this.session.whenUpToDate())!.source, path, document.getText());
      const beside = path && !place ? besidePlaceOf(this.session.reading, path) : null;
      if (beside) {
        await showArray(beside.file, beside.name, beside.tensor, beside.entry);
        return null;
      }
      if (!place) throw new RangeError(`the file does not give ${reference}`);
      const range = new vscode.Range(
        document.positionAt(place.offset),
        document.positionAt(place.offset + place.length),
      );
      await vscode.commands.executeCommand("rnn.showText", document.uri, range);
      return null;
    },
    comparisonCurves: ({ id, quantity, unit }) => this.comparison(id).curves(quantity, unit),
    takeOver: async ({ id }) => {
      const { take } = this.comparison(id);
      if (take) await takeOver(this.session.document, take);
      return null;
    },
    copy: async ({ text }) => {
      await vscode.env.clipboard.writeText(text);
      return null;
    },
    openError: async ({ line, column }) => {
      const place = new vscode.Position(Math.max(0, line - 1), Math.max(0, column - 1));
      await vscode.commands.executeCommand("rnn.showText", this.session.document.uri, new vscode.Range(place, place));
      return null;
    },
    present: async () => {
      // What is enlarged is the active group, and the wish may have come from the text.
      const { active, viewColumn } = this.panel;
      if (!active)
        await vscode.commands.executeCommand("vscode.openWith", this.session.document.uri, panelViewType, viewColumn);
      await vscode.commands.executeCommand("workbench.action.toggleMaximizeEditorGroup");
      return null;
    },
    openDropped: async ({ uri }) => {
      const file = vscode.Uri.parse(uri, true);
      const command = file.path.endsWith(".rnn.json")
        ? "rnn.openStepper"
        : /\.(csv|tsv|txt)$/i.test(file.path)
          ? "rnn.newModelFromData"
          : "rnn.import";
      await vscode.commands.executeCommand(command, file);
      return null;
    },
    report: ({ message, stack }) => {
      reportFailure("drawing the panel", Object.assign(new Error(message), stack === "" ? {} : { stack }));
      return null;
    },
  };

  /** Steps through what somebody has typed. @returns what is wrong with it */
  private tryInputs(text: string): string | null {
    const { problem } = this.session.reading;
    if (!problem) return "the text has errors";
    const read = (model: Model) => {
      const reading = readTypedInputs(text, model);
      return reading.ok ? { ...reading.sequence, name: `“${text}”` } : null;
    };
    const reading = readTypedInputs(text, problem.model);
    if (!reading.ok) return reading.errors[0] ?? "this is no input of the model";
    this.session.tryInputs(({ model }) => read(model));
    return null;
  }

  /** The comparison that the webview means. */
  private comparison(id: number): ShownComparison {
    const { comparison } = this.session;
    if (comparison.state.kind === "none" || comparison.state.id !== id)
      throw new StaleError(`stale: comparison ${id} is no longer shown`);
    return comparison;
  }

  /** What somebody foretells of the run that the webview means. */
  private foretellingOf(revision: number): Foretelling {
    const { stepper } = this.current(revision);
    if (this.foretelling?.of !== stepper) {
      this.foretelling?.told.dispose();
      const workerFile = vscode.Uri.joinPath(this.extension, "dist", "trainingWorker.js").fsPath;
      this.foretelling = { of: stepper, told: new Foretelling(stepper, workerFile) };
    }
    return this.foretelling.told;
  }

  private get covered(): Covered {
    const { uri } = this.session.document;
    const covered = vscode.workspace.getConfiguration("rnn", uri).get<string>("predict.cover", "states");
    return coverings.find((one) => one === covered) ?? "states";
  }

  /** The run that the webview means. */
  private current(revision: number): RunView {
    if (this.view?.revision !== revision) throw new StaleError(`stale: run ${revision} is no longer shown`);
    return this.view;
  }

  dispose(): void {
    this.isDisposed = true;
    this.foretelling?.told.dispose();
    for (const disposable of this.disposables) disposable.dispose();
  }
}

class StaleError extends Error {
  override readonly name = "StaleError";
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
