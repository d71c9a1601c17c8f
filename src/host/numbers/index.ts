import * as vscode from "vscode";
import { modelFiles } from "../editor/places";
import { guarded } from "../failure";
import { say } from "../say";
import type { Sessions } from "../session/sessions";
import type * as Late from "./late";
import type { ChosenPaste } from "./pasteNumbers";

/** What of this room waits until it is needed. */
export type LoadNumbers = () => Promise<typeof Late>;

const pasteKind = vscode.DocumentDropOrPasteEditKind.Text.append("rnn", "numbers");

/** Numbers from elsewhere: pasted as programs print them, by a command or where a value stands, and probes that print whole models. */
export function registerNumbers(context: vscode.ExtensionContext, sessions: Sessions, load: LoadNumbers): void {
  context.subscriptions.push(
    vscode.commands.registerCommand("rnn.pasteNumbers", (uri?: unknown, chosen?: ChosenPaste) =>
      guarded("pasting numbers", async () => {
        const session = await sessions.meant(uri);
        if (session) return (await load()).pasteNumbers(session, context.workspaceState, chosen ?? null);
        void say.information("Open an .rnn.json file first.");
        return false;
      }),
    ),
    vscode.commands.registerCommand("rnn.copyProbe", (name?: unknown) =>
      guarded("copying a probe", async () => (await load()).copyProbe(name)),
    ),
    vscode.languages.registerDocumentPasteEditProvider(
      modelFiles,
      { provideDocumentPasteEdits: (document, ranges, data) => pasteEdits(document, ranges, data, load) },
      { providedPasteEditKinds: [pasteKind], pasteMimeTypes: ["text/plain"] },
    ),
  );
}

/** A plain paste of a printed array becomes its numbers; the button beside it brings back the text as it was. */
async function pasteEdits(
  document: vscode.TextDocument,
  [range, ...others]: readonly vscode.Range[],
  data: vscode.DataTransfer,
  load: LoadNumbers,
): Promise<vscode.DocumentPasteEdit[] | undefined> {
  const text = await data.get("text/plain")?.asString();
  if (text === undefined || !range || others.length > 0) return undefined;
  const { pastedText } = await load();
  const pasted = pastedText(document, range, text);
  return pasted === null ? undefined : [new vscode.DocumentPasteEdit(pasted, "Paste as Numbers of an RNN", pasteKind)];
}
