/** All sequences of a file as one batch: its loss and the gradient that one update would take, parameters unchanged. */
import type { BatchReduction, Problem, Sequence } from "./model";
import { parametersOf } from "./model";
import { Recording } from "./network";
import { finish } from "./run";
import type { NamedTensors } from "./tensor";
import { zerosLikeAll } from "./tensor";
import type { Runner } from "./train";
import { computeChunk, divisorsOf, runnerOf, scaleInBatch } from "./train";

export interface BatchResult {
  /** The mean of the sequences' L, their sum, or the mean over all targets, as `batchReduction` says; null where no step has a target. */
  readonly loss: number | null;
  /** Its gradient by every parameter, by full name; NaN throughout where a value on the way was not finite. */
  readonly gradients: NamedTensors;
}

/** What the batch is made of: the file's own sequences, those too that are held back of them, and none that its validation has beside. */
export function batchOf({ sequences, ownCount }: Problem): readonly Sequence[] {
  return sequences.slice(0, ownCount);
}

/** How many they are. */
export function batchSizeOf({ sequences, ownCount }: Problem): number {
  return ownCount ?? sequences.length;
}

/** Full backpropagation through time over every sequence; `batchSize` and `truncate` play no part. */
export function runBatch(problem: Problem): BatchResult {
  const { model, training } = problem;
  const { batchReduction } = training;
  const gradients = zerosLikeAll(parametersOf(model));
  const batch = batchOf(problem);
  const runners = batch.map((_, k) => runnerOf(problem, k));
  const longest = batch.reduce((most, { length }) => Math.max(most, length), 0);
  const workplace = { model, recording: new Recording(model), gradients, batchReduction };
  const norm = finish(computeChunk(workplace, runners, 0, longest, null));
  const isBroken = norm !== null && typeof norm !== "number";
  if (isBroken) for (const { data } of Object.values(gradients)) data.fill(Number.NaN);
  return { loss: norm === null ? null : isBroken ? Number.NaN : lossOf(runners, batchReduction), gradients };
}

function lossOf(runners: readonly Runner[], batchReduction: BatchReduction): number {
  const divisors = divisorsOf(runners);
  return runners.reduce((total, runner) => {
    const scale = scaleInBatch(runner, batchReduction, runners.length, divisors);
    return total + runner.sum * scale;
  }, 0);
}
