import type { Model, Problem } from "../../engine/model";
import { parametersOf, withParameters } from "../../engine/model";
import { Run, startOf } from "../../engine/run";
import { countNumbers } from "../../engine/tensor";
import { asItShouldBe, combine, forwardChoices } from "../diagnosis/choices";
import { Workbench } from "../diagnosis/compute";
import { slipsOf } from "../diagnosis/slips";
import { compareSides } from "./compare";
import { type Convention, conventionsOf, otherStart, type Takeover } from "./conventions";
import { type Side, sideOfRun, sideOfTrace } from "./sides";

/** The convention under which both compute the same. */
export interface Explanation {
  readonly convention: string;
  /** As a sentence: "the other program adds each bias twice". */
  readonly text: string;
  /** Null where a file cannot say it. */
  readonly takeover: Takeover | null;
}

/** What all trials may take together, in multiplications: some seconds. */
const mostWork = 3e9;
/** Single precision is named where two are no further apart than so many times what rounding each result makes of it. */
const roundings = 16;
/** Relative spacing of single precision. */
const singleSpacing = 2 ** -23;

/**
 * Tries every convention on the sequence: those of other software, then the slips that the diagnosis knows, then single precision,
 * then two conventions of other software at once.
 * Yields how far it is, 0…1.
 * @param b      what the other program computed, which is not what the engine computes
 * @param theirs its model, where there is one
 */
export function* explain(
  problem: Problem,
  index: number,
  b: Side,
  tolerance: number,
  theirs: Model | null,
): Generator<number, Explanation | null> {
  const usual = conventionsOf(problem, index);
  const conventions = [...usual, ...(theirs ? otherStart(problem, index, theirs) : []), ...slipConventions(problem)];
  const { model, sequences } = problem;
  const weights = countNumbers(parametersOf(model));
  let left = mostWork / (sequences[index]!.length * (4 * weights + 1000));
  const bench = new Workbench(problem);
  for (const [k, convention] of conventions.entries()) {
    if (left-- < 0) break;
    yield k / conventions.length;
    const { id, text, takeover } = convention;
    if (compareSides(model, sideUnder(convention, problem, index, bench), b, tolerance).first === null)
      return { convention: id, text: `the other program ${text}`, takeover };
  }
  if (isSingle(problem, index, b, bench))
    return { convention: "float32", text: "the other program computes in single precision", takeover: null };
  for (const { first, second, side } of pairsOf(problem, index, usual, bench)) {
    if (left-- < 0) break;
    yield 1;
    if (compareSides(model, side(), b, tolerance).first !== null) continue;
    return {
      convention: `${first.id}+${second.id}`,
      text: `the other program ${first.text}, and ${second.text}`,
      takeover: first.takeover && second.takeover && bothOf(first.takeover, second.takeover),
    };
  }
  return null;
}

interface Pair {
  readonly first: Convention;
  readonly second: Convention;
  /** What is computed under both. */
  readonly side: () => Side;
}

/** Conventions of other software, two at a time: the second is one of the model that the first has made. */
function* pairsOf(problem: Problem, index: number, usual: readonly Convention[], bench: Workbench): Generator<Pair> {
  const isChoice = ({ choices }: Convention) => Object.keys(choices).length > 0;
  for (const [k, first] of usual.entries())
    if (isChoice(first)) {
      for (const second of usual.slice(k + 1).filter(isChoice)) {
        const both = combine([first.choices, second.choices]);
        yield { first, second, side: () => sideOfTrace(bench.compute(index, both).trace) };
      }
    } else {
      const meant = meantBy(first, problem);
      const other = new Workbench(meant);
      for (const second of conventionsOf(meant, index))
        if (second.id !== first.id) yield { first, second, side: () => sideUnder(second, meant, index, other) };
    }
}

/** The second one's parameters are of the model that the first has made. */
const bothOf = (first: Takeover, second: Takeover): Takeover => ({
  parameters: { ...first.parameters, ...second.parameters },
  settings: [...first.settings, ...second.settings],
});

/** The model under a convention that choices do not say. */
const meantBy = ({ problem: other, takeover }: Convention, problem: Problem): Problem =>
  other ?? { ...problem, model: withParameters(problem.model, takeover?.parameters ?? {}) };

/** What would be computed under a convention. */
export function sideUnder(
  convention: Convention,
  problem: Problem,
  index: number,
  bench = new Workbench(problem),
): Side {
  const { choices } = convention;
  if (Object.keys(choices).length > 0) return sideOfTrace(bench.compute(index, combine([choices])).trace);
  return forwardSide(meantBy(convention, problem), index);
}

/** What the engine computes of a sequence, forward alone. */
export function forwardSide({ model, sequences }: Problem, index: number): Side {
  const run = new Run(model, sequences[index]!, startOf(model, sequences, index));
  run.goForward();
  return sideOfRun(run);
}

/** The diagnosis's slips that change what is computed forward. */
function slipConventions(problem: Problem): Convention[] {
  return slipsOf(problem)
    .filter(({ change }) => Object.keys(change).every((key) => forwardChoices.has(key)))
    .map(({ id, text, change }) => ({ id, text: `computes as where ${text}`, choices: change, takeover: null }));
}

/** Whether the two are about as far apart as single precision would make them. */
function isSingle(problem: Problem, index: number, b: Side, bench: Workbench): boolean {
  const { model } = problem;
  const single = sideOfTrace(bench.compute(index, { ...asItShouldBe, keep: Math.fround }).trace);
  const exact = forwardSide(problem, index);
  const rounded = compareSides(model, exact, single, Infinity).differences;
  return compareSides(model, exact, b, Infinity).differences.every(({ quantity, steps, largest }) => {
    const same = rounded.find(
      (one) => one.quantity === quantity || JSON.stringify(one.quantity) === JSON.stringify(quantity),
    );
    const size = steps.reduce((most, far, k) => {
      if (Number.isNaN(far)) return most;
      return Math.max(most, ...Array.from(exact.at(quantity, k + 1) ?? [], Math.abs));
    }, 1);
    return largest > 0 && largest <= roundings * ((same?.largest ?? 0) + singleSpacing * size);
  });
}
