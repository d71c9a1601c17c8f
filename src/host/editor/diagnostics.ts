import * as vscode from "vscode";
import type * as CopyCell from "../../format/copyCell";
import type { Diagnostic as Finding, Reading } from "../../format/read";
import type { Fix } from "../../format/remedy";
import type { TextRange } from "../../format/sourceMap";
import type { Session } from "../session/session";
import type { Sessions } from "../session/sessions";
import type * as Fixes from "./fixes";
import { linesOf, modelFiles, rangeOf } from "./places";
import type * as WriteDrawn from "./writeDrawn";

/** What finds the fixes: for the first that somebody asks about. */
export type LoadFixes = () => Promise<typeof Fixes & typeof WriteDrawn & Pick<typeof CopyCell, "ownLayerFix">>;

const source = "RNN";

/** VS Code shows no more of one file. */
const mostShown = 1000;

/** Every error and warning of each open model file, at its place. */
export function registerDiagnostics(sessions: Sessions, load: LoadFixes): vscode.Disposable {
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
      {
        provideCodeActions: (document, range, context) => {
          const session = sessions.of(document);
          return session ? codeActionsFor(session, range, context, load) : [];
        },
      },
      { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix, vscode.CodeActionKind.RefactorRewrite] },
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

/** The fixes of the findings that VS Code asks about, as the text stands once it has been read, and what can be written at the cursor. */
async function codeActionsFor(
  session: Session,
  range: vscode.Range,
  { diagnostics, only }: vscode.CodeActionContext,
  load: LoadFixes,
): Promise<vscode.CodeAction[]> {
  const [{ fixesOf, drawnParametersFix, ownLayerFix }, reading] = await Promise.all([load(), session.whenUpToDate()]);
  if (!reading) return [];
  const { document } = session;
  const lines = linesOf(document);
  const texts = {
    source: reading.source,
    slice: (part: TextRange) => lines.slice(part),
    getText: () => document.getText(),
  };
  const actionOf = ({ title, edits }: Fix, kind: vscode.CodeActionKind) => {
    const action = new vscode.CodeAction(title, kind);
    action.edit = new vscode.WorkspaceEdit();
    for (const edit of edits) action.edit.replace(document.uri, rangeOf(document, edit), edit.text);
    return action;
  };
  const actions = diagnostics.flatMap((diagnostic) => {
    const { message, code } = diagnostic;
    const offset = document.offsetAt(diagnostic.range.start);
    const finding = reading.diagnostics.find(
      (one) => one.offset === offset && one.code === code && one.message === message,
    );
    if (diagnostic.source !== source || !finding) return [];
    return fixesOf(finding, texts).map((fix, k) => {
      const action = actionOf(fix, vscode.CodeActionKind.QuickFix);
      action.diagnostics = [diagnostic];
      action.isPreferred = k === 0;
      return action;
    });
  });
  const isAsked = only === undefined || only.contains(vscode.CodeActionKind.RefactorRewrite);
  const drawn = isAsked ? drawnParametersFix(document, reading, document.offsetAt(range.start)) : null;
  if (drawn) actions.push(actionOf(drawn, vscode.CodeActionKind.RefactorRewrite));
  const [top, l] = (isAsked && reading.source.pathAt(document.offsetAt(range.start))) || [];
  if (top === "layers" && typeof l === "number") {
    const copy = ownLayerFix(document.getText(), reading.source, l);
    if (copy) actions.push(actionOf(copy, vscode.CodeActionKind.RefactorRewrite));
  }
  return actions;
}
