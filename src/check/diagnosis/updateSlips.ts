/** The slips that people make in an update. */
import type { Problem } from "../../engine/model";
import { parametersOf, trainableOf } from "../../engine/model";
import type { UpdateSlip } from "./choices";
import type { Slip } from "./slips";

/** Those that the file's optimizer has room for. */
export function updateSlips({ model, training }: Problem): Slip[] {
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
  return found.map(([slip, text]) => ({
    id: `update:${idOf(slip)}`,
    text,
    group: slip.startsWith("decay") ? "update:decay" : `update:${slip}`,
    back: false,
    rare: true,
    change: { update: [slip] },
  }));
}

/** `epsilon-inside` */
const idOf = (slip: UpdateSlip): string => slip.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
