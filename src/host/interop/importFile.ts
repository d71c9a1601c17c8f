import * as path from "node:path";
import * as vscode from "vscode";
import { FileSource } from "../../interop/fileSource";
import { findModels, ImportError, type Imported, take } from "../../interop/import";
import { besideOf, headOf, usualWeights, writeBeside } from "../../interop/importFile";
import type { Found } from "../../interop/network";
import { type Source, sourceOf } from "../../interop/source";
import { besideFile, countParameters, modelText, type Weights } from "../../interop/write";
import { log } from "../failure";
import { freePath, openUnsaved } from "../openUnsaved";
import { plainMessage } from "../plainMessage";
import { say } from "../say";
import { findInThread } from "./findInThread";

const kinds = {
  "Models of other software": ["pt", "pth", "ckpt", "bin", "safetensors", "onnx", "keras", "h5", "npz", "nam", "json"],
  "All files": ["*"],
};

/** Milliseconds of work between two pauses. */
const sliceMs = 20;

/**
 * Opens a model of other software as an unsaved file beside it, and steps into it. Nothing is written unasked.
 * @param given null where somebody is to choose
 * @param threadFile the bundle of the thread in which long texts are parsed
 * @returns the document, null where there is none: somebody gave up, or the file is none
 */
export async function importFile(given: vscode.Uri | null, threadFile: string): Promise<vscode.TextDocument | null> {
  const uri = given ?? (await choose());
  if (!uri) return null;
  const name = path.posix.basename(uri.path);
  const source =
    uri.scheme === "file" ? new FileSource(uri.fsPath) : sourceOf(name, await vscode.workspace.fs.readFile(uri));
  try {
    const found = await read(source, threadFile);
    if (!found) return null;
    const layer = await chooseLayer(found, name);
    if (layer === null) return null;
    const imported = take(found, layer);
    const weights = await chooseWeights(imported);
    if (!weights) return null;
    const stem = headOf(name, imported).name;
    const filePath = await freePath(uri.with({ path: path.posix.dirname(uri.path) }), stem);
    const text = await write(source, imported, weights, uri.with({ path: besideOf(filePath) }));
    if (text === null) return null;
    const document = await openUnsaved(filePath, text);
    await vscode.commands.executeCommand("rnn.openStepper", document.uri);
    tell(name, imported);
    return document;
  } catch (error) {
    if (!(error instanceof ImportError)) throw error;
    void say.error(`${name}: ${error.message}`);
    return null;
  } finally {
    if (source instanceof FileSource) source.close();
  }
}

/** Files up to so many bytes are read before anybody has seen that they are. */
const readAtOnce = 5e6;

/**
 * What is in a file: its numbers are read later, but a long text is parsed first, in another thread, which can be given up.
 * @returns null where somebody gave up
 */
async function read(source: Source, threadFile: string): Promise<Found | null> {
  if (source.size < readAtOnce) return findModels(source);
  const isText = /^[\s\ufeff]*[{[]/.test(new TextDecoder().decode(source.bytes(0, 16)));
  const inThread = isText && source instanceof FileSource;
  return vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: plainMessage(`Reading ${source.name}`),
      cancellable: inThread,
    },
    async (_progress, token) => {
      if (inThread)
        return findInThread(threadFile, source.path, (cancel) => void token.onCancellationRequested(cancel));
      // The notification comes first.
      await new Promise(setImmediate);
      return findModels(source);
    },
  );
}

async function choose(): Promise<vscode.Uri | undefined> {
  const [uri] =
    (await vscode.window.showOpenDialog({ filters: kinds, openLabel: "Import", title: "Import a Network" })) ?? [];
  return uri;
}

interface PartItem extends vscode.QuickPickItem {
  readonly layer?: string;
}

/** Of several recurrent parts, the one that is wanted: by the layer with which it begins; null where nobody chose. */
async function chooseLayer({ chains, left }: Found, name: string): Promise<string | undefined | null> {
  if (chains.length < 2) return undefined;
  const items: PartItem[] = chains.map(({ layers, output }) => {
    const [first] = layers.filter(({ cell }) => cell !== "dense");
    const sizes = layers.map(({ cell, size, inputs }) => `${cell} ${inputs} → ${size}`).join(", ");
    return {
      label: first!.name,
      description: output.dense ? `${sizes}, read-out of ${output.size}` : sizes,
      layer: first!.name,
    };
  });
  const others = left.map(
    ({ name, why }): PartItem => ({ label: `${name}: ${why}`, kind: vscode.QuickPickItemKind.Separator }),
  );
  const chosen = await vscode.window.showQuickPick([...items, ...others], {
    title: `Parts of ${name}`,
    placeHolder: "Which recurrent part is to be opened?",
  });
  return chosen?.layer ?? null;
}

/** A large model's parameters: beside the text, or in it. */
async function chooseWeights(imported: Imported): Promise<Weights | null> {
  if (usualWeights(imported) === "inline") return "inline";
  const count = countParameters(imported.chain).toLocaleString("en");
  const choices = [
    { label: "Write them into a file beside it", description: ".parameters.safetensors", weights: "beside" as const },
    { label: "Put them into the text", description: "a long text", weights: "inline" as const },
  ];
  const chosen = await vscode.window.showQuickPick(choices, { title: `The model has ${count} parameters` });
  return chosen?.weights ?? null;
}

/** The model's text; its parameters, where they lie beside it, are written when all of them are there. Null where somebody gave up. */
async function write(source: Source, imported: Imported, weights: Weights, beside: vscode.Uri): Promise<string | null> {
  const { name, title } = headOf(source.name, imported);
  return vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: plainMessage(`Importing ${source.name}`),
      cancellable: true,
    },
    async (progress, token) => {
      let shown = 0;
      /** Goes through pieces between other work. @returns false where somebody gave up */
      const through = async <T>(pieces: Generator<T>, take: (piece: T) => void): Promise<boolean> => {
        let pause = performance.now() + sliceMs;
        for (const piece of pieces) {
          take(piece);
          if (performance.now() < pause) continue;
          if (source instanceof FileSource) {
            const done = Math.min(100, (100 * source.bytesRead) / source.size);
            progress.report({ increment: Math.max(0, done - shown) });
            shown = Math.max(shown, done);
          }
          await new Promise(setImmediate);
          // Leaving the loop lets the writer take away what is unfinished.
          if (token.isCancellationRequested) return false;
          pause = performance.now() + sliceMs;
        }
        return true;
      };
      if (weights === "beside" && beside.scheme === "file") {
        // Piece by piece to the disk: a large model is never held whole.
        if (!(await through(writeBeside(beside.fsPath, imported), () => undefined))) return null;
      } else if (weights === "beside") {
        const parts: Uint8Array[] = [];
        if (!(await through(besideFile(imported.chain), (part) => parts.push(part)))) return null;
        await vscode.workspace.fs.writeFile(beside, Buffer.concat(parts));
      }
      const lines: string[] = [];
      const besideName = weights === "beside" ? path.posix.basename(beside.path) : null;
      const isWhole = await through(modelText(name, title, imported.chain, besideName), (line) => lines.push(line));
      return isWhole ? lines.join("") : null;
    },
  );
}

function tell(name: string, { report, isPartial }: Imported): void {
  log.info(`${name}: ${JSON.stringify(report, null, 2)}`);
  const layers = report.layers.map((layer) => `${layer.name} (${layer.cell} ${layer.size})`).join(", ");
  const left =
    report.left.length === 0
      ? ""
      : ` Left out: ${report.left.length === 1 ? report.left[0]!.name : `${report.left.length} parts`}; the log names them.`;
  const warning = report.warnings.length > 0 ? ` ${report.warnings.join(". ")}.` : "";
  const message = `Imported ${layers} from ${name}.${left}${warning}`;
  void (isPartial ? say.warning(message) : say.information(message));
}
