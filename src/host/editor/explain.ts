import * as vscode from "vscode";
import { isPanelInFront, showPanel } from "../commands/showEditors";
import { guarded } from "../failure";
import { say } from "../say";
import type { Session } from "../session/session";
import type { Sessions } from "../session/sessions";
import { isModelFile } from "../session/sessions";
import type * as ExplainAt from "./explainAt";

/** Shows where a number comes from: with the document and the number's reference. */
export const explainCommand = "rnn.explain";

/** What finds the number at the cursor: for the first one. */
export type LoadExplainAt = () => Promise<typeof ExplainAt>;

/** `rnn.explain` for links and for the panel's own menu, `rnn.explainAtCursor` for the number at the text's cursor. */
export function registerExplain(sessions: Sessions, load: LoadExplainAt): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand(explainCommand, (from: unknown, reference: unknown) =>
      guarded("explaining a number", async () => {
        const chosen = chosenInPanel(from);
        if (chosen !== null) {
          (await sessions.at(chosen.document)).explain(chosen.reference);
          return;
        }
        const uri = from instanceof vscode.Uri ? from : vscode.Uri.from(from as { scheme: string });
        if (!isModelFile(uri) || typeof reference !== "string") return;
        await explain(await sessions.at(uri), reference);
      }),
    ),
    vscode.commands.registerCommand("rnn.explainAtCursor", () =>
      guarded("explaining a number", async () => {
        const editor = vscode.window.activeTextEditor;
        if (!editor || !isModelFile(editor.document.uri)) {
          void say.information("Put the cursor on a number or an input of a model file first.");
          return;
        }
        const { document, selection } = editor;
        const [session, { explainAt }] = await Promise.all([sessions.at(document.uri), load()]);
        const reading = await session.whenUpToDate();
        if (!reading) return;
        await session.start();
        const stepper = session.state.kind === "ready" ? session.state.stepper : null;
        const found = explainAt(reading, stepper, document.getText(), document.offsetAt(selection.active));
        if (!found) {
          void say.information(
            "There is no number of a run at the cursor: put it on an entry of a parameter, an input or a target.",
          );
          return;
        }
        if (found.sequence !== null) session.selectSequence(found.sequence);
        await explain(session, found.reference);
      }),
    ),
  );
}

async function explain(session: Session, reference: string): Promise<void> {
  await session.start();
  if (!isPanelInFront(session.document.uri)) await showPanel(session.document.uri);
  session.explain(reference);
}

/** The number that the panel's menu was opened on; null where the command comes from elsewhere. */
function chosenInPanel(from: unknown): { readonly document: vscode.Uri; readonly reference: string } | null {
  if (typeof from !== "object" || from === null || !("rnnReference" in from) || !("rnnDocument" in from)) return null;
  const { rnnReference: reference, rnnDocument: document } = from;
  if (typeof reference !== "string" || typeof document !== "string") return null;
  return { document: vscode.Uri.parse(document, true), reference };
}
