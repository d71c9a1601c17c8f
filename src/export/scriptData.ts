/** What both scripts begin with: the sequence and the parameters, with all their digits. */

import { targetAt, weightAt } from "../engine/loss";
import type { Layer, Problem } from "../engine/model";
import { parametersOf } from "../engine/model";
import { hasReadout } from "../engine/network";
import { countsDifferently } from "../engine/readout";
import type { Run } from "../engine/run";
import { pythonList, pythonText } from "./python";

/** How a library makes an array of numbers, and one-hot rows. */
export interface Arrays {
  array(list: string): string;
  parameter(list: string): string;
  oneHot(size: number, indices: string): string;
}

/**
 * What a script begins with. Nothing of it is the user's but a text of Python: a comment in the first two lines can say that all
 * after it is to be read in another way.
 */
export function beginning(problem: Problem, run: Run, needs: string, imports: readonly string[]): string {
  const index = problem.sequences.indexOf(run.sequence);
  const which = index < 0 ? "One sequence" : `Sequence ${index + 1}`;
  return [
    `# ${which} forward${run.loss === null ? "" : ", back through time, and through one update"}.`,
    `# ${needs}`,
    ...imports,
    "",
    `model = ${pythonText(problem.name)}`,
  ].join("\n");
}

/** `parameters`, `x`, `targets` and `start`. */
export function dataLines(run: Run, arrays: Arrays): string[] {
  const { model, length, sequence, start } = run;
  const { tokens } = sequence.inputs;
  const isAllTokens = tokens?.every((token) => token >= 0) ?? false;
  const lines = ["parameters = {"];
  for (const [name, { data, cols, rank }] of Object.entries(parametersOf(model)))
    lines.push(`    "${name}": ${arrays.parameter(pythonList(data, rank === 1 ? null : cols))},`);
  lines.push("}", "", "# The state that flows into each pass");
  lines.push("start = {");
  for (const [l, { passes }] of model.layers.entries())
    for (const [p, { prefix }] of passes.entries()) {
      const states = Object.entries(start[l]![p]!).map(
        ([name, data]) => `"${name}": ${arrays.array(pythonList(data))}`,
      );
      lines.push(`    "${prefix}": {${states.join(", ")}},`);
    }
  lines.push("}", "", "# The inputs [T, X]");
  if (model.embedding && tokens) {
    if (model.vocabulary) lines.push(`vocabulary = [${model.vocabulary.map(pythonText).join(", ")}]`);
    lines.push(`tokens = ${pythonList(tokens)}`, `x = parameters["embedding.E"][tokens]`);
  } else if (isAllTokens && tokens) {
    if (model.vocabulary) lines.push(`vocabulary = [${model.vocabulary.map(pythonText).join(", ")}]`);
    lines.push(`tokens = ${pythonList(tokens)}`, `x = ${arrays.oneHot(model.inputSize, "tokens")}`);
  } else {
    const rows = new Float64Array(length * model.inputSize);
    for (let t = 1; t <= length; t++) rows.set(run.input(t), (t - 1) * model.inputSize);
    lines.push(`x = ${arrays.array(pythonList(rows, model.inputSize))}`);
  }
  lines.push("T = len(x)");
  if (run.loss === null) return lines;
  const targets = Array.from({ length }, (_, k) => {
    const target = hasReadout(model, sequence, k) ? targetAt(sequence, k, model.output.size) : null;
    return target === null ? "None" : typeof target === "number" ? String(target) : pythonList(target);
  });
  const isShort = targets.join(", ").length < 90;
  lines.push(
    "",
    `# The targets, None where a step has none`,
    isShort
      ? `targets = [${targets.join(", ")}]`
      : `targets = [\n${targets.map((target) => `    ${target},\n`).join("")}]`,
    `N = ${run.targetCount}`,
  );
  const { loss } = model;
  if (loss?.classWeights)
    lines.push("# What each class counts", `class_weights = ${arrays.array(pythonList(loss.classWeights))}`);
  if (loss && countsDifferently(loss, sequence))
    lines.push(
      "# What each step's loss counts in L",
      `counts = ${pythonList(Array.from({ length }, (_, k) => weightAt(run.weights, k)))}`,
    );
  return lines;
}

/** L of the list of losses. */
export function lossLine({ model: { loss }, sequence }: Run): string {
  if (loss && countsDifferently(loss, sequence))
    return "loss = sum(count * loss for count, loss in zip(counts, losses) if loss is not None)";
  return `loss = sum(loss for loss in losses if loss is not None)${loss?.reduction === "mean" ? " / N" : ""}`;
}

/** The steps with a read-out. */
export function readSteps({ model }: Run): string {
  return model.output.at === "every" ? "range(T)" : "[T - 1]";
}

/** The layers, each a list of its passes: prefix, what computes it, order of the steps. */
export function layerLines(run: Run, program: (layer: Layer, prefix: string) => string): string[] {
  return [
    "ascending, descending = list(range(T)), list(reversed(range(T)))",
    "layers = [",
    ...run.model.layers.map((layer) => {
      const passes = layer.passes.map(
        ({ prefix, direction }) =>
          `("${prefix}", ${program(layer, prefix)}, ${direction === "forward" ? "ascending" : "descending"})`,
      );
      return `    [${passes.join(", ")}],`;
    }),
    "]",
  ];
}
