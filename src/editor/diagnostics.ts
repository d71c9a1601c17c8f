import * as vscode from "vscode";
import type { Diagnostic as Finding, Reading } from "../format/read";
import type { Session } from "../session/session";
import type { Sessions } from "../session/sessions";
import { fixOf } from "./fixes";
import { linesOf, modelFiles, rangeOf } from "./places";

const source = "RNN";

/** VS Code shows no more of one file. */
const mostShown = 1000;

/** Every error and warning of each open model file, at its place. */
export function registerDiagnostics(sessions: Sessions): vscode.Disposable {
  const collection = vscode.languages.createDiagnosticCollection("rnn");
  const published = new WeakMap<Session, Reading>();
  const publish = (session: Session) => {
    const { document, reading } = session;
    if (published.get(session) === reading) return;
    published.set(session, reading);
    collection.set(document.uri, diagnosticsOf(document, reading.diagnostics));
  };
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

/** Of very many the first, errors before warnings, and how many there are more: making all of them would hold the thread. */
function diagnosticsOf(document: vscode.TextDocument, findings: readonly Finding[]): vscode.Diagnostic[] {
  const shown =
    findings.length <= mostShown
      ? findings
      : [
          ...findings.filter(({ severity }) => severity === "error"),
          ...findings.filter(({ severity }) => severity !== "error"),
        ].slice(0, mostShown - 1);
  const diagnostics = shown.map(({ severity, code, message, offset, length }) => {
    const diagnostic = new vscode.Diagnostic(
      rangeOf(document, { offset, length }),
      message,
      severity === "error" ? vscode.DiagnosticSeverity.Error : vscode.DiagnosticSeverity.Warning,
    );
    diagnostic.source = source;
    diagnostic.code = code;
    return diagnostic;
  });
  if (shown.length < findings.length) {
    const more = `${(findings.length - shown.length).toLocaleString("en")} more errors and warnings are not shown`;
    const rest = new vscode.Diagnostic(diagnostics.at(-1)!.range, more, vscode.DiagnosticSeverity.Information);
    rest.source = source;
    diagnostics.push(rest);
  }
  return diagnostics;
}

function provideCodeActions(
  document: vscode.TextDocument,
  _range: vscode.Range,
  { diagnostics }: vscode.CodeActionContext,
): vscode.CodeAction[] {
  const own = diagnostics.filter((diagnostic) => diagnostic.source === source);
  if (own.length === 0) return [];
  const lines = linesOf(document);
  return own.flatMap((diagnostic) => {
    const { message, code, range } = diagnostic;
    const offset = document.offsetAt(range.start);
    const length = document.offsetAt(range.end) - offset;
    const fix = fixOf({ code: typeof code === "string" ? code : "", message, offset, length }, (part) =>
      lines.slice(part),
    );
    if (!fix) return [];
    const action = new vscode.CodeAction(fix.title, vscode.CodeActionKind.QuickFix);
    action.edit = new vscode.WorkspaceEdit();
    action.edit.replace(document.uri, rangeOf(document, fix.place), fix.newText);
    action.diagnostics = [diagnostic];
    action.isPreferred = true;
    return [action];
  });
}
