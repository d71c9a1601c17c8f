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
const rounds = 4;
/** On a machine where JSON.parse takes less, garbage takes no less. */
const leastParseMs = 150;

const isShort = ({ typing, pausing }: { typing: number; pausing: number }) => typing < 2 && pausing < 4;

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
  let text: string;
  /** What JSON.parse takes of the processor for the text: a slice of reading is far less, and reading it at once is far more, whatever else the machine does. */
  const parseMs = () => processorMs(() => JSON.parse(text.replace(/\/\/.*/, "")));
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
    text = kind.text(20_000_000);
    document = await openModel("large", text);
    const began = performance.now();
    session = await sessions.at(document.uri);
    await untilRead();
    const readMs = performance.now() - began;
    report = `read ${readMs.toFixed(0)} ms after it was there, while JSON.parse takes ${parseMs().toFixed(0)} ms`;
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
    const { version } = document;
    const line = document.lineCount - 8;
    /** Types, pauses until it is read anew, and tells the longest turns of both, in what JSON.parse takes. */
    const round = async () => {
      const before = session.reading;
      vscode.window.activeTextEditor!.selection = new vscode.Selection(line, 0, line, 0);
      const typing = await longestTurn(async () => {
        for (let k = 0; k < strokes; k++) {
          await vscode.commands.executeCommand("type", { text: " " });
          await wait(betweenStrokesMs);
        }
      });
      const pausing = await longestTurn(untilRead);
      assert.notEqual(session.reading, before);
      const parse = Math.max(parseMs(), leastParseMs);
      return { typing: typing / parse, pausing: pausing / parse };
    };
    // VS Code itself puts the text together and collects garbage in this time, so that one round alone may be held up by what is not ours.
    const found = [];
    do found.push(await round());
    while (found.length < rounds && !found.some(isShort));
    const words = found.map((each) => `${each.typing.toFixed(2)} and ${each.pausing.toFixed(2)}`).join("; ");
    report += `; the longest turns of the extension host while typing and while it was read anew, of what JSON.parse takes: ${words}`;
    assert.ok(found.some(isShort), words);
    assert.ok(document.version >= version + strokes);
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
