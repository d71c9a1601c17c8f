/** Training as fast as this machine can: on the kernels where it has vectors, else with the readable engine. */
import { availableParallelism } from "node:os";
import type { Problem } from "../engine/model";
import type { RateFactor, TrainingEnd, TrainingStep } from "../engine/train";
import { train } from "../engine/train";
import { trainingPart, watch } from "../engine/validation";
import { arithmeticFrom } from "./arithmetic";
import { hasVectors, loadKernels } from "./kernels";
import { knows } from "./network";
import { fits, trainOnKernels } from "./train";

/**
 * The engine's `train` on the sequences that are not held back, with its results to rounding; yields every few milliseconds and at the end of each epoch.
 * @param folder  where the compiled kernels and the pool's bundle lie
 * @param threads up to how many compute; the result does not depend on it
 */
export function trainFast(
  problem: Problem,
  folder: string,
  threads = availableParallelism(),
): Generator<TrainingStep, TrainingEnd, boolean | undefined> {
  const hasValidation = (problem.heldBack?.length ?? 0) > 0;
  const { problem: seen, indices } = hasValidation ? trainingPart(problem) : { problem, indices: [] };
  const rate: RateFactor = { value: 1 };
  const training =
    hasVectors() && canRun(seen)
      ? trainOnKernels(seen, loadKernels(folder, seen.training.precision), folder, threads, rate)
      : train(seen, rate, arithmeticFrom(folder));
  return hasValidation ? watch(training, problem, indices, rate) : training;
}

function canRun(problem: Problem): boolean {
  const { optimizer } = problem.training;
  // What fills rows up stays zero only where 0 / (√0 + ε) is.
  const divides = optimizer.type === "sgd" || optimizer.epsilon > 0;
  return knows(problem.model) && divides && fits(problem);
}
