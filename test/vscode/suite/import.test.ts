import { strict as assert } from "node:assert";
import * as vscode from "vscode";
import { eventually, folder } from "./documents";

/** A network of NAM with three units, whose numbers come from a sine. */
const nam = (units: number) =>
  JSON.stringify({
    version: "0.5.4",
    architecture: "LSTM",
    config: { input_size: 1, hidden_size: units, num_layers: 1 },
    sample_rate: 100,
    weights: Array.from({ length: 4 * units * (units + 1) + 7 * units + 1 }, (_, k) => Math.sin(k)),
  });

async function put(name: string, text: string): Promise<vscode.Uri> {
  const uri = vscode.Uri.joinPath(folder(), name);
  await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
  return uri;
}

const opened = (name: string) =>
  vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === "untitled" && uri.path.endsWith(`/${name}`));

describe("RNN: Import", () => {
  it("opens a model of other software as an unsaved model file beside it, with its numbers", async () => {
    await vscode.commands.executeCommand("rnn.import", await put("amp.nam", nam(3)));
    await eventually(() => opened("amp.rnn.json") !== undefined, "no unsaved amp.rnn.json");
    const text = opened("amp.rnn.json")!.getText();
    assert.match(text, /"cell": "lstm", "size": 3/);
    assert.ok(text.includes(String(Math.sin(1))));
    // Nothing is written unasked.
    const names = (await vscode.workspace.fs.readDirectory(folder())).map(([name]) => name);
    assert.ok(!names.includes("amp.rnn.json"));
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  });

  it("takes another name where the first is taken, from the explorer's command too", async () => {
    await put("box.rnn.json", "{}");
    await vscode.commands.executeCommand("rnn.openInStepper", await put("box.nam", nam(2)));
    await eventually(() => opened("box-2.rnn.json") !== undefined, "no unsaved box-2.rnn.json");
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  });

  it("opens nothing where the file is none", async () => {
    await vscode.commands.executeCommand(
      "rnn.import",
      await put("broken.nam", '{"architecture": "WaveNet", "weights": []}'),
    );
    assert.equal(opened("broken.rnn.json"), undefined);
  });
});
