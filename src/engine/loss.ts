/**
 * What a step's loss ℓ_t is, its gradient, and what each ℓ_t counts in L.
 *   cross-entropy          ℓ = −Σ_j w_j q_j log p_j with q = (1 − ε) target + ε/O,  dℓ/dz = p Σ_j w_j q_j − w ∘ q
 *                          (of a class without weights and smoothing: log Σ_j e^z_j − z_target, p − onehot(target))
 *   binary cross-entropy   ℓ = Σ_j softplus(z_j) − target_j z_j,                     dℓ/dz = p − target
 *   squared error          ℓ = Σ_j (y_j − target_j)²,                                dℓ/dy = 2 (y − target)
 *   absolute error         ℓ = Σ_j |y_j − target_j|,                                 dℓ/dy = sign(y − target), 0 at 0
 *   huber                  ℓ = Σ_j ½ e² where |e| ≤ δ, else δ (|e| − ½ δ),           dℓ/dy = e cut to ±δ
 *   linear                 ℓ = Σ_j target_j y_j,                                     dℓ/dy = target
 * All times `factor`, and 1/O where `outputs` is the mean. Losses are taken of the logits, so that large ones give no infinity.
 */
import { logSumExp, sigmoid, softmax, softmaxBackward, softplus } from "./functions";
import type { Loss, LossType, OutputActivation, Sequence } from "./model";

/** One step's target: a class index, or a vector [O]. */
export type Target = number | Float64Array;

/** A step of class targets that has a row of probabilities instead. */
export const softTarget = -2;

/** The target of item k (0-based), or null where the step has none. */
export function targetAt(sequence: Sequence, k: number, outputSize: number): Target | null {
  const { targets } = sequence;
  if (!targets) return null;
  const row = (vectors: Float64Array) => vectors.subarray(k * outputSize, (k + 1) * outputSize);
  if (targets.kind === "vectors") return targets.present[k] ? row(targets.vectors) : null;
  const index = targets.classes[k]!;
  if (index >= 0) return index;
  return index === softTarget && targets.probabilities ? row(targets.probabilities) : null;
}

/** Whether item k (0-based) has a target. */
export function hasTarget({ targets }: Sequence, k: number): boolean {
  if (!targets) return false;
  return targets.kind === "classes" ? targets.classes[k]! !== -1 : targets.present[k] === 1;
}

/** How many steps from item `from` to before item `to` have a target. */
export function countTargets(sequence: Sequence, from = 0, to = sequence.length): number {
  if (!sequence.targets) return 0;
  let count = 0;
  for (let k = from; k < to; k++) if (hasTarget(sequence, k)) count++;
  return count;
}

// ------------------------------------------------------------------------------------------------ what a step counts

/** What a mean divides by: the sum, over the steps with a target, of the step's weight times its class's. */
export function divisorOf({ classWeights }: Loss, sequence: Sequence): number {
  const { targets, weights, length } = sequence;
  let sum = 0;
  for (let k = 0; k < length; k++) {
    if (!hasTarget(sequence, k)) continue;
    const index = targets?.kind === "classes" ? targets.classes[k]! : softTarget;
    sum += (weights?.[k] ?? 1) * (index >= 0 ? (classWeights?.[index] ?? 1) : 1);
  }
  return sum;
}

/** What each ℓ_t of a sequence is multiplied by: the step's weight times a number that is the same for all of its steps. */
export interface StepWeights {
  readonly scale: number;
  /** [T]; null where all are 1. */
  readonly weights: Float64Array | null;
}

/** a / b, and 0 where nothing is divided by. */
export function shareOf(a: number, b: number): number {
  return b === 0 ? 0 : a / b;
}

/** What each ℓ_t counts in its sequence's L. */
export function weightsInLoss(loss: Loss, sequence: Sequence): StepWeights {
  const { weight, weights } = sequence;
  return { scale: loss.reduction === "mean" ? shareOf(weight, divisorOf(loss, sequence)) : weight, weights };
}

/** What ℓ_t of item k (0-based) is multiplied by. */
export function weightAt({ scale, weights }: StepWeights, k: number): number {
  return weights ? scale * weights[k]! : scale;
}

// ------------------------------------------------------------------------------------------------ a step's loss

/** What the sum over the outputs is multiplied by. */
export function factorOf({ factor, outputs }: Loss, outputSize: number): number {
  return outputs === "mean" ? factor / outputSize : factor;
}

/** Whether a class's loss is −log p of it alone. */
function isPlain({ classWeights, labelSmoothing }: Loss): boolean {
  return classWeights === null && labelSmoothing === 0;
}

/** w_j q_j, what log p_j counts in the cross-entropy. */
export function crossEntropyWeight(
  { classWeights, labelSmoothing }: Loss,
  target: Target,
  O: number,
  j: number,
): number {
  const q = typeof target === "number" ? (j === target ? 1 : 0) : target[j]!;
  return (classWeights?.[j] ?? 1) * ((1 - labelSmoothing) * q + labelSmoothing / O);
}

/** ℓ_t of one step, in nats where it is an entropy. */
export function stepLoss(loss: Loss, z: Float64Array, y: Float64Array, target: Target): number {
  return factorOf(loss, z.length) * sumOverOutputs(loss, z, y, target);
}

function sumOverOutputs(loss: Loss, z: Float64Array, y: Float64Array, target: Target): number {
  let sum = 0;
  if (loss.type === "cross-entropy") {
    const all = logSumExp(z);
    if (typeof target === "number" && isPlain(loss)) return all - z[target]!;
    for (let j = 0; j < z.length; j++) {
      const weight = crossEntropyWeight(loss, target, z.length, j);
      // A class that does not count may have the probability 0.
      if (weight !== 0) sum += weight * (all - z[j]!);
    }
    return sum;
  }
  const vector = asVector(loss.type, target);
  switch (loss.type) {
    case "binary-cross-entropy":
      // softplus(z) − z target, from the side on which no digits cancel
      for (let j = 0; j < z.length; j++) sum += vector[j]! * softplus(-z[j]!) + (1 - vector[j]!) * softplus(z[j]!);
      return sum;
    case "mse":
      for (let j = 0; j < y.length; j++) sum += (y[j]! - vector[j]!) ** 2;
      return sum;
    case "mae":
      for (let j = 0; j < y.length; j++) sum += Math.abs(y[j]! - vector[j]!);
      return sum;
    case "huber": {
      const { delta } = loss;
      for (let j = 0; j < y.length; j++) {
        const size = Math.abs(y[j]! - vector[j]!);
        sum += size <= delta ? (size * size) / 2 : delta * (size - delta / 2);
      }
      return sum;
    }
    case "linear":
      for (let j = 0; j < y.length; j++) sum += vector[j]! * y[j]!;
      return sum;
  }
}

/**
 * dL/dz_t = weight · dℓ_t/dz_t, written into `dz` [O].
 * @param weight what ℓ_t is multiplied by
 */
export function stepLossBackward(
  loss: Loss,
  activation: OutputActivation,
  y: Float64Array,
  target: Target,
  weight: number,
  dz: Float64Array,
): void {
  const scale = weight * factorOf(loss, y.length);
  if (loss.type === "cross-entropy") {
    crossEntropyBackward(loss, y, target, scale, dz);
    return;
  }
  const vector = asVector(loss.type, target);
  if (loss.type === "binary-cross-entropy") {
    for (let j = 0; j < y.length; j++) dz[j] = (y[j]! - vector[j]!) * scale;
    return;
  }
  for (let j = 0; j < y.length; j++) dz[j] = scale * slopeOf(loss, y[j]!, vector[j]!);
  outputBackward(activation, y, dz, dz);
}

function crossEntropyBackward(loss: Loss, p: Float64Array, target: Target, scale: number, dz: Float64Array): void {
  if (typeof target === "number" && isPlain(loss)) {
    for (let j = 0; j < p.length; j++) dz[j] = (p[j]! - (j === target ? 1 : 0)) * scale;
    return;
  }
  let all = 0;
  for (let j = 0; j < p.length; j++) all += crossEntropyWeight(loss, target, p.length, j);
  for (let j = 0; j < p.length; j++) dz[j] = (p[j]! * all - crossEntropyWeight(loss, target, p.length, j)) * scale;
}

/** dℓ/dy of one output, before the factor. */
function slopeOf({ type, delta }: Loss, y: number, target: number): number {
  const error = y - target;
  switch (type) {
    case "mse":
      return 2 * error;
    case "mae":
      return Math.sign(error);
    case "huber":
      return Math.max(-delta, Math.min(delta, error));
    case "linear":
      return target;
    case "cross-entropy":
    case "binary-cross-entropy":
      throw new TypeError(`${type} has its gradient by the logits`);
  }
}

function asVector(type: LossType, target: Target): Float64Array {
  if (typeof target === "number") throw new TypeError(`${type} compares with a vector, found class ${target}`);
  return target;
}

// ------------------------------------------------------------------------------------------------ the output

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
