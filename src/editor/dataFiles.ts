import { parse } from "jsonc-parser";
import * as vscode from "vscode";
import type { Session } from "../session/session";
import type { Sessions } from "../session/sessions";
import { rangeOf } from "./places";

/** Reads a model file anew when the data file that it names changes on disk. */
export function watchDataFiles(sessions: Sessions): vscode.Disposable {
  const watched = new Map<Session, { readonly file: string; readonly watcher: vscode.Disposable }>();
  const forget = (session: Session) => {
    watched.get(session)?.watcher.dispose();
    watched.delete(session);
  };
  const follow = (session: Session) => {
    const file = dataFileOf(session);
    if (file === (watched.get(session)?.file ?? null)) return;
    forget(session);
    if (file !== null) watched.set(session, { file, watcher: watch(session, file) });
  };
  for (const session of sessions.all()) follow(session);
  return vscode.Disposable.from(
    sessions.onDidOpen(follow),
    sessions.onDidChange(follow),
    sessions.onDidClose(forget),
    new vscode.Disposable(() => [...watched.keys()].forEach(forget)),
  );
}

/** The data file's name as the model file has it. */
function dataFileOf({ document, reading, isUpToDate }: Session): string | null {
  const place = isUpToDate && document.uri.scheme === "file" ? reading.source.locate(["sequences", "file"]) : null;
  const name: unknown = place && parse(document.getText(rangeOf(document, place)));
  return typeof name === "string" && name !== "" ? name : null;
}

function watch(session: Session, file: string): vscode.Disposable {
  const uri = vscode.Uri.joinPath(session.document.uri, "..", file);
  const name = uri.path.slice(uri.path.lastIndexOf("/") + 1);
  const watcher = vscode.workspace.createFileSystemWatcher(
    new vscode.RelativePattern(vscode.Uri.joinPath(uri, ".."), name.replaceAll(/[*?{}[\]]/g, "?")),
  );
  const readAgain = () => session.documentChanged();
  return vscode.Disposable.from(
    watcher,
    watcher.onDidChange(readAgain),
    watcher.onDidCreate(readAgain),
    watcher.onDidDelete(readAgain),
  );
}
