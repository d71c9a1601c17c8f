import * as vscode from "vscode";
import { guarded } from "../failure";
import type { Sessions } from "../session/sessions";
import { ExpectationChecks } from "./checks";
import { registerFindings } from "./findings";
import type { Chosen } from "./takeDown";
import { ExpectationTests } from "./testing";

/** What the author expects: marked in the text, taken down from a run, and run as tests. */
export function registerExpectations(context: vscode.ExtensionContext, sessions: Sessions): ExpectationTests {
  const workerFile = context.asAbsolutePath("dist/trainingWorker.js");
  const checks = new ExpectationChecks(sessions, workerFile);
  const tests = new ExpectationTests(sessions, workerFile);
  context.subscriptions.push(
    checks,
    tests,
    registerFindings(sessions, checks),
    vscode.commands.registerCommand("rnn.takeDownExpectations", (uri?: unknown, chosen?: Chosen) =>
      guarded("taking down expectations", async () => {
        const session = await sessions.meant(uri);
        if (session) return (await import("../parts/commands")).takeDown(session, chosen ?? null);
        void vscode.window.showInformationMessage("Open an .rnn.json file first.");
        return undefined;
      }),
    ),
  );
  return tests;
}
