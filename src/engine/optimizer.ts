/**
 * The optimizers with PyTorch's meaning: g is the gradient (after clipping), p the parameter, η the learning rate.
 *   sgd      g += λp;  b = μb + g (b = g at first);  p −= η (g + μb with nesterov, else b)
 *   adagrad  g += λp;  s += g²;                      p −= η g / (√s + ε)                        Duchi et al. 2011
 *   rmsprop  g += λp;  s = αs + (1−α)g²;             p −= η g / (√s + ε), with momentum through b  Tieleman and Hinton 2012
 *   adam     g += λp;  m, v moving averages;         p −= η m̂ / (√v̂ + ε)                       Kingma and Ba 2015
 *   adamw    p −= ηλp first, then as adam without λ                                            Loshchilov and Hutter 2019
 */
import { norm } from "./functions";
import type { Clip, OptimizerSettings } from "./model";
import type { NamedTensors, Tensor } from "./tensor";
import { zerosLike } from "./tensor";

/** One parameter's update in plain text, with this optimizer's numbers: `Wxh ← Wxh − 0.1 dWxh`. */
export function updateEquation(settings: OptimizerSettings, parameter: string): string {
  const { type, learningRate: rate, weightDecay, momentum, nesterov } = settings;
  const decayed = weightDecay !== 0 && type !== "adamw" ? ` with g = d${parameter} + ${weightDecay} ${parameter}` : "";
  const g = decayed ? "g" : `d${parameter}`;
  const start = `${parameter} ← ${parameter}`;
  switch (type) {
    case "sgd":
      if (momentum === 0) return `${start} − ${rate} ${g}${decayed}`;
      return nesterov
        ? `b = ${momentum} b + ${g}, ${start} − ${rate} (${g} + ${momentum} b)${decayed}`
        : `b = ${momentum} b + ${g}, ${start} − ${rate} b${decayed}`;
    case "adagrad":
      return `s = s + ${g}², ${start} − ${rate} ${g} / (√s + ε)${decayed}`;
    case "rmsprop":
      return momentum === 0
        ? `s = α s + (1 − α) ${g}², ${start} − ${rate} ${g} / (√s + ε)${decayed}`
        : `s = α s + (1 − α) ${g}², b = ${momentum} b + ${g} / (√s + ε), ${start} − ${rate} b${decayed}`;
    case "adam":
      return `${start} − ${rate} m̂ / (√v̂ + ε)${decayed}`;
    case "adamw":
      return `${parameter} ← (1 − ${rate} · ${weightDecay}) ${parameter} − ${rate} m̂ / (√v̂ + ε)`;
  }
}

/** What an optimizer remembers of one parameter. */
interface Memory {
  /** Momentum, or the first moment. */
  readonly first: Float64Array;
  /** Sum or moving average of squares. */
  readonly second: Float64Array;
}

export class Optimizer {
  private readonly memories = new Map<string, Memory>();
  private updates = 0;
  private beta1Power = 1;
  private beta2Power = 1;

  constructor(private readonly settings: OptimizerSettings) {}

  /** One update, in place. @param gradients by the parameters' names, same shapes; they are used up. */
  update(parameters: NamedTensors, gradients: NamedTensors): void {
    this.updates++;
    this.beta1Power *= this.settings.beta1;
    this.beta2Power *= this.settings.beta2;
    for (const [name, parameter] of Object.entries(parameters))
      this.updateOne(parameter.data, gradients[name]!.data, this.memoryOf(name, parameter));
  }

  private memoryOf(name: string, parameter: Tensor): Memory {
    let memory = this.memories.get(name);
    if (!memory) {
      memory = { first: zerosLike(parameter).data, second: zerosLike(parameter).data };
      this.memories.set(name, memory);
    }
    return memory;
  }

  private updateOne(p: Float64Array, g: Float64Array, { first, second }: Memory): void {
    const { type, learningRate, weightDecay, momentum, nesterov, beta1, beta2, alpha, epsilon } = this.settings;
    if (weightDecay !== 0) {
      if (type === "adamw") for (let k = 0; k < p.length; k++) p[k]! *= 1 - learningRate * weightDecay;
      else for (let k = 0; k < p.length; k++) g[k]! += weightDecay * p[k]!;
    }
    switch (type) {
      case "sgd":
        if (momentum === 0) {
          for (let k = 0; k < p.length; k++) p[k]! -= learningRate * g[k]!;
          return;
        }
        for (let k = 0; k < p.length; k++) {
          first[k] = this.updates === 1 ? g[k]! : momentum * first[k]! + g[k]!;
          p[k]! -= learningRate * (nesterov ? g[k]! + momentum * first[k]! : first[k]!);
        }
        return;
      case "adagrad":
        for (let k = 0; k < p.length; k++) {
          second[k]! += g[k]! * g[k]!;
          p[k]! -= (learningRate * g[k]!) / (Math.sqrt(second[k]!) + epsilon);
        }
        return;
      case "rmsprop":
        for (let k = 0; k < p.length; k++) {
          second[k] = alpha * second[k]! + (1 - alpha) * g[k]! * g[k]!;
          const step = g[k]! / (Math.sqrt(second[k]!) + epsilon);
          first[k] = momentum * first[k]! + step;
          p[k]! -= learningRate * (momentum > 0 ? first[k]! : step);
        }
        return;
      case "adam":
      case "adamw": {
        const rate = learningRate / (1 - this.beta1Power);
        const correction = Math.sqrt(1 - this.beta2Power);
        for (let k = 0; k < p.length; k++) {
          first[k] = beta1 * first[k]! + (1 - beta1) * g[k]!;
          second[k] = beta2 * second[k]! + (1 - beta2) * g[k]! * g[k]!;
          p[k]! -= (rate * first[k]!) / (Math.sqrt(second[k]!) / correction + epsilon);
        }
      }
    }
  }
}

/**
 * Clips all gradients, in place.
 * norm: all together times min(1, at / (‖g‖ + 1e−6)), as `clip_grad_norm_`; value: each entry to ±at, as `clip_grad_value_`.
 * @param gradientNorm ‖g‖ over all of them
 */
export function clipGradients(gradients: NamedTensors, clip: Clip, gradientNorm: number): void {
  const factor = Math.min(1, clip.at / (gradientNorm + 1e-6));
  for (const { data } of Object.values(gradients)) {
    if (clip.type === "value")
      for (let k = 0; k < data.length; k++) data[k] = Math.max(-clip.at, Math.min(clip.at, data[k]!));
    else if (factor < 1) for (let k = 0; k < data.length; k++) data[k]! *= factor;
  }
}

/** ‖g‖ over all gradients together. */
export function gradientNorm(gradients: NamedTensors): number {
  return norm(...Object.values(gradients).map((tensor) => tensor.data));
}
