import { softmax } from "./functions";
import type { Model, Sequence, SequenceInputs } from "./model";
import type { NetworkState } from "./network";
import { finalState, forward, hasReadout, initialState, Recording } from "./network";
import { Random } from "./random";
import { Run } from "./run";

export interface Prediction {
  /** The outputs [O] of every read-out step. */
  readonly outputs: number[][];
  /** The most probable token of each; empty where outputs are not classes. */
  readonly tokens: string[];
  /** What the model went on with; null where nobody asked. */
  readonly generated: Generated | null;
}

/** Tokens, or, of a model without a vocabulary, outputs [O]: the other one is empty. */
export interface Generated {
  readonly tokens: string[];
  /** Of each token: how probable the model found it. */
  readonly probabilities: number[];
  readonly outputs: number[][];
}

export interface Generation {
  /** How many tokens, or outputs. */
  readonly count: number;
  /** Logits are divided by it; 0 takes the most probable token. */
  readonly temperature: number;
  readonly seed: number;
  /** The token that ends it, and is no part of what is generated. */
  readonly stop?: string | undefined;
}

/** A sequence of inputs alone. */
export function sequenceOfInputs(inputs: SequenceInputs, length: number): Sequence {
  return { name: null, length, inputs, targets: null, weights: null, weight: 1, initial: null, carry: false };
}

/** What one step reads out: valid until the next one is asked for. */
export interface Readout {
  /** Counted from 0. */
  readonly k: number;
  /** [O] */
  readonly logits: Float64Array;
  /** [O] */
  readonly output: Float64Array;
}

/** Where a sequence ends, forward. */
export interface ForwardEnd {
  readonly state: NetworkState;
  /** Σ_t ℓ_t over the steps with a target, before any division by N. */
  readonly lossSum: number;
}

/** Steps that are computed at once: few, so that a long sequence takes no more memory than a short one. */
const pieceLength = 256;

/** Runs a sequence forward, however long it is, and gives every read-out in turn. */
export function* readouts(
  model: Model,
  sequence: Sequence,
  start: NetworkState = initialState(model, sequence),
): Generator<Readout, ForwardEnd, void> {
  if (model.layers.some(({ direction }) => direction !== "forward"))
    return yield* readoutsOfRun(model, sequence, start);
  const recording = new Recording(model);
  let state = start;
  let lossSum = 0;
  for (let from = 0; from < sequence.length; from += pieceLength) {
    const to = Math.min(sequence.length, from + pieceLength);
    lossSum += forward(model, { sequence, from, to, start: state, incoming: null }, recording);
    for (let k = from; k < to; k++)
      if (hasReadout(model, sequence, k))
        yield { k, logits: recording.logits[k - from]!, output: recording.output[k - from]! };
    state = finalState(model, recording, to - from);
  }
  return { state, lossSum };
}

/** The same where a pass reads the sequence from its end: a run knows what flows into each of its pieces. */
function* readoutsOfRun(model: Model, sequence: Sequence, start: NetworkState): Generator<Readout, ForwardEnd, void> {
  const run = new Run(model, sequence, start);
  const lossSum = run.goForward();
  for (let k = 0; k < sequence.length; k++) {
    if (!hasReadout(model, sequence, k)) continue;
    const { logits, output } = run.at(k + 1);
    yield { k, logits: logits!, output: output! };
  }
  return { state: start, lossSum };
}

/**
 * Lets a model go on from where a sequence ended: each token drawn is its next input; without a vocabulary, each output.
 * @param logits of the last step, as is `output`
 * @throws Error in the field's words where the model cannot
 */
export function* generate(
  model: Model,
  { state: start }: Pick<ForwardEnd, "state">,
  { logits, output }: Pick<Readout, "logits" | "output">,
  generation: Generation,
): Generator<{ readonly token: string; readonly p: number } | { readonly output: Float64Array }, void, void> {
  const reason = whyNoGeneration(model, generation.stop);
  if (reason) throw new Error(reason);
  const recording = new Recording(model);
  const random = new Random(generation.seed);
  let state = start;
  let last = { logits, output };
  for (let n = 0; n < generation.count; n++) {
    let inputs: SequenceInputs;
    if (model.vocabulary) {
      const token = drawToken(last.logits, generation.temperature, random);
      if (model.vocabulary[token] === generation.stop) return;
      yield { token: model.vocabulary[token]!, p: last.output[token]! };
      inputs = { tokens: Int32Array.of(token), vectors: null };
    } else {
      inputs = { tokens: null, vectors: last.output.slice() };
      yield { output: last.output };
    }
    if (n === generation.count - 1) return;
    const sequence = sequenceOfInputs(inputs, 1);
    forward(model, { sequence, from: 0, to: 1, start: state, incoming: null }, recording);
    last = { logits: recording.logits[0]!, output: recording.output[0]! };
    state = finalState(model, recording, 1);
  }
}

/**
 * Runs a sequence forward, and, if asked, lets the model go on from there.
 * @param start the state to start from
 * @throws Error in the field's words where the model cannot generate
 */
export function predict(
  model: Model,
  sequence: Sequence,
  start: NetworkState = initialState(model, sequence),
  generation: Generation | null = null,
): Prediction {
  const outputs: number[][] = [];
  const tokens: string[] = [];
  let last: Pick<Readout, "logits" | "output"> | null = null;
  const reading = readouts(model, sequence, start);
  let next = reading.next();
  for (; !next.done; next = reading.next()) {
    last = next.value;
    outputs.push(Array.from(last.output));
    if (isClassifier(model)) tokens.push(labelOf(model, largest(last.output)));
  }
  if (!generation || !last) return { outputs, tokens, generated: null };
  const generated: Generated = { tokens: [], probabilities: [], outputs: [] };
  for (const item of generate(model, next.value, last, generation))
    if ("token" in item) {
      generated.tokens.push(item.token);
      generated.probabilities.push(item.p);
    } else generated.outputs.push(Array.from(item.output));
  return { outputs, tokens, generated };
}

/**
 * Why a model cannot go on by itself, or null where it can.
 * @param stop the token that is to end it
 */
export function whyNoGeneration(model: Model, stop?: string): string | null {
  if (model.layers.some((layer) => layer.direction !== "forward"))
    return "generating needs forward layers: a backward pass reads what has not been generated yet";
  if (!model.vocabulary) {
    if (model.embedding) return "generating needs a vocabulary: the model reads tokens, and its outputs are numbers";
    if (model.output.size === model.inputSize) return whyNoStop(model, stop);
    return `generating needs a vocabulary, the tokens that go in and come out, or an output as long as the input: output.size is ${model.output.size}, the input size ${model.inputSize}`;
  }
  if (model.output.activation !== "softmax")
    return `generating needs the activation softmax over the vocabulary, but the output's is ${model.output.activation}`;
  if (model.output.size !== model.vocabulary.length)
    return `generating needs one output a token: output.size is ${model.output.size}, the vocabulary has ${model.vocabulary.length}`;
  return whyNoStop(model, stop);
}

function whyNoStop(model: Model, stop: string | undefined): string | null {
  if (stop === undefined || model.vocabulary?.includes(stop)) return null;
  if (!model.vocabulary)
    return `the token ${JSON.stringify(stop)} cannot end what is generated: the model has no vocabulary`;
  return `the token ${JSON.stringify(stop)} cannot end what is generated: it is not in the vocabulary`;
}

/** What stands between two tokens in a text: characters stand side by side, words between spaces. */
export function separatorOf(model: Model): string {
  return isCharacterVocabulary(model) ? "" : " ";
}

/** Every token is one character, so that a text needs no spaces between its tokens. */
export function isCharacterVocabulary(model: Model): boolean {
  return model.vocabulary !== null && model.vocabulary.every((token) => Array.from(token).length === 1);
}

/** Whether an output is one of several classes. */
export function isClassifier(model: Model): boolean {
  return model.output.activation === "softmax";
}

/** The name of output j: its label, else its index. */
export function labelOf(model: Model, j: number): string {
  return model.labels?.[j] ?? String(j);
}

/** The index of the largest, the first of several. */
export function largest(values: ArrayLike<number>): number {
  let best = 0;
  for (let j = 1; j < values.length; j++) if (values[j]! > values[best]!) best = j;
  return best;
}

function drawToken(logits: Float64Array, temperature: number, random: Random): number {
  if (temperature === 0) return largest(logits);
  const p = new Float64Array(logits.length);
  // However small the temperature is, nothing overflows but what then has no probability.
  const most = logits[largest(logits)]!;
  softmax(
    logits.map((z) => (z - most) / temperature),
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
