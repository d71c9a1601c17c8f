/** What the command line and the editor check: the author's numbers against the engine's, and gradients against differences. */
import type { GradientCheck } from "./engine/gradientCheck";
import { checkGradients } from "./engine/gradientCheck";
import type { Problem } from "./engine/model";
import { run } from "./engine/run";
import { toNested } from "./engine/tensor";
import type { Json } from "./engine/trace";
import { traceOf } from "./engine/trace";
import { updateOnce } from "./engine/train";
import type { ExpectedNumber } from "./format/expectedNumbers";
import { eachNumber } from "./format/expectedNumbers";
import type { Expect } from "./format/read";

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
  readonly expected: number;
  /** null where the run has no such number */
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
  return expect ? compareNumbers(problem, expect.tolerance, eachNumber(expect.numbers)) : [];
}

/** Numbers against the engine's, those of one sequence after each other. */
export function compareNumbers(problem: Problem, tolerance: number, numbers: Iterable<ExpectedNumber>): Comparison[] {
  const comparisons: Comparison[] = [];
  let sequence = -1;
  let computed: { readonly trace: Json; readonly updated: Json } = { trace: null, updated: null };
  for (const expected of numbers) {
    if (expected.sequence !== sequence) {
      sequence = expected.sequence;
      computed = computedOf(problem, sequence);
    }
    const actual = numberAt(computed[expected.of], expected.place);
    const right = actual !== null && Math.abs(actual - expected.value) <= tolerance;
    comparisons.push({ expected, actual, right });
  }
  return comparisons;
}

/** How many of the comparisons are right, and those that are not. */
export function summaryOf(comparisons: readonly Comparison[]): ExpectationResult {
  const failed = comparisons.filter(({ right }) => !right);
  return {
    passed: comparisons.length - failed.length,
    failed: failed.map(({ expected, actual }) => ({ path: expected.path.join("."), expected: expected.value, actual })),
  };
}

/** The whole check of a file. The gradient check takes 2 runs an entry: where somebody waits, drive its generator instead. */
export function checkProblem(problem: Problem, expect: Expect | null): CheckResult {
  const gradients = checkGradients(problem.model, problem.sequences);
  let next = gradients.next();
  while (!next.done) next = gradients.next();
  const comparisons = compareExpected(problem, expect);
  return { comparisons, expectations: summaryOf(comparisons), gradientCheck: next.value };
}

/** A sequence's trace, and the parameters after one update on that sequence alone. */
function computedOf(problem: Problem, sequence: number): { trace: Json; updated: Json } {
  const { model, sequences, training } = problem;
  const done = run(model, sequences, sequence);
  const updated = Object.entries(updateOnce(model, done.gradients, training));
  return {
    trace: traceOf(done, sequence, () => null, false),
    updated: Object.fromEntries(updated.map(([name, tensor]) => [name, toNested(tensor)])),
  };
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
