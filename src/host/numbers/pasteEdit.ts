import * as vscode from "vscode";
import { layoutAt } from "../../format/edit";
import { printJson } from "../../format/layout";
import { pastedValue } from "../../interop/pastedValue";

/** Longer than this nobody pastes by hand; the command reads it with a message where it fails. */
const mostCharacters = 1_000_000;

/** So far back it is looked what a pasted text stands behind. */
const contextCharacters = 200;

/** The text of a paste as this format's numbers; null where it is none, or is JSON already, or does not stand where a value belongs. */
export function pastedText(document: vscode.TextDocument, range: vscode.Range, text: string): string | null {
  if (text.length > mostCharacters) return null;
  const offset = document.offsetAt(range.start);
  const before = document.getText(
    new vscode.Range(document.positionAt(Math.max(0, offset - contextCharacters)), range.start),
  );
  const value = pastedValue(text, before);
  return value === null ? null : printJson(value, layoutAt(document.getText(), offset, 120));
}
