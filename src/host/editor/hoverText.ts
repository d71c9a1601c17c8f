import { norm } from "../../engine/functions";
import type { Model, Sequence } from "../../engine/model";
import { parametersOf } from "../../engine/model";
import type { Tensor } from "../../engine/tensor";
import { shapeText } from "../../engine/tensor";
import { stateTitle } from "../../engine/variants";
import { escapeOf, shortText, visibleText } from "../../explain/text";
import type { Reading } from "../../format/read";
import type { TextRange } from "../../format/sourceMap";
import { parameterPath } from "../../format/sourceMap";
import { formatExact, formatNumber } from "../../protocol/numbers";
import type { GradientVerdict } from "../../protocol/panel";
import type { Stepper } from "../../stepper/stepper";
import { parameterReference, stepReference } from "./explainAt";
import { startStatesOf } from "./inlineValues";
import {
  entryName,
  hiddenAt,
  hiddenGradientAt,
  knownShares,
  logitsAt,
  lossAt,
  outputAt,
  outputName,
  startGradient,
} from "./known";
import { characterIndex } from "./literal";
import { lossLines } from "./lossText";
import type { ChartColors } from "./shareChart";
import { shareChart } from "./shareChart";

/** What a hover needs besides the run: how numbers are written and what its links do. */
export interface HoverOptions {
  readonly digits: number;
  readonly colors: ChartColors;
  /** What a check of a parameter's gradient has found. */
  readonly verdictOn?: (name: string) => GradientVerdict | null;
  /** The address of a link that explains a number; without it there is none. */
  readonly explainLink?: (reference: string) => string;
  /** The address of a link that steps a sequence; with t, that goes to that step. */
  readonly stepLink: (sequence: number, t?: number) => string;
}

export interface HoverText {
  readonly markdown: string;
  readonly range: TextRange;
}

const notYet = "*not yet*";
/** A picture of every step's share is drawn as long as it takes no more numbers than this. */
const mostShareNumbers = 5e7;

/**
 * What is known of the value at an offset: of a parameter, an input or target of a step, or an initial state. Null for anything else.
 * @param stepper the run that is stepped through; null where nobody steps
 */
export function hoverAt(
  reading: Reading,
  stepper: Stepper | null,
  text: string,
  offset: number,
  options: HoverOptions,
): HoverText | null {
  const { source, problem } = reading;
  const path = problem && source.pathAt(offset);
  if (!problem || !path) return null;
  const says = (markdown: string | null, place = source.locate(path)): HoverText | null =>
    markdown !== null && place ? { markdown, range: place } : null;

  const parameters = parametersOf(problem.model);
  for (const [name, parameter] of Object.entries(parameters)) {
    const own = parameterPath(name);
    if (startsWith(path, own)) {
      const onKey = path.length === own.length && source.locateKey(path);
      return says(parameterHover(name, parameter, path.slice(own.length), stepper, options), onKey || undefined);
    }
  }

  if (stepper) {
    const start = startStatesOf(stepper, source).find((state) => startsWith(path, state.path));
    if (start) return says(startHover(stepper, start, options), source.locate(start.path));
  }

  if (path[0] === "loss" && path.length <= 2) return says(lossHover(problem.model, problem.sequences[0] ?? null));

  const [top, sequence, key, index] = path;
  if (top !== "sequences" || typeof sequence !== "number") return null;
  let k: number | null = null;
  if ((key === "inputs" || key === "targets") && typeof index === "number") k = index;
  else if (key === "text") k = characterAt(text, source.locate(path), offset);
  else if (key === "target") k = (problem.sequences[sequence]?.length ?? 0) - 1;
  if (k === null || k < 0 || k >= (problem.sequences[sequence]?.length ?? 0)) return null;
  return says(stepHover(reading, stepper, sequence, k + 1, options));
}

function startsWith(path: readonly (string | number)[], start: readonly (string | number)[]): boolean {
  return start.length <= path.length && start.every((segment, k) => path[k] === segment);
}

/** Which character of a text an offset in its literal is on, counted in code points; null on a quote. */
function characterAt(text: string, literal: TextRange | null, offset: number): number | null {
  if (!literal) return null;
  return characterIndex(text.slice(literal.offset, literal.offset + literal.length), offset - literal.offset);
}

/** Which line of PyTorch or Keras a loss equals. */
function lossHover(model: Model, sequence: Sequence | null): string | null {
  const lines = lossLines(model, sequence);
  if (!lines) return null;
  return [
    "**L of a sequence elsewhere**: z are the logits, y the outputs and t the targets of its steps with a target",
    "",
    "```python",
    `${lines.torch}  # PyTorch, F = torch.nn.functional`,
    ...(lines.keras ? [`${lines.keras}  # Keras`] : []),
    "```",
    ...(model.loss?.classWeights ? ["", "w are the `classWeights`."] : []),
  ].join("\n");
}

// ---------------------------------------------------------------------------------------------- parameters

/** Which of a parameter's entries are meant: one, a row, or all. */
interface Entries {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

function entriesOf(short: string, parameter: Tensor, rest: readonly (string | number)[]): Entries {
  const [i, j] = rest.map(Number);
  const { rows, cols } = parameter;
  if (i === undefined) return { name: short, from: 0, to: rows * cols };
  if (j === undefined && parameter.rank === 2) return { name: `${short}[${i}]`, from: i * cols, to: (i + 1) * cols };
  const index = i * cols + (j ?? 0);
  return { name: short + entryName(parameter, index), from: index, to: index + 1 };
}

function parameterHover(
  name: string,
  parameter: Tensor,
  rest: readonly (string | number)[],
  stepper: Stepper | null,
  { digits, colors, verdictOn, stepLink, explainLink }: HoverOptions,
): string {
  const short = name.slice(name.lastIndexOf(".") + 1);
  const { name: title, from, to } = entriesOf(short, parameter, rest);
  const one = to - from === 1;
  const write = (tensor: Tensor) => {
    if (one) return formatExact(tensor.data[from]!);
    const norms = `‖·‖ = ${formatNumber(norm(tensor.data.subarray(from, to)), digits)}`;
    return to - from > 8 ? norms : `${listNumbers(tensor.data.subarray(from, to), digits)} (${norms})`;
  };
  const entry =
    parameter.rank === 1 ? `[${from}][0]` : `[${Math.floor(from / parameter.cols)}][${from % parameter.cols}]`;
  const explain =
    stepper && one && explainLink
      ? ` · [$(lightbulb) Explain](${explainLink(parameterReference(stepper, name, entry))})`
      : "";
  const link = `[$(debug-step-over) Step](${stepLink(stepper?.sequenceIndex ?? 0)})${explain}`;
  const lines = [`**${code(title)}** · ${code(`${name} ${shapeText(parameter)}`)} · ${link}`, ""];
  const rows: [string, string][] = [["value", write(parameter)]];
  if (!stepper) {
    lines.push(...table([...rows, ["gradient", notYet]]));
    return lines.join("\n");
  }
  const known = knownShares(stepper, name);
  const sum = stepper.gradientSoFar(name);
  const share = stepper.share(name);
  const T = stepper.run.length;
  const whole = sum !== null && known !== null && isWhole(name, stepper, known);
  rows.push(
    [`gradient so far${known ? ` (${stepsText(known)})` : ""}`, sum ? write(sum) : notYet],
    [stepper.t > 0 ? `share of t = ${stepper.t}` : "share of this step", share ? write(share) : notYet],
    ["gradient of the whole sequence", whole ? write(sum) : notYet],
  );
  const verdict = whole ? verdictOn?.(name) : null;
  if (verdict) rows.push(["gradient check", `${verdict.mark} · ${verdict.text}`]);
  const updated = stepper.updated(name);
  rows.push(["after the update", updated ? write(updated) : notYet]);
  lines.push(...table(rows));

  if (known) {
    const owner = name.slice(0, name.lastIndexOf("."));
    const numbers = Object.entries(parametersOf(stepper.run.model))
      .filter(([other]) => other.slice(0, other.lastIndexOf(".")) === owner)
      .reduce((sum, [, { data }]) => sum + data.length, 0);
    if (known.steps * numbers <= mostShareNumbers) {
      const shares = Array.from({ length: T }, (_, k) => {
        const { data } = stepper.share(name, k + 1) ?? { data: null };
        if (data === null) return null;
        return one ? data[from]! : norm(data.subarray(from, to));
      });
      const title = one ? "The share of each step t" : "The norm of the share of each step t";
      lines.push("", `${title}:`, "", picture(title, shareChart(shares, stepper.t, colors)));
    } else lines.push("", "The run is too large to draw the share of each step here.");
  }
  return lines.join("\n");
}

/** Whether the known steps are all that the gradient is made of: the read-out of the last step alone has one. */
function isWhole(name: string, { run }: Stepper, { steps }: { readonly steps: number }): boolean {
  return steps === run.length || (name.startsWith("output.") && run.model.output.at === "last");
}

function stepsText({ from, to }: { readonly from: number; readonly to: number }): string {
  return from === to ? `t = ${from}` : `t = ${from}…${to}`;
}

// ---------------------------------------------------------------------------------------------- steps

/** The outputs that are listed: the largest, and the target. */
const mostOutputs = 5;

function stepHover(
  reading: Reading,
  stepper: Stepper | null,
  sequence: number,
  t: number,
  { digits, stepLink, explainLink }: HoverOptions,
): string | null {
  const item = reading.itemsOf(sequence)?.(t - 1);
  const { model } = reading.problem!;
  const title = `**t = ${t}**${item === undefined ? "" : ` · x_${t} = ${code(JSON.stringify(item))}`}`;
  const link = `[$(debug-step-over) Step here](${stepLink(sequence, t)})`;
  if (!stepper || stepper.sequenceIndex !== sequence) return `${title} · ${link}`;

  const { run } = stepper;
  const { target } = run.at(t);
  const explain = explainLink
    ? ` · [$(lightbulb) Explain h_${t}](${explainLink(stepReference(model, "input", t))})`
    : "";
  const vector = (data: Float64Array | null) =>
    data === null ? notYet : data.length === 1 ? formatExact(data[0]!) : listNumbers(data, digits);
  const rows: [string, string][] = [];
  const { token } = run.at(t);
  if (token >= 0 && model.embedding)
    rows.push([`x_${t}`, `row ${token} of embedding.E: ${listNumbers(run.input(t), digits)}`]);
  else if (token >= 0) rows.push([`x_${t}`, `one-hot vector ${token + 1} of ${model.inputSize}`]);
  for (let l = 0; l < model.layers.length; l++)
    rows.push([`h_${t}${model.layers.length > 1 ? ` of layer ${l + 1}` : ""}`, vector(hiddenAt(stepper, l, t))]);
  if (target !== null) {
    const loss = lossAt(stepper, t);
    rows.push([`ℓ_${t}`, loss === null ? notYet : formatExact(loss)]);
  }
  if (run.targetCount > 0)
    for (let l = model.layers.length - 1; l >= 0; l--) {
      const gradient = hiddenGradientAt(stepper, l, t);
      const of = model.layers.length > 1 ? ` of layer ${l + 1}` : "";
      rows.push([`∂L/∂h_${t}${of}`, vector(gradient)]);
      if (gradient && gradient.length > 1) rows.push([`‖∂L/∂h_${t}‖${of}`, formatExact(norm(gradient))]);
    }
  const lines = [`${title}${targetText(model.labels, target, digits)} · ${link}${explain}`, "", ...table(rows)];
  const output = outputAt(stepper, t);
  const logits = logitsAt(stepper, t);
  if (output && logits) lines.push("", ...outputTable(stepper, output, logits, target, digits));
  return lines.join("\n");
}

function targetText(labels: readonly string[] | null, target: number | Float64Array | null, digits: number): string {
  if (target === null) return "";
  if (typeof target === "number") return ` → target ${code(labels ? JSON.stringify(labels[target]) : String(target))}`;
  return ` → target ${listNumbers(target, digits)}`;
}

function outputTable(
  stepper: Stepper,
  output: Float64Array,
  logits: Float64Array,
  target: number | Float64Array | null,
  digits: number,
): string[] {
  const { model } = stepper.run;
  const symbol = model.output.activation === "softmax" || model.output.activation === "sigmoid" ? "p" : "y";
  const order = [...output.keys()].sort((a, b) => output[b]! - output[a]! || a - b);
  const shown = order.slice(0, mostOutputs);
  if (typeof target === "number" && !shown.includes(target)) shown.push(target);
  const lines = [`| output | z | ${symbol} |`, "| :-- | --: | --: |"];
  for (const j of shown) {
    const mark = target === j ? " ← target" : "";
    lines.push(
      `| ${code(outputName(model, j))}${mark} | ${formatNumber(logits[j]!, digits)} | ${formatNumber(output[j]!, digits)} |`,
    );
  }
  const others = output.length - shown.length;
  if (others > 0) lines.push(`| *${others} others* | | |`);
  return lines;
}

// ---------------------------------------------------------------------------------------------- initial states

function startHover(
  stepper: Stepper,
  { layer, pass, state }: { readonly layer: number; readonly pass: number; readonly state: string },
  { digits }: HoverOptions,
): string {
  const value = stepper.run.start[layer]![pass]![state]!;
  const gradient = startGradient(stepper, layer, pass, state);
  const write = (data: Float64Array) => (data.length === 1 ? formatExact(data[0]!) : listNumbers(data, digits));
  return [
    `**${state}_0** · the initial ${stateTitle(state)} of layer ${layer + 1}`,
    "",
    ...table([
      [`${state}_0`, write(value)],
      [`∂L/∂${state}_0`, gradient ? write(gradient) : notYet],
    ]),
  ].join("\n");
}

// ---------------------------------------------------------------------------------------------- Markdown

export function table(rows: readonly (readonly [string, string])[]): string[] {
  return ["| | |", "| :-- | :-- |", ...rows.map(([name, value]) => `| ${name} | ${value} |`)];
}

/** At most eight numbers, and how many there are. */
export function listNumbers(data: Float64Array, digits: number): string {
  const shown = Array.from(data.subarray(0, 8), (value) => formatNumber(value, digits)).join(", ");
  return data.length > 8 ? `${shown}, … (${data.length} numbers)` : shown;
}

/**
 * A word of the user's: code, in which nothing but the sign that ends it and, in a table, a bar means anything, and these two
 * are written as escapes.
 */
export function code(words: string): string {
  const shown = visibleText(shortText(words)).replaceAll(/[`|]/g, escapeOf);
  return shown.trim() === "" || /^ | $/.test(shown) ? `\` ${shown} \`` : `\`${shown}\``;
}

function picture(title: string, svg: string): string {
  return `![${title}](data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")})`;
}
