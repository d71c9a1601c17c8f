import { cellOf } from "../engine/cells";
import type { Loss, OptimizerSettings, OutputActivation, Problem, Sequence } from "../engine/model";
import { parametersOf, readoutParameters } from "../engine/model";
import { readsEnds } from "../engine/network";
import { logitsExpression, outputName, targetKindOf } from "../engine/readout";
import type { Run } from "../engine/run";
import { factorOfUpdate } from "../engine/train";
import type { CellLayer } from "./python";
import { cellName, expressionPython, forwardBody, indented, pythonNumber, torch } from "./python";
import { attribute, variable } from "./pythonNames";
import { beginning, dataLines, layerLines, lossLine, readSteps } from "./scriptData";

/**
 * A script that computes the run with PyTorch and prints its numbers as JSON. Each cell is a module whose equations are written
 * out, so that it has the file's own parameters; PyTorch differentiates them itself, and losses and the update are PyTorch's.
 */
export function pytorchScript(run: Run, problem: Problem): string {
  const { model } = run;
  const hasLoss = run.loss !== null;
  const modules = [...new Map(model.layers.map((layer) => [cellName(layer), layer])).values()].map(moduleClass);
  const data = dataLines(run, {
    array: (list) => `torch.tensor(${list}, dtype=torch.float64)`,
    parameter: (list) => `torch.nn.Parameter(torch.tensor(${list}, dtype=torch.float64))`,
    oneHot: (size, indices) => `torch.eye(${size}, dtype=torch.float64)[${indices}]`,
  });
  const body = [
    ...layerLines(run, moduleCall),
    "",
    ...forwardLines(run),
    ...(hasLoss ? backwardLines(run, problem) : []),
    "",
    ...resultLines(hasLoss),
  ];
  return `${[
    beginning(problem, run, "Needs PyTorch. Prints states, outputs, loss, gradients and updated parameters as JSON.", [
      "import json",
      "",
      "import torch",
      "import torch.nn.functional as F",
    ]),
    data.join("\n"),
    ...modules.map((text) => `\n${text}`),
    `\n${body.join("\n")}`,
  ].join("\n\n")}\n`;
}

const namesOf = (layer: CellLayer) =>
  cellOf(layer)
    .parameters(layer.options)
    .map(({ name }) => name);

/** A cell as a module that holds a pass's parameters. */
function moduleClass(layer: CellLayer): string {
  const names = namesOf(layer);
  return [
    `class ${moduleName(layer)}(torch.nn.Module):`,
    `    def __init__(${["self", ...names.map(variable)].join(", ")}):`,
    "        super().__init__()",
    ...names.map((name) => `        self.${attribute(name)} = ${variable(name)}`),
    "",
    "    def forward(self, x, start, order):",
    `        """Every value of a pass, each [T, H], by its name."""`,
    ...indented(
      forwardBody(layer, torch, (name) => `self.${attribute(name)}`),
      8,
    ),
  ].join("\n");
}

/** `rnn_tanh` as `RnnTanh`; of an own cell, as it is called. */
function moduleName(layer: CellLayer): string {
  const name = cellName(layer);
  return layer.own ? `${name}_cell` : name.replaceAll(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function moduleCall(layer: CellLayer, prefix: string): string {
  return `${moduleName(layer)}(${namesOf(layer)
    .map((name) => `parameters["${prefix}.${name}"]`)
    .join(", ")})`;
}

const activations: Readonly<Record<OutputActivation, string>> = {
  softmax: "torch.softmax(z, dim=0)",
  sigmoid: "torch.sigmoid(z)",
  tanh: "torch.tanh(z)",
  linear: "z",
};

const vectorTarget = "torch.tensor(targets[t], dtype=torch.float64)";

/** One step's loss by PyTorch's own function. */
function lossCall(loss: Loss, y: string, sequence: Sequence): string {
  const { type, factor, outputs, delta, classWeights, labelSmoothing } = loss;
  const scaled = (call: string) => (factor === 1 ? call : `${pythonNumber(factor)} * ${call}`);
  const reduction = `reduction="${outputs}"`;
  switch (type) {
    case "cross-entropy": {
      const isSoft = targetKindOf(sequence) === "vector" || hasProbabilities(sequence);
      const target = !isSoft
        ? "torch.tensor(targets[t])"
        : targetKindOf(sequence) === "vector"
          ? vectorTarget
          : "torch.tensor(targets[t], dtype=None if isinstance(targets[t], int) else torch.float64)";
      const options = [
        ...(classWeights ? ["weight=class_weights", `reduction="sum"`] : []),
        ...(labelSmoothing === 0 ? [] : [`label_smoothing=${pythonNumber(labelSmoothing)}`]),
      ];
      return scaled(`F.cross_entropy(${["z", target, ...options].join(", ")})`);
    }
    case "binary-cross-entropy":
      return scaled(`F.binary_cross_entropy_with_logits(z, ${vectorTarget}, ${reduction})`);
    case "mse":
      return scaled(`F.mse_loss(${y}, ${vectorTarget}, ${reduction})`);
    case "mae":
      return scaled(`F.l1_loss(${y}, ${vectorTarget}, ${reduction})`);
    case "huber":
      return scaled(`F.huber_loss(${y}, ${vectorTarget}, ${reduction}, delta=${pythonNumber(delta)})`);
    case "linear":
      return scaled(`torch.${outputs}(${y} * ${vectorTarget})`);
  }
}

function hasProbabilities({ targets }: Sequence): boolean {
  return targets?.kind === "classes" && targets.probabilities !== null;
}

function forwardLines(run: Run): string[] {
  const { output, loss } = run.model;
  const y = variable(outputName(output.activation));
  const names = Object.keys(readoutParameters(output));
  return [
    "",
    "# Forward through the layers: h holds what the next layer reads",
    "values = {}",
    "h = x",
    "for layer in layers:",
    "    for prefix, module, order in layer:",
    "        values[prefix] = module(h, start[prefix], order)",
    `    h = torch.cat([values[prefix]["h"] for prefix, *_ in layer], dim=1)`,
    "top = h",
    ...(readsEnds(run.model)
      ? [
          "# Where the passes of the top layer end",
          `ends = torch.cat([values[prefix]["h"][order[-1]] for prefix, *_, order in layers[-1]])`,
        ]
      : []),
    "",
    "# The read-out and its loss",
    ...(names.length > 0
      ? [
          `${names.map((name) => name.slice("output.".length)).join(", ")} = ${names.map((name) => `parameters["${name}"]`).join(", ")}`,
        ]
      : []),
    "logits, outputs, losses = [None] * T, [None] * T, [None] * T",
    `for t in ${readSteps(run)}:`,
    readsEnds(run.model) ? "    h = ends" : "    h = top[t]",
    ...(output.Wxy || output.skip ? ["    x_t = x[t]"] : []),
    `    z = ${expressionPython(logitsExpression(run.model), torch)}`,
    `    ${y} = ${activations[output.activation]}`,
    `    logits[t], outputs[t] = z, ${y}`,
    ...(loss && run.loss !== null
      ? ["    if targets[t] is not None:", `        losses[t] = ${lossCall(loss, y, run.sequence)}`, lossLine(run)]
      : []),
  ];
}

function optimizerCall(settings: OptimizerSettings, parameters: string): string {
  const { type, learningRate, momentum, nesterov, beta1, beta2, alpha, epsilon, weightDecay } = settings;
  const rate = `lr=${pythonNumber(learningRate)}`;
  const decay = `weight_decay=${pythonNumber(weightDecay)}`;
  const eps = `eps=${pythonNumber(epsilon)}`;
  const betas = `betas=(${pythonNumber(beta1)}, ${pythonNumber(beta2)})`;
  const mu = `momentum=${pythonNumber(momentum)}`;
  const call = (name: string, ...options: string[]) =>
    `torch.optim.${name}(${parameters}, ${[rate, ...options].join(", ")})`;
  switch (type) {
    case "sgd":
      return call("SGD", mu, decay, ...(nesterov ? ["nesterov=True"] : []));
    case "adagrad":
      return call("Adagrad", decay, eps);
    case "rmsprop":
      return call("RMSprop", `alpha=${pythonNumber(alpha)}`, mu, decay, eps);
    case "adam":
      return call("Adam", betas, decay, eps);
    case "adamw":
      return call("AdamW", betas, decay, eps);
  }
}

function backwardLines(run: Run, problem: Problem): string[] {
  return [
    "",
    "# Back through time, and one update by a fresh optimizer",
    "loss.backward()",
    "gradients = {name: p.grad.clone() for name, p in parameters.items()}",
    ...updateLines(run, problem),
  ];
}

function updateLines({ model, sequence }: Run, { training }: Problem): string[] {
  const { optimizer, clip } = training;
  const names = Object.keys(parametersOf(model));
  const held = names.filter((name) => model.frozen.has(name));
  // An optimizer of nothing is an error.
  if (held.length === names.length) return ["# All parameters are held fixed: there is none to update"];
  const trained = held.length > 0 ? "trained" : "list(parameters.values())";
  const factor = factorOfUpdate(model, sequence, training);
  return [
    ...(held.length > 0
      ? [
          "# Those that are held fixed are none of the optimizer's",
          `held = [${held.map((name) => `"${name}"`).join(", ")}]`,
          "trained = [p for name, p in parameters.items() if name not in held]",
        ]
      : []),
    ...(factor === 1
      ? []
      : [
          "# The update is made from the mean over all targets",
          "for p in parameters.values():",
          `    p.grad *= ${pythonNumber(factor)}`,
        ]),
    `optimizer = ${optimizerCall(optimizer, trained)}`,
    ...(clip ? [`torch.nn.utils.clip_grad_${clip.type}_(${trained}, ${pythonNumber(clip.at)})`] : []),
    "optimizer.step()",
  ];
}

function resultLines(hasLoss: boolean): string[] {
  return [
    "result = {",
    `    "values": {f"{prefix}.{name}": steps for prefix, named in values.items() for name, steps in named.items()},`,
    `    "logits": logits,`,
    `    "outputs": outputs,`,
    ...(hasLoss
      ? [`    "losses": losses,`, `    "loss": loss,`, `    "gradients": gradients,`, `    "updated": parameters,`]
      : []),
    "}",
    "print(json.dumps(result, indent=2, default=lambda tensor: tensor.detach().tolist()))",
  ];
}
