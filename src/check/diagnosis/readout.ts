/** The read-out, its loss and what goes back from them, with the choices of somebody who computes them otherwise. */
import { oneHot } from "../../engine/functions";
import { addInput, addMatTransposedVec, addMatVec, addOuter, addOuterInput, addVec } from "../../engine/linear";
import type { StepWeights, Target } from "../../engine/loss";
import {
  activateOutput,
  countTargets,
  crossEntropyWeight,
  divisorOf,
  factorOf,
  stepLoss,
  targetAt,
  weightAt,
  weightsInLoss,
} from "../../engine/loss";
import type { Loss, Model, OutputActivation, Sequence } from "../../engine/model";
import { hasReadout } from "../../engine/network";
import type { StepInput } from "../../engine/step";
import type { NamedTensors, Tensor } from "../../engine/tensor";
import { zerosLike } from "../../engine/tensor";
import type { Choices, Factor } from "./choices";
import { nothingTaken, placeOf, type Taking } from "./own";
import { penaltyOf, usedReadout } from "./parameters";
import { updatedOne } from "./update";

/** z_t and y_t at each step; null at one without a read-out. */
export interface Outputs {
  readonly z: readonly (Float64Array | null)[];
  readonly y: readonly (Float64Array | null)[];
}

/** @param read what the read-out reads of the top layer at each step */
export function outputsOf(
  model: Model,
  sequence: Sequence,
  read: readonly Float64Array[],
  inputs: readonly StepInput[],
  choices: Choices,
  own: Taking,
): Outputs {
  const { Why, by, Wxy, skip } = usedReadout(model, choices);
  const { keep } = choices;
  const activation = choices.outputActivation ?? model.output.activation;
  const z = read.map((h_t, k) => {
    if (!hasReadout(model, sequence, k)) return null;
    const z_t = by ? by.data.slice() : new Float64Array(model.output.size);
    if (Why) addMatVec(z_t, Why, h_t);
    else addVec(z_t, h_t);
    if (Wxy) addInput(z_t, Wxy, inputs[k]!);
    if (skip) addSkipped(z_t, inputs[k]!);
    return own.take(placeOf("steps", k, "logits"), keep ? z_t.map(keep) : z_t);
  });
  const scale = choices.logitsScaled?.factor ?? 1;
  const sums = choices.softmaxOver && sumsOver(choices.softmaxOver, z, model.output.size);
  const y = z.map((z_t, k) => {
    if (!z_t) return null;
    const y_t = new Float64Array(z_t.length);
    if (sums) y_t.set(z_t.map((z_j, j) => Math.exp(z_j) / sums[j]!));
    else activateOutput(activation, scale === 1 ? z_t : z_t.map((z_j) => scale * z_j), y_t);
    if (choices.outputTwice === "throughout") activateOutput(activation, y_t.slice(), y_t);
    return own.take(placeOf("steps", k, "output"), keep ? y_t.map(keep) : y_t);
  });
  return { z, y };
}

/** What e^z is divided by, [O], where the sum goes over another axis than that of the outputs. */
function sumsOver(over: "steps" | "all", z: readonly (Float64Array | null)[], O: number): Float64Array {
  const steps = z.filter((it) => it !== null);
  const sums = Float64Array.from({ length: O }, (_, j) => steps.reduce((sum, z_t) => sum + Math.exp(z_t[j]!), 0));
  return over === "all" ? sums.fill(sums.reduce((sum, one) => sum + one, 0)) : sums;
}

function addSkipped(z_t: Float64Array, x_t: StepInput): void {
  if (x_t.token < 0) addVec(z_t, x_t.vector);
  else z_t[x_t.token]! += 1;
}

/** What the losses are, and what goes back from them. */
export interface Losses {
  /** L; null without a target */
  readonly total: number | null;
  /** Σ_t ω_t ℓ_t with the steps' own weights alone */
  readonly sum: number;
  /** ℓ_t; null without a target */
  readonly steps: readonly (number | null)[];
  /** dL/dz_t, zeros without a target */
  readonly dz: readonly Float64Array[];
}

/**
 * @param batch how many sequences there are
 * @param scale what every step counts in L beside its own weight, where that is not what L says of itself
 */
export function lossesOf(
  model: Model,
  sequence: Sequence,
  { z, y }: Outputs,
  choices: Choices,
  batch: number,
  scale: number | null,
  own: Taking,
): Losses {
  const { output, loss: given } = model;
  const O = output.size;
  const nothing = new Float64Array(O);
  if (!given) return { total: null, sum: 0, steps: z.map(() => null), dz: z.map(() => nothing) };
  const { keep } = choices;
  const settings = (way: "loss" | "gradient") => settingsOf(given, sequence, choices, way, scale);
  const { loss, counted, weights } = settings("loss");
  const back = settings("gradient");
  const product = (factors: readonly Factor[]) =>
    factors.reduce<number>((all, factor) => all * factorNamed(factor, loss, counted, O, batch), 1);
  // A mean over the steps for their sum is one of L, not of each ℓ_t.
  const stepFactor = product(choices.lossFactors.filter((factor) => factor !== "otherReduction"));
  const totalFactor =
    product(choices.lossFactors.filter((factor) => factor === "otherReduction")) * product(choices.totalFactors);
  const gradientFactor = product(choices.gradientFactors);
  const isOther = loss.type !== given.type;
  const under = product(choices.rootOf?.under ?? []);
  const base = isEntropy(loss) ? Math.log(choices.logBase) : 1;
  const { entropyTerms, entropyRest, logEpsilon, rootOf, logitsScaled } = choices;
  let sum = 0;
  let count = 0;
  const steps: (number | null)[] = [];
  const slopesOfSteps = z.map((z_t, k) => {
    // Another loss than that of a class has a vector.
    const taken = (way: "loss" | "gradient", type: Loss["type"]) => {
      const target = z_t ? targetOf(model, sequence, k, choices, way) : null;
      return typeof target === "number" && given.type !== type ? oneHot(target, O) : target;
    };
    const target = taken("loss", loss.type);
    const targetBack = taken("gradient", back.loss.type);
    steps.push(null);
    if (target === null || targetBack === null || !z_t) return null;
    const y_t = choices.outputTwice ? activatedTwice(output.activation, z_t) : y[k]!;
    const isOfOutput =
      keep ||
      choices.softmaxOver ||
      logitsScaled ||
      choices.outputActivation ||
      choices.outputTwice ||
      own !== nothingTaken;
    const natural =
      isOfOutput || isOther || entropyTerms !== "asAsked" || entropyRest || logEpsilon
        ? lossOfOutput(loss, y_t, target, choices)
        : stepLoss(loss, z_t, y_t, target);
    const plain = (natural / base) * stepFactor;
    const l_t = rootOf?.what === "step" ? Math.sqrt(plain * under) : plain;
    const kept = takeNumber(own, placeOf("steps", k, "loss"), keep ? keep(l_t) : l_t);
    steps[k] = kept;
    const isCounted = (what: "loss" | "gradient") => isInLoss(what, k, z.length, choices);
    if (isCounted("loss")) sum += kept * (weights.weights?.[k] ?? 1);
    count++;
    if (!isCounted("gradient")) return null;
    const slopeOfRoot = rootOf?.what === "step" && rootOf.in === "both" ? (0.5 * under) / l_t : 1;
    const slopeOfScale = logitsScaled?.inGradient && !choices.backAsItShouldBe ? logitsScaled.factor : 1;
    const weight = weightAt(back.weights, k) * gradientFactor * factorOf(back.loss, O) * slopeOfRoot * slopeOfScale;
    const isThrough = choices.outputTwice && !choices.backAsItShouldBe;
    const ofLast = logitGradient(back.loss, output.activation, z_t, isThrough ? y_t : y[k]!, targetBack, choices);
    const through = isThrough ? throughActivation(output.activation, z_t, ofLast) : ofLast;
    return through.map((d_j) => d_j * weight);
  });
  const summed = sum * weights.scale * totalFactor;
  const L = rootOf?.what === "all" ? Math.sqrt(summed * under) : summed;
  const slopeOfAll = rootOf?.what === "all" && rootOf.in === "both" ? (0.5 * under) / L : 1;
  const dz = slopesOfSteps.map((slopes_t, k) => {
    if (!slopes_t) return nothing;
    const d = slopeOfAll === 1 ? slopes_t : slopes_t.map((d_j) => d_j * slopeOfAll);
    return own.take(placeOf("steps", k, "gradients", "logits"), keep ? d.map(keep) : d);
  });
  const mean = loss.reduction === "mean" ? L : L / (divisorOf(loss, counted) || 1);
  const whole = choices.perplexity === null ? L + penaltyOf(model, choices) : choices.perplexity ** mean;
  const total = count > 0 ? takeNumber(own, "loss", whole) : null;
  return { total, sum: sum * totalFactor, steps, dz };
}

/** Whether a step is in the sum that L is, or in what goes back from it. */
function isInLoss(what: "loss" | "gradient", k: number, T: number, { lastStepAlone, lossLeftOut }: Choices): boolean {
  if (lastStepAlone.includes(what) && k < T - 1) return false;
  return !(lossLeftOut?.of.includes(what) && k === (lossLeftOut.step === "first" ? 0 : T - 1));
}

/** The loss and what its steps count, on the way to it or back from it, as somebody takes them. */
function settingsOf(
  given: Loss,
  sequence: Sequence,
  { lossOptions, settingsIn, forgottenWeights }: Choices,
  way: "loss" | "gradient",
  scale: number | null,
): { readonly loss: Loss; readonly counted: Sequence; readonly weights: StepWeights } {
  const isTaken = settingsIn === "both" || settingsIn === way;
  const loss: Loss = isTaken ? { ...given, ...lossOptions } : given;
  const forgets = (which: "step" | "sequence") => isTaken && forgottenWeights.includes(which);
  const counted: Sequence = {
    ...sequence,
    ...(forgets("step") && { weights: null }),
    ...(forgets("sequence") && { weight: 1 }),
  };
  const counts = weightsInLoss(loss, counted);
  return { loss, counted, weights: { ...counts, scale: scale ?? counts.scale } };
}

/** What somebody writes down as a step's output. */
export function outputWritten(
  z: Float64Array | null | undefined,
  y: Float64Array | null | undefined,
  target: () => Target | null,
  { outputWritten }: Choices,
): Float64Array | null | undefined {
  if (outputWritten === null || !y) return y;
  if (outputWritten === "error") {
    const t = target();
    return t === null ? y : y.map((p, j) => p - (typeof t === "number" ? Number(j === t) : t[j]!));
  }
  return outputWritten === "logits" ? z : y.map(Math.log);
}

/** A step's target, or what somebody takes for it; null where there is none. */
function targetOf(
  model: Model,
  sequence: Sequence,
  k: number,
  { targets, settingsIn }: Choices,
  way: "loss" | "gradient",
): Target | null {
  const O = model.output.size;
  if (targets === "own" || (settingsIn !== "both" && settingsIn !== way)) return targetAt(sequence, k, O);
  if (targets === "input") return sequence.inputs.tokens?.[k] ?? null;
  if (targets === "classBefore" || targets === "classAfter") {
    const own = targetAt(sequence, k, O);
    if (typeof own !== "number") return own;
    if (targets === "classBefore") return (own + O - 1) % O;
    // After the last class there is none: its vector has no 1.
    return own + 1 < O ? own + 1 : new Float64Array(O);
  }
  const T = sequence.length;
  if (targets === "padded") {
    const isClass = sequence.targets?.kind === "classes";
    return targetAt(sequence, k, O) ?? (isClass ? 0 : new Float64Array(O));
  }
  if (targets === "rolled" || targets === "rolledBack")
    return targetAt(sequence, (k + (targets === "rolled" ? 1 : T - 1)) % T, O);
  const other = targets === "after" ? k + 1 : k - 1;
  return other >= 0 && other < T ? targetAt(sequence, other, O) : null;
}

function activated(activation: OutputActivation, z: Float64Array): Float64Array {
  const y = new Float64Array(z.length);
  activateOutput(activation, z, y);
  return y;
}

const activatedTwice = (activation: OutputActivation, z: Float64Array): Float64Array =>
  activated(activation, activated(activation, z));

/** The derivative of an activation that goes entry by entry, of what has gone through it. */
function slopeOfOutput(activation: OutputActivation, y: number): number {
  if (activation === "tanh") return 1 - y ** 2;
  return activation === "sigmoid" ? y * (1 - y) : 1;
}

/** dL/dz of dL/dy */
function throughActivation(activation: OutputActivation, z: Float64Array, dy: Float64Array): Float64Array {
  const y = activated(activation, z);
  if (activation === "softmax") {
    const inner = dy.reduce((total, d, j) => total + d * y[j]!, 0);
    return dy.map((d, j) => y[j]! * (d - inner));
  }
  return dy.map((d, j) => d * slopeOfOutput(activation, y[j]!));
}

const takeNumber = (own: Taking, place: string, value: number): number => own.take(place, Float64Array.of(value))[0]!;

function factorNamed(factor: Factor, loss: Loss, sequence: Sequence, O: number, batch: number): number {
  if (typeof factor === "number") return factor;
  switch (factor) {
    case "otherReduction": {
      const N = divisorOf(loss, sequence) || 1;
      return loss.reduction === "mean" ? N : 1 / N;
    }
    case "half":
      return 0.5;
    case "double":
      return 2;
    case "plainMean":
      return divisorOf(loss, sequence) / (countTargets(sequence) || 1);
    case "stepMean":
      return 1 / sequence.length;
    case "outputMean":
      return 1 / O;
    case "batchMean":
      return 1 / batch;
    case "negative":
      return -1;
  }
}

export const isEntropy = ({ type }: Loss): boolean => type === "cross-entropy" || type === "binary-cross-entropy";

/** ℓ_t of the output as it was written down, where that has been rounded or is no probability. */
function lossOfOutput(
  loss: Loss,
  y: Float64Array,
  target: Target,
  { entropyTerms: terms, entropyRest, logEpsilon }: Choices,
): number {
  const epsilon = logEpsilon?.value ?? 0;
  const factor = factorOf(loss, y.length);
  if (loss.type === "cross-entropy")
    return y.reduce((total, y_j, j) => {
      const weight = crossEntropyWeight(loss, target, y.length, j);
      const of = weight === 0 ? 0 : weight * Math.log(y_j + epsilon);
      return total - factor * (of + (terms === "both" ? (1 - weight) * Math.log(1 - y_j + epsilon) : 0));
    }, 0);
  if (loss.type !== "binary-cross-entropy" || typeof target === "number") return stepLoss(loss, y, y, target);
  return y.reduce((total, y_j, j) => {
    const t_j = target[j]!;
    const rest = terms === "targetAlone" ? 0 : (1 - t_j) * logOfRest(y_j, epsilon, restIn("loss", entropyRest));
    return total - factor * ((t_j === 0 ? 0 : t_j * Math.log(y_j + epsilon)) + rest);
  }, 0);
}

type Rest = NonNullable<Choices["entropyRest"]>;

/** What is done otherwise with the second term of a binary entropy, on the way to the loss or back from it. */
function restIn(way: "loss" | "gradient", rest: Rest | null): Rest["kind"] | null {
  return rest && (rest.in === "both" || rest.in === way) ? rest.kind : null;
}

/** log(1 − p), or what somebody takes for it. */
function logOfRest(p: number, epsilon: number, kind: Rest["kind"] | null): number {
  if (kind === "ofTarget") return Math.log(p + epsilon);
  return Math.log(1 - p + epsilon) * (kind === "negated" ? -1 : 1);
}

/** The derivative of its negative: 1 / (1 − p) */
function slopeOfRest(p: number, epsilon: number, kind: Rest["kind"] | null): number {
  if (kind === "ofTarget") return -1 / (p + epsilon);
  return (kind === "negated" ? -1 : 1) / (1 - p + epsilon);
}

/** dℓ_t/dz_t before the loss's factor */
function logitGradient(
  loss: Loss,
  activation: OutputActivation,
  z: Float64Array,
  y: Float64Array,
  target: Target,
  { logitForOutput, outputDerivative, targets, targetTaken, logEpsilon, classWeightsEach, entropyRest }: Choices,
): Float64Array {
  const value = logitForOutput ? z : y;
  const isOfNoClass = targets === "classAfter" && typeof target !== "number" && target.every((t) => t === 0);
  if (targetTaken === "never" || isOfNoClass) return value.slice();
  if (targetTaken === "everywhere") return value.map((v) => v - 1);
  if (targetTaken === "twice") return value.map((v, j) => v - 2 * countOf(loss, target, value, j));
  // −target / p times p(1 − p), the entry of the softmax's derivative that is on its diagonal.
  if (isEntropy(loss) && outputDerivative === "diagonal") return y.map((p, j) => (p - 1) * countOf(loss, target, y, j));
  if (isEntropy(loss) && outputDerivative === "forgotten") return ofProbabilities(loss, y, target, 0);
  if (outputDerivative === "ofLogits" || outputDerivative === "again" || outputDerivative === "againOnTop") {
    const isOfProbabilities = isEntropy(loss) && outputDerivative !== "againOnTop";
    const dy = isOfProbabilities ? ofProbabilities(loss, y, target, 0) : slopes(loss, value, target);
    const of = outputDerivative === "ofLogits" ? z : activated(activation, y);
    return dy.map((d, j) => d * slopeOfOutput(activation, of[j]!));
  }
  const rest = restIn("gradient", entropyRest);
  if (rest) return throughActivation(activation, z, ofProbabilities(loss, y, target, 0, rest));
  if (isEntropy(loss) && logEpsilon?.in === "both")
    return throughActivation(activation, z, ofProbabilities(loss, y, target, logEpsilon.value));
  if (classWeightsEach) return value.map((v, j) => v * (loss.classWeights?.[j] ?? 1) - countOf(loss, target, y, j));
  // Of one output among others as if each were by itself.
  if (loss.type === "binary-cross-entropy" && activation === "softmax")
    return throughActivation(activation, z, ofProbabilities(loss, y, target, 0));
  const dy = slopes(loss, value, target);
  const wanted = isEntropy(loss) ? outputDerivative !== "asAsked" : outputDerivative !== "forgotten";
  if (!wanted) return dy;
  const other = outputDerivative === "ofSigmoid" ? "sigmoid" : outputDerivative === "ofTanh" ? "tanh" : activation;
  switch (other) {
    case "linear":
    case "tanh":
    case "sigmoid":
      return dy.map((d, j) => d * slopeOfOutput(other, y[j]!));
    case "softmax": {
      if (outputDerivative === "onTop" || outputDerivative === "diagonal")
        return dy.map((d, j) => d * y[j]! * (1 - y[j]!));
      const inner = dy.reduce((total, d, j) => total + d * y[j]!, 0);
      return dy.map((d, j) => y[j]! * (d - inner));
    }
  }
}

/** What log p_j counts in an entropy. */
function countOf(loss: Loss, target: Target, y: Float64Array, j: number): number {
  if (loss.type === "cross-entropy") return crossEntropyWeight(loss, target, y.length, j);
  return typeof target === "number" ? (j === target ? 1 : 0) : target[j]!;
}

/** dℓ/dp of an entropy: −target / p, and (1 − target) / (1 − p) where each output is by itself. @param epsilon is added to each p */
function ofProbabilities(
  loss: Loss,
  y: Float64Array,
  target: Target,
  epsilon: number,
  kind: Rest["kind"] | null = null,
): Float64Array {
  return y.map((p, j) => {
    const count = countOf(loss, target, y, j);
    const rest = loss.type === "binary-cross-entropy" ? (1 - count) * slopeOfRest(p, epsilon, kind) : 0;
    return rest - count / (p + epsilon);
  });
}

/** dℓ/dy, or what an entropy has of its logits. */
function slopes(loss: Loss, value: Float64Array, target: Target): Float64Array {
  if (loss.type === "cross-entropy") {
    const counts = value.map((_, j) => crossEntropyWeight(loss, target, value.length, j));
    const all = counts.reduce((sum, count) => sum + count, 0);
    return value.map((v, j) => v * all - counts[j]!);
  }
  const at = (j: number) => (typeof target === "number" ? (j === target ? 1 : 0) : target[j]!);
  return value.map((v, j) => {
    const error = v - at(j);
    switch (loss.type) {
      case "mse":
        return 2 * error;
      case "mae":
        return Math.sign(error);
      case "huber":
        return Math.max(-loss.delta, Math.min(loss.delta, error));
      case "linear":
        return at(j);
      case "binary-cross-entropy":
      case "cross-entropy":
        return error;
    }
  });
}

/** What the read-out hands back. */
export interface ReadoutBack {
  /** dL/dh of what is read, by step */
  readonly above: readonly Float64Array[];
  /** What it adds to dL/dx_t; null where it does not read the input. */
  readonly dx: readonly (Float64Array | null)[];
  /** By full name. */
  readonly gradients: NamedTensors;
}

export function readoutBack(
  model: Model,
  sequence: Sequence,
  read: readonly Float64Array[],
  inputs: readonly StepInput[],
  { dz }: Losses,
  choices: Choices,
): ReadoutBack {
  const { back, skip } = usedReadout(model, choices);
  const { keep } = choices;
  const T = read.length;
  const isRead = (k: number) => hasReadout(model, sequence, k);
  const dx = inputs.map((_, k) => {
    if (!isRead(k) || !(back.Wxy || skip)) return null;
    const d = new Float64Array(model.inputSize);
    if (back.Wxy) addMatTransposedVec(d, back.Wxy, dz[k]!);
    if (skip) addVec(d, dz[k]!);
    return d;
  });
  const { Why, by, Wxy } = model.output;
  const steps = [...dz.keys()].filter((k) => isRead(k) && (choices.leftOutInCells || !isLeftOut(choices, k, T)));
  const summed = (name: string, like: Tensor, add: (into: Tensor, k: number) => void) => {
    const gradient = zerosLike(like);
    for (const k of isAssigned(choices, `output.${name}`) ? leftOf(choices, steps) : steps)
      addCut(gradient, choices, (into) => add(into, k));
    return [`output.${name}`, gradient] as const;
  };
  const stateAt = (k: number): Float64Array => {
    switch (choices.readState) {
      case "h_t":
        return read[k]!;
      case "h_T":
        return read[T - 1]!;
      case "h_prev":
        return k > 0 ? read[k - 1]! : new Float64Array(read[k]!.length);
    }
  };
  const gradients = Object.fromEntries([
    ...(Why ? [summed("Why", Why, (into, k) => addOuter(into, dz[k]!, stateAt(k)))] : []),
    ...(by ? [summed("by", by, (into, k) => addVec(into.data, dz[k]!))] : []),
    ...(Wxy ? [summed("Wxy", Wxy, (into, k) => addOuterInput(into, dz[k]!, inputs[k]!))] : []),
  ]);
  const dWhy = gradients["output.Why"];
  const through = choices.updatedFirst && Why && dWhy ? updatedOne(Why, dWhy, choices.updatedFirst) : back.Why;
  const above = read.map((h_t, k) => {
    const dz_t = choices.fromOutput === "lastAtEvery" ? dz[T - 1]! : dz[k]!;
    const dh = new Float64Array(h_t.length);
    if (choices.fromOutput === "lastAlone" && k < T - 1) return dh;
    if (through) addMatTransposedVec(dh, through, dz_t);
    else addVec(dh, dz_t);
    return keep ? dh.map(keep) : dh;
  });
  return { above, dx, gradients };
}

/**
 * A step's share of a gradient, by who cuts one of the two before the next step.
 * @param entries the numbers that are wanted; null for all
 */
export function addCut(
  into: Tensor,
  { sharesCut }: Choices,
  add: (into: Tensor) => void,
  entries: Int32Array | null = null,
): void {
  if (!sharesCut) return add(into);
  const { at, what } = sharesCut;
  const cut = (v: number) => Math.max(-at, Math.min(at, v));
  const each = (change: (place: number) => void) => {
    if (entries) for (const place of entries) change(place);
    else for (let place = 0; place < into.data.length; place++) change(place);
  };
  if (what === "share") {
    const share = shareFor(into);
    each((place) => {
      share.data[place] = 0;
    });
    add(share);
    each((place) => {
      into.data[place]! += cut(share.data[place]!);
    });
  } else {
    add(into);
    each((place) => {
      into.data[place] = cut(into.data[place]!);
    });
  }
}

const shares = new WeakMap<Tensor, Tensor>();

/** Room for a step's share of a gradient, whose numbers of before stand in it. */
function shareFor(gradient: Tensor): Tensor {
  const known = shares.get(gradient) ?? zerosLike(gradient);
  shares.set(gradient, known);
  return known;
}

/** Whether a step is left out by who goes over them on the way back. */
export function isLeftOut({ leftOutStep }: Choices, k: number, T: number): boolean {
  return leftOutStep !== null && k === (leftOutStep === "first" ? 0 : T - 1);
}

export function isAssigned({ assigned }: Choices, name: string): boolean {
  if (!assigned) return false;
  if (assigned.names === "all") return true;
  return assigned.names === "cells" ? name.startsWith("layers.") : assigned.names.includes(name);
}

/** The step whose share is left where each is assigned. */
export function leftOf({ assigned }: Choices, steps: readonly number[]): readonly number[] {
  return assigned?.left === "last" ? steps.slice(-1) : steps.slice(0, 1);
}
