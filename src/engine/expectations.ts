import type { Json } from "./trace";

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

/** The part of `expect` that belongs to one sequence, as the file has it. */
export type ExpectedSequence = { readonly [key: string]: Json };

export const defaultTolerance = 1e-6;

/**
 * Compares what the author worked out with a run.
 * A key of a step that the trace does not have there is looked for in layer 0.
 * @param trace   of that sequence, with `updated` beside its other keys
 * @param visit   told of each number that was compared, right or wrong
 */
export function compareExpectations(
  expected: Json,
  trace: Json,
  tolerance: number,
  path: string,
  visit: (path: string, expected: number, actual: number | null, right: boolean) => void,
): void {
  if (expected === null || expected === undefined || typeof expected === "string" || typeof expected === "boolean")
    return;
  if (typeof expected === "number") {
    const actual = typeof trace === "number" ? trace : null;
    visit(path, expected, actual, actual !== null && Math.abs(actual - expected) <= tolerance);
    return;
  }
  if (isArray(expected)) {
    expected.forEach((entry, k) =>
      compareExpectations(entry, isArray(trace) ? (trace[k] ?? null) : null, tolerance, `${path}.${k}`, visit),
    );
    return;
  }
  for (const [key, entry] of Object.entries(expected))
    compareExpectations(entry, lookUp(trace, key), tolerance, `${path}.${key}`, visit);
}

function lookUp(trace: Json, key: string): Json {
  if (!isObject(trace)) return null;
  if (Object.hasOwn(trace, key)) return trace[key] ?? null;
  const layers = trace["layers"] ?? null;
  const first = isArray(layers) ? (layers[0] ?? null) : null;
  return isObject(first) ? (first[key] ?? null) : null;
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
