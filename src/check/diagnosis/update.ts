/** One update by a fresh optimizer, as somebody makes it who takes its formula otherwise. */
import type { Model, Sequence, TrainingSettings } from "../../engine/model";
import { parametersOf, trainableOf } from "../../engine/model";
import { clipGradients, gradientNorm } from "../../engine/optimizer";
import { rateOfEpoch } from "../../engine/schedule";
import type { NamedTensors, Tensor } from "../../engine/tensor";
import { factorOfUpdate, updateOnce } from "../../engine/train";
import type { Choices, UpdateSlip } from "./choices";

/**
 * @param sequence null for a batch
 * @returns every parameter after the update
 */
export function updateWith(
  model: Model,
  sequence: Sequence | null,
  gradients: NamedTensors,
  training: TrainingSettings,
  { update: slips, optimizer, clipOfUpdate, stepFactor }: Choices,
): NamedTensors {
  const asked = {
    ...training,
    optimizer: { ...training.optimizer, ...optimizer },
    clip: clipOfUpdate ?? training.clip,
  };
  const found = updateAs(model, sequence, gradients, asked, slips);
  if (stepFactor === 1) return found;
  const all = parametersOf(model);
  return Object.fromEntries(
    Object.entries(found).map(([name, { data, ...shape }]) => {
      const from = all[name]!.data;
      return [name, { ...shape, data: data.map((p, k) => from[k]! + stepFactor * (p - from[k]!)) }];
    }),
  );
}

/** One parameter alone after an update by its gradient. */
export function updatedOne(parameter: Tensor, gradient: Tensor, training: TrainingSettings): Tensor {
  return { ...parameter, data: stepped(parameter, gradient, training, rateOfEpoch(training, 1), () => false) };
}

function updateAs(
  model: Model,
  sequence: Sequence | null,
  gradients: NamedTensors,
  training: TrainingSettings,
  slips: readonly UpdateSlip[],
): NamedTensors {
  if (slips.length === 0) return updateOnce(model, sequence, gradients, training);
  const has = (slip: UpdateSlip) => slips.includes(slip);
  const all = parametersOf(model);
  const moved = has("frozenMoved") ? all : trainableOf(model, all);
  const factor = (sequence ? factorOfUpdate(model, sequence, training) : 1) * (has("ascent") ? -1 : 1);
  const used = Object.fromEntries(
    Object.keys(moved).map((name) => {
      const { data, ...shape } = gradients[name]!;
      return [name, { ...shape, data: data.map((g) => g * factor) }];
    }),
  );
  const { weightDecay } = training.optimizer;
  if (has("clippedAfterDecay"))
    for (const [name, { data }] of Object.entries(used)) addScaled(data, all[name]!.data, weightDecay);
  clip(used, training, has);
  const rate = has("withoutRate") ? 1 : rateOfEpoch(training, has("rateOfLaterEpoch") ? 2 : 1);
  return Object.fromEntries(
    Object.entries(all).map(([name, parameter]): [string, Tensor] => {
      const gradient = used[name];
      const stays = !gradient || (has("biasesNotMoved") && parameter.rank === 1);
      if (stays) return [name, parameter];
      const isSpared = has("decayNotOfReadout") && name.startsWith("output.");
      const its = isSpared ? { ...training, optimizer: { ...training.optimizer, weightDecay: 0 } } : training;
      return [name, { ...parameter, data: stepped(parameter, gradient, its, rate, has) }];
    }),
  );
}

function addScaled(into: Float64Array, v: Float64Array, factor: number): void {
  for (let k = 0; k < into.length; k++) into[k]! += factor * v[k]!;
}

type Has = (slip: UpdateSlip) => boolean;

/** The norm that somebody clips by who takes another one. */
function otherNorm(gradients: NamedTensors, has: Has): number | null {
  const all = Object.entries(gradients);
  const numbers = () => all.flatMap(([, { data }]) => Array.from(data, Math.abs));
  const of = (isMeant: (name: string, tensor: Tensor) => boolean) =>
    gradientNorm(Object.fromEntries(all.filter(([name, tensor]) => isMeant(name, tensor))));
  if (has("clippedBySquares")) return gradientNorm(gradients) ** 2;
  if (has("clippedBySum")) return numbers().reduce((sum, g) => sum + g, 0);
  if (has("clippedByLargest")) return numbers().reduce((most, g) => Math.max(most, g), 0);
  if (has("clippedBySumOfNorms")) return all.reduce((sum, [name, g]) => sum + gradientNorm({ [name]: g }), 0);
  if (has("clippedWithoutBiases")) return of((_, { rank }) => rank > 1);
  return has("clippedWithoutReadout") ? of((name) => !name.startsWith("output.")) : null;
}

function scale(gradients: NamedTensors, factor: number): void {
  for (const { data } of Object.values(gradients)) for (let k = 0; k < data.length; k++) data[k]! *= factor;
}

function clip(gradients: NamedTensors, { clip }: TrainingSettings, has: Has): void {
  if (has("normalised")) scale(gradients, 1 / gradientNorm(gradients));
  if (has("normalisedEach"))
    for (const [name, gradient] of Object.entries(gradients)) {
      const one = { [name]: gradient };
      scale(one, 1 / gradientNorm(one));
    }
  if (!clip || has("notClipped")) return;
  const norm = otherNorm(gradients, has);
  if (norm !== null) return clipGradients(gradients, clip, norm);
  if (has("clippedAlways")) return scale(gradients, clip.at / gradientNorm(gradients));
  if (has("clippedAbove")) {
    for (const { data } of Object.values(gradients)) data.set(data.map((g) => Math.min(clip.at, g)));
    return;
  }
  if (!has("clippedEach")) return clipGradients(gradients, clip, gradientNorm(gradients));
  for (const [name, gradient] of Object.entries(gradients)) {
    const one = { [name]: gradient };
    clipGradients(one, clip, gradientNorm(one));
  }
}

function stepped(
  { data, rank }: Tensor,
  gradient: Tensor,
  { optimizer }: TrainingSettings,
  rate: number,
  has: Has,
): Float64Array {
  const { type, momentum, nesterov, alpha, weightDecay } = optimizer;
  const [beta1, beta2] = has("betasExchanged")
    ? [optimizer.beta2, optimizer.beta1]
    : [optimizer.beta1, optimizer.beta2];
  const epsilon = has("withoutEpsilon") ? 0 : optimizer.epsilon;
  const isUndecayed = has("decayForgotten") || has("clippedAfterDecay") || (has("decayNotOfBiases") && rank === 1);
  const decay = isUndecayed ? 0 : weightDecay * (has("decaySign") ? -1 : has("decayHalved") ? 0.5 : 1);
  const isDecoupled =
    has("decayDecoupled") ||
    (type !== "adamw" && has("decayWithoutRate")) ||
    (type === "adamw" && !has("decayInGradient"));
  const twice = has("decayTwice");
  // The weights' own share: of the gradient, of the parameter itself, or, by who does it twice, of both or two of one.
  const inGradient = isDecoupled ? (twice ? decay : 0) : decay * (twice ? 2 : 1);
  const ofParameter = isDecoupled ? decay * (has("decayWithoutRate") ? 1 : rate) : 0;
  const root = (s: number) => {
    if (has("withoutRoot")) return s + epsilon;
    return has("epsilonInside") ? Math.sqrt(s + epsilon) : Math.sqrt(s) + epsilon;
  };
  const all = has("squaresOfAll") ? gradient.data.reduce((sum, g) => sum + g * g, 0) : null;
  return data.map((p, k) => {
    const raw = gradient.data[k]! + inGradient * (has("decayOfSign") ? Math.sign(p) : p);
    const g = has("signAlone") ? Math.sign(raw) : raw;
    const kept = has("stepAlone") ? 0 : p * (1 - ofParameter);
    switch (type) {
      case "sgd": {
        if (has("decayOfUpdated")) return (p - rate * gradient.data[k]!) * (1 - rate * decay);
        if (momentum === 0) return kept - rate * g;
        const b = has("dampened") ? (1 - momentum) * g : g;
        const ahead = has("nesterovForPlain") || (nesterov && !has("plainForNesterov"));
        return kept - rate * (ahead ? g + momentum * b : b);
      }
      case "adagrad":
        return kept - (rate * g) / root((all ?? g * g) + (has("accumulatorBegun") ? 0.1 : 0));
      case "rmsprop":
        return (
          kept -
          (rate * g) /
            root(
              (has("squaresNotAveraged") ? 1 : has("alphaExchanged") ? alpha : 1 - alpha) * g * g +
                (has("averageBegun") ? alpha : 0) -
                (has("centred") ? ((1 - alpha) * g) ** 2 : 0),
            )
        );
      case "adam":
      case "adamw": {
        const m = (1 - beta1) * g;
        const v = (1 - beta2) * g * g;
        if (has("withoutCorrection")) return kept - (rate * m) / root(v);
        if (has("correctionsExchanged")) return kept - (rate * m) / (1 - beta2) / root(v / (1 - beta1));
        if (has("epsilonBeforeCorrection")) return kept - (rate * Math.sqrt(1 - beta2) * m) / (1 - beta1) / root(v);
        if (has("correctedAsSecond")) return kept - (rate * m) / (1 - beta1 ** 2) / root(v / (1 - beta2 ** 2));
        const first = has("withoutFirstCorrection") ? m : m / (1 - beta1);
        return kept - (rate * first) / root(has("withoutSecondCorrection") ? v : v / (1 - beta2));
      }
    }
  });
}
