import type { LossType, OptimizerSettings, OutputActivation, Problem } from "../engine/model";
import { logitsExpression, outputName } from "../engine/readout";
import type { Run } from "../engine/run";
import { cellName, expressionPython, forwardFunction, pythonNumber, torch } from "./python";
import { about, dataLines, layerLines } from "./scriptData";

/**
 * A script that computes the run with PyTorch and prints its numbers as JSON. The cells are written out, so that each has the
 * file's own parameters; gradients, losses and the update are PyTorch's.
 */
export function pytorchScript(run: Run, problem: Problem): string {
  const { model } = run;
  const hasLoss = run.loss !== null;
  const functions = [...new Map(model.layers.map((layer) => [cellName(layer), layer])).values()].map((layer) =>
    forwardFunction(layer, torch),
  );
  const data = dataLines(run, {
    array: (list) => `torch.tensor(${list}, dtype=torch.float64)`,
    parameter: (list) => `torch.tensor(${list}, dtype=torch.float64, requires_grad=True)`,
    oneHot: (size, indices) => `torch.eye(${size}, dtype=torch.float64)[${indices}]`,
  });
  const body = [
    ...layerLines(run, (name) => `${name}_forward`),
    "",
    ...forwardLines(run),
    ...(hasLoss ? backwardLines(problem) : []),
    "",
    ...resultLines(hasLoss),
  ];
  return `${[
    [
      about(problem, run),
      "# Needs PyTorch. Prints states, outputs, loss, gradients and updated parameters as JSON.",
      "import json",
      "",
      "import torch",
      "import torch.nn.functional as F",
    ].join("\n"),
    data.join("\n"),
    ...functions.map((text) => `\n${text}`),
    `\n${body.join("\n")}`,
  ].join("\n\n")}\n`;
}

const activations: Readonly<Record<OutputActivation, string>> = {
  softmax: "torch.softmax(z, dim=0)",
  sigmoid: "torch.sigmoid(z)",
  tanh: "torch.tanh(z)",
  linear: "z",
};

const vectorTarget = "torch.tensor(targets[t], dtype=torch.float64)";

const lossCalls: Readonly<Record<LossType, (output: string) => string>> = {
  "cross-entropy": () => "F.cross_entropy(z, torch.tensor(targets[t]))",
  "binary-cross-entropy": () => `F.binary_cross_entropy_with_logits(z, ${vectorTarget}, reduction="sum")`,
  mse: (output) => `F.mse_loss(${output}, ${vectorTarget}, reduction="sum")`,
};

function forwardLines(run: Run): string[] {
  const { output, loss } = run.model;
  const y = outputName(output.activation);
  return [
    "",
    "def of_pass(prefix):",
    `    """A pass's own parameters, by their short names."""`,
    `    return {name.rpartition(".")[2]: value for name, value in parameters.items() if name.rpartition(".")[0] == prefix}`,
    "",
    "",
    "# Forward through the layers: h holds what the next layer reads",
    "values = {}",
    "h = x",
    "for layer in layers:",
    "    for prefix, forward, order in layer:",
    "        values[prefix] = forward(of_pass(prefix), h, start[prefix], order)",
    `    h = torch.cat([values[prefix]["h"] for prefix, *_ in layer], dim=1)`,
    "top = h",
    "",
    "# The read-out and its loss",
    `Why, by = parameters["output.Why"], parameters["output.by"]`,
    "logits, outputs, losses = [None] * T, [None] * T, [None] * T",
    `for t in ${output.at === "last" ? "[T - 1]" : "range(T)"}:`,
    "    h = top[t]",
    `    z = ${expressionPython(logitsExpression, torch)}`,
    `    ${y} = ${activations[output.activation]}`,
    `    logits[t], outputs[t] = z, ${y}`,
    ...(loss && run.loss !== null
      ? [
          "    if targets[t] is not None:",
          `        losses[t] = ${lossCalls[loss.type](y)}`,
          `loss = sum(loss for loss in losses if loss is not None)${loss.reduction === "mean" ? " / N" : ""}`,
        ]
      : []),
  ];
}

function optimizerCall(settings: OptimizerSettings): string {
  const { type, learningRate, momentum, nesterov, beta1, beta2, alpha, epsilon, weightDecay } = settings;
  const rate = `lr=${pythonNumber(learningRate)}`;
  const decay = `weight_decay=${pythonNumber(weightDecay)}`;
  const eps = `eps=${pythonNumber(epsilon)}`;
  const betas = `betas=(${pythonNumber(beta1)}, ${pythonNumber(beta2)})`;
  const mu = `momentum=${pythonNumber(momentum)}`;
  const call = (name: string, ...options: string[]) =>
    `torch.optim.${name}(list(parameters.values()), ${[rate, ...options].join(", ")})`;
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

function backwardLines({ training: { optimizer, clip } }: Problem): string[] {
  return [
    "",
    "# Back through time, and one update by a fresh optimizer",
    "loss.backward()",
    "gradients = {name: p.grad.clone() for name, p in parameters.items()}",
    `optimizer = ${optimizerCall(optimizer)}`,
    ...(clip ? [`torch.nn.utils.clip_grad_${clip.type}_(list(parameters.values()), ${pythonNumber(clip.at)})`] : []),
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
