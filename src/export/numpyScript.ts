import { cellOf } from "../engine/cells";
import type { Expression, Leaf } from "../engine/expression";
import { symbolsIn } from "../engine/expression";
import type { Problem } from "../engine/model";
import { parametersOf, readoutParameters } from "../engine/model";
import { readsEnds } from "../engine/network";
import { updateOperations } from "../engine/optimizer";
import {
  inputGradientOfReadout,
  logitGradientExpression,
  logitsExpression,
  lossExpression,
  lossOfLogitsExpression,
  outputExpression,
  outputName,
  readoutShares,
  stateGradientExpression,
  targetKindOf,
} from "../engine/readout";
import type { Run } from "../engine/run";
import { factorOfUpdate } from "../engine/train";
import {
  type CellLayer,
  cellName,
  expressionPython,
  forwardFunction,
  fromWeights,
  fullPython,
  indented,
  nameOf,
  numpy,
  parametersIn,
  pythonNumber,
  settingName,
  unitsLine,
  unpackLines,
  updateName,
} from "./python";
import { variable } from "./pythonNames";
import { beginning, dataLines, layerLines, lossLine, readSteps } from "./scriptData";

const python = (expression: Expression) => expressionPython(expression, numpy);

/** Small functions that the equations name, where they do. */
const helpers: Readonly<Record<string, string>> = {
  sigmoid: `def sigmoid(v):
    return np.exp(-np.logaddexp(0, -v))`,
  silu: `def silu(v):
    return v * np.exp(-np.logaddexp(0, -v))`,
  softmax: `def softmax(z):
    e = np.exp(z - np.max(z))
    return e / np.sum(e)`,
  log_sum_exp: `def log_sum_exp(z):
    return np.max(z) + np.log(np.sum(np.exp(z - np.max(z))))`,
};

/** A script that computes the run with NumPy alone and prints its numbers as JSON. */
export function numpyScript(run: Run, problem: Problem): string {
  const { model } = run;
  const kinds = [...new Map(model.layers.map((layer) => [cellName(layer), layer])).values()];
  const hasLoss = run.loss !== null;
  const functions = kinds.flatMap((layer) => [
    forwardFunction(layer, numpy),
    ...(hasLoss ? [backwardFunction(layer)] : []),
  ]);
  if (hasLoss) functions.push(updateFunction(problem));
  const body = [...forwardLines(run), ...(hasLoss ? backwardLines(run, problem) : []), "", ...resultLines(hasLoss)];
  const code = [...functions, ...body].join("\n");
  const needed = Object.entries(helpers).filter(([name]) => code.includes(`${name}(`));
  const data = dataLines(run, {
    array: (list) => `np.array(${list}, dtype=float)`,
    parameter: (list) => `np.array(${list}, dtype=float)`,
    oneHot: (size, indices) => `np.eye(${size})[${indices}]`,
  });
  const layers = layerLines(run, (layer) => {
    const name = cellName(layer);
    return hasLoss ? `${name}_forward, ${name}_backward` : `${name}_forward, None`;
  });
  return `${[
    beginning(problem, run, "Needs NumPy. Prints every number as JSON.", ["import json", "", "import numpy as np"]),
    [...data].join("\n"),
    ...needed.map(([, text]) => `\n${text}`),
    ...functions.map((text) => `\n${text}`),
    `\n${[...layers, "", ...body].join("\n")}`,
  ].join("\n\n")}\n`;
}

function backwardFunction(layer: CellLayer): string {
  const { options } = layer;
  const definition = cellOf(layer);
  const operations = definition.backwardOperations(options);
  const shares = Object.entries(definition.shares(options));
  const inputGradient = definition.inputGradient(options);
  const expressions = [...operations, ...shares.map(([name, expression]) => ({ name, expression }))].map(
    ({ expression }) => expression,
  );
  const all = [...expressions, inputGradient];
  const leaves = all.flatMap(symbolsIn);
  const values = distinct(leaves, (leaf) => leaf.kind === "value" && leaf.time === "now");
  const before = distinct(leaves, (leaf) => leaf.kind === "value" && leaf.time === "before");
  const after = distinct(
    leaves,
    (leaf) => (leaf.kind === "value" || leaf.kind === "gradient" || leaf.kind === "input") && leaf.time === "after",
  );
  // What the step before takes of this one has to be there when it is its turn
  const handed = after.filter((leaf) => leaf.kind === "value" || leaf.kind === "gradient" || leaf.kind === "input");
  const current = (leaf: (typeof handed)[number]) => {
    if (leaf.kind === "input") return "x_t";
    return leaf.kind === "value" ? `values["${leaf.name}"][t]` : nameOf({ ...leaf, time: "now" });
  };
  return [
    `def ${cellName(layer)}_backward(weights, x, start, order, values, above):`,
    `    """The gradients of a pass: of its parameters, of x [T, X], and of its values [T, H]; of a gate: of its pre-activation."""`,
    ...indented(unpackLines(parametersIn(layer, all), fromWeights), 4),
    `    sums = {name: np.zeros_like(value) for name, value in weights.items()}`,
    `    dx = np.zeros_like(x)`,
    `    gradients = {name: np.zeros_like(value) for name, value in values.items()}`,
    ...(handed.length > 0 ? [`    # Nothing comes after the last step`] : []),
    ...handed.map((leaf) => `    ${nameOf(leaf)} = np.zeros(${leaf.kind === "input" ? "x" : "above"}.shape[1])`),
    ...indented(unitsLine(layer, fromWeights), 4),
    `    for step in reversed(range(len(order))):`,
    `        t = order[step]`,
    `        x_t = x[t]`,
    ...values.map((leaf) => `        ${nameOf(leaf)} = values["${shortOf(leaf)}"][t]`),
    ...before.map(
      (leaf) =>
        `        ${nameOf(leaf)} = values["${shortOf(leaf)}"][order[step - 1]] if step > 0 else start["${shortOf(leaf)}"]`,
    ),
    ...operations.map(
      ({ name, expression }) =>
        `        ${nameOf({ kind: "gradient", name, time: "now" })} = ${fullPython(expression, numpy)}`,
    ),
    ...operations.map(
      ({ name }) => `        gradients["${name}"][t] = ${nameOf({ kind: "gradient", name, time: "now" })}`,
    ),
    ...shares.map(([name, expression]) => `        sums["${name}"] += ${python(expression)}`),
    `        dx[t] = ${python(inputGradient)}`,
    ...handed.map((leaf) => `        ${nameOf(leaf)} = ${current(leaf)}`),
    `    return sums, dx, gradients`,
  ].join("\n");
}

const shortOf = (leaf: Leaf): string => ("name" in leaf ? leaf.name : "");

function distinct(leaves: readonly Leaf[], which: (leaf: Leaf) => boolean): Leaf[] {
  return [...new Map(leaves.filter(which).map((leaf) => [nameOf(leaf), leaf])).values()];
}

function updateFunction({ training }: Problem): string {
  const { optimizer, clip } = training;
  const operations = updateOperations(optimizer, clip);
  const leaves = operations.flatMap(({ expression }) => symbolsIn(expression));
  const settings = distinct(leaves, ({ kind }) => kind === "setting");
  const memories = distinct(leaves, ({ kind }) => kind === "memory");
  return [
    `def update(p, g, norm):`,
    `    """One parameter after an update by a fresh ${optimizer.type}; norm is that of all gradients together."""`,
    ...settings.map((leaf) =>
      leaf.kind === "setting" ? `    ${settingName(leaf.key)} = ${pythonNumber(leaf.value)}` : "",
    ),
    ...memories.map((leaf) => `    ${nameOf(leaf)} = 0`),
    ...operations.map(({ quantity, expression }) => `    ${updateName(quantity)} = ${python(expression)}`),
    `    return updated`,
  ].join("\n");
}

/** What the read-out's equations read. */
function readoutInputs({ model }: Run, topOf: string): string[] {
  const { Wxy, skip } = model.output;
  return [readsEnds(model) ? "    h = ends" : `    h = ${topOf}`, ...(Wxy || skip ? ["    x_t = x[t]"] : [])];
}

/** The read-out's parameters by their short names. */
function readoutNames({ model }: Run): string[] {
  const names = Object.keys(readoutParameters(model.output));
  if (names.length === 0) return [];
  return [
    `${names.map((name) => name.slice("output.".length)).join(", ")} = ${names.map((name) => `parameters["${name}"]`).join(", ")}`,
  ];
}

function forwardLines(run: Run): string[] {
  const { output, loss } = run.model;
  const y = variable(outputName(output.activation));
  const lines = [
    "",
    "def of_pass(prefix):",
    `    """A pass's own parameters, by their short names."""`,
    `    return {name.rpartition(".")[2]: value for name, value in parameters.items() if name.rpartition(".")[0] == prefix}`,
    "",
    "",
    "# Forward through the layers: h holds what the next layer reads",
    "values, inputs = {}, []",
    "h = x",
    "for layer in layers:",
    "    inputs.append(h)",
    "    for prefix, forward, _, order in layer:",
    "        values[prefix] = forward(of_pass(prefix), h, start[prefix], order)",
    `    h = np.concatenate([values[prefix]["h"] for prefix, *_ in layer], axis=1)`,
    "top = h",
    ...(readsEnds(run.model)
      ? [
          "# Where the passes of the top layer end",
          `ends = np.concatenate([values[prefix]["h"][order[-1]] for prefix, *_, order in layers[-1]])`,
        ]
      : []),
    "",
    "# The read-out and its loss",
    ...readoutNames(run),
    "logits, outputs, losses, logit_gradients = [None] * T, [None] * T, [None] * T, [None] * T",
    `for t in ${readSteps(run)}:`,
    ...readoutInputs(run, "top[t]"),
    `    z = ${python(logitsExpression(run.model))}`,
    `    ${y} = ${python(outputExpression(output.activation))}`,
    `    logits[t], outputs[t] = z, ${y}`,
  ];
  if (!loss || run.loss === null) return lines;
  const kind = targetKindOf(run.sequence);
  const O = output.size;
  // A step with probabilities among classes makes all of them vectors.
  const isSoft = loss.type === "cross-entropy" && kind === "class" && hasProbabilities(run);
  const shown = isSoft ? "vector" : kind;
  const ofStep = lossOfLogitsExpression(loss, shown, O) ?? lossExpression(loss, output.activation, shown, O);
  const ofLogits = logitGradientExpression(loss, output.activation, shown, O, run.sequence);
  return [
    ...lines,
    "    if targets[t] is None:",
    "        continue",
    ...(isSoft
      ? [`    target = np.eye(${O})[targets[t]] if isinstance(targets[t], int) else np.array(targets[t], dtype=float)`]
      : kind === "class"
        ? ["    target_class = targets[t]", `    target = np.eye(${O})[target_class]`]
        : ["    target = np.array(targets[t], dtype=float)"]),
    `    losses[t] = ${python(ofStep)}`,
    `    logit_gradients[t] = ${python(ofLogits)}`,
    lossLine(run),
  ];
}

function hasProbabilities({ sequence: { targets } }: Run): boolean {
  return targets?.kind === "classes" && targets.probabilities !== null;
}

function backwardLines(run: Run, { training }: Problem): string[] {
  const { model, sequence } = run;
  const toInput = inputGradientOfReadout(model.output);
  const names = Object.keys(parametersOf(model));
  const trained = names.filter((name) => !model.frozen.has(name));
  const isHeld = trained.length < names.length;
  const factor = factorOfUpdate(model, sequence, training);
  const g = factor === 1 ? "gradients[name]" : "factor * gradients[name]";
  return [
    "",
    "# Back through the read-out",
    "gradients = {name: np.zeros_like(value) for name, value in parameters.items()}",
    "above = np.zeros_like(top)",
    ...(toInput ? ["from_readout = np.zeros_like(x)"] : []),
    `for t in ${readSteps(run)}:`,
    "    if targets[t] is None:",
    "        continue",
    ...readoutInputs(run, "top[t]"),
    "    dz = logit_gradients[t]",
    ...Object.entries(readoutShares(model)).map(
      ([name, expression]) => `    gradients["output.${name}"] += ${python(expression)}`,
    ),
    ...(readsEnds(model)
      ? [
          `    above_ends = ${python(stateGradientExpression(model.output))}`,
          "    at = 0",
          "    for prefix, *_, order in layers[-1]:",
          `        size = values[prefix]["h"].shape[1]`,
          "        above[order[-1], at:at + size] += above_ends[at:at + size]",
          "        at += size",
        ]
      : [`    above[t] = ${python(stateGradientExpression(model.output))}`]),
    ...(toInput ? [`    from_readout[t] = ${python(toInput)}`] : []),
    "",
    "# Back through the layers, the top one first",
    "value_gradients = {}",
    "for layer, x_layer in zip(reversed(layers), reversed(inputs)):",
    "    below = np.zeros_like(x_layer)",
    "    for (prefix, _, backward, order), above_pass in zip(layer, np.split(above, len(layer), axis=1)):",
    "        sums, dx, value_gradients[prefix] = backward(",
    "            of_pass(prefix), x_layer, start[prefix], order, values[prefix], above_pass",
    "        )",
    "        below += dx",
    `        gradients.update({f"{prefix}.{name}": value for name, value in sums.items()})`,
    "    above = below",
    ...(model.embedding
      ? [
          "# Each step's token has its row's share of the embedding's gradient",
          `np.add.at(gradients["embedding.E"], tokens, above${toInput ? " + from_readout" : ""})`,
        ]
      : []),
    "",
    ...(isHeld ? [`trained = [${trained.map((name) => `"${name}"`).join(", ")}]`] : []),
    ...(factor === 1
      ? []
      : ["# The update is made from the mean over all targets", `factor = ${pythonNumber(factor)}`]),
    `norm = np.sqrt(sum(np.sum((${g}) ** 2) for name in ${isHeld ? "trained" : "gradients"}))`,
    isHeld
      ? `updated = {name: update(p, ${g}, norm) if name in trained else p for name, p in parameters.items()}`
      : `updated = {name: update(p, ${g}, norm) for name, p in parameters.items()}`,
  ];
}

function resultLines(hasLoss: boolean): string[] {
  const flat = (name: string) =>
    `{f"{prefix}.{name}": steps for prefix, named in ${name}.items() for name, steps in named.items()}`;
  return [
    "result = {",
    `    "values": ${flat("values")},`,
    `    "logits": logits,`,
    `    "outputs": outputs,`,
    ...(hasLoss
      ? [
          `    "losses": losses,`,
          `    "loss": loss,`,
          `    "logitGradients": logit_gradients,`,
          `    "valueGradients": ${flat("value_gradients")},`,
          `    "gradients": gradients,`,
          `    "updated": updated,`,
        ]
      : []),
    "}",
    "print(json.dumps(result, indent=2, default=lambda array: array.tolist()))",
  ];
}
