import * as vscode from "vscode";
import type { Reading } from "../../format/read";
import type { Session } from "../session/session";
import type { Sessions } from "../session/sessions";
import { columnsSetting, defaultColumns, inlineSetting } from "./inline";
import type * as InlineValues from "./inlineValues";
import type { LensKind } from "./lensList";
import { lensesOf, lensKinds, mostSequences } from "./lensList";
import { linesOf, modelFiles, rangeOf } from "./places";

/** What knows the numbers at the current step. */
export type LoadInlineValues = () => Promise<Pick<typeof InlineValues, "stepAbove">>;

/** Code lenses over the model and its sequences. */
export class Lenses implements vscode.CodeLensProvider {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.changed.event;

  /** The documents in which the current step's value is a lens. */
  private readonly following = new WeakSet<vscode.TextDocument>();

  /** @param load what knows the numbers: once somebody steps */
  constructor(
    private readonly sessions: Sessions,
    private readonly load: LoadInlineValues,
  ) {}

  static register(sessions: Sessions, load: LoadInlineValues): vscode.Disposable {
    const lenses = new Lenses(sessions, load);
    return vscode.Disposable.from(
      vscode.languages.registerCodeLensProvider(modelFiles, lenses),
      sessions.onDidChange(() => lenses.changed.fire()),
      sessions.onDidMove(({ document }) => {
        if (lenses.following.has(document)) lenses.changed.fire();
      }),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration("rnn")) lenses.changed.fire();
      }),
      vscode.window.onDidChangeTextEditorVisibleRanges(({ textEditor }) => {
        const reading = sessions.of(textEditor.document)?.reading;
        if (reading?.source.locate(["sequences", mostSequences])) lenses.changed.fire();
      }),
      lenses.changed,
    );
  }

  async provideCodeLenses(document: vscode.TextDocument): Promise<vscode.CodeLens[]> {
    const session = await this.sessions.at(document.uri);
    const reading = await session.whenUpToDate();
    if (!reading) return [];
    const settings = vscode.workspace.getConfiguration("rnn.codeLens", document);
    const enabled = new Set<LensKind>(lensKinds.filter((kind) => settings.get<boolean>(kind, true)));
    const editor = vscode.window.visibleTextEditors.find((editor) => editor.document === document);
    const line = editor?.visibleRanges[0]?.start;
    const lenses = lensesOf(reading, enabled, line ? document.offsetAt(line) : 0).map(
      ({ kind, title, tooltip, place, sequence, cell }) =>
        new vscode.CodeLens(rangeOf(document, place), {
          title,
          tooltip,
          command: `rnn.${kind}`,
          arguments: [document.uri, ...(sequence === null ? [] : [sequence]), ...(cell === null ? [] : [cell])],
        }),
    );
    const step = await this.currentStep(session, reading);
    return step ? [...lenses, step] : lenses;
  }

  /** What the current step has computed, on a line of its own where its inputs leave no room for it. */
  private async currentStep(session: Session, reading: Reading): Promise<vscode.CodeLens | null> {
    const { document, state } = session;
    const settings = vscode.workspace.getConfiguration("rnn", document);
    this.following.delete(document);
    if (state.kind !== "ready" || !settings.get<boolean>(inlineSetting, true)) return null;
    const { stepAbove } = await this.load();
    if (session.reading !== reading || session.state !== state) return null;
    const digits = settings.get<number>("digits", 4);
    const columns = settings.get<number>(columnsSetting, defaultColumns);
    const above = stepAbove({ source: reading.source, stepper: state.stepper, digits, columns }, linesOf(document));
    if (!above) return null;
    this.following.add(document);
    return new vscode.CodeLens(rangeOf(document, above.place), { title: above.words, command: "" });
  }
}
