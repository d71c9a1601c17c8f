/** Training as fast as this machine can: on the kernels where it has vectors, else with the readable engine. */
import { availableParallelism } from "node:os";
import type { Problem } from "../engine/model";
import type { TrainingEnd, TrainingStep } from "../engine/train";
import { train } from "../engine/train";
import { hasVectors, loadKernels } from "./kernels";
import { knows } from "./network";
import { fits, trainOnKernels } from "./train";

/**
 * The engine's `train`, with its results to rounding; yields every few milliseconds and at the end of each epoch.
 * @param folder  where the compiled kernels and the pool's bundle lie
 * @param threads up to how many compute; the result does not depend on it
 */
export function trainFast(
  problem: Problem,
  folder: string,
  threads = availableParallelism(),
): Generator<TrainingStep, TrainingEnd, boolean | undefined> {
  if (!hasVectors() || !canRun(problem)) return train(problem);
  return trainOnKernels(problem, loadKernels(folder, problem.training.precision), folder, threads);
}

function canRun(problem: Problem): boolean {
  const { optimizer } = problem.training;
  // What fills rows up stays zero only where 0 / (√0 + ε) is.
  const divides = optimizer.type === "sgd" || optimizer.epsilon > 0;
  return knows(problem.model) && divides && fits(problem);
}
