import * as vscode from "vscode";
import { guarded } from "../failure";
import type { Sessions } from "../session/sessions";
import type * as Inline from "./inlineDecorations";

/** What writes the numbers behind the lines: for the first model file. */
export type LoadInline = () => Promise<typeof Inline>;

/** Whether numbers stand behind the lines. */
export const inlineSetting = "inlineValues.enabled";
/** Columns that are in view for sure: VS Code does not tell how wide an editor is. */
export const columnsSetting = "inlineValues.columns";
export const defaultColumns = 50;

/** The numbers behind the lines, drawn from the first model file on, and the command that switches them. */
export function registerInlineValues(
  context: vscode.ExtensionContext,
  sessions: Sessions,
  load: LoadInline,
): vscode.Disposable {
  let decorations: vscode.Disposable | null = null;
  const first = sessions.onDidOpen(() => {
    first.dispose();
    void guarded("showing inline values", async () => {
      const { InlineDecorations } = await load();
      decorations = new InlineDecorations(context, sessions);
    });
  });
  return vscode.Disposable.from(
    first,
    new vscode.Disposable(() => decorations?.dispose()),
    vscode.commands.registerCommand("rnn.toggleInlineValues", () => guarded("showing inline values", toggle)),
  );
}

/** Where the setting has been made, it is changed there; else for the user. */
async function toggle(): Promise<void> {
  const settings = vscode.workspace.getConfiguration("rnn");
  const made = settings.inspect<boolean>(inlineSetting);
  const target =
    made?.workspaceValue === undefined ? vscode.ConfigurationTarget.Global : vscode.ConfigurationTarget.Workspace;
  await settings.update(inlineSetting, !settings.get<boolean>(inlineSetting, true), target);
}
