import * as vscode from "vscode";
import type { Sessions } from "../session/sessions";
import type * as CellNames from "./cellNames";
import type * as EquationWords from "./equationWords";
import type * as ForeignWords from "./foreignWords";
import { linesOf, modelFiles, rangeOf } from "./places";
import type * as Words from "./words";

/** What finds the words for a place: for the first completion. */
export type LoadWords = () => Promise<
  typeof Words & typeof CellNames & typeof ForeignWords & Pick<typeof EquationWords, "equationWordsAt">
>;

/** A list longer than this is narrowed by what is typed. */
const mostItems = 1000;

const kinds: Readonly<Record<EquationWords.EquationWord["kind"], vscode.CompletionItemKind>> = {
  quantity: vscode.CompletionItemKind.Variable,
  state: vscode.CompletionItemKind.Field,
  input: vscode.CompletionItemKind.Variable,
  constant: vscode.CompletionItemKind.Constant,
  parameter: vscode.CompletionItemKind.Property,
  function: vscode.CompletionItemKind.Function,
};

/**
 * Offers the vocabulary where an input stands, the labels where a target stands, cells where a layer names one, and names and
 * functions in an equation; and, for a word of other software, what it is called here. Keys come from the schema.
 */
export function registerCompletion(sessions: Sessions, load: LoadWords): vscode.Disposable {
  return vscode.languages.registerCompletionItemProvider(
    modelFiles,
    {
      async provideCompletionItems(document, position, _token, { triggerCharacter }) {
        const [session, { wordsAt, cellNamesAt, equationWordsAt, foreignWordsAt }] = await Promise.all([
          sessions.at(document.uri),
          load(),
        ]);
        const reading = await session.whenUpToDate();
        if (!reading) return null;
        const [text, offset] = [document.getText(), document.offsetAt(position)];
        const inEquation = equationWordsAt(text, reading.source, offset);
        if (inEquation)
          return inEquation.words.map((word, k) => equationItem(word, k, rangeOf(document, inEquation.place)));
        // Elsewhere these signs ask for nothing
        if (triggerCharacter === " " || triggerCharacter === "(") return null;
        const foreign = foreignWordsAt(text, reading.source, offset);
        const translated = foreign
          ? foreign.words.map((word) => foreignItem(word, rangeOf(document, foreign.place)))
          : [];
        const named = cellNamesAt(text, reading.source, offset);
        if (named) {
          const range = rangeOf(document, named.place);
          // What else a cell needs stands where it does now: each key asks anew
          return new vscode.CompletionList(
            [...named.names.map((name) => cellItem(document, name, range)), ...translated],
            true,
          );
        }
        const choice = wordsAt(reading.source, linesOf(document), offset);
        // Another word may begin as what is typed next
        if (!choice) return translated.length > 0 ? new vscode.CompletionList(translated, true) : null;
        const range = rangeOf(document, choice.place);
        const typed = document.getText(range).replaceAll('"', "").toLowerCase();
        const words = [...choice.words.entries()];
        const fitting =
          words.length > mostItems ? words.filter(([, word]) => word.toLowerCase().startsWith(typed)) : words;
        const items = fitting.slice(0, mostItems).map(([k, word]) => {
          const literal = JSON.stringify(word);
          const item = new vscode.CompletionItem(literal, vscode.CompletionItemKind.EnumMember);
          item.range = range;
          item.filterText = literal;
          item.sortText = String(k).padStart(9, "0");
          item.detail = `${choice.kind} ${k}`;
          return item;
        });
        return new vscode.CompletionList(items, fitting.length > mostItems);
      },
    },
    '"',
    " ",
    "(",
  );
}

function equationItem(
  { name, kind, detail, typed }: EquationWords.EquationWord,
  k: number,
  range: vscode.Range,
): vscode.CompletionItem {
  const item = new vscode.CompletionItem({ label: name, description: detail }, kinds[kind]);
  item.range = range;
  item.sortText = String(k).padStart(4, "0");
  if (typed !== undefined) item.filterText = `${name} ${typed}`;
  if (kind === "function") item.insertText = new vscode.SnippetString(`${name}($1)`);
  return item;
}

/** Behind what the format itself has there. */
function foreignItem(
  { word, insert, wantsValue, here, note }: ForeignWords.ForeignWord,
  range: vscode.Range,
): vscode.CompletionItem {
  const item = new vscode.CompletionItem(
    { label: word, description: `${here} here` },
    vscode.CompletionItemKind.Reference,
  );
  item.range = range;
  item.filterText = JSON.stringify(word);
  item.sortText = `~${word}`;
  item.insertText = wantsValue
    ? new vscode.SnippetString(`${insert.replaceAll(/[\\$}]/g, "\\$&")}$1${" \\}".repeat(here.split(".").length - 1)}`)
    : insert;
  if (note !== null) item.documentation = `${here}: ${note}`;
  return item;
}

function cellItem(
  document: vscode.TextDocument,
  { name, detail, doc, edits }: CellNames.CellName,
  range: vscode.Range,
): vscode.CompletionItem {
  const literal = JSON.stringify(name);
  const item = new vscode.CompletionItem(literal, vscode.CompletionItemKind.Class);
  item.range = range;
  item.filterText = literal;
  item.detail = detail;
  item.documentation = doc;
  item.additionalTextEdits = edits.map((one) => new vscode.TextEdit(rangeOf(document, one), one.text));
  return item;
}
