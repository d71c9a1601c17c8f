import { hasTarget, targetAt } from "../../engine/loss";
import type { Problem, Sequence } from "../../engine/model";
import { parametersOf } from "../../engine/model";
import type { Exported } from "../../format/exported";
import { ExportError } from "../../format/exported";
import { printParameters } from "../../format/parameterFile";
import { modelPy } from "./modelPy";
import { trainPy } from "./trainPy";

/**
 * A folder for PyTorch: the network, its parameters, its sequences, and a training that goes on where one machine is too small.
 * @throws ExportError where the training is none that it can say
 */
export function pytorchProject(problem: Problem): Exported {
  const { model, training, sequences, heldBack = [], ownCount = sequences.length } = problem;
  const refused = [
    ...(model.loss ? [] : ["there is no loss to train on"]),
    ...(training.truncate === null ? [] : ["training.truncate: train.py goes back through whole sequences"]),
    ...(training.schedule?.type === "plateau" ? ["training.schedule: train.py heeds no validation loss"] : []),
    ...(training.stop ? ["training.stop: train.py heeds no validation loss"] : []),
    ...(sequences.some(({ carry }) => carry) ? ["state carried from one sequence into the next"] : []),
  ];
  if (refused.length > 0) throw new ExportError(`the PyTorch folder cannot say this: ${refused.join("; ")}`);
  const held = new Set(heldBack);
  const own = sequences.slice(0, ownCount).filter((_, k) => !held.has(k));
  if (own.length === 0) throw new ExportError("the PyTorch folder cannot say this: there are no sequences to train on");
  const files = [
    { name: "model.py", content: modelPy(problem) },
    { name: "train.py", content: trainPy(problem) },
    { name: "back.py", content: backPy },
    { name: "data.jsonl", content: own.map((sequence) => `${JSON.stringify(line(problem, sequence))}\n`).join("") },
    { name: "model.safetensors", content: printParameters(new Map(Object.entries(parametersOf(model)))) },
  ];
  const warnings = [
    ...(held.size > 0 ? [`the ${held.size} sequences that are held back as validation are not in data.jsonl`] : []),
    ...(training.shuffle ? ["train.py shuffles with PyTorch's generator: in another order than this format's"] : []),
  ];
  return { files, warnings };
}

/** A sequence as train.py reads it: numbers and ids alone. */
function line({ model }: Problem, sequence: Sequence): Record<string, unknown> {
  const { length, inputs, weights, weight, initial } = sequence;
  const { inputSize: X, layers, output } = model;
  const { tokens, vectors } = inputs;
  const steps = Array.from({ length }, (_, k) => k);
  const isAllTokens = tokens?.every((token) => token >= 0) ?? false;
  const vector = (k: number) => {
    const token = tokens ? tokens[k]! : -1;
    if (token >= 0) return Array.from({ length: X }, (_, j) => (j === token ? 1 : 0));
    return Array.from(vectors!.subarray(k * X, (k + 1) * X));
  };
  const target = (k: number) => {
    const value = hasTarget(sequence, k) ? targetAt(sequence, k, output.size) : null;
    return value === null || typeof value === "number" ? value : Array.from(value);
  };
  const start = layers.flatMap(({ passes }, l) =>
    passes.flatMap(({ prefix }, p) => {
      const state = initial?.[l]?.[p];
      if (!state) return [];
      return [
        [prefix, Object.fromEntries(Object.entries(state).map(([name, values]) => [name, [...values]]))] as const,
      ];
    }),
  );
  return {
    inputs: isAllTokens ? Array.from(tokens!) : steps.map(vector),
    targets: steps.map(target),
    ...(weights && { weights: Array.from(weights) }),
    ...(weight !== 1 && { weight }),
    ...(start.length > 0 && { start: Object.fromEntries(start) }),
  };
}

const backPy = String.raw`"""
Brings trained parameters back: writes trained.safetensors of checkpoint.pt, or of model.safetensors where nothing has been trained.

In the model file, "parameters": { "file": "trained.safetensors" } reads them.
"""

import pathlib

import torch

from model import load_parameters, save_parameters

folder = pathlib.Path(__file__).resolve().parent
checkpoint = folder / "checkpoint.pt"
if checkpoint.exists():
    tensors = torch.load(checkpoint, map_location="cpu")["parameters"]
else:
    tensors = load_parameters(folder / "model.safetensors")
save_parameters(tensors, folder / "trained.safetensors")
print(folder / "trained.safetensors")
`;
