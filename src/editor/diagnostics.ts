import * as vscode from "vscode";
import type { Session } from "../session/session";
import type { Sessions } from "../session/sessions";
import { fixOf } from "./fixes";
import { modelFiles, rangeOf } from "./places";

const source = "RNN";

/** Every error and warning of each open model file, at its place. */
export function registerDiagnostics(sessions: Sessions): vscode.Disposable {
  const collection = vscode.languages.createDiagnosticCollection("rnn");
  const publish = ({ document, reading }: Session) =>
    collection.set(
      document.uri,
      reading.diagnostics.map(({ severity, code, message, offset, length }) => {
        const diagnostic = new vscode.Diagnostic(
          rangeOf(document, { offset, length }),
          message,
          severity === "error" ? vscode.DiagnosticSeverity.Error : vscode.DiagnosticSeverity.Warning,
        );
        diagnostic.source = source;
        diagnostic.code = code;
        return diagnostic;
      }),
    );
  for (const session of sessions.all()) publish(session);
  return vscode.Disposable.from(
    collection,
    sessions.onDidOpen(publish),
    sessions.onDidChange(publish),
    sessions.onDidClose(({ document }) => collection.delete(document.uri)),
    vscode.languages.registerCodeActionsProvider(
      modelFiles,
      { provideCodeActions },
      { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] },
    ),
  );
}

function provideCodeActions(
  document: vscode.TextDocument,
  _range: vscode.Range,
  { diagnostics }: vscode.CodeActionContext,
): vscode.CodeAction[] {
  const own = diagnostics.filter((diagnostic) => diagnostic.source === source);
  if (own.length === 0) return [];
  const text = document.getText();
  return own.flatMap((diagnostic) => {
    const { message, code, range } = diagnostic;
    const offset = document.offsetAt(range.start);
    const length = document.offsetAt(range.end) - offset;
    const fix = fixOf({ code: typeof code === "string" ? code : "", message, offset, length }, text);
    if (!fix) return [];
    const action = new vscode.CodeAction(fix.title, vscode.CodeActionKind.QuickFix);
    action.edit = new vscode.WorkspaceEdit();
    action.edit.replace(document.uri, rangeOf(document, fix.place), fix.newText);
    action.diagnostics = [diagnostic];
    action.isPreferred = true;
    return [action];
  });
}
