import * as vscode from "vscode";
import type { TextRange } from "../../format/sourceMap";
import type { LineRange, TextLines } from "./textLines";

/** The documents that the editor's features are for. */
export const modelFiles: vscode.DocumentSelector = { pattern: "**/*.rnn.json" };

export function rangeOf(document: vscode.TextDocument, { offset, length }: TextRange): vscode.Range {
  return new vscode.Range(document.positionAt(offset), document.positionAt(offset + length));
}

export function linesOf(document: vscode.TextDocument): TextLines {
  return {
    lineAt: (offset) => document.positionAt(offset).line,
    slice: (range) => document.getText(rangeOf(document, range)),
  };
}

export function visibleLines(editor: vscode.TextEditor): LineRange[] {
  return editor.visibleRanges.map(({ start, end }) => ({ from: start.line, to: end.line }));
}
