import * as path from "node:path";
import * as vscode from "vscode";
import { type Other, ParityError, parity, takenOver, usualTolerance } from "../../check/parity";
import { StreamError, streams } from "../../check/streams";
import type { Problem } from "../../engine/model";
import { dataBeside } from "../../format/openData";
import { readProblem } from "../../format/read";
import { FileSource } from "../../interop/fileSource";
import { ImportError } from "../../interop/import";
import { printedArrays, readOther } from "../../interop/otherNumbers";
import { sourceOf } from "../../interop/source";
import { showPanel } from "../commands/showEditors";
import { plainMessage } from "../plainMessage";
import { say } from "../say";
import type { ShownComparison } from "../session/comparison";
import type { Session } from "../session/session";
import { digitsFor, problemOf } from "../training/user";
import { shownParity, shownStreams } from "./comparison";

const sliceMs = 20;

/**
 * Holds the sequence that is stepped through against another program's numbers, and shows both in the panel, at the first
 * place where they differ.
 * @param given where it is given, nothing is asked
 * @returns whether there is a comparison now
 */
export async function compareWith(session: Session, given: vscode.Uri | null): Promise<boolean> {
  const problem = await problemOf(session, "comparing");
  const chosen = problem && hasSequence(problem) ? (given ?? (await choose())) : null;
  if (!problem || !chosen) return false;
  const name = chosen instanceof vscode.Uri ? path.posix.basename(chosen.path) : "the clipboard";
  try {
    const other = chosen instanceof vscode.Uri ? await otherOf(chosen) : ofText(chosen);
    const index = Math.min(session.sequenceIndex, problem.sequences.length - 1);
    const found = await working(`Comparing with ${name}`, parity(problem, index, other, usualTolerance));
    if (!found) return false;
    const takeover = found.explained?.takeover ?? null;
    const take = takeover && ((text: string) => takenOver(text, takeover));
    await show(session, shownParity(found, problem.model, name, usualTolerance, digitsFor(session), take));
    if (found.first) session.stepper?.goToStep(found.first.t);
    return true;
  } catch (error) {
    if (!(error instanceof ImportError) && !(error instanceof ParityError)) throw error;
    void say.error(`${name}: ${error.message}`);
    return false;
  }
}

/**
 * Runs the sequence that is stepped through whole, in chunks and with the state reset at each chunk, and shows the three curves.
 * @param given steps of a chunk; where it is given, nothing is asked
 */
export async function runInChunks(session: Session, given: number | null): Promise<boolean> {
  const problem = await problemOf(session, "running in chunks");
  if (!problem || !hasSequence(problem)) return false;
  const index = Math.min(session.sequenceIndex, problem.sequences.length - 1);
  const chunk = given ?? (await askChunk(problem.sequences[index]!.length));
  if (chunk === null) return false;
  try {
    const found = await working("Running in chunks", streams(problem, index, chunk));
    if (!found) return false;
    await show(session, shownStreams(found, problem.model, digitsFor(session)));
    return true;
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    void say.error(`${problem.name}: ${error.message}`);
    return false;
  }
}

function hasSequence({ sequences, name }: Problem): boolean {
  if (sequences.length > 0) return true;
  void say.warning(`${name} has no sequences: add one under "sequences" to compare what it gives.`);
  return false;
}

async function show(session: Session, comparison: ShownComparison): Promise<void> {
  await session.start();
  session.showComparison(comparison);
  await showPanel(session.document.uri);
}

/** A file, or text that a program has printed; null where nobody chose. */
async function choose(): Promise<vscode.Uri | string | null> {
  const items = [
    {
      label: "A file…",
      detail: "A model, a checkpoint, a trace, or arrays of states or outputs (.npz, .npy, .json, .txt)",
      what: "file",
    },
    {
      label: "Numbers in the clipboard",
      detail: "Arrays as NumPy, PyTorch, JavaScript … print them",
      what: "clipboard",
    },
    {
      label: "Copy a probe first",
      detail: "A program that prints what PyTorch, Keras or NumPy computes",
      what: "probe",
    },
  ] as const;
  const picked = await vscode.window.showQuickPick(items, { title: "Compare with", matchOnDetail: true });
  switch (picked?.what) {
    case "file": {
      const [uri] = (await vscode.window.showOpenDialog({ openLabel: "Compare", title: "Compare with" })) ?? [];
      return uri ?? null;
    }
    case "clipboard":
      return vscode.env.clipboard.readText();
    case "probe":
      await vscode.commands.executeCommand("rnn.copyProbe");
      return null;
    case undefined:
      return null;
  }
}

function ofText(text: string): Other {
  return { kind: "arrays", arrays: printedArrays(text) };
}

async function otherOf(uri: vscode.Uri): Promise<Other> {
  const fileName = path.posix.basename(uri.path);
  const source =
    uri.scheme === "file" ? new FileSource(uri.fsPath) : sourceOf(fileName, await vscode.workspace.fs.readFile(uri));
  try {
    const other = readOther(source);
    if (other.kind !== "model") return other;
    const readData = uri.scheme === "file" ? dataBeside(path.dirname(uri.fsPath)) : undefined;
    const { problem, diagnostics } = readProblem(other.text, { fileName, ...(readData && { readData }) });
    if (problem) return { kind: "model", problem };
    throw new ImportError(diagnostics[0]?.message ?? "it is no model file");
  } finally {
    if (source instanceof FileSource) source.close();
  }
}

async function askChunk(length: number): Promise<number | null> {
  const isGood = (text: string) => /^\d+$/.test(text.trim()) && Number(text) >= 1;
  const text = await vscode.window.showInputBox({
    title: "Run Whole and in Chunks",
    prompt: `Steps of a chunk; the sequence has ${length}`,
    value: String(Math.max(1, Math.floor(length / 4))),
    validateInput: (typed) => (isGood(typed) ? null : "expected a whole number of at least 1"),
  });
  return text === undefined ? null : Number(text);
}

/** Goes on between other work, says how far it is, and ends where somebody gives up: null then. */
async function working<T>(title: string, work: Generator<number, T>): Promise<T | null> {
  const options = { location: vscode.ProgressLocation.Notification, title: plainMessage(title), cancellable: true };
  return vscode.window.withProgress(options, async (progress, token) => {
    let shown = 0;
    for (;;) {
      const end = performance.now() + sliceMs;
      let next = work.next();
      while (!next.done && performance.now() < end) next = work.next();
      if (next.done) return next.value;
      progress.report({ increment: Math.max(0, 100 * (next.value - shown)) });
      shown = Math.max(shown, next.value);
      await new Promise(setImmediate);
      if (token.isCancellationRequested) return null;
    }
  });
}
