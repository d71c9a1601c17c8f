import { strict as assert } from "node:assert";
import * as vscode from "vscode";

const folder = () => vscode.workspace.workspaceFolders![0]!.uri;
const inFolder = (name: string) => vscode.Uri.joinPath(folder(), name);

async function exportSample(format: string): Promise<void> {
  await vscode.commands.executeCommand("rnn.exportWorkedExample", inFolder("hi-there-class.rnn.json"), format);
}

async function written(name: string): Promise<string> {
  return new TextDecoder().decode(await vscode.workspace.fs.readFile(inFolder(name)));
}

describe("RNN: Export Worked Example with a format", () => {
  it("writes Markdown beside the model's file and shows it", async () => {
    await exportSample("markdown");
    const shown = vscode.window.activeTextEditor?.document;
    assert.equal(shown?.uri.toString(), inFolder("hi-there-class-worked.md").toString());
    assert.equal(shown?.getText(), await written("hi-there-class-worked.md"));
    assert.match(shown?.getText() ?? "", /## Backward pass[^]*## Update/);
    await vscode.commands.executeCommand("workbench.action.closeActiveEditor");
  });

  it("writes a worksheet in HTML with its answer key", async () => {
    await exportSample("worksheet-html");
    assert.match(await written("hi-there-class-worksheet.html"), /<h2>Answer key<\/h2>/);
  });

  it("writes the NumPy script and shows it as Python", async () => {
    await exportSample("numpy");
    const shown = vscode.window.activeTextEditor?.document;
    assert.equal(shown?.languageId, "python");
    assert.match(await written("hi-there-class-numpy.py"), /^import numpy as np$/m);
    await vscode.commands.executeCommand("workbench.action.closeActiveEditor");
  });
});

describe("RNN: Export Model", function () {
  this.timeout(60_000);

  const exported = (file: string, target: string) =>
    vscode.commands.executeCommand<vscode.Uri | null>("rnn.exportModel", inFolder(file), target);

  it("writes ONNX and C beside the model's file, and a folder for PyTorch", async () => {
    assert.equal((await exported("hi-there-class.rnn.json", "onnx"))?.path, inFolder("hi-there-class.onnx").path);
    await exported("hi-there-class.rnn.json", "c");
    assert.match(await written("hi-there-class.c"), /void unroll_step\(/);
    await exported("hi-there-class.rnn.json", "pytorch");
    for (const name of ["model.py", "train.py", "back.py", "data.jsonl", "model.safetensors"])
      assert.ok((await written(`hi-there-class-pytorch/${name}`)).length > 0, name);
  });

  it("writes nothing where the target cannot say the model", async () => {
    assert.equal(await exported("hi-there-class.rnn.json", "nam"), null);
    await assert.rejects(written("hi-there-class.nam"));
  });
});
