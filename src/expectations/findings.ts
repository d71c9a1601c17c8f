import * as vscode from "vscode";
import type { Comparison } from "../check";
import { linesOf, modelFiles, rangeOf } from "../editor/places";
import { guarded } from "../failure";
import type * as FileParts from "../parts/file";
import type { Session } from "../session/session";
import type { Sessions } from "../session/sessions";
import type { Checked, ExpectationChecks } from "./checks";
import { marksOf } from "./marks";

const source = "RNN";
const code = "expectation";
/** So many wrong numbers are told one by one; nobody reads more. */
const mostFindings = 500;

/** Marks each expected number right or wrong where it stands, and offers to take over the computed ones. */
export function registerFindings(sessions: Sessions, checks: ExpectationChecks): vscode.Disposable {
  const collection = vscode.languages.createDiagnosticCollection("rnn-expectations");
  const rightType = vscode.window.createTextEditorDecorationType({
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
    after: { color: new vscode.ThemeColor("testing.iconPassed"), margin: "0 0 0 2ch", fontStyle: "normal" },
  });
  const wrongType = vscode.window.createTextEditorDecorationType({
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
    after: { color: new vscode.ThemeColor("editorWarning.foreground"), fontStyle: "normal" },
  });
  const draw = (editor: vscode.TextEditor) => {
    const { document } = editor;
    const session = sessions.of(document);
    const checked = session && checks.of(session);
    const { lines, wrong } =
      session && checked
        ? marksOf(checked.comparisons, session.reading.source, linesOf(document), digitsOf(document))
        : { lines: [], wrong: [] };
    editor.setDecorations(
      rightType,
      lines.map(({ line, text }) => {
        const { end } = document.lineAt(line).range;
        return mark(new vscode.Range(end, end), text);
      }),
    );
    editor.setDecorations(
      wrongType,
      wrong.slice(0, mostFindings).map(({ place, text }) => mark(rangeOf(document, place), text)),
    );
  };
  const publish = (session: Session) =>
    void guarded("marking the expectations", async () => {
      const words = await import("../parts/file");
      const { document } = session;
      const checked = checks.of(session);
      collection.set(document.uri, checked ? findingsOf(session, checked, words) : []);
      for (const editor of vscode.window.visibleTextEditors) if (editor.document === document) draw(editor);
    });
  return vscode.Disposable.from(
    collection,
    rightType,
    wrongType,
    checks.onDidChange(publish),
    sessions.onDidClose(({ document }) => collection.delete(document.uri)),
    vscode.window.onDidChangeVisibleTextEditors((editors) => editors.forEach(draw)),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("rnn.digits")) sessions.all().forEach(publish);
    }),
    vscode.languages.registerCodeActionsProvider(
      modelFiles,
      { provideCodeActions: (document, _range, context) => actionsOf(sessions, checks, document, context) },
      { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] },
    ),
  );
}

function digitsOf(document: vscode.TextDocument): number {
  return vscode.workspace.getConfiguration("rnn", document).get<number>("digits", 4);
}

function mark(range: vscode.Range, text: string): vscode.DecorationOptions {
  // Plain spaces at the ends would be swallowed.
  return { range, renderOptions: { after: { contentText: text.replaceAll(" ", "\u00a0") } } };
}

/** The wrong numbers of a file, with their places: so many of them at most. */
function wrongOf({ document, reading }: Session, { comparisons }: Checked, most = Number.POSITIVE_INFINITY) {
  const wrong: { comparison: Comparison; index: number; range: vscode.Range }[] = [];
  for (const [index, comparison] of comparisons.entries()) {
    if (wrong.length >= most) break;
    const place = comparison.right ? null : reading.source.locate(comparison.expected.path);
    if (place) wrong.push({ comparison, index, range: rangeOf(document, place) });
  }
  return wrong;
}

function findingsOf(
  session: Session,
  checked: Checked,
  { explanationOfNumber, wrongText }: Pick<typeof FileParts, "explanationOfNumber" | "wrongText">,
): vscode.Diagnostic[] {
  const digits = digitsOf(session.document);
  return wrongOf(session, checked, mostFindings).map(({ comparison, index, range }) => {
    const text = wrongText(checked.problem.model, comparison, checked.expect.tolerance, digits);
    const explanation = explanationOfNumber(checked.diagnoses, index);
    // A file whose numbers are wrong still runs.
    const finding = new vscode.Diagnostic(
      range,
      explanation === null ? text : `${text}. ${explanation}`,
      vscode.DiagnosticSeverity.Warning,
    );
    finding.source = source;
    finding.code = code;
    return finding;
  });
}

async function actionsOf(
  sessions: Sessions,
  checks: ExpectationChecks,
  document: vscode.TextDocument,
  { diagnostics }: vscode.CodeActionContext,
): Promise<vscode.CodeAction[]> {
  const { printNumber } = await import("../parts/file");
  const session = sessions.of(document);
  const checked = session && checks.of(session);
  const own = diagnostics.filter((diagnostic) => diagnostic.source === source && diagnostic.code === code);
  if (!session || !checked || own.length === 0) return [];
  const wrong = wrongOf(session, checked).flatMap(({ comparison: { actual }, range }) =>
    actual !== null && Number.isFinite(actual) ? [{ actual, range }] : [],
  );
  const action = (title: string, taken: typeof wrong, about: vscode.Diagnostic[]) => {
    const made = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
    made.edit = new vscode.WorkspaceEdit();
    for (const { actual, range } of taken) made.edit.replace(document.uri, range, printNumber(actual));
    made.diagnostics = about;
    return made;
  };
  const single = own.flatMap((diagnostic) => {
    const taken = wrong.filter(({ range }) => range.isEqual(diagnostic.range));
    return taken.map((one) => action(`Take over the computed number ${printNumber(one.actual)}`, [one], [diagnostic]));
  });
  if (wrong.length < 2 || single.length === 0) return single;
  return [...single, action(`Take over all ${wrong.length} computed numbers`, wrong, own)];
}
