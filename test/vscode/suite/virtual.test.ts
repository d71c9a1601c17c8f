import { strict as assert } from "node:assert";
import { parse } from "jsonc-parser";
import * as vscode from "vscode";
import type { Api } from "../../../src/extension";
import { worked } from "../../host/editor/worked";
import { eventually } from "./documents";

/** Files that no disk has. */
class Memory implements vscode.FileSystemProvider {
  private readonly changes = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.changes.event;
  readonly files = new Map<string, Uint8Array>();

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  stat({ path }: vscode.Uri): vscode.FileStat {
    const bytes = this.files.get(path);
    return {
      type: bytes ? vscode.FileType.File : vscode.FileType.Directory,
      ctime: 0,
      mtime: 0,
      size: bytes?.length ?? 0,
    };
  }

  readFile(uri: vscode.Uri): Uint8Array {
    const bytes = this.files.get(uri.path);
    if (!bytes) throw vscode.FileSystemError.FileNotFound(uri);
    return bytes;
  }

  writeFile({ path }: vscode.Uri, bytes: Uint8Array): void {
    this.files.set(path, bytes);
  }

  readDirectory(): [string, vscode.FileType][] {
    return [...this.files.keys()].map((path) => [path.slice(1), vscode.FileType.File]);
  }

  createDirectory = refuse;
  delete = refuse;
  rename = refuse;
}

function refuse(): never {
  throw vscode.FileSystemError.NoPermissions();
}

describe("A model file of a virtual file system", () => {
  const memory = new Memory();
  const disposables: vscode.Disposable[] = [];
  let sessions: Api["sessions"];

  before(async () => {
    disposables.push(vscode.workspace.registerFileSystemProvider("memory", memory));
    ({ sessions } = await vscode.extensions.getExtension<Api>("unroll.unroll-rnn")!.activate());
  });
  after(() => vscode.Disposable.from(...disposables).dispose());
  afterEach(() => vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor"));

  async function open(name: string, text: string): Promise<vscode.TextDocument> {
    const uri = vscode.Uri.from({ scheme: "memory", path: `/${name}` });
    memory.writeFile(uri, new TextEncoder().encode(text));
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document);
    return document;
  }

  it("is read, stepped through and trained, and saved where it came from", async () => {
    const document = await open("worked.rnn.json", worked);
    await vscode.commands.executeCommand("rnn.step");
    const { stepper } = sessions.of(document)!;
    assert.deepEqual([stepper?.phase, stepper?.t], ["forward", 1]);
    await vscode.commands.executeCommand("rnn.train", document.uri, 1);
    await eventually(() => document.isDirty, "the text is as it was");
    const { layers } = parse(document.getText()) as { layers: { Whh: number[][] }[] };
    // 0.2 − 0.1 · 0.45209…
    assert.ok(Math.abs(layers[0]!.Whh[0]![0]! - 0.154791) < 1e-6, JSON.stringify(layers[0]!.Whh));
    assert.ok(await document.save());
    assert.equal(new TextDecoder().decode(memory.readFile(document.uri)), document.getText());
  });

  it("says of a data file beside it that none is read there, at its name", async () => {
    const text = worked.replace(/"sequences": \[[^]*?\n {2}\],/, '"sequences": { "file": "more.jsonl" },');
    const document = await open("beside.rnn.json", text);
    const problems = () => vscode.languages.getDiagnostics(document.uri).map(({ message }) => message);
    await eventually(() => problems().length > 0, "no problem");
    assert.ok(
      problems().some((message) => message.includes("a data file can be read beside a file on disk alone")),
      problems().join("\n"),
    );
  });
});
