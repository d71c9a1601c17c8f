import * as vscode from "vscode";
import type { Tensor } from "../../engine/tensor";
import { arrayTable } from "./arrayTable";

const scheme = "rnn-array";

/** Read-only documents of arrays, each with its text as long as it is open. */
const shown = new Map<string, string>();
let provider: vscode.Disposable | null = null;

/** Shows an array beside, with the entry selected. @param file where it lies */
export async function showArray(file: string, name: string, tensor: Tensor, entry: readonly number[]): Promise<void> {
  provider ??= vscode.workspace.registerTextDocumentContentProvider(scheme, {
    provideTextDocumentContent: (uri) => shown.get(uri.toString()) ?? null,
  });
  const { text, line, from, to } = arrayTable(`${name} in ${file}`, tensor, entry);
  const uri = vscode.Uri.from({ scheme, path: `/${name}.txt`, query: `${file} ${entry.join(" ")}` });
  shown.set(uri.toString(), text);
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.window.showTextDocument(document, {
    viewColumn: vscode.ViewColumn.One,
    preview: true,
    selection: new vscode.Range(line, from, line, to),
  });
}
