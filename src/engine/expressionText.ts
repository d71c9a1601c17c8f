/** An expression in plain text with the textbook's symbols: `Wxh x_t + Whh h_{t−1} + bh`. */
import type { Expression, Leaf, Time, UpdateQuantity } from "./expression";
import { isNumber } from "./expression";
import type { ElementFunction } from "./functions";
import type { Notation, Part, Written } from "./printer";
import { atom, bracketed, strengths, writeExpression } from "./printer";

const timeText: Record<Time, string> = { now: "_t", before: "_{t−1}", after: "_{t+1}" };

/** `dL/dh_t`; of a gate's pre-activation `dL/da^i_t`. */
export function gradientText(name: string, time: Time, preActivations: ReadonlySet<string>): string {
  return `∂L/∂${preActivations.has(name) ? `a^${name}` : name}${timeText[time]}`;
}

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

/** Settings stand as their numbers. */
export function expressionText(expression: Expression, wording: Wording = {}): string {
  return writeExpression(expression, notationOf(wording)).text;
}

const brackets = (text: string) => `(${text})`;
const grouped = (part: Written, least: number) => bracketed(part, least, { brackets });

const call = (text: string): Written => ({ text, strength: strengths.call });
/** What brings brackets of its own, as tanh(a), needs no others before a power: tanh(a)². */
const closed = (text: string): Written => ({ text, strength: strengths.closed });

function notationOf(wording: Wording): Notation {
  return {
    plus: " + ",
    minus: " − ",
    brackets,
    leaf: (leaf, entry) => {
      const text = leafText(leaf, wording, entry);
      return looserLeaves.has(leaf.kind) ? call(text) : atom(text);
    },
    constant: (value) => atom(numberText(value)),
    product: (matrix, isTransposed, of) => ({
      text: `${matrix}${isTransposed ? "ᵀ" : ""} ${grouped(of, strengths.applied)}`,
      strength: strengths.applied,
    }),
    outer: (left, right) => call(`${grouped(left, strengths.product)} ${right.text}ᵀ`),
    negative: (of) => ({ text: `−${grouped(of, strengths.product)}`, strength: strengths.signed }),
    factor: strengths.product,
    /** ∘ between vectors, nothing after a number. */
    between: (left, right, entry) => {
      if (isNumber(left) && !isNumber(right)) return " ";
      return entry === "" && !isNumber(right) ? " ∘ " : " · ";
    },
    quotient: (over, under) => ({
      text: `${grouped(over, strengths.product)} / ${grouped(under, strengths.call)}`,
      strength: strengths.product,
    }),
    power: (of, exponent) => call(`${grouped(of, strengths.closed)}^${grouped(exponent, strengths.atom)}`),
    extreme: (which, of) => closed(`${which}(${of.map(({ text }) => text).join(", ")})`),
    apply: (name, of) => applied(name, of),
    softmax: ({ text }) => closed(`softmax(${text})`),
    pool: (over, { text }) => closed(`${over}(${text})`),
    logSumExp: ({ text }) => call(`log Σ_j exp(${text})`),
    atTarget: ({ text }) => atom(`${text}[target]`),
    total: (of) => call(`Σ_j ${grouped(of, strengths.signed)}`),
  };
}

const numberText = (value: number) => String(value).replaceAll("-", "−");

/** What stands in brackets before a power. */
const looserLeaves: ReadonlySet<Leaf["kind"]> = new Set([
  "above",
  "classWeight",
  "targetCount",
  "stepWeight",
  "ends",
  "setting",
]);

function leafText(leaf: Leaf, { preActivations, parameter }: Wording, entry: string): string {
  switch (leaf.kind) {
    case "value":
      return `${leaf.name}${timeText[leaf.time]}${leaf.name === "ℓ" ? "" : entry}`;
    case "gradient":
      return gradientText(leaf.name, leaf.time, preActivations ?? new Set()) + entry;
    case "above":
      return "from above";
    case "input":
      return `x${timeText[leaf.time]}${entry}`;
    case "bias":
    case "named":
    case "memory":
      return leaf.name;
    case "target":
      return entry === "" && leaf.type === "class" ? "onehot(target)" : `target${entry}`;
    case "classWeight":
      return `w${entry}`;
    case "targetCount":
      return "N";
    case "stepWeight":
      return "ω_t";
    case "ends":
      return leaf.of === "both" ? "[h_T; h_1]" : "h_1";
    case "setting":
      return numberText(leaf.value);
    case "update":
      return updateText(leaf.name, parameter ?? "p");
  }
}

function applied(name: ElementFunction, of: Part): Written {
  const { text } = of;
  switch (name) {
    case "square":
      return call(`${grouped(of, strengths.closed)}²`);
    case "positive":
      return closed(`[${text} > 0]`);
    case "within3":
      return closed(`[−3 < ${text} < 3]`);
    case "within2.5":
      return closed(`[−2.5 ≤ ${text} ≤ 2.5]`);
    case "softplus":
      return closed(`log(1 + exp(${text}))`);
    case "√":
      return call(`√${grouped(of, strengths.atom)}`);
    case "log":
      return of.strength < strengths.atom ? closed(`log(${text})`) : call(`log ${text}`);
    case "tanh":
    case "σ":
    case "relu":
    case "exp":
    case "sign":
    case "step":
    case "sin":
    case "cos":
    case "silu":
    case "hardsigmoid":
    case "hardsigmoid2":
      return closed(`${name}(${text})`);
    case "abs":
      return closed(`|${text}|`);
  }
}
