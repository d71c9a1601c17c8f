import type { Model, Problem, Sequence, TrainingSettings } from "./model";
import { parametersOf, withParameters } from "./model";
import type { NetworkState, Stretch } from "./network";
import { backward, finalState, forward, initialState, Recording } from "./network";
import { firstNonFinite } from "./nonFinite";
import { clipGradients, gradientNorm, Optimizer } from "./optimizer";
import { Random } from "./random";
import { countTargets } from "./readout";
import type { NamedTensors, Tensor } from "./tensor";
import { zerosLikeAll } from "./tensor";

export interface EpochResult {
  /** 1… */
  readonly epoch: number;
  /** Mean over the sequences with a target of L, each measured before its update. */
  readonly loss: number;
  /** Largest of the epoch's updates, of the batch's mean gradient, before clipping. */
  readonly gradientNorm: number;
}

/** How a training run ended. `parameters` are by full name, and always finite where the file's were. */
export type TrainingEnd =
  | { readonly kind: "done" | "stopped"; readonly parameters: NamedTensors }
  | (BrokenPlace & {
      readonly kind: "diverged";
      /** Those before the update that broke the run. */
      readonly parameters: NamedTensors;
      readonly epoch: number;
    });

/** Where a training run stands after an update. */
export interface TrainingStep {
  readonly epoch: number;
  /** How much of the epoch's sequences is done, 0…1. */
  readonly done: number;
  /** The epoch's result, after its last update. */
  readonly result: EpochResult | null;
}

/**
 * Trains as `training` says, from the problem's own parameters, which stay as they are.
 * Yields after every update, and stops there where it is sent `true`.
 * Truncated backpropagation through time: Williams and Peng 1990; the state is carried between the chunks.
 */
export function* train(problem: Problem): Generator<TrainingStep, TrainingEnd, boolean | undefined> {
  const trainer = new Trainer(problem);
  for (let epoch = 1; epoch <= problem.training.epochs; epoch++) {
    const end = yield* trainer.epoch(epoch);
    if (end) return end;
  }
  return { kind: "done", parameters: trainer.parameters };
}

/** The parameters after one update with a fresh optimizer, from the gradients of one sequence. The model stays as it is. */
export function updateOnce(model: Model, gradients: NamedTensors, training: TrainingSettings): Record<string, Tensor> {
  const parameters = copyAll(parametersOf(model));
  const used = copyAll(gradients);
  if (training.clip) clipGradients(used, training.clip, gradientNorm(used));
  new Optimizer(training.optimizer).update(parameters, used);
  return parameters;
}

function copyAll(tensors: NamedTensors): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]),
  );
}

/** One sequence of a batch on its way through its chunks. */
export interface Runner {
  readonly index: number;
  readonly sequence: Sequence;
  /** 1, or 1/N for reduction mean. */
  readonly weight: number;
  state: NetworkState;
  loss: number;
}

/** What each step's loss counts in its sequence's: 1, or 1/N for reduction mean. */
export function stepWeight({ loss }: Model, sequence: Sequence): number {
  return loss?.reduction === "mean" ? 1 / Math.max(1, countTargets(sequence)) : 1;
}

export function runnerOf({ model, sequences }: Problem, index: number): Runner {
  const sequence = sequences[index]!;
  return { index, sequence, weight: stepWeight(model, sequence), state: initialState(model, sequence), loss: 0 };
}

/** Where a value was first not finite. */
export interface BrokenPlace {
  /** 0-based */
  readonly sequence: number;
  /** 1…T */
  readonly t: number;
  /** `layers.0.a`, `logits`, `loss`, `gradients.layers.0.Whh` */
  readonly tensor: string;
}

/** What a chunk computes in and into. */
export interface Workplace {
  readonly model: Model;
  readonly recording: Recording;
  /** By full name; of the batch's mean loss. */
  readonly gradients: NamedTensors;
}

/**
 * Forward and back over the chunk that begins at `from` of every sequence of the batch.
 * @param carried the state in which the sequence before the batch ended
 * @returns the norm of the mean gradient, null where the chunk has no target; or where a value is not finite
 */
export function computeChunk(
  { model, recording, gradients }: Workplace,
  batch: readonly Runner[],
  from: number,
  chunk: number,
  carried: NetworkState | null,
): number | null | BrokenPlace {
  for (const { data } of Object.values(gradients)) data.fill(0);
  let norm: number | null = null;
  let before = carried;
  for (const runner of batch) {
    const { sequence, weight } = runner;
    if (from === 0 && sequence.carry && before && runner.index > 0) runner.state = before;
    if (from < sequence.length) {
      const to = Math.min(sequence.length, from + chunk);
      const stretch: Stretch = { sequence, from, to, start: runner.state, incoming: null };
      const sum = forward(model, stretch, recording);
      runner.loss += sum * weight;
      if (model.loss && countTargets(sequence, from, to) > 0) {
        backward(model, stretch, recording, weight / batch.length, gradients, false);
        norm = gradientNorm(gradients);
      }
      if (!Number.isFinite(sum) || !Number.isFinite(norm ?? 0)) {
        const place = firstNonFinite(model, recording, to - from) ?? { k: 0, tensor: "gradients" };
        return { sequence: runner.index, t: from + place.k + 1, tensor: place.tensor };
      }
      runner.state = finalState(model, recording, to - from);
    }
    before = runner.state;
  }
  return norm;
}

class Trainer {
  readonly parameters: Record<string, Tensor>;
  /** The problem with these parameters. */
  private readonly current: Problem;
  private readonly lastGood: Record<string, Tensor>;
  private readonly workplace: Workplace;
  private readonly optimizer: Optimizer;
  private readonly random: Random;

  constructor(private readonly problem: Problem) {
    this.parameters = copyAll(parametersOf(problem.model));
    const model = withParameters(problem.model, this.parameters);
    this.current = { ...problem, model };
    this.lastGood = copyAll(this.parameters);
    this.workplace = { model, recording: new Recording(model), gradients: zerosLikeAll(this.parameters) };
    this.optimizer = new Optimizer(problem.training.optimizer);
    this.random = new Random(problem.training.seed);
  }

  /** @returns how the run ended, or null where it goes on */
  *epoch(epoch: number): Generator<TrainingStep, TrainingEnd | null, boolean | undefined> {
    const { sequences, training } = this.problem;
    const order = training.shuffle ? this.random.permutation(sequences.length) : null;
    let lossSum = 0;
    let counted = 0;
    let largestNorm = 0;
    let carried: NetworkState | null = null;
    for (let first = 0; first < sequences.length; first += training.batchSize) {
      const batch: Runner[] = [];
      for (let k = first; k < Math.min(first + training.batchSize, sequences.length); k++)
        batch.push(runnerOf(this.current, order ? order[k]! : k));
      const longest = Math.max(...batch.map(({ sequence }) => sequence.length));
      const chunk = training.truncate ?? longest;
      for (let from = 0; from < longest; from += chunk) {
        const norm = this.updateOnChunk(batch, from, chunk, carried);
        // A loss that is infinite at these parameters makes the ones before them the last good ones.
        if (typeof norm !== "number") return { kind: "diverged", parameters: this.lastGood, epoch, ...norm };
        largestNorm = Math.max(largestNorm, norm);
        const done = (first + batch.length * Math.min(1, (from + chunk) / longest)) / sequences.length;
        if (done < 1 && (yield { epoch, done, result: null })) return { kind: "stopped", parameters: this.parameters };
      }
      carried = batch.at(-1)!.state;
      for (const { sequence, loss } of batch) {
        if (!this.current.model.loss || countTargets(sequence) === 0) continue;
        lossSum += loss;
        counted++;
      }
    }
    const result = { epoch, loss: counted > 0 ? lossSum / counted : 0, gradientNorm: largestNorm };
    return (yield { epoch, done: 1, result }) ? { kind: "stopped", parameters: this.parameters } : null;
  }

  /** @returns the norm of the gradient, 0 where the chunk has no target and so makes no update */
  private updateOnChunk(
    batch: readonly Runner[],
    from: number,
    chunk: number,
    carried: NetworkState | null,
  ): number | BrokenPlace {
    const norm = computeChunk(this.workplace, batch, from, chunk, carried);
    if (norm === null) return 0;
    if (typeof norm !== "number") return norm;
    const { gradients } = this.workplace;
    if (this.problem.training.clip) clipGradients(gradients, this.problem.training.clip, norm);
    for (const [name, { data }] of Object.entries(this.parameters)) this.lastGood[name]!.data.set(data);
    this.optimizer.update(this.parameters, gradients);
    return norm;
  }
}
