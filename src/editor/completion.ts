import * as vscode from "vscode";
import type { Sessions } from "../session/sessions";
import { linesOf, modelFiles, rangeOf } from "./places";

/** A list longer than this is narrowed by what is typed. */
const mostItems = 1000;

/** Offers the vocabulary where an input stands, the labels where a target stands. Keys come from the schema. */
export function registerCompletion(sessions: Sessions): vscode.Disposable {
  return vscode.languages.registerCompletionItemProvider(
    modelFiles,
    {
      async provideCompletionItems(document, position) {
        const [session, { wordsAt }] = await Promise.all([sessions.at(document.uri), import("../parts/file")]);
        const reading = await session.whenUpToDate();
        const choice = reading && wordsAt(reading.source, linesOf(document), document.offsetAt(position));
        if (!choice) return null;
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
  );
}
