/**
 * An equation as a tree: what the stepper prints, what a derivation puts numbers into, and what the cells, the read-out and the
 * optimizers say of themselves in one place. Every expression stands for a vector (or a matrix, entry by entry, in an update);
 * products with a matrix aside, operations go element by element.
 */

import type { ElementFunction } from "./functions";
import { elementFunctions, oneHot, softmax } from "./functions";
import { addInput, addMatTransposedVec, addMatVec } from "./linear";
import type { StepInput } from "./step";
import type { Tensor } from "./tensor";

export type { ElementFunction } from "./functions";

/** At this step, at the one before (in the pass's own direction), or at the one after. */
export type Time = "now" | "before" | "after";

/** A number of the file's training settings. */
export interface Setting {
  readonly kind: "setting";
  /** Its place in `training`: `optimizer.learningRate`, `clip.at` */
  readonly key: string;
  /** `η` */
  readonly symbol: string;
  readonly value: number;
}

/** What an expression takes from elsewhere. */
export type Leaf =
  /** A quantity of the pass, [H], or of the read-out, [O]; `before` at the first step is the initial state. */
  | { readonly kind: "value"; readonly name: string; readonly time: Time }
  /** The gradient of a quantity; `after` at the last step is 0. */
  | { readonly kind: "gradient"; readonly name: string; readonly time: "now" | "after" }
  /** dL/dh_t from the layers above and this step's loss, [H]. */
  | { readonly kind: "above" }
  /** x_t, [X]; `after` at the last step is not there */
  | { readonly kind: "input"; readonly time: "now" | "after" }
  /** A parameter that is a vector, [H] or [O]: mostly a bias. */
  | { readonly kind: "bias"; readonly name: string }
  /** A constant of a cell, which is one number: `α`. */
  | { readonly kind: "named"; readonly name: string; readonly value: number }
  /** The step's target, [O]; a class is the vector with a 1 at it. */
  | { readonly kind: "target"; readonly type: "class" | "vector" }
  /** w, what each class counts, [O]. */
  | { readonly kind: "classWeight" }
  /** N: how many steps have a target. */
  | { readonly kind: "targetCount" }
  /** ω_t: what ℓ_t is multiplied by in L. */
  | { readonly kind: "stepWeight" }
  /** What is read where passes end: h_1 of a backward one, or [h_T; h_1] of both. */
  | { readonly kind: "ends"; readonly of: "backward" | "both" }
  | Setting
  /** In an update: the parameter p, its gradient, the norm of all gradients, or something that the update has computed before. */
  | { readonly kind: "update"; readonly name: "p" | "gradient" | "norm" | UpdateQuantity }
  /** What the optimizer remembers of the update before; 0 at its first. */
  | { readonly kind: "memory"; readonly name: "b" | "s" | "m" | "v" };

export type Expression =
  | Leaf
  | { readonly kind: "constant"; readonly value: number }
  /** W v, or Wᵀ v. */
  | { readonly kind: "product"; readonly matrix: string; readonly transposed: boolean; readonly of: Expression }
  /** The matrix u vᵀ. */
  | { readonly kind: "outer"; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "sum"; readonly terms: readonly Expression[] }
  | { readonly kind: "difference"; readonly from: Expression; readonly minus: Expression }
  | { readonly kind: "negative"; readonly of: Expression }
  | { readonly kind: "times"; readonly factors: readonly Expression[] }
  | { readonly kind: "quotient"; readonly over: Expression; readonly under: Expression }
  /** v^n, n being one number: a constant, or made of constants. */
  | { readonly kind: "power"; readonly of: Expression; readonly exponent: Expression }
  | { readonly kind: "extreme"; readonly which: "min" | "max"; readonly of: readonly Expression[] }
  | { readonly kind: "apply"; readonly function: ElementFunction; readonly of: Expression }
  | { readonly kind: "softmax"; readonly of: Expression }
  /** log Σ_j e^v_j */
  | { readonly kind: "logSumExp"; readonly of: Expression }
  /** The entry at the step's class. */
  | { readonly kind: "atTarget"; readonly of: Expression }
  /** Σ_j over the entries of a vector [O]. */
  | { readonly kind: "total"; readonly of: Expression }
  /** The mean or the sum over a layer's units: one number, the same for every unit. */
  | { readonly kind: "pool"; readonly over: "mean" | "sum"; readonly of: Expression };

export const now = (name: string): Expression => ({ kind: "value", name, time: "now" });
export const before = (name: string): Expression => ({ kind: "value", name, time: "before" });
export const after = (name: string): Expression => ({ kind: "value", name, time: "after" });
export const gradient = (name: string): Expression => ({ kind: "gradient", name, time: "now" });
export const gradientAfter = (name: string): Expression => ({ kind: "gradient", name, time: "after" });
export const above: Expression = { kind: "above" };
export const input: Expression = { kind: "input", time: "now" };
export const bias = (name: string): Expression => ({ kind: "bias", name });
export const classWeight: Expression = { kind: "classWeight" };
export const named = (name: string, value: number): Expression => ({ kind: "named", name, value });
export const constant = (value: number): Expression => ({ kind: "constant", value });
export const one: Expression = constant(1);
export const product = (matrix: string, of: Expression): Expression => ({
  kind: "product",
  matrix,
  transposed: false,
  of,
});
export const transposed = (matrix: string, of: Expression): Expression => ({
  kind: "product",
  matrix,
  transposed: true,
  of,
});
export const outer = (left: Expression, right: Expression): Expression => ({ kind: "outer", left, right });
export const sum = (...terms: Expression[]): Expression => ({ kind: "sum", terms });
export const minus = (from: Expression, what: Expression): Expression => ({ kind: "difference", from, minus: what });
export const negative = (of: Expression): Expression => ({ kind: "negative", of });
export const times = (...factors: Expression[]): Expression => ({ kind: "times", factors });
export const quotient = (over: Expression, under: Expression): Expression => ({ kind: "quotient", over, under });
export const power = (of: Expression, exponent: Expression): Expression => ({ kind: "power", of, exponent });
export const smallest = (...of: Expression[]): Expression => ({ kind: "extreme", which: "min", of });
export const largest = (...of: Expression[]): Expression => ({ kind: "extreme", which: "max", of });
export const apply = (name: ElementFunction, of: Expression): Expression => ({ kind: "apply", function: name, of });
export const softmaxOf = (of: Expression): Expression => ({ kind: "softmax", of });
export const logSumExpOf = (of: Expression): Expression => ({ kind: "logSumExp", of });
export const atTarget = (of: Expression): Expression => ({ kind: "atTarget", of });
export const total = (of: Expression): Expression => ({ kind: "total", of });
export const pool = (over: "mean" | "sum", of: Expression): Expression => ({ kind: "pool", over, of });

/** Where an expression's numbers come from. */
export interface Surroundings {
  /** [H] */
  value(name: string, time: Time): Float64Array;
  /** [H]; null for `after` at the last step */
  gradient(name: string, time: "now" | "after"): Float64Array | null;
  above(): Float64Array;
  /** null for `after` at the last step */
  input(time: "now" | "after"): StepInput | null;
  parameter(name: string): Tensor;
  /** H */
  readonly size: number;
}

/** The value of one element function. */
export function applyFunction(name: ElementFunction, v: number): number {
  return elementFunctions[name](v);
}

/** The vector that a cell's expression stands for, made anew: [H], or [X] for a transposed product with an input matrix. */
export function evaluate(expression: Expression, from: Surroundings): Float64Array {
  switch (expression.kind) {
    case "value":
      return from.value(expression.name, expression.time).slice();
    case "gradient":
      return from.gradient(expression.name, expression.time)?.slice() ?? new Float64Array(from.size);
    case "above":
      return from.above().slice();
    case "bias":
      return from.parameter(expression.name).data.slice();
    case "constant":
      return new Float64Array(from.size).fill(expression.value);
    case "named":
      return new Float64Array(from.size).fill(expression.value);
    case "input":
      return inputVector(from.input(expression.time), from.size);
    case "product":
      return evaluateProduct(expression, from);
    case "sum":
      return combine(expression.terms, from, (a, b) => a + b);
    case "times":
      return combine(expression.factors, from, (a, b) => a * b);
    case "difference":
      return combine([expression.from, expression.minus], from, (a, b) => a - b);
    case "apply":
      return evaluate(expression.of, from).map((v) => elementFunctions[expression.function](v));
    case "negative":
      return evaluate(expression.of, from).map((v) => -v);
    case "quotient":
      return combine([expression.over, expression.under], from, (a, b) => a / b);
    case "power":
      return combine([expression.of, expression.exponent], from, (a, b) => a ** b);
    case "extreme":
      return combine(expression.of, from, expression.which === "min" ? Math.min : Math.max);
    case "softmax": {
      const v = evaluate(expression.of, from);
      softmax(v, v);
      return v;
    }
    case "pool": {
      const v = evaluate(expression.of, from);
      const sum = v.reduce((a, b) => a + b, 0);
      return v.fill(expression.over === "mean" ? sum / v.length : sum);
    }
    case "target":
    case "classWeight":
    case "targetCount":
    case "stepWeight":
    case "ends":
    case "setting":
    case "update":
    case "memory":
    case "outer":
    case "logSumExp":
    case "atTarget":
    case "total":
      throw new TypeError(`a cell's operation has no ${expression.kind}`);
  }
}

/** x_t as numbers: of a token a vector with a 1 at it. */
function inputVector(x: StepInput | null, size: number): Float64Array {
  if (x === null) return new Float64Array(size);
  return x.token < 0 ? x.vector.slice() : oneHot(x.token, size);
}

function evaluateProduct(expression: Expression & { kind: "product" }, from: Surroundings): Float64Array {
  const W = from.parameter(expression.matrix);
  if (expression.transposed) {
    const out = new Float64Array(W.cols);
    addMatTransposedVec(out, W, evaluate(expression.of, from));
    return out;
  }
  const out = new Float64Array(W.rows);
  if (expression.of.kind === "input") {
    const x = from.input(expression.of.time);
    if (x) addInput(out, W, x);
  } else addMatVec(out, W, evaluate(expression.of, from));
  return out;
}

function combine(
  parts: readonly Expression[],
  from: Surroundings,
  operation: (a: number, b: number) => number,
): Float64Array {
  const [first, ...rest] = parts.map((part) => evaluate(part, from));
  if (!first) throw new RangeError("an empty sum or product");
  for (const part of rest) for (let i = 0; i < first.length; i++) first[i] = operation(first[i]!, part[i]!);
  return first;
}

/** What an update computes of one parameter, on the way and in the end; `updated` is the new parameter. */
export type UpdateQuantity = "clipped" | "decayed" | "b" | "s" | "m" | "v" | "mHat" | "vHat" | "updated";

const numberKinds: ReadonlySet<Leaf["kind"]> = new Set(["setting", "named", "targetCount", "stepWeight"]);

/** What depends on how many units there are, even where it is of a number. */
const acrossUnits: ReadonlySet<Expression["kind"]> = new Set(["product", "pool", "softmax"]);

/** One number, where the others are vectors. */
export function isNumber(expression: Expression): boolean {
  if (!isLeaf(expression)) return !acrossUnits.has(expression.kind) && childrenOf(expression).every(isNumber);
  const { kind } = expression;
  return numberKinds.has(kind) || (kind === "update" && expression.name === "norm");
}

/** What an expression is made of directly; nothing for a leaf and a number. */
export function childrenOf(expression: Expression): readonly Expression[] {
  if (isLeaf(expression)) return [];
  switch (expression.kind) {
    case "product":
    case "negative":
    case "apply":
    case "softmax":
    case "logSumExp":
    case "atTarget":
    case "total":
    case "pool":
      return [expression.of];
    case "sum":
      return expression.terms;
    case "times":
      return expression.factors;
    case "extreme":
      return expression.of;
    case "difference":
      return [expression.from, expression.minus];
    case "quotient":
      return [expression.over, expression.under];
    case "power":
      return [expression.of, expression.exponent];
    case "outer":
      return [expression.left, expression.right];
    case "constant":
      return [];
  }
}

/** The same around other parts: each direct part as `change` makes it. */
export function withChildren(expression: Expression, change: (child: Expression) => Expression): Expression {
  if (isLeaf(expression)) return expression;
  switch (expression.kind) {
    case "product":
    case "negative":
    case "apply":
    case "softmax":
    case "logSumExp":
    case "atTarget":
    case "total":
    case "pool":
      return { ...expression, of: change(expression.of) };
    case "sum":
      return sum(...expression.terms.map(change));
    case "times":
      return times(...expression.factors.map(change));
    case "extreme":
      return { ...expression, of: expression.of.map(change) };
    case "difference":
      return minus(change(expression.from), change(expression.minus));
    case "quotient":
      return quotient(change(expression.over), change(expression.under));
    case "power":
      return power(change(expression.of), change(expression.exponent));
    case "outer":
      return outer(change(expression.left), change(expression.right));
    case "constant":
      return expression;
  }
}

/** The same with other leaves. */
export function withLeaves(expression: Expression, change: (leaf: Leaf) => Expression): Expression {
  return isLeaf(expression) ? change(expression) : withChildren(expression, (child) => withLeaves(child, change));
}

const leafKinds: Readonly<Record<Leaf["kind"], true>> = {
  value: true,
  gradient: true,
  above: true,
  input: true,
  bias: true,
  named: true,
  target: true,
  classWeight: true,
  targetCount: true,
  stepWeight: true,
  ends: true,
  setting: true,
  update: true,
  memory: true,
};

/** Whether an expression is taken from elsewhere as it is. */
export function isLeaf(expression: Expression): expression is Leaf {
  return Object.hasOwn(leafKinds, expression.kind);
}

/** Everything that an expression takes from elsewhere, in the order in which it is written. */
export function symbolsIn(expression: Expression): Leaf[] {
  return isLeaf(expression) ? [expression] : childrenOf(expression).flatMap(symbolsIn);
}
