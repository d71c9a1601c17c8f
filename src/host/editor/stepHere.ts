import * as vscode from "vscode";
import { guarded } from "../failure";
import type { Sessions } from "../session/sessions";
import { isModelFile } from "../session/sessions";

/** Takes the stepper of a document to a step; for links, with the document, the sequence and t (null: only begins to step). */
export const stepHereCommand = "rnn.stepHere";

export function registerStepHere(sessions: Sessions): vscode.Disposable {
  return vscode.commands.registerCommand(stepHereCommand, (uri: unknown, sequence: unknown, t: unknown) =>
    guarded("stepping", async () => {
      const target = uri instanceof vscode.Uri ? uri : vscode.Uri.from(uri as { scheme: string });
      if (!isModelFile(target) || typeof sequence !== "number") return;
      const session = await sessions.at(target);
      await session.start();
      session.selectSequence(sequence);
      if (session.state.kind !== "ready") return;
      const { stepper } = session.state;
      if (typeof t === "number" && t <= stepper.run.length) stepper.goToStep(t);
      else stepper.step();
    }),
  );
}
