import { cells } from "../engine/cells";
import type { Expression, Leaf } from "../engine/expression";
import { symbolsIn } from "../engine/expression";
import type { Layer, Problem } from "../engine/model";
import { updateOperations } from "../engine/optimizer";
import {
  logitGradientExpression,
  logitsExpression,
  lossExpression,
  lossOfLogitsExpression,
  outputExpression,
  outputName,
  readoutShares,
  stateGradientExpression,
} from "../engine/readout";
import type { Run } from "../engine/run";
import {
  cellName,
  expressionPython,
  forwardFunction,
  nameOf,
  numpy,
  pythonNumber,
  settingName,
  unpackParameters,
  updateName,
} from "./python";
import { about, dataLines, layerLines } from "./scriptData";

const python = (expression: Expression) => expressionPython(expression, numpy);

/** Small functions that the equations name, where they do. */
const helpers: Readonly<Record<string, string>> = {
  sigmoid: `def sigmoid(v):
    return np.exp(-np.logaddexp(0, -v))`,
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
  const body = [...forwardLines(run), ...(hasLoss ? backwardLines(run) : []), "", ...resultLines(hasLoss)];
  const code = [...functions, ...body].join("\n");
  const needed = Object.entries(helpers).filter(([name]) => code.includes(`${name}(`));
  const data = dataLines(run, {
    array: (list) => `np.array(${list}, dtype=float)`,
    parameter: (list) => `np.array(${list}, dtype=float)`,
    oneHot: (size, indices) => `np.eye(${size})[${indices}]`,
  });
  const layers = layerLines(run, (name) => (hasLoss ? `${name}_forward, ${name}_backward` : `${name}_forward, None`));
  return `${[
    [about(problem, run), "# Needs NumPy. Prints every number as JSON.", "import json", "", "import numpy as np"].join(
      "\n",
    ),
    [...data].join("\n"),
    ...needed.map(([, text]) => `\n${text}`),
    ...functions.map((text) => `\n${text}`),
    `\n${[...layers, "", ...body].join("\n")}`,
  ].join("\n\n")}\n`;
}

function backwardFunction(layer: Pick<Layer, "cell" | "options">): string {
  const { cell, options } = layer;
  const definition = cells[cell];
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
    (leaf) => (leaf.kind === "value" || leaf.kind === "gradient") && leaf.time === "after",
  );
  // What the step before takes of this one has to be there when it is its turn
  const handed = after.filter((leaf): leaf is Leaf & { kind: "value" | "gradient" } => "name" in leaf);
  const current = (leaf: Leaf & { kind: "value" | "gradient" }) =>
    leaf.kind === "value" ? `values["${leaf.name}"][t]` : `d${leaf.name}`;
  return [
    `def ${cellName(layer)}_backward(p, x, start, order, values, above):`,
    `    """The gradients of a pass: of its parameters, of x [T, X], and of its values [T, H]; of a gate: of its pre-activation."""`,
    ...unpackParameters(layer, all),
    `    dp = {name: np.zeros_like(value) for name, value in p.items()}`,
    `    dx = np.zeros_like(x)`,
    `    gradients = {name: np.zeros_like(value) for name, value in values.items()}`,
    ...(handed.length > 0 ? [`    # Nothing comes after the last step`] : []),
    ...handed.map((leaf) => `    ${nameOf(leaf)} = np.zeros_like(start["h"])`),
    `    for step in reversed(range(len(order))):`,
    `        t = order[step]`,
    `        x_t = x[t]`,
    ...values.map((leaf) => `        ${nameOf(leaf)} = values["${shortOf(leaf)}"][t]`),
    ...before.map(
      (leaf) =>
        `        ${nameOf(leaf)} = values["${shortOf(leaf)}"][order[step - 1]] if step > 0 else start["${shortOf(leaf)}"]`,
    ),
    ...operations.map(({ name, expression }) => `        d${name} = ${python(expression)}`),
    ...operations.map(({ name }) => `        gradients["${name}"][t] = d${name}`),
    ...shares.map(([name, expression]) => `        dp["${name}"] += ${python(expression)}`),
    `        dx[t] = ${python(inputGradient)}`,
    ...handed.map((leaf) => `        ${nameOf(leaf)} = ${current(leaf)}`),
    `    return dp, dx, gradients`,
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

/** The steps with a read-out. */
const readSteps = ({ model }: Run) => (model.output.at === "last" ? "[T - 1]" : "range(T)");

function forwardLines(run: Run): string[] {
  const { output, loss } = run.model;
  const y = outputName(output.activation);
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
    "",
    "# The read-out and its loss",
    `Why, by = parameters["output.Why"], parameters["output.by"]`,
    "logits, outputs, losses, logit_gradients = [None] * T, [None] * T, [None] * T, [None] * T",
    `for t in ${readSteps(run)}:`,
    "    h = top[t]",
    `    z = ${python(logitsExpression)}`,
    `    ${y} = ${python(outputExpression(output.activation))}`,
    `    logits[t], outputs[t] = z, ${y}`,
  ];
  if (!loss || run.loss === null) return lines;
  const isClass = loss.type === "cross-entropy";
  const ofStep = lossOfLogitsExpression(loss.type) ?? lossExpression(loss.type, output.activation);
  return [
    ...lines,
    "    if targets[t] is None:",
    "        continue",
    ...(isClass
      ? ["    target_class = targets[t]", `    target = np.eye(${output.size})[target_class]`]
      : ["    target = np.array(targets[t], dtype=float)"]),
    `    losses[t] = ${python(ofStep)}`,
    `    logit_gradients[t] = ${python(logitGradientExpression(loss, output.activation))}`,
    `loss = sum(loss for loss in losses if loss is not None)${loss.reduction === "mean" ? " / N" : ""}`,
  ];
}

function backwardLines(run: Run): string[] {
  return [
    "",
    "# Back through the read-out",
    "gradients = {name: np.zeros_like(value) for name, value in parameters.items()}",
    "above = np.zeros_like(top)",
    `for t in ${readSteps(run)}:`,
    "    if targets[t] is None:",
    "        continue",
    "    h, dz = top[t], logit_gradients[t]",
    ...Object.entries(readoutShares).map(
      ([name, expression]) => `    gradients["output.${name}"] += ${python(expression)}`,
    ),
    `    above[t] = ${python(stateGradientExpression)}`,
    "",
    "# Back through the layers, the top one first",
    "value_gradients = {}",
    "for layer, x_layer in zip(reversed(layers), reversed(inputs)):",
    "    below = np.zeros_like(x_layer)",
    "    for (prefix, _, backward, order), above_pass in zip(layer, np.split(above, len(layer), axis=1)):",
    "        dp, dx, value_gradients[prefix] = backward(",
    "            of_pass(prefix), x_layer, start[prefix], order, values[prefix], above_pass",
    "        )",
    "        below += dx",
    `        gradients.update({f"{prefix}.{name}": value for name, value in dp.items()})`,
    "    above = below",
    "",
    "norm = np.sqrt(sum(np.sum(g ** 2) for g in gradients.values()))",
    "updated = {name: update(p, gradients[name], norm) for name, p in parameters.items()}",
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
