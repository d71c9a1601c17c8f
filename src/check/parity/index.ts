import type { Problem } from "../../engine/model";
import { run } from "../../engine/run";
import { type Comparison, compareSides } from "./compare";
import { type Explanation, explain, forwardSide } from "./explain";
import { type NamedArray, ParityError, type Side, sideOfArrays, sideOfRun, sideOfTrace } from "./sides";

export type { Comparison, Difference, Divergence } from "./compare";
export { usualTolerance } from "./compare";
export type { Explanation } from "./explain";
export { keyOf, ParityError, type Quantity, type Side, titleOf } from "./sides";
export { takenOver } from "./takeover";

/** What a model is held against. */
export type Other =
  | { readonly kind: "model"; readonly problem: Problem }
  | { readonly kind: "trace"; readonly trace: unknown }
  | { readonly kind: "arrays"; readonly arrays: readonly NamedArray[] };

export interface Parity extends Comparison {
  readonly a: Side;
  readonly b: Side;
  readonly explained: Explanation | null;
}

/**
 * A sequence of a model against what another program computes of it: where they differ first, how far, and under which
 * convention they would not. Yields how far it is, 0…1.
 * @throws ParityError where the two cannot be compared
 */
export function* parity(problem: Problem, index: number, other: Other, tolerance: number): Generator<number, Parity> {
  const a = forwardSide(problem, index);
  const b = sideOfOther(problem, index, other);
  const compared = compareSides(problem.model, a, b, tolerance);
  const theirs = other.kind === "model" ? other.problem.model : null;
  const explained = compared.first ? yield* explain(problem, index, b, tolerance, theirs) : null;
  return { ...compared, a, b, explained };
}

function sideOfOther(problem: Problem, index: number, other: Other): Side {
  const { model, sequences } = problem;
  const sequence = sequences[index]!;
  switch (other.kind) {
    case "trace": {
      const side = sideOfTrace(other.trace);
      if (side.length > sequence.length)
        throw new ParityError(`the trace has ${side.length} steps, sequence ${index} has ${sequence.length}`);
      return side;
    }
    case "arrays":
      return sideOfArrays(other.arrays, model, sequence.length);
    case "model": {
      const { model: theirs } = other.problem;
      const [own, given] = [model.embedding?.E.rows ?? model.inputSize, theirs.embedding?.E.rows ?? theirs.inputSize];
      if (own !== given) throw new ParityError(`the other model reads ${given} inputs, this one ${own}`);
      // It reads the same sequence; a state of this one's shape may be none of the other's.
      const fits = theirs.layers.length === model.layers.length;
      const alone = sequences.map((one) => ({ ...one, initial: fits ? one.initial : null }));
      return sideOfRun(run(theirs, alone, index));
    }
  }
}
