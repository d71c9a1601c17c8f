import * as path from "node:path";
import * as vscode from "vscode";
import { parametersOf } from "../../engine/model";
import type { NamedTensors } from "../../engine/tensor";
import type { TextEdit } from "../../format/edit";
import { applyEdits, parameterEdits } from "../../format/edit";
import { printArchive, printParameters, type SplitParameters, splitParameters } from "../../format/parameterFile";
import { guarded } from "../failure";
import { freePath, openUnsaved } from "../openUnsaved";
import { say } from "../say";
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

/** So often the parameters are written anew into a text that is being changed. */
const mostAttempts = 50;

/** Null where it has been done. */
async function whyNotWritten(sessions: Sessions, trained: NamedTensors, origin: Origin): Promise<string | null> {
  let session: Session;
  try {
    session = await sessions.at(origin.uri);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const { beside } = splitParameters(session.document.getText(), trained);
  if (beside && !(await mayOverwrite(beside.file))) return `${beside.file} was not to be overwritten`;
  // VS Code refuses an edit of a text that has changed since it was made: while somebody types, it is made anew.
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const change = await changeSince(session, origin);
    if (change !== null) return change;
    const { version } = session.document;
    const { inText } = splitParameters(session.document.getText(), trained);
    if (await replaceParameters(session.document, inText)) {
      if (beside) await replaceBeside(session.document.uri, beside);
      return null;
    }
    if (session.document.version === version) return "VS Code did not accept the edit";
  }
  return "its text was being changed all the time";
}

/** Null where the parameters that training started from still stand in the text. */
async function changeSince(session: Session, { text, parameters }: Origin): Promise<string | null> {
  if (session.document.getText() === text) return null;
  const problem = (await session.whenUpToDate())?.problem;
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

/** Whether somebody lets what lies beside the text be overwritten, which no undo takes back. */
async function mayOverwrite(file: string): Promise<boolean> {
  const write = `Overwrite ${path.posix.basename(file)}`;
  const question = `The parameters lie in ${file}. Undo does not take back what is written there.`;
  return (await say.question(question, write)) === write;
}

/** Writes what lies beside the text, in one replace. */
async function replaceBeside(
  uri: vscode.Uri,
  { file, tensors }: NonNullable<SplitParameters["beside"]>,
): Promise<void> {
  const target = vscode.Uri.joinPath(uri.with({ scheme: "file" }), "..", file);
  const unfinished = target.with({ path: `${target.path}.unfinished` });
  const content = /\.npz$/i.test(file) ? printArchive(tensors) : printParameters(tensors);
  await vscode.workspace.fs.writeFile(unfinished, content);
  await vscode.workspace.fs.rename(unfinished, target, { overwrite: true });
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
  void say.warning(message, open).then((choice) => {
    if (choice === open)
      return guarded("opening the result", () => openAsNewFile(uri, applyEdits(text, parameterEdits(text, trained))));
    return undefined;
  });
}

/** An unsaved file beside the original. */
export async function openAsNewFile(original: vscode.Uri, text: string): Promise<vscode.TextDocument> {
  const stem = path.posix.basename(original.path).replace(/\.rnn\.json$/, "");
  const folder = original.with({ path: path.posix.dirname(original.path) });
  return openUnsaved(await freePath(folder, `${stem}-trained`), text);
}
