import * as vscode from "vscode";
import { log, reportFailure } from "../failure";
import type {
  Cursor,
  FileError,
  HostMessage,
  PanelState,
  RequestMessage,
  RequestName,
  Requests,
  Run,
  StepperCommand,
  TrainingSoFar,
} from "../protocol/panel";
import { isRequestMessage } from "../protocol/panel";
import { toWire } from "../protocol/wire";
import type { Session } from "../session/session";
import type { Stepper } from "../stepper/stepper";
import type { GradientChecks, Training } from "../training";
import { CursorsHeld } from "./ahead";
import { panelHtml, resourceRoots } from "./html";
import { pathText, placeOf } from "./place";
import { RunView } from "./present";

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
  /** The webview has said that it is there. */
  private isListening = false;
  private isDisposed = false;

  constructor(
    private readonly panel: vscode.WebviewPanel,
    private readonly session: Session,
    private readonly training: Training,
    private readonly gradientChecks: GradientChecks,
    extension: vscode.Uri,
  ) {
    const { webview } = panel;
    webview.options = { enableScripts: true, localResourceRoots: resourceRoots(extension) };
    this.disposables.push(
      webview.onDidReceiveMessage((message: unknown) => this.receive(message)),
      session.onDidChange(() => this.tell("state")),
      session.onDidMove(() => this.tell("cursor")),
      session.onDidAskToExplain(() => this.tellExplanation()),
      panel.onDidChangeViewState(() => {
        // A hidden webview is gone; when it comes back it says so.
        if (panel.visible) return;
        this.isListening = false;
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
    return view?.stepper === stepper ? { info: view.info({ digits: this.digits }), cursor: this.cursor(view) } : null;
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
    return view.cursor(session, this.digits, verdictOn, stepper);
  }

  /** What a cursor depends on beside its position. */
  private get facts(): string {
    const { playing, speed } = this.session;
    return `${playing} ${speed} ${this.digits} ${this.verdicts}`;
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
  private tellExplanation(): void {
    setImmediate(() => {
      if (this.isDisposed || !this.isListening || !this.panel.visible) return;
      const reference = this.session.takeQuestion();
      if (reference !== null) this.post({ type: "explain", reference });
    });
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
      this.session.start();
      this.isListening = true;
      this.performed = 0;
      this.held?.clear();
      this.tellExplanation();
      this.tellAhead();
      return { state: this.state(), training: this.trainingSoFar() };
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
    goTo: ({ t }) => {
      this.session.stepper?.goToStep(t);
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
        locate: (path) => (placeOf(this.session.reading.source, path) ? pathText(path) : null),
      }),
    showPlace: async ({ revision, reference }) => {
      const path = this.current(revision).explainer.pathOf(reference);
      const { document } = this.session;
      const place = path && placeOf(this.session.upToDate().source, path, document.getText());
      if (!place) throw new RangeError(`the file does not give ${reference}`);
      const range = new vscode.Range(
        document.positionAt(place.offset),
        document.positionAt(place.offset + place.length),
      );
      await vscode.commands.executeCommand("rnn.showText", document.uri, range);
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
    report: ({ message, stack }) => {
      reportFailure("drawing the panel", Object.assign(new Error(message), stack === "" ? {} : { stack }));
      return null;
    },
  };

  /** The run that the webview means. */
  private current(revision: number): RunView {
    if (this.view?.revision !== revision) throw new StaleError(`stale: run ${revision} is no longer shown`);
    return this.view;
  }

  dispose(): void {
    this.isDisposed = true;
    for (const disposable of this.disposables) disposable.dispose();
  }
}

class StaleError extends Error {
  override readonly name = "StaleError";
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
