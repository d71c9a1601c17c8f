/** One update by a fresh optimizer, as somebody makes it who takes its formula otherwise. */
import type { Model, Sequence, TrainingSettings } from "../../engine/model";
import { parametersOf, trainableOf } from "../../engine/model";
import { clipGradients, gradientNorm } from "../../engine/optimizer";
import { rateOfEpoch } from "../../engine/schedule";
import type { NamedTensors, Tensor } from "../../engine/tensor";
import { factorOfUpdate, updateOnce } from "../../engine/train";
import type { UpdateSlip } from "./choices";

/**
 * @param sequence null for a batch
 * @returns every parameter after the update
 */
export function updateWith(
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
  clip(used, training, has);
  const rate = has("withoutRate") ? 1 : rateOfEpoch(training, has("rateOfLaterEpoch") ? 2 : 1);
  return Object.fromEntries(
    Object.entries(all).map(([name, parameter]): [string, Tensor] => {
      const gradient = used[name];
      const stays = !gradient || (has("biasesNotMoved") && parameter.rank === 1);
      return [name, stays ? parameter : { ...parameter, data: stepped(parameter, gradient, training, rate, has) }];
    }),
  );
}

type Has = (slip: UpdateSlip) => boolean;

function clip(gradients: NamedTensors, { clip }: TrainingSettings, has: Has): void {
  if (!clip || has("notClipped")) return;
  if (!has("clippedEach")) return clipGradients(gradients, clip, gradientNorm(gradients));
  for (const [name, gradient] of Object.entries(gradients)) {
    const one = { [name]: gradient };
    clipGradients(one, clip, gradientNorm(one));
  }
}

function stepped(
  { data }: Tensor,
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
  const decay = has("decayForgotten") ? 0 : weightDecay;
  const isDecoupled = has("decayDecoupled") || (type === "adamw" && !has("decayInGradient"));
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
    const g = gradient.data[k]! + inGradient * p;
    const kept = p * (1 - ofParameter);
    switch (type) {
      case "sgd": {
        if (momentum === 0) return kept - rate * g;
        const b = has("dampened") ? (1 - momentum) * g : g;
        const ahead = has("nesterovForPlain") || (nesterov && !has("plainForNesterov"));
        return kept - rate * (ahead ? g + momentum * b : b);
      }
      case "adagrad":
        return kept - (rate * g) / root(all ?? g * g);
      case "rmsprop":
        return (
          kept - (rate * g) / root((has("squaresNotAveraged") ? 1 : has("alphaExchanged") ? alpha : 1 - alpha) * g * g)
        );
      case "adam":
      case "adamw": {
        const m = (1 - beta1) * g;
        const v = (1 - beta2) * g * g;
        if (has("withoutCorrection")) return kept - (rate * m) / root(v);
        const first = has("withoutFirstCorrection") ? m : m / (1 - beta1);
        return kept - (rate * first) / root(has("withoutSecondCorrection") ? v : v / (1 - beta2));
      }
    }
  });
}
