/**
 * Follow-through marking: each operation is computed from the author's own numbers, so that a number that is wrong by itself is told
 * from one that only follows from it.
 */
import type { Problem } from "../../engine/model";
import { parametersOf } from "../../engine/model";
import { wholeBatch } from "../../format/expectedNumbers";
import type { Comparison } from "../check";
import { asItShouldBe, type Choices } from "./choices";
import { Workbench } from "./compute";
import { OwnNumbers } from "./own";

/** Right; right from numbers of the author's own that are wrong; wrong by itself. */
export type Mark = "right" | "follows" | "wrong";

/** What an author's number is, and what comes out there from his own numbers before it. */
export interface Marked {
  readonly mark: Mark;
  /** null where nothing is computed there */
  readonly following: number | null;
}

/** His wrong numbers are rounded, and what is computed from them is off by some of that. */
export const slackOfRounding = 4;
/** Two computations of the same thing differ in their last digits. */
export const noise = 1e-11;
/** Whether a number is another than the engine's by more than last digits. */
export const isOther = (number: number, actual: number): boolean =>
  Math.abs(number - actual) > noise * Math.max(1, Math.abs(actual));
/** Sequences longer than this are not gone through for marks: nobody writes so many steps by hand. */
const mostSteps = 5000;

/** Whether a number follows, as far as its digits tell. */
export function followsFrom({ expected }: Comparison, following: number): boolean {
  return Math.abs(following - expected.value) <= slackOfRounding * expected.tolerance;
}

/** What a number is that does not agree. @param following what comes out from the author's own numbers */
export function markOf(comparison: Comparison, following: number | null): Mark {
  const { right, actual } = comparison;
  if (right) return "right";
  // What comes out as it should, whatever he has before it, does not follow from a wrong number of his.
  const isMoved = following !== null && actual !== null && isOther(following, actual);
  return isMoved && followsFrom(comparison, following) ? "follows" : "wrong";
}

/** An author's numbers of a sequence, to be gone on from. */
export function ownNumbersOf({ model }: Problem, comparisons: readonly Comparison[], sequence: number): OwnNumbers {
  const parameters = parametersOf(model);
  const indices = [...comparisons.keys()].filter((k) => comparisons[k]!.expected.sequence === sequence);
  return new OwnNumbers(comparisons, indices, (name) => parameters[name]?.cols ?? 1);
}

/** What each operation gives from the author's own numbers, by the comparison. @param own of a bench and a sequence always the same */
export function followingOf(
  bench: Workbench,
  own: OwnNumbers,
  sequence: number,
  choices: Choices = asItShouldBe,
): ReadonlyMap<number, number> {
  bench.follow(sequence, choices, own);
  return own.following;
}

/** Marks every number of an author, in the order of the comparisons. */
export function marksOf(problem: Problem, comparisons: readonly Comparison[]): Marked[] {
  const bench = new Workbench(problem);
  const wrongIn = new Set(comparisons.filter(({ right }) => !right).map(({ expected }) => expected.sequence));
  const following = new Map<number, number>();
  for (const sequence of wrongIn)
    if (sequence !== wholeBatch && (problem.sequences[sequence]?.length ?? 0) <= mostSteps)
      for (const [k, number] of followingOf(bench, ownNumbersOf(problem, comparisons, sequence), sequence))
        following.set(k, number);
  return comparisons.map((comparison, k) => {
    const number = following.get(k) ?? comparison.actual;
    return { mark: markOf(comparison, number), following: number };
  });
}
