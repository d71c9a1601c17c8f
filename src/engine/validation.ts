/** What training sees of a problem, and how it is watched on the sequences that are held back. */
import { evaluate } from "./evaluate";
import type { Problem } from "./model";
import { withParameters } from "./model";
import { Plateau } from "./plateau";
import type { NamedTensors } from "./tensor";
import type { EpochResult, RateFactor, TrainingEnd, TrainingStep } from "./train";

type Training = Generator<TrainingStep, TrainingEnd, boolean | undefined>;

/** The problem without the sequences that are held back, and where each of the others stands in it. */
export function trainingPart(problem: Problem): { readonly problem: Problem; readonly indices: readonly number[] } {
  const { sequences, heldBack } = problem;
  const held = new Set(heldBack);
  const indices = sequences.flatMap((_, k) => (held.has(k) ? [] : [k]));
  return { problem: { ...problem, sequences: indices.map((k) => sequences[k]!), heldBack: [] }, indices };
}

/**
 * Watches a training: each epoch's result has the validation's loss, and `training.stop` and a schedule `plateau` heed it.
 * @param indices where the sequences that it trains on stand in the problem
 * @param rate    what the training's learning rate is multiplied by
 */
export function* watch(training: Training, problem: Problem, indices: readonly number[], rate: RateFactor): Training {
  const { stop, schedule } = problem.training;
  const plateau = schedule?.type === "plateau" ? new Plateau(schedule) : null;
  let best: { readonly epoch: number; readonly loss: number; readonly parameters: NamedTensors } | null = null;
  let isStopped: boolean | undefined;
  for (let next = training.next(); ; next = training.next(isStopped)) {
    if (next.done) {
      const end = next.value;
      // A place of the sequences that are trained on is said as one of all sequences.
      if (end.kind === "diverged") return { ...end, sequence: indices[end.sequence]! };
      return best ? { ...end, parameters: best.parameters, bestEpoch: best.epoch } : end;
    }
    const { epoch, result, parameters } = next.value;
    if (!result || !parameters) {
      isStopped = yield next.value;
      continue;
    }
    const now = parameters();
    const measuring = measure({ ...problem, model: withParameters(problem.model, now) }, indices);
    let measured = measuring.next();
    // Without a result: the epoch has not ended for whoever waits for it.
    for (; !measured.done && !isStopped; measured = measuring.next())
      isStopped = yield { epoch, done: 1, result: null };
    if (!measured.done) continue;
    const { validationLoss } = measured.value;
    if (stop && validationLoss !== null && validationLoss < (best?.loss ?? Infinity))
      best = { epoch, loss: validationLoss, parameters: now };
    isStopped = yield { epoch, done: 1, result: { ...result, ...measured.value }, parameters: () => now };
    if (isStopped) continue;
    if (plateau && validationLoss !== null) rate.value *= plateau.factorAfter(validationLoss);
    if (!stop || !best || epoch - best.epoch < stop.patience) continue;
    training.next(true);
    return { kind: "done", parameters: best.parameters, bestEpoch: best.epoch, lastEpoch: epoch };
  }
}

/** What an epoch's line has beside the rest: of classes the accuracy on both parts too, with the epoch's last parameters. */
function* measure(
  problem: Problem,
  indices: readonly number[],
): Generator<
  unknown,
  Pick<EpochResult, "accuracy" | "validationAccuracy"> & { readonly validationLoss: number | null }
> {
  const { loss, accuracy } = yield* evaluate(problem, problem.heldBack ?? []);
  if (accuracy === null) return { validationLoss: loss };
  const seen = yield* evaluate(problem, indices);
  return {
    validationLoss: loss,
    validationAccuracy: accuracy,
    ...(seen.accuracy !== null && { accuracy: seen.accuracy }),
  };
}
