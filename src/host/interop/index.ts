import * as vscode from "vscode";
import { targetOf } from "../commands/target";
import { guarded } from "../failure";
import type { Sessions } from "../session/sessions";
import type * as Late from "./late";

/** What of this room waits until it is needed. */
export type LoadInterop = () => Promise<typeof Late>;

/** Models of other software: brought in by a command or from the explorer, taken there, and held against each other. */
export function registerInterop(context: vscode.ExtensionContext, sessions: Sessions, load: LoadInterop): void {
  const threadFile = context.asAbsolutePath("dist/importThread.js");
  for (const command of ["rnn.import", "rnn.openInStepper"])
    context.subscriptions.push(
      vscode.commands.registerCommand(command, (uri?: unknown) =>
        guarded("importing a model", async () =>
          (await load()).importFile(uri instanceof vscode.Uri ? uri : null, threadFile),
        ),
      ),
    );
  context.subscriptions.push(
    vscode.commands.registerCommand("rnn.exportModel", (...args: unknown[]) =>
      guarded("exporting the model", async () => {
        const target = await targetOf(sessions, args);
        return target && (await load()).exportModel(target.session, args[1]);
      }),
    ),
    vscode.commands.registerCommand("rnn.compareWith", (...args: unknown[]) =>
      guarded("comparing", async () => {
        const target = await targetOf(sessions, args);
        const other = args[1] instanceof vscode.Uri ? args[1] : null;
        return target !== null && (await load()).compareWith(target.session, other);
      }),
    ),
    vscode.commands.registerCommand("rnn.runInChunks", (...args: unknown[]) =>
      guarded("running in chunks", async () => {
        const target = await targetOf(sessions, args);
        const chunk = typeof args[1] === "number" ? args[1] : null;
        return target !== null && (await load()).runInChunks(target.session, chunk);
      }),
    ),
  );
}
