/**
 * An equation of one step as a tree: what the stepper prints, what a derivation evaluates, and what the cell's file says in one
 * place. Every expression stands for a vector; products with a matrix aside, operations go element by element.
 */

import type { StepInput } from "./cell";
import { sigmoid } from "./functions";
import { addInput, addMatTransposedVec, addMatVec } from "./linear";
import type { Tensor } from "./tensor";

/** At this step, at the one before (in the pass's own direction), or at the one after. */
export type Time = "now" | "before" | "after";

export type ElementFunction = "tanh" | "σ" | "relu" | "square" | "positive";

export type Expression =
  /** A quantity of the pass, [H]; `before` at the first step is the initial state. */
  | { readonly kind: "value"; readonly name: string; readonly time: Time }
  /** The gradient of a quantity, [H]; `after` at the last step is 0. */
  | { readonly kind: "gradient"; readonly name: string; readonly time: "now" | "after" }
  /** dL/dh_t from the layers above and this step's loss, [H]. */
  | { readonly kind: "above" }
  /** x_t, [X] */
  | { readonly kind: "input" }
  /** A bias, [H]. */
  | { readonly kind: "bias"; readonly name: string }
  | { readonly kind: "constant"; readonly value: number }
  /** W v, or Wᵀ v. */
  | { readonly kind: "product"; readonly matrix: string; readonly transposed: boolean; readonly of: Expression }
  | { readonly kind: "sum"; readonly terms: readonly Expression[] }
  | { readonly kind: "difference"; readonly from: Expression; readonly minus: Expression }
  | { readonly kind: "times"; readonly factors: readonly Expression[] }
  | { readonly kind: "apply"; readonly function: ElementFunction; readonly of: Expression };

export const now = (name: string): Expression => ({ kind: "value", name, time: "now" });
export const before = (name: string): Expression => ({ kind: "value", name, time: "before" });
export const after = (name: string): Expression => ({ kind: "value", name, time: "after" });
export const gradient = (name: string): Expression => ({ kind: "gradient", name, time: "now" });
export const gradientAfter = (name: string): Expression => ({ kind: "gradient", name, time: "after" });
export const above: Expression = { kind: "above" };
export const input: Expression = { kind: "input" };
export const bias = (name: string): Expression => ({ kind: "bias", name });
export const one: Expression = { kind: "constant", value: 1 };
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
export const sum = (...terms: Expression[]): Expression => ({ kind: "sum", terms });
export const minus = (from: Expression, what: Expression): Expression => ({ kind: "difference", from, minus: what });
export const times = (...factors: Expression[]): Expression => ({ kind: "times", factors });
export const apply = (name: ElementFunction, of: Expression): Expression => ({ kind: "apply", function: name, of });

/** Where an expression's numbers come from. */
export interface Surroundings {
  /** [H] */
  value(name: string, time: Time): Float64Array;
  /** [H]; null for `after` at the last step */
  gradient(name: string, time: "now" | "after"): Float64Array | null;
  above(): Float64Array;
  input(): StepInput;
  parameter(name: string): Tensor;
  /** H */
  readonly size: number;
}

const functions: Record<ElementFunction, (v: number) => number> = {
  tanh: Math.tanh,
  σ: sigmoid,
  relu: (v) => (v <= 0 ? 0 : v),
  square: (v) => v * v,
  positive: (v) => (v > 0 ? 1 : 0),
};

/** The value of one element function. */
export function applyFunction(name: ElementFunction, v: number): number {
  return functions[name](v);
}

/** The vector that an expression stands for, made anew: [H], or [X] for a transposed product with an input matrix. */
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
    case "input":
      throw new TypeError("x_t stands for numbers in a product with a matrix alone");
    case "product":
      return evaluateProduct(expression, from);
    case "sum":
      return combine(expression.terms, from, (a, b) => a + b);
    case "times":
      return combine(expression.factors, from, (a, b) => a * b);
    case "difference":
      return combine([expression.from, expression.minus], from, (a, b) => a - b);
    case "apply":
      return evaluate(expression.of, from).map(functions[expression.function]);
  }
}

function evaluateProduct(expression: Expression & { kind: "product" }, from: Surroundings): Float64Array {
  const W = from.parameter(expression.matrix);
  if (expression.transposed) {
    const out = new Float64Array(W.cols);
    addMatTransposedVec(out, W, evaluate(expression.of, from));
    return out;
  }
  const out = new Float64Array(W.rows);
  if (expression.of.kind === "input") addInput(out, W, from.input());
  else addMatVec(out, W, evaluate(expression.of, from));
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

const timeText: Record<Time, string> = { now: "_t", before: "_{t−1}", after: "_{t+1}" };

/** `dL/dh_t`; of a gate's pre-activation `dL/da^i_t`. */
export function gradientText(name: string, time: Time, preActivations: ReadonlySet<string>): string {
  return `dL/d${preActivations.has(name) ? `a^${name}` : name}${timeText[time]}`;
}

/**
 * An expression in plain text with the textbook's symbols: `Wxh x_t + Whh h_{t−1} + bh`.
 * @param preActivations the quantities whose gradient is that of their pre-activation: an LSTM's gates
 */
export function expressionText(expression: Expression, preActivations: ReadonlySet<string> = new Set()): string {
  const text = (part: Expression) => expressionText(part, preActivations);
  const grouped = (part: Expression) =>
    part.kind === "sum" || part.kind === "difference" ? `(${text(part)})` : text(part);
  switch (expression.kind) {
    case "value":
      return `${expression.name}${timeText[expression.time]}`;
    case "gradient":
      return gradientText(expression.name, expression.time, preActivations);
    case "above":
      return "from above";
    case "input":
      return "x_t";
    case "bias":
      return expression.name;
    case "constant":
      return String(expression.value);
    case "product":
      return `${expression.matrix}${expression.transposed ? "ᵀ" : ""} ${expression.of.kind === "times" ? `(${text(expression.of)})` : grouped(expression.of)}`;
    case "sum":
      return expression.terms.map(text).join(" + ");
    case "difference":
      return `${text(expression.from)} − ${grouped(expression.minus)}`;
    case "times":
      return expression.factors.map(grouped).join(" ∘ ");
    case "apply":
      if (expression.function === "square")
        return expression.of.kind === "value" ? `${text(expression.of)}²` : `(${text(expression.of)})²`;
      if (expression.function === "positive") return `[${text(expression.of)} > 0]`;
      return `${expression.function}(${text(expression.of)})`;
  }
}
