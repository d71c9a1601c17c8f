import { strict as assert } from "node:assert";
import * as vscode from "vscode";
import type { Api } from "../../../src/extension";
import { answerOf, eventually, openModel } from "./documents";

const text = `{
  "version": 1,
  "inputSize": 1,
  "cells": {
    "leaky": {
      "constants": { "α": 0.5 },
      "equations": ["a = Wxh x + Whh h' + bh", "h = (1 − α) h' + α tanh(a)"]
    }
  },
  "layers": [{ "cell": "leaky", "size": 1, "Whh": [[0.25]] }],
  "output": { "Why": "identity" },
  "loss": { "type": "mse" },
  "sequences": [{ "inputs": [1], "targets": [0] }]
}
`;

const open = (model = text) => openModel("cells", model);

function positionOf(document: vscode.TextDocument, words: string, skip = 0): vscode.Position {
  const offset = document.getText().indexOf(words);
  assert.ok(offset >= 0, `the text has no ${words}`);
  return document.positionAt(offset + skip);
}

async function lensesOf(document: vscode.TextDocument): Promise<vscode.Command[]> {
  const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
    "vscode.executeCodeLensProvider",
    document.uri,
    100,
  );
  return lenses.flatMap(({ command }) => (command ? [command] : []));
}

const run = ({ command, arguments: args }: vscode.Command) =>
  vscode.commands.executeCommand(command, ...(args as unknown[]));

describe("A cell of the file's own in the text editor", () => {
  let api: Api;
  before(async () => {
    api = await vscode.extensions.getExtension<Api>("unroll.unroll-rnn")!.activate();
  });
  afterEach(() => vscode.commands.executeCommand("workbench.action.closeAllEditors"));

  it("completes names with their shapes and functions inside an equation", async () => {
    const document = await open();
    const list = await vscode.commands.executeCommand<vscode.CompletionList>(
      "vscode.executeCompletionItemProvider",
      document.uri,
      positionOf(document, "tanh(a)", 5),
    );
    const found = list.items.flatMap(({ label }) =>
      typeof label === "string" ? [] : [`${label.label} ${label.description}`],
    );
    for (const word of ["Wxh [H × X] parameter", "Whh [H × H] parameter", "α = 0.5", "h' [H] of the step before"])
      assert.ok(found.includes(word), `${word} is not in ${found.join("; ")}`);
    assert.ok(found.some((word) => word.startsWith("hardsigmoid2 ")));
  });

  it("says in a hover what a name is", async () => {
    const document = await open();
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      "vscode.executeHoverProvider",
      document.uri,
      positionOf(document, "Whh h'", 1),
    );
    const words = hovers.flatMap(({ contents }) => contents.map((one) => (one as vscode.MarkdownString).value));
    assert.ok(
      words.some((one) => one.includes("[H × H] parameter")),
      words.join(),
    );
  });

  it("colours the words of its equations", async () => {
    const document = await open();
    const legend = await answerOf(
      async () =>
        vscode.commands.executeCommand<vscode.SemanticTokensLegend | undefined>(
          "vscode.provideDocumentSemanticTokensLegend",
          document.uri,
        ),
      (answer) => answer !== undefined,
    );
    const { data } = await vscode.commands.executeCommand<vscode.SemanticTokens>(
      "vscode.provideDocumentSemanticTokens",
      document.uri,
    );
    const tokens: string[] = [];
    let [line, column] = [0, 0];
    for (let k = 0; k < data.length; k += 5) {
      const [down, right, length, type] = data.slice(k, k + 4) as unknown as [number, number, number, number];
      column = down === 0 ? column + right : right;
      line += down;
      const word = document.getText(new vscode.Range(line, column, line, column + length));
      tokens.push(`${word} ${legend!.tokenTypes[type]}`);
    }
    assert.deepEqual(tokens.slice(0, 6), [
      "a variable",
      "Wxh property",
      "x parameter",
      "Whh property",
      "h' variable",
      "bh property",
    ]);
    assert.ok(tokens.includes("tanh function") && tokens.includes("α enumMember"));
  });

  it("stands in the outline with its quantities", async () => {
    const document = await open();
    const symbols = await vscode.commands.executeCommand<vscode.DocumentSymbol[]>(
      "vscode.executeDocumentSymbolProvider",
      document.uri,
    );
    const leaky = symbols.find(({ name, kind }) => name === "leaky" && kind === vscode.SymbolKind.Class);
    assert.deepEqual(
      leaky?.children.map(({ name }) => name),
      ["α", "a", "h"],
    );
  });

  it("renames a parameter in the equations and in the layers, from either, and one undo takes it back", async () => {
    const document = await open();
    for (const words of ["Whh h'", 'Whh": [[']) {
      const edit = await vscode.commands.executeCommand<vscode.WorkspaceEdit>(
        "vscode.executeDocumentRenameProvider",
        document.uri,
        positionOf(document, words, 1),
        "V",
      );
      await vscode.workspace.applyEdit(edit);
      assert.equal(document.getText(), text.replaceAll("Whh", "V"));
      await vscode.commands.executeCommand("undo");
      assert.equal(document.getText(), text);
    }
    await document.save();
  });

  it("says why a new name will not do", async () => {
    const document = await open();
    const refused = vscode.commands.executeCommand(
      "vscode.executeDocumentRenameProvider",
      document.uri,
      positionOf(document, "Whh h'", 1),
      "bh",
    );
    await assert.rejects(Promise.resolve(refused), /this cell has bh already/);
  });

  it("is tried from its lens: a small model of it is open, with its stepper", async () => {
    const document = await open();
    const lens = (await lensesOf(document)).find(({ title }) => title === "$(beaker) Try it");
    assert.ok(lens);
    await run(lens);
    const isModel = ({ uri }: vscode.TextDocument) => /\/leaky-try(-\d+)?\.rnn\.json$/.test(uri.path);
    await eventually(() => vscode.workspace.textDocuments.some(isModel), "no small model is open");
    const { uri } = vscode.workspace.textDocuments.find(isModel)!;
    await eventually(
      () =>
        vscode.window.tabGroups.all.some(({ tabs }) =>
          tabs.some(({ input }) => input instanceof vscode.TabInputCustom && input.uri.toString() === uri.toString()),
        ),
      "its stepper is not open",
    );
    const session = await api.sessions.at(uri);
    const state = await session.start();
    assert.ok(state.kind === "ready");
    assert.equal(state.stepper.run.model.layers[0]?.cell, "leaky");
    await vscode.window.showTextDocument(uri);
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  });

  it("shows its derivation from its lens, on one page", async () => {
    const document = await open();
    const lens = (await lensesOf(document)).find(({ title }) => title === "$(book) Derivation");
    assert.ok(lens);
    const pages = () =>
      vscode.window.tabGroups.all
        .flatMap(({ tabs }) => tabs)
        .filter(({ input }) => input instanceof vscode.TabInputWebview && input.viewType.endsWith("rnn.derivation"));
    await run(lens);
    await eventually(() => pages().length > 0, "there is no page");
    await run(lens);
    assert.deepEqual(
      pages().map(({ label }) => label),
      ["leaky: derivation"],
    );
  });

  it("comes from the library into a file by one edit, which one undo takes back", async () => {
    const document = await open();
    await vscode.commands.executeCommand("rnn.copyCell", document.uri, "mgu");
    assert.match(document.getText(), /"leaky": \{[^}]*\{[^}]*\}[^}]*\},\s*"mgu": \{/);
    await vscode.commands.executeCommand("undo");
    assert.equal(document.getText(), text);
    await document.save();
  });

  it("comes with a layer that is given a cell of the library, and with one of a built-in cell", async () => {
    const lstm = text
      .replace(/"cells": \{[\s\S]*?\n {2}\},\n {2}/, "")
      .replace(/"cell": .*?\}/, '"cell": "lstm", "size": 1 }');
    const document = await open(lstm);
    const list = await vscode.commands.executeCommand<vscode.CompletionList>(
      "vscode.executeCompletionItemProvider",
      document.uri,
      positionOf(document, '"lstm"', 2),
    );
    const mgu = list.items.find(({ label, detail }) => label === '"mgu"' && detail === "minimal gated unit");
    assert.match(mgu?.additionalTextEdits?.[0]?.newText ?? "", /^"cells": \{\s*"mgu"/);
    const actions = await answerOf(
      async () =>
        vscode.commands.executeCommand<vscode.CodeAction[]>(
          "vscode.executeCodeActionProvider",
          document.uri,
          new vscode.Range(positionOf(document, '"lstm"'), positionOf(document, '"lstm"')),
        ),
      (all) => all.some(({ title }) => title === "Copy the equations of lstm into the file"),
    );
    const { edit } = actions.find(({ title }) => title === "Copy the equations of lstm into the file")!;
    await vscode.workspace.applyEdit(edit!);
    assert.match(document.getText(), /"layers": \[\{ "cell": "my lstm"/);
    await answerOf(
      () => vscode.languages.getDiagnostics(document.uri),
      (found) => found.length === 0,
    );
    await vscode.commands.executeCommand("undo");
    assert.equal(document.getText(), lstm);
    await document.save();
  });

  it("is what a new model file can begin as", async () => {
    await vscode.commands.executeCommand("rnn.newModelFile", "slstm.rnn.json");
    const { document } = vscode.window.activeTextEditor!;
    const session = await api.sessions.at(document.uri);
    const state = await answerOf(
      () => session.start(),
      ({ kind }) => kind === "ready",
    );
    assert.ok(state.kind === "ready");
    assert.equal(state.stepper.run.model.layers[0]?.cell, "slstm");
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  });
});
