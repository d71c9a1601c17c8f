/**
 * Why the author's numbers are others than the engine's: every slip that people make is tried on the whole computation, and
 * the one that gives the author's own numbers is named. Where one alone does not, several together are tried.
 */

import { batchOf, batchSizeOf } from "../../engine/batch";
import type { Problem } from "../../engine/model";
import { parametersOf } from "../../engine/model";
import type { Tensor } from "../../engine/tensor";
import { wholeBatch } from "../../format/expectedNumbers";
import type { Comparison } from "../check";
import { isRight, numberAt } from "../check";
import { everyNumber, firstDifference } from "./apart";
import { asItShouldBe, type Choices, combine, forwardKey, readoutKey, writingKey } from "./choices";
import {
  batchGradientsOf,
  type Computed,
  gradientsOf,
  isApart,
  isApartForward,
  lastOf,
  type Part,
  Workbench,
  workOfStep,
} from "./compute";
import type { Precision } from "./digits";
import {
  inPrecision,
  maybeSingle,
  precisionsOf,
  precisionText,
  singlePrecision,
  slackOfSingle,
  unitOf,
} from "./digits";
import { kindOf } from "./edited";
import type { Hint } from "./hints";
import { hintOf } from "./hints";
import { followingOf, followsFrom, isOther, markOf, marksOf, noise, ownNumbersOf, slackOfRounding } from "./marks";
import { arrayOf, ofArrays } from "./own";
import type { Slip } from "./slip";
import { slipsOf } from "./slips";
import { type Asked, type Entries, ofInputs } from "./steps";
import { scaledStep, slipsOfWritten, type UpdatedNumber } from "./written";

/** Slips that, made together, give the author's numbers. */
export interface Diagnosis {
  readonly slips: readonly NamedSlip[];
  /**
   * The first number that went wrong, which everything after it follows from: a comparison's index. Where the slips are told from
   * each operation by itself, that of the first of them.
   */
  readonly first: number;
  /** What a further number is called that would tell it from the first diagnosis; null of that itself, and where none would. */
  readonly apart: string | null;
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
/** So many numbers that are wrong by themselves are hinted at one by one. */
const mostHinted = 12;
/** Where each has numbers of its own, so many. */
const mostBehind = 6;
/** Slips are tried on so many sequences; what they explain is then counted on all. */
const mostSequences = 4;
/** As many as this share of the wrong numbers may be right by chance where two slips meet; so many more trials look for such two. */
const shareByChance = 0.1;
const trialsWithChance = 1500;
/** So many of the best of them are tried with every other. */
const mostWithChance = 8;
/** And on so many numbers, spread evenly over those that are wrong and those that are right. */
const mostTried = 1000;
/**
 * Of a long sequence, a slip is first tried on so many of the first steps that are given, and of the last steps of the way back or, where
 * nothing of them is given, on the smallest parameter's gradient: where it does not fit there, it is not gone on with.
 */
const firstSteps = 2;
const lastSteps = 2;
const longSequence = 10;
/** The first steps are no less work than all where they are more than this share. */
const mostOfFirst = 0.4;
/** What a trial that ends there takes of a whole one: of the steps, of the parameter. */
const shareOfSample = { steps: 0.2, parameter: 0.6 };
/** What all slips, each by itself, take of as many whole trials where there is such a sample. */
const shareOfSlip = { steps: 0.6, parameter: 0.8 };
/** A batch of more sequences is not tried. */
const mostOfBatch = 16;
/** So many of the best explanations by fewer slips are gone on from. */
const mostExtended = 3;
/** What all the trials may take together, in multiplications: about two seconds; and where each slip by itself takes more, these. */
const mostWork = 2.4e9;
const mostWorkAlone = 6e9;
const mostTrials = 2500;
/** What it takes to judge one number, and to go on from one of the author's. */
const workOfNumber = 50;
const workOfOwnNumber = 4000;
/** Of the trials that are left, so many are for slips in one layer alone. */
const shareOfOneLayer = 0.4;
/** Of the wrong numbers, so many at least are explained, or nothing is said. */
const leastShare = 0.6;
/**
 * How much better the numbers fit than they would by chance, in bits: by so many more than the trials are, chance names a slip in
 * less than one file of a thousand.
 */
const bitsBeyondChance = 10;
/** A hint is held to less: chance gives one in eight. */
const bitsOfHint = 3;
/** One number says no more than so much. */
const mostBitsOfNumber = 24;
/** Numbers of one computation follow from each other: each says less than the one before. */
const shareOfNext = 0.75;
/** That it is these numbers that are wrong, and none of the right ones, says so much for each but the first. */
const bitsOfFootprint = 3;

/** Choices with this key change nothing that goes forward. */
const plainForward = forwardKey(asItShouldBe);
/** And with this key nothing of the losses and of what they bring back to the cells. */
const plainReadout = readoutKey(asItShouldBe);

/** Whether slips are tried on a sequence, or on the whole batch. */
function isTried(problem: Problem, sequence: number): boolean {
  return sequence !== wholeBatch || batchSizeOf(problem) <= mostOfBatch;
}

/** What comes out, by the comparisons' indices, at those that are looked at. */
type Numbers = Float64Array;

interface Trial {
  readonly slips: readonly NamedSlip[];
  readonly explained: readonly number[];
  readonly bits: number;
}

/** What is found of an author's numbers. */
export interface Findings {
  /** None where nothing fits; more than one where the numbers do not tell them apart. */
  readonly diagnoses: readonly Diagnosis[];
  /** What a wrong number allows to be thought of that no slip explains: less than a diagnosis. */
  readonly hints: readonly Hint[];
  /** The comparisons, by their indices, that are wrong and follow from other wrong numbers of the author's. */
  readonly follows: readonly number[];
}

/**
 * Numbers of a whole batch are left out where it has many sequences, for each trial computes them all.
 * @param comparisons the author's numbers beside the engine's, as `compareExpected` gives them
 */
export function findSlips(problem: Problem, comparisons: readonly Comparison[]): Findings {
  const wrong = comparisons.filter(
    ({ right, actual, expected }) => !right && actual !== null && isTried(problem, expected.sequence),
  ).length;
  if (wrong === 0) return { diagnoses: [], hints: [], follows: [] };
  const follows = marksOf(problem, comparisons).flatMap(({ mark }, k) => (mark === "follows" ? [k] : []));
  const search = new Search(problem, comparisons);
  const diagnoses = search.distinct(search.best()).flatMap(({ trial, apart }): Diagnosis[] => {
    const explained = search.onAll(trial);
    if (!explained || explained.length < leastShare * wrong) return [];
    return [{ slips: trial.slips, explained, wrong, first: firstOf(comparisons, explained), apart }];
  });
  const best = diagnoses[0]?.explained.length ?? 0;
  if (best === wrong) return { diagnoses, hints: [], follows };
  // Where no few slips explain all of it, each is looked for where it is: behind it, the author's own numbers are gone on from.
  const { found, hints: all } = search.behind();
  // A hint says by how much a number is off.
  const hints = comparisons.some(({ expected }) => expected.isSecret) ? [] : all;
  if (!found || found.explained.length <= best || found.explained.length < leastShare * wrong)
    return { diagnoses, hints: hints.filter(({ index }) => !diagnoses[0]?.explained.includes(index)), follows };
  return {
    diagnoses: [{ ...found, wrong, first: firstOf(comparisons, found.explained), apart: null }],
    hints,
    follows,
  };
}

/** The slips alone. */
export function diagnose(problem: Problem, comparisons: readonly Comparison[]): readonly Diagnosis[] {
  return findSlips(problem, comparisons).diagnoses;
}

/** In the order of computation: forward in time, then back. */
function firstOf(comparisons: readonly Comparison[], explained: readonly number[]): number {
  const rankOf = (k: number): readonly number[] => {
    const { place } = comparisons[k]!.expected;
    const stage = stageOf(comparisons[k]!);
    const isStep = place[0] === "steps";
    const t = isStep ? Number(place[1]) : 0;
    // A step comes before what is made of all steps; on the way back the last step comes first.
    return [stage, isStep ? 0 : 1, stage === 1 ? -t : t];
  };
  let [first, ranks] = [explained[0]!, rankOf(explained[0]!)];
  for (const k of explained) {
    const others = rankOf(k);
    const differs = ranks.findIndex((rank, n) => rank !== others[n]);
    if (differs < 0 ? k < first : others[differs]! < ranks[differs]!) [first, ranks] = [k, others];
  }
  return first;
}

/** A trial that can be made again on other sequences. */
interface Hypothesis extends Trial {
  readonly made: readonly Slip[];
  readonly choices: Choices;
  readonly precision: Precision | null;
}

/** The gradients that alone are wanted, by the comparisons that are looked at; null where an update is made from all of them. */
function askedOf({ model }: Problem, comparisons: readonly Comparison[], all: readonly Comparison[]): Asked {
  if (all.some(({ expected }) => expected.of === "updated")) return null;
  const tensors = parametersOf(model);
  const entries = new Map<string, Set<number>>();
  for (const { expected } of comparisons) {
    const [first, name, ...at] = expected.place;
    const tensor = tensors[String(name)];
    if (first === "gradients" && tensor)
      entries.set(String(name), (entries.get(String(name)) ?? new Set()).add(indexIn(tensor, at)));
  }
  const isOfInputs = ({ expected: { place } }: Comparison) =>
    place[0] === "steps" && place[2] === "gradients" && place[3] === "x";
  // The read-out's cost little.
  return new Map<string, Entries>([
    ...[...entries].map(
      ([name, some]) => [name, some.size < tensors[name]!.data.length ? Int32Array.from(some) : null] as const,
    ),
    ...(comparisons.some(isOfInputs) ? [[ofInputs, null] as const] : []),
  ]);
}

/** What goes forward, what comes back, what is made of it. */
function stageOf({ expected: { of, place } }: Comparison): number {
  if (of === "updated") return 2;
  return place.includes("gradients") ? 1 : 0;
}

/** What numbers say together. */
function togetherOf(bits: readonly number[]): number {
  return bits.toSorted((a, b) => b - a).reduceRight((sum, more) => sum * shareOfNext + more, 0);
}

/** Whether another way back than that of the right equations follows from it. */
function changesForward(change: Partial<Choices>): boolean {
  const {
    edits,
    gates,
    transposed,
    concatenated,
    outputTwice,
    delayedLayers,
    reversedInputs,
    tokensShifted,
    inputsFrom,
    reads,
  } = change;
  if (edits?.some(({ forward }) => forward)) return true;
  return (
    Boolean(gates ?? outputTwice ?? delayedLayers ?? reversedInputs ?? tokensShifted ?? inputsFrom ?? reads) ||
    concatenated?.where === "everywhere" ||
    transposed?.some(({ where }) => where === "everywhere") === true
  );
}

/** What is looked at of the way forward before it is gone wholly. */
interface Beginning {
  readonly sequence: number;
  readonly steps: number;
  /** The comparisons in it */
  readonly tried: readonly number[];
}

/**
 * How a sample comes out: a right number wrong; all as the author has them, or nothing looked at; not all; or otherwise than without a
 * slip, but not one as the author has it.
 */
type Outcome = "broken" | "explained" | "unexplained" | "elsewhere";

/** What is looked at of the way back before it is gone wholly. */
interface Sample {
  readonly kind: "steps" | "parameter";
  readonly sequence: number;
  /** Of the sequence */
  readonly length: number;
  readonly part: Part;
  /** The comparisons in it */
  readonly tried: readonly number[];
}

class Search {
  /** The comparisons that slips are tried on. */
  private readonly tried: readonly number[];
  private readonly wrongCount: number;
  private readonly wrongGoesForward: boolean;
  private readonly precisions: readonly Precision[];
  /** As they are, and the first of those. */
  private readonly usualPrecisions: readonly (Precision | null)[];
  private readonly isMaybeSingle: boolean;
  /** How far each number may be off by single precision, once it is asked for. */
  private slackOfSingle: Float64Array | null = null;
  /** Computes what slips are tried on, and what all comparisons need. */
  private readonly bench: Workbench;
  private readonly whole: Workbench;
  /** Of the first sequence, if it is long: what is looked at first on the way back, one after the other. */
  private readonly samples: readonly Sample[];
  /** The same on the way forward. */
  private readonly beginning: Beginning | null;
  private readonly most: number;
  /** How many may be made for the slips by themselves, where these are more. */
  private readonly mostAlone: number;
  /** How many slips may be gone on with from the author's own numbers. */
  private readonly mostFollowed: number;
  private readonly slips: readonly Slip[];
  private readonly stages: readonly number[];
  /** Of the trial that is being made. */
  private readonly room: Numbers;
  /** Without a slip. */
  private plain: Numbers | null = null;
  private readonly allowances = new Map<Precision | null, Float64Array>();
  /** The largest of them among the usual precisions; 0 where it is not known yet. */
  private readonly widest: Float64Array;
  private trialsLeft = 0;
  /**
   * What it takes to tell one slip from the others: half of the chance is that of those that are usual, however many rare ones are known.
   */
  private bitsOfUsual = 0;
  private bitsOfRare = 0;
  private readonly triedBefore = new Set<string>();
  private readonly outcomes = new Map<string, Outcome>();
  /** What has been found, by how many slips it takes. */
  private readonly found: Hypothesis[][] = Array.from({ length: mostSlips + 2 }, () => []);

  constructor(
    private readonly problem: Problem,
    private readonly comparisons: readonly Comparison[],
  ) {
    this.slips = slipsOf(problem);
    this.stages = comparisons.map(stageOf);
    this.room = new Float64Array(comparisons.length);
    this.widest = new Float64Array(comparisons.length);
    this.whole = new Workbench(problem, askedOf(problem, comparisons, comparisons));
    const wrongIn = new Set(comparisons.filter(({ right }) => !right).map(({ expected }) => expected.sequence));
    const isOfBatch = wrongIn.delete(wholeBatch) && isTried(problem, wholeBatch);
    const chosen = [...[...wrongIn].slice(0, mostSequences), ...(isOfBatch ? [wholeBatch] : [])];
    // Sequence after sequence, and what goes forward first: it is known before the way back has been gone.
    const all = chosen.flatMap((sequence) => {
      const ofSequence = [...comparisons.keys()].filter((k) => comparisons[k]!.expected.sequence === sequence);
      return ofSequence.toSorted((a, b) => this.stages[a]! - this.stages[b]!);
    });
    const isTriedOn = new Set(
      [true, false].flatMap((isWrong) => spread(all.filter((k) => this.isWrong(k) === isWrong))),
    );
    this.tried = all.filter((k) => isTriedOn.has(k));
    const tried = this.tried.map((k) => comparisons[k]!);
    this.bench = new Workbench(problem, askedOf(problem, tried, comparisons));
    const wrong = this.tried.filter((k) => this.isWrong(k));
    // What is hidden has no digits.
    const values = wrong.map((k) => comparisons[k]!.expected.value).filter((value) => !Number.isNaN(value));
    this.wrongCount = wrong.length;
    this.wrongGoesForward = this.tried.some((k) => this.isWrong(k) && this.stages[k] === 0);
    this.precisions = precisionsOf(values);
    this.usualPrecisions = [null, ...this.precisions.slice(0, 2)];
    this.isMaybeSingle = maybeSingle(values);
    this.samples = this.samplesOf(chosen[0] ?? wholeBatch);
    this.beginning = this.beginningOf(chosen[0] ?? wholeBatch);
    const lengths = chosen.flatMap((sequence) =>
      (sequence === wholeBatch ? batchOf(problem) : [problem.sequences[sequence]!]).map(({ length }) => length),
    );
    const steps = lengths.reduce((sum, length) => sum + length, 0);
    const work = steps * workOfStep(problem.model);
    const ofTrial = work + workOfNumber * this.tried.length;
    this.most = Math.min(mostTrials, mostWork / ofTrial);
    this.mostAlone = mostWorkAlone / ofTrial;
    this.mostFollowed = Math.min(mostTrials, mostWork / (work + workOfOwnNumber * all.length));
  }

  private beginningOf(sequence: number): Beginning | null {
    const { model, sequences } = this.problem;
    const length = sequences[sequence]?.length ?? 0;
    if (sequence === wholeBatch || length < longSequence) return null;
    const placeOf = (k: number) => this.comparisons[k]!.expected.place;
    const quantities = ["layers", ...(model.output.at === "every" ? ["logits", "output"] : [])];
    const ofSteps = this.tried.filter((k) => {
      const { expected, actual } = this.comparisons[k]!;
      const [first, , what] = expected.place;
      return (
        expected.sequence === sequence && actual !== null && first === "steps" && quantities.includes(String(what))
      );
    });
    const begin = ofSteps.reduce((least, k) => Math.min(least, Number(placeOf(k)[1])), length);
    const steps = begin + firstSteps;
    if (steps > mostOfFirst * length) return null;
    return { sequence, steps, tried: ofSteps.filter((k) => Number(placeOf(k)[1]) < steps) };
  }

  private samplesOf(sequence: number): readonly Sample[] {
    const length = this.problem.sequences[sequence]?.length ?? 0;
    if (sequence === wholeBatch || length < longSequence) return [];
    const placeOf = (k: number) => this.comparisons[k]!.expected.place;
    const back = this.tried.filter((k) => this.comparisons[k]!.expected.sequence === sequence && this.stages[k] === 1);
    const ofSteps = back.filter((k) => placeOf(k)[0] === "steps" && Number(placeOf(k)[1]) >= length - lastSteps);
    if (ofSteps.length > 0)
      return [{ kind: "steps", sequence, length, tried: ofSteps, part: lastOf(length, lastSteps) }];
    const bySize = Object.entries(parametersOf(this.problem.model))
      .toSorted(([, a], [, b]) => a.data.length - b.data.length)
      .map(([name]) => [name, back.filter((k) => placeOf(k)[0] === "gradients" && placeOf(k)[1] === name)] as const);
    const smallest = bySize.find(([, tried]) => tried.some((k) => this.isWrong(k)));
    if (!smallest) return [];
    // The read-out's gradients need no way back over the steps.
    const isOfReadout = (name: string) => name.startsWith("output.");
    const ofReadout = bySize.find(([name, tried]) => isOfReadout(name) && tried.length > 0);
    return [...new Set([...(ofReadout ? [ofReadout] : []), smallest])].map(([name, tried]) => ({
      kind: "parameter",
      sequence,
      length,
      tried,
      part: { to: isOfReadout(name) ? length : 0, asked: new Map([[name, null]]) },
    }));
  }

  best(): Hypothesis[] {
    // Where not even each slip alone can be tried, what is named would depend on the order.
    const { usual: first, last } = this.ofWritten();
    const slips = [...first, ...this.slips, ...last];
    const [sample] = this.samples;
    const least = slips.length * (sample ? shareOfSlip[sample.kind] : 1) + 20;
    if (least > Math.max(this.most, this.mostAlone)) return [];
    this.trialsLeft = Math.max(this.most, least);
    const rare = slips.filter((slip) => slip.rare).length;
    this.bitsOfUsual = Math.log2(2 * (slips.length - rare));
    this.bitsOfRare = Math.log2(2 * rare);
    this.tryPrecisions();
    // What goes forward and a sample of the way back are looked at first: where a slip leaves them wrong, it is gone on with only where no
    // other explains all.
    const tried = new Map(slips.map((slip) => [slip, this.try([slip], true)]));
    const isFound = this.found[1]!.some(({ explained }) => explained.length === this.wrongCount);
    if (!isFound) {
      this.tryForwardAlone(slips);
      this.tryInOneLayer(slips);
    }
    const useful = isFound ? [] : slips.filter((slip) => (tried.get(slip) ?? this.try([slip])) === true);
    // Who takes the gates in another order does nothing else wrong that could still be told.
    const combined = useful.filter(({ group }) => group !== "gates");
    const usual = combined.filter(({ rare }) => !rare);
    const back = usual.filter(({ back }) => back);
    for (let count = 1; count <= mostSlips; count++) {
      if (count > 1) {
        for (const slips of this.extended(
          count - 1,
          combined.map((slip) => [slip]),
        ))
          this.try(slips);
        if (count === 2) for (const combination of combinations(usual, 2)) this.try(combination);
        else for (const slips of this.extended(count - 2, [...combinations(back, 2)])) this.try(slips);
      }
      const whole = this.wholeOf(count);
      if (whole.length > 0) return whole;
    }
    this.tryWithChance(slips.filter(({ group }) => group !== "gates"));
    const byChance = this.wholeOf(2);
    if (byChance.length > 0) return byChance;
    const most = this.found.flat().reduce((most, { explained }) => Math.max(most, explained.length), 0);
    if (most < 2 || most < leastShare * this.wrongCount) return [];
    const fewest = this.found.find((trials) => trials.some(({ explained }) => explained.length === most))!;
    return fewest.filter(({ explained }) => explained.length === most).slice(0, mostDiagnoses);
  }

  /** What explains everything with so many slips; of several together those that are usual come first. */
  private wholeOf(count: number): Hypothesis[] {
    const whole = this.found[count]!.filter(({ explained }) => explained.length === this.wrongCount);
    // What is right to its last digit is not by chance what single precision would allow, too.
    const exact = whole.filter(({ precision }) => precision !== singlePrecision);
    const rareOf = ({ made }: Hypothesis) => (made.length > 1 ? made.filter(({ rare }) => rare).length : 0);
    const isOdd = ({ made, precision }: Hypothesis) => Number(made.length === 0 && !this.isWrittenIn(precision));
    return (exact.length > 0 ? exact : whole)
      .toSorted((a, b) => isOdd(a) - isOdd(b) || rareOf(a) - rareOf(b))
      .slice(0, mostDiagnoses);
  }

  /** Whether the right numbers, too, are mostly written in so few digits: who rounds does not round the wrong ones alone. */
  private isWrittenIn(precision: Precision | null): boolean {
    if (!precision || precision === singlePrecision) return true;
    const right = this.tried.filter((k) => this.comparisons[k]!.right && !this.comparisons[k]!.expected.hidden);
    const fitting = right.filter((k) => unitOf(this.comparisons[k]!.expected.value, precision) !== null);
    return 2 * fitting.length >= right.length;
  }

  /** Of two slips that leave some small gradients right by chance each alone makes these wrong, and is tried with others all the same. */
  private tryWithChance(slips: readonly Slip[]): void {
    const mostBroken = Math.floor(this.wrongCount * shareByChance);
    if (mostBroken === 0 || this.most < slips.length + mostWithChance) return;
    this.trialsLeft = Math.min(this.most, Math.max(this.trialsLeft, trialsWithChance));
    const nearly = slips.flatMap((slip) => {
      if (this.trialsLeft-- <= 0) return [];
      const explained = this.nearlyExplained(combine([slip.change]), mostBroken);
      return explained === null ? [] : [{ slip, explained }];
    });
    const best = nearly.toSorted((a, b) => b.explained - a.explained).slice(0, mostWithChance);
    const pairs = [
      ...best.flatMap(({ slip }) => nearly.map((other) => [slip, other.slip])),
      ...combinations(
        nearly.flatMap(({ slip }) => (slip.rare ? [] : [slip])),
        2,
      ),
    ];
    for (const pair of pairs) if (pair[0]!.group !== pair[1]!.group) this.try(pair);
  }

  /** How many wrong numbers a slip explains; null where it changes nothing, or makes too many right ones wrong. */
  private nearlyExplained(choices: Choices, mostBroken: number): number | null {
    const computed = this.computing(choices);
    let explained = 0;
    let broken = 0;
    let isMoved = false;
    for (const k of this.tried) {
      const { actual, right } = this.comparisons[k]!;
      if (actual === null) continue;
      const number = computed(k);
      isMoved ||= isOther(number, actual);
      if (!this.isBroken(k, number)) explained += Number(!right);
      else if (right && (this.stages[k] === 0 || ++broken > mostBroken)) return null;
    }
    return isMoved ? explained : null;
  }

  /** Slips that explain what goes forward, by somebody who goes back by the right equations all the same. */
  private tryForwardAlone(slips: readonly Slip[]): void {
    if (!this.wrongGoesForward) return;
    for (const slip of slips) {
      if (!changesForward(slip.change) || !this.explainsForward(slip)) continue;
      this.try([
        {
          ...slip,
          text: `${slip.text}; the way back is that of the right equations`,
          change: { ...slip.change, backAsItShouldBe: true },
        },
      ]);
    }
  }

  /** Layers that are written out one by one: a slip is then in one of them. */
  private tryInOneLayer(slips: readonly Slip[]): void {
    const { layers } = this.problem.model;
    if (layers.length < 2 || this.found[1]!.some(({ explained }) => explained.length === this.wrongCount)) return;
    // Several at once are looked for, too.
    const least = this.trialsLeft * (1 - shareOfOneLayer);
    for (const slip of slips) {
      if (this.trialsLeft < least) return;
      const { edits, flow, leftOutStep, previous, inputOf } = slip.change;
      if (!(edits ?? flow ?? leftOutStep ?? previous ?? inputOf)) continue;
      for (const onlyLayer of layers.keys())
        if (!edits || edits.some(({ kind }) => kind === kindOf(layers[onlyLayer]!)))
          this.try([
            {
              ...slip,
              text: `${slip.text}, in layers[${onlyLayer}] alone`,
              change: { ...slip.change, onlyLayer },
            },
          ]);
    }
  }

  private bitsOfSlip({ rare }: Slip): number {
    return rare ? this.bitsOfRare : this.bitsOfUsual;
  }

  /** Whether all that goes forward is the author's where a slip is made. */
  private explainsForward({ change }: Slip): boolean {
    const choices = combine([change]);
    if (this.beginningWith(choices) !== "explained") return false;
    const computed = this.computing(choices);
    return this.tried.every((k) => {
      const comparison = this.comparisons[k]!;
      return stageOf(comparison) > 0 || comparison.actual === null || !this.isBroken(k, computed(k));
    });
  }

  /** Those that are not one of the others in other words, each with the number that would tell it from the first. */
  distinct(trials: readonly Hypothesis[]): { readonly trial: Hypothesis; readonly apart: string | null }[] {
    const sequence = this.tried.map((k) => this.comparisons[k]!.expected.sequence).find((k) => k !== wholeBatch);
    const [first, ...others] = trials;
    if (!first) return [];
    if (sequence === undefined || others.length === 0) return trials.map((trial) => ({ trial, apart: null }));
    const whole = new Workbench(this.problem);
    const kept: { trial: Hypothesis; apart: string | null; numbers: ReturnType<typeof everyNumber> }[] = [
      { trial: first, apart: null, numbers: everyNumber(whole, sequence, first.choices) },
    ];
    for (const trial of others) {
      const numbers = everyNumber(whole, sequence, trial.choices);
      const differences = kept.map((other) => firstDifference(this.problem, sequence, other.numbers, numbers));
      // What gives the same numbers throughout is the same, but for the digits in which it is written down.
      const isSame = differences.some((one, n) => one === null && kept[n]!.trial.precision === trial.precision);
      if (!isSame) kept.push({ trial, apart: differences[0]!, numbers });
    }
    return kept.map(({ trial, apart }) => ({ trial, apart }));
  }

  /**
   * Slips that are each seen at a place of their own: the numbers there do not follow from the author's own numbers before them,
   * and do where the slip is made. Every slip is tried by itself, however many there are.
   */
  behind(): { readonly found: Pick<Diagnosis, "slips" | "explained"> | null; readonly hints: readonly Hint[] } {
    if (this.mostFollowed < this.slips.length) return { found: null, hints: [] };
    const sequences = new Set(this.tried.map((k) => this.comparisons[k]!.expected.sequence));
    sequences.delete(wholeBatch);
    const own = [...sequences].map(
      (sequence) => [sequence, ownNumbersOf(this.problem, this.comparisons, sequence)] as const,
    );
    const follow = (choices: Choices) =>
      new Map(own.flatMap(([sequence, numbers]) => [...followingOf(this.whole, numbers, sequence, choices)]));
    const plain = follow(asItShouldBe);
    const places = this.tried.filter((k) => plain.has(k));
    const isAlone = (k: number) => markOf(this.comparisons[k]!, plain.get(k)!) === "wrong";
    const alone = places.filter(isAlone);
    const wrong = places.filter((k) => this.isWrong(k));
    if (alone.length === 0) return { found: null, hints: [] };
    const quantities = new Map(alone.map((k) => [k, quantityOf(this.comparisons[k]!)]));
    const hints = new Map<number, Slip[]>();
    const found: { slip: Slip; explained: readonly number[]; bits: number }[] = [];
    for (const slip of this.slips) {
      const following = follow(combine([slip.change]));
      const fits = (k: number) => followsFrom(this.comparisons[k]!, following.get(k) ?? Number.NaN);
      const explained = alone.filter(fits);
      const bits = new Map(explained.map((k) => [k, this.bitsOf(k, plain.get(k)!)]));
      // A bias that is off by is itself in the number; of the others one number fits some by chance.
      const isBias = slip.change.forgottenBiases ?? slip.change.doubledBiases;
      for (const [k, its] of bits)
        if (isBias || its >= this.bitsOfSlip(slip) + bitsOfHint) hints.set(k, [...(hints.get(k) ?? []), slip]);
      if (explained.length === 0 || places.some((k) => !isAlone(k) && !fits(k))) continue;
      const moved = alone.filter((k) => isOther(following.get(k) ?? Number.NaN, plain.get(k)!));
      const most = mostOfQuantity(explained, moved, quantities);
      const together = togetherOf(most.map((k) => bits.get(k)!));
      if (together >= bitsBeyondChance + this.bitsOfSlip(slip)) found.push({ slip, explained: most, bits: together });
    }
    const left = new Set(alone);
    const slips: NamedSlip[] = [];
    while (left.size > 0 && slips.length < mostBehind) {
      const countOf = ({ explained }: (typeof found)[number]) => explained.filter((k) => left.has(k)).length;
      const best = found.reduce<(typeof found)[number] | null>(
        (best, one) => (countOf(one) > (best ? countOf(best) : 0) ? one : best),
        null,
      );
      if (!best) break;
      for (const k of best.explained) left.delete(k);
      slips.push({ id: best.slip.id, text: best.slip.text });
    }
    const told =
      alone.length > mostHinted
        ? []
        : [...left].flatMap((k) => {
            const text = hintOf(this.problem, this.comparisons[k]!, plain.get(k)!, hints.get(k) ?? []);
            return text === null ? [] : [{ index: k, text }];
          });
    return {
      found: slips.length > 0 ? { slips, explained: wrong.filter((k) => !left.has(k)) } : null,
      hints: told,
    };
  }

  /** What the author's gradients themselves say: which of them is another's, or so many times the right one. */
  private ofWritten(): { readonly usual: readonly Slip[]; readonly last: readonly Slip[] } {
    const sequence = this.tried.length > 0 ? this.comparisons[this.tried[0]!]!.expected.sequence : -1;
    if (this.tried.length === 0 || !this.problem.model.loss) return { usual: [], last: [] };
    const written: Record<string, number[]> = {};
    const tensors = parametersOf(this.problem.model);
    let unit = noise;
    for (const k of this.tried) {
      const { expected } = this.comparisons[k]!;
      const [first, name, ...at] = expected.place;
      const tensor = tensors[String(name)];
      if (
        expected.hidden ||
        expected.sequence !== sequence ||
        expected.of !== "trace" ||
        first !== "gradients" ||
        !tensor
      )
        continue;
      const numbers = (written[String(name)] ??= Array.from({ length: tensor.data.length }, () => Number.NaN));
      numbers[indexIn(tensor, at)] = expected.value;
      unit = Math.max(unit, expected.tolerance);
    }
    const right = sequence === wholeBatch ? batchGradientsOf(this.problem) : gradientsOf(this.problem, sequence);
    const agree = (a: number, b: number) => Math.abs(a - b) <= unit * Math.max(1, Math.abs(b));
    const { usual, last } = slipsOfWritten(this.problem, right, written, agree);
    const step = scaledStep(this.problem, this.updatedNumbers(sequence));
    return { usual, last: step ? [...last, step] : last };
  }

  /** The author's updated numbers of a sequence that can be read, each beside the right one and what it was. */
  private updatedNumbers(sequence: number): UpdatedNumber[] {
    const tensors = parametersOf(this.problem.model);
    return this.tried.flatMap((k) => {
      const { expected, actual } = this.comparisons[k]!;
      const [name, ...at] = expected.place;
      const tensor = tensors[String(name)];
      if (expected.hidden || expected.sequence !== sequence || expected.of !== "updated" || !tensor || actual === null)
        return [];
      return [
        {
          written: expected.value,
          right: actual,
          before: tensor.data[indexIn(tensor, at)]!,
          unit: this.allowed(k, null),
        },
      ];
    });
  }

  /** What explains most with so many slips, and others: a slip that has numbers of its own is so found behind others. */
  private extended(count: number, others: readonly (readonly Slip[])[]): (readonly Slip[])[] {
    return this.found[count]!.filter(({ precision }) => precision === null)
      .toSorted((a, b) => b.explained.length - a.explained.length)
      .slice(0, mostExtended)
      .flatMap(({ made }) =>
        others
          .filter((slips) => slips.every(({ group }) => made.every((one) => one.group !== group)))
          .map((slips) => [...made, ...slips]),
      );
  }

  /** What a trial explains of all the comparisons; null where it makes a right one wrong. */
  onAll({ choices, precision }: Hypothesis): readonly number[] | null {
    const all = this.triable();
    const computed = this.computing(choices, this.whole);
    const numbers = this.room;
    for (const k of all) numbers[k] = computed(k);
    return this.explainedBy(numbers, all, choices, precision);
  }

  private triable(): readonly number[] {
    return this.comparisons.flatMap(({ expected }, k) => (isTried(this.problem, expected.sequence) ? [k] : []));
  }

  /** How much better a number fits than by chance, where it does. @param plain what comes out there without a slip */
  private bitsOf(k: number, plain: number): number {
    const off = Math.abs(plain - this.comparisons[k]!.expected.value);
    return Math.min(mostBitsOfNumber, Math.max(0, Math.log2(off / (slackOfRounding * this.allowed(k, null)))));
  }

  private isWrong(k: number): boolean {
    return !this.comparisons[k]!.right && this.comparisons[k]!.actual !== null;
  }

  /** The right numbers, written down or gone on with in few digits. */
  private tryPrecisions(): void {
    const engines = Float64Array.from(this.comparisons, ({ actual }) => actual ?? Number.NaN);
    for (const precision of this.precisions) this.note([], asItShouldBe, precision, engines);
    if (this.found[1]!.some(({ explained }) => explained.length === this.wrongCount)) return;
    if (this.isMaybeSingle) this.note([], asItShouldBe, singlePrecision, engines);
    for (const precision of this.precisions)
      for (const how of ["rounded", "cutOff"] as const) {
        const verb = how === "rounded" ? "rounded" : "cut off";
        const slip: Slip = {
          id: `${how === "rounded" ? "rounded" : "cut-off"}-on-the-way`,
          text: `every intermediate result is ${verb} ${precisionText(precision)} and gone on with`,
          group: "digits",
          back: false,
          rare: false,
          change: { keep: (value) => inPrecision(value, precision, how) },
        };
        this.try([slip]);
      }
  }

  /**
   * @param isFirst whether to put off a trial that leaves what goes forward wrong, before it goes back
   * @returns whether the slips change something, and make no right number wrong; null where they are put off
   */
  private try(slips: readonly Slip[], isFirst = false): boolean | null {
    const key = slips
      .map(({ id, text }) => `${id} ${text}`)
      .toSorted()
      .join();
    if (this.triedBefore.has(key) || this.trialsLeft-- <= 0) return false;
    this.triedBefore.add(key);
    const choices = combine(slips.map(({ change }) => change));
    const numbers = this.numbersOf(key, choices, isFirst, slips.length === 1 && !isFirst);
    const [sample] = this.samples;
    if (typeof numbers === "string" && sample) this.trialsLeft += 1 - shareOfSample[sample.kind];
    if (numbers === "broken") return false;
    if (typeof numbers === "string") {
      if (!isFirst) return slips.length === 1;
      this.triedBefore.delete(key);
      return null;
    }
    const changed = this.tried.some((k) => {
      const { actual } = this.comparisons[k]!;
      return actual !== null && isOther(numbers[k]!, actual);
    });
    if (!changed) return false;
    const isUseful = this.note(slips, choices, null, numbers);
    if (!choices.keep)
      for (const precision of [...this.precisions.slice(0, 2), ...(this.isMaybeSingle ? [singlePrecision] : [])])
        this.note(slips, choices, precision, numbers);
    return isUseful;
  }

  /** Judges a trial and keeps it where it explains something. @returns whether no right number is wrong by it */
  private note(slips: readonly Slip[], choices: Choices, precision: Precision | null, numbers: Numbers): boolean {
    const explained = this.explainedBy(numbers, this.tried, choices, precision);
    if (!explained) return false;
    if (explained.length === 0) return true;
    const named = slips.map(({ id, text }): NamedSlip => ({ id, text }));
    if (precision) named.push(this.fewDigits(precision, explained, numbers));
    // That they are in few digits is as usual as a slip.
    const bitsOfNamed = slips.reduce((sum, slip) => sum + this.bitsOfSlip(slip), precision ? this.bitsOfUsual : 0);
    const bits = this.bitsOfAll(explained, precision);
    if (bits >= bitsBeyondChance + bitsOfNamed)
      this.found[named.length]!.push({ made: slips, slips: named, choices, precision, explained, bits });
    return true;
  }

  /**
   * What comes out at the places of the comparisons that are tried. Gives up at the first right number that comes out wrong, and
   * where the sample of the way back is not the author's.
   * @param key of the slips
   * @param isFirst gives up before the way back, too, where a number that goes forward is not the author's
   * @param isAlone goes on where the sample is as it was, or some of it is the author's
   */
  private numbersOf(
    key: string,
    choices: Choices,
    isFirst: boolean,
    isAlone: boolean,
  ): Numbers | "broken" | "unexplained" {
    const numbers = this.room;
    let isUnexplained = false;
    let isSampled = this.samples.length === 0;
    const computed = this.computing(choices);
    const isPlainForward = readoutKey(choices) === plainReadout;
    const isOver = (found: Outcome) => found === "elsewhere" || (found === "unexplained" && !isAlone);
    const beginning = this.remembered(`beginning ${key}`, () => this.beginningWith(choices));
    if (beginning === "broken") return beginning;
    if (isOver(beginning)) return "unexplained";
    for (const k of this.tried) {
      const { actual, right, expected } = this.comparisons[k]!;
      if (this.stages[k]! > 0) {
        if (isUnexplained) return "unexplained";
        if (!isSampled && expected.sequence === this.samples[0]!.sequence) {
          isSampled = true;
          const found = this.remembered(`sample ${key}`, () => this.sampleWith(choices));
          if (found === "broken") return found;
          if (isOver(found)) return "unexplained";
        }
      }
      const isKnown = isPlainForward && this.stages[k] === 0;
      const number = isKnown ? this.plainNumbers()[k]! : computed(k);
      numbers[k] = number;
      // A right number is right without a slip.
      if (isKnown && right) continue;
      if (actual === null || choices.keep || !this.isBroken(k, number)) continue;
      if (right) return "broken";
      isUnexplained ||= isFirst && this.stages[k] === 0;
    }
    return isUnexplained ? "unexplained" : numbers;
  }

  /** What goes forward without a slip. */
  private plainNumbers(): Numbers {
    if (this.plain) return this.plain;
    const computed = this.computing(asItShouldBe);
    this.plain = new Float64Array(this.comparisons.length);
    for (const k of this.tried) if (this.stages[k] === 0) this.plain[k] = computed(k);
    return this.plain;
  }

  /** A trial that is put off is made again, and several have a sample in common. */
  private remembered(key: string, look: () => Outcome): Outcome {
    const found = this.outcomes.get(key) ?? look();
    this.outcomes.set(key, found);
    return found;
  }

  private sampleWith(choices: Choices): Outcome {
    for (const { sequence, length, part, tried } of this.samples) {
      if (!isApart(this.problem.model, choices, part, length)) continue;
      const look = () => this.outcome(tried, this.bench.compute(sequence, choices, part).trace, choices);
      // What is done otherwise in the cells' way back alone leaves the read-out as it is.
      const found =
        part.to === length ? this.remembered(`${readoutKey(choices)} ${writingKey(choices)}`, look) : look();
      if (found !== "explained") return found;
    }
    return "explained";
  }

  private beginningWith(choices: Choices): Outcome {
    const { beginning } = this;
    const isLookedAt = beginning && isApartForward(this.problem.model, choices) && forwardKey(choices) !== plainForward;
    if (!isLookedAt) return "explained";
    const { sequence, steps, tried } = beginning;
    return this.outcome(tried, this.bench.computeFirst(sequence, choices, steps).trace, choices);
  }

  private outcome(tried: readonly number[], trace: unknown, { keep }: Choices): Outcome {
    let unexplained = 0;
    let explained = 0;
    let isMoved = false;
    for (const k of tried) {
      const { actual, right, expected } = this.comparisons[k]!;
      if (actual === null) continue;
      const number = numberAt(trace, expected.place) ?? Number.NaN;
      isMoved ||= isOther(number, actual);
      const isSingle = this.isMaybeSingle && this.fits(k, number, singlePrecision);
      if (isSingle || !this.isBroken(k, number)) explained += Number(!right);
      else if (!right) unexplained++;
      else if (!keep) return "broken";
    }
    if (unexplained === 0) return "explained";
    return isMoved && explained === 0 ? "elsewhere" : "unexplained";
  }

  /** What comes out at a comparison's place; what is asked for one after the other is computed once. */
  private computing(choices: Choices, bench = this.bench): (k: number) => number {
    let sequence: number | null = null;
    let computed: Computed = { trace: null, updated: () => null };
    let updated: unknown = null;
    return (k) => {
      const { expected } = this.comparisons[k]!;
      if (expected.sequence !== sequence) {
        sequence = expected.sequence;
        computed = sequence === wholeBatch ? bench.computeBatch(choices) : bench.compute(sequence, choices);
        updated = null;
      }
      if (expected.of === "updated") updated ??= computed.updated();
      const found = numberAt(expected.of === "updated" ? updated : computed.trace, expected.place) ?? Number.NaN;
      return choices.keep ? choices.keep(found) : found;
    };
  }

  /** Whether a number is the author's in none of the precisions that are usual. */
  private isBroken(k: number, number: number): boolean {
    this.widest[k] ||= this.usualPrecisions.reduce((most, one) => Math.max(most, this.allowed(k, one)), 0);
    return !isRight(this.comparisons[k]!.expected, number, this.widest[k]);
  }

  /** Whether a number is the author's, in a precision. */
  private fits(k: number, number: number, precision: Precision | null): boolean {
    return isRight(this.comparisons[k]!.expected, number, this.allowed(k, precision));
  }

  /** Kept, for to read a number's digits takes longer than all else that is asked of it. */
  private allowed(k: number, precision: Precision | null): number {
    let all = this.allowances.get(precision);
    if (!all) {
      all = new Float64Array(this.comparisons.length).fill(Number.NaN);
      this.allowances.set(precision, all);
    }
    if (Number.isNaN(all[k])) all[k] = this.allowedAnew(k, precision);
    return all[k]!;
  }

  private allowedAnew(k: number, precision: Precision | null): number {
    const { expected } = this.comparisons[k]!;
    const unit =
      (precision === singlePrecision ? this.allowedInSingle()[k] : precision && unitOf(expected.value, precision)) ?? 0;
    if (expected.hidden) return expected.tolerance;
    return Math.max(expected.tolerance, unit, noise * Math.max(1, Math.abs(expected.value)));
  }

  private allowedInSingle(): Float64Array {
    if (this.slackOfSingle) return this.slackOfSingle;
    const single = this.computing({ ...asItShouldBe, keep: Math.fround }, this.whole);
    const all = this.triable();
    const known = new Map<string, { size: number }>();
    const arrays = ofArrays(({ sequence, of, place }) => {
      const name = [sequence, of, ...arrayOf(place)].join(" ");
      const array = known.get(name) ?? { size: 0 };
      known.set(name, array);
      return array;
    });
    const arraysOfAll = all.map((k) => arrays(this.comparisons[k]!.expected));
    for (const [n, k] of all.entries()) {
      const { expected, actual } = this.comparisons[k]!;
      const size = Math.abs(expected.hidden ? (actual ?? 0) : expected.value);
      arraysOfAll[n]!.size = Math.max(arraysOfAll[n]!.size, size);
    }
    const slack = new Float64Array(this.comparisons.length);
    for (const [n, k] of all.entries()) {
      const off = Math.abs(single(k) - (this.comparisons[k]!.actual ?? Number.NaN));
      slack[k] = slackOfSingle(off, arraysOfAll[n]!.size);
    }
    this.slackOfSingle = slack;
    return slack;
  }

  /** Which wrong numbers these explain; null where a right one would be wrong. */
  private explainedBy(
    numbers: Numbers,
    indices: readonly number[],
    { keep }: Choices,
    precision: Precision | null,
  ): number[] | null {
    const explained: number[] = [];
    for (const k of indices) {
      const { actual, right } = this.comparisons[k]!;
      if (actual === null) continue;
      const fits = this.fits(k, numbers[k]!, precision);
      if (!right && fits) explained.push(k);
      // Who rounds on the way may well come out right; that he does not by this way of rounding breaks nothing.
      if (right && !fits && !keep) return null;
    }
    return explained;
  }

  /** How surely all that is tried is explained by what explains these numbers. */
  private bitsOfAll(explained: readonly number[], precision: Precision | null): number {
    const bits = explained.map((k) => {
      const { expected, actual } = this.comparisons[k]!;
      const allowed = this.allowed(k, precision);
      // How far off a hidden one is nobody knows: about as much as it is large.
      const off = expected.hidden ? Math.abs(actual!) : Math.abs(actual! - expected.value);
      const chance = Math.log2((off > allowed ? off : Math.abs(expected.value)) / allowed);
      return Math.min(mostBitsOfNumber, Math.max(0, chance));
    });
    const footprint = explained.length > 1 && explained.length === this.wrongCount ? bitsOfFootprint : 0;
    return togetherOf(bits) + footprint * Math.min(4, explained.length - 1);
  }

  private fewDigits(precision: Precision, explained: readonly number[], numbers: Numbers): NamedSlip {
    if (precision === singlePrecision)
      return { id: "float32", text: "everything is computed in single precision (float32), in some 7 digits" };
    const all = (how: "rounded" | "cutOff") =>
      explained.every((k) => inPrecision(numbers[k]!, precision, how) === this.comparisons[k]!.expected.value);
    const verb = all("rounded") ? "rounded" : all("cutOff") ? "cut off" : "rounded or cut off";
    return {
      id: `few-digits:${precision.kind}:${precision.digits}`,
      text: `the numbers are ${verb} ${precisionText(precision)}`,
    };
  }
}

/** What a number is of, at whatever step and unit. */
function quantityOf({ expected: { sequence, of, place } }: Comparison): string {
  return [sequence, of, ...arrayOf(place).filter((_, n) => n !== 1 || place[0] !== "steps")].join(" ");
}

/** Who makes a slip makes it in all of a quantity: where it moves more of one than it explains, single numbers fit by chance. */
function mostOfQuantity(
  explained: readonly number[],
  moved: readonly number[],
  quantities: ReadonlyMap<number, string>,
): readonly number[] {
  const counted = (indices: readonly number[]) => {
    const counts = new Map<string, number>();
    for (const k of indices) counts.set(quantities.get(k)!, (counts.get(quantities.get(k)!) ?? 0) + 1);
    return (k: number) => counts.get(quantities.get(k)!) ?? 0;
  };
  const [ofExplained, ofMoved] = [counted(explained), counted(moved)];
  return explained.filter((k) => 2 * ofExplained(k) >= ofMoved(k));
}

/** Where a number stands in a parameter's data. */
function indexIn({ cols }: Tensor, at: readonly (string | number)[]): number {
  return at.reduce<number>((index, key) => index * (at.length > 1 ? cols : 1) + Number(key), 0);
}

/** So many of them, evenly. */
function spread(indices: readonly number[]): readonly number[] {
  const count = Math.min(mostTried / 2, indices.length);
  return Array.from({ length: count }, (_, n) => indices[Math.floor((n * indices.length) / count)]!);
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
