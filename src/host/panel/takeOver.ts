import * as vscode from "vscode";
import { ParityError } from "../../check/parity";
import { say } from "../say";

/** Changes a text as another program's convention asks for: one edit, which undo takes back. */
export async function takeOver(document: vscode.TextDocument, take: (text: string) => string): Promise<void> {
  const text = document.getText();
  let changed: string;
  try {
    changed = take(text);
  } catch (error) {
    if (!(error instanceof ParityError)) throw error;
    void say.error(error.message);
    return;
  }
  // What is alike at both ends stays, so that nothing there loses its place.
  let start = 0;
  while (start < text.length && text[start] === changed[start]) start++;
  let end = 0;
  const most = Math.min(text.length, changed.length) - start;
  while (end < most && text.at(-1 - end) === changed.at(-1 - end)) end++;
  const edit = new vscode.WorkspaceEdit();
  const range = new vscode.Range(document.positionAt(start), document.positionAt(text.length - end));
  edit.replace(document.uri, range, changed.slice(start, changed.length - end));
  await vscode.workspace.applyEdit(edit);
}
