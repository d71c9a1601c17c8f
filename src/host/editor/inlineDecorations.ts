import * as vscode from "vscode";
import { largestOf } from "../../protocol/extremes";
import { reportFailure } from "../failure";
import type { Session } from "../session/session";
import type { Sessions } from "../session/sessions";
import { columnsSetting, defaultColumns, inlineSetting } from "./inline";
import type { Piece, Tone } from "./inlineValues";
import { inlineValuesOf } from "./inlineValues";
import { linesOf, rangeOf, visibleLines } from "./places";

/** One picture of the screen: more often nobody sees. */
const frameMs = 16;
/** Pieces of different colours behind one line; those of the same colour are one. */
const mostPieces = 24;

const quiet = new vscode.ThemeColor("rnn.inlineLabel");
const colors: Record<Tone, vscode.ThemeColor> = {
  label: quiet,
  small: quiet,
  positive: new vscode.ThemeColor("rnn.positive"),
  negative: new vscode.ThemeColor("rnn.negative"),
};

/** Draws the numbers behind the lines, and marks the line of the current step. */
export class InlineDecorations implements vscode.Disposable {
  private readonly disposables: vscode.Disposable[] = [];
  private readonly waiting = new Set<vscode.TextEditor>();
  private timer: NodeJS.Timeout | null = null;

  /**
   * One type for each piece of a line. VS Code puts what stands at one place in the order of the types' keys,
   * whatever the order in which it is told, so that the types are put in that order too.
   */
  private readonly slots = Array.from({ length: mostPieces }, () =>
    vscode.window.createTextEditorDecorationType({ rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed }),
  ).sort((a, b) => (a.key < b.key ? -1 : 1));
  /** Where each run stood when it moved last. */
  private readonly positions = new WeakMap<Session, number>();
  /** Texts whose current line has to come into view: the run has moved. */
  private readonly revealing = new Set<vscode.TextDocument>();
  /** How many of the types are in use in an editor. */
  private readonly used = new WeakMap<vscode.TextEditor, number>();
  private readonly currentLine: vscode.TextEditorDecorationType;
  private readonly currentItem = vscode.window.createTextEditorDecorationType({
    backgroundColor: new vscode.ThemeColor("rnn.currentItemBackground"),
    borderRadius: "2px",
  });

  constructor(
    context: vscode.ExtensionContext,
    private readonly sessions: Sessions,
  ) {
    const arrow = (theme: string) => vscode.Uri.joinPath(context.extensionUri, `media/currentStep-${theme}.svg`);
    this.currentLine = vscode.window.createTextEditorDecorationType({
      isWholeLine: true,
      backgroundColor: new vscode.ThemeColor("rnn.currentLineBackground"),
      overviewRulerColor: new vscode.ThemeColor("rnn.positive"),
      overviewRulerLane: vscode.OverviewRulerLane.Center,
      gutterIconSize: "contain",
      light: { gutterIconPath: arrow("light") },
      dark: { gutterIconPath: arrow("dark") },
    });
    const updateDocument = (document: vscode.TextDocument) => {
      for (const editor of vscode.window.visibleTextEditors) if (editor.document === document) this.schedule(editor);
    };
    const updateAll = () => vscode.window.visibleTextEditors.forEach((editor) => this.schedule(editor));
    this.disposables.push(
      ...this.slots,
      this.currentLine,
      this.currentItem,
      sessions.onDidMove((session) => {
        const position = session.stepper?.position ?? 0;
        const isElsewhere = this.positions.get(session) !== position;
        this.positions.set(session, position);
        updateDocument(session.document);
        if (isElsewhere) this.revealing.add(session.document);
      }),
      sessions.onDidChange(({ document }) => updateDocument(document)),
      vscode.window.onDidChangeVisibleTextEditors(updateAll),
      vscode.window.onDidChangeTextEditorVisibleRanges(({ textEditor }) => this.schedule(textEditor)),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration("rnn")) updateAll();
      }),
    );
    updateAll();
  }

  private schedule(editor: vscode.TextEditor): void {
    if (!this.sessions.of(editor.document)) return;
    this.waiting.add(editor);
    this.timer ??= setTimeout(() => {
      this.timer = null;
      const editors = [...this.waiting];
      this.waiting.clear();
      for (const editor of editors)
        try {
          this.draw(editor);
        } catch (error) {
          reportFailure("showing inline values", error);
        }
      this.revealing.clear();
    }, frameMs);
  }

  private draw(editor: vscode.TextEditor): void {
    const { document } = editor;
    const session = this.sessions.of(document);
    const settings = vscode.workspace.getConfiguration("rnn", document);
    if (!session || session.state.kind !== "ready" || !settings.get<boolean>(inlineSetting, true)) {
      this.show(editor, []);
      for (const type of [this.currentLine, this.currentItem]) editor.setDecorations(type, []);
      return;
    }
    // Somebody is typing: the text will be read in a moment, and until then its places are not known.
    if (!session.isUpToDate) return;
    const shown = {
      source: session.reading.source,
      stepper: session.state.stepper,
      digits: settings.get<number>("digits", 4),
      columns: settings.get<number>(columnsSetting, defaultColumns),
    };
    const { values, current } = inlineValuesOf(shown, linesOf(document), visibleLines(editor));
    this.show(
      editor,
      values.map(({ line, at, pieces }) => ({
        end: at === null ? document.lineAt(line).range.end : document.positionAt(at),
        pieces: merged(pieces),
        isInside: at !== null,
      })),
    );
    editor.setDecorations(this.currentLine, current ? [document.lineAt(current.line).range] : []);
    const item = current?.item ? rangeOf(document, current.item) : null;
    editor.setDecorations(this.currentItem, item ? [item] : []);
    if (current && this.revealing.has(document))
      editor.revealRange(
        item ?? document.lineAt(current.line).range,
        vscode.TextEditorRevealType.InCenterIfOutsideViewport,
      );
  }

  /** Shows pieces at the ends of lines and behind tokens, and nothing else. */
  private show(
    editor: vscode.TextEditor,
    lines: readonly { readonly end: vscode.Position; readonly pieces: readonly Piece[]; readonly isInside: boolean }[],
  ): void {
    const most = largestOf(
      lines.map(({ pieces }) => pieces.length),
      0,
    );
    const before = this.used.get(editor) ?? 0;
    this.used.set(editor, most);
    this.slots.slice(0, Math.max(most, before)).forEach((slot, k) =>
      editor.setDecorations(
        slot,
        lines.flatMap(({ end, pieces, isInside }) => {
          const piece = pieces[k];
          const isLast = isInside && k === pieces.length - 1;
          return piece ? [decoration(new vscode.Range(end, end), piece, k === 0, isLast)] : [];
        }),
      ),
    );
  }

  dispose(): void {
    if (this.timer) clearTimeout(this.timer);
    for (const disposable of this.disposables) disposable.dispose();
  }
}

/** Neighbours of the same colour as one; what is too much goes into the last. */
function merged(pieces: readonly Piece[]): Piece[] {
  const result: Piece[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    if (last && (colors[last.tone] === colors[piece.tone] || result.length === mostPieces))
      result[result.length - 1] = { text: last.text + piece.text, tone: last.tone };
    else result.push(piece);
  }
  return result;
}

/** @param isLast whether text of the file follows */
function decoration(
  range: vscode.Range,
  { text, tone }: Piece,
  isFirst: boolean,
  isLast: boolean,
): vscode.DecorationOptions {
  return {
    range,
    renderOptions: {
      after: {
        // Plain spaces at the ends would be swallowed.
        contentText: text.replaceAll(" ", "\u00a0"),
        color: colors[tone],
        fontStyle: "normal",
        ...(isFirst || isLast ? { margin: `0 ${isLast ? "2ch" : "0"} 0 ${isFirst ? "3ch" : "0"}` } : {}),
      },
    },
  };
}
