/** What both scripts begin with: the sequence and the parameters, with all their digits. */

import type { Problem } from "../engine/model";
import { parametersOf } from "../engine/model";
import { hasReadout } from "../engine/network";
import { targetAt } from "../engine/readout";
import type { Run } from "../engine/run";
import { cellName, pythonList, pythonText } from "./python";

/** How a library makes an array of numbers, and one-hot rows. */
export interface Arrays {
  array(list: string): string;
  parameter(list: string): string;
  oneHot(size: number, indices: string): string;
}

/** One line about the file, as a comment. */
export function about(problem: Problem, run: Run): string {
  const index = problem.sequences.indexOf(run.sequence);
  const which = index < 0 ? "one sequence" : `sequence ${index + 1}`;
  return `# ${problem.name.replaceAll(/\s+/g, " ")}: ${which} forward${run.loss === null ? "" : ", back through time, and through one update"}.`;
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
  if (isAllTokens && tokens) {
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
  return lines;
}

/** The layers, each a list of its passes: prefix, functions, order of the steps. */
export function layerLines(run: Run, functions: (name: string) => string): string[] {
  return [
    "ascending, descending = list(range(T)), list(reversed(range(T)))",
    "layers = [",
    ...run.model.layers.map((layer) => {
      const passes = layer.passes.map(
        ({ prefix, direction }) =>
          `("${prefix}", ${functions(cellName(layer))}, ${direction === "forward" ? "ascending" : "descending"})`,
      );
      return `    [${passes.join(", ")}],`;
    }),
    "]",
  ];
}
