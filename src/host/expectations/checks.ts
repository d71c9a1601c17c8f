import * as vscode from "vscode";
import type { Comparison } from "../../check/check";
import { unpack } from "../../check/compared";
import { saidOfNumber } from "../../check/diagnosis/words";
import type { Problem } from "../../engine/model";
import { countExpected } from "../../format/eachExpected";
import type { Expect, Reading } from "../../format/read";
import { reportFailure } from "../failure";
import type { Session } from "../session/session";
import type { Sessions } from "../session/sessions";
import type { ExpectationsOutcome } from "../training/messages";
import type { Thread } from "../training/thread";
import { startThread } from "../training/thread";
import { referenceOf } from "./reference";

/** So long nothing must change before a thread is started: while somebody types, none is. */
const patienceMs = 150;

/** What was found of one reading. */
export interface Checked extends Omit<ExpectationsOutcome, "compared"> {
  readonly comparisons: readonly Comparison[];
  readonly problem: Problem;
  readonly expect: Expect;
  /** Those that held before a training and do not hold with its parameters, by their indices. */
  readonly outdated: ReadonlySet<number>;
}

interface Check {
  readonly reading: Reading;
  timer: NodeJS.Timeout | null;
  thread: Thread<"expectations"> | null;
  checked: Checked | null;
}

/** The author's wrong number in the place of one of the session's sequence. */
function writtenOf(checked: Checked, { sequenceIndex }: Session, reference: string): ReturnType<Session["written"]> {
  const { comparisons, problem } = checked;
  const index = comparisons.findIndex(
    ({ right, expected }) =>
      !right &&
      !expected.isSecret &&
      expected.sequence === sequenceIndex &&
      referenceOf(problem.model, expected) === reference,
  );
  const found = comparisons[index];
  return found ? { ...found.expected, says: saidOfNumber(checked, index) } : null;
}

/** The expectations of each open file, compared in a thread of its own as soon as the file has been read; of another text, anew. */
export class ExpectationChecks implements vscode.Disposable {
  private readonly checks = new Map<Session, Check>();
  /** What held before a session's last training: each expectation by its path, with its number. */
  private readonly held = new WeakMap<Session, ReadonlyMap<string, number>>();
  private readonly changed = new vscode.EventEmitter<Session>();
  /** A session's expectations have been compared, or hold no longer. */
  readonly onDidChange = this.changed.event;
  private readonly disposables: vscode.Disposable[];

  /** @param workerFile the worker's bundle */
  constructor(
    private readonly sessions: Sessions,
    private readonly workerFile: string,
    onWillTrain: vscode.Event<Session>,
  ) {
    this.disposables = [
      onWillTrain((session) => this.remember(session)),
      sessions.onDidOpen((session) => this.follow(session)),
      sessions.onDidChange((session) => this.follow(session)),
      sessions.onDidClose((session) => this.drop(session)),
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        for (const session of this.sessions.all()) this.follow(session);
      }),
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
    if (!problem || !expect || countExpected(expect) === 0) return;
    // Nobody has asked for it, and it computes for as long as the file says.
    if (!vscode.workspace.isTrusted) return;
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
      const { compared, ...findings } = outcome;
      const comparisons = unpack(expect, compared);
      check.checked = { problem, expect, comparisons, ...findings, outdated: this.outdatedOf(session, comparisons) };
      const { checked } = check;
      session.written = (reference) => (this.of(session) === checked ? writtenOf(checked, session, reference) : null);
      this.changed.fire(session);
    } catch (error) {
      // A thread that was ended has failed by our own hand.
      if (isCurrent()) reportFailure("comparing the expectations", error);
    }
  }

  private remember(session: Session): void {
    const checked = this.of(session);
    if (!checked) return;
    // After a second training those count that held before the first.
    const before = checked.comparisons.filter(({ right }, k) => right || checked.outdated.has(k));
    this.held.set(session, new Map(before.map(({ expected: { path, value } }) => [path.join("."), value])));
  }

  private outdatedOf(session: Session, comparisons: readonly Comparison[]): ReadonlySet<number> {
    const held = this.held.get(session);
    if (!held) return new Set();
    const outdated = [...comparisons.entries()].filter(
      ([, { right, expected }]) => !right && held.get(expected.path.join(".")) === expected.value,
    );
    return new Set(outdated.map(([k]) => k));
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
