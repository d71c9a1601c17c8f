import * as vscode from "vscode";
import type { Problem, Sequence } from "../engine/model";
import type { Generation } from "../engine/predict";
import { whyNoGeneration } from "../engine/predict";
import type { ItemReader } from "../format/read";
import type { Session } from "../session/session";
import { predictionReport } from "./predictionReport";
import type { Reports } from "./reports";
import { startThread } from "./thread";
import { readTypedInputs, typedInputsPrompt } from "./typedInputs";
import { digitsFor, problemOf } from "./user";

/** What to predict from. */
interface Chosen {
  /** `Sequence 1 (fins)`, `Your input` */
  readonly source: string;
  readonly of: number | Sequence;
  readonly sequence: Sequence;
  readonly item: ItemReader;
  readonly generation: Generation | null;
}

/**
 * Asks what to predict from, unless it is said, and shows the result in a document of its own.
 * @param sequenceIndex a sequence of the file, from 0
 */
export async function predictCommand(
  session: Session,
  reports: Reports,
  workerFile: string,
  sequenceIndex?: number,
): Promise<string | null> {
  const problem = problemOf(session, "predicting");
  if (!problem) return null;
  const chosen =
    sequenceIndex === undefined ? await choose(session, problem) : sequenceOf(session, problem, sequenceIndex);
  if (!chosen) return null;
  const { source, of, sequence, item, generation } = chosen;
  const options = { location: vscode.ProgressLocation.Window, title: `Predicting with ${problem.name}` };
  const prediction = await vscode.window.withProgress(
    options,
    () => startThread(workerFile, { kind: "predict", problem, of, generation }, () => undefined).outcome,
  );
  const predicted = { model: problem.model, sequence, item, prediction, generation };
  const report = predictionReport(problem.name, source, predicted, digitsFor(session));
  await reports.show("RNN Prediction", session.document.uri, { text: report.text, links: [] });
  if (report.short) void vscode.window.showInformationMessage(`${problem.name}, ${source}: ${report.short}`);
  return report.text;
}

function sequenceOf(session: Session, problem: Problem, index: number): Chosen {
  const sequence = problem.sequences[index];
  if (!sequence) throw new RangeError(`there is no sequence ${index}: the file has ${problem.sequences.length}`);
  return {
    source: sequenceName(sequence, index),
    of: index,
    sequence,
    item: session.reading.items[index]!,
    generation: null,
  };
}

function sequenceName({ name }: Sequence, index: number): string {
  return name === null ? `Sequence ${index + 1}` : `Sequence ${index + 1} (${name})`;
}

type Item = vscode.QuickPickItem & { readonly choose?: () => Chosen | Promise<Chosen | null> };

async function choose(session: Session, problem: Problem): Promise<Chosen | null> {
  const { items } = session.reading;
  const own: Item = {
    label: "$(edit) Type an input…",
    description: "of your own",
    choose: () => askInputs(problem, "Your input", null),
  };
  const generate: Item = {
    label: "$(sparkle) Generate tokens…",
    description: "let the model go on from a beginning",
    choose: () => askGeneration(problem),
  };
  const sequences = problem.sequences.map(
    (sequence, k): Item => ({
      label: sequenceName(sequence, k),
      description: preview(sequence, items[k]!),
      choose: () => sequenceOf(session, problem, k),
    }),
  );
  const picks: Item[] = [own, ...(whyNoGeneration(problem.model) === null ? [generate] : [])];
  if (sequences.length > 0)
    picks.push({ label: "Sequences of the file", kind: vscode.QuickPickItemKind.Separator }, ...sequences);
  const picked = await vscode.window.showQuickPick(picks, {
    title: `Predict with ${problem.name}`,
    placeHolder: "What is the model to read?",
    matchOnDescription: true,
  });
  return (await picked?.choose?.()) ?? null;
}

function preview({ length }: Sequence, item: ItemReader): string {
  const shown = Array.from({ length: Math.min(length, 12) }, (_, k) => {
    const value = item(k);
    return Array.isArray(value) ? `[${value.join(", ")}]` : String(value);
  });
  return shown.join(" ") + (length > shown.length ? " …" : "");
}

async function askInputs(problem: Problem, source: string, generation: Generation | null): Promise<Chosen | null> {
  const { model } = problem;
  const text = await vscode.window.showInputBox({
    title: generation ? "Generate Tokens (1/4)" : `Predict with ${problem.name}`,
    prompt: generation ? `What to begin with. ${typedInputsPrompt(model)}` : typedInputsPrompt(model),
    ignoreFocusOut: true,
    validateInput: (typed) => {
      // Nobody is told off before he types.
      if (typed === "") return undefined;
      const reading = readTypedInputs(typed, model);
      return reading.ok ? undefined : reading.errors[0];
    },
  });
  if (text === undefined) return null;
  const reading = readTypedInputs(text, model);
  if (!reading.ok) {
    void vscode.window.showErrorMessage(reading.errors[0] ?? "");
    return null;
  }
  return { source, of: reading.sequence, sequence: reading.sequence, item: reading.item, generation };
}

const mostTokens = 100_000;

async function askGeneration(problem: Problem): Promise<Chosen | null> {
  const unset: Generation = { count: 0, temperature: 1, seed: 0 };
  const start = await askInputs(problem, "Your beginning", unset);
  if (!start) return null;
  const count = await askNumber("Generate Tokens (2/4)", "How many tokens to generate", 50, (n) =>
    Number.isInteger(n) && n >= 1 && n <= mostTokens ? null : `expected a whole number from 1 to ${mostTokens}`,
  );
  if (count === null) return null;
  const temperature = await askNumber(
    "Generate Tokens (3/4)",
    "Temperature: the logits are divided by it before a token is drawn; 0 takes the most probable",
    1,
    (n) => (n >= 0 ? null : "expected a number of at least 0"),
  );
  if (temperature === null) return null;
  const seed = await askNumber(
    "Generate Tokens (4/4)",
    "Seed of the drawing: the same seed draws the same tokens",
    0,
    (n) => (Number.isSafeInteger(n) && n >= 0 ? null : "expected a whole number of at least 0"),
  );
  return seed === null ? null : { ...start, generation: { count, temperature, seed } };
}

/** Asks for a number. @param check what is wrong with a finite one, null where nothing is */
export async function askNumber(
  title: string,
  prompt: string,
  value: number,
  check: (value: number) => string | null,
): Promise<number | null> {
  const complaint = (text: string) => {
    const number = text.trim() === "" ? Number.NaN : Number(text);
    const wrong = Number.isFinite(number) ? check(number) : "expected a number";
    return wrong === null
      ? undefined
      : `${text.trim() === "" ? "Nothing was typed" : `Found ${text.trim()}`}, ${wrong}.`;
  };
  const text = await vscode.window.showInputBox({
    title,
    prompt,
    value: String(value),
    ignoreFocusOut: true,
    validateInput: complaint,
  });
  return text === undefined || complaint(text) !== undefined ? null : Number(text);
}
