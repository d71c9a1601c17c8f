/** Writes an equation, in symbols or in numbers, in one of two notations: plain text and LaTeX. */

import type { Scalar, Series } from "../engine/element";
import { evaluateScalar } from "../engine/element";
import type { ElementFunction } from "../engine/expression";
import { formatExact, formatNumber } from "../protocol/numbers";
import type { Part } from "./derive";
import type { NumberSymbol } from "./symbol";
import { latexOf, textOf } from "./symbol";
import { restOf, shownTerms } from "./terms";

/** How tightly something holds together: a sum needs brackets in a product, a sign in front needs them after an operator. */
type Strength = "sum" | "signed" | "product" | "atom";

interface Written {
  readonly text: string;
  readonly strength: Strength;
}

export interface Style {
  readonly notation: "text" | "latex";
  readonly as: "symbols" | "numbers";
  /** Significant digits. */
  readonly digits: number;
  /** So many terms of a long sum are written. */
  readonly most: number;
  /** What is written in the place of a number's digits, without its sign; the digits themselves where it is absent. */
  readonly mark?: (part: Part, digits: string) => string;
}

/** In symbols a sum of more terms is written with Σ. */
const mostSymbols = 4;

/** A number with so many significant digits, or whole where that is shorter: −0.3, 0.4621. */
export function shortNumber(value: number, digits: number): string {
  const [exact, rounded] = [formatExact(value), formatNumber(value, digits)];
  return exact.length <= rounded.length ? exact : rounded;
}

/** A number in LaTeX: `-1.5\cdot 10^{-8}`. */
export function latexNumber(value: number, digits: number): string {
  const text = shortNumber(value, digits).replaceAll("−", "-").replace("∞", "\\infty").replace("NaN", "\\text{NaN}");
  const [mantissa, exponent] = text.split("e");
  return exponent === undefined ? text : `${mantissa}\\cdot 10^{${exponent}}`;
}

export function writeSymbol(symbol: NumberSymbol, notation: Style["notation"]): string {
  return notation === "text" ? textOf(symbol) : latexOf(symbol);
}

export function writeNumber(value: number, { notation, digits }: Pick<Style, "notation" | "digits">): string {
  return notation === "text" ? shortNumber(value, digits) : latexNumber(value, digits);
}

/** An equation's right side. */
export function writeScalar(scalar: Scalar<Part>, style: Style): string {
  return write(scalar, style).text;
}

function write(scalar: Scalar<Part>, style: Style): Written {
  const isText = style.notation === "text";
  switch (scalar.kind) {
    case "number":
      return style.as === "symbols"
        ? { text: writeSymbol(scalar.number.symbol, style.notation), strength: "atom" }
        : marked(writeValue(scalar.number.value, style), scalar.number, style);
    case "constant":
      return writeValue(scalar.value, style);
    case "sum":
      return { text: joinTerms(scalar.terms.map((term) => write(term, style))), strength: "sum" };
    case "series":
      return writeSeries(scalar, style);
    case "difference": {
      const minus = write(scalar.minus, style);
      const text = `${write(scalar.from, style).text} ${minusOf(style)} ${bracketed(minus, style, isLoose(minus))}`;
      return { text, strength: "sum" };
    }
    case "negative": {
      const of = write(scalar.of, style);
      return { text: `${minusOf(style)}${bracketed(of, style, isLoose(of))}`, strength: "signed" };
    }
    case "times":
      return writeTimes(scalar.factors, style);
    case "quotient": {
      const [over, under] = [write(scalar.over, style), write(scalar.under, style)];
      if (!isText) return { text: `\\frac{${over.text}}{${under.text}}`, strength: "product" };
      const text = `${bracketed(over, style, over.strength === "sum")} / ${bracketed(under, style, under.strength !== "atom")}`;
      return { text, strength: over.strength === "signed" ? "signed" : "product" };
    }
    case "power": {
      const of = write(scalar.of, style);
      const base = bracketed(of, style, of.strength !== "atom" || /\^|²|'|\\frac/.test(of.text));
      const exponent = write(scalar.exponent, style);
      return {
        text: isText
          ? `${base}^${bracketed(exponent, style, exponent.strength === "sum" || exponent.strength === "product")}`
          : `${base}^{${exponent.text}}`,
        strength: "atom",
      };
    }
    case "pool": {
      const of = writeSeries(scalar.of, style);
      if (scalar.over === "sum") return of;
      const count = String(scalar.of.count);
      if (!isText) return { text: `\\frac{${of.text}}{${count}}`, strength: "product" };
      return { text: `${bracketed(of, style, true)} / ${count}`, strength: "product" };
    }
    case "extreme": {
      const list = scalar.of.map((one) => write(one, style).text).join(", ");
      return {
        text: isText ? `${scalar.which}(${list})` : `\\${scalar.which}\\left(${list}\\right)`,
        strength: "atom",
      };
    }
    case "apply":
      return writeApply(scalar.function, write(scalar.of, style), style);
    case "softmax": {
      const over = exponential(write(scalar.at, style), style);
      const under = writePowers(scalar.of, style);
      if (!isText) return { text: `\\frac{${over}}{${under.text}}`, strength: "product" };
      return { text: `${over} / ${bracketed(under, style, under.strength !== "atom")}`, strength: "product" };
    }
    case "logSumExp": {
      const of = writePowers(scalar.of, style);
      return { text: `${isText ? "log" : "\\log "}${bracketed(of, style, true)}`, strength: "atom" };
    }
  }
}

const minusOf = ({ notation }: Style) => (notation === "text" ? "−" : "-");

const isLoose = ({ strength }: Written) => strength === "sum" || strength === "signed";

function bracketed({ text }: Written, { notation }: Style, when: boolean): string {
  if (!when) return text;
  return notation === "text" ? `(${text})` : `\\left(${text}\\right)`;
}

function writeValue(value: number, style: Style): Written {
  const text = writeNumber(value, style);
  return { text, strength: /^[−-]/.test(text) ? "signed" : /cdot/.test(text) ? "product" : "atom" };
}

function marked({ text, strength }: Written, part: Part, { mark }: Style): Written {
  if (!mark) return { text, strength };
  const sign = /^[−-]/.exec(text)?.[0] ?? "";
  return { text: sign + mark(part, text.slice(sign.length)), strength };
}

function joinTerms(terms: readonly Written[]): string {
  return terms
    .map(({ text, strength }, k) => {
      if (k === 0) return text;
      const sign = text[0];
      const isNegative = (strength === "signed" || strength === "sum") && (sign === "−" || sign === "-");
      return isNegative ? ` ${sign} ${text.slice(1)}` : ` + ${text}`;
    })
    .join("");
}

function writeTimes(factors: readonly Scalar<Part>[], style: Style): Written {
  const written = factors.map((factor) => write(factor, style));
  const text = written
    .map((one, k) => bracketed(one, style, one.strength === "sum" || (one.strength === "signed" && k > 0)))
    .join(style.notation === "text" ? "·" : " \\cdot ");
  return { text, strength: written[0]?.strength === "signed" ? "signed" : "product" };
}

function writeSeries(series: Series<Part>, style: Style): Written {
  const isText = style.notation === "text";
  if (style.as === "symbols" && series.count > mostSymbols) {
    const general = write(series.general(), style);
    const term = bracketed(general, style, isLoose(general));
    return {
      text: isText
        ? `Σ_${series.letter.length > 1 ? `{${series.letter}}` : series.letter} ${term}`
        : `\\sum_{${series.letter}} ${term}`,
      strength: "sum",
    };
  }
  return {
    text: joinTerms([...shownTerms(series, style.most).map((term) => write(term, style)), ...rest(series, style)]),
    strength: "sum",
  };
}

/** What a long sum has beyond the terms that are written, with what that comes to. */
function rest(series: Series<Part>, style: Style): Written[] {
  if (series.count <= style.most) return [];
  const words = `and ${series.count - style.most} more`;
  const sum = restOf(series, style.most);
  const value = sum === null ? null : writeValue(sum, style);
  const note = style.notation === "text" ? `(${words})` : `\\,\\text{(${words})}`;
  const dots = style.notation === "text" ? "…" : "\\dots";
  return [
    value ? { text: `${value.text} ${note}`, strength: value.strength } : { text: `${dots} ${note}`, strength: "atom" },
  ];
}

function exponential({ text }: Written, { notation }: Style): string {
  return notation === "text" ? `exp(${text})` : `e^{${text}}`;
}

/** Σ_k e^v_k */
function writePowers(series: Series<Part>, style: Style): Written {
  const power = (scalar: Scalar<Part>) => exponential(write(scalar, style), style);
  const isText = style.notation === "text";
  if (style.as === "symbols" && series.count > mostSymbols)
    return { text: `${isText ? "Σ_k " : "\\sum_{k} "}${power(series.general())}`, strength: "sum" };
  const terms = shownTerms(series, style.most).map(power);
  const hidden = series.count - terms.length;
  if (hidden > 0) terms.push(isText ? `… (and ${hidden} more)` : `\\dots\\,\\text{(and ${hidden} more)}`);
  return { text: terms.join(" + "), strength: terms.length > 1 ? "sum" : "atom" };
}

function writeApply(name: ElementFunction, of: Written, style: Style): Written {
  const isText = style.notation === "text";
  const inBrackets = bracketed(of, style, true);
  switch (name) {
    case "square":
      return {
        text: isText
          ? `${bracketed(of, style, of.strength !== "atom")}²`
          : `${bracketed(of, style, of.strength !== "atom" || /\^|'|\\frac/.test(of.text))}^2`,
        strength: "atom",
      };
    case "√":
      return {
        text: isText ? `√${bracketed(of, style, of.strength !== "atom")}` : `\\sqrt{${of.text}}`,
        strength: "atom",
      };
    case "log":
      return {
        text: `${isText ? "log" : "\\log"}${of.strength === "atom" ? ` ${of.text}` : inBrackets}`,
        strength: "product",
      };
    case "softplus":
      return {
        text: isText ? `log(1 + ${exponential(of, style)})` : `\\log\\left(1 + ${exponential(of, style)}\\right)`,
        strength: "atom",
      };
    case "positive":
      return { text: `[${of.text} > 0]`, strength: "atom" };
    case "tanh":
      return { text: `${isText ? "tanh" : "\\tanh"}${inBrackets}`, strength: "atom" };
    case "σ":
      return { text: `${isText ? "σ" : "\\sigma"}${inBrackets}`, strength: "atom" };
    case "exp":
      return { text: exponential(of, style), strength: "atom" };
    case "within3":
      return { text: `[${isText ? "−3" : "-3"} < ${of.text} < 3]`, strength: "atom" };
    case "within2.5":
      return { text: isText ? `[−2.5 ≤ ${of.text} ≤ 2.5]` : `[-2.5 \\le ${of.text} \\le 2.5]`, strength: "atom" };
    case "sin":
    case "cos":
      return { text: `${isText ? name : `\\${name}`}${inBrackets}`, strength: "atom" };
    case "relu":
    case "sign":
    case "step":
    case "silu":
    case "hardsigmoid":
    case "hardsigmoid2":
      return { text: `${isText ? name : `\\operatorname{${name}}`}${inBrackets}`, strength: "atom" };
    case "abs":
      return { text: isText ? `|${of.text}|` : `\\lvert ${of.text}\\rvert`, strength: "atom" };
  }
}

/**
 * The equation with what stands in brackets worked out: tanh(−0.3 + 0.2·0.4621 + 0) becomes tanh(−0.2076).
 * @returns the same where nothing is left but the last step
 */
export function workedOut(scalar: Scalar<Part>): Scalar<Part> {
  const value = (one: Scalar<Part>): Scalar<Part> =>
    one.kind === "number" || one.kind === "constant" ? one : { kind: "constant", value: evaluateScalar(one) };
  switch (scalar.kind) {
    case "number":
    case "constant":
    case "series":
      return scalar;
    case "sum":
      return scalar.terms.every(isSimple) ? scalar : { kind: "sum", terms: scalar.terms.map(value) };
    case "difference":
      return isSimple(scalar.from) && isSimple(scalar.minus)
        ? scalar
        : { kind: "difference", from: value(scalar.from), minus: value(scalar.minus) };
    case "negative": {
      const of = isSimple(scalar.of) ? scalar.of : workedOut(scalar.of);
      return of === scalar.of ? scalar : { kind: "negative", of };
    }
    case "times":
      return scalar.factors.every(isSimple) ? scalar : { kind: "times", factors: scalar.factors.map(value) };
    case "quotient":
      return isSimple(scalar.over) && isSimple(scalar.under)
        ? scalar
        : { kind: "quotient", over: value(scalar.over), under: value(scalar.under) };
    case "power":
      return isSimple(scalar.of) ? scalar : { ...scalar, of: value(scalar.of) };
    case "pool":
      return scalar.of.count > 0 && isSimple(scalar.of.term(0))
        ? scalar
        : { kind: "constant", value: evaluateScalar(scalar) };
    case "extreme":
      return scalar.of.every(isSimple) ? scalar : { ...scalar, of: scalar.of.map(value) };
    case "apply":
      return scalar.of.kind === "number" || scalar.of.kind === "constant"
        ? scalar
        : { ...scalar, of: value(scalar.of) };
    case "softmax": {
      const over = Math.exp(evaluateScalar(scalar.at));
      const under = over / evaluateScalar(scalar);
      // Large logits leave double precision here, though not the probability
      if (over === 0 || !Number.isFinite(under)) return scalar;
      return { kind: "quotient", over: { kind: "constant", value: over }, under: { kind: "constant", value: under } };
    }
    case "logSumExp":
      return scalar;
  }
}

/** What needs no line of its own to be worked out: a number, a product of numbers, or many of them. */
function isSimple(scalar: Scalar<Part>): boolean {
  switch (scalar.kind) {
    case "number":
    case "constant":
      return true;
    case "series":
      return isSimple(scalar.term(0));
    case "times":
      return scalar.factors.every(({ kind }) => kind === "number" || kind === "constant");
    case "negative":
      return isSimple(scalar.of);
    case "sum":
    case "difference":
    case "quotient":
    case "power":
    case "pool":
    case "extreme":
    case "apply":
    case "softmax":
    case "logSumExp":
      return false;
  }
}
