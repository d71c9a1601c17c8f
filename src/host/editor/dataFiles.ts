import * as vscode from "vscode";
import { guarded } from "../failure";
import type { Session } from "../session/session";
import type { Sessions } from "../session/sessions";
import type * as DataFile from "./dataFile";

/** What finds the data file that a model file names: for the first model file. */
export type LoadDataFile = () => Promise<typeof DataFile>;

/** Reads a model file anew when a data file that it names changes on disk. */
export function watchDataFiles(sessions: Sessions, load: LoadDataFile): vscode.Disposable {
  const watched = new Map<Session, { readonly files: string; readonly watcher: vscode.Disposable }>();
  const forget = (session: Session) => {
    watched.get(session)?.watcher.dispose();
    watched.delete(session);
  };
  const follow = (session: Session) =>
    void guarded("watching a data file", async () => {
      const { dataFilesOf } = await load();
      const names = vscode.workspace.isTrusted ? dataFilesOf(session) : [];
      const files = names.join("\n");
      if (files === (watched.get(session)?.files ?? "")) return;
      forget(session);
      if (names.length > 0)
        watched.set(session, {
          files,
          watcher: vscode.Disposable.from(...names.map((file) => watch(session, file))),
        });
    });
  for (const session of sessions.all()) follow(session);
  return vscode.Disposable.from(
    sessions.onDidOpen(follow),
    sessions.onDidChange(follow),
    sessions.onDidClose(forget),
    vscode.workspace.onDidGrantWorkspaceTrust(() => {
      for (const session of sessions.all()) session.documentChanged();
    }),
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
