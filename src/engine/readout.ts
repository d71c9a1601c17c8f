/**
 * The read-out of the top layer, its loss and their gradient.
 *   z_t = Why h_t + by,   y_t = activation(z_t)
 *   cross-entropy          ℓ = log Σ_j e^z_j − z_target,               dℓ/dz = p − onehot(target)
 *   binary cross-entropy   ℓ = Σ_j softplus(z_j) − target_j z_j,       dℓ/dz = p − target
 *   mean squared error     ℓ = Σ_j (y_j − target_j)²,                  dℓ/dy = 2 (y − target)
 * Losses are taken of the logits, so that large ones give no infinity.
 */
import type { Expression } from "./expression";
import {
  apply,
  atTarget,
  bias,
  constant,
  gradient,
  logSumExpOf,
  minus,
  negative,
  now,
  one,
  outer,
  product,
  quotient,
  softmaxOf,
  sum,
  times,
  total,
  transposed,
} from "./expression";
import { logSumExp, sigmoid, softmax, softmaxBackward, softplus } from "./functions";
import type { Loss, LossType, OutputActivation, Sequence } from "./model";

const classTarget: Expression = { kind: "target", type: "class" };
const vectorTarget: Expression = { kind: "target", type: "vector" };

/** What the output is called: probabilities p, else y. */
export function outputName(activation: OutputActivation): "p" | "y" {
  return activation === "softmax" ? "p" : "y";
}

/** z_t, with h the top layer's. */
export const logitsExpression: Expression = sum(product("Why", now("h")), bias("by"));

/** dL/dh_t of the top layer from this step's loss. */
export const stateGradientExpression: Expression = transposed("Why", gradient("z"));

/** A step's share of the read-out's gradients, by the parameter's short name. */
export const readoutShares: Readonly<Record<string, Expression>> = {
  Why: outer(gradient("z"), now("h")),
  by: gradient("z"),
};

/** y_t, or p_t, of the logits. */
export function outputExpression(activation: OutputActivation): Expression {
  const z = now("z");
  if (activation === "softmax") return softmaxOf(z);
  if (activation === "linear") return z;
  return apply(activation === "sigmoid" ? "σ" : activation, z);
}

/** ℓ_t as the textbooks write it: of the output. */
export function lossExpression(type: LossType, activation: OutputActivation): Expression {
  const y = now(outputName(activation));
  switch (type) {
    case "cross-entropy":
      return negative(apply("log", atTarget(y)));
    case "binary-cross-entropy":
      return negative(
        total(sum(times(vectorTarget, apply("log", y)), times(minus(one, vectorTarget), apply("log", minus(one, y))))),
      );
    case "mse":
      return total(apply("square", minus(y, vectorTarget)));
  }
}

/** The same ℓ_t of the logits, as it is computed: where an output is all but 0 or 1, only they have the digits. Null for mse. */
export function lossOfLogitsExpression(type: LossType): Expression | null {
  const z = now("z");
  switch (type) {
    case "cross-entropy":
      return minus(logSumExpOf(z), atTarget(z));
    case "binary-cross-entropy":
      return total(
        sum(times(vectorTarget, apply("softplus", negative(z))), times(minus(one, vectorTarget), apply("softplus", z))),
      );
    case "mse":
      return null;
  }
}

/** dL/dz_t of a step with a target. */
export function logitGradientExpression({ type, reduction }: Loss, activation: OutputActivation): Expression {
  const y = now(outputName(activation));
  const ofStep =
    type === "mse" ? errorGradient(activation, y) : minus(y, type === "cross-entropy" ? classTarget : vectorTarget);
  return reduction === "mean" ? quotient(ofStep, { kind: "targetCount" }) : ofStep;
}

/** dℓ/dz of the squared error: 2 (y − target) through the activation's derivative. */
function errorGradient(activation: OutputActivation, y: Expression): Expression {
  const dy = [constant(2), minus(y, vectorTarget)] as const;
  switch (activation) {
    case "linear":
      return times(...dy);
    case "tanh":
      return times(...dy, minus(one, apply("square", y)));
    case "sigmoid":
      return times(...dy, y, minus(one, y));
    case "softmax":
      return times(y, minus(times(...dy), total(times(...dy, y))));
  }
}

/** y = activation(z), both [O]. */
export function activateOutput(activation: OutputActivation, z: Float64Array, y: Float64Array): void {
  switch (activation) {
    case "softmax":
      return softmax(z, y);
    case "sigmoid":
      for (let j = 0; j < z.length; j++) y[j] = sigmoid(z[j]!);
      return;
    case "tanh":
      for (let j = 0; j < z.length; j++) y[j] = Math.tanh(z[j]!);
      return;
    case "linear":
      y.set(z);
  }
}

/** dz = the activation's vector-Jacobian product with dy, all [O]. `dz` may be `dy`. */
function outputBackward(activation: OutputActivation, y: Float64Array, dy: Float64Array, dz: Float64Array): void {
  switch (activation) {
    case "softmax":
      return softmaxBackward(y, dy, dz);
    case "sigmoid":
      for (let j = 0; j < y.length; j++) dz[j] = dy[j]! * y[j]! * (1 - y[j]!);
      return;
    case "tanh":
      for (let j = 0; j < y.length; j++) dz[j] = dy[j]! * (1 - y[j]! * y[j]!);
      return;
    case "linear":
      if (dz !== dy) dz.set(dy);
  }
}

/** One step's target: a class index, or a vector [O]. */
export type Target = number | Float64Array;

/** The target of item k (0-based), or null where the step has none. */
export function targetAt(sequence: Sequence, k: number, outputSize: number): Target | null {
  const { targets } = sequence;
  if (!targets) return null;
  if (targets.kind === "classes") return targets.classes[k]! < 0 ? null : targets.classes[k]!;
  return targets.present[k] ? targets.vectors.subarray(k * outputSize, (k + 1) * outputSize) : null;
}

/** How many steps from item `from` to before item `to` have a target. */
export function countTargets(sequence: Sequence, from = 0, to = sequence.length): number {
  const { targets } = sequence;
  if (!targets) return 0;
  let count = 0;
  for (let k = from; k < to; k++)
    if (targets.kind === "classes" ? targets.classes[k]! >= 0 : targets.present[k]) count++;
  return count;
}

/** ℓ_t of one step, in nats where it is an entropy. */
export function stepLoss(type: LossType, z: Float64Array, y: Float64Array, target: Target): number {
  switch (type) {
    case "cross-entropy": {
      if (typeof target !== "number") throw new TypeError("cross-entropy compares with a class, found a vector");
      return logSumExp(z) - z[target]!;
    }
    case "binary-cross-entropy": {
      const vector = asVector(type, target);
      let loss = 0;
      // softplus(z) − z target, from the side on which no digits cancel
      for (let j = 0; j < z.length; j++) loss += vector[j]! * softplus(-z[j]!) + (1 - vector[j]!) * softplus(z[j]!);
      return loss;
    }
    case "mse": {
      const vector = asVector(type, target);
      let loss = 0;
      for (let j = 0; j < y.length; j++) loss += (y[j]! - vector[j]!) ** 2;
      return loss;
    }
  }
}

/**
 * dL/dz_t = weight · dℓ_t/dz_t, written into `dz` [O].
 * @param weight 1 for reduction sum, 1/N for mean
 */
export function stepLossBackward(
  type: LossType,
  activation: OutputActivation,
  y: Float64Array,
  target: Target,
  weight: number,
  dz: Float64Array,
): void {
  switch (type) {
    case "cross-entropy":
      for (let j = 0; j < y.length; j++) dz[j] = (y[j]! - (j === target ? 1 : 0)) * weight;
      return;
    case "binary-cross-entropy": {
      const vector = asVector(type, target);
      for (let j = 0; j < y.length; j++) dz[j] = (y[j]! - vector[j]!) * weight;
      return;
    }
    case "mse": {
      const vector = asVector(type, target);
      for (let j = 0; j < y.length; j++) dz[j] = 2 * (y[j]! - vector[j]!) * weight;
      outputBackward(activation, y, dz, dz);
    }
  }
}

function asVector(type: LossType, target: Target): Float64Array {
  if (typeof target === "number") throw new TypeError(`${type} compares with a vector, found class ${target}`);
  return target;
}
