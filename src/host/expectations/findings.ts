import * as vscode from "vscode";
import type { Comparison } from "../../check/check";
import { saidOfNumber } from "../../check/diagnosis/words";
import { printNumber } from "../../format/layout";
import { linesOf, modelFiles, rangeOf } from "../editor/places";
import { guarded } from "../failure";
import type { Session } from "../session/session";
import type { Sessions } from "../session/sessions";
import type { Checked, ExpectationChecks } from "./checks";
import { marksOf } from "./marks";
import type * as Names from "./names";

/** What says what is wrong with a number: for the first one. */
export type LoadNames = () => Promise<typeof Names>;

/** Opens Explain where it went wrong. */
export const showSlipCommand = "rnn.showSlip";

const source = "RNN";
const code = "expectation";
const outdatedCode = "outdated-expectations";
/** So many wrong numbers are told one by one; nobody reads more. */
const mostFindings = 500;

/** Marks each expected number right or wrong where it stands, and offers to take over the computed ones. */
export function registerFindings(sessions: Sessions, checks: ExpectationChecks, load: LoadNames): vscode.Disposable {
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
        ? marksOf(toldOneByOne(checked), session.reading.source, linesOf(document), digitsOf(document))
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
      const { wrongText } = await load();
      const { document } = session;
      const checked = checks.of(session);
      collection.set(document.uri, checked ? findingsOf(session, checked, wrongText) : []);
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

/** Those that held before a training are told together. */
function toldOneByOne({ comparisons, outdated }: Checked): readonly Comparison[] {
  return outdated.size === 0 ? comparisons : comparisons.filter((_, k) => !outdated.has(k));
}

/** The wrong numbers of a file, with their places: so many of them at most. */
function wrongOf(
  { document, reading }: Session,
  { comparisons }: Checked,
  most = Number.POSITIVE_INFINITY,
  isTold: (index: number) => boolean = () => true,
) {
  const wrong: { comparison: Comparison; index: number; range: vscode.Range }[] = [];
  for (const [index, comparison] of comparisons.entries()) {
    if (wrong.length >= most) break;
    if (!isTold(index)) continue;
    const place = comparison.right ? null : reading.source.locate(comparison.expected.path);
    if (place) wrong.push({ comparison, index, range: rangeOf(document, place) });
  }
  return wrong;
}

function findingsOf(session: Session, checked: Checked, wrongText: typeof Names.wrongText): vscode.Diagnostic[] {
  const digits = digitsOf(session.document);
  const isTold = (index: number) => !checked.outdated.has(index);
  const found = wrongOf(session, checked, mostFindings, isTold).map(({ comparison, index, range }) => {
    const text = wrongText(checked.problem.model, comparison, digits);
    const said = saidOfNumber(checked, index);
    // A file whose numbers are wrong still runs.
    const finding = new vscode.Diagnostic(
      range,
      said === null ? text : `${said}. ${text}`,
      checked.follows.includes(index) ? vscode.DiagnosticSeverity.Information : vscode.DiagnosticSeverity.Warning,
    );
    finding.source = source;
    finding.code = code;
    return finding;
  });
  const outdated = outdatedFinding(session, checked);
  return outdated ? [outdated, ...found] : found;
}

/** What held before a training, said once. */
function outdatedFinding({ document, reading }: Session, { outdated }: Checked): vscode.Diagnostic | null {
  const place = outdated.size === 0 ? null : reading.source.locateKey(["expect"]);
  if (!place) return null;
  const them =
    outdated.size === 1 ? "1 expectation that held" : `${outdated.size.toLocaleString("en")} expectations that held`;
  const finding = new vscode.Diagnostic(
    rangeOf(document, place),
    `the parameters have changed: ${them} before the training ${outdated.size === 1 ? "does" : "do"} not hold with the trained ones`,
    vscode.DiagnosticSeverity.Information,
  );
  finding.source = source;
  finding.code = outdatedCode;
  return finding;
}

function actionsOf(
  sessions: Sessions,
  checks: ExpectationChecks,
  document: vscode.TextDocument,
  { diagnostics }: vscode.CodeActionContext,
): vscode.CodeAction[] {
  const session = sessions.of(document);
  const checked = session && checks.of(session);
  const isOwn = (diagnostic: vscode.Diagnostic) =>
    diagnostic.source === source && (diagnostic.code === code || diagnostic.code === outdatedCode);
  const own = diagnostics.filter(isOwn);
  if (!session || !checked || own.length === 0) return [];
  // What would be taken over, and Explain, tell the right number.
  if (checked.comparisons.some(({ expected }) => expected.isSecret)) return [];
  const wrong = wrongOf(session, checked).flatMap(({ comparison: { actual }, range, index }) =>
    actual !== null && Number.isFinite(actual) ? [{ actual, range, index }] : [],
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
  const shown = own
    .filter((diagnostic) => diagnostic.code === code)
    .map((diagnostic) => {
      const made = new vscode.CodeAction("Show where it went wrong", vscode.CodeActionKind.QuickFix);
      const location = new vscode.Location(document.uri, diagnostic.range.start);
      made.command = { command: showSlipCommand, title: made.title, arguments: [location] };
      made.diagnostics = [diagnostic];
      return made;
    });
  single.unshift(...shown.slice(0, 1));
  const outdated = own.filter((diagnostic) => diagnostic.code === outdatedCode);
  if (outdated.length > 0) {
    const taken = wrong.filter(({ index }) => checked.outdated.has(index));
    return [...single, action(`Take over all ${taken.length} numbers of the trained parameters`, taken, outdated)];
  }
  if (wrong.length < 2 || single.length === 0) return single;
  return [...single, action(`Take over all ${wrong.length} computed numbers`, wrong, own)];
}
