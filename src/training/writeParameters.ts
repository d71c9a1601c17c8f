import * as path from "node:path";
import * as vscode from "vscode";
import { parametersOf } from "../engine/model";
import type { NamedTensors } from "../engine/tensor";
import { guarded } from "../failure";
import type { TextEdit } from "../format/edit";
import { applyEdits, parameterEdits } from "../format/edit";
import type { Session } from "../session/session";
import type { Sessions } from "../session/sessions";

/** What training started from. */
export interface Origin {
  readonly uri: vscode.Uri;
  readonly text: string;
  readonly parameters: NamedTensors;
}

/**
 * Writes trained parameters into their document, as one edit that one undo takes back. Where the file has changed so that
 * they belong to it no longer, nothing is overwritten: the user is offered the result as a new file.
 * @returns whether the document has them now
 */
export async function writeParameters(sessions: Sessions, trained: NamedTensors, origin: Origin): Promise<boolean> {
  const reason = await whyNotWritten(sessions, trained, origin);
  if (reason !== null) offerNewFile(trained, origin, reason);
  return reason === null;
}

/** Null where it has been done. */
async function whyNotWritten(sessions: Sessions, trained: NamedTensors, origin: Origin): Promise<string | null> {
  let session: Session;
  try {
    session = await sessions.at(origin.uri);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const change = changeSince(session, origin);
  if (change !== null) return change;
  return (await replaceParameters(session.document, trained))
    ? null
    : "VS Code did not accept the edit; perhaps the file is read-only";
}

/** Null where the parameters that training started from still stand in the text. */
function changeSince(session: Session, { text, parameters }: Origin): string | null {
  if (session.document.getText() === text) return null;
  const { problem } = session.upToDate();
  if (!problem) return "its text has errors now";
  const current = parametersOf(problem.model);
  const names = Object.keys(parameters);
  if (names.join() !== Object.keys(current).join()) return "its model has been changed meanwhile";
  for (const name of names) {
    const before = parameters[name]!;
    const now = current[name]!;
    if (before.rows !== now.rows || before.cols !== now.cols) return "its model has been changed meanwhile";
    if (!before.data.every((value, k) => Object.is(value, now.data[k])))
      return `its parameters have been changed meanwhile (${name})`;
  }
  return null;
}

async function replaceParameters(document: vscode.TextDocument, trained: NamedTensors): Promise<boolean> {
  const text = document.getText();
  const edit = new vscode.WorkspaceEdit();
  for (const { offset, length, text: replacement } of joined(text, parameterEdits(text, trained)))
    edit.replace(
      document.uri,
      new vscode.Range(document.positionAt(offset), document.positionAt(offset + length)),
      replacement,
    );
  return edit.size === 0 || vscode.workspace.applyEdit(edit);
}

/** Numbers of one row stand close together; a million edits of one number each are slow, a few thousand of a row are not. */
const mostBetween = 16;

function joined(text: string, edits: readonly TextEdit[]): TextEdit[] {
  const result: TextEdit[] = [];
  let group: { offset: number; end: number; pieces: string[] } | null = null;
  const close = () => {
    if (group) result.push({ offset: group.offset, length: group.end - group.offset, text: group.pieces.join("") });
  };
  for (const { offset, length, text: replacement } of edits) {
    if (group && offset - group.end <= mostBetween) {
      group.pieces.push(text.slice(group.end, offset), replacement);
      group.end = offset + length;
      continue;
    }
    close();
    group = { offset, end: offset + length, pieces: [replacement] };
  }
  close();
  return result;
}

function offerNewFile(trained: NamedTensors, { uri, text }: Origin, reason: string): void {
  const open = "Open Result as New File";
  const message = `The trained parameters were not written into ${path.posix.basename(uri.path)}: ${reason}. Nothing has been overwritten.`;
  void vscode.window.showWarningMessage(message, open).then((choice) => {
    if (choice === open)
      return guarded("opening the result", () => openAsNewFile(uri, applyEdits(text, parameterEdits(text, trained))));
    return undefined;
  });
}

/** An untitled file beside the original, so that it is a model file at once and its data files are found. */
export async function openAsNewFile(original: vscode.Uri, text: string): Promise<vscode.TextDocument> {
  const stem = path.posix.basename(original.path).replace(/\.rnn\.json$/, "");
  const folder = path.posix.dirname(original.path);
  let name = `${stem}-trained.rnn.json`;
  for (let n = 2; await exists(original.with({ path: path.posix.join(folder, name) })); n++)
    name = `${stem}-trained-${n}.rnn.json`;
  const uri = vscode.Uri.from({ scheme: "untitled", path: path.posix.join(folder, name) });
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
