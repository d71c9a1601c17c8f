import { addVec } from "./linear";
import type { StepWeights } from "./loss";
import { countTargets, divisorOf, shareOf, weightsInLoss } from "./loss";
import type { Model, Problem, Sequence, TrainingSettings } from "./model";
import { longestOf, parametersOf, trainableOf, withParameters } from "./model";
import type { NetworkState, Stretch } from "./network";
import { backward, finalState, forward, initialState, Recording } from "./network";
import type { NonFinitePlace } from "./nonFinite";
import { firstNonFinite } from "./nonFinite";
import { clipGradients, gradientNorm, Optimizer } from "./optimizer";
import { Random } from "./random";
import type { RunOptions } from "./run";
import { bytesPerStep, finish, Run } from "./run";
import { rateOfEpoch } from "./schedule";
import type { NamedTensors, Tensor } from "./tensor";
import { zerosLikeAll } from "./tensor";

export interface EpochResult {
  /** 1… */
  readonly epoch: number;
  /** Mean over the sequences with a target of L, each measured before its update. */
  readonly loss: number;
  /** Largest of the epoch's updates, of the batch's gradient by the parameters that are trained, before clipping. */
  readonly gradientNorm: number;
  /** Mean over the sequences that are held back, after the epoch's updates; null where none has a target. */
  readonly validationLoss?: number | null;
  /** Of classes: share of the steps with a target that are right, after the epoch's updates. */
  readonly accuracy?: number;
  readonly validationAccuracy?: number;
}

/** What the learning rate is multiplied by in the epochs to come. */
export interface RateFactor {
  value: number;
}

/** How a training run ended. `parameters` are by full name, and always finite where the file's were. */
export type TrainingEnd =
  | {
      readonly kind: "done" | "stopped";
      readonly parameters: NamedTensors;
      /** Where the validation's best parameters are kept: whose they are. */
      readonly bestEpoch?: number;
      /** Where the validation has ended the run: after which epoch. */
      readonly lastEpoch?: number;
    }
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
  /** A copy of the parameters as they are at this moment; after an epoch always there. */
  readonly parameters?: () => NamedTensors;
}

/**
 * Trains as `training` says, from the problem's own parameters, which stay as they are.
 * Yields after every update, and now and then on the way to one that takes long, and stops there where it is sent `true`.
 * @param rate heeded at the beginning of each epoch
 * @param arithmetic computes the sequences that are too long to be recorded whole; the readable loops where there is none
 * Truncated backpropagation through time: Williams and Peng 1990; the state is carried between the chunks.
 */
export function* train(
  problem: Problem,
  rate: RateFactor = { value: 1 },
  arithmetic?: RunOptions["arithmetic"],
): Generator<TrainingStep, TrainingEnd, boolean | undefined> {
  const trainer = new Trainer(problem, rate, arithmetic);
  for (let epoch = 1; epoch <= problem.training.epochs; epoch++) {
    const end = yield* trainer.epoch(epoch);
    if (end) return end;
  }
  return trainer.end("done", problem.training.epochs);
}

/**
 * The parameters after one update with a fresh optimizer on one sequence alone, in the first epoch. The model stays as it is.
 * @param sequence  null where the gradients are a batch's own
 * @param gradients of the sequence's loss L
 */
export function updateOnce(
  model: Model,
  sequence: Sequence | null,
  gradients: NamedTensors,
  training: TrainingSettings,
): Record<string, Tensor> {
  const parameters = copyAll(parametersOf(model));
  const used = trainableOf(model, copyAll(gradients));
  const factor = sequence ? factorOfUpdate(model, sequence, training) : 1;
  if (factor !== 1)
    for (const { data } of Object.values(used)) for (let k = 0; k < data.length; k++) data[k]! *= factor;
  if (training.clip) clipGradients(used, training.clip, gradientNorm(used));
  new Optimizer({ ...training.optimizer, learningRate: rateOfEpoch(training, 1) }).update(
    trainableOf(model, parameters),
    used,
  );
  return parameters;
}

/** What the gradient of L is multiplied by in an update on one sequence alone: 1, but where the update is made from the mean over all targets. */
export function factorOfUpdate({ loss }: Model, sequence: Sequence, { batchReduction }: TrainingSettings): number {
  if (batchReduction !== "targets" || !loss) return 1;
  const mean = shareOf(sequence.weight, sequence.weight * divisorOf(loss, sequence));
  return shareOf(mean, weightsInLoss(loss, sequence).scale);
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
  /** What each ℓ_t counts in L. */
  readonly weights: StepWeights;
  /** What a mean over all targets divides by, of this sequence alone. */
  readonly divisor: number;
  state: NetworkState;
  /** Σ_t w_t ℓ_t so far, w_t being the steps' own weights. */
  sum: number;
  /** L so far. */
  loss: number;
}

export function runnerOf({ model, sequences }: Problem, index: number): Runner {
  const sequence = sequences[index]!;
  const { loss } = model;
  return {
    index,
    sequence,
    weights: loss ? weightsInLoss(loss, sequence) : { scale: 1, weights: null },
    divisor: loss ? divisorOf(loss, sequence) : 0,
    state: initialState(model, sequence),
    sum: 0,
    loss: 0,
  };
}

/** What a mean over all targets of a batch divides by. */
export function divisorsOf(batch: readonly Runner[]): number {
  return batch.reduce((sum, { sequence, divisor }) => sum + sequence.weight * divisor, 0);
}

/**
 * What a sequence's steps count in its batch's gradient, beside their own weights: its L divided by the number of sequences; L; or
 * what it counts in the mean over all targets of the batch.
 * @param divisors as `divisorsOf` gives them
 */
export function scaleInBatch(
  { weights, sequence }: Pick<Runner, "weights" | "sequence">,
  batchReduction: TrainingSettings["batchReduction"],
  sequencesOfBatch: number,
  divisors: number,
): number {
  switch (batchReduction) {
    case "sequences":
      return weights.scale / sequencesOfBatch;
    case "sum":
      return weights.scale;
    case "targets":
      return shareOf(sequence.weight, divisors);
  }
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

/** The sequences that an update was made from, and their first step in it, counted from 0. */
export interface Updated {
  readonly members: readonly number[];
  readonly from: number;
}

/** Multiplications for which an update is tried out: some 50 ms of the readable engine. */
const triedWork = 2e7;

/**
 * What an update has broken. Of the update before, the next one's forward pass shows it; after the last one nothing is computed any
 * more, so that it is tried out, forward and back, on the sequences that it was made from: on as many of their steps as take a moment.
 * @param problem with the parameters after the update
 */
export function placeBroken(problem: Problem, { members, from }: Updated): BrokenPlace | null {
  const { model, training } = problem;
  const parameters = Object.entries(parametersOf(model));
  const [first] = members;
  const broken = parameters.find(([, { data }]) => !data.every(Number.isFinite));
  if (broken) return { sequence: first!, t: from + 1, tensor: broken[0] };
  const { batchReduction } = training;
  const gradients = zerosLikeAll(parametersOf(model));
  const workplace = { model, recording: new Recording(model), gradients, batchReduction };
  let left = Math.ceil(triedWork / parameters.reduce((sum, [, { data }]) => sum + data.length, 1));
  for (const index of members) {
    if (left <= 0) break;
    const runner = runnerOf(problem, index);
    const steps = Math.min(runner.sequence.length, left);
    const found = finish(computeChunk(workplace, [runner], 0, steps, null));
    if (typeof found === "object" && found) return found;
    left -= steps;
  }
  return null;
}

/** What a chunk computes in and into. */
export interface Workplace {
  readonly model: Model;
  readonly recording: Recording;
  /** By full name; of what `batchReduction` makes of the batch's losses. */
  readonly gradients: NamedTensors;
  readonly batchReduction: TrainingSettings["batchReduction"];
  /** Computes what is too long to be recorded whole; the readable loops where there is none. */
  readonly arithmetic?: RunOptions["arithmetic"];
}

/** The recording of a chunk of one sequence may take so many bytes; of more steps it is kept in part, and computed again for the way back. */
const recordedBudget = 128e6;

/**
 * Forward and back over the chunk that begins at `from` of every sequence of the batch. Of what takes long, yields how much is done, 0…1.
 * @param carried the state in which the sequence before the batch ended
 * @returns the norm of the gradient by the parameters that are trained, null where the chunk has no target; or where a value is not finite
 */
export function* computeChunk(
  workplace: Workplace,
  batch: readonly Runner[],
  from: number,
  chunk: number,
  carried: NetworkState | null,
): Generator<number, number | null | BrokenPlace, void> {
  const { model, gradients, batchReduction } = workplace;
  for (const { data } of Object.values(gradients)) data.fill(0);
  const trained = trainableOf(model, gradients);
  const divisors = divisorsOf(batch);
  const endOf = ({ sequence }: Runner) => Math.min(sequence.length, from + chunk);
  const hasTargets = model.loss && batch.some((runner) => countTargets(runner.sequence, from, endOf(runner)) > 0);
  let norm: number | null = null;
  let before = carried;
  for (const [n, runner] of batch.entries()) {
    const { sequence, weights } = runner;
    if (from === 0 && sequence.carry && before && runner.index > 0) runner.state = before;
    if (from < sequence.length) {
      const to = endOf(runner);
      // Also where its own targets lie elsewhere: a state of it that is infinite breaks the batch's update.
      const scale = hasTargets ? scaleInBatch(runner, batchReduction, batch.length, divisors) : null;
      const isLong = (to - from) * bytesPerStep(model) > recordedBudget;
      const { sum, state, firstBroken } = isLong
        ? yield* computeInParts(workplace, runner, { from, to }, scale, (done) => (n + done) / batch.length)
        : computeAtOnce(workplace, runner, { from, to }, scale);
      runner.sum += sum;
      runner.loss += sum * weights.scale;
      if (hasTargets) norm = gradientNorm(trained);
      if (!Number.isFinite(sum) || !Number.isFinite(norm ?? 0)) {
        const place = firstBroken() ?? { k: from, tensor: "gradients" };
        return { sequence: runner.index, t: place.k + 1, tensor: place.tensor };
      }
      runner.state = state;
    }
    before = runner.state;
  }
  return norm;
}

/** What has been computed of one sequence's steps; its gradients have been added to the batch's. */
interface Computed {
  /** Σ_t w_t ℓ_t, w_t being the steps' own weights. */
  readonly sum: number;
  readonly state: NetworkState;
  /** The first value that is not finite, its step counted from the sequence's first; null where there is none. */
  readonly firstBroken: () => NonFinitePlace | null;
}

/** @param scale what the steps count in the batch's gradient; null where there is none to be computed */
function computeAtOnce(
  { model, recording, gradients }: Workplace,
  { sequence, weights, state }: Runner,
  { from, to }: { readonly from: number; readonly to: number },
  scale: number | null,
): Computed {
  const stretch: Stretch = { sequence, from, to, start: state, incoming: null };
  const sum = forward(model, stretch, recording);
  if (scale !== null) backward(model, stretch, recording, { ...weights, scale }, gradients, false);
  return {
    sum,
    state: finalState(model, recording, to - from),
    firstBroken: () => {
      const place = firstNonFinite(model, recording, to - from);
      return place && { ...place, k: from + place.k };
    },
  };
}

/** The same of steps that are too many to be recorded. */
function* computeInParts(
  { model, gradients, arithmetic }: Workplace,
  { sequence, weights, state }: Runner,
  steps: { readonly from: number; readonly to: number },
  scale: number | null,
  doneOfBatch: (done: number) => number,
): Generator<number, Computed, void> {
  const run = new Run(model, sequence, state, { arithmetic, steps, weights: { ...weights, scale: scale ?? 0 } });
  try {
    for (const { done } of run.compute()) yield doneOfBatch(done);
  } finally {
    run.release();
  }
  if (scale !== null) for (const [name, { data }] of Object.entries(gradients)) addVec(data, run.gradients[name]!.data);
  return { sum: run.sum, state: run.finalState, firstBroken: () => run.firstNonFinite() };
}

class Trainer {
  readonly parameters: Record<string, Tensor>;
  /** Those of them that updates move. */
  private readonly trained: Record<string, Tensor>;
  /** The problem with these parameters. */
  private readonly current: Problem;
  private readonly lastGood: Record<string, Tensor>;
  private readonly workplace: Workplace;
  private readonly optimizer: Optimizer;
  private readonly random: Random;
  /** What the last update was made from. */
  private updated: Updated | null = null;

  constructor(
    private readonly problem: Problem,
    private readonly rate: RateFactor,
    arithmetic: RunOptions["arithmetic"],
  ) {
    this.parameters = copyAll(parametersOf(problem.model));
    const model = withParameters(problem.model, this.parameters);
    this.current = { ...problem, model };
    this.lastGood = copyAll(this.parameters);
    const { batchReduction } = problem.training;
    this.trained = trainableOf(model, this.parameters);
    const gradients = zerosLikeAll(this.parameters);
    this.workplace = { model, recording: new Recording(model), gradients, batchReduction, arithmetic };
    this.optimizer = new Optimizer(problem.training.optimizer);
    this.random = new Random(problem.training.seed);
  }

  /** @returns how the run ended, or null where it goes on */
  *epoch(epoch: number): Generator<TrainingStep, TrainingEnd | null, boolean | undefined> {
    const { sequences, training } = this.problem;
    const parameters = () => copyAll(this.parameters);
    this.optimizer.learningRate = rateOfEpoch(training, epoch) * this.rate.value;
    const order = training.shuffle ? this.random.permutation(sequences.length) : null;
    let lossSum = 0;
    let counted = 0;
    let largestNorm = 0;
    let carried: NetworkState | null = null;
    for (let first = 0; first < sequences.length; first += training.batchSize) {
      const batch: Runner[] = [];
      for (let k = first; k < Math.min(first + training.batchSize, sequences.length); k++)
        batch.push(runnerOf(this.current, order ? order[k]! : k));
      const longest = longestOf(batch.map(({ sequence }) => sequence));
      const chunk = training.truncate ?? longest;
      const doneAt = (steps: number) => (first + batch.length * Math.min(1, steps / longest)) / sequences.length;
      for (let from = 0; from < longest; from += chunk) {
        const computing = computeChunk(this.workplace, batch, from, chunk, carried);
        let next = computing.next();
        for (; !next.done; next = computing.next()) {
          const done = doneAt(from + next.value * chunk);
          if (yield { epoch, done, result: null, parameters }) {
            computing.return(null);
            return this.end("stopped", epoch);
          }
        }
        const norm = this.update(batch, from, next.value);
        // A loss that is infinite at these parameters makes the ones before them the last good ones.
        if (typeof norm !== "number") return { kind: "diverged", parameters: this.lastGood, epoch, ...norm };
        largestNorm = Math.max(largestNorm, norm);
        const done = doneAt(from + chunk);
        if (done < 1 && (yield { epoch, done, result: null, parameters })) return this.end("stopped", epoch);
      }
      carried = batch.at(-1)!.state;
      for (const { sequence, loss } of batch) {
        if (!this.current.model.loss || countTargets(sequence) === 0) continue;
        lossSum += loss;
        counted++;
      }
    }
    const result = { epoch, loss: counted > 0 ? lossSum / counted : 0, gradientNorm: largestNorm };
    return (yield { epoch, done: 1, result, parameters }) ? this.end("stopped", epoch) : null;
  }

  /** What the run ends with: where the last update broke it, the parameters before that. */
  end(kind: "done" | "stopped", epoch: number): TrainingEnd {
    const { parameters, updated } = this;
    const broken = updated && placeBroken(this.current, updated);
    return broken ? { kind: "diverged", parameters: this.lastGood, epoch, ...broken } : { kind, parameters };
  }

  /**
   * Takes a step against the gradient of a chunk, whose norm is given; null where it has no target.
   * @returns the norm, 0 where there was no update; or where a value was not finite
   */
  private update(batch: readonly Runner[], from: number, norm: number | null | BrokenPlace): number | BrokenPlace {
    if (norm === null) return 0;
    if (typeof norm !== "number") return norm;
    const gradients = trainableOf(this.workplace.model, this.workplace.gradients);
    if (this.problem.training.clip) clipGradients(gradients, this.problem.training.clip, norm);
    for (const [name, { data }] of Object.entries(this.trained)) this.lastGood[name]!.data.set(data);
    this.optimizer.update(this.trained, gradients);
    this.updated = { members: batch.map(({ index }) => index), from };
    return norm;
  }
}
