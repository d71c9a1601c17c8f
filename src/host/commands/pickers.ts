import * as vscode from "vscode";
import type { Stepper } from "../../stepper/stepper";
import { inputText } from "../panel/words";
import { say } from "../say";
import type { Session } from "../session/session";

/** What the user typed as a step: t, or what is wrong with it. */
export function readStep(text: string, length: number): { readonly t: number } | { readonly error: string } {
  const trimmed = text.trim();
  const t = Number(trimmed);
  if (!/^\d+$/.test(trimmed) || t < 1 || t > length)
    return { error: `Expected a whole number from 1 to ${length}, found ${trimmed === "" ? "nothing" : trimmed}` };
  return { t };
}

/** Asks for t and goes there. */
export async function pickStep(session: Session, stepper: Stepper): Promise<void> {
  const { length } = stepper.run;
  const phase = stepper.phase === "backward" || stepper.phase === "update" ? "backward" : "forward";
  const text = await vscode.window.showInputBox({
    title: `Go to Step t = 1…${length} of the ${phase} pass`,
    value: String(Math.max(1, stepper.t)),
    validateInput: (value) => {
      const step = readStep(value, length);
      return "error" in step ? step.error : null;
    },
  });
  if (text === undefined) return;
  const step = readStep(text, length);
  session.pause();
  if ("t" in step) session.stepper?.goToStep(Math.min(step.t, session.stepper.run.length), phase);
}

const shownItems = 12;

/** Asks for a sequence of the file and shows it. */
export async function pickSequence(session: Session): Promise<void> {
  const problem = session.reading.problem ?? session.stepper?.problem;
  if (!problem || problem.sequences.length === 0) {
    void say.warning('The file has no sequences: add one under "sequences" to step through it.');
    return;
  }
  const { model, sequences } = problem;
  const items = sequences.map((sequence, index) => {
    const shown = Math.min(shownItems, sequence.length);
    const preview = Array.from({ length: shown }, (_, k) => inputText(model, sequence, k + 1, 3)).join(" ");
    return {
      label: sequence.name ?? `Sequence ${index + 1}`,
      description: `T = ${sequence.length}${index === session.sequenceIndex ? ", shown" : ""}`,
      detail: preview + (shown < sequence.length ? " …" : ""),
      index,
    };
  });
  const picked = await vscode.window.showQuickPick(items, {
    title: "Select Sequence",
    placeHolder: "The sequence to step through",
    matchOnDetail: true,
  });
  if (picked) session.selectSequence(picked.index);
}

const speeds = [0.5, 1, 2, 4, 8, 16];

/** Asks how fast to play. */
export async function pickSpeed(session: Session): Promise<void> {
  const items = speeds.map((speed) => ({
    label: speed < 1 ? `1 step in ${1 / speed} s` : `${speed} step${speed === 1 ? "" : "s"} a second`,
    ...(speed === session.speed && { description: "now" }),
    speed,
  }));
  const picked = await vscode.window.showQuickPick(items, { title: "Set Play Speed" });
  if (picked) session.setSpeed(picked.speed);
}
