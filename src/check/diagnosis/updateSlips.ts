/** The slips that people make in an update. */
import type { Problem } from "../../engine/model";
import { parametersOf, trainableOf } from "../../engine/model";
import type { UpdateSlip } from "./choices";
import type { Slip } from "./slip";

/** Those that the file's optimizer has room for. */
export function updateSlips(problem: Problem): Slip[] {
  const { model, training } = problem;
  const { optimizer, clip, schedule } = training;
  const { type, weightDecay, momentum, nesterov, epsilon } = optimizer;
  const found: [UpdateSlip, string][] = [];
  const isAdam = type === "adam" || type === "adamw";
  const hasRoot = type !== "sgd";
  if (hasRoot) {
    if (epsilon > 0) {
      found.push(["epsilonInside", "ε is added inside the root, √(v + ε) in place of √v + ε"]);
      found.push(["withoutEpsilon", "ε is left out of the update"]);
    }
    found.push(["withoutRoot", "the root is left out of the update's denominator"]);
  }
  if (isAdam) {
    found.push(["withoutCorrection", "the moments are not corrected for their start: m and v in place of m̂ and v̂"]);
    found.push(["withoutFirstCorrection", "the first moment is not corrected for its start: m in place of m̂"]);
    found.push(["withoutSecondCorrection", "the second moment is not corrected for its start: v in place of v̂"]);
    found.push(["betasExchanged", "β₁ and β₂ are exchanged"]);
  }
  if (type === "adagrad")
    found.push(["squaresOfAll", "a parameter's squares are summed over all of its numbers: one rate for all of them"]);
  if (type === "rmsprop") found.push(["alphaExchanged", "α and 1 − α are exchanged in the average of the squares"]);
  if (type === "rmsprop")
    found.push(["squaresNotAveraged", "the squares are not averaged: s = g² in place of (1 − α) g²"]);
  if (type === "sgd" && momentum > 0) {
    found.push(["dampened", "the momentum is an average, b = μ b + (1 − μ) g in place of μ b + g"]);
    found.push(
      nesterov
        ? ["plainForNesterov", "the momentum is the plain one in place of Nesterov's"]
        : ["nesterovForPlain", "the momentum is Nesterov's in place of the plain one"],
    );
  }
  if (weightDecay > 0) {
    found.push(["decayForgotten", "the weight decay is forgotten"]);
    found.push(["decayTwice", "the weight decay is taken twice"]);
    if (type === "adamw")
      found.push([
        "decayInGradient",
        "the weight decay is added to the gradient, and not taken from the weights themselves",
      ]);
    else
      found.push([
        "decayDecoupled",
        "the weight decay is taken from the weights themselves, and not added to the gradient",
      ]);
    if (type === "adamw") found.push(["decayWithoutRate", "the weight decay is not multiplied by the learning rate"]);
  }
  if (clip) {
    found.push(["notClipped", "the gradients are not clipped before the update"]);
    if (clip.type === "norm") found.push(["clippedEach", "each gradient is clipped by its own norm before the update"]);
  }
  if (schedule) found.push(["rateOfLaterEpoch", "the learning rate is that of the second epoch"]);
  if (optimizer.learningRate !== 1) found.push(["withoutRate", "the learning rate is left out of the update"]);
  const all = parametersOf(model);
  if (Object.keys(trainableOf(model, all)).length < Object.keys(all).length)
    found.push(["frozenMoved", "the update moves the parameters that are held fixed"]);
  found.push(["biasesNotMoved", "the update leaves the biases as they are"]);
  found.push(["stepAlone", "the update's step alone is written down, without the parameter that it is taken from"]);
  if (isAdam)
    found.push(["correctedAsSecond", "the moments are corrected as those of the second update: t counts from 2"]);
  if (type === "rmsprop") found.push(["averageBegun", "the average of the squares begins with 1, as TensorFlow 1's"]);
  if (type === "adagrad") found.push(["accumulatorBegun", "the sum of the squares begins with 0.1, as TensorFlow's"]);
  if (weightDecay > 0) {
    found.push(["decayNotOfBiases", "the biases are spared the weight decay"]);
    found.push(["decaySign", "the weight decay has the wrong sign"]);
    if (type !== "adamw")
      found.push(["decayWithoutRate", "the weight decay is taken from the weights without the learning rate"]);
    if (clip) found.push(["clippedAfterDecay", "the gradients are clipped after the weight decay, not before"]);
  }
  found.push(...rareUpdates(problem));
  const slips = found.map(([slip, text]) =>
    ofUpdate(idOf(slip), text, { update: [slip] }, slip.startsWith("decay") ? "update:decay" : `update:${slip}`),
  );
  return [...slips, ...decayedSlips(problem), ...settingSlips(problem)];
}

/** A decay that stands in the loss, in the gradients, or in both already; from gradients with it an update is the right one. */
function decayedSlips({ model, training: { optimizer, clip } }: Problem): Slip[] {
  const { type, weightDecay: own } = optimizer;
  if (own === 0) return [];
  const hasBiases = Object.values(parametersOf(model)).some(({ rank }) => rank === 1);
  const inGradients = type !== "adamw" && !clip;
  const slip = (id: string, text: string, change: Slip["change"]): Slip => ({
    ...ofUpdate(id, text, change, "update:decay"),
    id,
    back: true,
  });
  return (["all", "matrices"] as const)
    .filter((of) => of === "all" || hasBiases)
    .flatMap((of) => {
      const whose = of === "all" ? "" : ", of the matrices alone";
      const decayed = (times: number): Slip["change"] => ({
        decayed: { factor: times * own, of },
        update: ["decayForgotten"],
      });
      const text = (times: number) =>
        `the weight decay is added to the gradients before they are written down: dw + ${times * own} w${whose}`;
      const said = (times: number) =>
        `the weight decay's ${times === 1 ? "½ " : ""}${own} Σ w² is added to the loss${whose}`;
      return [
        ...(inGradients ? [1, 2] : []).map((times) => slip("decayed-gradients", text(times), decayed(times))),
        ...[1, 2].flatMap((times) => {
          const penalty = { factor: (times * own) / 2, of };
          return [
            slip("decay-in-loss", said(times), { penalty }),
            ...(inGradients ? [1, 2] : []).map((more) =>
              slip("decay-in-loss", `${said(times)}, and ${more * own} w to the gradients`, {
                penalty,
                ...decayed(more),
              }),
            ),
          ];
        }),
      ];
    });
}

/** Other norms to clip by, other forms of the decay, other corrections. */
function rareUpdates({ training: { optimizer, clip } }: Problem): [UpdateSlip, string][] {
  const { type, weightDecay, epsilon, momentum } = optimizer;
  const found: [UpdateSlip, string][] = [];
  if (type === "sgd") {
    found.push(["signAlone", "the sign of the gradient is taken in the gradient's place"]);
    if (!clip) {
      found.push(["normalised", "the gradients are divided by the norm of them all"]);
      found.push(["normalisedEach", "each gradient is divided by its own norm"]);
    }
  }
  if (clip?.type === "norm") {
    const by = (what: string) => `the gradients are clipped by ${what} in the place of the norm of them all`;
    found.push(["clippedBySquares", by("the sum of their squares, without its root,")]);
    found.push(["clippedBySum", by("the sum of their absolute values")]);
    found.push(["clippedByLargest", by("their largest entry")]);
    found.push(["clippedBySumOfNorms", by("the sum of each one's norm")]);
    found.push(["clippedWithoutBiases", by("the norm of the matrices' alone")]);
    found.push(["clippedWithoutReadout", by("the norm of those that are not the output's")]);
    found.push(["clippedAlways", `the gradients are scaled to the norm ${clip.at}, where theirs is less, too`]);
  }
  if (clip?.type === "value")
    found.push(["clippedAbove", `the gradients are cut at ${clip.at} alone, not at −${clip.at}`]);
  if (weightDecay > 0) {
    found.push(["decayHalved", "half of the weight decay is taken"]);
    found.push(["decayNotOfReadout", "the output's parameters are spared the weight decay"]);
    if (type !== "adamw")
      found.push(["decayOfSign", "the weight decay is taken of the weights' signs, as of their absolute values"]);
    if (type === "sgd" && momentum === 0)
      found.push(["decayOfUpdated", "the weight decay is taken of the weights that have been updated already"]);
  }
  if (type === "adam" || type === "adamw") {
    found.push(["correctionsExchanged", "the moments' corrections are exchanged: m / (1 − β₂) and v / (1 − β₁)"]);
    if (epsilon > 0) found.push(["epsilonBeforeCorrection", "ε is added to √v before it is corrected, not to √v̂"]);
  }
  if (type === "rmsprop")
    found.push(["centred", "the square of the gradients' own average is taken from that of their squares"]);
  return found;
}

/** ε as other programs have it by default. */
const usualEpsilons = [1e-8, 1e-7, 1e-10, 1e-6, 1e-5];
/** The share of the squares before that is usual elsewhere: Hinton's and Keras' first. */
const usualAlphas = [0.9, 0.99, 0.95, 0.999];

/** Other settings than the file's. */
function settingSlips({ model, training }: Problem): Slip[] {
  const { optimizer, clip } = training;
  const { type, epsilon, alpha } = optimizer;
  const slips: Slip[] = [];
  if (type !== "sgd") {
    for (const other of usualEpsilons.filter((it) => it !== epsilon)) {
      slips.push(ofUpdate("other-epsilon", `ε is ${other} in place of ${epsilon}`, { optimizer: { epsilon: other } }));
      slips.push(
        ofUpdate("epsilon-inside", `ε is ${other} in place of ${epsilon}, and inside the root`, {
          optimizer: { epsilon: other },
          update: ["epsilonInside"],
        }),
      );
    }
    slips.push(
      ofUpdate("plain", "the gradient itself is taken, as by sgd: it is not divided by the root of its squares", {
        optimizer: { type: "sgd", momentum: 0, weightDecay: 0 },
      }),
    );
  }
  for (const usual of type === "rmsprop" ? usualAlphas.filter((it) => it !== alpha) : []) {
    const text = `α is ${usual} in place of ${alpha}`;
    slips.push(ofUpdate("other-alpha", text, { optimizer: { alpha: usual } }));
    slips.push(
      ofUpdate("other-alpha", `${text}, and ε stands inside the root`, {
        optimizer: { alpha: usual },
        update: ["epsilonInside"],
      }),
    );
  }
  if (clip)
    slips.push(
      ofUpdate(
        "other-clip",
        clip.type === "norm"
          ? `the gradients are clipped entry by entry at ${clip.at} before the update, not by their norm`
          : `the gradients are clipped by their norm at ${clip.at} before the update, not entry by entry`,
        { clipOfUpdate: { type: clip.type === "norm" ? "value" : "norm", at: clip.at } },
      ),
    );
  const { Why } = model.output;
  if (model.loss && Why && trainableOf(model, { "output.Why": Why })["output.Why"] && !clip)
    slips.push({
      ...ofUpdate(
        "updated-first",
        "Why is updated before the error goes back through it: the cells' gradients are taken with the new Why",
        { updatedFirst: training },
      ),
      back: true,
    });
  return slips;
}

function ofUpdate(name: string, text: string, change: Slip["change"], group = `update:${name}`): Slip {
  return { id: `update:${name}`, text, group, back: false, rare: true, change };
}

/** `epsilon-inside` */
const idOf = (slip: UpdateSlip): string => slip.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
