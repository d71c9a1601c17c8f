/** How good a model is on sequences that it is shown and does not learn from. */

import { countTargets, targetAt, weightsInLoss } from "./loss";
import type { Model, Problem, Sequence } from "./model";
import type { NetworkState } from "./network";
import { initialState } from "./network";
import { largest, type Readout, readouts } from "./predict";
import { startOf } from "./run";

export interface Evaluation {
  /** Which sequences, by their indices. */
  readonly indices: readonly number[];
  /** Mean over the sequences with a target of L, as an epoch's loss; null where none has one. */
  readonly loss: number | null;
  /** L of each, in their order; NaN where it has no target. */
  readonly losses: Float64Array;
  /** Share of the steps with a target that are right; null where outputs are no classes. */
  readonly accuracy: number | null;
  /** [O × O], row after row: how often a target of the row was taken for the column. Null where outputs are no classes. */
  readonly confusion: Float64Array | null;
  /** O of the confusion; 2 for one output, where p ≥ 0.5 is class 1. */
  readonly classCount: number;
  /** Of each output, in the numbers that the file has: root of the mean squared error, and mean absolute error. Null for classes. */
  readonly errors: readonly { readonly rootMeanSquare: number; readonly meanAbsolute: number }[] | null;
}

/** Read-outs between two pauses, as many as take some milliseconds in a model of usual size. */
const workInSlice = 2e6;

/** What an output and its target count as: cross-entropy has classes, and so has a single output of binary cross-entropy. */
function classCountOf({ loss, output }: Model): number | null {
  if (loss?.type === "cross-entropy") return output.size;
  return loss?.type === "binary-cross-entropy" && output.size === 1 ? 2 : null;
}

/** Evaluates some sequences, parameters unchanged; yields now and then. */
export function* evaluate(
  { model, sequences, table }: Pick<Problem, "model" | "sequences" | "table">,
  indices: readonly number[],
): Generator<{ readonly done: number }, Evaluation, void> {
  const classCount = classCountOf(model);
  const tally = new Tally(model, classCount, table?.targets.map(({ factor }) => factor) ?? null);
  const losses = new Float64Array(indices.length).fill(Number.NaN);
  const stepWork = model.layers.reduce(
    (sum, { size, inputSize, passes }) => sum + passes.length * size * (size + inputSize),
    model.output.size,
  );
  let before: { readonly index: number; readonly state: NetworkState } | null = null;
  let [sum, counted, work] = [0, 0, 0];
  for (const [n, index] of indices.entries()) {
    const sequence = sequences[index]!;
    const start: NetworkState = !sequence.carry
      ? initialState(model, sequence)
      : before?.index === index - 1
        ? before.state
        : startOf(model, sequences, index);
    const reading = readouts(model, sequence, start);
    let next = reading.next();
    for (; !next.done; next = reading.next()) {
      tally.add(sequence, next.value);
      work += stepWork;
      if (work < workInSlice) continue;
      work = 0;
      yield { done: n / indices.length };
    }
    before = { index, state: next.value.state };
    if (!model.loss || countTargets(sequence) === 0) continue;
    losses[n] = next.value.lossSum * weightsInLoss(model.loss, sequence).scale;
    sum += losses[n];
    counted++;
  }
  return { indices, loss: counted > 0 ? sum / counted : null, losses, ...tally.result() };
}

/** The same without a pause. */
export function evaluateNow(
  problem: Pick<Problem, "model" | "sequences" | "table">,
  indices: readonly number[],
): Evaluation {
  const evaluating = evaluate(problem, indices);
  for (;;) {
    const next = evaluating.next();
    if (next.done) return next.value;
  }
}

/** Counts what is right. */
class Tally {
  private readonly confusion: Float64Array | null;
  private right = 0;
  private count = 0;
  private readonly squares: Float64Array;
  private readonly absolutes: Float64Array;

  constructor(
    private readonly model: Model,
    private readonly classCount: number | null,
    private readonly factors: readonly number[] | null,
  ) {
    this.confusion = classCount === null ? null : new Float64Array(classCount * classCount);
    this.squares = new Float64Array(model.output.size);
    this.absolutes = new Float64Array(model.output.size);
  }

  add(sequence: Sequence, { k, output }: Readout): void {
    const { model, classCount, confusion } = this;
    const target = model.loss ? targetAt(sequence, k, model.output.size) : null;
    if (target === null) return;
    if (classCount === null) {
      if (typeof target !== "number") this.addErrors(output, target);
      return;
    }
    // One output of binary cross-entropy has two classes, one of cross-entropy a single one.
    const classOf = (y: Float64Array) => (classCount > y.length ? Number(y[0]! >= 0.5) : largest(y));
    const actual = typeof target === "number" ? target : classOf(target);
    const taken = classOf(output);
    this.count++;
    if (actual === taken) this.right++;
    confusion![actual * classCount + taken]!++;
  }

  private addErrors(output: Float64Array, target: Float64Array): void {
    this.count++;
    for (let j = 0; j < output.length; j++) {
      const error = (output[j]! - target[j]!) * (this.factors?.[j] ?? 1);
      this.squares[j]! += error * error;
      this.absolutes[j]! += Math.abs(error);
    }
  }

  result(): Pick<Evaluation, "accuracy" | "confusion" | "classCount" | "errors"> {
    const { classCount, confusion, count, right } = this;
    if (classCount !== null) return { accuracy: count > 0 ? right / count : null, confusion, classCount, errors: null };
    const errors = Array.from(this.squares, (square, j) => ({
      rootMeanSquare: Math.sqrt(square / count),
      meanAbsolute: this.absolutes[j]! / count,
    }));
    return { accuracy: null, confusion: null, classCount: 0, errors: count > 0 ? errors : null };
  }
}
