import * as path from "node:path";
import * as vscode from "vscode";
import type * as Exporter from "../../export";
import type { ExportFormat } from "../../export/formats";
import { exportFormats, isExportFormat } from "../../export/formats";
import type { QuantityKind, WorksheetOptions } from "../../export/worksheet";
import type { Stepper } from "../../stepper/stepper";
import { say } from "../say";
import type { Session } from "../session/session";

/** The exporter with the typesetting of formulas: when somebody exports. */
export type LoadExporter = () => Promise<typeof Exporter>;

/**
 * Writes the run that is stepped through as a document or a script, and opens it.
 * @param format where it is given, nothing is asked, and the file goes beside the model's
 */
export async function exportWorkedExample(
  session: Session,
  stepper: Stepper,
  format: unknown,
  load: LoadExporter,
): Promise<void> {
  const chosen = isExportFormat(format) ? format : await pickFormat();
  if (!chosen) return;
  const exporter = await load();
  const isAsking = chosen.startsWith("worksheet") && !isExportFormat(format);
  const asked = isAsking ? await pickQuestions(exporter, stepper) : {};
  if (!asked) return;
  const proposed = proposedFile(session.document.uri, chosen);
  const target = isExportFormat(format) ? proposed : await pickFile(proposed, chosen);
  if (!target) return;
  const digits = vscode.workspace.getConfiguration("rnn", session.document.uri).get<number>("digits", 4);
  const text = exporter.exportText(chosen, stepper, digits, asked);
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

/** Which steps and quantities a worksheet asks for; undefined where somebody has changed his mind. */
async function pickQuestions(
  { shownSteps, quantityKinds, usualQuantities }: typeof Exporter,
  { run }: Stepper,
): Promise<Pick<WorksheetOptions, "steps" | "quantities"> | undefined> {
  const steps = await vscode.window.showQuickPick(
    shownSteps(run.length).map((t) => ({ label: `t = ${t}`, picked: true, t })),
    { title: "Worksheet: which steps", placeHolder: "The steps that it asks for", canPickMany: true },
  );
  if (!steps) return undefined;
  const quantities = await vscode.window.showQuickPick(
    Object.entries(quantityKinds).map(([kind, { label, detail }]) => ({
      label,
      description: detail,
      picked: usualQuantities.some((usual) => usual === kind),
      quantity: kind as QuantityKind,
    })),
    { title: "Worksheet: which quantities", placeHolder: "What is to be worked out", canPickMany: true },
  );
  if (!quantities) return undefined;
  if (steps.length === 0 || quantities.length === 0) {
    void say.information("A worksheet asks for one step and one quantity at least.");
    return undefined;
  }
  return { steps: steps.map(({ t }) => t), quantities: quantities.map(({ quantity }) => quantity) };
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
  void say
    .information(`${path.posix.basename(file.path)} is written.`, open)
    .then((choice) => (choice === open ? vscode.env.openExternal(file) : undefined));
}
