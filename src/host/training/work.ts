/** What the worker thread does, without the thread. */
import { compareExpected, compareNumbers } from "../../check/check";
import { pack } from "../../check/compared";
import { findSlips } from "../../check/diagnosis/diagnose";
import { type Evaluation, evaluate } from "../../engine/evaluate";
import type { Checked, ParameterCheck } from "../../engine/gradientCheck";
import { checkGradients, checkSequence } from "../../engine/gradientCheck";
import type { OptimizerSettings, Problem } from "../../engine/model";
import { withParameters } from "../../engine/model";
import { predict } from "../../engine/predict";
import { startOf } from "../../engine/run";
import type { NamedTensors } from "../../engine/tensor";
import type { EpochResult } from "../../engine/train";
import { trainingPart } from "../../engine/validation";
import type { Expect } from "../../format/read";
import { trainFast } from "../../kernels";
import { arithmeticFrom } from "../../kernels/arithmetic";
import { type Measure, measures } from "../../protocol/panel";
import type { CheckOutcome, Epochs, ExpectationsOutcome, Outcomes, Progress, Task, TrainingOutcome } from "./messages";

/** What a task needs of the platform. */
export interface Surroundings {
  /** Where the compiled kernels lie. */
  readonly folder: string;
  readonly isCancelled: () => boolean;
  /** Whether the weights of the moment have been asked for since the last time. */
  readonly takeAsked: () => boolean;
  readonly post: (progress: Progress) => void;
  readonly nowMs: () => number;
  /** Lets messages in. */
  readonly pause: () => Promise<void>;
}

/** Between two messages: at most twenty a second. */
const postEveryMs = 50;
/** What a check beside which somebody waits may take: where that is not enough, it is of fewer entries. */
const mostCheckMs = 5000;

/** Does a task; `isCancelled` is asked before each update. */
export function work(task: Task, around: Surroundings): Promise<Outcomes[Task["kind"]]> {
  switch (task.kind) {
    case "train":
      return trainAndReport(task.problem, around);
    case "check":
      return check(task, around);
    case "expectations":
      return Promise.resolve(expectations(task.problem, task.expect));
    case "numbers":
      return Promise.resolve(findSlips(task.problem, compareNumbers(task.problem, task.numbers)));
    case "gradients":
      return checkShown(task.checked, around);
    case "evaluate":
      return evaluateParts(task, around);
    case "predict":
      return Promise.resolve(predictOf(task));
  }
}

async function trainAndReport(problem: Problem, around: Surroundings): Promise<TrainingOutcome> {
  const { epochs: epochCount } = problem.training;
  const training = trainFast(problem, around.folder);
  const finished = new FinishedEpochs();
  let posted = around.nowMs();
  for (let next = training.next(); ; next = training.next(around.isCancelled())) {
    if (next.done) {
      // No epoch is left untold.
      around.post({ type: "progress", done: 1, epochs: finished.take() });
      const end = next.value;
      return { end, lossAfter: end.kind === "done" ? await meanLoss(problem, end.parameters, around) : null };
    }
    const { epoch, done, result, parameters } = next.value;
    if (result) finished.add(result);
    if (around.nowMs() - posted < postEveryMs) continue;
    const weights =
      parameters !== undefined && around.takeAsked()
        ? { weights: { epoch: result ? epoch : epoch - 1, parameters: parameters() } }
        : {};
    around.post({ type: "progress", done: (epoch - 1 + done) / epochCount, epochs: finished.take(), ...weights });
    await around.pause();
    posted = around.nowMs();
  }
}

/** The epochs that nobody has been told of. */
class FinishedEpochs {
  private first = 1;
  private loss: number[] = [];
  private gradientNorm: number[] = [];
  private measured: Partial<Record<Measure, number[]>> = {};

  add(result: EpochResult): void {
    this.loss.push(result.loss);
    this.gradientNorm.push(result.gradientNorm);
    for (const measure of measures) {
      const value = result[measure];
      if (value !== undefined) (this.measured[measure] ??= []).push(value ?? Number.NaN);
    }
  }

  take(): Epochs {
    const { first, loss, gradientNorm, measured } = this;
    this.first += loss.length;
    this.loss = [];
    this.gradientNorm = [];
    this.measured = {};
    return {
      first,
      loss: Float64Array.from(loss),
      gradientNorm: Float64Array.from(gradientNorm),
      measured: Object.fromEntries(
        Object.entries(measured).map(([measure, values]) => [measure, Float64Array.from(values)]),
      ),
    };
  }
}

/** An optimizer that leaves everything where it is. */
const stillOptimizer: OptimizerSettings = {
  type: "sgd",
  learningRate: 0,
  momentum: 0,
  nesterov: false,
  beta1: 0,
  beta2: 0,
  alpha: 0,
  epsilon: 0,
  weightDecay: 0,
};

/** The mean loss at some parameters: that of an epoch which does not move them. Null where it is cancelled. */
async function meanLoss(problem: Problem, parameters: NamedTensors, around: Surroundings): Promise<number | null> {
  const { problem: seen } = trainingPart(problem);
  const still = {
    ...seen,
    model: withParameters(problem.model, parameters),
    training: { ...seen.training, optimizer: stillOptimizer, clip: null, epochs: 1 },
  };
  const measured = trainFast(still, around.folder);
  let posted = around.nowMs();
  for (let next = measured.next(); !next.done; next = measured.next(around.isCancelled())) {
    if (next.value.result) return next.value.result.loss;
    if (around.nowMs() - posted < postEveryMs) continue;
    await around.pause();
    posted = around.nowMs();
  }
  return null;
}

function expectations(problem: Problem, expect: Expect | null): ExpectationsOutcome {
  const comparisons = compareExpected(problem, expect);
  return { compared: pack(comparisons), ...findSlips(problem, comparisons) };
}

async function check(
  { problem, expect }: Extract<Task, { kind: "check" }>,
  around: Surroundings,
): Promise<CheckOutcome | null> {
  const compared = expectations(problem, expect);
  const gradients = checkGradients(problem.model, problem.sequences, { arithmetic: arithmeticFrom(around.folder) });
  let posted = around.nowMs();
  for (let next = gradients.next(); ; next = gradients.next()) {
    if (next.done) return { ...compared, gradientCheck: next.value };
    if (around.isCancelled()) return null;
    if (around.nowMs() - posted < postEveryMs) continue;
    around.post({ type: "progress", done: next.value.done, epochs: null });
    await around.pause();
    posted = around.nowMs();
  }
}

async function checkShown(checked: Checked, around: Surroundings): Promise<ParameterCheck[] | null> {
  const checking = checkSequence(checked, { arithmetic: arithmeticFrom(around.folder) });
  const end = around.nowMs() + mostCheckMs;
  let paused = around.nowMs();
  for (let next = checking.next(); ; next = checking.next()) {
    if (next.done) return next.value;
    if (around.isCancelled()) return null;
    const nowMs = around.nowMs();
    if (nowMs >= end) return next.value.parameters();
    if (nowMs - paused < postEveryMs) continue;
    await around.pause();
    paused = around.nowMs();
  }
}

async function evaluateParts(
  { problem, parts }: Extract<Task, { kind: "evaluate" }>,
  around: Surroundings,
): Promise<Evaluation[] | null> {
  const evaluations: Evaluation[] = [];
  let posted = around.nowMs();
  for (const [k, indices] of parts.entries()) {
    const evaluating = evaluate(problem, indices);
    for (let next = evaluating.next(); ; next = evaluating.next()) {
      if (next.done) {
        evaluations.push(next.value);
        break;
      }
      if (around.isCancelled()) return null;
      if (around.nowMs() - posted < postEveryMs) continue;
      around.post({ type: "progress", done: (k + next.value.done) / parts.length, epochs: null });
      await around.pause();
      posted = around.nowMs();
    }
  }
  return evaluations;
}

function predictOf({ problem: { model, sequences }, of, generation }: Extract<Task, { kind: "predict" }>) {
  if (typeof of !== "number") return predict(model, of, undefined, generation);
  const sequence = sequences[of];
  if (!sequence) throw new RangeError(`there is no sequence ${of}: the file has ${sequences.length}`);
  return predict(model, sequence, startOf(model, sequences, of), generation);
}
