import * as vscode from "vscode";
import type * as Rename from "../../format/renameWord";
import type { SourceMap } from "../../format/sourceMap";
import type { Sessions } from "../session/sessions";
import type * as Outline from "./cellOutline";
import { modelFiles, rangeOf } from "./places";

/** What reads the file's own cells: for the first colours or outline that somebody sees. */
export type LoadCells = () => Promise<typeof Outline & Pick<typeof Rename, "renamedAt" | "renameEdits">>;

/** VS Code's own token types, which every theme colours. */
const tokenTypes = {
  definition: "variable",
  quantity: "variable",
  state: "variable",
  input: "parameter",
  constant: "enumMember",
  parameter: "property",
  function: "function",
  number: "number",
} as const;
const legend = new vscode.SemanticTokensLegend([...new Set(Object.values(tokenTypes))], ["definition"]);

const symbolKinds = {
  cell: vscode.SymbolKind.Class,
  state: vscode.SymbolKind.Field,
  quantity: vscode.SymbolKind.Variable,
  constant: vscode.SymbolKind.Constant,
  parameter: vscode.SymbolKind.Property,
} as const;

/** The equations of the file's own cells as a language: colours, an outline, renaming. */
export function registerCellLanguage(sessions: Sessions, load: LoadCells): vscode.Disposable {
  /** The text as it stands once it has been read. */
  const readText = async (document: vscode.TextDocument): Promise<{ text: string; source: SourceMap } | null> => {
    const reading = await (await sessions.at(document.uri)).whenUpToDate();
    return reading && { text: document.getText(), source: reading.source };
  };
  return vscode.Disposable.from(
    vscode.languages.registerDocumentSemanticTokensProvider(
      modelFiles,
      {
        async provideDocumentSemanticTokens(document) {
          const [read, { colouredWords }] = await Promise.all([readText(document), load()]);
          const builder = new vscode.SemanticTokensBuilder(legend);
          for (const { place, kind } of read ? colouredWords(read.text, read.source) : [])
            builder.push(rangeOf(document, place), tokenTypes[kind], kind === "definition" ? ["definition"] : []);
          return builder.build();
        },
      },
      legend,
    ),
    vscode.languages.registerDocumentSymbolProvider(
      modelFiles,
      {
        async provideDocumentSymbols(document) {
          const [read, { cellOutline }] = await Promise.all([readText(document), load()]);
          const symbolOf = ({
            name,
            detail,
            kind,
            whole,
            own,
            children,
          }: Outline.OutlineEntry): vscode.DocumentSymbol => {
            const range = rangeOf(document, whole);
            const symbol = new vscode.DocumentSymbol(name, detail, symbolKinds[kind], range, rangeOf(document, own));
            symbol.children = children.map(symbolOf);
            return symbol;
          };
          return read ? cellOutline(read.text, read.source).map(symbolOf) : [];
        },
      },
      { label: "RNN cells" },
    ),
    vscode.languages.registerRenameProvider(modelFiles, {
      async prepareRename(document, position) {
        const [read, { renamedAt }] = await Promise.all([readText(document), load()]);
        const found = read && renamedAt(read.text, read.source, document.offsetAt(position));
        if (!found)
          throw new Error(
            "Names of the file's own cells can be renamed here: of a cell, its quantities, parameters and constants.",
          );
        return rangeOf(document, found.place);
      },
      async provideRenameEdits(document, position, newName) {
        const [read, { renameEdits }] = await Promise.all([readText(document), load()]);
        const edit = new vscode.WorkspaceEdit();
        if (!read) return edit;
        for (const one of renameEdits(read.text, read.source, document.offsetAt(position), newName))
          edit.replace(document.uri, rangeOf(document, one), one.text);
        return edit;
      },
    }),
  );
}
