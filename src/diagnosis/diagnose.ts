/**
 * Why the author's numbers are others than the engine's: every slip that people make is tried on the whole computation, and
 * the one that gives the author's own numbers is named. Where one alone does not, several together are tried.
 */
import type { Comparison } from "../check";
import { numberAt } from "../check";
import type { Problem } from "../engine/model";
import { parametersOf } from "../engine/model";
import { knowsCellsOf } from "./cells";
import { asItShouldBe, type Choices, combine } from "./choices";
import { type Computed, compute } from "./compute";
import type { Precision } from "./digits";
import { inPrecision, precisionsOf, precisionText, unitOf } from "./digits";
import type { Slip } from "./slips";
import { slipsOf } from "./slips";

/** Slips that, made together, give the author's numbers. */
export interface Diagnosis {
  readonly slips: readonly NamedSlip[];
  /** Which of the comparisons it explains: of those that are wrong, all or most. */
  readonly explained: readonly number[];
  /** How many are wrong. */
  readonly wrong: number;
}

export interface NamedSlip {
  /** A short name for programs: `derivative-again`. */
  readonly id: string;
  /** What was done, as a sentence goes on after "as where". */
  readonly text: string;
}

/** More slips than these are never made at once, nor are more explanations told that the numbers do not tell apart. */
const mostSlips = 4;
const mostDiagnoses = 6;
/** Slips are tried on so many sequences; what they explain is then counted on all. */
const mostSequences = 4;
/** What all the trials may take together, in multiplications: about a second. */
const mostWork = 1e8;
const mostTrials = 3000;
/** What a layer's step takes besides its multiplications. */
const workOfStep = 1500;
/** What it takes to judge one number. */
const workOfNumber = 50;
/** Of the wrong numbers, so many at least are explained, or nothing is said. */
const leastShare = 0.6;
/**
 * How much better the numbers fit than they would by chance, in bits for each slip: some hundred slips are tried, each as good as
 * a guess. One number says no more than a few bits, for numbers of one computation are not independent.
 */
const leastBits = 7;
const mostBitsOfNumber = 10;
/** Two computations of the same thing differ in their last digits. */
const noise = 1e-11;

interface Trial {
  readonly slips: readonly NamedSlip[];
  readonly explained: readonly number[];
  readonly bits: number;
}

/**
 * @param tolerance   of the expectations
 * @param comparisons the author's numbers beside the engine's, as `compareExpected` gives them
 * @returns none where nothing fits; more than one where the numbers do not tell them apart
 */
export function diagnose(problem: Problem, tolerance: number, comparisons: readonly Comparison[]): Diagnosis[] {
  const wrong = comparisons.filter(({ right, actual }) => !right && actual !== null).length;
  if (wrong === 0 || !knowsCellsOf(problem.model)) return [];
  const search = new Search(problem, tolerance, comparisons);
  return search.best().flatMap((trial) => {
    const explained = search.onAll(trial);
    return explained && explained.length >= leastShare * wrong ? [{ slips: trial.slips, explained, wrong }] : [];
  });
}

/** A trial that can be made again on other sequences. */
interface Hypothesis extends Trial {
  readonly choices: Choices;
  readonly precision: Precision | null;
}

class Search {
  /** The comparisons that slips are tried on. */
  private readonly tried: readonly number[];
  private readonly wrongCount: number;
  private readonly precisions: readonly Precision[];
  private trialsLeft: number;
  /** What has been found, by how many slips it takes. */
  private readonly found: Hypothesis[][] = Array.from({ length: mostSlips + 2 }, () => []);

  constructor(
    private readonly problem: Problem,
    private readonly tolerance: number,
    private readonly comparisons: readonly Comparison[],
  ) {
    const wrongIn = new Set(comparisons.filter(({ right }) => !right).map(({ expected }) => expected.sequence));
    const chosen = [...wrongIn].slice(0, mostSequences);
    this.tried = comparisons.flatMap(({ expected }, k) => (chosen.includes(expected.sequence) ? [k] : []));
    const values = this.tried.filter((k) => this.isWrong(k)).map((k) => comparisons[k]!.expected.value);
    this.wrongCount = values.length;
    this.precisions = precisionsOf(values);
    const weights = Object.values(parametersOf(problem.model)).reduce((sum, { data }) => sum + data.length, 0);
    const steps = chosen.reduce((sum, sequence) => sum + problem.sequences[sequence]!.length, 0);
    this.trialsLeft = Math.min(
      mostTrials,
      mostWork / (steps * (8 * weights + workOfStep * problem.model.layers.length) + workOfNumber * this.tried.length),
    );
  }

  best(): Hypothesis[] {
    // Where not even each slip alone can be tried, what is named would depend on the order.
    const slips = slipsOf(this.problem);
    if (this.trialsLeft < slips.length + 20) return [];
    this.tryPrecisions();
    const useful = slips.filter((slip) => this.try([slip]));
    // Who takes the gates in another order does nothing else wrong that could still be told.
    const combined = useful.filter(({ group }) => group !== "gates");
    const back = combined.filter(({ back }) => back);
    for (let count = 1; count <= mostSlips; count++) {
      if (count > 1) for (const combination of combinations(count > 2 ? back : combined, count)) this.try(combination);
      const whole = this.found[count]!.filter(({ explained }) => explained.length === this.wrongCount);
      if (whole.length > 0) return whole.slice(0, mostDiagnoses);
    }
    const most = Math.max(0, ...this.found.flat().map(({ explained }) => explained.length));
    if (most < 2 || most < leastShare * this.wrongCount) return [];
    const fewest = this.found.find((trials) => trials.some(({ explained }) => explained.length === most))!;
    return fewest.filter(({ explained }) => explained.length === most).slice(0, mostDiagnoses);
  }

  /** What a trial explains of all the comparisons; null where it makes a right one wrong. */
  onAll({ choices, precision }: Hypothesis): readonly number[] | null {
    const all = this.comparisons.map((_, k) => k);
    return this.judge(this.numbersOf(choices, all), all, choices, precision)?.explained ?? null;
  }

  private isWrong(k: number): boolean {
    return !this.comparisons[k]!.right && this.comparisons[k]!.actual !== null;
  }

  /** The right numbers, written down or gone on with in few digits. */
  private tryPrecisions(): void {
    for (const precision of this.precisions) {
      const engines = new Map(this.tried.map((k) => [k, this.comparisons[k]!.actual ?? Number.NaN]));
      this.note([], asItShouldBe, precision, engines);
    }
    if (this.found[1]!.some(({ explained }) => explained.length === this.wrongCount)) return;
    for (const precision of this.precisions)
      for (const how of ["rounded", "cutOff"] as const) {
        const verb = how === "rounded" ? "rounded" : "cut off";
        const slip: Slip = {
          id: `${how === "rounded" ? "rounded" : "cut-off"}-on-the-way`,
          text: `every intermediate result is ${verb} ${precisionText(precision)} and gone on with`,
          group: "digits",
          back: false,
          change: { keep: (value) => inPrecision(value, precision, how) },
        };
        this.try([slip]);
      }
  }

  /** @returns whether the slips change something, and make no right number wrong */
  private try(slips: readonly Slip[]): boolean {
    if (this.trialsLeft-- <= 0) return false;
    const choices = combine(slips.map(({ change }) => change));
    const numbers = this.numbersOf(choices, this.tried);
    const changed = this.tried.some((k) => {
      const { actual } = this.comparisons[k]!;
      return actual !== null && Math.abs(numbers.get(k)! - actual) > noise * Math.max(1, Math.abs(actual));
    });
    if (!changed) return false;
    const isUseful = this.note(slips, choices, null, numbers);
    if (!choices.keep)
      for (const precision of this.precisions.slice(0, 2)) this.note(slips, choices, precision, numbers);
    return isUseful;
  }

  /** Judges a trial and keeps it where it explains something. @returns whether no right number is wrong by it */
  private note(
    slips: readonly Slip[],
    choices: Choices,
    precision: Precision | null,
    numbers: ReadonlyMap<number, number>,
  ): boolean {
    const judged = this.judge(numbers, this.tried, choices, precision);
    if (!judged) return false;
    const named = slips.map(({ id, text }): NamedSlip => ({ id, text }));
    if (precision) named.push(this.fewDigits(precision, judged.explained, numbers));
    if (judged.explained.length > 0 && judged.bits >= leastBits * named.length)
      this.found[named.length]!.push({ slips: named, choices, precision, ...judged });
    return true;
  }

  private numbersOf(choices: Choices, indices: readonly number[]): Map<number, number> {
    const numbers = new Map<number, number>();
    let sequence = -1;
    let computed: Computed = { trace: null, updated: () => null };
    let updated: unknown = null;
    for (const k of indices) {
      const { expected } = this.comparisons[k]!;
      if (expected.sequence !== sequence) {
        sequence = expected.sequence;
        computed = compute(this.problem, sequence, choices);
        updated = null;
      }
      if (expected.of === "updated") updated ??= computed.updated();
      const number = numberAt(expected.of === "updated" ? updated : computed.trace, expected.place) ?? Number.NaN;
      numbers.set(k, choices.keep ? choices.keep(number) : number);
    }
    return numbers;
  }

  /** Which wrong numbers these explain, and how surely; null where a right one would be wrong. */
  private judge(
    numbers: ReadonlyMap<number, number>,
    indices: readonly number[],
    { keep }: Choices,
    precision: Precision | null,
  ): { explained: number[]; bits: number } | null {
    const explained: number[] = [];
    let bits = 0;
    for (const k of indices) {
      const { expected, actual, right } = this.comparisons[k]!;
      if (actual === null) continue;
      const unit = (precision && unitOf(expected.value, precision)) ?? 0;
      const allowed = Math.max(this.tolerance, unit, noise * Math.max(1, Math.abs(expected.value)));
      const fits = Math.abs(numbers.get(k)! - expected.value) <= allowed;
      if (right) {
        // Who rounds on the way may well come out right; that he does not by this way of rounding breaks nothing.
        if (!fits && !keep) return null;
      } else if (fits) {
        explained.push(k);
        const off = Math.abs(actual - expected.value);
        bits += Math.min(
          mostBitsOfNumber,
          Math.max(0, Math.log2((off > allowed ? off : Math.abs(expected.value)) / allowed)),
        );
      }
    }
    return { explained, bits };
  }

  private fewDigits(
    precision: Precision,
    explained: readonly number[],
    numbers: ReadonlyMap<number, number>,
  ): NamedSlip {
    const all = (how: "rounded" | "cutOff") =>
      explained.every((k) => inPrecision(numbers.get(k)!, precision, how) === this.comparisons[k]!.expected.value);
    const verb = all("rounded") ? "rounded" : all("cutOff") ? "cut off" : "rounded or cut off";
    return {
      id: `few-digits:${precision.kind}:${precision.digits}`,
      text: `the numbers are ${verb} ${precisionText(precision)}`,
    };
  }
}

/** Every way to take so many slips, of each group one at most. */
function* combinations(slips: readonly Slip[], count: number, from = 0): Generator<Slip[]> {
  if (count === 0) {
    yield [];
    return;
  }
  for (let k = from; k < slips.length; k++)
    for (const rest of combinations(slips, count - 1, k + 1))
      if (rest.every(({ group }) => group !== slips[k]!.group)) yield [slips[k]!, ...rest];
}
