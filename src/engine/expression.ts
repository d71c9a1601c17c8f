/**
 * An equation as a tree: what the stepper prints, what a derivation puts numbers into, and what the cells, the read-out and the
 * optimizers say of themselves in one place. Every expression stands for a vector (or a matrix, entry by entry, in an update);
 * products with a matrix aside, operations go element by element.
 */

import type { StepInput } from "./cell";
import { sigmoid, softplus } from "./functions";
import { addInput, addMatTransposedVec, addMatVec } from "./linear";
import type { Tensor } from "./tensor";

/** At this step, at the one before (in the pass's own direction), or at the one after. */
export type Time = "now" | "before" | "after";

/** Those with a name are written as it: tanh(…). `positive` is 1 where its argument is > 0, else 0. */
export type ElementFunction = "tanh" | "σ" | "relu" | "square" | "positive" | "log" | "√" | "softplus";

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
  /** x_t, [X] */
  | { readonly kind: "input" }
  /** A bias, [H] or [O]. */
  | { readonly kind: "bias"; readonly name: string }
  /** The step's target, [O]; a class is the vector with a 1 at it. */
  | { readonly kind: "target"; readonly type: "class" | "vector" }
  /** N: how many steps have a target. */
  | { readonly kind: "targetCount" }
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
  | { readonly kind: "extreme"; readonly which: "min" | "max"; readonly of: readonly Expression[] }
  | { readonly kind: "apply"; readonly function: ElementFunction; readonly of: Expression }
  | { readonly kind: "softmax"; readonly of: Expression }
  /** log Σ_j e^v_j */
  | { readonly kind: "logSumExp"; readonly of: Expression }
  /** The entry at the step's class. */
  | { readonly kind: "atTarget"; readonly of: Expression }
  /** Σ_j over the entries of a vector [O]. */
  | { readonly kind: "total"; readonly of: Expression };

export const now = (name: string): Expression => ({ kind: "value", name, time: "now" });
export const before = (name: string): Expression => ({ kind: "value", name, time: "before" });
export const after = (name: string): Expression => ({ kind: "value", name, time: "after" });
export const gradient = (name: string): Expression => ({ kind: "gradient", name, time: "now" });
export const gradientAfter = (name: string): Expression => ({ kind: "gradient", name, time: "after" });
export const above: Expression = { kind: "above" };
export const input: Expression = { kind: "input" };
export const bias = (name: string): Expression => ({ kind: "bias", name });
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
export const smallest = (...of: Expression[]): Expression => ({ kind: "extreme", which: "min", of });
export const largest = (...of: Expression[]): Expression => ({ kind: "extreme", which: "max", of });
export const apply = (name: ElementFunction, of: Expression): Expression => ({ kind: "apply", function: name, of });
export const softmaxOf = (of: Expression): Expression => ({ kind: "softmax", of });
export const logSumExpOf = (of: Expression): Expression => ({ kind: "logSumExp", of });
export const atTarget = (of: Expression): Expression => ({ kind: "atTarget", of });
export const total = (of: Expression): Expression => ({ kind: "total", of });

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
  log: Math.log,
  "√": Math.sqrt,
  softplus,
};

/** The value of one element function. */
export function applyFunction(name: ElementFunction, v: number): number {
  return functions[name](v);
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
    case "target":
    case "targetCount":
    case "setting":
    case "update":
    case "memory":
    case "outer":
    case "negative":
    case "quotient":
    case "extreme":
    case "softmax":
    case "logSumExp":
    case "atTarget":
    case "total":
      throw new TypeError(`a cell's operation has no ${expression.kind}`);
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

/** What an update computes of one parameter, on the way and in the end; `updated` is the new parameter. */
export type UpdateQuantity = "clipped" | "decayed" | "b" | "s" | "m" | "v" | "mHat" | "vHat" | "updated";

/** What an update's quantities are called. */
export function updateText(name: "p" | "gradient" | "norm" | UpdateQuantity, parameter: string): string {
  switch (name) {
    case "p":
      return parameter;
    case "gradient":
      return `d${parameter}`;
    case "norm":
      return "‖g‖";
    case "clipped":
      return `clip(d${parameter})`;
    case "decayed":
      return "g";
    case "mHat":
      return "m̂";
    case "vHat":
      return "v̂";
    case "updated":
      return parameter;
    case "b":
    case "s":
    case "m":
    case "v":
      return name;
  }
}

/** How an expression is to be written. */
export interface Wording {
  /** The quantities whose gradient is that of their pre-activation: an LSTM's gates. */
  readonly preActivations?: ReadonlySet<string>;
  /** In an update: the parameter's short name. */
  readonly parameter?: string;
}

/** An expression in plain text with the textbook's symbols: `Wxh x_t + Whh h_{t−1} + bh`. Settings stand as their numbers. */
export function expressionText(expression: Expression, wording: Wording = {}): string {
  return write(expression, wording, "");
}

const isSum = ({ kind }: Expression) => kind === "sum" || kind === "difference";

/** One number, where the others are vectors. */
function isNumber(expression: Expression): boolean {
  if (expression.kind === "constant") return true;
  return symbolsIn(expression).every(
    (leaf) => leaf.kind === "setting" || (leaf.kind === "update" && leaf.name === "norm"),
  );
}

/** @param entry `[j]` inside a sum over the entries, else nothing */
function write(expression: Expression, wording: Wording, entry: string): string {
  const text = (part: Expression) => write(part, wording, entry);
  const inBrackets = (part: Expression, when: boolean) => (when ? `(${text(part)})` : text(part));
  const grouped = (part: Expression) => inBrackets(part, isSum(part) || part.kind === "negative");
  switch (expression.kind) {
    case "value":
      return expression.name === "ℓ"
        ? `ℓ${timeText[expression.time]}`
        : `${expression.name}${timeText[expression.time]}${entry}`;
    case "gradient":
      return gradientText(expression.name, expression.time, wording.preActivations ?? new Set()) + entry;
    case "above":
      return "from above";
    case "input":
      return "x_t";
    case "bias":
      return expression.name;
    case "target":
      return entry === "" && expression.type === "class" ? "onehot(target)" : `target${entry}`;
    case "targetCount":
      return "N";
    case "setting":
    case "constant":
      return String(expression.value).replaceAll("-", "−");
    case "update":
      return updateText(expression.name, wording.parameter ?? "p");
    case "memory":
      return expression.name;
    case "product":
      return `${expression.matrix}${expression.transposed ? "ᵀ" : ""} ${inBrackets(expression.of, isSum(expression.of) || expression.of.kind === "times")}`;
    case "outer":
      return `${grouped(expression.left)} ${text(expression.right)}ᵀ`;
    case "sum":
      return expression.terms.map(text).join(" + ");
    case "difference":
      return `${text(expression.from)} − ${grouped(expression.minus)}`;
    case "negative":
      return `−${grouped(expression.of)}`;
    case "times":
      return expression.factors
        .map((factor, k) => {
          const previous = expression.factors[k - 1];
          return (previous ? timesSign(previous, factor, entry) : "") + grouped(factor);
        })
        .join("");
    case "quotient":
      return `${grouped(expression.over)} / ${inBrackets(expression.under, isSum(expression.under) || expression.under.kind === "times")}`;
    case "extreme":
      return `${expression.which}(${expression.of.map(text).join(", ")})`;
    case "apply":
      return writeApply(expression.function, expression.of, text(expression.of));
    case "softmax":
      return `softmax(${text(expression.of)})`;
    case "logSumExp":
      return `log Σ_j exp(${write(expression.of, wording, "[j]")})`;
    case "atTarget":
      return `${text(expression.of)}[target]`;
    case "total": {
      const inner = write(expression.of, wording, "[j]");
      return `Σ_j ${isSum(expression.of) ? `(${inner})` : inner}`;
    }
  }
}

/** Between two factors: ∘ between vectors, nothing after a number. */
function timesSign(left: Expression, right: Expression, entry: string): string {
  if (isNumber(left) && !isNumber(right)) return " ";
  return entry === "" && !isNumber(right) ? " ∘ " : " · ";
}

function writeApply(name: ElementFunction, of: Expression, text: string): string {
  const isName = ["value", "update", "memory", "target", "atTarget"].includes(of.kind);
  switch (name) {
    case "square":
      return isName ? `${text}²` : `(${text})²`;
    case "positive":
      return `[${text} > 0]`;
    case "softplus":
      return `log(1 + exp(${text}))`;
    case "√":
      return isName ? `√${text}` : `√(${text})`;
    case "log":
      return isName ? `log ${text}` : `log(${text})`;
    case "tanh":
    case "σ":
    case "relu":
      return `${name}(${text})`;
  }
}

/** Everything that an expression takes from elsewhere, in the order in which it is written. */
export function symbolsIn(expression: Expression): Leaf[] {
  switch (expression.kind) {
    case "constant":
      return [];
    case "product":
    case "negative":
    case "apply":
    case "softmax":
    case "logSumExp":
    case "atTarget":
    case "total":
      return symbolsIn(expression.of);
    case "sum":
      return expression.terms.flatMap(symbolsIn);
    case "times":
      return expression.factors.flatMap(symbolsIn);
    case "extreme":
      return expression.of.flatMap(symbolsIn);
    case "difference":
      return [...symbolsIn(expression.from), ...symbolsIn(expression.minus)];
    case "quotient":
      return [...symbolsIn(expression.over), ...symbolsIn(expression.under)];
    case "outer":
      return [...symbolsIn(expression.left), ...symbolsIn(expression.right)];
    case "value":
    case "gradient":
    case "above":
    case "input":
    case "bias":
    case "target":
    case "targetCount":
    case "setting":
    case "update":
    case "memory":
      return [expression];
  }
}
