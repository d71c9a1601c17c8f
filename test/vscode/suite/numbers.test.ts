import { strict as assert } from "node:assert";
import * as vscode from "vscode";
import type { Api } from "../../../src/extension";
import { probes } from "../../../src/interop/probes";
import { answerOf, openModel } from "./documents";

const model = `{
  "version": 1,
  "inputSize": 2,
  "layers": [{ "cell": "lstm", "size": 1 }],
  "output": { "size": 1 },
  "loss": { "type": "mse" },
  "sequences": [{ "inputs": [[1, 2], [3, 4]], "targets": [1, 0] }],
  "expect": { "tolerance": 1e-9, "sequences": [] }
}
`;

const kernel = "kernel = array([[ 0.5 ,  0.25, -1.  ,  2.  ],\n       [ 1.5 , -0.5 ,  0.75,  0.  ]], dtype=float32)";

describe("Numbers from elsewhere in VS Code", () => {
  afterEach(async () => {
    for (const document of vscode.workspace.textDocuments) if (document.isDirty) await document.save();
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });

  it("become the gates' parameters of a pasted Keras kernel in one edit, which one undo takes back", async () => {
    const document = await openModel("numbers", model);
    const chosen = { text: kernel, layout: "keras", label: "Wxi, Wxf, Wxg, Wxo", detail: "parameters of the file" };
    assert.equal(await vscode.commands.executeCommand("rnn.pasteNumbers", document.uri, chosen), true);
    const layer = (JSON.parse(document.getText()) as { layers: unknown[] }).layers[0];
    assert.deepEqual(layer, {
      cell: "lstm",
      size: 1,
      Wxi: [[0.5, 1.5]],
      Wxf: [[0.25, -0.5]],
      Wxg: [[-1, 0.75]],
      Wxo: [[2, 0]],
    });
    await vscode.commands.executeCommand("undo");
    assert.equal(document.getText(), model);
  });

  it("become expected states with their digits, and a narrower tolerance grows to what they were rounded to", async () => {
    const document = await openModel("numbers", model);
    const chosen = {
      text: "h = tensor([[0.1000], [0.2500]])",
      layout: "own",
      label: "h_t",
      detail: "expected at every step",
    };
    assert.equal(await vscode.commands.executeCommand("rnn.pasteNumbers", document.uri, chosen), true);
    assert.match(
      document.getText(),
      /"expect": \{ "tolerance": 0\.00005, "sequences": \[\{ "steps": \[\{ "h": \[0\.1000\] \}, \{ "h": \[0\.2500\] \}\] \}\] \}/,
    );
  });

  it("are offered where they belong by a pick, first the layout, then the place", async () => {
    const document = await openModel("numbers", model);
    await vscode.env.clipboard.writeText("Wxi = array([[0.5, 1.5]])");
    const pasting = vscode.commands.executeCommand<boolean>("rnn.pasteNumbers");
    let isDone = false;
    void pasting.then(() => {
      isDone = true;
    });
    // This file's layout stands first, and then the parameter that has the name of the print.
    await answerOf(
      async () => {
        await vscode.commands.executeCommand("workbench.action.acceptSelectedQuickOpenItem");
        return isDone;
      },
      (done) => done,
      20_000,
    );
    assert.equal(await pasting, true);
    assert.match(document.getText(), /"size": 1, "Wxi": \[\[0\.5, 1\.5\]\] \}/);
  });

  it("come from a probe that is copied whole", async () => {
    await vscode.commands.executeCommand("rnn.copyProbe", "pytorch");
    assert.equal(await vscode.env.clipboard.readText(), probes.pytorch.script);
  });

  it("stand in a course's exercise, of which a copy is opened and found right", async () => {
    await vscode.commands.executeCommand("rnn.openCourseExercise", "cs231n-lstm-step-forward.rnn.json");
    const document = vscode.workspace.textDocuments.find(({ uri }) =>
      uri.path.endsWith("cs231n-lstm-step-forward.rnn.json"),
    );
    assert.ok(document);
    assert.ok(!document.uri.path.includes("media/courses"));
    const { sessions, expectationTests } = await vscode.extensions.getExtension<Api>("unroll.unroll-rnn")!.activate();
    const session = await sessions.at(document.uri);
    assert.equal((await session.start()).kind, "ready");
    const item = await answerOf(
      () => expectationTests.controller.items.get(document.uri.toString()),
      (found) => found !== undefined,
    );
    const results = await expectationTests.compare(item!, new vscode.CancellationTokenSource().token);
    assert.ok(Array.isArray(results) && results.length === 3, JSON.stringify(results));
    for (const { messages } of results) assert.deepEqual(messages, []);
  });
});
