import * as vscode from "vscode";
import type { GradientVerdict } from "../../protocol/panel";
import type { Stepper } from "../../stepper/stepper";
import { reportFailure } from "../failure";
import type { Session } from "../session/session";
import type { Sessions } from "../session/sessions";
import type * as Verdict from "./gradientVerdict";
import type { Thread } from "./thread";
import { startThread } from "./thread";

/** So long nothing must change before a thread is started: while somebody types, none is. */
const patienceMs = 150;

const computingVerdict: GradientVerdict = {
  kind: "computing",
  mark: "…",
  text: "analytic against numeric: being compared",
};

/** What words a verdict: for the first check. */
export type LoadVerdict = () => Promise<typeof Verdict>;

/** The check of one run: another text or another sequence is another run, and this one is thrown away. */
interface Check {
  readonly stepper: Stepper;
  timer: NodeJS.Timeout | null;
  thread: Thread<"gradients"> | null;
  /** By parameter; null while it is being computed. */
  verdicts: ReadonlyMap<string, GradientVerdict> | null;
}

/**
 * The gradients of each session's run against differences of the loss, each checked in a thread of its own once somebody looks at
 * them: when the run has come to its backward phase, or the panel shows the parameters.
 */
export class GradientChecks implements vscode.Disposable {
  private readonly checks = new Map<Session, Check>();
  private readonly changed = new vscode.EventEmitter<Session>();
  /** A check of this session began, ended or was thrown away. */
  readonly onDidChange = this.changed.event;
  private readonly disposables: vscode.Disposable[];

  /** @param workerFile the worker's bundle */
  constructor(
    private readonly sessions: Sessions,
    private readonly workerFile: string,
    private readonly load: LoadVerdict,
  ) {
    this.disposables = [
      sessions.onDidMove((session) => this.follow(session)),
      sessions.onDidChange((session) => this.follow(session)),
      sessions.onDidClose((session) => this.drop(session)),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration("rnn.gradientCheck")) this.startAnew();
      }),
    ];
  }

  /** What is found about a parameter's gradient in this run; null where nobody has looked at it, or it has no loss. */
  verdict(session: Session, stepper: Stepper, name: string): GradientVerdict | null {
    const check = this.checks.get(session);
    if (check?.stepper !== stepper) return null;
    return check.verdicts ? (check.verdicts.get(name) ?? null) : computingVerdict;
  }

  /** Checks the run that is stepped through, where that is wanted and has not been done. @param asked by a command: whatever the setting says */
  start(session: Session, asked = false): void {
    const { state, document } = session;
    if (state.kind !== "ready" || state.stepper.run.targetCount === 0) return;
    if (this.checks.get(session)?.stepper === state.stepper) return;
    const setting = vscode.workspace.getConfiguration("rnn", document.uri).get<string>("gradientCheck", "automatic");
    if (!asked && setting === "off") return;
    this.drop(session);
    const check: Check = { stepper: state.stepper, timer: null, thread: null, verdicts: null };
    check.timer = setTimeout(() => void this.run(session, check), patienceMs);
    this.checks.set(session, check);
    this.changed.fire(session);
  }

  private async run(session: Session, check: Check): Promise<void> {
    const isCurrent = () => this.checks.get(session) === check;
    try {
      const { model, sequence, start, gradients } = check.stepper.run;
      const task = { kind: "gradients", checked: { model, sequence, start, gradients } } as const;
      check.thread = startThread(this.workerFile, task, () => undefined);
      const [outcome, { verdictOf }] = await Promise.all([check.thread.outcome, this.load()]);
      if (isCurrent()) check.verdicts = new Map((outcome ?? []).map((one) => [one.name, verdictOf(one)]));
    } catch (error) {
      // A thread that was ended has failed by our own hand.
      if (!isCurrent()) return;
      check.verdicts = new Map();
      reportFailure("checking the gradients", error);
    }
    if (isCurrent()) this.changed.fire(session);
  }

  private follow(session: Session): void {
    const { state } = session;
    const stepper = state.kind === "ready" ? state.stepper : null;
    const check = this.checks.get(session);
    if (check && check.stepper !== stepper) {
      this.drop(session);
      this.changed.fire(session);
    }
    if (stepper?.phase === "backward" || stepper?.phase === "update") this.start(session);
  }

  private startAnew(): void {
    for (const session of this.sessions.all()) {
      this.drop(session);
      this.follow(session);
      this.changed.fire(session);
    }
  }

  private drop(session: Session): void {
    const check = this.checks.get(session);
    if (!check) return;
    this.checks.delete(session);
    if (check.timer) clearTimeout(check.timer);
    check.thread?.terminate();
  }

  dispose(): void {
    for (const session of this.checks.keys()) this.drop(session);
    for (const disposable of this.disposables) disposable.dispose();
    this.changed.dispose();
  }
}
