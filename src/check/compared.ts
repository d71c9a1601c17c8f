/** Comparisons as they cross over from a thread: a million objects would take seconds to copy, arrays of numbers do not. */

import { eachExpected } from "../format/eachExpected";
import type { Expect } from "../format/read";
import type { Comparison } from "./check";

/** What was found for each expected number, in the order of the file. */
export interface Compared {
  /** The engine's number; anything where the run has none. */
  readonly actual: Float64Array;
  readonly verdicts: Uint8Array;
}

const verdict = { wrong: 0, right: 1, missing: 2 } as const;

export function pack(comparisons: readonly Comparison[]): Compared {
  return {
    actual: Float64Array.from(comparisons, ({ actual }) => actual ?? Number.NaN),
    verdicts: Uint8Array.from(comparisons, ({ actual, right }) =>
      actual === null ? verdict.missing : right ? verdict.right : verdict.wrong,
    ),
  };
}

/** @param expect what was compared */
export function unpack(expect: Expect | null, { actual, verdicts }: Compared): Comparison[] {
  const comparisons: Comparison[] = [];
  if (expect)
    for (const expected of eachExpected(expect)) {
      const k = comparisons.length;
      const found = verdicts[k] === verdict.missing ? null : actual[k]!;
      comparisons.push({ expected, actual: found, right: verdicts[k] === verdict.right });
    }
  return comparisons;
}
