/** What the command line and the editor check: the author's numbers against the engine's, and gradients against differences. */
import { runBatch } from "../engine/batch";
import type { GradientCheck } from "../engine/gradientCheck";
import { checkGradients } from "../engine/gradientCheck";
import type { Problem } from "../engine/model";
import type { RunOptions } from "../engine/run";
import { run } from "../engine/run";
import type { NamedTensors } from "../engine/tensor";
import { toNested } from "../engine/tensor";
import type { Json } from "../engine/trace";
import { traceOf } from "../engine/trace";
import { updateOnce } from "../engine/train";
import { eachExpected } from "../format/eachExpected";
import type { ExpectedNumber } from "../format/expectedNumbers";
import { wholeBatch } from "../format/expectedNumbers";
import { isAnswer } from "../format/hiddenAnswers";
import type { Expect } from "../format/read";

/** A number that the author expects beside the one that the engine computes. */
export interface Comparison {
  readonly expected: ExpectedNumber;
  /** null where the run has no such number */
  readonly actual: number | null;
  readonly right: boolean;
}

/** A number that the author expects and the engine does not find. */
export interface FailedExpectation {
  /** Keys joined with dots: `expect.sequences.0.steps.1.h.0`. */
  readonly path: string;
  /** null of a hidden one */
  readonly expected: number | null;
  /** null where the run has no such number, and where answers are hidden */
  readonly actual: number | null;
}

export interface ExpectationResult {
  readonly passed: number;
  readonly failed: readonly FailedExpectation[];
}

export interface CheckResult {
  readonly comparisons: readonly Comparison[];
  readonly expectations: ExpectationResult;
  readonly gradientCheck: GradientCheck;
}

/** Every number of `expect` against the engine's, in the order of the file; none without `expect`. */
export function compareExpected(problem: Problem, expect: Expect | null): Comparison[] {
  return expect ? compareNumbers(problem, eachExpected(expect)) : [];
}

/** Numbers against the engine's, those of one sequence after each other. */
export function compareNumbers(problem: Problem, numbers: Iterable<ExpectedNumber>): Comparison[] {
  const comparisons: Comparison[] = [];
  let sequence: number | null = null;
  let computed: Computed = { trace: null, updated: null };
  for (const expected of numbers) {
    if (expected.sequence !== sequence) {
      sequence = expected.sequence;
      computed = sequence === wholeBatch ? computedOfBatch(problem) : computedOf(problem, sequence);
    }
    const actual = numberAt(computed[expected.of], expected.place);
    const right = actual !== null && isRight(expected, actual);
    comparisons.push({ expected, actual, right });
  }
  return comparisons;
}

/** Whether a number is the expected one. @param tolerance where another than its own is allowed */
export function isRight(expected: ExpectedNumber, number: number, tolerance = expected.tolerance): boolean {
  if (expected.hidden) return isAnswer(expected.hidden, tolerance, number);
  return Math.abs(number - expected.value) <= tolerance;
}

/** How many of the comparisons are right, and those that are not. */
export function summaryOf(comparisons: readonly Comparison[]): ExpectationResult {
  const failed = comparisons.filter(({ right }) => !right);
  return {
    passed: comparisons.length - failed.length,
    failed: failed.map(({ expected, actual }) => ({
      path: expected.path.join("."),
      expected: expected.hidden ? null : expected.value,
      actual: expected.isSecret ? null : actual,
    })),
  };
}

/**
 * The whole check of a file. The gradient check takes 2 runs an entry.
 * @param onProgress is told how much of that is done, 0…1
 * @param options    how the runs of the gradient check are computed
 */
export function checkProblem(
  problem: Problem,
  expect: Expect | null,
  onProgress: (done: number) => void = () => undefined,
  options: RunOptions = {},
): CheckResult {
  const gradients = checkGradients(problem.model, problem.sequences, options);
  let next = gradients.next();
  for (; !next.done; next = gradients.next()) onProgress(next.value.done);
  const comparisons = compareExpected(problem, expect);
  return { comparisons, expectations: summaryOf(comparisons), gradientCheck: next.value };
}

interface Computed {
  readonly trace: Json;
  readonly updated: Json;
}

/** A sequence's trace, with the gradients of its initial states, and the parameters after one update on that sequence alone. */
function computedOf({ model, sequences, training }: Problem, sequence: number): Computed {
  const done = run(model, sequences, sequence);
  const { gradients, ...trace } = traceOf(done, sequence, () => null, false);
  const ofStates = model.layers.flatMap(({ passes }, l) =>
    passes.flatMap(({ prefix }, p) =>
      Object.entries(done.startGradients[l]![p]!).map(([state, d]) => [`${prefix}.${state}0`, Array.from(d)] as const),
    ),
  );
  return {
    trace: { ...trace, gradients: { ...(gradients as object), ...Object.fromEntries(ofStates) } },
    updated: nested(updateOnce(model, sequences[sequence]!, done.gradients, training)),
  };
}

/** The loss and the gradients of all sequences as one batch, and the parameters after one update on it. */
function computedOfBatch(problem: Problem): Computed {
  const { loss, gradients } = runBatch(problem);
  return {
    trace: { loss, gradients: nested(gradients) },
    updated: nested(updateOnce(problem.model, null, gradients, problem.training)),
  };
}

function nested(tensors: NamedTensors): Json {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, toNested(tensor)]));
}

/** The number at a place of nested values; null where there is none. */
export function numberAt(value: unknown, place: readonly (string | number)[]): number | null {
  let found = value;
  for (const key of place) {
    if (typeof found !== "object" || found === null) return null;
    found = (found as Readonly<Record<string | number, unknown>>)[key];
  }
  return typeof found === "number" ? found : null;
}
