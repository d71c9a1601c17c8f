import * as vscode from "vscode";
import type { LoadExporter } from "../commands/exportWorkedExample";
import { targetOf } from "../commands/target";
import { guarded } from "../failure";
import { freePath, openUnsaved } from "../openUnsaved";
import { say } from "../say";
import type { Session } from "../session/session";
import type { Sessions } from "../session/sessions";
import type * as CellChoices from "./cellChoices";
import { rangeOf } from "./places";

/** What knows the cells of a file and of the library: for the first command about one. */
export type LoadCellChoices = () => Promise<typeof CellChoices>;

/** The commands about a single cell: its equations copied into the file, a small model of it, its derivation. */
export function registerCellCommands(
  sessions: Sessions,
  load: LoadCellChoices,
  loadExporter: LoadExporter,
): vscode.Disposable {
  const derivations = new Derivations(sessions, load, loadExporter);
  const register = (name: string, doing: string, run: (session: Session, cell: unknown) => Promise<void>) =>
    vscode.commands.registerCommand(`rnn.${name}`, (...args: unknown[]) =>
      guarded(doing, async () => {
        const target = await targetOf(sessions, args);
        if (target) await run(target.session, args[1]);
      }),
    );
  return vscode.Disposable.from(
    derivations,
    register("copyCell", "copying a cell's equations", (session, cell) => copyCell(session, cell, load)),
    register("tryCell", "trying a cell", (session, cell) => tryCell(session, cell, load)),
    register("derivation", "showing a derivation", async (session, cell) => {
      const { derivableCells } = await load();
      const reading = await session.whenUpToDate();
      const names = reading ? derivableCells(session.document.getText(), reading.source) : [];
      const name = await chosen(names, cell, "Whose derivation?", "The file names no cell.");
      if (name !== null) await derivations.show(session.document.uri, name);
    }),
  );
}

/** The cell that a lens names; else the only one, or one that is picked. */
async function chosen(names: readonly string[], given: unknown, title: string, none: string): Promise<string | null> {
  if (typeof given === "string") return given;
  if (names.length === 0) void say.information(none);
  if (names.length < 2) return names[0] ?? null;
  return (await vscode.window.showQuickPick([...names], { title })) ?? null;
}

/** One edit, which one undo takes back. */
async function copyCell(session: Session, given: unknown, load: LoadCellChoices): Promise<void> {
  const { copyChoices } = await load();
  const reading = await session.whenUpToDate();
  if (!reading) return;
  const { document } = session;
  const choices = copyChoices(document.getText(), reading.source);
  const choice =
    choices.find(({ label }) => label === given) ??
    (await vscode.window.showQuickPick(choices, {
      title: "Whose equations should come into the file?",
      matchOnDescription: true,
      matchOnDetail: true,
    }));
  if (!choice) return;
  if (!choice.edits) {
    void say.warning("The file has no place for a cell: it needs “layers”.");
    return;
  }
  const edit = new vscode.WorkspaceEdit();
  for (const one of choice.edits) edit.replace(document.uri, rangeOf(document, one), one.text);
  await vscode.workspace.applyEdit(edit);
}

async function tryCell(session: Session, given: unknown, load: LoadCellChoices): Promise<void> {
  const { ownCells, smallModel } = await load();
  const reading = await session.whenUpToDate();
  if (!reading) return;
  const { document } = session;
  const names = ownCells(document.getText(), reading.source);
  const none = "The file has no cell of its own: “RNN: Copy a Cell's Equations into the File…” gives it one.";
  const name = await chosen(names, given, "Which cell?", none);
  if (name === null) return;
  const model = smallModel(document.getText(), reading.source, name);
  if (model.kind === "faulty") {
    void say.warning(`The equations of ${name} have errors: ${model.message}`);
    return;
  }
  const folder = vscode.workspace.getWorkspaceFolder(document.uri)?.uri ?? vscode.Uri.joinPath(document.uri, "..");
  const opened = await openUnsaved(await freePath(folder, `${model.stem}-try`), model.text);
  await vscode.commands.executeCommand("rnn.openStepper", opened.uri);
}

/** What a derivation stands in: a page without a script. */
const viewType = "rnn.derivation";

/** Pages with the derivation of a cell, beside the file, which follow it as it changes. */
class Derivations implements vscode.Disposable {
  /** By file and cell. */
  private readonly pages = new Map<
    string,
    { readonly about: vscode.Uri; readonly name: string; readonly page: vscode.WebviewPanel }
  >();
  private readonly following: vscode.Disposable;

  constructor(
    private readonly sessions: Sessions,
    private readonly load: LoadCellChoices,
    private readonly loadExporter: LoadExporter,
  ) {
    this.following = sessions.onDidChange(({ document }) => {
      for (const { about, name, page } of this.pages.values())
        if (about.toString() === document.uri.toString())
          void guarded("showing a derivation", async () => {
            page.webview.html = await this.html(about, name);
          });
    });
  }

  async show(about: vscode.Uri, name: string): Promise<void> {
    const key = JSON.stringify([about.toString(), name]);
    const known = this.pages.get(key);
    if (known) {
      known.page.reveal();
      return;
    }
    const html = await this.html(about, name);
    const beside = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    const page = vscode.window.createWebviewPanel(viewType, `${name}: derivation`, beside, { enableFindWidget: true });
    this.pages.set(key, { about, name, page });
    page.onDidDispose(() => this.pages.delete(key));
    page.webview.html = html;
  }

  private async html(about: vscode.Uri, name: string): Promise<string> {
    const [session, { cellToDerive }, { derivationHtml, messageHtml }] = await Promise.all([
      this.sessions.at(about),
      this.load(),
      this.loadExporter(),
    ]);
    const reading = await session.whenUpToDate();
    const found = reading && cellToDerive(session.document.getText(), reading.source, name);
    if (!found) return messageHtml(name, "The file has no cell of this name any more.");
    if (found.kind === "faulty") return messageHtml(name, `The equations have errors: ${found.message}`);
    return derivationHtml(name, found.cell, found.options, found.constants);
  }

  dispose(): void {
    this.following.dispose();
    for (const { page } of this.pages.values()) page.dispose();
  }
}
