import type { Model, Sequence } from "./model";
import { parametersOf, withParameters } from "./model";
import { countTargets } from "./readout";
import type { Progress } from "./run";
import { computeRun, Run } from "./run";
import type { NamedTensors } from "./tensor";

/** How the gradient of one parameter compares with differences of the loss. */
export interface ParameterCheck {
  /** `layers.0.Whh` */
  readonly name: string;
  /** How many entries the parameter has, and how many of them were compared. */
  readonly entries: number;
  readonly checked: number;
  /** Largest relative difference |a − n| / max(1, |a|, |n|) of the entries that are not on a kink; 0 where there is none. */
  readonly worst: number;
  /** How many of those compared disagree because the slope of the loss jumps there, as a relu's does at 0. */
  readonly kinks: number;
  /** Largest relative difference of these. */
  readonly worstAtKink: number;
}

/** Analytic against numeric gradients. */
export interface GradientCheck {
  /** Largest relative difference, kinks included; null where no sequence has a target. */
  readonly worst: number | null;
  /** The parameter in which it was found. */
  readonly parameter: string | null;
  readonly byParameter: readonly ParameterCheck[];
}

/** Above this the check fails. */
export const gradientTolerance = 1e-6;

/** What a check of one sequence is about; a `Run` has it all. */
export type Checked = Pick<Run, "model" | "sequence" | "start" | "gradients">;

/** What has been found so far; `parameters` is made anew at each call. */
export interface CheckProgress extends Progress {
  readonly parameters: () => ParameterCheck[];
}

const step = 1e-5;
/** With these an entry that disagrees is looked at more closely. */
const smallerSteps = [1e-6, 1e-7];
/** One-sided differences that lie further apart than this (relatively) do not by rounding alone. */
const strongGap = 1e-5;
const mostSequences = 16;
const mostEntries = 100;

/**
 * Checks dL/dp of every parameter against the central difference (L(p + ε) − L(p − ε)) / 2ε with ε = 1e−5,
 * on the first 16 sequences at most and up to 100 entries of each parameter, evenly spread.
 * Yields now and then, so that a caller can show progress or stop.
 * A state that is carried into a sequence stays what it was: no gradient flows across that border.
 */
export function* checkGradients(
  model: Model,
  sequences: readonly Sequence[],
): Generator<Progress, GradientCheck, void> {
  const withLoss = [...sequences.keys()]
    .slice(0, mostSequences)
    .filter((index) => model.loss && countTargets(sequences[index]!) > 0);
  let byParameter: ParameterCheck[] = [];
  for (const [nth, index] of withLoss.entries()) {
    const checking = checkSequence(yield* computeRun(model, sequences, index));
    let next = checking.next();
    for (; !next.done; next = checking.next()) yield { done: (nth + next.value.done) / withLoss.length };
    const found = next.value;
    byParameter = nth === 0 ? found : byParameter.map((before, k) => both(before, found[k]!));
  }
  let worst: number | null = null;
  let parameter: string | null = null;
  for (const one of byParameter) {
    const difference = Math.max(one.worst, one.worstAtKink);
    if (worst !== null && difference <= worst) continue;
    worst = difference;
    parameter = one.name;
  }
  return { worst, parameter, byParameter };
}

function both(one: ParameterCheck, other: ParameterCheck): ParameterCheck {
  return {
    ...one,
    // The same entries, on another sequence.
    checked: Math.max(one.checked, other.checked),
    worst: Math.max(one.worst, other.worst),
    kinks: Math.max(one.kinks, other.kinks),
    worstAtKink: Math.max(one.worstAtKink, other.worstAtKink),
  };
}

/**
 * The same of one sequence with a target, against the gradients that it is given with. After each entry of one parameter comes one
 * of the next, in an order in which the entries are evenly spread at any time: a caller who stops has looked everywhere.
 * The sequence goes forward piece by piece, however long it is; yields after each piece.
 */
export function* checkSequence(checked: Checked): Generator<CheckProgress, ParameterCheck[], void> {
  const tallies = Object.entries(checked.gradients).map(([name, { data }]) => ({
    name,
    entries: data.length,
    checked: 0,
    worst: 0,
    kinks: 0,
    worstAtKink: 0,
  }));
  const orders = tallies.map(({ entries }) => spread(Math.min(mostEntries, entries)));
  const parameters = () => tallies.map((tally): ParameterCheck => ({ ...tally }));
  const differences = new Differences(checked);
  const of = orders.reduce((sum, order) => sum + order.length, 0);
  let done = 0;
  for (let round = 0; round < mostEntries; round++)
    for (const [p, tally] of tallies.entries()) {
      const order = orders[p]!;
      const nth = order[round];
      if (nth === undefined) continue;
      const entry = Math.floor((nth * tally.entries) / order.length);
      const comparing = differences.compare(tally.name, entry);
      let next = comparing.next();
      for (; !next.done; next = comparing.next()) yield { done: done / of, parameters };
      const { difference, isKink } = next.value;
      tally.checked++;
      if (isKink) {
        tally.kinks++;
        tally.worstAtKink = Math.max(tally.worstAtKink, difference);
      } else tally.worst = Math.max(tally.worst, difference);
      yield { done: ++done / of, parameters };
    }
  return parameters();
}

/** 0…count−1 in an order each beginning of which is evenly spread: by their bits, read backwards. */
function spread(count: number): number[] {
  const bits = Math.ceil(Math.log2(count));
  const order: number[] = [];
  for (let n = 0; n < 2 ** bits; n++) {
    let reversed = 0;
    for (let bit = 0; bit < bits; bit++) if (n & (1 << bit)) reversed |= 1 << (bits - 1 - bit);
    if (reversed < count) order.push(reversed);
  }
  return order;
}

/** The slope of the loss by one entry, from differences on both sides of it. */
interface Slope {
  readonly central: number;
  /** How far the one-sided differences lie apart: of a smooth loss about ε times its second derivative. */
  readonly gap: number;
}

/** Differences of one sequence's loss. */
class Differences {
  private readonly analytic: NamedTensors;
  /** The numeric side moves parameters: it works on a copy. */
  private readonly moved: NamedTensors;
  private readonly run: Run;
  /** ℓ_t above and below the entry's value. */
  private readonly above: Float64Array;
  private readonly below: Float64Array;
  /** ℓ_t at the parameters as they are, once somebody has asked. */
  private here: Float64Array | null = null;

  constructor({ model, sequence, start, gradients }: Checked) {
    this.analytic = gradients;
    this.moved = Object.fromEntries(
      Object.entries(parametersOf(model)).map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]),
    );
    this.run = new Run(withParameters(model, this.moved), sequence, start);
    this.above = new Float64Array(sequence.length);
    this.below = new Float64Array(sequence.length);
  }

  /** Entry `k` of a parameter: its gradient against the differences. Yields after each piece of the sequence. */
  *compare(name: string, k: number): Generator<void, { difference: number; isKink: boolean }, void> {
    const a = this.analytic[name]!.data[k]!;
    const { data } = this.moved[name]!;
    const { central, gap } = yield* this.slope(data, k, step);
    const difference = relative(a, central);
    return { difference, isKink: difference > gradientTolerance && (yield* this.isKink(data, k, a, gap)) };
  }

  /**
   * Whether an entry disagrees because the slope jumps at its value, or nearer to it than ε: then the one-sided differences stay
   * apart as the step gets smaller, or, once the jump lies outside of the step, the central one agrees.
   */
  private *isKink(data: Float64Array, k: number, a: number, gapAtFirst: number): Generator<void, boolean, void> {
    let before = gapAtFirst;
    for (const smaller of smallerSteps) {
      const { central, gap } = yield* this.slope(data, k, smaller);
      if (relative(a, central) <= gradientTolerance) return true;
      if (gap > before / 2 && gap > strongGap * Math.max(1, Math.abs(a), Math.abs(central))) return true;
      before = gap;
    }
    return false;
  }

  private *slope(data: Float64Array, k: number, step: number): Generator<void, Slope, void> {
    if (!this.here) {
      this.here = new Float64Array(this.above.length);
      yield* this.run.forwardPasses(this.here);
    }
    const value = data[k]!;
    // What the numbers really are: 2ε is not always what lies between them.
    const [up, down] = [value + step, value - step];
    data[k] = up;
    yield* this.run.forwardPasses(this.above);
    data[k] = down;
    yield* this.run.forwardPasses(this.below);
    data[k] = value;
    const right = this.difference(this.above, this.here) / (up - value);
    const left = this.difference(this.here, this.below) / (value - down);
    return { central: this.difference(this.above, this.below) / (up - down), gap: Math.abs(right - left) };
  }

  /** Step by step: the difference of two long sums would lose its digits. */
  private difference(above: Float64Array, below: Float64Array): number {
    let sum = 0;
    for (let k = 0; k < above.length; k++) sum += above[k]! - below[k]!;
    return sum * this.run.weight;
  }
}

/** |a − n| / max(1, |a|, |n|). NaN is as wrong as can be, and must not lose a comparison: it is ∞. */
function relative(a: number, n: number): number {
  const difference = Math.abs(a - n) / Math.max(1, Math.abs(a), Math.abs(n));
  return Number.isNaN(difference) ? Infinity : difference;
}
