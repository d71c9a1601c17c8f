/** Read-outs, losses, layers and what is held fixed: a mistake, its fix, a step through the run and a training, with numbers by hand. */
import { strict as assert } from "node:assert";
import * as vscode from "vscode";
import type { Api } from "../../../src/extension";
import { answerOf, fix, openModel } from "./documents";

/** A linear unit without a bias: h_t = w h_{t−1} + x_t. */
const unit = (w: number, more: string) =>
  `{ "cell": "rnn", "size": 1, "activation": "linear", "bias": false, "Wxh": [[1]], "Whh": [[${w}]], ${more} }`;

interface Case {
  readonly title: string;
  /** The file but for its version and training, with its one mistake. */
  readonly model: string;
  /** The words that are marked, what is said of them, and the fix that is offered. */
  readonly wrong: string;
  readonly message: RegExp;
  readonly fix: string;
  readonly loss: number;
  /** dL/d(parameter), and what one update with a rate of 0.1 makes of it in the text. */
  readonly gradients: Readonly<Record<string, readonly number[]>>;
  readonly trained: RegExp;
}

const cases: readonly Case[] = [
  {
    // Forward the sums 1, 3, 6, backward 6, 5, 3; z = 6 + 2 · 6 = 18, dL/dz = 4, dWhy = 4 · [6, 6]
    title: "the ends of both passes in the place of the last step",
    model: `"inputSize": 1,
  "layers": [${unit(1, `"direction": "both", "trainable": false, "reverse": { "Wxh": [[1]], "Whh": [[1]] }`)}],
  "output": { "size": 1, "at": "last", "Why": [[1, 2]], "bias": false },
  "loss": { "type": "mse" },
  "sequences": [{ "inputs": [1, 2, 3], "target": 16 }]`,
    wrong: '"last"',
    message: /reads the sequence backward: its h_T has seen x_T alone/,
    fix: 'Change to "ends"',
    loss: 4,
    gradients: { "output.Why": [24, 24], "layers.0.Wxh": [24], "layers.0.reverse.Wxh": [48] },
    trained: /"Why": \[\[-1\.\d+, -0\.\d+\]\]/,
  },
  {
    // h_t = x_t, y_t = h_t + x_t = 2, 4; dL/dy = 2, 2 and dWxh = 2 · 1 + 2 · 2
    title: "a read-out without parameters that adds the input",
    model: `"inputSize": 1,
  "layers": [${unit(0, '"frozen": ["Whh"]')}],
  "output": { "Why": "identity", "by": [0], "skip": true },
  "loss": { "type": "mse" },
  "sequences": [{ "inputs": [1, 2], "targets": [1, 3] }]`,
    wrong: '"by"',
    message: /by stands beside "Why": "identity", which has no parameters/,
    fix: "Remove",
    loss: 2,
    gradients: { "layers.0.Wxh": [6] },
    trained: /"Wxh": \[\[0\.(4|39999|40000)\d*\]\]/,
  },
  {
    // y = 1, 2; ℓ = 0.5, 1 and L = 0.5 + 2 · 1; dL/dy = 0.5, −1 and dWxh = 0.5 − 2
    title: "half of an absolute error, with weights of the steps",
    model: `"inputSize": 1,
  "layers": [${unit(0, '"frozen": ["Whh"]')}],
  "output": { "Why": "identity" },
  "loss": { "type": "mae", "factor": 0.5, "delta": 1 },
  "sequences": [{ "inputs": [1, 2], "targets": [0, 4], "weights": [1, 2] }]`,
    wrong: '"delta"',
    message: /delta does not belong to the loss mae/,
    fix: "Remove",
    loss: 2.5,
    gradients: { "layers.0.Wxh": [-1.5] },
    trained: /"Wxh": \[\[1\.1[45]\d*\]\]/,
  },
  {
    // h = 1, 1.5; dL/dh_2 = 3, dL/dh_1 = 2 + 0.5 · 3; dWxh = 3.5 + 3 and dWhh = 3 · 1
    title: "a matrix that is held fixed, whose gradient is there",
    model: `"inputSize": 1,
  "layers": [${unit(0.5, '"frozen": ["Whhh"]')}],
  "output": { "Why": "identity" },
  "loss": { "type": "mse" },
  "sequences": [{ "inputs": [1, 1], "targets": [0, 0] }]`,
    wrong: '"Whhh"',
    message: /"Whhh" is no parameter of layers\[0\], which has Wxh and Whh; did you mean "Whh"\?/,
    fix: 'Change to "Whh"',
    loss: 3.25,
    gradients: { "layers.0.Wxh": [6.5], "layers.0.Whh": [3] },
    trained: /"Wxh": \[\[0\.3[45]\d*\]\], "Whh": \[\[0\.5\]\]/,
  },
  {
    // The token b picks row 1, 2, which a dense layer passes on; dL/dh = 4, which goes to that row alone
    title: "an embedding under a dense layer",
    model: `"vocabulary": ["a", "b"],
  "embedding": { "size": 1, "E": [[1, 2]] },
  "layers": [{ "cell": "dense", "size": 1, "bias": false, "W": [[1]], "trainable": false }],
  "output": { "Why": "identity" },
  "loss": { "type": "mse" },
  "sequences": [{ "inputs": ["b"], "targets": [0] }]`,
    wrong: "[[1, 2]]",
    message: /E is \[1 × 2\], but the vocabulary has 2 tokens and embedding.size is 1: expected \[2 × 1\]/,
    fix: "Transpose",
    loss: 4,
    gradients: { "embedding.E": [0, 4], "layers.0.W": [8] },
    trained: /"E": \[\[1\], \[1\.(6|59999|60000)\d*\]\]/,
  },
];

describe("What people write, in the editor", () => {
  let api: Api;
  before(async () => {
    api = await vscode.extensions.getExtension<Api>("unroll.unroll-rnn")!.activate();
  });
  afterEach(async () => {
    await vscode.workspace.saveAll(false);
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });

  for (const one of cases)
    it(`is ${one.title}: said what is wrong, mended by its fix, stepped through and trained`, async () => {
      const training = `"training": { "optimizer": { "type": "sgd", "learningRate": 0.1 }, "epochs": 1 }`;
      const document = await openModel("written", `{\n  "version": 1, ${one.model},\n  ${training}\n}\n`);
      const found = await answerOf(
        () => vscode.languages.getDiagnostics(document.uri),
        (all) => all.length > 0,
      );
      assert.deepEqual(
        found.map(({ range }) => document.getText(range)),
        [one.wrong],
      );
      assert.match(found[0]!.message, one.message);
      await fix(document, one.wrong, one.fix);
      await answerOf(
        () => vscode.languages.getDiagnostics(document.uri),
        (all) => all.length === 0,
      );

      await vscode.commands.executeCommand("rnn.step");
      const stepper = api.sessions.of(document)!.stepper!;
      const phases = new Set<string>();
      for (; stepper.phase !== "update"; await vscode.commands.executeCommand("rnn.step")) phases.add(stepper.phase);
      assert.deepEqual([...phases], ["forward", "backward"]);
      assert.equal(stepper.run.loss, one.loss);
      for (const [name, gradient] of Object.entries(one.gradients))
        assert.deepEqual([...stepper.gradientSoFar(name)!.data], gradient, name);

      const mended = document.getText();
      await vscode.window.showTextDocument(document, vscode.ViewColumn.One);
      const result = await vscode.commands.executeCommand<{ kind: string }>("rnn.train", document.uri);
      assert.equal(result.kind, "done");
      assert.match(document.getText(), one.trained);
      await vscode.commands.executeCommand("undo");
      assert.equal(document.getText(), mended);
    });
});
