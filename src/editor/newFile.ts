import * as vscode from "vscode";
import { guarded } from "../failure";
import type { Template } from "./templates";

/** The commands that open a new model file or a copy of a sample. */
export function registerNewFile(context: vscode.ExtensionContext): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand("rnn.newModelFile", (fileName?: unknown) =>
      guarded("opening a new model file", async () => {
        const { minimal } = await import("../parts/commands");
        const templates = [minimal, ...(await readSamples(context))];
        const named = templates.find((template) => template.fileName === fileName);
        const template = named ?? (await pick(templates, "What should the new model begin as?"));
        if (template) await openUntitled(template);
      }),
    ),
    vscode.commands.registerCommand("rnn.openSample", (fileName?: unknown) =>
      guarded("opening a sample", async () => {
        const samples = await readSamples(context);
        const named = samples.find((sample) => sample.fileName === fileName);
        const sample =
          named ?? (await pick(samples, "Which sample? A copy is opened, which you can change as you like."));
        if (sample) await openCopy(context, sample);
      }),
    ),
  );
}

function samplesFolder(context: vscode.ExtensionContext): vscode.Uri {
  return vscode.Uri.joinPath(context.extensionUri, "media/samples");
}

async function readSamples(context: vscode.ExtensionContext): Promise<Template[]> {
  const { templateOf } = await import("../parts/commands");
  const folder = samplesFolder(context);
  const names = (await vscode.workspace.fs.readDirectory(folder))
    .map(([name]) => name)
    .filter((name) => name.endsWith(".rnn.json"))
    .sort();
  return Promise.all(
    names.map(async (name) => {
      const bytes = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder, name));
      return templateOf(name, new TextDecoder().decode(bytes));
    }),
  );
}

async function pick(templates: readonly Template[], title: string): Promise<Template | undefined> {
  const items = templates.map((template) => ({
    label: template.title,
    description: template.fileName,
    detail: template.description,
    template,
  }));
  const chosen = await vscode.window.showQuickPick(items, { title, matchOnDescription: true, matchOnDetail: true });
  return chosen?.template;
}

/** A new file without a place on disk yet; where a folder is open, saving puts it there. */
async function openUntitled({ fileName, text }: Template): Promise<void> {
  const { freeName } = await import("../parts/commands");
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const onDisk = folder ? (await vscode.workspace.fs.readDirectory(folder)).map(([name]) => name) : [];
  const open = vscode.workspace.textDocuments.map(({ uri }) => uri.path.slice(uri.path.lastIndexOf("/") + 1));
  const name = freeName(fileName, (name) => onDisk.includes(name) || open.includes(name));
  const path = folder ? vscode.Uri.joinPath(folder, name).path : name;
  const document = await vscode.workspace.openTextDocument(vscode.Uri.from({ scheme: "untitled", path }));
  const edit = new vscode.WorkspaceEdit();
  edit.insert(document.uri, new vscode.Position(0, 0), text);
  await vscode.workspace.applyEdit(edit);
  await vscode.window.showTextDocument(document);
}

/** A copy that belongs to the user, with the data files that stand beside the sample; the stepper opens beside it. */
async function openCopy(context: vscode.ExtensionContext, { fileName, text }: Template): Promise<void> {
  const { freeName } = await import("../parts/commands");
  const samples = samplesFolder(context);
  const folder = vscode.Uri.joinPath(context.globalStorageUri, "samples");
  await vscode.workspace.fs.createDirectory(folder);
  for (const [name] of await vscode.workspace.fs.readDirectory(samples))
    if (!name.endsWith(".json"))
      await vscode.workspace.fs.copy(vscode.Uri.joinPath(samples, name), vscode.Uri.joinPath(folder, name), {
        overwrite: true,
      });
  // What somebody has changed in an earlier copy stays.
  const earlier = new Map<string, string>();
  for (const [name] of await vscode.workspace.fs.readDirectory(folder)) {
    const bytes = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder, name));
    earlier.set(name, new TextDecoder().decode(bytes));
  }
  const name = freeName(fileName, (name) => earlier.has(name) && earlier.get(name) !== text);
  const copy = vscode.Uri.joinPath(folder, name);
  if (!earlier.has(name)) await vscode.workspace.fs.writeFile(copy, new TextEncoder().encode(text));
  await vscode.window.showTextDocument(copy, { viewColumn: vscode.ViewColumn.One });
  await vscode.commands.executeCommand("rnn.openStepper", copy);
}
