/**
 * The optimizers with PyTorch's meaning: g is the gradient (after clipping), p the parameter, η the learning rate.
 *   sgd      g += λp;  b = μb + g (b = g at first);  p −= η (g + μb with nesterov, else b)
 *   adagrad  g += λp;  s += g²;                      p −= η g / (√s + ε)                        Duchi et al. 2011
 *   rmsprop  g += λp;  s = αs + (1−α)g²;             p −= η g / (√s + ε), with momentum through b  Tieleman and Hinton 2012
 *   adam     g += λp;  m, v moving averages;         p −= η m̂ / (√v̂ + ε)                       Kingma and Ba 2015
 *   adamw    p −= ηλp first, then as adam without λ                                            Loshchilov and Hutter 2019
 */
import type { Expression, UpdateQuantity } from "./expression";
import { apply, constant, largest, minus, negative, one, quotient, smallest, sum, times } from "./expression";
import { expressionText, updateText } from "./expressionText";
import { norm } from "./functions";
import type { Clip, OptimizerSettings } from "./model";
import type { NamedTensors, Tensor } from "./tensor";
import { zerosLike } from "./tensor";

/** An operation of an update, as the stepper and a derivation write it: its one description. */
export interface UpdateOperation {
  readonly quantity: UpdateQuantity;
  readonly expression: Expression;
}

const of = (name: "p" | "gradient" | "norm" | UpdateQuantity): Expression => ({ kind: "update", name });
const remembered = (name: "b" | "s" | "m" | "v"): Expression => ({ kind: "memory", name });

/** One parameter's update by a fresh optimizer, in order; the last operation makes the new parameter. */
export function updateOperations(settings: OptimizerSettings, clip: Clip | null): UpdateOperation[] {
  const operations: UpdateOperation[] = [];
  const compute = (quantity: UpdateQuantity, expression: Expression): Expression => {
    operations.push({ quantity, expression });
    return of(quantity);
  };
  const setting = (key: keyof OptimizerSettings, symbol: string): Expression => ({
    kind: "setting",
    key: `optimizer.${key}`,
    symbol,
    value: Number(settings[key]),
  });
  const eta = setting("learningRate", "η");
  const lambda = setting("weightDecay", "λ");
  const mu = setting("momentum", "μ");
  const epsilon = setting("epsilon", "ε");
  const { type, weightDecay, momentum, nesterov } = settings;

  let g = of("gradient");
  if (clip) g = compute("clipped", clipped(clip, g));
  if (weightDecay !== 0 && type !== "adamw") g = compute("decayed", sum(g, times(lambda, of("p"))));

  const average = (weight: Expression, name: "s" | "m" | "v", next: Expression) =>
    compute(name, sum(times(weight, remembered(name)), times(minus(one, weight), next)));
  const scaled = (over: Expression, square: Expression) => quotient(over, sum(apply("√", square), epsilon));
  switch (type) {
    case "sgd": {
      if (momentum === 0) {
        compute("updated", minus(of("p"), times(eta, g)));
        break;
      }
      const b = compute("b", sum(times(mu, remembered("b")), g));
      compute("updated", minus(of("p"), times(eta, nesterov ? sum(g, times(mu, b)) : b)));
      break;
    }
    case "adagrad": {
      const s = compute("s", sum(remembered("s"), apply("square", g)));
      compute("updated", minus(of("p"), scaled(times(eta, g), s)));
      break;
    }
    case "rmsprop": {
      const s = average(setting("alpha", "α"), "s", apply("square", g));
      if (momentum > 0) {
        const b = compute("b", sum(times(mu, remembered("b")), scaled(g, s)));
        compute("updated", minus(of("p"), times(eta, b)));
      } else compute("updated", minus(of("p"), scaled(times(eta, g), s)));
      break;
    }
    case "adam":
    case "adamw": {
      const beta1 = setting("beta1", "β₁");
      const beta2 = setting("beta2", "β₂");
      // At the first update the corrections 1 − β^t are 1 − β.
      const mHat = compute("mHat", quotient(average(beta1, "m", g), minus(one, beta1)));
      const vHat = compute("vHat", quotient(average(beta2, "v", apply("square", g)), minus(one, beta2)));
      const decays = type === "adamw" && weightDecay !== 0;
      const p = decays ? times(minus(one, times(eta, lambda)), of("p")) : of("p");
      compute("updated", minus(p, scaled(times(eta, mHat), vHat)));
    }
  }
  return operations;
}

function clipped({ type, at }: Clip, g: Expression): Expression {
  const limit: Expression = { kind: "setting", key: "clip.at", symbol: "θ", value: at };
  return type === "value"
    ? largest(negative(limit), smallest(limit, g))
    : times(g, smallest(one, quotient(limit, sum(of("norm"), constant(normMargin)))));
}

/** One parameter's update in plain text, with this optimizer's numbers: `Wxh ← Wxh − 0.1 dWxh`. */
export function updateEquation(settings: OptimizerSettings, clip: Clip | null, parameter: string): string {
  return updateOperations(settings, clip)
    .map(({ quantity, expression }) => {
      const sign = quantity === "updated" ? "←" : "=";
      return `${updateText(quantity, parameter)} ${sign} ${expressionText(expression, { parameter })}`;
    })
    .join(", ");
}

/** What `clip_grad_norm_` adds to the norm, so that nothing is divided by 0. */
const normMargin = 1e-6;

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
  /** That of `settings`, until a schedule says another. */
  learningRate: number;

  constructor(private readonly settings: OptimizerSettings) {
    this.learningRate = settings.learningRate;
  }

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
    const { learningRate } = this;
    const { type, weightDecay, momentum, nesterov, beta1, beta2, alpha, epsilon } = this.settings;
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
  const factor = Math.min(1, clip.at / (gradientNorm + normMargin));
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
