import schema from "../../media/rnn.schema.json";
import { cells } from "../engine/cells";
import type { Layer, Model, OptimizerSettings, Pass, Problem, Sequence, TrainingSettings } from "../engine/model";
import { toNested } from "../engine/tensor";
import { stateNames } from "../engine/variants";
import type { Layer as FileLayer, Sequence as FileSequence, RnnFile } from "./file.generated";
import { plainLayout, printJson } from "./layout";

/**
 * A problem as a file's text: read again, it is the same problem, bit for bit.
 * Tokens without a vocabulary are printed as the vectors that they stand for.
 */
export function printProblem(problem: Problem): string {
  const { model } = problem;
  const { vocabulary, labels, loss, output } = model;
  const impliedLabels = vocabulary !== null && vocabulary.length === output.size;
  const file: RnnFile = {
    version: 1,
    name: problem.name,
    ...(vocabulary && { vocabulary: [...vocabulary] }),
    ...(labels && !(impliedLabels && sameWords(labels, vocabulary)) && { labels: [...labels] }),
    inputSize: model.inputSize,
    layers: model.layers.map(printLayer),
    output: {
      size: output.size,
      at: output.at,
      activation: output.activation,
      Why: toNested(output.Why) as number[][],
      by: toNested(output.by) as number[],
    },
    ...(loss && { loss: { type: loss.type, reduction: loss.reduction } }),
    sequences: problem.sequences.map((sequence) => printSequence(sequence, model)),
    training: printTraining(problem.training),
  };
  // The file's own keys stand on lines of their own, whatever fits.
  const lines = Object.entries(file).map(
    ([key, value]) => `  ${JSON.stringify(key)}: ${printJson(value, { ...plainLayout, indent: "  " })}`,
  );
  return `{\n${lines.join(",\n")}\n}\n`;
}

function sameWords(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, k) => word === b[k]);
}

function printLayer(layer: Layer): FileLayer {
  const [pass, reverse] = layer.passes;
  return {
    cell: layer.cell,
    size: layer.size,
    ...Object.fromEntries(Object.keys(cells[layer.cell].options).map((key) => [key, layer.options[key]!])),
    ...(layer.direction !== "forward" && { direction: layer.direction }),
    ...printPass(layer, pass!),
    ...(reverse && { reverse: printPass(layer, reverse) }),
  };
}

function printPass(layer: Layer, pass: Pass): Record<string, number[] | number[][]> {
  const printed: Record<string, number[] | number[][]> = {};
  for (const [name, tensor] of Object.entries(pass.parameters)) printed[name] = toNested(tensor);
  for (const state of cells[layer.cell].states) {
    const initial = pass.initial[state]!;
    if (!initial.every((number) => Object.is(number, 0))) printed[`${state}0`] = [...initial];
  }
  return printed;
}

function printSequence(sequence: Sequence, model: Model): FileSequence {
  const states =
    sequence.initial === null
      ? {}
      : Object.assign({}, ...stateNames().map((state) => printStates(sequence, model, state)));
  return {
    ...(sequence.name !== null && { name: sequence.name }),
    inputs: printInputs(sequence, model),
    ...printTargets(sequence, model),
    ...states,
    ...(sequence.carry && { state: "carry" as const }),
  };
}

function printInputs(sequence: Sequence, model: Model): NonNullable<FileSequence["inputs"]> {
  const { tokens, vectors } = sequence.inputs;
  const X = model.inputSize;
  return Array.from({ length: sequence.length }, (_, k) => {
    const token = tokens?.[k] ?? -1;
    if (token >= 0) return model.vocabulary?.[token] ?? Array.from({ length: X }, (_, j) => (j === token ? 1 : 0));
    return X === 1 ? vectors![k]! : Array.from(vectors!.subarray(k * X, (k + 1) * X));
  });
}

function printTargets(sequence: Sequence, model: Model): Pick<FileSequence, "target" | "targets"> {
  const { targets, length } = sequence;
  if (targets === null) return {};
  const O = model.output.size;
  const item = (k: number) => {
    if (targets.kind === "classes") {
      const index = targets.classes[k]!;
      if (index < 0) return null;
      const label = model.labels?.[index];
      // A label that stands twice names the first of the two.
      return label !== undefined && model.labels!.indexOf(label) === index ? label : index;
    }
    if (targets.present[k] === 0) return null;
    return O === 1 ? targets.vectors[k]! : Array.from(targets.vectors.subarray(k * O, (k + 1) * O));
  };
  if (model.output.at === "every") return { targets: Array.from({ length }, (_, k) => item(k)) };
  const target = item(length - 1);
  return target === null ? {} : { target };
}

function printStates(sequence: Sequence, model: Model, state: string): Record<string, FileSequence["h0"]> {
  if (!model.layers.some((layer) => cells[layer.cell].states.includes(state))) return {};
  const entries = model.layers.map((layer, l) => {
    const passes = sequence.initial![l];
    if (!passes || !cells[layer.cell].states.includes(state)) return null;
    const [forward, backward] = passes.map((pass) => [...pass[state]!]);
    return layer.direction === "both" ? { forward: forward!, backward: backward! } : forward!;
  });
  const [first] = entries;
  const single = entries.length === 1 && Array.isArray(first);
  return { [`${state}0`]: single ? first : entries };
}

/** The keys of an optimizer, as the schema lists them by its type. */
function optimizerKeys(type: OptimizerSettings["type"]): readonly string[] {
  const rules = schema.properties.training.properties.optimizer.allOf;
  return rules.find((rule) => rule.if.properties.type.const === type)!.then.propertyNames.enum;
}

function printTraining(training: TrainingSettings): NonNullable<RnnFile["training"]> {
  const { optimizer, clip, truncate } = training;
  const settings: Record<string, unknown> = { ...optimizer };
  return {
    optimizer: Object.fromEntries(optimizerKeys(optimizer.type).map((key) => [key, settings[key]])),
    epochs: training.epochs,
    batchSize: training.batchSize,
    shuffle: training.shuffle,
    seed: training.seed,
    ...(clip && { clip: { type: clip.type, at: clip.at } }),
    ...(truncate !== null && { truncate }),
    ...(training.precision !== "float64" && { precision: training.precision }),
  };
}
