// What the suites have in common: model files on disk, and waiting for what comes in its own time.

import { strict as assert } from "node:assert";
import * as vscode from "vscode";

let files = 0;

export const folder = () => vscode.workspace.workspaceFolders![0]!.uri;

/**
 * A model file on disk with this text, shown in the text editor.
 * @param suite begins its name, so that no two suites share a file
 */
export async function openModel(suite: string, text: string): Promise<vscode.TextDocument> {
  const uri = vscode.Uri.joinPath(folder(), `${suite}-${files++}.rnn.json`);
  await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.window.showTextDocument(document);
  return document;
}

/** Long enough for a machine that does much else. */
const patienceMs = 60_000;

/** Waits until it is so. */
export async function eventually(isSo: () => boolean, what: string): Promise<void> {
  for (const end = Date.now() + patienceMs; !isSo(); ) {
    assert.ok(Date.now() < end, what);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Asks again until the answer is there. */
export async function answerOf<T>(
  ask: () => T | Promise<T>,
  isThere: (answer: T) => boolean,
  withinMs = patienceMs,
): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (isThere(answer)) return answer;
    assert.ok(Date.now() < end, `still ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What the editor offers to do about these characters. */
export async function fixes(document: vscode.TextDocument, of: string): Promise<vscode.CodeAction[]> {
  const offset = document.getText().indexOf(of);
  assert.ok(offset >= 0, `the text has no ${of}`);
  return vscode.commands.executeCommand<vscode.CodeAction[]>(
    "vscode.executeCodeActionProvider",
    document.uri,
    new vscode.Range(document.positionAt(offset), document.positionAt(offset + of.length)),
  );
}

/** Applies the fix with this title once it is offered. */
export async function fix(document: vscode.TextDocument, of: string, title: string): Promise<void> {
  const offered = await answerOf(
    () => fixes(document, of),
    (actions) => actions.some((action) => action.title === title),
  );
  await vscode.workspace.applyEdit(offered.find((action) => action.title === title)!.edit!);
}
