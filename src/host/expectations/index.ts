import * as vscode from "vscode";
import { guarded } from "../failure";
import { say } from "../say";
import type { Session } from "../session/session";
import type { Sessions } from "../session/sessions";
import { ExpectationChecks } from "./checks";
import { registerFindings, showSlipCommand } from "./findings";
import type * as Late from "./late";
import type { Chosen } from "./takeDown";
import { ExpectationTests } from "./testing";

/** Where a number stands that somebody wants to be shown. */
function placeOf(from: unknown): vscode.Location | null {
  if (from instanceof vscode.Location) return from;
  if (typeof from !== "object" || from === null || !("message" in from)) return null;
  const { message } = from;
  return message instanceof vscode.TestMessage ? (message.location ?? null) : null;
}

/** What of this room waits until it is needed. */
export type LoadExpectations = () => Promise<typeof Late>;

/**
 * What the author expects: marked in the text, taken down from a run, and run as tests.
 * @param onWillTrain the parameters of a training are about to be written into a session's text
 */
export function registerExpectations(
  context: vscode.ExtensionContext,
  sessions: Sessions,
  onWillTrain: vscode.Event<Session>,
  load: LoadExpectations,
): ExpectationTests {
  const workerFile = context.asAbsolutePath("dist/trainingWorker.js");
  const checks = new ExpectationChecks(sessions, workerFile, onWillTrain);
  const tests = new ExpectationTests(sessions, workerFile, load);
  context.subscriptions.push(
    checks,
    tests,
    registerFindings(sessions, checks, load),
    vscode.commands.registerCommand(showSlipCommand, (from?: unknown) =>
      guarded("showing where it went wrong", async () => {
        // From a test's message, from a squiggle, or of the whole file.
        const place = placeOf(from);
        const session = await sessions.meant(place?.uri ?? from);
        if (session) return (await load()).showSlip(session, checks, place?.range.start ?? null);
        void say.information("Open an .rnn.json file first.");
        return undefined;
      }),
    ),
    vscode.commands.registerCommand("rnn.copyMarks", (uri?: unknown) =>
      guarded("copying the marks", async () => {
        const session = await sessions.meant(uri);
        if (session) return (await load()).copyMarks(session, checks);
        void say.information("Open an .rnn.json file first.");
        return undefined;
      }),
    ),
    vscode.commands.registerCommand("rnn.hideAnswers", (uri?: unknown, decimals?: number) =>
      guarded("hiding the answers", async () => {
        const session = await sessions.meant(uri);
        if (session) return (await load()).hideAnswers(session, decimals ?? null);
        void say.information("Open an .rnn.json file first.");
        return undefined;
      }),
    ),
    vscode.commands.registerCommand("rnn.takeDownExpectations", (uri?: unknown, chosen?: Chosen) =>
      guarded("taking down expectations", async () => {
        const session = await sessions.meant(uri);
        if (session) return (await load()).takeDown(session, chosen ?? null);
        void say.information("Open an .rnn.json file first.");
        return undefined;
      }),
    ),
  );
  return tests;
}
