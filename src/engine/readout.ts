/** The equations of the read-out of the top layer, of its loss and of their gradients, as they are written and explained. */
import type { Expression } from "./expression";
import {
  apply,
  atTarget,
  bias,
  classWeight,
  constant,
  gradient,
  input,
  largest,
  logSumExpOf,
  minus,
  negative,
  now,
  one,
  outer,
  product,
  quotient,
  smallest,
  softmaxOf,
  sum,
  times,
  total,
  transposed,
} from "./expression";
import type { Target } from "./loss";
import type { Loss, Model, Output, OutputActivation, Sequence } from "./model";
import { readsBackward } from "./model";

/** What a step is compared with. */
export type TargetKind = "class" | "vector";

/** Of most of a sequence's steps. */
export function targetKindOf({ targets }: Sequence): TargetKind {
  return targets?.kind === "classes" && targets.classes.some((index) => index >= 0) ? "class" : "vector";
}

export const kindOfTarget = (target: Target): TargetKind => (typeof target === "number" ? "class" : "vector");

const targetOf = (type: TargetKind): Expression => ({ kind: "target", type });

/** What the output is called: probabilities p, else y. */
export function outputName(activation: OutputActivation): "p" | "y" {
  return activation === "softmax" ? "p" : "y";
}

/** What the read-out reads of the top layer: h_t, or where its passes end. */
export function readExpression({ output, layers }: Pick<Model, "output" | "layers">): Expression {
  const top = layers.at(-1)!;
  if (output.at !== "ends" || !readsBackward(top)) return now("h");
  return { kind: "ends", of: top.direction === "both" ? "both" : "backward" };
}

/** z_t, with h the top layer's. */
export function logitsExpression(model: Pick<Model, "output" | "layers">): Expression {
  const { Why, by, Wxy, skip } = model.output;
  const h = readExpression(model);
  const terms = [
    Why ? product("Why", h) : h,
    ...(Wxy ? [product("Wxy", input)] : []),
    ...(by ? [bias("by")] : []),
    ...(skip ? [input] : []),
  ];
  return terms.length === 1 ? terms[0]! : sum(...terms);
}

/** dL/dh_t of the top layer from this step's loss; of the ends, of all that is read. */
export function stateGradientExpression({ Why }: Output): Expression {
  return Why ? transposed("Why", gradient("z")) : gradient("z");
}

/** What dL/dx_t has from the read-out, null where the input is not read. */
export function inputGradientOfReadout({ Wxy, skip }: Output): Expression | null {
  const terms = [...(Wxy ? [transposed("Wxy", gradient("z"))] : []), ...(skip ? [gradient("z")] : [])];
  return terms.length > 1 ? sum(...terms) : (terms[0] ?? null);
}

/** A step's share of the read-out's gradients, by the parameter's short name. */
export function readoutShares(model: Pick<Model, "output" | "layers">): Readonly<Record<string, Expression>> {
  const { Why, by, Wxy } = model.output;
  return {
    ...(Why && { Why: outer(gradient("z"), readExpression(model)) }),
    ...(by && { by: gradient("z") }),
    ...(Wxy && { Wxy: outer(gradient("z"), input) }),
  };
}

/** y_t, or p_t, of the logits. */
export function outputExpression(activation: OutputActivation): Expression {
  const z = now("z");
  if (activation === "softmax") return softmaxOf(z);
  if (activation === "linear") return z;
  return apply(activation === "sigmoid" ? "σ" : activation, z);
}

/** ℓ_t as the textbooks write it: of the output. */
export function lossExpression(loss: Loss, activation: OutputActivation, kind: TargetKind, O: number): Expression {
  return scaled(loss, O, sumOfOutputs(loss, activation, kind, O));
}

function sumOfOutputs(loss: Loss, activation: OutputActivation, kind: TargetKind, O: number): Expression {
  const y = now(outputName(activation));
  const target = targetOf(kind);
  switch (loss.type) {
    case "cross-entropy":
      return crossEntropy(loss, kind, O, apply("log", y));
    case "binary-cross-entropy":
      return negative(
        total(sum(times(target, apply("log", y)), times(minus(one, target), apply("log", minus(one, y))))),
      );
    case "mse":
      return total(apply("square", minus(y, target)));
    case "mae":
      return total(apply("abs", minus(y, target)));
    case "huber":
      return total(huber(loss.delta, minus(y, target)));
    case "linear":
      return total(times(target, y));
  }
}

/** δ (|e| − ½ δ), and ½ e² where |e| ≤ δ: both are m (|e| − ½ m) with m the smaller one of |e| and δ. */
function huber(delta: number, error: Expression): Expression {
  const size = apply("abs", error);
  const cut = smallest(size, constant(delta));
  return times(cut, minus(size, times(constant(0.5), cut)));
}

/** −Σ_j w_j q_j log p_j; of a class alone where the others do not count. */
function crossEntropy(loss: Loss, kind: TargetKind, O: number, logarithm: Expression): Expression {
  const { classWeights, labelSmoothing } = loss;
  if (kind === "class" && labelSmoothing === 0) {
    const ofTarget = negative(atTarget(logarithm));
    return classWeights ? times(atTarget(classWeight), ofTarget) : ofTarget;
  }
  return negative(total(times(countOf(loss, kind, O), logarithm)));
}

/** w_j q_j: what log p_j counts. */
function countOf({ classWeights, labelSmoothing }: Loss, kind: TargetKind, O: number): Expression {
  const target = targetOf(kind);
  const smoothed =
    labelSmoothing === 0
      ? target
      : sum(times(minus(one, constant(labelSmoothing)), target), quotient(constant(labelSmoothing), constant(O)));
  return classWeights ? times(classWeight, smoothed) : smoothed;
}

/** The mean over the outputs where the file asks for it, times its factor. */
function scaled({ factor, outputs }: Loss, O: number, expression: Expression): Expression {
  const mean = outputs === "mean" ? quotient(expression, constant(O)) : expression;
  return factor === 1 ? mean : times(constant(factor), mean);
}

/** The same ℓ_t of the logits, as it is computed: where an output is all but 0 or 1, only they have the digits. Null where the output has them. */
export function lossOfLogitsExpression(loss: Loss, kind: TargetKind, O: number): Expression | null {
  const z = now("z");
  const target = targetOf(kind);
  switch (loss.type) {
    case "cross-entropy": {
      const isPlain = kind === "class" && loss.labelSmoothing === 0 && !loss.classWeights;
      const ofLogits = isPlain
        ? minus(logSumExpOf(z), atTarget(z))
        : crossEntropy(loss, kind, O, minus(z, logSumExpOf(z)));
      return scaled(loss, O, ofLogits);
    }
    case "binary-cross-entropy":
      return scaled(
        loss,
        O,
        total(sum(times(target, apply("softplus", negative(z))), times(minus(one, target), apply("softplus", z)))),
      );
    case "mse":
    case "mae":
    case "huber":
    case "linear":
      return null;
  }
}

/** Whether what a step counts in L is not simply 1, or 1/N. */
export function countsDifferently({ classWeights, reduction }: Loss, { weights, weight }: Sequence): boolean {
  return weights !== null || weight !== 1 || (reduction === "mean" && classWeights !== null);
}

/** L of the sum of the losses ℓ_t, or of one of them: what it is multiplied by or divided by. */
function counted(loss: Loss, sequence: Sequence, ofStep: Expression): Expression {
  if (countsDifferently(loss, sequence)) return times({ kind: "stepWeight" }, ofStep);
  return loss.reduction === "mean" ? quotient(ofStep, { kind: "targetCount" }) : ofStep;
}

/** dL/dz_t of a step with a target. */
export function logitGradientExpression(
  loss: Loss,
  activation: OutputActivation,
  kind: TargetKind,
  O: number,
  sequence: Sequence,
): Expression {
  return counted(loss, sequence, scaled(loss, O, lossGradient(loss, activation, kind, O)));
}

function lossGradient(loss: Loss, activation: OutputActivation, kind: TargetKind, O: number): Expression {
  const y = now(outputName(activation));
  const target = targetOf(kind);
  const error = minus(y, target);
  switch (loss.type) {
    case "cross-entropy": {
      if (kind === "class" && loss.labelSmoothing === 0)
        return loss.classWeights ? times(atTarget(classWeight), error) : error;
      const count = countOf(loss, kind, O);
      return minus(times(y, total(count)), count);
    }
    case "binary-cross-entropy":
      return error;
    case "mse":
      return throughActivation(activation, y, [constant(2), error]);
    case "mae":
      return throughActivation(activation, y, [apply("sign", error)]);
    case "huber":
      return throughActivation(activation, y, [largest(constant(-loss.delta), smallest(constant(loss.delta), error))]);
    case "linear":
      return throughActivation(activation, y, [target]);
  }
}

/** dℓ/dz of dℓ/dy, a product, through the activation's derivative. */
function throughActivation(activation: OutputActivation, y: Expression, dy: readonly Expression[]): Expression {
  switch (activation) {
    case "linear":
      return dy.length === 1 ? dy[0]! : times(...dy);
    case "tanh":
      return times(...dy, minus(one, apply("square", y)));
    case "sigmoid":
      return times(...dy, y, minus(one, y));
    case "softmax":
      return times(y, minus(dy.length === 1 ? dy[0]! : times(...dy), total(times(...dy, y))));
  }
}
