import * as vscode from "vscode";
import { guarded } from "../failure";
import type { Session } from "../session/session";
import type { Sessions } from "../session/sessions";

/** Reads a model file anew when the data file that it names changes on disk. */
export function watchDataFiles(sessions: Sessions): vscode.Disposable {
  const watched = new Map<Session, { readonly file: string; readonly watcher: vscode.Disposable }>();
  const forget = (session: Session) => {
    watched.get(session)?.watcher.dispose();
    watched.delete(session);
  };
  const follow = (session: Session) =>
    void guarded("watching a data file", async () => {
      const { dataFileOf } = await import("../parts/file");
      const file = dataFileOf(session);
      if (file === (watched.get(session)?.file ?? null)) return;
      forget(session);
      if (file !== null) watched.set(session, { file, watcher: watch(session, file) });
    });
  for (const session of sessions.all()) follow(session);
  return vscode.Disposable.from(
    sessions.onDidOpen(follow),
    sessions.onDidChange(follow),
    sessions.onDidClose(forget),
    new vscode.Disposable(() => [...watched.keys()].forEach(forget)),
  );
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
