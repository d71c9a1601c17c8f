import * as vscode from "vscode";
import { mergeEdits } from "../../format/expectEdit";
import type { Placement, PrintLayout } from "../../interop/placing";
import { placementsOf, printLayouts, roundingOf, withTolerance } from "../../interop/placing";
import type { PrintedArray } from "../../interop/printed";
import { PrintedError, printedShapeText, readPrinted } from "../../interop/printed";
import { rangeOf } from "../editor/places";
import { say } from "../say";
import type { Session } from "../session/session";
import { problemOf } from "../training/user";

/** What to paste, where a caller has chosen already. */
export interface ChosenPaste {
  readonly text: string;
  readonly layout: PrintLayout;
  /** The place's label, and what its detail begins with. */
  readonly label: string;
  readonly detail: string;
}

/** A longer print is no reading matter, and comes as a file. */
const mostCharacters = 5_000_000;

/** The layout that was chosen last stands first. */
const lastLayoutKey = "rnn.printLayout";

/** Puts printed arrays of the clipboard into the file, where the user says: one edit, which one undo takes back. */
export async function pasteNumbers(
  session: Session,
  memory: vscode.Memento,
  chosen: ChosenPaste | null,
): Promise<boolean> {
  if (!(await problemOf(session, "pasting numbers"))) return false;
  const text = chosen?.text ?? (await vscode.env.clipboard.readText());
  if (text.length > mostCharacters) {
    void say.warning(
      `The clipboard holds ${text.length.toLocaleString("en")} characters, more than the ${mostCharacters.toLocaleString("en")} that are read: import a file of arrays instead.`,
    );
    return false;
  }
  const arrays = arraysIn(text);
  if (!arrays) return false;
  const layout = chosen?.layout ?? (await pickLayout(memory, arrays));
  if (!layout) return false;
  const isWhole = arrays.length === 1 || (await placementsIn(session, arrays, layout)).length > 0;
  const groups = isWhole ? [arrays] : arrays.map((array) => [array]);
  let isPasted = false;
  for (const [k, group] of groups.entries()) {
    const which = groups.length > 1 ? `array ${k + 1} of ${groups.length}, ` : "";
    const version = session.document.version;
    const placement = await pickPlacement(session, group, layout, `${which}${describe(group)}`, chosen);
    if (placement === "none") continue;
    if (!placement) return isPasted;
    if (session.document.version !== version) {
      void say.warning("The text has been changed meanwhile: nothing was pasted.");
      return isPasted;
    }
    if (!(await write(session, placement, group))) return isPasted;
    isPasted = true;
  }
  return isPasted;
}

/** The arrays of a text; null, after saying what is wrong, where it has none. */
function arraysIn(text: string): PrintedArray[] | null {
  try {
    return readPrinted(text);
  } catch (error) {
    if (!(error instanceof PrintedError)) throw error;
    const lines = text.slice(0, error.offset).split("\n");
    const place = `line ${lines.length}, column ${lines.at(-1)!.length + 1}`;
    void say.warning(
      text.trim() === ""
        ? "The clipboard is empty: copy numbers first, as a program prints them."
        : `The clipboard holds no numbers that can be read: ${error.message} (${place}).`,
    );
    return null;
  }
}

function describe(arrays: readonly PrintedArray[]): string {
  const all = arrays.map((array) => `${array.name === null ? "" : `${array.name} `}${printedShapeText(array)}`);
  return all.length <= 4 ? all.join(", ") : `${all.slice(0, 3).join(", ")} and ${all.length - 3} more`;
}

async function pickLayout(memory: vscode.Memento, arrays: readonly PrintedArray[]): Promise<PrintLayout | null> {
  const last = memory.get<string>(lastLayoutKey);
  const items = printLayouts
    .toSorted((a, b) => Number(b.id === last) - Number(a.id === last))
    .map(({ id, title, detail }) => ({ label: title, detail, id }));
  const picked = await vscode.window.showQuickPick(items, {
    title: `Paste Numbers (1/2): ${describe(arrays)}`,
    placeHolder: "In whose layout are they?",
    matchOnDetail: true,
  });
  if (picked) await memory.update(lastLayoutKey, picked.id);
  return picked?.id ?? null;
}

/** Of the text as it stands: an array before it may have been pasted since. */
async function placementsIn(
  session: Session,
  arrays: readonly PrintedArray[],
  layout: PrintLayout,
): Promise<Placement[]> {
  const reading = await session.whenUpToDate();
  return reading?.problem ? placementsOf(arrays, layout, reading.problem, session.sequenceIndex) : [];
}

/** "none" where the array fits nowhere, which is said; null where the user gives up. */
async function pickPlacement(
  session: Session,
  arrays: readonly PrintedArray[],
  layout: PrintLayout,
  what: string,
  chosen: ChosenPaste | null,
): Promise<Placement | "none" | null> {
  const placements = await placementsIn(session, arrays, layout);
  if (chosen)
    return placements.find(({ label, detail }) => label === chosen.label && detail.startsWith(chosen.detail)) ?? null;
  if (placements.length === 0) {
    void say.warning(
      `Nothing in this file has the shape of ${what}, in the layout ${printLayouts.find(({ id }) => id === layout)!.title}.`,
    );
    return "none";
  }
  const items = placements.map((placement) => ({ label: placement.label, description: placement.detail, placement }));
  const picked = await vscode.window.showQuickPick(items, {
    title: `Paste Numbers (2/2): ${what}`,
    placeHolder: "What are they?",
    matchOnDescription: true,
  });
  return picked?.placement ?? null;
}

async function write(session: Session, placement: Placement, arrays: readonly PrintedArray[]): Promise<boolean> {
  const { document, reading } = session;
  const tolerance = reading.expect?.tolerance ?? null;
  const edits = mergeEdits(document.getText(), withTolerance(placement.wanted, tolerance, roundingOf(arrays)));
  const edit = new vscode.WorkspaceEdit();
  for (const { offset, length, text } of edits) edit.replace(document.uri, rangeOf(document, { offset, length }), text);
  const first = edits[0];
  if (!first) {
    vscode.window.setStatusBarMessage(`RNN: ${placement.label} stands there already`, 4000);
    return true;
  }
  if (!(await vscode.workspace.applyEdit(edit))) return false;
  vscode.window.setStatusBarMessage(`RNN: ${placement.label} pasted: ${placement.detail}`, 4000);
  const place = rangeOf(document, { offset: first.offset, length: 0 });
  for (const editor of vscode.window.visibleTextEditors)
    if (editor.document === document) editor.revealRange(place, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  return true;
}
