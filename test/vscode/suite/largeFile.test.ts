import { strict as assert } from "node:assert";
import * as vscode from "vscode";
import type { Api } from "../../../src/extension";
import type { Session } from "../../../src/host/session/session";
import { openFileKinds } from "../../bench/openFile";
import { processorMs, processorMsSince } from "../../processorTime";
import { answerOf, openModel } from "./documents";

/** What VS Code itself does on the extension host's thread after each change, and takes long for in a long text. */
const others = ["editor.links", "merge-conflict.codeLens.enabled", "merge-conflict.decorators.enabled"];
const strokes = 12;
const betweenStrokesMs = 120;

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The longest turn of the extension host while something was done, in which it answers nobody, in milliseconds of the processor. */
async function longestTurn(action: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let isDone = false;
  let before = process.cpuUsage();
  const look = (): void => {
    longest = Math.max(longest, processorMsSince(before));
    before = process.cpuUsage();
    if (!isDone) setTimeout(look, 1);
  };
  setTimeout(look, 1);
  await action();
  isDone = true;
  return longest;
}

describe("A file of 20 MB", () => {
  const kind = openFileKinds.find(({ name }) => name === "an error at the end")!;
  let document: vscode.TextDocument;
  let session: Session;
  /** What JSON.parse takes of the processor for the text: a slice of reading is far less, and reading it at once is far more, whatever else the machine does. */
  let parseMs = 0;
  let report = "";

  const findings = () =>
    vscode.languages
      .getDiagnostics(document.uri)
      .filter(({ source, severity }) => source === "RNN" && severity === vscode.DiagnosticSeverity.Error);
  const untilRead = () => answerOf(() => session.isUpToDate, Boolean, 60_000);

  const setOthers = async (value: false | undefined) => {
    for (const name of others)
      await vscode.workspace.getConfiguration().update(name, value, vscode.ConfigurationTarget.Global);
  };

  before(async () => {
    await setOthers(false);
    const { sessions } = await vscode.extensions.getExtension<Api>("unroll.unroll-rnn")!.activate();
    const text = kind.text(20_000_000);
    document = await openModel("large", text);
    const began = performance.now();
    session = await sessions.at(document.uri);
    await untilRead();
    const readMs = performance.now() - began;
    parseMs = processorMs(() => JSON.parse(text.replace(/\/\/.*/, "")));
    report = `read ${readMs.toFixed(0)} ms after it was there, while JSON.parse takes ${parseMs.toFixed(0)} ms`;
  });

  after(async () => {
    await setOthers(undefined);
    process.stdout.write(`      ${report}\n`);
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  });

  it("has its findings at their places, at its end", async () => {
    const found = await answerOf(findings, ({ length }) => length === kind.findings);
    assert.deepEqual(
      found.map(({ range }) => document.getText(range)),
      ['"their"', "1.5"],
    );
    assert.ok(found.every(({ range }) => range.start.line > 150_000));
  });

  it("has its lenses", async () => {
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      "vscode.executeCodeLensProvider",
      document.uri,
    );
    assert.ok(lenses.length > 100);
  });

  it("never holds the extension host long: while somebody types for less than twice what JSON.parse takes, when he pauses for less than four times", async () => {
    const before = session.reading;
    const { version } = document;
    const editor = vscode.window.activeTextEditor!;
    const line = document.lineCount - 8;
    editor.selection = new vscode.Selection(line, 0, line, 0);
    const blocked = await longestTurn(async () => {
      for (let k = 0; k < strokes; k++) {
        await vscode.commands.executeCommand("type", { text: " " });
        await wait(betweenStrokesMs);
      }
    });
    const reading = await longestTurn(untilRead);
    report += `; the longest turn of the extension host took ${blocked.toFixed(0)} ms of the processor while typing, ${reading.toFixed(0)} ms while it was read anew`;
    assert.ok(document.version >= version + strokes);
    assert.notEqual(session.reading, before);
    // VS Code itself puts the text together and collects garbage in this time.
    const typingMs = Math.max(300, 2 * parseMs);
    const pausingMs = Math.max(600, 4 * parseMs);
    assert.ok(blocked < typingMs, `blocked for ${blocked} ms while typing, JSON.parse takes ${parseMs}`);
    assert.ok(reading < pausingMs, `blocked for ${reading} ms while reading, JSON.parse takes ${parseMs}`);
    assert.deepEqual(
      (await answerOf(findings, ({ length }) => length === kind.findings)).map(({ range }) => document.getText(range)),
      ['"their"', "1.5"],
    );
  });

  it("loses a finding that is mended", async () => {
    const [finding] = findings();
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, finding!.range, '"there"');
    await vscode.workspace.applyEdit(edit);
    const left = await answerOf(findings, ({ length }) => length === kind.findings - 1, 60_000);
    assert.equal(document.getText(left[0]!.range), "1.5");
  });
});
