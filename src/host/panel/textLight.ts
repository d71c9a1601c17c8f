import * as vscode from "vscode";
import type { FilePath } from "../../explain/values";
import type { Session } from "../session/session";
import { placeOf } from "./place";

/** What the number is made of that somebody points at in the panel, lit up in the text where that gives it. */
export class TextLight implements vscode.Disposable {
  private readonly lit = vscode.window.createTextEditorDecorationType({
    backgroundColor: new vscode.ThemeColor("editor.wordHighlightStrongBackground"),
    outline: "1px solid",
    outlineColor: new vscode.ThemeColor("focusBorder"),
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
  });

  /** Lights these places up in every editor of the session's text, and no others. */
  show({ document, reading, isUpToDate }: Session, paths: readonly FilePath[]): void {
    const text = document.getText();
    const ranges = (isUpToDate ? paths : []).flatMap((path) => {
      const place = placeOf(reading.source, path, text);
      return place
        ? [new vscode.Range(document.positionAt(place.offset), document.positionAt(place.offset + place.length))]
        : [];
    });
    for (const editor of vscode.window.visibleTextEditors)
      if (editor.document === document) editor.setDecorations(this.lit, ranges);
  }

  dispose(): void {
    this.lit.dispose();
  }
}
