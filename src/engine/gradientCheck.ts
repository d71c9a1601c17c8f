import { countTargets, weightAt } from "./loss";
import type { Model, Sequence } from "./model";
import { parametersOf, withParameters } from "./model";
import type { Progress, RunOptions } from "./run";
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

/** ε, for a number of the size of 1 at most; for a larger one as many times as large. */
const step = 1e-5;
/** An entry that disagrees is extrapolated from at most so many steps, each a power of 8 times ε. */
const mostExtrapolations = 5;
/** An extrapolated difference that is off (relatively) by less than this needs no other step. */
const certain = gradientTolerance / 10;
/** Nearer to the entry's value, a slope that jumps shows itself. */
const nearerSteps = [0.1, 0.01];
/** One-sided differences that lie further apart than this (relatively) do not by rounding alone. */
const strongGap = 1e-5;
const mostSequences = 16;
const mostEntries = 100;

/**
 * Checks dL/dp of every parameter against the central difference (L(p + ε) − L(p − ε)) / 2ε with ε = 1e−5 · max(1, |p|),
 * on the first 16 sequences at most and up to 100 entries of each parameter, evenly spread. Where an entry disagrees, the
 * difference is extrapolated to ε = 0 from two steps before it is judged (Richardson 1911).
 * Yields now and then, so that a caller can show progress or stop.
 * @param options how the runs are computed
 * A state that is carried into a sequence stays what it was: no gradient flows across that border.
 */
export function* checkGradients(
  model: Model,
  sequences: readonly Sequence[],
  options: RunOptions = {},
): Generator<Progress, GradientCheck, void> {
  const withLoss = [...sequences.keys()]
    .slice(0, mostSequences)
    .filter((index) => model.loss && countTargets(sequences[index]!) > 0);
  let byParameter: ParameterCheck[] = [];
  for (const [nth, index] of withLoss.entries()) {
    const checking = checkSequence(yield* computeRun(model, sequences, index, options), options);
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
export function* checkSequence(
  checked: Checked,
  options: RunOptions = {},
): Generator<CheckProgress, ParameterCheck[], void> {
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
  const differences = new Differences(checked, options);
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
  /** By how much the difference to the right is more than that to the left: of a smooth loss about ε times its second derivative. */
  readonly gap: number;
  /** What the rounding of the losses may have done to `central`. */
  readonly noise: number;
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

  constructor({ model, sequence, start, gradients }: Checked, options: RunOptions) {
    this.analytic = gradients;
    this.moved = Object.fromEntries(
      Object.entries(parametersOf(model)).map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]),
    );
    this.run = new Run(withParameters(model, this.moved), sequence, start, options);
    this.above = new Float64Array(sequence.length);
    this.below = new Float64Array(sequence.length);
  }

  /** Entry `k` of a parameter: its gradient against the differences. Yields after each piece of the sequence. */
  *compare(name: string, k: number): Generator<void, { difference: number; isKink: boolean }, void> {
    const a = this.analytic[name]!.data[k]!;
    const { data } = this.moved[name]!;
    const ε = step * Math.max(1, Math.abs(data[k]!));
    const whole = yield* this.slope(name, k, ε);
    const difference = relative(a, whole.central);
    if (difference <= gradientTolerance) return { difference, isKink: false };
    const half = yield* this.slope(name, k, ε / 2);
    if (yield* this.isKink(name, k, ε, a, whole, half)) return { difference, isKink: true };
    return { difference: relative(a, yield* this.extrapolate(name, k, ε, whole, half)), isKink: false };
  }

  /**
   * The central difference D(ε) of a smooth loss is off by a term in ε² and smaller ones in ε⁴, and by the rounding of the losses
   * over ε. (4 D(ε/2) − D(ε)) / 3 is free of the first. Where ε⁴ counts the step gets smaller, where rounding counts larger, as
   * long as that helps: what decides is how far the differences lie apart, and not what they are compared with.
   */
  private *extrapolate(
    name: string,
    k: number,
    ε: number,
    firstWhole: Slope,
    firstHalf: Slope,
  ): Generator<void, number, void> {
    let [best, least] = [Number.NaN, Infinity];
    let [times, whole, half] = [1, firstWhole, firstHalf];
    for (let n = 1; ; n++) {
      const extrapolated = (4 * half.central - whole.central) / 3;
      const curved = Math.abs(extrapolated - half.central);
      const off = (curved + half.noise) / Math.max(1, Math.abs(extrapolated));
      if (!(off < least)) return best;
      [best, least] = [extrapolated, off];
      if (off <= certain || n === mostExtrapolations) return best;
      times *= curved > half.noise ? 1 / 8 : 8;
      whole = yield* this.slope(name, k, times * ε);
      half = yield* this.slope(name, k, (times * ε) / 2);
    }
  }

  /**
   * Whether an entry disagrees because the slope of the loss jumps at its value, or nearer to it than ε. The differences to the two
   * sides then stay apart as the step gets smaller. Or the jump lies between a smaller step, whose central difference agrees, and ε:
   * then they lie apart, beside what a smooth loss has there, by just twice of what the central difference is off; of a smooth
   * loss that can be so at ε or at ε/2, but not at both.
   */
  private *isKink(
    name: string,
    k: number,
    ε: number,
    a: number,
    whole: Slope,
    half: Slope,
  ): Generator<void, boolean, void> {
    let before = Math.abs(whole.gap);
    for (const times of nearerSteps) {
      const near = yield* this.slope(name, k, times * ε);
      const apart = Math.abs(near.gap);
      const isStrong = apart > strongGap * Math.max(1, Math.abs(a), Math.abs(near.central)) + 8 * near.noise;
      if (isStrong && apart > before / 2 && apart < before * 2) return true;
      before = apart;
      const off = (slope: Slope) => Math.abs(slope.central - near.central);
      if (relative(a, near.central) > gradientTolerance || off(whole) < 8 * near.noise) continue;
      const isJump = (slope: Slope, nearer: number) =>
        Math.abs(Math.abs(slope.gap - near.gap / nearer) - 2 * off(slope)) < off(slope) / 5;
      if (isJump(whole, times) && (off(half) < off(whole) / 100 || isJump(half, 2 * times))) return true;
    }
    return false;
  }

  private *slope(name: string, k: number, ε: number): Generator<void, Slope, void> {
    const { data } = this.moved[name]!;
    if (!this.here) {
      this.here = new Float64Array(this.above.length);
      yield* this.run.forwardPasses(this.here);
    }
    const value = data[k]!;
    // What the numbers really are: 2ε is not always what lies between them.
    const [up, down] = [value + ε, value - ε];
    const moveTo = (to: number) => {
      data[k] = to;
      this.run.moved(name);
    };
    moveTo(up);
    yield* this.run.forwardPasses(this.above);
    moveTo(down);
    yield* this.run.forwardPasses(this.below);
    moveTo(value);
    const right = this.difference(this.above, this.here) / (up - value);
    const left = this.difference(this.here, this.below) / (value - down);
    const central = this.difference(this.above, this.below) / (up - down);
    return { central, gap: right - left, noise: this.rounding() / (up - down) };
  }

  /** What the rounding of the losses above and below may have done to their difference. */
  private rounding(): number {
    let sum = 0;
    for (let k = 0; k < this.above.length; k++)
      sum += (Math.abs(this.above[k]!) + Math.abs(this.below[k]!)) * Math.abs(weightAt(this.run.weights, k));
    return 4 * Number.EPSILON * sum;
  }

  /** Step by step: the difference of two long sums would lose its digits. */
  private difference(above: Float64Array, below: Float64Array): number {
    let sum = 0;
    for (let k = 0; k < above.length; k++) sum += (above[k]! - below[k]!) * weightAt(this.run.weights, k);
    return sum;
  }
}

/** |a − n| / max(1, |a|, |n|). NaN is as wrong as can be, and must not lose a comparison: it is ∞. */
function relative(a: number, n: number): number {
  const difference = Math.abs(a - n) / Math.max(1, Math.abs(a), Math.abs(n));
  return Number.isNaN(difference) ? Infinity : difference;
}
