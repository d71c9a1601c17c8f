import * as vscode from "vscode";
import type { Sessions } from "../session/sessions";
import type { LensKind } from "./lensList";
import { lensesOf, lensKinds, mostSequences } from "./lensList";
import { modelFiles, rangeOf } from "./places";

/** Code lenses over the model and its sequences. */
export class Lenses implements vscode.CodeLensProvider {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.changed.event;

  constructor(private readonly sessions: Sessions) {}

  static register(sessions: Sessions): vscode.Disposable {
    const lenses = new Lenses(sessions);
    return vscode.Disposable.from(
      vscode.languages.registerCodeLensProvider(modelFiles, lenses),
      sessions.onDidChange(() => lenses.changed.fire()),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration("rnn.codeLens")) lenses.changed.fire();
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
    return lensesOf(reading, enabled, line ? document.offsetAt(line) : 0).map(
      ({ kind, title, tooltip, place, sequence }) =>
        new vscode.CodeLens(rangeOf(document, place), {
          title,
          tooltip,
          command: `rnn.${kind}`,
          arguments: sequence === null ? [document.uri] : [document.uri, sequence],
        }),
    );
  }
}
