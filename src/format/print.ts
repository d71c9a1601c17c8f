import schema from "../../media/rnn.schema.json";
import { cellOf } from "../engine/cells";
import type { OwnInitial } from "../engine/initial";
import { softTarget } from "../engine/loss";
import type { Layer, Loss, Model, OptimizerSettings, Pass, Problem, Sequence, TrainingSettings } from "../engine/model";
import { readoutParameters } from "../engine/model";
import { toNested } from "../engine/tensor";
import type { Layer as FileLayer, Sequence as FileSequence, RnnFile } from "./file.generated";
import { plainLayout, printJson } from "./layout";

/**
 * A problem as a file's text: read again, it is the same problem, bit for bit.
 * Tokens without a vocabulary are printed as the vectors that they stand for.
 */
export function printProblem(problem: Problem): string {
  const { model } = problem;
  const { vocabulary, labels, loss, output, embedding } = model;
  const impliedLabels = vocabulary !== null && vocabulary.length === output.size;
  const file: RnnFile = {
    version: 1,
    name: problem.name,
    ...(vocabulary && { vocabulary: [...vocabulary] }),
    ...(labels && !(impliedLabels && sameWords(labels, vocabulary)) && { labels: [...labels] }),
    inputSize: embedding ? embedding.E.rows : model.inputSize,
    ...(embedding && {
      embedding: {
        size: model.inputSize,
        E: toNested(embedding.E) as number[][],
        ...printFrozen(model, "embedding", ["E"]),
      },
    }),
    ...printCells(model),
    layers: model.layers.map((layer) => printLayer(layer, model)),
    output: printOutput(model),
    ...(loss && { loss: printLoss(loss) }),
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

function printOutput(model: Model): NonNullable<RnnFile["output"]> {
  const { size, at, activation, Why, by, Wxy, skip } = model.output;
  const names = Object.keys(readoutParameters(model.output)).map((name) => name.slice("output.".length));
  return {
    size,
    at,
    activation,
    Why: Why ? (toNested(Why) as number[][]) : "identity",
    ...(by ? { by: toNested(by) as number[] } : Why && { bias: false }),
    ...(Wxy && { readsInput: true, Wxy: toNested(Wxy) as number[][] }),
    ...(skip && { skip }),
    ...printFrozen(model, "output", names),
  };
}

/** What holds parameters of an object fixed. */
function printFrozen(model: Model, prefix: string, names: readonly string[]): { frozen?: string[] } {
  const frozen = names.filter((name) => model.frozen.has(`${prefix}.${name}`));
  return frozen.length > 0 ? { frozen } : {};
}

/** A loss, with what is not the default. */
function printLoss(loss: Loss): NonNullable<RnnFile["loss"]> {
  const { type, reduction, factor, outputs, delta, classWeights, labelSmoothing } = loss;
  return {
    type,
    reduction,
    ...(factor !== 1 && { factor }),
    ...(outputs !== "sum" && { outputs }),
    ...(delta !== 1 && { delta }),
    ...(classWeights && { classWeights: [...classWeights] }),
    ...(labelSmoothing !== 0 && { labelSmoothing }),
  };
}

/** The file's own cells. */
function printCells({ layers }: Model): Pick<RnnFile, "cells"> {
  const own = layers.flatMap(({ cell, own }) => (own ? [[cell, own] as const] : [])).toReversed();
  if (own.length === 0) return {};
  const cells = [...new Map(own)].toReversed().map(([name, { title, defaults, texts, initial }]) => [
    name,
    {
      title,
      ...(Object.keys(defaults).length > 0 && { constants: defaults }),
      equations: [...texts],
      ...(Object.keys(initial).length > 0 && {
        initial: Object.fromEntries(Object.entries(initial).map(([key, value]) => [key, printInitial(value)])),
      }),
    },
  ]);
  return { cells: Object.fromEntries(cells) as NonNullable<RnnFile["cells"]> };
}

function printInitial(initial: OwnInitial): object | number {
  if (typeof initial === "number") return initial;
  return Object.fromEntries(Object.entries(initial).filter(([, value]) => value !== null));
}

/** The constants that a layer has otherwise than its cell. */
function constantsOf({ own }: Layer): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(own?.constants ?? {}).filter(([name, value]) => own?.defaults[name] !== value),
  );
}

function printLayer(layer: Layer, model: Model): FileLayer {
  const [pass, reverse] = layer.passes;
  return {
    cell: layer.cell,
    size: layer.size,
    ...constantsOf(layer),
    ...Object.fromEntries(Object.keys(cellOf(layer).options).map((key) => [key, layer.options[key]!])),
    ...(layer.options["bias"] === "false" && { bias: false }),
    ...printFrozen(model, pass!.prefix, Object.keys(pass!.parameters)),
    ...(layer.direction !== "forward" && { direction: layer.direction }),
    ...printPass(layer, pass!),
    ...(reverse && { reverse: printPass(layer, reverse) }),
  };
}

function printPass(layer: Layer, pass: Pass): Record<string, number[] | number[][]> {
  const printed: Record<string, number[] | number[][]> = {};
  for (const [name, tensor] of Object.entries(pass.parameters)) printed[name] = toNested(tensor);
  for (const state of cellOf(layer).states) {
    const initial = pass.initial[state]!;
    if (!initial.every((number) => Object.is(number, 0))) printed[`${state}0`] = [...initial];
  }
  return printed;
}

function printSequence(sequence: Sequence, model: Model): FileSequence {
  const states =
    sequence.initial === null
      ? {}
      : Object.assign({}, ...statesOf(model).map((state) => printStates(sequence, model, state)));
  return {
    ...(sequence.name !== null && { name: sequence.name }),
    inputs: printInputs(sequence, model),
    ...printTargets(sequence, model),
    ...(sequence.weights && { weights: [...sequence.weights] }),
    ...(sequence.weight !== 1 && { weight: sequence.weight }),
    ...states,
    ...(sequence.carry && { state: "carry" as const }),
  };
}

/** Every state of the model, h first. */
function statesOf({ layers }: Model): string[] {
  const all = new Set(layers.flatMap((layer) => cellOf(layer).states));
  return [...new Set(["h", ...all])].filter((state) => all.has(state));
}

function printInputs(sequence: Sequence, model: Model): NonNullable<FileSequence["inputs"]> {
  const { tokens, vectors } = sequence.inputs;
  const X = model.inputSize;
  return Array.from({ length: sequence.length }, (_, k) => {
    const token = tokens?.[k] ?? -1;
    if (token >= 0 && model.embedding) return model.vocabulary?.[token] ?? token;
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
      if (index === softTarget) return Array.from(targets.probabilities!.subarray(k * O, (k + 1) * O));
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
  if (!model.layers.some((layer) => cellOf(layer).states.includes(state))) return {};
  const entries = model.layers.map((layer, l) => {
    const passes = sequence.initial![l];
    if (!passes || !cellOf(layer).states.includes(state)) return null;
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
  const { optimizer, schedule, clip, truncate, stop } = training;
  const settings: Record<string, unknown> = { ...optimizer };
  return {
    optimizer: Object.fromEntries(optimizerKeys(optimizer.type).map((key) => [key, settings[key]])),
    epochs: training.epochs,
    batchSize: training.batchSize,
    ...(training.batchReduction !== "sequences" && { batchReduction: training.batchReduction }),
    shuffle: training.shuffle,
    seed: training.seed,
    ...(clip && { clip: { type: clip.type, at: clip.at } }),
    ...(truncate !== null && { truncate }),
    ...(schedule && { schedule: { ...schedule } }),
    ...(stop && { stop }),
    ...(training.precision !== "float64" && { precision: training.precision }),
  };
}
