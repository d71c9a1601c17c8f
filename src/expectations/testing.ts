import * as vscode from "vscode";
import { explanationOfNumber } from "../diagnosis/words";
import { rangeOf } from "../editor/places";
import { reportFailure } from "../failure";
import { formatExact } from "../protocol/numbers";
import type { Session } from "../session/session";
import { isModelFile, type Sessions } from "../session/sessions";
import type { ExpectationsOutcome } from "../training/messages";
import { startThread } from "../training/thread";
import type { Item } from "./items";
import { isInside, itemsOf } from "./items";
import { wrongText } from "./names";

/** So many files of a folder are looked into, none of them longer than this. */
const mostFiles = 300;
const mostBytes = 2_000_000;
/** Of one item, so many wrong numbers are told. */
const mostMessages = 50;

/** The files that expect something, in VS Code's Testing view: file, sequence, and steps, loss, gradients and updated parameters. */
export class ExpectationTests implements vscode.Disposable {
  readonly controller = vscode.tests.createTestController("rnn.expectations", "RNN Expectations");
  private readonly disposables: vscode.Disposable[] = [];
  /** What each item of a file is about. */
  private readonly abouts = new WeakMap<vscode.TestItem, Item>();
  private isWatching = false;

  constructor(
    private readonly sessions: Sessions,
    private readonly workerFile: string,
  ) {
    this.controller.resolveHandler = async (item) => {
      if (item) await this.resolve(item);
      else await this.discover();
    };
    this.controller.refreshHandler = () => this.discover();
    const profile = this.controller.createRunProfile(
      "Compare",
      vscode.TestRunProfileKind.Run,
      (request, token) => this.run(request, token),
      true,
    );
    this.disposables.push(
      this.controller,
      profile,
      sessions.onDidOpen((session) => this.follow(session)),
      sessions.onDidChange((session) => this.follow(session)),
      sessions.onDidClose(({ document }) => void this.look(document.uri)),
    );
    for (const session of sessions.all()) this.follow(session);
  }

  /** Looks through the workspace, once somebody opens the view. */
  private async discover(): Promise<void> {
    this.watch();
    const files = await vscode.workspace.findFiles("**/*.rnn.json", "**/node_modules/**", mostFiles);
    for (const uri of files) await this.look(uri);
  }

  private watch(): void {
    if (this.isWatching) return;
    this.isWatching = true;
    const watcher = vscode.workspace.createFileSystemWatcher("**/*.rnn.json");
    const look = (uri: vscode.Uri) => void this.look(uri);
    this.disposables.push(
      watcher,
      watcher.onDidCreate(look),
      watcher.onDidChange(look),
      watcher.onDidDelete((uri) => this.controller.items.delete(uri.toString())),
    );
  }

  /** A file on disk that is not open: whether it expects something shows in its text; it is read once somebody unfolds it. */
  private async look(uri: vscode.Uri): Promise<void> {
    if (!isModelFile(uri) || this.sessions.all().some(({ document }) => document.uri.toString() === uri.toString()))
      return;
    const text = await textOf(uri);
    if (text?.includes('"expect"')) this.itemOf(uri).canResolveChildren = true;
    else this.controller.items.delete(uri.toString());
  }

  /** An open file. While it has errors, its items stay. */
  private follow(session: Session): void {
    const { document, reading } = session;
    const { problem, expect } = reading;
    // The other side of a comparison is no file of the workspace.
    if (!problem || !["file", "untitled"].includes(document.uri.scheme)) return;
    if (!expect || expect.numbers.length === 0) {
      this.controller.items.delete(document.uri.toString());
      return;
    }
    const file = this.itemOf(document.uri);
    file.canResolveChildren = false;
    this.fill(
      file,
      session,
      itemsOf(expect.numbers, (k) => problem.sequences[k]?.name ?? null),
    );
  }

  private itemOf(uri: vscode.Uri): vscode.TestItem {
    const found = this.controller.items.get(uri.toString());
    if (found) return found;
    const made = this.controller.createTestItem(uri.toString(), vscode.workspace.asRelativePath(uri), uri);
    this.controller.items.add(made);
    return made;
  }

  private fill(parent: vscode.TestItem, session: Session, items: readonly Item[]): void {
    const { document, reading } = session;
    const kept = items.map((about) => {
      const id = about.path.join("/");
      const item = parent.children.get(id) ?? this.controller.createTestItem(id, about.label, document.uri);
      item.label = about.label;
      const place = reading.source.locate(about.path);
      item.range = place ? rangeOf(document, place) : undefined;
      this.abouts.set(item, about);
      this.fill(item, session, about.children);
      return item;
    });
    const ids = [...parent.children].map(([id]) => id);
    // Items that stay keep their results.
    if (ids.join() !== kept.map(({ id }) => id).join()) parent.children.replace(kept);
  }

  /** Reads a file that somebody unfolds or runs. */
  private async resolve(item: vscode.TestItem): Promise<Session | null> {
    if (!item.uri) return null;
    try {
      const session = await this.sessions.at(item.uri);
      session.upToDate();
      this.follow(session);
      return session;
    } catch (error) {
      item.error = error instanceof Error ? error.message : String(error);
      return null;
    }
  }

  private async run(request: vscode.TestRunRequest, token: vscode.CancellationToken): Promise<void> {
    if (!request.include) await this.discover();
    const asked = request.include ?? [...this.controller.items].map(([, item]) => item);
    const run = this.controller.createTestRun(request);
    try {
      for (const file of new Set(asked.map(fileOf))) {
        if (token.isCancellationRequested) break;
        const session = await this.resolve(file);
        const items = asked.filter((item) => fileOf(item) === file);
        await this.runFile(run, session, items.flatMap(leavesOf), file, request.exclude ?? [], token);
      }
    } catch (error) {
      reportFailure("comparing the expectations", error);
    } finally {
      run.end();
    }
  }

  private async runFile(
    run: vscode.TestRun,
    session: Session | null,
    items: readonly vscode.TestItem[],
    file: vscode.TestItem,
    excluded: readonly vscode.TestItem[],
    token: vscode.CancellationToken,
  ): Promise<void> {
    const reading = session?.reading;
    if (!session || !reading?.problem || !reading.expect) {
      const reason = reading?.diagnostics.find(({ severity }) => severity === "error")?.message ?? file.error;
      run.errored(file, new vscode.TestMessage(reason ?? "the file expects nothing"));
      return;
    }
    const leaves = items.filter((item) => !excluded.some((other) => isWithin(item, other)));
    for (const leaf of leaves) run.started(leaf);
    const { problem, expect } = reading;
    const started = performance.now();
    const thread = startThread(this.workerFile, { kind: "expectations", problem, expect }, () => undefined);
    const cancelling = token.onCancellationRequested(() => thread.terminate());
    try {
      const outcome = await thread.outcome;
      const ms = performance.now() - started;
      for (const leaf of leaves) this.report(run, session, leaf, outcome, ms);
    } catch (error) {
      if (!token.isCancellationRequested) throw error;
      for (const leaf of leaves) run.skipped(leaf);
    } finally {
      cancelling.dispose();
    }
  }

  private report(
    run: vscode.TestRun,
    { document, reading }: Session,
    leaf: vscode.TestItem,
    { comparisons, diagnoses }: ExpectationsOutcome,
    ms: number,
  ): void {
    const about = this.abouts.get(leaf);
    const { problem, expect } = reading;
    if (!about || !problem || !expect) return;
    const messages = comparisons.flatMap((comparison, index) => {
      const { expected, actual, right } = comparison;
      if (right || !isInside(expected.path, about.path)) return [];
      const explanation = explanationOfNumber(diagnoses, index);
      const text = wrongText(problem.model, comparison, expect.tolerance, 4);
      const message = vscode.TestMessage.diff(
        explanation === null ? text : `${text}. ${explanation}`,
        formatExact(expected.value),
        actual === null ? "no such number" : formatExact(actual),
      );
      const place = reading.source.locate(expected.path);
      if (place) message.location = new vscode.Location(document.uri, rangeOf(document, place));
      return [message];
    });
    if (messages.length === 0) run.passed(leaf, ms);
    else run.failed(leaf, messages.slice(0, mostMessages), ms);
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }
}

function fileOf(item: vscode.TestItem): vscode.TestItem {
  return item.parent ? fileOf(item.parent) : item;
}

function isWithin(item: vscode.TestItem, outer: vscode.TestItem): boolean {
  return item === outer || (item.parent !== undefined && isWithin(item.parent, outer));
}

function leavesOf(item: vscode.TestItem): vscode.TestItem[] {
  return item.children.size === 0 ? [item] : [...item.children].flatMap(([, child]) => leavesOf(child));
}

/** Null where it cannot be read, or is too long. */
async function textOf(uri: vscode.Uri): Promise<string | null> {
  try {
    const { size } = await vscode.workspace.fs.stat(uri);
    return size > mostBytes ? null : new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  } catch {
    // It has gone meanwhile.
    return null;
  }
}
