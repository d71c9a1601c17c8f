import { strict as assert } from "node:assert";
import * as vscode from "vscode";
import type { Api } from "../../../src/extension";
import { lineOf, worked } from "../../host/editor/worked";
import { answerOf as eventually, folder, openModel } from "./documents";

const open = (text: string) => openModel("editor", text);

async function api(): Promise<Api> {
  return vscode.extensions.getExtension<Api>("unroll.unroll-rnn")!.activate();
}

function positionOf(document: vscode.TextDocument, words: string, skip = 0): vscode.Position {
  const offset = document.getText().indexOf(words);
  assert.ok(offset >= 0, `the text has no ${words}`);
  return document.positionAt(offset + skip);
}

/** A finding as `source code "text it stands on"`. */
function described(document: vscode.TextDocument, diagnostic: vscode.Diagnostic): string {
  const code = typeof diagnostic.code === "object" ? diagnostic.code.value : diagnostic.code;
  return `${diagnostic.source} ${code} ${document.getText(diagnostic.range)}`;
}

const diagnosticsOf = (document: vscode.TextDocument) => () => vscode.languages.getDiagnostics(document.uri);

async function lensesOf(document: vscode.TextDocument): Promise<string[]> {
  const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
    "vscode.executeCodeLensProvider",
    document.uri,
    100,
  );
  return lenses
    .filter(({ command }) => command?.command.startsWith("rnn."))
    .map(({ command, range }) => `${range.start.line} ${command?.title} ${command?.command}`)
    .sort();
}

async function hoverOf(document: vscode.TextDocument, words: string, skip = 0): Promise<string> {
  const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
    "vscode.executeHoverProvider",
    document.uri,
    positionOf(document, words, skip),
  );
  return hovers
    .flatMap(({ contents }) => contents as vscode.MarkdownString[])
    .map(({ value }) => value)
    .join("\n");
}

const areInlineValuesShown = () => vscode.workspace.getConfiguration("rnn").get<boolean>("inlineValues.enabled");

async function offered(document: vscode.TextDocument, words: string, skip: number): Promise<string[]> {
  const list = await vscode.commands.executeCommand<vscode.CompletionList>(
    "vscode.executeCompletionItemProvider",
    document.uri,
    positionOf(document, words, skip),
  );
  return list.items.map(({ label }) => (typeof label === "string" ? label : label.label));
}

async function setting(name: string, value: boolean | undefined): Promise<void> {
  await vscode.workspace.getConfiguration("rnn").update(name, value, vscode.ConfigurationTarget.Global);
}

describe("The text editor", () => {
  before(api);
  afterEach(() => vscode.commands.executeCommand("workbench.action.closeAllEditors"));

  describe("Findings", () => {
    it("stand at the exact value, and every one of them is said once", async () => {
      const text = worked
        .replace('"Whh": [[0.2]]', '"Whh": [[0.2, 1]]')
        .replace('        "class"', '        "clas"')
        .replace('"training"', '"trainning"');
      const document = await open(text);
      const found = await eventually(diagnosticsOf(document), (found) => found.length >= 3);
      // The JSON service has had its say as soon as it completes something.
      await vscode.commands.executeCommand(
        "vscode.executeCompletionItemProvider",
        document.uri,
        positionOf(document, '"version"', 1),
      );
      await new Promise((resolve) => setTimeout(resolve, 1000));
      assert.deepEqual(
        vscode.languages.getDiagnostics(document.uri).map((diagnostic) => described(document, diagnostic)),
        ["RNN shape [[0.2, 1]]", 'RNN unknown-token "clas"', 'RNN unknown-key "trainning"'],
      );
      assert.equal(found[0]?.severity, vscode.DiagnosticSeverity.Error);
    });

    it("take no offence at comments and trailing commas", async () => {
      const document = await open(
        worked.replace('"bh": [0],', '"bh": [0], // zero\n').replace('"h0": [0]', '"h0": [0,],'),
      );
      await vscode.commands.executeCommand(
        "vscode.executeCompletionItemProvider",
        document.uri,
        positionOf(document, '"version"', 1),
      );
      await new Promise((resolve) => setTimeout(resolve, 1000));
      assert.deepEqual(
        vscode.languages.getDiagnostics(document.uri).map((diagnostic) => described(document, diagnostic)),
        [],
      );
    });

    it("about a data file stand at its name, and follow what is on disk", async () => {
      const data = vscode.Uri.joinPath(folder(), "editor-data.jsonl");
      const write = (text: string) => vscode.workspace.fs.writeFile(data, new TextEncoder().encode(text));
      await write('{ "inputs": ["hi", "nobody"], "targets": ["hi", "hi"] }\n');
      const document = await open(
        worked.replace(/"sequences": \[[^]*\n {2}\],/, '"sequences": { "file": "editor-data.jsonl" },'),
      );
      const [finding] = await eventually(diagnosticsOf(document), (found) => found.length === 1);
      assert.equal(document.getText(finding!.range), '"editor-data.jsonl"');
      await write('{ "inputs": ["hi", "there"], "targets": ["hi", "hi"] }\n');
      await eventually(diagnosticsOf(document), (found) => found.length === 0);
    });

    it("go when they are mended by the quick fix", async () => {
      const document = await open(worked.replace('        "class"', '        "clas"'));
      const [finding] = await eventually(diagnosticsOf(document), (found) => found.length === 1);
      const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
        "vscode.executeCodeActionProvider",
        document.uri,
        finding!.range,
      );
      const fix = actions.find(({ title }) => title === 'Change to "class"');
      assert.ok(fix?.edit, actions.map(({ title }) => title).join(", "));
      await vscode.workspace.applyEdit(fix.edit);
      assert.equal(document.getText(), worked);
      await eventually(diagnosticsOf(document), (found) => found.length === 0);
      await document.save();
    });
  });

  describe("Lenses", () => {
    it("stand over the model and over each sequence", async () => {
      const document = await open(worked);
      const [model, sequence] = [lineOf(worked, '"layers"'), lineOf(worked, '"sequences"') + 1];
      const expected = [
        `${model} $(debug-step-over) Step rnn.step`,
        `${model} $(flame) Train 100 epochs rnn.train`,
        `${model} $(sparkle) Predict rnn.predict`,
        `${model} $(checklist) Check rnn.check`,
        `${sequence} $(debug-step-over) Step rnn.step`,
        `${sequence} $(sparkle) Predict rnn.predict`,
      ].sort();
      assert.deepEqual(await lensesOf(document), expected);
    });

    for (const kind of ["step", "train", "predict", "check"])
      it(`of the kind ${kind} go and come back with rnn.codeLens.${kind}`, async () => {
        const document = await open(worked);
        const all = await lensesOf(document);
        await setting(`codeLens.${kind}`, false);
        try {
          const left = await eventually(
            () => lensesOf(document),
            (lenses) => lenses.length < all.length,
          );
          assert.deepEqual(
            left,
            all.filter((lens) => !lens.endsWith(`rnn.${kind}`)),
          );
        } finally {
          await setting(`codeLens.${kind}`, undefined);
        }
        await eventually(
          () => lensesOf(document),
          (lenses) => lenses.length === all.length,
        );
      });
  });

  describe("Hovers", () => {
    it("follow the stepper", async () => {
      const document = await open(worked);
      assert.match(await hoverOf(document, "[[0.2]]", 3), /Step\]\(command:rnn\.stepHere/);
      const session = await (await api()).sessions.at(document.uri);
      await session.start();
      session.stepper?.goToStep(3, "backward");
      const hover = await hoverOf(document, "[[0.2]]", 3);
      assert.match(hover, /share of t = 3 \| −0\.06053281789/);
      assert.match(hover, /of the whole sequence \| \*not yet\*/);
      assert.match(hover, /data:image\/svg\+xml;base64,/);
    });

    it("take the stepper to a step by their link", async () => {
      const document = await open(worked);
      const link = /\(command:rnn\.stepHere\?([^)]*)\)/.exec(await hoverOf(document, '        "class"', 10));
      assert.ok(link?.[1]);
      const parameters = JSON.parse(decodeURIComponent(link[1])) as unknown[];
      await vscode.commands.executeCommand("rnn.stepHere", ...parameters);
      const session = await (await api()).sessions.at(document.uri);
      assert.equal(session.stepper?.t, 3);
      assert.equal(session.stepper?.phase, "forward");
    });

    it("document a key from the schema", async () => {
      const document = await open(worked);
      const hover = await eventually(
        () => hoverOf(document, '"learningRate"', 2),
        (hover) => hover.length > 0,
      );
      assert.match(hover, /Step size/);
    });
  });

  describe("Completion", () => {
    it("offers the vocabulary where an input stands", async () => {
      const document = await open(worked);
      const labels = await offered(document, '        "class"', 9);
      for (const word of ['"hi"', '"there"', '"class"', '"!"']) assert.ok(labels.includes(word), labels.join(" "));
    });

    it("offers the keys of a layer", async () => {
      const document = await open(worked.replace('"h0": [0]', '"h0": [0], ""'));
      const labels = await eventually(
        () => offered(document, '""', 1),
        (labels) => labels.length > 0,
      );
      assert.ok(labels.includes("direction"), labels.join(" "));
    });
  });

  describe("New files", () => {
    it("begin as a template, without a place on disk, and can be stepped through at once", async () => {
      await vscode.commands.executeCommand("rnn.newModelFile", "model.rnn.json");
      const document = vscode.window.activeTextEditor?.document;
      assert.equal(document?.uri.scheme, "untitled");
      assert.equal(document.languageId, "json");
      assert.ok(document.uri.path.endsWith(".rnn.json"));
      await vscode.commands.executeCommand("rnn.step", document.uri);
      const { stepper } = await (await api()).sessions.at(document.uri);
      assert.equal(stepper?.t, 1);
      await vscode.window.showTextDocument(document, vscode.ViewColumn.One);
      await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
    });

    it("open a sample's copy, which can be stepped through", async () => {
      await vscode.commands.executeCommand("rnn.openSample", "hi-there-class.rnn.json");
      const document = vscode.workspace.textDocuments.find(({ uri }) => uri.path.endsWith("hi-there-class.rnn.json"));
      assert.ok(document);
      assert.ok(!document.uri.path.includes("media/samples"));
      const session = await (await api()).sessions.at(document.uri);
      assert.equal((await session.start()).kind, "ready");
    });
  });

  describe("Inline values", () => {
    it("are switched by the command", async () => {
      await open(worked);
      assert.equal(areInlineValuesShown(), true);
      await vscode.commands.executeCommand("rnn.toggleInlineValues");
      assert.equal(areInlineValuesShown(), false);
      await vscode.commands.executeCommand("rnn.toggleInlineValues");
      assert.equal(areInlineValuesShown(), true);
    });
  });
});
