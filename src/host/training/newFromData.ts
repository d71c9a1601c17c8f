import * as path from "node:path";
import * as vscode from "vscode";
import { cells } from "../../engine/cells";
import { cellKinds } from "../../engine/variants";
import { decodeText, openBeginning, openData } from "../../format/openData";
import type { Slices } from "../../format/slices";
import { readWithProgress } from "../readWithProgress";
import { say } from "../say";
import { modelFileFor, previewTable, type TablePreview, windowsText } from "./dataModel";

const title = (question: number) => `New Model from Data (${question}/3)`;
const mostLength = 100_000;

/** Asks for a data file, what to predict, how far back and with which cell; writes the model file beside it and opens it. */
export async function newModelFromData(given: unknown): Promise<vscode.Uri | null> {
  const data = given instanceof vscode.Uri ? given : await pickData();
  if (!data) return null;
  const file = path.basename(data.fsPath);
  const isTable = /\.(csv|tsv)$/i.test(file);
  const text = await (isTable ? askTable(data.fsPath, file) : askText(data.fsPath, file));
  return text === null ? null : open(data, text);
}

/** @returns null where it cannot be read, which is said, or somebody has cancelled it */
async function read<Result>(file: string, work: Slices<Result>): Promise<Result | null> {
  try {
    return (await readWithProgress(`Reading ${file}`, work))?.result ?? null;
  } catch (error) {
    void say.error(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

async function pickData(): Promise<vscode.Uri | null> {
  const chosen = await vscode.window.showOpenDialog({
    title: "A table or a text to learn from",
    filters: { "Tables and texts": ["csv", "tsv", "txt"] },
  });
  return chosen?.[0] ?? null;
}

async function askTable(fileName: string, file: string): Promise<string | null> {
  const bytes = await read(file, openBeginning(fileName));
  if (bytes === null) return null;
  const preview = previewTable(bytes, file);
  if (preview.columns.length === 0) {
    void say.warning(`${file} has no column of numbers in its first rows.`);
    return null;
  }
  const items = preview.columns.map((column, c) => ({
    label: typeof column === "number" ? `column ${column}` : column,
    description: preview.rows
      .slice(0, 6)
      .map((row) => row[c])
      .join("  "),
    column,
    picked: c === 0,
  }));
  const chosen =
    items.length === 1
      ? items
      : await vscode.window.showQuickPick(items, {
          title: title(1),
          placeHolder: "What is to be predicted, from its own past?",
          canPickMany: true,
        });
  if (!chosen || chosen.length === 0) return null;
  const columns = chosen.map(({ column }) => column);
  const length = await askLength(
    "How many rows back? A sequence has so many, and its targets are the rows after.",
    12,
    (window) => preparedFor(preview, columns, window),
  );
  const cell = length === null ? null : await askCell();
  return length === null || cell === null
    ? null
    : modelFileFor({ file, columns, tokens: "characters", length, cell, tokenCount: 0 });
}

/** How the first windows look. */
function preparedFor(preview: TablePreview, columns: readonly (string | number)[], window: number): string {
  return `First windows: ${windowsText(preview, columns, window)}`;
}

/** The tokens of a text, and how it begins. */
interface TextFacts {
  readonly beginning: string;
  readonly characters: number;
  readonly words: number;
}

const charactersInSlice = 1 << 20;

function* textFacts(fileName: string): Slices<TextFacts> {
  const text = yield* decodeText(yield* openData(fileName));
  const characters = new Set<string>();
  const words = new Set<string>();
  // A word that a slice cuts in two is counted with the next one.
  let rest = "";
  for (let at = 0; at < text.length; at += charactersInSlice) {
    const slice = rest + text.slice(at, at + charactersInSlice);
    const end = at + charactersInSlice < text.length ? Math.max(0, slice.search(/\S*$/)) : slice.length;
    rest = slice.slice(end);
    for (const character of slice.slice(0, end).replaceAll("\r\n", "\n")) characters.add(character);
    for (const word of slice.slice(0, end).match(/\S+/gu) ?? []) words.add(word);
    yield;
  }
  characters.delete("\uFEFF");
  return { beginning: text.slice(0, 65_536).replace(/^\uFEFF/, ""), characters: characters.size, words: words.size };
}

async function askText(fileName: string, file: string): Promise<string | null> {
  const facts = await read(file, textFacts(fileName));
  if (facts === null) return null;
  const { beginning: text, characters, words } = facts;
  const unit = await vscode.window.showQuickPick(
    [
      { label: "Characters", description: `${characters} different ones`, tokens: "characters" as const },
      { label: "Words", description: `${words} different ones`, tokens: "words" as const },
    ],
    { title: title(1), placeHolder: "What is to be predicted, one after the other?" },
  );
  if (!unit) return null;
  const split = unit.tokens === "characters" ? Array.from(text.slice(0, 4096)) : text.split(/\s+/u);
  const length = await askLength(
    `How many ${unit.tokens} back? The text is cut into pieces of so many.`,
    25,
    (count) => {
      const shown = split.slice(0, Math.min(count, 30)).join(unit.tokens === "characters" ? "" : " ");
      return `First piece: ${JSON.stringify(shown)}${count > 30 ? " …" : ""}`;
    },
  );
  const cell = length === null ? null : await askCell();
  const tokenCount = unit.tokens === "characters" ? characters : words;
  return length === null || cell === null
    ? null
    : modelFileFor({ file, columns: null, tokens: unit.tokens, length, cell, tokenCount });
}

/** @param preview what stands under a good length */
async function askLength(prompt: string, value: number, preview: (length: number) => string): Promise<number | null> {
  const lengthOf = (text: string) => {
    const length = Number(text);
    return Number.isInteger(length) && length >= 1 && length <= mostLength ? length : null;
  };
  const text = await vscode.window.showInputBox({
    title: title(2),
    // What is typed is validated, with a preview; what stands there at first is not.
    prompt: `${prompt} ${preview(value)}`,
    value: String(value),
    ignoreFocusOut: true,
    validateInput: (typed) => {
      const length = lengthOf(typed);
      if (length === null) return `Found ${JSON.stringify(typed)}, expected a whole number from 1 to ${mostLength}.`;
      return { message: preview(length), severity: vscode.InputBoxValidationSeverity.Info };
    },
  });
  return text === undefined ? null : lengthOf(text);
}

async function askCell(): Promise<string | null> {
  const usual = ["lstm", "gru", "rnn"];
  const recurrent = cellKinds().filter((kind) => usual.includes(kind));
  const items = recurrent
    .sort((a, b) => usual.indexOf(a) - usual.indexOf(b))
    .map((kind) => ({ label: kind, description: cells[kind].title, detail: cells[kind].equation }));
  const chosen = await vscode.window.showQuickPick(items, { title: title(3), placeHolder: "Which cell?" });
  return chosen?.label ?? null;
}

/** Writes the file beside the data, under a name that is free, and opens it with its stepper. */
async function open(data: vscode.Uri, text: string): Promise<vscode.Uri> {
  const folder = vscode.Uri.joinPath(data, "..");
  const taken = new Set((await vscode.workspace.fs.readDirectory(folder)).map(([name]) => name));
  const base = path.basename(data.fsPath).replace(/\.[^.]*$/, "");
  let name = `${base}.rnn.json`;
  for (let k = 2; taken.has(name); k++) name = `${base}-${k}.rnn.json`;
  const uri = vscode.Uri.joinPath(folder, name);
  await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
  await vscode.window.showTextDocument(uri, { viewColumn: vscode.ViewColumn.One });
  await vscode.commands.executeCommand("rnn.openStepper", uri);
  return uri;
}
