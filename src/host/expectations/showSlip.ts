import * as vscode from "vscode";
import { explainCommand } from "../editor/explain";
import { rangeOf } from "../editor/places";
import { say } from "../say";
import type { Session } from "../session/session";
import type { ExpectationChecks } from "./checks";
import { referenceOf } from "./reference";

/**
 * Opens Explain on the number where it went wrong, the author's beside it.
 * @param position where a wrong number stands in the text; null for the first of all
 */
export async function showSlip(
  session: Session,
  checks: ExpectationChecks,
  position: vscode.Position | null,
): Promise<boolean> {
  const { document, reading } = session;
  const checked = checks.of(session);
  if (!checked) {
    void say.information("The expectations are being compared: try again in a moment.");
    return false;
  }
  const { comparisons, problem, diagnoses, follows } = checked;
  if (comparisons.some(({ expected }) => expected.isSecret)) {
    void say.information("The answers of this file are hidden: what a number should be is not shown.");
    return false;
  }
  const wrong = [...comparisons.keys()].filter((k) => !comparisons[k]!.right && comparisons[k]!.actual !== null);
  const isAt = (k: number) => {
    const place = reading.source.locate(comparisons[k]!.expected.path);
    return position !== null && place ? rangeOf(document, place).contains(position) : false;
  };
  const chosen = wrong.find(isAt) ?? null;
  const diagnosis = diagnoses.find(({ explained }) => chosen === null || explained.includes(chosen));
  const alone = wrong.filter((k) => !follows.includes(k));
  // What follows from a number is not where it went wrong.
  const first = diagnosis?.first ?? (chosen !== null && !follows.includes(chosen) ? chosen : (alone[0] ?? wrong[0]));
  if (first === undefined) {
    void say.information("Every expected number of the file is right.");
    return false;
  }
  const { expected } = comparisons[first]!;
  const reference = referenceOf(problem.model, expected);
  if (reference === null) {
    void say.information("That is a number of the whole batch, which no single sequence comes to.");
    return false;
  }
  await session.start();
  session.selectSequence(expected.sequence);
  const { stepper } = session;
  if (stepper) {
    const [top, k] = expected.place;
    const isBack = expected.place.includes("gradients");
    if (expected.of === "trace" && top === "steps") stepper.goToStep(Number(k) + 1, isBack ? "backward" : "forward");
    else stepper.runToEnd();
  }
  await vscode.commands.executeCommand(explainCommand, document.uri, reference);
  return true;
}
