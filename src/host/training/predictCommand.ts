import * as vscode from "vscode";
import type { Model, Problem, Sequence } from "../../engine/model";
import type { Generation, Prediction } from "../../engine/predict";
import { whyNoGeneration } from "../../engine/predict";
import { scaledInputs, unscaledOutput, whyNoForecast } from "../../engine/tableScale";
import type { ItemReader } from "../../format/read";
import { plainMessage } from "../plainMessage";
import { say } from "../say";
import type { Session } from "../session/session";
import { mayRun } from "../trust";
import { askNumber } from "./askNumber";
import { followedAfter, forecastPage, forecastSeries, textForecast, textForecastPage } from "./forecast";
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
  const problem = await problemOf(session, "predicting");
  if (!problem) return null;
  const chosen =
    sequenceIndex === undefined ? await choose(session, problem) : sequenceOf(session, problem, sequenceIndex);
  if (!chosen || !(await mayRun("Predicting"))) return null;
  const { source, of, sequence, item, generation } = chosen;
  const options = { location: vscode.ProgressLocation.Window, title: plainMessage(`Predicting with ${problem.name}`) };
  const computed = await vscode.window.withProgress(
    options,
    () => startThread(workerFile, { kind: "predict", problem, of, generation }, () => undefined).outcome,
  );
  const shown = (output: readonly number[]) => unscaledOutput(output, problem);
  const prediction = {
    ...computed,
    outputs: computed.outputs.map(shown),
    generated: computed.generated && { ...computed.generated, outputs: computed.generated.outputs.map(shown) },
  };
  const predicted = { model: problem.model, sequence, item, prediction, generation, table: problem.table };
  const page = forecastOf(problem, chosen, prediction);
  const report = predictionReport(problem.name, source, predicted, digitsFor(session));
  await reports.show("RNN Prediction", session.document.uri, { text: report.text, links: [] });
  // The chart comes last, and so stands in front of the table.
  if (page !== null) showForecast(page);
  if (report.short) void say.information(`${problem.name}, ${source}: ${report.short}`);
  return report.text;
}

/** What a model has gone on with, as a chart; null where it has not. */
function forecastOf(
  problem: Problem,
  { source, of, sequence, generation }: Chosen,
  { outputs, generated }: Prediction,
): string | null {
  if (!generated || !generation) return null;
  const { vectors, tokens } = sequence.inputs;
  const title = `Forecast of ${problem.name}, ${source}`;
  if (problem.model.vocabulary)
    return tokens && textForecastPage(title, textForecast(problem.model, tokens, outputs, generated, generation));
  const came = generated.outputs;
  if (came.length === 0 || !vectors) return null;
  const followed = typeof of === "number" ? followedAfter(problem, of, came.length) : [];
  return forecastPage(title, forecastSeries(problem, vectors, came, followed));
}

function showForecast(page: string): void {
  const panel = vscode.window.createWebviewPanel(
    "rnn.forecast",
    "RNN Forecast",
    { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true },
    { enableScripts: false, localResourceRoots: [] },
  );
  panel.webview.html = page;
}

function sequenceOf(session: Session, problem: Problem, index: number): Chosen {
  const sequence = problem.sequences[index];
  if (!sequence) throw new RangeError(`there is no sequence ${index}: the file has ${problem.sequences.length}`);
  return {
    source: sequenceName(sequence, index),
    of: index,
    sequence,
    item: session.reading.itemsOf(index)!,
    generation: null,
  };
}

function sequenceName({ name }: Sequence, index: number): string {
  return name === null ? `Sequence ${index + 1}` : `Sequence ${index + 1} (${name})`;
}

type Item = vscode.QuickPickItem & { readonly choose?: () => Chosen | Promise<Chosen | null> };

/** Nobody scrolls further. */
const mostListed = 1000;

async function choose(session: Session, problem: Problem): Promise<Chosen | null> {
  const { itemsOf } = session.reading;
  const own: Item = {
    label: "$(edit) Type an input…",
    description: "of your own",
    choose: () => askInputs(problem, `Predict with ${problem.name}`, "Your input", null),
  };
  const generate: Item = {
    label: problem.model.vocabulary ? "$(sparkle) Generate tokens…" : "$(sparkle) Forecast…",
    description: "let the model go on from a beginning",
    choose: () => askGeneration(problem),
  };
  const sequences = problem.sequences.slice(0, mostListed).map(
    (sequence, k): Item => ({
      label: sequenceName(sequence, k),
      description: preview(sequence, itemsOf(k)!),
      choose: () => sequenceOf(session, problem, k),
    }),
  );
  const forecast: Item = {
    label: "$(graph) Forecast from a sequence of the file…",
    description: "what came beside what really followed",
    choose: () => askForecast(session, problem),
  };
  const goesOn = (whyNoGeneration(problem.model) ?? whyNoForecast(problem)) === null;
  const hasForecast = goesOn && problem.model.vocabulary === null && problem.sequences.length > 0;
  const count = problem.sequences.length;
  const first = count > mostListed ? `, the first ${mostListed} of ${count.toLocaleString("en")}` : "";
  const title: Item = { label: `Sequences of the file${first}`, kind: vscode.QuickPickItemKind.Separator };
  const picks: Item[] = [
    own,
    ...(goesOn ? [generate] : []),
    ...(hasForecast ? [forecast] : []),
    ...(sequences.length > 0 ? [title, ...sequences] : []),
  ];
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

async function askInputs(
  problem: Problem,
  title: string,
  source: string,
  generation: Generation | null,
): Promise<Chosen | null> {
  const { model } = problem;
  const text = await vscode.window.showInputBox({
    title,
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
    void say.error(reading.errors[0] ?? "");
    return null;
  }
  const sequence = scaledInputs(reading.sequence, problem.table);
  return { source, of: sequence, sequence, item: reading.item, generation };
}

const mostSteps = 100_000;

/** Asks from which sequence, and for how many steps. */
async function askForecast(session: Session, problem: Problem): Promise<Chosen | null> {
  const { length } = problem.sequences;
  const first = (problem.heldBack?.[0] ?? 0) + 1;
  const number = await askNumber("Forecast (1/2)", `From which sequence, 1 to ${length}`, first, (n) =>
    Number.isInteger(n) && n >= 1 && n <= length ? null : `expected a whole number from 1 to ${length}`,
  );
  if (number === null) return null;
  const prompt = "How many steps to go on, each with the output of the one before";
  const count = await askNumber("Forecast (2/2)", prompt, 12, (n) =>
    Number.isInteger(n) && n >= 1 && n <= mostSteps ? null : `expected a whole number from 1 to ${mostSteps}`,
  );
  if (count === null) return null;
  return { ...sequenceOf(session, problem, number - 1), generation: { count, temperature: 1, seed: 0 } };
}

async function askGeneration(problem: Problem): Promise<Chosen | null> {
  const unset: Generation = { count: 0, temperature: 1, seed: 0 };
  const draws = problem.model.vocabulary !== null;
  const title = (question: number) => (draws ? `Generate Tokens (${question}/5)` : `Forecast (${question}/2)`);
  const start = await askInputs(problem, title(1), "Your beginning", unset);
  if (!start) return null;
  const prompt = draws
    ? "How many tokens to generate"
    : "How many steps to go on, each with the output of the one before";
  const count = await askNumber(title(2), prompt, draws ? 50 : 12, (n) =>
    Number.isInteger(n) && n >= 1 && n <= mostSteps ? null : `expected a whole number from 1 to ${mostSteps}`,
  );
  if (count === null) return null;
  if (!draws) return { ...start, generation: { ...unset, count } };
  const temperature = await askNumber(
    title(3),
    "Temperature: the logits are divided by it before a token is drawn; 0 takes the most probable",
    1,
    (n) => (n >= 0 ? null : "expected a number of at least 0"),
  );
  if (temperature === null) return null;
  const seed = await askNumber(title(4), "Seed of the drawing: the same seed draws the same tokens", 0, (n) =>
    Number.isSafeInteger(n) && n >= 0 ? null : "expected a whole number of at least 0",
  );
  if (seed === null) return null;
  const stop = await askStop(problem.model, title(5));
  return stop === null ? null : { ...start, generation: { count, temperature, seed, ...stop } };
}

/** @returns null where nothing is to be generated after all */
async function askStop(model: Model, title: string): Promise<Pick<Generation, "stop"> | null> {
  const wrong = (token: string) => (token === "" ? null : whyNoGeneration(model, token));
  const token = await vscode.window.showInputBox({
    title,
    prompt: "A token that ends it before; none where this is empty",
    ignoreFocusOut: true,
    validateInput: (typed) => wrong(typed) ?? undefined,
  });
  if (token === undefined || wrong(token) !== null) return null;
  return token === "" ? {} : { stop: token };
}
