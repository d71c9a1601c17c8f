import * as vscode from "vscode";
import { guarded } from "../failure";
import type * as Templates from "./templates";
import type { Template } from "./templates";

/** What a new file can begin as: for the first one. */
export type LoadTemplates = () => Promise<typeof Templates>;

/** A folder of files that come with the extension, and of which the user gets copies. */
type Shelf = "samples" | "courses";

/** The commands that open a new model file or a copy of a sample or of a course's exercise. */
export function registerNewFile(context: vscode.ExtensionContext, load: LoadTemplates): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand("rnn.newModelFile", (fileName?: unknown) =>
      guarded("opening a new model file", async () => {
        const { minimal, word, cellTemplates } = await load();
        const templates = [minimal, word, ...(await readShelf(context, "samples", load)), ...cellTemplates()];
        const named = templates.find((template) => template.fileName === fileName);
        const template = named ?? (await pick(templates, "What should the new model begin as?"));
        if (template) await openUntitled(template, load);
      }),
    ),
    vscode.commands.registerCommand("rnn.openSample", (fileName?: unknown) =>
      guarded("opening a sample", async () => {
        const title = "Which sample? A copy is opened, which you can change as you like.";
        await openFrom(context, "samples", fileName, title, load);
      }),
    ),
    vscode.commands.registerCommand("rnn.openCourseExercise", (fileName?: unknown) =>
      guarded("opening a course's exercise", async () => {
        const title =
          "Which exercise? A copy is opened, with the course's inputs and its published numbers as expectations.";
        await openFrom(context, "courses", fileName, title, load);
      }),
    ),
  );
}

/** @param fileName the file to open; anything else is asked for */
async function openFrom(
  context: vscode.ExtensionContext,
  shelf: Shelf,
  fileName: unknown,
  title: string,
  load: LoadTemplates,
): Promise<void> {
  const templates = await readShelf(context, shelf, load);
  const named = templates.find((template) => template.fileName === fileName);
  const template = named ?? (await pick(templates, title));
  if (template) await openCopy(context, shelf, template, load);
}

function folderOf(context: vscode.ExtensionContext, shelf: Shelf): vscode.Uri {
  return vscode.Uri.joinPath(context.extensionUri, "media", shelf);
}

async function readShelf(context: vscode.ExtensionContext, shelf: Shelf, load: LoadTemplates): Promise<Template[]> {
  const { templateOf } = await load();
  const folder = folderOf(context, shelf);
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
async function openUntitled({ fileName, text }: Template, load: LoadTemplates): Promise<void> {
  const { freeName } = await load();
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

/** A copy that belongs to the user, with the data files that stand beside it; the stepper opens beside it. */
async function openCopy(
  context: vscode.ExtensionContext,
  shelf: Shelf,
  { fileName, text }: Template,
  load: LoadTemplates,
): Promise<void> {
  const { freeName } = await load();
  const samples = folderOf(context, shelf);
  const folder = vscode.Uri.joinPath(context.globalStorageUri, shelf);
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
