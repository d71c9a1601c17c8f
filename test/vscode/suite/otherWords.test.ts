import { strict as assert } from "node:assert";
import * as vscode from "vscode";
import type { Api } from "../../../src/extension";
import { answerOf, fix, fixes, openModel } from "./documents";

const text = `{
  "version": 1,
  "inputSize": 2, // as wide as a pair
  "layers": [
    { "cell": "SimpleRNN", "units": 3, "return_sequences": true, "kernel": [[0.10, 0.2, 0.3], [0.4, 0.5, 6e-1]] },
  ],
  "output": { "size": 1 },
  "loss": { "type": "mse" },
  "sequences": [{ "inputs": [[1, 2], [3, 4]], "targets": [1, 0] }],
  "training": { "lr": 0.5, "dropout": 0, "clipnorm": 5 },
}
`;

/** The same model in the format's words. */
const meant = `{
  "version": 1,
  "inputSize": 2, // as wide as a pair
  "layers": [
    { "cell": "rnn", "size": 3, "Wxh": [[0.10, 0.4], [0.2, 0.5], [0.3, 6e-1]] },
  ],
  "output": { "size": 1, "at": "every" },
  "loss": { "type": "mse" },
  "sequences": [{ "inputs": [[1, 2], [3, 4]], "targets": [1, 0] }],
  "training": { "optimizer": { "learningRate": 0.5 }, "clip": { "type": "norm", "at": 5 } },
}
`;

const findings = (document: vscode.TextDocument) =>
  vscode.languages
    .getDiagnostics(document.uri)
    .map(
      ({ severity, code, range }) =>
        `${vscode.DiagnosticSeverity[severity]} ${typeof code === "string" ? code : "none"} ${document.getText(range)}`,
    );

describe("Words of other software in the editor", () => {
  let api: Api;
  before(async () => {
    api = await vscode.extensions.getExtension<Api>("unroll.unroll-rnn")!.activate();
  });
  afterEach(() => vscode.commands.executeCommand("workbench.action.closeAllEditors"));

  it("are errors at their places, and their fixes make a model of them that steps, each one edit that undo takes back", async () => {
    const document = await openModel("other-words", text);
    await answerOf(
      () => findings(document),
      (found) => found.length > 0,
    );
    assert.deepEqual(findings(document), [
      "Error missing-key {",
      'Error other-word "SimpleRNN"',
      'Error other-word "units"',
      'Error other-word "return_sequences"',
      'Error other-word "kernel"',
      'Error other-word "lr"',
      'Warning other-word "dropout"',
      'Error other-word "clipnorm"',
    ]);
    await fix(document, '"SimpleRNN"', 'Change to "rnn"');
    const before = document.getText();
    await fix(document, '"units"', 'Change to "size": 3');
    assert.equal(document.getText(), before.replace('"units"', '"size"'));
    await vscode.commands.executeCommand("undo");
    assert.equal(document.getText(), before);
    await vscode.commands.executeCommand("redo");
    await fix(document, '"return_sequences"', 'Change to "at": "every" in output');
    await fix(document, '"kernel"', 'Change to "Wxh", transposed');
    await fix(document, '"lr"', 'Change to "learningRate": 0.5 in training.optimizer');
    await fix(document, '"dropout"', "Remove");
    await fix(document, '"clipnorm"', 'Change to "clip": {"type":"norm","at":5}');
    assert.equal(document.getText(), meant);
    await answerOf(
      () => findings(document),
      (found) => found.length === 0,
    );
    const session = await api.sessions.at(document.uri);
    assert.equal((await session.start()).kind, "ready");
    await document.save();
  });

  it("mean nothing that one edit would mend where they do not exist here", async () => {
    const document = await openModel("other-words", meant.replace('"size": 3,', '"size": 3, "dropout": 0.5,'));
    await answerOf(
      () => findings(document),
      (found) => found.length === 1,
    );
    assert.deepEqual(findings(document), ['Error other-word "dropout"']);
    const own = (await fixes(document, '"dropout"')).filter(({ diagnostics }) => diagnostics?.[0]?.source === "RNN");
    assert.deepEqual(own, []);
  });

  it("leave a matrix that fits transposed as it is until its fix is taken", async () => {
    const document = await openModel("other-words", meant.replace(/"Wxh": .*\]\]/, '"Wxh": [[1, 2, 3], [4, 5, 6]]'));
    await fix(document, "[[1, 2, 3], [4, 5, 6]]", "Transpose");
    assert.ok(document.getText().includes('"Wxh": [[1, 4], [2, 5], [3, 6]]'));
    await answerOf(
      () => findings(document),
      (found) => found.length === 0,
    );
    await document.save();
  });
});
