import * as vscode from "vscode";
import type { Comparison } from "../check";
import { unpack } from "../compared";
import type { Problem } from "../engine/model";
import { reportFailure } from "../failure";
import type { Expect, Reading } from "../format/read";
import type { Session } from "../session/session";
import type { Sessions } from "../session/sessions";
import type { ExpectationsOutcome } from "../training/messages";
import type { Thread } from "../training/thread";
import { startThread } from "../training/thread";

/** So long nothing must change before a thread is started: while somebody types, none is. */
const patienceMs = 150;

/** What was found of one reading. */
export interface Checked extends Omit<ExpectationsOutcome, "compared"> {
  readonly comparisons: readonly Comparison[];
  readonly problem: Problem;
  readonly expect: Expect;
}

interface Check {
  readonly reading: Reading;
  timer: NodeJS.Timeout | null;
  thread: Thread<"expectations"> | null;
  checked: Checked | null;
}

/** The expectations of each open file, compared in a thread of its own as soon as the file has been read; of another text, anew. */
export class ExpectationChecks implements vscode.Disposable {
  private readonly checks = new Map<Session, Check>();
  private readonly changed = new vscode.EventEmitter<Session>();
  /** A session's expectations have been compared, or hold no longer. */
  readonly onDidChange = this.changed.event;
  private readonly disposables: vscode.Disposable[];

  /** @param workerFile the worker's bundle */
  constructor(
    private readonly sessions: Sessions,
    private readonly workerFile: string,
  ) {
    this.disposables = [
      sessions.onDidOpen((session) => this.follow(session)),
      sessions.onDidChange((session) => this.follow(session)),
      sessions.onDidClose((session) => this.drop(session)),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (!change.affectsConfiguration("rnn.expectations.enabled")) return;
        for (const session of this.sessions.all()) {
          this.drop(session);
          this.changed.fire(session);
          this.follow(session);
        }
      }),
    ];
    for (const session of sessions.all()) this.follow(session);
  }

  /** What is known of the text as it stands; null where nothing is, or nothing yet. */
  of(session: Session): Checked | null {
    const check = this.checks.get(session);
    return check?.reading === session.reading && session.isUpToDate ? check.checked : null;
  }

  private follow(session: Session): void {
    const { reading, document } = session;
    if (this.checks.get(session)?.reading === reading) return;
    if (this.drop(session)) this.changed.fire(session);
    const { problem, expect } = reading;
    if (!problem || !expect || expect.numbers.values.length === 0) return;
    if (!vscode.workspace.getConfiguration("rnn", document.uri).get<boolean>("expectations.enabled", true)) return;
    const check: Check = { reading, timer: null, thread: null, checked: null };
    check.timer = setTimeout(() => void this.run(session, check, problem, expect), patienceMs);
    this.checks.set(session, check);
  }

  private async run(session: Session, check: Check, problem: Problem, expect: Expect): Promise<void> {
    const isCurrent = () => this.checks.get(session) === check;
    try {
      check.thread = startThread(this.workerFile, { kind: "expectations", problem, expect }, () => undefined);
      const outcome = await check.thread.outcome;
      if (!isCurrent()) return;
      const { compared, diagnoses } = outcome;
      check.checked = { problem, expect, comparisons: unpack(expect, compared), diagnoses };
      this.changed.fire(session);
    } catch (error) {
      // A thread that was ended has failed by our own hand.
      if (isCurrent()) reportFailure("comparing the expectations", error);
    }
  }

  private drop(session: Session): boolean {
    const check = this.checks.get(session);
    if (!check) return false;
    this.checks.delete(session);
    if (check.timer) clearTimeout(check.timer);
    check.thread?.terminate();
    return true;
  }

  dispose(): void {
    for (const session of this.checks.keys()) this.drop(session);
    for (const disposable of this.disposables) disposable.dispose();
    this.changed.dispose();
  }
}
