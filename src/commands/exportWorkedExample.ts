import * as path from "node:path";
import * as vscode from "vscode";
import type { ExportFormat } from "../export/formats";
import { exportFormats, isExportFormat } from "../export/formats";
import type { Session } from "../session/session";
import type { Stepper } from "../stepper/stepper";

/**
 * Writes the run that is stepped through as a document or a script, and opens it.
 * @param format where it is given, nothing is asked, and the file goes beside the model's
 */
export async function exportWorkedExample(session: Session, stepper: Stepper, format: unknown): Promise<void> {
  const chosen = isExportFormat(format) ? format : await pickFormat();
  if (!chosen) return;
  const proposed = proposedFile(session.document.uri, chosen);
  const target = isExportFormat(format) ? proposed : await pickFile(proposed, chosen);
  if (!target) return;
  const digits = vscode.workspace.getConfiguration("rnn", session.document.uri).get<number>("digits", 4);
  const { exportText } = await import("../parts/export");
  const text = exportText(chosen, stepper, digits);
  await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(text));
  if (target.path.endsWith(".html")) offerBrowser(target);
  else await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(target), { preview: false });
}

async function pickFormat(): Promise<ExportFormat | undefined> {
  const items = Object.entries(exportFormats).map(([format, { label, detail }]) => ({ label, detail, format }));
  const picked = await vscode.window.showQuickPick(items, {
    title: "Export Worked Example (1/2)",
    placeHolder: "The sequence that you step through, from the model to the update",
    matchOnDetail: true,
  });
  return picked && isExportFormat(picked.format) ? picked.format : undefined;
}

function pickFile(proposed: vscode.Uri, format: ExportFormat): Thenable<vscode.Uri | undefined> {
  const { label, ending } = exportFormats[format];
  return vscode.window.showSaveDialog({
    title: "Export Worked Example (2/2)",
    defaultUri: proposed,
    filters: { [label]: [path.posix.extname(ending).slice(1)] },
  });
}

/** Beside the model's file, or, where that is not on disk yet, in the folder that is open. */
function proposedFile(model: vscode.Uri, format: ExportFormat): vscode.Uri {
  const name = `${path.posix.basename(model.path).replace(/\.rnn\.json$/, "")}${exportFormats[format].ending}`;
  if (model.scheme !== "untitled") return vscode.Uri.joinPath(model, "..", name);
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  return folder ? vscode.Uri.joinPath(folder, name) : vscode.Uri.file(path.resolve(name));
}

function offerBrowser(file: vscode.Uri): void {
  const open = "Open in Browser";
  void vscode.window
    .showInformationMessage(`${path.posix.basename(file.path)} is written.`, open)
    .then((choice) => (choice === open ? vscode.env.openExternal(file) : undefined));
}
