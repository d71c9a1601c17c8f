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
  | {
      readonly kind: "diverged";
      /** Those before the update that broke the run. */
      readonly parameters: NamedTensors;
      readonly epoch: number;
      /** 0-based */
      readonly sequence: number;
      /** 1…T */
      readonly t: number;
      /** `layers.0.a`, `logits`, `loss`, `gradients.layers.0.Whh` */
      readonly tensor: string;
    };

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
interface Runner {
  readonly index: number;
  readonly sequence: Sequence;
  /** 1, or 1/N for reduction mean. */
  readonly weight: number;
  state: NetworkState;
  loss: number;
}

class Trainer {
  readonly parameters: Record<string, Tensor>;
  private readonly model: Model;
  private readonly lastGood: Record<string, Tensor>;
  private readonly gradients: Record<string, Tensor>;
  private readonly optimizer: Optimizer;
  private readonly recording: Recording;
  private readonly random: Random;

  constructor(private readonly problem: Problem) {
    this.parameters = copyAll(parametersOf(problem.model));
    this.model = withParameters(problem.model, this.parameters);
    this.lastGood = copyAll(this.parameters);
    this.gradients = zerosLikeAll(this.parameters);
    this.optimizer = new Optimizer(problem.training.optimizer);
    this.recording = new Recording(this.model);
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
        batch.push(this.runner(order ? order[k]! : k));
      const longest = Math.max(...batch.map(({ sequence }) => sequence.length));
      const chunk = training.truncate ?? longest;
      for (let from = 0; from < longest; from += chunk) {
        const norm = this.updateOnChunk(epoch, batch, from, chunk, carried);
        if (typeof norm !== "number") return norm;
        largestNorm = Math.max(largestNorm, norm);
        const done = (first + batch.length * Math.min(1, (from + chunk) / longest)) / sequences.length;
        if (done < 1 && (yield { epoch, done, result: null })) return { kind: "stopped", parameters: this.parameters };
      }
      carried = batch.at(-1)!.state;
      for (const { sequence, loss } of batch) {
        if (!this.model.loss || countTargets(sequence) === 0) continue;
        lossSum += loss;
        counted++;
      }
    }
    const result = { epoch, loss: counted > 0 ? lossSum / counted : 0, gradientNorm: largestNorm };
    return (yield { epoch, done: 1, result }) ? { kind: "stopped", parameters: this.parameters } : null;
  }

  private runner(index: number): Runner {
    const sequence = this.problem.sequences[index]!;
    const weight = this.model.loss?.reduction === "mean" ? 1 / Math.max(1, countTargets(sequence)) : 1;
    return { index, sequence, weight, state: initialState(this.model, sequence), loss: 0 };
  }

  /**
   * Forward and back over the chunk that begins at `from` of every sequence of the batch, then one update.
   * @param carried the state in which the sequence before the batch ended
   * @returns the norm of the mean gradient; 0 where the chunk has no target and so makes no update
   */
  private updateOnChunk(
    epoch: number,
    batch: readonly Runner[],
    from: number,
    chunk: number,
    carried: NetworkState | null,
  ): number | TrainingEnd {
    for (const { data } of Object.values(this.gradients)) data.fill(0);
    let hasTargets = false;
    let norm = 0;
    let before = carried;
    for (const runner of batch) {
      const { sequence, weight } = runner;
      if (from === 0 && sequence.carry && before && runner.index > 0) runner.state = before;
      if (from < sequence.length) {
        const to = Math.min(sequence.length, from + chunk);
        const stretch: Stretch = { sequence, from, to, start: runner.state, incoming: null };
        const sum = forward(this.model, stretch, this.recording);
        runner.loss += sum * weight;
        if (this.model.loss && countTargets(sequence, from, to) > 0) {
          hasTargets = true;
          backward(this.model, stretch, this.recording, weight / batch.length, this.gradients, false);
          norm = gradientNorm(this.gradients);
        }
        if (!Number.isFinite(sum) || !Number.isFinite(norm)) return this.diverged(epoch, runner.index, stretch);
        runner.state = finalState(this.model, this.recording, to - from);
      }
      before = runner.state;
    }
    if (!hasTargets) return 0;
    if (this.problem.training.clip) clipGradients(this.gradients, this.problem.training.clip, norm);
    for (const [name, { data }] of Object.entries(this.parameters)) this.lastGood[name]!.data.set(data);
    this.optimizer.update(this.parameters, this.gradients);
    return norm;
  }

  private diverged(epoch: number, sequence: number, stretch: Stretch): TrainingEnd {
    const place = firstNonFinite(this.model, this.recording, stretch.to - stretch.from) ?? {
      k: 0,
      tensor: "gradients",
    };
    return {
      kind: "diverged",
      // A loss that is infinite at these parameters makes the ones before them the last good ones.
      parameters: this.lastGood,
      epoch,
      sequence,
      t: stretch.from + place.k + 1,
      tensor: place.tensor,
    };
  }
}
