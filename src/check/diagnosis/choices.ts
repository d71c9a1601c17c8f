import type {
  BatchReduction,
  Clip,
  Loss,
  OptimizerSettings,
  OutputActivation,
  TrainingSettings,
} from "../../engine/model";
import type { Concatenated } from "./concatenated";
import type { Edit } from "./edited";
import type { Embedded } from "./embedded";
import type { Handed } from "./handed";
import type { Start } from "./starts";

/** Everything that people do otherwise than the engine where they work a network out, as choices of one computation. */
export interface Choices {
  // ---------------------------------------------------------------------------------------------- forward
  /** Biases, by full name, that are left out going forward. */
  readonly forgottenBiases: readonly string[];
  /** Biases, by full name, that are added twice. */
  readonly doubledBiases: readonly string[];
  /**
   * A square matrix, by full name, taken for its transpose: throughout; only on the way back; or only where its gradient is written down.
   * One that is not square is read column after column.
   */
  readonly transposed: readonly { readonly name: string; readonly where: "everywhere" | "back" | "gradient" }[];
  /** x and h are put together in another order than their matrices; null where they are not. */
  readonly concatenated: Concatenated | null;
  /** For each gate the one whose parameters it takes: `{ i: "f", f: "i" }`. Gates that are not named take their own. */
  readonly gates: Readonly<Record<string, string>>;
  /** What is done otherwise in the cells is done in this layer alone; null for all. */
  readonly onlyLayer: number | null;
  /** What is written otherwise in the cells' operations. */
  readonly edits: readonly Edit[];
  /** The states begin with zeros, whatever the file says: all of them, or the one that is named. */
  readonly startsAtZero: boolean | string;
  /** They begin with something else; null where they do not. */
  readonly startsAs: Start | null;
  /** For a pass, by its prefix, the one whose parameters it takes: `layers.0` for `layers.0.reverse`. */
  readonly takenFrom: Readonly<Record<string, string>>;
  /** What a token's row of the embedding goes through; null where it is read as it is. */
  readonly embedded: Embedded | null;
  /** What the states go through on their way to the next layer, and to the output. */
  readonly handed: readonly Handed[];
  /** A backward pass's states are read in the order in which it computes them, its last one at t = T. */
  readonly notTurned: boolean;
  /** Terms of the logits that are left out. */
  readonly forgottenTerms: readonly ("Wxy" | "skip")[];
  /** With `output.at` ends: a backward pass is read at t = T, where it begins. */
  readonly readsLast: boolean;
  /** The inputs are read from the last one to the first. */
  readonly reversedInputs: boolean;
  /** Of a batch the axis of the sequences is taken for that of the steps. */
  readonly axesExchanged: boolean;
  /** By how much a token's number is another one: what is before the first token is the last. */
  readonly tokensShifted: number;
  /** A sequence goes on from the state in which the one before it ended. */
  readonly carries: boolean;
  /** The cells read the input of another step; where there is none, zeros. */
  readonly inputsFrom: "now" | "before" | "after";
  /** What the output reads: h_t, h_{t−1}, or at its one step the mean of all, their sum, the largest of each unit's, or the first. */
  readonly reads: "h_t" | "h_prev" | Pool | "first";
  /** A layer reads what the one below it had at the step before. */
  readonly delayedLayers: boolean;
  /** Of a layer with both directions, the backward pass's state stands first, or the two stand unit by unit. */
  readonly passesExchanged: boolean;
  readonly passesInterleaved: boolean;
  /** Both directions go forward. */
  readonly passesForward: boolean;
  /** The output reads another layer than the top one; null where it does not. */
  readonly readsLayer: number | null;
  /** It reads another quantity than h; null where it does not. */
  readonly readsQuantity: string | null;
  /** A layer reads the network's input in the place of what is below it, or adds what it reads to what it hands up: each, or each but the first. */
  readonly wired: "input" | "residual" | "residualButFirst" | null;
  /** The output's activation is applied to the output again: where the loss is taken, or throughout. */
  readonly outputTwice: "inLoss" | "throughout" | null;
  /** The output's softmax is taken over the steps, or over the steps and the outputs together, and not over each step's outputs. */
  readonly softmaxOver: "steps" | "all" | null;
  /** What the logits are multiplied with before they go through the output's activation; and whether their gradient is, too. */
  readonly logitsScaled: { readonly factor: number; readonly inGradient: boolean } | null;
  /** Another activation of the output; null where it is the file's. */
  readonly outputActivation: OutputActivation | null;
  /** What each intermediate result is rounded to. */
  readonly keep: ((value: number) => number) | null;

  // ---------------------------------------------------------------------------------------------- the loss
  /**
   * Whose target a step's output is compared with: its own, that of another step, around the ends or not, or its input; class 0, or zeros,
   * where it has none; the class before or after its own, before the first of which stands the last, and after the last of which none.
   */
  readonly targets:
    | "own"
    | "after"
    | "before"
    | "input"
    | "rolled"
    | "rolledBack"
    | "padded"
    | "classBefore"
    | "classAfter";
  /** What is taken from p in dL/dz_t of an entropy where the target belongs: it, nothing, twice it, or 1 of every class. */
  readonly targetTaken: "once" | "never" | "twice" | "everywhere";
  /** What of the loss's settings is taken otherwise, and where that, other targets and forgotten weights are. */
  readonly lossOptions: Partial<Loss>;
  readonly settingsIn: "loss" | "gradient" | "both";
  /** Each entry of dL/dz_t is multiplied with its own class's weight, not with that of the target's. */
  readonly classWeightsEach: boolean;
  /** What is written down as the output, which is right otherwise. */
  readonly outputWritten: "logits" | "logarithm" | "error" | null;
  /** The steps' own weights, or the sequence's, are forgotten. */
  readonly forgottenWeights: readonly ("step" | "sequence")[];
  /** What the logarithm in an entropy is taken to. */
  readonly logBase: number;
  /** What is added to the probabilities before their logarithm is taken: in the loss alone, or in its gradient, too. */
  readonly logEpsilon: { readonly value: number; readonly in: "loss" | "both" } | null;
  /** The root of each ℓ_t, or of L, is taken, which is multiplied by some factors before: in the loss alone, or in its gradient, too. */
  readonly rootOf: {
    readonly what: "step" | "all";
    readonly under: readonly Factor[];
    readonly in: "loss" | "both";
  } | null;
  /** Of an entropy's terms t log p and (1 − t) log(1 − p) only the first, or both where the first is all. */
  readonly entropyTerms: "asAsked" | "targetAlone" | "both";
  /** The term (1 − t) log(1 − p) of a binary entropy has the other sign, or is one of log p: in the loss, in its gradient, or in both. */
  readonly entropyRest: {
    readonly kind: "negated" | "ofTarget";
    readonly in: "loss" | "gradient" | "both";
  } | null;
  /** So many times the sum of the parameters' squares is added to L. */
  readonly penalty: Decay | null;
  /** This number to the mean over the steps is written down in the loss's place. */
  readonly perplexity: number | null;
  /** What the batch's loss and its gradient are made of the sequences', where it is not what the file says. */
  readonly batchAs: { readonly loss: BatchReduction | null; readonly gradient: BatchReduction | null };
  /** The one sequence of a batch whose gradients are left. */
  readonly batchLeft: "first" | "last" | null;
  /** Factors in ℓ_t, in L and in dL/dz_t that do not belong there. */
  readonly lossFactors: readonly Factor[];
  /** The same in L alone. */
  readonly totalFactors: readonly Factor[];
  readonly gradientFactors: readonly Factor[];
  /** The loss, its gradient, or both are those of the last step alone. */
  readonly lastStepAlone: readonly ("loss" | "gradient")[];
  /** The first or the last step's loss is left out: of the loss, of its gradient, or of both. */
  readonly lossLeftOut: { readonly step: "first" | "last"; readonly of: readonly ("loss" | "gradient")[] } | null;
  /** dL/dz_t of z_t where y_t belongs. */
  readonly logitForOutput: boolean;
  /**
   * The derivative of the output's activation: as the loss asks for it; multiplied to what the loss has already simplified,
   * by elements or as a whole matrix; by elements where it is a matrix; or left out, of an entropy as −target / p; taken of what has gone
   * through the activation again, or of the logits; or another one of an output that has none.
   */
  readonly outputDerivative:
    | "asAsked"
    | "onTop"
    | "matrixOnTop"
    | "diagonal"
    | "forgotten"
    | "again"
    | "againOnTop"
    | "ofLogits"
    | "ofSigmoid"
    | "ofTanh";
  /** What comes back to a step's state from the output: of its own loss, or of the last step's, at every step or there alone. */
  readonly fromOutput: "own" | "lastAtEvery" | "lastAlone";

  // ---------------------------------------------------------------------------------------------- the way back
  /** How far a step's error flows back: to the first step; over so many steps; or to the border of its chunk of so many. */
  readonly flow: Flow;
  /** The way back is that of the right equations, whatever is done otherwise forward. */
  readonly backAsItShouldBe: boolean;
  /** A step that the loop over time leaves out on the way back. */
  readonly leftOutStep: "first" | "last" | null;
  /** It is left out in the cells alone. */
  readonly leftOutInCells: boolean;
  /** What dL/da_t is multiplied with in Whh's gradient. */
  readonly previous: "h_prev" | "h_t" | "h_T" | "wrapped";
  /** What it is multiplied with in Wxh's gradient: the input of this step or of another. */
  readonly inputOf: "now" | "before" | "after";
  /** What dL/dz_t is multiplied with in Why's gradient. */
  readonly readState: "h_t" | "h_prev" | "h_T";
  /** What the parameters' gradients are cut to, entry by entry: each step's share, or the sum after each addition. */
  readonly sharesCut: { readonly at: number; readonly what: "share" | "sum" } | null;
  /** Gradients that are assigned at each step and not summed over time. */
  readonly assigned: Assigned | null;
  /** By a parameter's full name the one whose gradient is written down in its place. */
  readonly copied: Readonly<Record<string, string>>;
  /** Parameters, by full name, whose gradients are summed into the same memory. */
  readonly shared: readonly (readonly string[])[];
  /** Biases, by full name, whose gradient is summed over the units, too. */
  readonly totalled: readonly string[];
  /** The gradients of the sequences before have not been set to zero. */
  readonly accumulated: boolean;
  /** What a parameter's gradient is multiplied with where it is written down, by full name. */
  readonly scaled: Readonly<Record<string, number>>;
  /** So many times a parameter is added to its gradient before it is written down. */
  readonly decayed: Decay | null;
  /** The gradients are clipped before they are written down, all together or each by itself. */
  readonly clipped: (Clip & { readonly each: boolean }) | null;
  /** Why has been updated, as these settings say, before the error goes back through it; null where it is the file's. */
  readonly updatedFirst: TrainingSettings | null;
  /** What of the optimizer's settings is taken otherwise, and of the clipping before the update. */
  readonly optimizer: Partial<OptimizerSettings>;
  readonly clipOfUpdate: Clip | null;
  /** What the update's step is multiplied with. */
  readonly stepFactor: number;
  /** What is done otherwise in the update. */
  readonly update: readonly UpdateSlip[];
}

/**
 * `upward`: the loop over time goes from the first step to the last on the way back, too; `chunksFromEnd` are counted from the last step;
 * with `last` only so many steps, the last ones, are gone over.
 */
export type Flow =
  | { readonly kind: "whole" | "upward" }
  | { readonly kind: "overlapping" | "chunks" | "chunksFromEnd" | "last"; readonly steps: number };

/** What is taken of the parameters' own size: of all, or of the matrices alone. */
export interface Decay {
  readonly factor: number;
  readonly of: "all" | "matrices";
}

/** What is made of all steps' states. */
export type Pool = "mean" | "sum" | "max";

export interface Assigned {
  /** All parameters, those of the cells, or some by their full names. */
  readonly names: "all" | "cells" | readonly string[];
  /** Whether the share of the first step is left, as on the way back, or that of the last. */
  readonly left: "first" | "last";
}

/** The mean over the steps for their sum or the other way round; ½; 2; 1/O; 1/T; a mean over the number of steps for one over their weights; one over how many sequences there are; −1; or a number. */
export type Factor =
  | "otherReduction"
  | "half"
  | "double"
  | "outputMean"
  | "stepMean"
  | "plainMean"
  | "batchMean"
  | "negative"
  | number;

export type UpdateSlip =
  | "ascent"
  | "epsilonInside"
  | "withoutEpsilon"
  | "withoutCorrection"
  | "withoutFirstCorrection"
  | "withoutSecondCorrection"
  | "alphaExchanged"
  | "squaresOfAll"
  | "betasExchanged"
  | "withoutRoot"
  | "dampened"
  | "plainForNesterov"
  | "nesterovForPlain"
  | "squaresNotAveraged"
  | "decayForgotten"
  | "decayTwice"
  | "decayInGradient"
  | "decayDecoupled"
  | "decayWithoutRate"
  | "withoutRate"
  | "correctedAsSecond"
  | "accumulatorBegun"
  | "stepAlone"
  | "decayNotOfBiases"
  | "decaySign"
  | "clippedAfterDecay"
  | "rateOfLaterEpoch"
  | "notClipped"
  | "clippedEach"
  | "frozenMoved"
  | "biasesNotMoved"
  | "signAlone"
  | "normalised"
  | "normalisedEach"
  | "clippedBySquares"
  | "clippedBySum"
  | "clippedByLargest"
  | "clippedBySumOfNorms"
  | "clippedWithoutBiases"
  | "clippedWithoutReadout"
  | "clippedAlways"
  | "clippedAbove"
  | "decayHalved"
  | "decayOfSign"
  | "decayOfUpdated"
  | "decayNotOfReadout"
  | "correctionsExchanged"
  | "epsilonBeforeCorrection"
  | "centred"
  | "averageBegun";

/** The computation as it should be. */
export const asItShouldBe: Choices = {
  forgottenBiases: [],
  doubledBiases: [],
  transposed: [],
  concatenated: null,
  gates: {},
  onlyLayer: null,
  edits: [],
  startsAtZero: false,
  startsAs: null,
  takenFrom: {},
  embedded: null,
  handed: [],
  notTurned: false,
  forgottenTerms: [],
  readsLast: false,
  reversedInputs: false,
  axesExchanged: false,
  tokensShifted: 0,
  carries: false,
  delayedLayers: false,
  inputsFrom: "now",
  reads: "h_t",
  passesExchanged: false,
  passesInterleaved: false,
  passesForward: false,
  readsLayer: null,
  readsQuantity: null,
  wired: null,
  outputTwice: null,
  softmaxOver: null,
  logitsScaled: null,
  outputActivation: null,
  keep: null,
  targets: "own",
  targetTaken: "once",
  lossOptions: {},
  settingsIn: "both",
  classWeightsEach: false,
  outputWritten: null,
  forgottenWeights: [],
  logBase: Math.E,
  logEpsilon: null,
  rootOf: null,
  entropyTerms: "asAsked",
  entropyRest: null,
  penalty: null,
  perplexity: null,
  batchAs: { loss: null, gradient: null },
  batchLeft: null,
  lossFactors: [],
  totalFactors: [],
  gradientFactors: [],
  lastStepAlone: [],
  lossLeftOut: null,
  logitForOutput: false,
  outputDerivative: "asAsked",
  fromOutput: "own",
  flow: { kind: "whole" },
  backAsItShouldBe: false,
  leftOutStep: null,
  leftOutInCells: false,
  previous: "h_prev",
  inputOf: "now",
  readState: "h_t",
  sharesCut: null,
  assigned: null,
  copied: {},
  shared: [],
  totalled: [],
  accumulated: false,
  scaled: {},
  decayed: null,
  clipped: null,
  updatedFirst: null,
  optimizer: {},
  clipOfUpdate: null,
  stepFactor: 1,
  update: [],
};

/** Several deviations at once. */
export function combine(changes: readonly Partial<Choices>[]): Choices {
  const joined = <Key extends keyof Choices>(key: Key) =>
    changes.flatMap((change) => (change[key] ?? []) as readonly unknown[]) as unknown as Choices[Key];
  const lists = Object.entries(asItShouldBe).flatMap(([key, value]) => (Array.isArray(value) ? [key] : []));
  return {
    ...changes.reduce<Choices>((choices, change) => ({ ...choices, ...change }), asItShouldBe),
    ...Object.fromEntries(lists.map((key) => [key, joined(key as keyof Choices)])),
    scaled: Object.assign({}, ...changes.map(({ scaled }) => scaled)) as Choices["scaled"],
    lossOptions: Object.assign({}, ...changes.map(({ lossOptions }) => lossOptions)) as Partial<Loss>,
    optimizer: Object.assign({}, ...changes.map(({ optimizer }) => optimizer)) as Choices["optimizer"],
  };
}

/** The choices as they are in one layer. */
export function choicesIn(choices: Choices, layer: number): Choices {
  if (choices.onlyLayer === null || choices.onlyLayer === layer) return choices;
  const { edits, flow, leftOutStep, previous, inputOf } = asItShouldBe;
  return { ...choices, edits, flow, leftOutStep, previous, inputOf };
}

const numbers = new WeakMap<object, number>();
let count = 0;

/** The same number for the same object: what choices are told apart by that hold functions. */
function numberOf(one: object): number {
  const known = numbers.get(one);
  if (known !== undefined) return known;
  numbers.set(one, ++count);
  return count;
}

const plain = new Map<unknown, unknown>(Object.entries(asItShouldBe));
/** The choices that change what is computed forward. */
export const forwardChoices: ReadonlySet<string> = new Set<keyof Choices>([
  "forgottenBiases",
  "doubledBiases",
  "transposed",
  "concatenated",
  "gates",
  "onlyLayer",
  "edits",
  "startsAtZero",
  "startsAs",
  "takenFrom",
  "embedded",
  "handed",
  "notTurned",
  "forgottenTerms",
  "readsLast",
  "softmaxOver",
  "logitsScaled",
  "outputActivation",
  "reversedInputs",
  "tokensShifted",
  "delayedLayers",
  "inputsFrom",
  "reads",
  "passesExchanged",
  "passesInterleaved",
  "passesForward",
  "readsLayer",
  "readsQuantity",
  "wired",
]);
const ofForward: ReadonlySet<string> = new Set<string>([
  ...forwardChoices,
  ...(["keep", "carries", "outputTwice"] satisfies (keyof Choices)[]),
]);
const ofWriting: ReadonlySet<string> = new Set<keyof Choices>([
  "copied",
  "shared",
  "totalled",
  "accumulated",
  "scaled",
  "decayed",
  "clipped",
  "optimizer",
  "clipOfUpdate",
  "stepFactor",
  "update",
]);
/** How the parameters' gradients are made of what has come back, which it does not change. */
const ofShares: ReadonlySet<string> = new Set<keyof Choices>([
  "previous",
  "inputOf",
  "readState",
  "sharesCut",
  "assigned",
]);
/** What is done otherwise on the way back through the cells alone. */
const ofCells: ReadonlySet<string> = new Set<keyof Choices>(["flow", "previous", "inputOf"]);
/** Whether what is written down as these parameters' gradients is made of other numbers than the same ones of theirs. */
export function needsOthers(
  { copied, shared, clipped, concatenated, gates, takenFrom }: Choices,
  asked: ReadonlyMap<string, unknown>,
): boolean {
  if (concatenated) return true;
  if (clipped?.type === "norm") return true;
  if ([...Object.keys(copied), ...shared.flat()].some((name) => asked.has(name))) return true;
  const isExchanged = [gates, takenFrom].some((one) => Object.keys(one).length > 0);
  return isExchanged && [...asked.keys()].some((name) => name.startsWith("layers."));
}

type Key = (choices: Choices) => string;

/** The same of the same choices, which are asked for it many times. */
function once(make: Key): Key {
  const known = new WeakMap<Choices, string>();
  return (choices) => {
    const key = known.get(choices) ?? make(choices);
    known.set(choices, key);
    return key;
  };
}

/** What of some choices is not as it should be. */
function keyOf(choices: Choices, isAsked: (key: string) => boolean, edits: Choices["edits"]): string {
  let key = edits.map(numberOf).join();
  for (const [name, value] of Object.entries(choices)) {
    if (value === plain.get(name) || name === "edits" || !isAsked(name)) continue;
    if (Array.isArray(value) && value.length === 0) continue;
    key += ` ${name} ${typeof value === "function" ? numberOf(value as object) : JSON.stringify(value)}`;
  }
  return key;
}

/** Choices with the same key compute the same numbers forward. */
export const forwardKey = once((choices) => {
  const transposed = choices.transposed.filter(({ where }) => where === "everywhere");
  const concatenated = choices.concatenated?.where === "everywhere" ? choices.concatenated : null;
  const forwardEdits = choices.edits.filter(({ forward }) => forward);
  return keyOf({ ...choices, transposed, concatenated }, (name) => ofForward.has(name), forwardEdits);
});

/** Choices with the same key compute the same gradients, before they are written down. */
export const backKey = once((choices) => keyOf(choices, (name) => !ofWriting.has(name), choices.edits));

/** Choices with the same key bring the same errors back, of which the parameters' gradients are made. */
export const errorsKey = once((choices) => {
  // Through an updated Why comes back what its gradient is made of.
  if (choices.updatedFirst) return backKey(choices);
  const transposed = choices.transposed.filter(({ where }) => where !== "gradient");
  return keyOf({ ...choices, transposed }, (name) => !ofWriting.has(name) && !ofShares.has(name), choices.edits);
});

/** Choices with the same key write down the same of the same gradients. */
export const writingKey = once((choices) => keyOf(choices, (name) => ofWriting.has(name), []));

/** Choices with the same key compute the same losses, and the same way back through the read-out. */
export const readoutKey = once(
  (choices) => `${forwardKey(choices)} ${keyOf(choices, (name) => !ofWriting.has(name) && !ofCells.has(name), [])}`,
);
