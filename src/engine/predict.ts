import { softmax } from "./functions";
import type { Model, Sequence, SequenceInputs } from "./model";
import type { NetworkState } from "./network";
import { finalState, forward, hasReadout, initialState, Recording } from "./network";
import { Random } from "./random";

export interface Prediction {
  /** The outputs [O] of every read-out step. */
  readonly outputs: number[][];
  /** The most probable token of each, then the tokens generated; empty where outputs are not classes. */
  readonly tokens: string[];
  /** The tokens generated. */
  readonly generated: string[];
}

export interface Generation {
  /** How many tokens. */
  readonly count: number;
  /** Logits are divided by it; 0 takes the most probable token. */
  readonly temperature: number;
  readonly seed: number;
}

/** A sequence of inputs alone. */
export function sequenceOfInputs(inputs: SequenceInputs, length: number): Sequence {
  return { name: null, length, inputs, targets: null, initial: null, carry: false };
}

/**
 * Runs a sequence forward, and, if asked, lets a language model go on from there: each token drawn is its next input.
 * @param start the state to start from
 * @throws Error in the field's words where the model cannot generate
 */
export function predict(
  model: Model,
  sequence: Sequence,
  start: NetworkState = initialState(model, sequence),
  generation: Generation | null = null,
): Prediction {
  if (generation) checkGeneration(model);
  const recording = new Recording(model);
  forward(model, { sequence, from: 0, to: sequence.length, start, incoming: null }, recording);
  const outputs: number[][] = [];
  for (let k = 0; k < sequence.length; k++)
    if (hasReadout(model, sequence, k)) outputs.push(Array.from(recording.output[k]!));
  const tokens = isClassifier(model) ? outputs.map((output) => labelOf(model, largest(output))) : [];
  const generated: string[] = [];
  if (generation) {
    const random = new Random(generation.seed);
    let logits = recording.logits[sequence.length - 1]!;
    let state = finalState(model, recording, sequence.length);
    for (let n = 0; n < generation.count; n++) {
      const token = drawToken(logits, generation.temperature, random);
      generated.push(labelOf(model, token));
      const next = sequenceOfInputs({ tokens: Int32Array.of(token), vectors: null }, 1);
      forward(model, { sequence: next, from: 0, to: 1, start: state, incoming: null }, recording);
      logits = recording.logits[0]!;
      state = finalState(model, recording, 1);
    }
  }
  return { outputs, tokens: [...tokens, ...generated], generated };
}

/** Why a model cannot generate tokens, or null where it can. */
export function whyNoGeneration(model: Model): string | null {
  if (!model.vocabulary) return "generating needs a vocabulary: the tokens that go in and come out";
  if (model.output.activation !== "softmax")
    return `generating needs the activation softmax over the vocabulary, but the output's is ${model.output.activation}`;
  if (model.output.size !== model.vocabulary.length)
    return `generating needs one output a token: output.size is ${model.output.size}, the vocabulary has ${model.vocabulary.length}`;
  if (model.layers.some((layer) => layer.direction !== "forward"))
    return "generating needs forward layers: a backward pass reads what has not been generated yet";
  return null;
}

function checkGeneration(model: Model): void {
  const reason = whyNoGeneration(model);
  if (reason) throw new Error(reason);
}

function isClassifier(model: Model): boolean {
  return model.output.activation === "softmax";
}

/** The name of output j: its label, else its index. */
export function labelOf(model: Model, j: number): string {
  return model.labels?.[j] ?? String(j);
}

function largest(values: ArrayLike<number>): number {
  let best = 0;
  for (let j = 1; j < values.length; j++) if (values[j]! > values[best]!) best = j;
  return best;
}

function drawToken(logits: Float64Array, temperature: number, random: Random): number {
  if (temperature === 0) return largest(logits);
  const p = new Float64Array(logits.length);
  softmax(
    logits.map((z) => z / temperature),
    p,
  );
  const u = random.uniform();
  let sum = 0;
  for (let j = 0; j < p.length; j++) {
    sum += p[j]!;
    if (u < sum) return j;
  }
  return largest(p);
}
