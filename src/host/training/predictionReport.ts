/** A prediction as a page that people read and copy from. */

import { targetAt } from "../../engine/loss";
import type { Model, Sequence, TableFacts } from "../../engine/model";
import { hasReadout } from "../../engine/network";
import type { Generation, Prediction } from "../../engine/predict";
import { labelOf, separatorOf } from "../../engine/predict";
import { unscaledOutput } from "../../engine/tableScale";
import { formatExact, formatNumber } from "../../protocol/numbers";
import type { Column } from "./table";
import { tableLines, visible } from "./table";

export interface PredictionReport {
  readonly text: string;
  /** The result in one line, where there is one read-out alone. */
  readonly short: string | null;
}

/** More rows than anybody reads; the command line has them all. */
const mostRows = 5000;
const topCount = 5;

export interface Predicted {
  readonly model: Model;
  readonly sequence: Sequence;
  /** The input item of step k, counted from 0, as it was written. */
  readonly item: (k: number) => string | number | readonly number[];
  readonly prediction: Prediction;
  readonly generation: Generation | null;
  /** What the sequence was cut from, in whose numbers targets are shown; as outputs are already. */
  readonly table?: TableFacts | null | undefined;
}

/**
 * @param name   of the file's problem
 * @param source what was read: `Sequence 1`, `Your input`
 */
export function predictionReport(name: string, source: string, predicted: Predicted, digits: number): PredictionReport {
  const { model, sequence, prediction, generation } = predicted;
  const steps: number[] = [];
  for (let k = 0; k < sequence.length; k++) if (hasReadout(model, sequence, k)) steps.push(k);
  const shown = steps.slice(0, mostRows);
  const lines = [
    `# Prediction of ${name}`,
    "",
    `${source}, ${sequence.length === 1 ? "1 step" : `${sequence.length} steps`}.`,
    "",
  ];
  if (generation) lines.push(generatedLines(predicted, generation, digits).join("\n"), "");
  const classes = model.output.activation === "softmax";
  lines.push((classes ? classTable(predicted, shown, digits) : valueTable(predicted, shown, digits)).join("\n"));
  if (shown.length < steps.length)
    lines.push("", `These are the first ${shown.length} of ${steps.length} steps that are read out.`);
  return {
    text: `${lines.join("\n")}\n`,
    short: steps.length === 1 && !generation ? shortResult(model, prediction.outputs[0]!, digits) : null,
  };
}

function generatedLines(predicted: Predicted, generation: Generation, digits: number): string[] {
  const { model, prediction } = predicted;
  const { tokens, outputs } = prediction.generated!;
  if (!model.vocabulary) {
    const rows = outputs.slice(0, mostRows).map((y, n) => [String(n + 1), ...y.map((v) => formatNumber(v, digits))]);
    const columns: Column[] = [{ title: "step", align: "right" }, ...valueColumns(model)];
    return [
      `${outputs.length === 1 ? "1 step" : `${outputs.length} steps`} on with its own outputs:`,
      "",
      ...tableLines(columns, rows),
    ];
  }
  const { temperature, seed } = generation;
  const how =
    temperature === 0 ? "the most probable each time" : `drawn at temperature ${temperature} with seed ${seed}`;
  const count = tokens.length === 1 ? "1 token" : `${tokens.length} tokens`;
  return [`${count} generated, ${how}:`, "", "```text", tokens.join(separatorOf(model)), "```"];
}

function shortResult(model: Model, output: readonly number[], digits: number): string {
  if (model.output.activation === "softmax") {
    const [best] = ranked(output);
    return `${visible(labelOf(model, best!))} (p ${formatNumber(output[best!]!, digits)})`;
  }
  return output.map((y) => formatNumber(y, digits)).join(", ");
}

function inputText(item: string | number | readonly number[], digits: number): string {
  if (typeof item === "string") return visible(item);
  if (typeof item === "number") return formatShort(item, digits);
  return `[${item.map((x) => formatShort(x, digits)).join(", ")}]`;
}

/** As it was written where that is short: 3, not 3.000. */
function formatShort(value: number, digits: number): string {
  const exact = formatExact(value);
  const rounded = formatNumber(value, digits);
  return exact.length <= rounded.length ? exact : rounded;
}

/** Classes from the most probable to the least. */
function ranked(p: readonly number[]): number[] {
  return p.map((_, j) => j).sort((a, b) => p[b]! - p[a]!);
}

function targetText({ model, sequence, table }: Predicted, k: number, digits: number): string {
  const target = model.loss ? targetAt(sequence, k, model.output.size) : null;
  if (target === null) return "";
  if (typeof target === "number") return visible(labelOf(model, target));
  return unscaledOutput(target, { model, table })
    .map((v) => formatShort(v, digits))
    .join(", ");
}

function hasTargets({ model, sequence }: Predicted): boolean {
  return model.loss !== null && sequence.targets !== null;
}

function classTable(predicted: Predicted, steps: readonly number[], digits: number): string[] {
  const { model, item, prediction } = predicted;
  const withTarget = hasTargets(predicted);
  const top = Math.min(topCount, model.output.size);
  const columns: Column[] = [
    { title: "t", align: "right" },
    { title: "input", align: "left" },
    ...(withTarget ? ([{ title: "target", align: "left" }] as const) : []),
    { title: "most probable", align: "left" },
    { title: "p", align: "right" },
    { title: `top ${top}`, align: "left" },
  ];
  const rows = steps.map((k, n) => {
    const p = prediction.outputs[n]!;
    const order = ranked(p);
    return [
      String(k + 1),
      inputText(item(k), digits),
      ...(withTarget ? [targetText(predicted, k, digits)] : []),
      visible(labelOf(model, order[0]!)),
      formatNumber(p[order[0]!]!, digits),
      order
        .slice(0, top)
        .map((j) => `${visible(labelOf(model, j))} ${formatNumber(p[j]!, digits)}`)
        .join(", "),
    ];
  });
  return tableLines(columns, rows);
}

function valueTable(predicted: Predicted, steps: readonly number[], digits: number): string[] {
  const { model, item, prediction } = predicted;
  const withTarget = hasTargets(predicted);
  const columns: Column[] = [
    { title: "t", align: "right" },
    { title: "input", align: "left" },
    ...(withTarget ? ([{ title: "target", align: "left" }] as const) : []),
    ...valueColumns(model),
  ];
  const rows = steps.map((k, n) => [
    String(k + 1),
    inputText(item(k), digits),
    ...(withTarget ? [targetText(predicted, k, digits)] : []),
    ...prediction.outputs[n]!.map((y) => formatNumber(y, digits)),
  ]);
  return tableLines(columns, rows);
}

/** A column an output. */
function valueColumns(model: Model): Column[] {
  return Array.from({ length: model.output.size }, (_, j) => {
    const name = model.labels?.[j] ?? (model.output.size === 1 ? "y" : `y[${j}]`);
    return { title: visible(name), align: "right" };
  });
}
