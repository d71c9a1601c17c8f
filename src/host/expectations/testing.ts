import * as vscode from "vscode";
import type { Comparison } from "../../check/check";
import { unpack } from "../../check/compared";
import { marksSummary, saidOfNumber } from "../../check/diagnosis/words";
import { countExpected } from "../../format/eachExpected";
import type { Reading } from "../../format/read";
import { formatExact } from "../../protocol/numbers";
import { rangeOf } from "../editor/places";
import { reportFailure } from "../failure";
import type { Session } from "../session/session";
import { isModelFile, type Sessions } from "../session/sessions";
import { startThread } from "../training/thread";
import { mayRun } from "../trust";
import type { LoadNames } from "./findings";
import type { Item } from "./items";
import { hiddenItem, isInside, itemsOf } from "./items";

/** So many files of a folder are looked into, none of them longer than this. */
const mostFiles = 300;
const mostBytes = 2_000_000;
/** Of one item, so many wrong numbers are told. */
const mostMessages = 50;

/** The files that expect something, in VS Code's Testing view: file, sequence, and steps, loss, gradients and updated parameters. */
export class ExpectationTests implements vscode.Disposable {
  readonly controller = vscode.tests.createTestController("rnn.expectations", "RNN Expectations");
  readonly profile: vscode.TestRunProfile;
  private readonly disposables: vscode.Disposable[] = [];
  /** What each item of a file is about. */
  private readonly abouts = new WeakMap<vscode.TestItem, Item>();
  private isWatching = false;

  constructor(
    private readonly sessions: Sessions,
    private readonly workerFile: string,
    private readonly load: LoadNames,
  ) {
    this.controller.resolveHandler = async (item) => {
      if (item) await this.resolve(item);
      else await this.discover();
    };
    this.controller.refreshHandler = () => this.discover();
    this.profile = this.controller.createRunProfile(
      "Compare",
      vscode.TestRunProfileKind.Run,
      (request, token) => this.run(request, token),
      true,
    );
    this.disposables.push(
      this.controller,
      this.profile,
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
    if (!expect || countExpected(expect) === 0) {
      this.controller.items.delete(document.uri.toString());
      return;
    }
    const file = this.itemOf(document.uri);
    file.canResolveChildren = false;
    const nameOfSequence = (k: number) => problem.sequences[k]?.name ?? null;
    this.fill(file, session, [
      ...itemsOf(expect.numbers, nameOfSequence),
      ...(expect.hidden ? [hiddenItem(itemsOf(expect.hidden.numbers, nameOfSequence))] : []),
    ]);
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
  private async resolve(item: vscode.TestItem): Promise<Session | string> {
    if (!item.uri) return `${item.label} is no file`;
    try {
      const session = await this.sessions.at(item.uri);
      await session.whenUpToDate();
      this.follow(session);
      return session;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      item.error = reason;
      return reason;
    }
  }

  private async run(request: vscode.TestRunRequest, token: vscode.CancellationToken): Promise<void> {
    if (!(await mayRun("Comparing the expectations"))) return;
    if (!request.include) await this.discover();
    const asked = request.include ?? [...this.controller.items].map(([, item]) => item);
    const run = this.controller.createTestRun(request);
    try {
      for (const file of new Set(asked.map(fileOf))) {
        if (token.isCancellationRequested) break;
        await this.resolve(file);
        const wanted = asked
          .filter((item) => fileOf(item) === file)
          .flatMap(leavesOf)
          .filter((item) => !request.exclude?.some((other) => isWithin(item, other)));
        for (const leaf of wanted) run.started(leaf);
        await this.runFile(run, file, new Set(wanted), token);
      }
    } catch (error) {
      reportFailure("comparing the expectations", error);
    } finally {
      run.end();
    }
  }

  private async runFile(
    run: vscode.TestRun,
    file: vscode.TestItem,
    wanted: ReadonlySet<vscode.TestItem>,
    token: vscode.CancellationToken,
  ): Promise<void> {
    const started = performance.now();
    const results = await this.compare(file, token);
    if (token.isCancellationRequested) {
      for (const leaf of wanted) run.skipped(leaf);
      return;
    }
    if (typeof results === "string") {
      run.errored(file, new vscode.TestMessage(results));
      return;
    }
    const ms = performance.now() - started;
    for (const { item, messages, follows } of results) {
      if (!wanted.has(item)) continue;
      item.description = follows ? "follows from your own numbers" : "";
      if (messages.length === 0) run.passed(item, ms);
      else if (follows) {
        // Neither right nor wrong: the third icon that the view has.
        run.skipped(item);
        for (const { message, location } of messages)
          run.appendOutput(`${typeof message === "string" ? message : message.value}\r\n`, location, item);
      } else run.failed(item, [...messages], ms);
    }
    if (results.summary !== null) run.appendOutput(`${file.label}: ${results.summary}\r\n`);
  }

  /** Compares a file's expectations. @returns for each item that is about numbers what is wrong with them; or why the file cannot be run */
  async compare(file: vscode.TestItem, token: vscode.CancellationToken): Promise<Results | string> {
    const session = await this.resolve(file);
    if (typeof session === "string") return session;
    const { reading, document } = session;
    const { problem, expect } = reading;
    if (!problem || !expect)
      return reading.diagnostics.find(({ severity }) => severity === "error")?.message ?? "the file expects nothing";
    const thread = startThread(this.workerFile, { kind: "expectations", problem, expect }, () => undefined);
    const cancelling = token.onCancellationRequested(() => thread.terminate());
    try {
      const { compared, ...findings } = await thread.outcome;
      const comparisons = unpack(expect, compared);
      const { wrongText } = await this.load();
      const digits = vscode.workspace.getConfiguration("rnn", document.uri).get<number>("digits", 4);
      const message = (comparison: Comparison, index: number) => {
        const text = wrongText(problem.model, comparison, digits);
        const said = saidOfNumber(findings, index);
        return messageOf(document, reading, comparison, said === null ? text : `${said}. ${text}`);
      };
      const ofItems = leavesOf(file).map((item) => {
        const path = this.abouts.get(item)?.path ?? [];
        const wrong = comparisons.flatMap((comparison, index) =>
          !comparison.right && isInside(comparison.expected.path, path) ? [{ comparison, index }] : [],
        );
        return {
          item,
          messages: wrong.slice(0, mostMessages).map(({ comparison, index }) => message(comparison, index)),
          follows: wrong.length > 0 && wrong.every(({ index }) => findings.follows.includes(index)),
        };
      });
      const isWrong = comparisons.some(({ right }) => !right);
      return Object.assign(ofItems, { summary: isWrong ? marksSummary(comparisons, findings) : null });
    } catch (error) {
      // A thread that was ended has failed by our own hand.
      if (token.isCancellationRequested) return Object.assign([], { summary: null });
      throw error;
    } finally {
      cancelling.dispose();
    }
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }
}

/** What is wrong with the numbers of an item; nothing where they are right. */
export interface ItemResult {
  readonly item: vscode.TestItem;
  readonly messages: readonly vscode.TestMessage[];
  /** Whether all that is wrong of it follows from other numbers of the author's. */
  readonly follows: boolean;
}

/** Those of a file. */
export interface Results extends ReadonlyArray<ItemResult> {
  /** "One slip, 7 of 8 steps right"; null where all is right. */
  readonly summary: string | null;
}

function messageOf(
  document: vscode.TextDocument,
  { source }: Reading,
  { expected, actual }: Comparison,
  text: string,
): vscode.TestMessage {
  const message = expected.isSecret
    ? new vscode.TestMessage(text)
    : vscode.TestMessage.diff(
        text,
        formatExact(expected.value),
        actual === null ? "no such number" : formatExact(actual),
      );
  const place = source.locate(expected.path);
  if (!expected.isSecret) message.contextValue = "rnnNumber";
  if (place) message.location = new vscode.Location(document.uri, rangeOf(document, place));
  return message;
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
