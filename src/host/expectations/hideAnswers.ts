import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { compareNumbers } from "../../check/check";
import { eachNumber } from "../../format/expectedNumbers";
import { mostHiddenDecimals } from "../../format/hiddenAnswers";
import { hideAnswers as hidden } from "../../format/hideAnswers";
import { rangeOf } from "../editor/places";
import { say } from "../say";
import type { Session } from "../session/session";
import { digitsFor, problemOf } from "../training/user";

/** More answers than these are no exercise. */
const mostAnswers = 20_000;

/**
 * Puts a salted hash in the place of every expected number: one edit, which one undo takes back.
 * @param decimals digits behind the point, where a caller has chosen already
 */
export async function hideAnswers(session: Session, decimals: number | null): Promise<boolean> {
  const problem = await problemOf(session, "hiding the answers");
  if (!problem) return false;
  const { document, reading } = session;
  const { expect } = reading;
  if (!expect || expect.numbers.values.length === 0) {
    const takeDown = "Take Down Expectations…";
    const choice = await say.information(
      'The file expects nothing that could be hidden: there are no numbers under "expect".',
      takeDown,
    );
    if (choice === takeDown) await vscode.commands.executeCommand("rnn.takeDownExpectations", document.uri);
    return false;
  }
  const count = expect.numbers.values.length;
  if (count > mostAnswers) {
    void say.warning(
      `These are ${count.toLocaleString("en")} numbers, more than the ${mostAnswers.toLocaleString("en")} that are hidden at most.`,
    );
    return false;
  }
  const { version } = document;
  const digits = expect.hidden?.decimals ?? decimals ?? (await askDecimals(session));
  if (digits === null) return false;
  if (document.version !== version) {
    void say.warning("The text has been changed meanwhile: nothing was hidden.");
    return false;
  }
  const comparisons = compareNumbers(problem, eachNumber(expect.numbers));
  // A right number is hidden with all of its digits: it may stand there with few.
  const answers = comparisons.map(({ expected, actual, right }) => ({
    expected,
    value: right && actual !== null ? actual : expected.value,
  }));
  const edit = new vscode.WorkspaceEdit();
  const salt = randomBytes(8).toString("hex");
  const { offset, length, text } = hidden(document.getText(), expect, answers, salt, digits);
  edit.replace(document.uri, rangeOf(document, { offset, length }), text);
  const done = await vscode.workspace.applyEdit(edit);
  const wrong = comparisons.filter(({ right }) => !right).length;
  const note = wrong === 0 ? "" : ` ${wrong} of them ${wrong === 1 ? "does" : "do"} not hold with the file as it is.`;
  if (done)
    void say.information(
      `${comparisons.length} answers are hidden.${note} That keeps from reading them, not from guessing: undo brings them back, so hand out a copy.`,
    );
  return done;
}

async function askDecimals(session: Session): Promise<number | null> {
  const typed = await vscode.window.showInputBox({
    title: "Hide the Answers",
    prompt: `To how many digits behind the point are the numbers rounded? 0 to ${mostHiddenDecimals}`,
    value: String(Math.min(mostHiddenDecimals, digitsFor(session))),
    validateInput: (text) =>
      /^\d$/.test(text.trim()) && Number(text) <= mostHiddenDecimals
        ? null
        : `A whole number, 0 to ${mostHiddenDecimals}`,
  });
  return typed === undefined ? null : Number(typed);
}
