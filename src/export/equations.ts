/** The engine's own equations of whole vectors, in LaTeX. */

import type { ElementFunction, Expression, Leaf, Time } from "../engine/expression";
import { symbolsIn, updateText } from "../engine/expression";
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

/** How tightly an expression holds together. */
const strengths = { sum: 0, product: 1, atom: 2 } as const;

interface Written {
  readonly text: string;
  readonly strength: number;
}

/** `W_{xh} x_{t} + W_{hh} h_{t-1} + b_{h}` */
export function expressionLatex(expression: Expression, naming: Naming): string {
  return write(expression, naming, "").text;
}

/** `h_{t}`, or `\frac{\partial L}{\partial a^{i}_{t}}` */
export function quantityLatex(name: string, of: "value" | "gradient", naming: Naming, time: Time = "now"): string {
  const isGate = of === "gradient" && naming.gates.has(name);
  const sign = (time === "before") === (naming.direction === "forward") ? "-" : "+";
  return latexOf({
    ...symbolNamed(isGate ? "a" : name, time === "now" ? "t" : `t${sign}1`),
    gradient: of === "gradient" ? "dL/d" : "",
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

const atom = (text: string): Written => ({ text, strength: strengths.atom });
const bracketed = ({ text, strength }: Written, least: number): string =>
  strength < least ? `\\left(${text}\\right)` : text;

function write(expression: Expression, naming: Naming, entry: string): Written {
  const of = (part: Expression) => write(part, naming, entry);
  switch (expression.kind) {
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
      return atom(writeLeaf(expression, naming, entry));
    case "constant":
      return atom(latexNumber(expression.value, 17));
    case "product": {
      const matrix = parameterLatex(expression.matrix) + (expression.transposed ? "^{\\top}" : "");
      return { text: `${matrix}\\, ${bracketed(of(expression.of), strengths.atom)}`, strength: strengths.product };
    }
    case "outer":
      return {
        text: `${bracketed(of(expression.left), strengths.product)}\\, ${bracketed(of(expression.right), strengths.atom)}^{\\top}`,
        strength: strengths.product,
      };
    case "sum":
      return { text: expression.terms.map((term) => of(term).text).join(" + "), strength: strengths.sum };
    case "difference":
      return {
        text: `${of(expression.from).text} - ${bracketed(of(expression.minus), strengths.product)}`,
        strength: strengths.sum,
      };
    case "negative":
      return { text: `-${bracketed(of(expression.of), strengths.product)}`, strength: strengths.sum };
    case "times": {
      const text = expression.factors.reduce((before, factor, k) => {
        const previous = expression.factors[k - 1];
        const written = bracketed(of(factor), strengths.product);
        if (!previous) return written;
        return before + (isNumber(previous) || isNumber(factor) || entry !== "" ? " \\cdot " : " \\odot ") + written;
      }, "");
      return { text, strength: strengths.product };
    }
    case "quotient":
      return { text: `\\frac{${of(expression.over).text}}{${of(expression.under).text}}`, strength: strengths.atom };
    case "extreme":
      return atom(`\\${expression.which}\\left(${expression.of.map((one) => of(one).text).join(", ")}\\right)`);
    case "apply":
      return writeApply(expression.function, of(expression.of));
    case "softmax":
      return atom(`\\operatorname{softmax}\\left(${of(expression.of).text}\\right)`);
    case "logSumExp":
      return {
        text: `\\log \\sum_{j} e^{${write(expression.of, naming, "[j]").text}}`,
        strength: strengths.product,
      };
    case "atTarget":
      return atom(`${bracketed(of(expression.of), strengths.atom)}[\\text{target}]`);
    case "total": {
      const inner = bracketed(write(expression.of, naming, "[j]"), strengths.product);
      return { text: `\\sum_{j} ${inner}`, strength: strengths.product };
    }
  }
}

function writeLeaf(leaf: Leaf, naming: Naming, entry: string): string {
  switch (leaf.kind) {
    case "value":
    case "gradient":
      return quantityLatex(leaf.name, leaf.kind, naming, leaf.time) + entry;
    case "above":
      return latexOf({ ...symbolNamed("h", "t"), gradient: "dL/d", part: "above" });
    case "input":
      return "x_{t}";
    case "bias":
      return parameterLatex(leaf.name);
    case "target":
      return leaf.type === "class" && entry === ""
        ? "\\operatorname{onehot}(\\text{target}_{t})"
        : `\\text{target}_{t}${entry}`;
    case "targetCount":
      return "N";
    case "setting":
      return latexOf(symbolNamed(leaf.symbol));
    case "update":
      return leaf.name === "p" ? parameterLatex(naming.parameter) : updateLatex(leaf.name, naming.parameter);
    case "memory":
      return latexOf(symbolNamed(leaf.name, "0"));
  }
}

/** One number, where the others are vectors. */
function isNumber(expression: Expression): boolean {
  return symbolsIn(expression).every(
    (leaf) =>
      leaf.kind === "setting" || leaf.kind === "targetCount" || (leaf.kind === "update" && leaf.name === "norm"),
  );
}

function writeApply(name: ElementFunction, of: Written): Written {
  const inBrackets = `\\left(${of.text}\\right)`;
  switch (name) {
    case "square":
      return atom(`${bracketed(of, strengths.atom + Number(/\^|\\frac|'/.test(of.text)))}^{2}`);
    case "√":
      return atom(`\\sqrt{${of.text}}`);
    case "log":
      return { text: `\\log ${bracketed(of, strengths.atom)}`, strength: strengths.product };
    case "softplus":
      return { text: `\\log\\left(1 + e^{${of.text}}\\right)`, strength: strengths.product };
    case "positive":
      return atom(`[${of.text} > 0]`);
    case "tanh":
      return atom(`\\tanh${inBrackets}`);
    case "σ":
      return atom(`\\sigma${inBrackets}`);
    case "relu":
      return atom(`\\operatorname{relu}${inBrackets}`);
  }
}
