import * as path from "node:path";
import * as vscode from "vscode";

/** A path in a folder that no file and no open document has: `stem.rnn.json`, `stem-2.rnn.json`. */
export async function freePath(folder: vscode.Uri, stem: string): Promise<string> {
  let name = `${stem}.rnn.json`;
  for (let n = 2; await exists(folder.with({ path: path.posix.join(folder.path, name) })); n++)
    name = `${stem}-${n}.rnn.json`;
  return path.posix.join(folder.path, name);
}

/** An unsaved file of that path, so that it is a model file at once and what it names beside it is found. */
export async function openUnsaved(filePath: string, text: string): Promise<vscode.TextDocument> {
  const uri = vscode.Uri.from({ scheme: "untitled", path: filePath });
  const document = await vscode.workspace.openTextDocument(uri);
  const edit = new vscode.WorkspaceEdit();
  edit.replace(uri, new vscode.Range(0, 0, document.lineCount, 0), text);
  await vscode.workspace.applyEdit(edit);
  await vscode.window.showTextDocument(document);
  return document;
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  if (vscode.workspace.textDocuments.some((document) => document.uri.path === uri.path)) return true;
  return vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}
