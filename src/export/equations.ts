/** The engine's own equations of whole vectors, in LaTeX. */

import type { ElementFunction, Expression, Leaf, Time } from "../engine/expression";
import { isNumber } from "../engine/expression";
import { updateText } from "../engine/expressionText";
import type { Notation, Written } from "../engine/printer";
import { atom, bracketed, strengths, writeExpression } from "../engine/printer";
import { latexOf, symbolNamed } from "../explain/symbol";
import { latexNumber } from "../explain/write";

export interface Naming {
  /** Where the step before stands in time: behind, or, for a backward pass, ahead. */
  readonly direction: "forward" | "backward";
  /** The quantities whose gradient is that of their pre-activation. */
  readonly gates: ReadonlySet<string>;
  /** In an update: the parameter. */
  readonly parameter: string;
}

export const plainNaming: Naming = { direction: "forward", gates: new Set(), parameter: "p" };

/** `W_{xh} x_{t} + W_{hh} h_{t-1} + b_{h}` */
export function expressionLatex(expression: Expression, naming: Naming): string {
  return writeExpression(expression, notationOf(naming)).text;
}

/** `h_{t}`, or `\frac{\partial L}{\partial a^{i}_{t}}` */
export function quantityLatex(name: string, of: "value" | "gradient", naming: Naming, time: Time = "now"): string {
  const isGate = of === "gradient" && naming.gates.has(name);
  const sign = (time === "before") === (naming.direction === "forward") ? "-" : "+";
  return latexOf({
    ...symbolNamed(isGate ? "a" : name, time === "now" ? "t" : `t${sign}1`),
    gradient: of === "gradient" ? "∂L/∂" : "",
    above: isGate ? [name] : [],
  });
}

const parameterLatex = (name: string) => latexOf(symbolNamed(name));

/** The name of what an update computes; the new parameter with a prime. */
export function updateLatex(name: Parameters<typeof updateText>[0], parameter: string): string {
  if (name === "updated") return latexOf({ ...symbolNamed(parameter), prime: true });
  if (name === "gradient" || name === "clipped")
    return latexOf({
      ...symbolNamed(parameter),
      gradient: "d",
      part: name === "clipped" ? name : null,
    });
  return latexOf(symbolNamed(updateText(name, parameter)));
}

const brackets = (text: string) => `\\left(${text}\\right)`;
const grouped = (part: Written, least: number) => bracketed(part, least, { brackets });
const product = (text: string): Written => ({ text, strength: strengths.product });

/** What takes an exponent: nothing that has one, or a fraction. */
const base = (of: Written) => grouped(of, strengths.atom + Number(/\^|\\frac|'/.test(of.text)));

function notationOf(naming: Naming): Notation {
  return {
    plus: " + ",
    minus: " - ",
    brackets,
    leaf: (leaf, entry) => atom(writeLeaf(leaf, naming, entry)),
    constant: (value) => atom(latexNumber(value, 17)),
    product: (matrix, isTransposed, of) =>
      product(`${parameterLatex(matrix)}${isTransposed ? "^{\\top}" : ""}\\, ${grouped(of, strengths.atom)}`),
    outer: (left, right) => product(`${grouped(left, strengths.product)}\\, ${grouped(right, strengths.atom)}^{\\top}`),
    negative: (of) => ({ text: `-${grouped(of, strengths.product)}`, strength: strengths.sum }),
    factor: strengths.product,
    between: (left, right, entry) => (isNumber(left) || isNumber(right) || entry !== "" ? " \\cdot " : " \\odot "),
    quotient: (over, under) => atom(`\\frac{${over.text}}{${under.text}}`),
    power: (of, exponent) => atom(`${base(of)}^{${exponent.text}}`),
    extreme: (which, of) => atom(`\\${which}${brackets(of.map(({ text }) => text).join(", "))}`),
    apply: writeApply,
    softmax: ({ text }) => atom(`\\operatorname{softmax}${brackets(text)}`),
    pool: (over, { text }) => atom(`\\operatorname{${over}}${brackets(text)}`),
    logSumExp: ({ text }) => product(`\\log \\sum_{j} e^{${text}}`),
    atTarget: (of) => atom(`${grouped(of, strengths.atom)}[\\text{target}]`),
    total: (of) => product(`\\sum_{j} ${grouped(of, strengths.product)}`),
  };
}

function writeLeaf(leaf: Leaf, naming: Naming, entry: string): string {
  switch (leaf.kind) {
    case "value":
    case "gradient":
      return quantityLatex(leaf.name, leaf.kind, naming, leaf.time) + entry;
    case "above":
      return latexOf({ ...symbolNamed("h", "t"), gradient: "∂L/∂", part: "above" });
    case "input":
      return quantityLatex("x", "value", naming, leaf.time);
    case "named":
    case "bias":
      return parameterLatex(leaf.name);
    case "target":
      return leaf.type === "class" && entry === ""
        ? "\\operatorname{onehot}(\\text{target}_{t})"
        : `\\text{target}_{t}${entry}`;
    case "classWeight":
      return `w${entry}`;
    case "targetCount":
      return "N";
    case "stepWeight":
      return "\\omega_{t}";
    case "ends":
      return leaf.of === "both" ? "[h_{T}; h_{1}]" : "h_{1}";
    case "setting":
      return latexOf(symbolNamed(leaf.symbol));
    case "update":
      return leaf.name === "p" ? parameterLatex(naming.parameter) : updateLatex(leaf.name, naming.parameter);
    case "memory":
      return latexOf(symbolNamed(leaf.name, "0"));
  }
}

function writeApply(name: ElementFunction, of: Written): Written {
  const inBrackets = brackets(of.text);
  switch (name) {
    case "square":
      return atom(`${base(of)}^{2}`);
    case "√":
      return atom(`\\sqrt{${of.text}}`);
    case "log":
      return product(`\\log ${grouped(of, strengths.atom)}`);
    case "softplus":
      return product(`\\log\\left(1 + e^{${of.text}}\\right)`);
    case "positive":
      return atom(`[${of.text} > 0]`);
    case "tanh":
      return atom(`\\tanh${inBrackets}`);
    case "σ":
      return atom(`\\sigma${inBrackets}`);
    case "exp":
      return atom(`e^{${of.text}}`);
    case "within3":
      return atom(`[-3 < ${of.text} < 3]`);
    case "within2.5":
      return atom(`[-2.5 \\le ${of.text} \\le 2.5]`);
    case "sin":
    case "cos":
      return atom(`\\${name}${inBrackets}`);
    case "relu":
    case "sign":
    case "step":
    case "silu":
    case "hardsigmoid":
    case "hardsigmoid2":
      return atom(`\\operatorname{${name}}${inBrackets}`);
    case "abs":
      return atom(`\\lvert ${of.text}\\rvert`);
  }
}
