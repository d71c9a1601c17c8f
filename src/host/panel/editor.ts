import * as vscode from "vscode";
import { guarded } from "../failure";
import type { Sessions } from "../session/sessions";
import { isModelFile, panelViewType } from "../session/sessions";
import type { GradientChecks, Training } from "../training";
import type * as Panel from "./panel";

/** The panel with the derivations: for the first one. */
export type LoadPanel = () => Promise<typeof Panel>;

/** The stepper panel as a second editor of the file: it shares the text's document, its undo and its dirty state. */
export function registerPanel(
  context: vscode.ExtensionContext,
  sessions: Sessions,
  training: Training,
  gradientChecks: GradientChecks,
  load: LoadPanel,
): void {
  const provider: vscode.CustomTextEditorProvider = {
    async resolveCustomTextEditor(document, panel, token) {
      if (!isModelFile(document.uri))
        throw new Error(`${document.uri.path} is no model file: its name does not end in .rnn.json`);
      const [session, { StepperPanel }] = await Promise.all([sessions.at(document.uri), load()]);
      // It may have been closed meanwhile.
      if (token.isCancellationRequested) return;
      void session.start();
      const shown = new StepperPanel(panel, session, training, gradientChecks, context.extensionUri);
      const closing = sessions.onDidClose((closed) => {
        if (closed === session) shown.dispose();
      });
      panel.onDidDispose(() => {
        closing.dispose();
        shown.dispose();
      });
    },
  };
  context.subscriptions.push(
    loadAhead(sessions, load),
    vscode.window.registerCustomEditorProvider(panelViewType, provider, {
      webviewOptions: { retainContextWhenHidden: false },
      supportsMultipleEditorsPerDocument: true,
    }),
  );
}

/** Whoever opens a model file is likely to step: soon after, when the file has been read, the panel's code is loaded. */
function loadAhead(sessions: Sessions, load: LoadPanel): vscode.Disposable {
  const first = sessions.onDidOpen(() => {
    first.dispose();
    setTimeout(() => void guarded("loading the panel", load), 1000);
  });
  return first;
}
