import { strict as assert } from "node:assert";
import * as vscode from "vscode";
import type { Api } from "../../../src/extension";
import { lineOf, worked } from "../../host/editor/worked";
import { answerOf, openModel } from "./documents";

const text = `{
  "version": 1,
  "layers": [
    { "cell": "rnn", "size": 2 }
  ],
  "output": { "size": 1 },
  "loss": { "type": "cross-entropy" },
  "sequences": [{ "inputs": "hello", "targets": "next" }]
}
`;

async function actionsAt(document: vscode.TextDocument, words: string): Promise<vscode.CodeAction[]> {
  const offset = document.getText().indexOf(words);
  assert.ok(offset >= 0, `the text has no ${words}`);
  return vscode.commands.executeCommand<vscode.CodeAction[]>(
    "vscode.executeCodeActionProvider",
    document.uri,
    new vscode.Range(document.positionAt(offset), document.positionAt(offset + words.length)),
  );
}

/** Applies an action once it is offered. */
async function take(document: vscode.TextDocument, words: string, title: string): Promise<void> {
  const offered = await answerOf(
    () => actionsAt(document, words),
    (actions) => actions.some((action) => action.title === title),
  );
  await vscode.workspace.applyEdit(offered.find((action) => action.title === title)!.edit!);
}

describe("A first model of one's own", () => {
  let api: Api;
  before(async () => {
    api = await vscode.extensions.getExtension<Api>("unroll.unroll-rnn")!.activate();
  });
  afterEach(() => vscode.commands.executeCommand("workbench.action.closeAllEditors"));

  it("comes from a text as inputs to one that steps by two quick fixes, and its drawn parameters can be written down", async () => {
    const document = await openModel("first-model", text);
    await take(document, '"hello"', 'Change to "text": "hello"');
    await take(document, '"hello"', 'Add "h", "e", "l" and "o" to the vocabulary and set the output to 4');
    assert.equal(
      document.getText(),
      text
        .replace('  "layers"', '  "vocabulary": ["h", "e", "l", "o"],\n  "layers"')
        .replace('"inputs"', '"text"')
        .replace('"size": 1', '"size": 4'),
    );
    await answerOf(
      () => vscode.languages.getDiagnostics(document.uri),
      (found) => found.length === 0,
    );
    const session = await api.sessions.at(document.uri);
    const state = await session.start();
    assert.ok(state.kind === "ready");
    const { loss } = state.stepper.run;
    await take(document, '"cell"', "Write the drawn parameters here");
    const written = JSON.parse(document.getText()) as { layers: object[]; output: object };
    assert.deepEqual(Object.keys(written.layers[0]!), ["cell", "size", "Wxh", "Whh", "bh"]);
    assert.deepEqual(Object.keys(written.output), ["size", "Why", "by"]);
    const after = await answerOf(
      () => session.state,
      (now) => now.kind === "ready" && now.stepper !== state.stepper,
    );
    assert.ok(after.kind === "ready");
    assert.equal(after.stepper.run.loss, loss);
    await document.save();
  });

  it("says at the output that it is too small for the next tokens, and a fix sets it", async () => {
    const small = text
      .replace('  "layers"', '  "vocabulary": ["h", "e", "l", "o"],\n  "layers"')
      .replace('"inputs"', '"text"')
      .replace('"size": 1', '"size": 3');
    const document = await openModel("first-model", small);
    const [finding] = await answerOf(
      () => vscode.languages.getDiagnostics(document.uri),
      (found) => found.length === 1,
    );
    assert.equal(document.getText(finding!.range), "3");
    await take(document, "3", "Change to 4");
    assert.equal(document.getText(), small.replace('"size": 3', '"size": 4'));
    await answerOf(
      () => vscode.languages.getDiagnostics(document.uri),
      (found) => found.length === 0,
    );
    await document.save();
  });

  it("begins as a template of a word", async () => {
    await vscode.commands.executeCommand("rnn.newModelFile", "word.rnn.json");
    const document = vscode.window.activeTextEditor!.document;
    assert.match(document.uri.path, /word(-\d+)?\.rnn\.json$/);
    const session = await api.sessions.at(document.uri);
    const state = await session.start();
    assert.ok(state.kind === "ready");
    assert.equal(state.stepper.run.length, 5);
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  });
});

describe("A step's value in the text", () => {
  afterEach(() => vscode.commands.executeCommand("workbench.action.closeAllEditors"));

  it("stands on a line of its own above inputs that share a line, and follows the stepper", async () => {
    const api = await vscode.extensions.getExtension<Api>("unroll.unroll-rnn")!.activate();
    const flat = worked.replace(/"inputs": \[[^\]]*\]/, '"inputs": ["hi", "there", "class", "!"]');
    const document = await openModel("step-above", flat);
    const session = await api.sessions.at(document.uri);
    const state = await session.start();
    assert.ok(state.kind === "ready");
    const above = async () => {
      const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
        "vscode.executeCodeLensProvider",
        document.uri,
        100,
      );
      return lenses
        .filter(({ command }) => command?.title.startsWith("t="))
        .map(({ command, range }) => `${range.start.line} ${command!.title}`);
    };
    const line = lineOf(flat, '"inputs"');
    assert.deepEqual(await above(), [`${line} t=0`]);
    state.stepper.goToStep(3, "backward");
    assert.deepEqual(await above(), [`${line} t=3:  h 0.6405  ℓ 1.610  ∂L/∂h 0.5016`]);
    const settings = vscode.workspace.getConfiguration("rnn");
    await settings.update("inlineValues.columns", 200, vscode.ConfigurationTarget.Global);
    assert.deepEqual(await above(), []);
    await settings.update("inlineValues.columns", undefined, vscode.ConfigurationTarget.Global);
  });
});
