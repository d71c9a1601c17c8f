import * as vscode from "vscode";
import { runBatch } from "../../engine/batch";
import { run } from "../../engine/run";
import { updateOnce } from "../../engine/train";
import { expectEdits } from "../../format/expectEdit";
import { rangeOf } from "../editor/places";
import { say } from "../say";
import type { Session } from "../session/session";
import { digitsFor, problemOf } from "../training/user";
import type { Kind } from "./takenDown";
import { countOf, kindsOf, takenDown } from "./takenDown";

/** What to write down, where a caller has chosen already. */
export interface Chosen {
  readonly kinds: readonly Kind[];
  /** null for all of them */
  readonly digits: number | null;
}

/** More numbers than these belong into no file that a person reads. */
const mostNumbers = 20_000;

const labels: Readonly<Record<Kind, string>> = {
  h: "Hidden states h_t",
  logits: "Logits z_t",
  output: "Outputs",
  losses: "Losses of the steps ℓ_t",
  loss: "Loss of the sequence L",
  gradients: "Gradients of the parameters",
  updated: "Parameters after one update",
  batch: "Loss and gradients of all sequences as one batch",
};

/** Writes the numbers of the session's sequence into its file as expectations: one edit, which one undo takes back. */
export async function takeDown(session: Session, chosen: Chosen | null): Promise<boolean> {
  const problem = await problemOf(session, "taking down expectations");
  if (!problem) return false;
  const { document, sequenceIndex, state, reading } = session;
  if (problem.sequences.length === 0) {
    void say.information("The file has no sequences, so there is nothing to take down.");
    return false;
  }
  if (sequenceIndex >= problem.sequences.length) {
    void say.information("What has been typed is no sequence of the file: choose one of the file's first.");
    return false;
  }
  // A later round steps through parameters that the file does not have.
  const done =
    session.round === 1 && state.kind === "ready" && state.stepper.sequenceIndex === sequenceIndex
      ? state.stepper.run
      : run(problem.model, problem.sequences, sequenceIndex);
  const version = document.version;
  const choice = chosen ?? (await choose(kindsOf(done, problem.sequences.length > 1), digitsFor(session)));
  if (!choice || choice.kinds.length === 0) return false;
  const count = countOf(done, choice.kinds);
  if (count > mostNumbers) {
    void say.warning(
      `That would be ${count.toLocaleString("en")} numbers, more than the ${mostNumbers.toLocaleString("en")} that are taken down at most: choose fewer.`,
    );
    return false;
  }
  if (document.version !== version) {
    void say.warning("The text has been changed meanwhile: nothing was taken down.");
    return false;
  }
  const updated = updateOnce(problem.model, done.sequence, done.gradients, problem.training);
  // Where each number's own digits say how far it holds, they go on doing so.
  const byDigits = reading.expect !== null && reading.expect.tolerance === null;
  const whole = choice.kinds.includes("batch") ? runBatch(problem) : null;
  const { expected, batch, tolerance } = takenDown(done, updated, whole, choice.kinds, choice.digits, byDigits);
  // A tolerance that is wide enough stays; what holds within a narrow one goes on holding within a wider.
  const wider = byDigits || (reading.expect?.tolerance ?? 0) >= tolerance ? null : tolerance;
  const edit = new vscode.WorkspaceEdit();
  for (const { offset, length, text } of expectEdits(document.getText(), sequenceIndex, expected, wider, batch))
    edit.replace(document.uri, rangeOf(document, { offset, length }), text);
  return edit.size === 0 || vscode.workspace.applyEdit(edit);
}

async function choose(kinds: readonly Kind[], digits: number): Promise<Chosen | null> {
  const picked = await vscode.window.showQuickPick(
    kinds.map((chosen) => ({ label: labels[chosen], chosen, picked: chosen !== "updated" && chosen !== "batch" })),
    { title: "Take Down Expectations", placeHolder: "Which numbers of this sequence", canPickMany: true },
  );
  if (!picked || picked.length === 0) return null;
  const precision = await vscode.window.showQuickPick(
    [
      { label: "All digits", digits: null },
      { label: `${digits} significant digits`, description: "with a tolerance within which they hold", digits },
    ],
    { title: "Take Down Expectations", placeHolder: "How many digits" },
  );
  return precision ? { kinds: picked.map(({ chosen }) => chosen), digits: precision.digits } : null;
}
