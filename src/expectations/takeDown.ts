import * as vscode from "vscode";
import { rangeOf } from "../editor/places";
import { run } from "../engine/run";
import { updateOnce } from "../engine/train";
import { expectEdits } from "../format/expectEdit";
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
};

/** Writes the numbers of the session's sequence into its file as expectations: one edit, which one undo takes back. */
export async function takeDown(session: Session, chosen: Chosen | null): Promise<boolean> {
  const problem = problemOf(session, "taking down expectations");
  if (!problem) return false;
  const { document, sequenceIndex, state, reading } = session;
  if (problem.sequences.length === 0) {
    void vscode.window.showInformationMessage("The file has no sequences, so there is nothing to take down.");
    return false;
  }
  const done =
    state.kind === "ready" && state.stepper.sequenceIndex === sequenceIndex
      ? state.stepper.run
      : run(problem.model, problem.sequences, sequenceIndex);
  const version = document.version;
  const choice = chosen ?? (await choose(kindsOf(done), digitsFor(session)));
  if (!choice || choice.kinds.length === 0) return false;
  const count = countOf(done, choice.kinds);
  if (count > mostNumbers) {
    void vscode.window.showWarningMessage(
      `That would be ${count.toLocaleString("en")} numbers, more than the ${mostNumbers.toLocaleString("en")} that are taken down at most: choose fewer.`,
    );
    return false;
  }
  if (document.version !== version) {
    void vscode.window.showWarningMessage("The text has been changed meanwhile: nothing was taken down.");
    return false;
  }
  const updated = updateOnce(problem.model, done.gradients, problem.training);
  const { expected, tolerance } = takenDown(done, updated, choice.kinds, choice.digits);
  // A tolerance that is wide enough stays; what holds within a narrow one goes on holding within a wider.
  const wider = reading.expect === null || reading.expect.tolerance < tolerance ? tolerance : null;
  const edit = new vscode.WorkspaceEdit();
  for (const { offset, length, text } of expectEdits(document.getText(), sequenceIndex, expected, wider))
    edit.replace(document.uri, rangeOf(document, { offset, length }), text);
  return edit.size === 0 || vscode.workspace.applyEdit(edit);
}

async function choose(kinds: readonly Kind[], digits: number): Promise<Chosen | null> {
  const picked = await vscode.window.showQuickPick(
    kinds.map((chosen) => ({ label: labels[chosen], chosen, picked: chosen !== "updated" })),
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
