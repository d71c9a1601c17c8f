/** A derivation as text, LaTeX or Markdown. */

import type { Derivation } from "./derive";
import { workedOut, writeNumber, writeScalar, writeSymbol } from "./write";

export interface PrintOptions {
  /** Significant digits. */
  readonly digits: number;
  /** So many terms of a long sum are written out, the largest; 8 without it. */
  readonly mostTerms?: number;
}

/** A derivation line by line: what it is of, the equation in symbols, in numbers, worked out, and the result. No two are alike. */
export function stagesOf(
  { symbol, expression, value }: Derivation,
  notation: "text" | "latex",
  { digits, mostTerms = 8 }: PrintOptions,
): string[] {
  const result = writeNumber(value, { notation, digits });
  const stages = [writeSymbol(symbol, notation)];
  if (expression) {
    const style = { notation, digits, most: mostTerms } as const;
    const numbers = { ...style, as: "numbers" } as const;
    stages.push(writeScalar(expression, { ...style, as: "symbols" }), writeScalar(expression, numbers));
    const inner = workedOut(expression);
    if (inner !== expression) stages.push(writeScalar(inner, numbers));
  }
  stages.push(result);
  return stages.filter((stage, k) => stage !== stages[k + 1]);
}

/** `h_2 = tanh(Wxh[there] + Whh·h_1 + bh) = tanh(−0.3 + 0.2·0.4621 + 0) = tanh(−0.2076) = −0.2046` */
export function printText(derivation: Derivation, options: PrintOptions): string {
  return stagesOf(derivation, "text", options).join(" = ");
}

/** The same in LaTeX, on one line, without dollar signs. */
export function printLatex(derivation: Derivation, options: PrintOptions): string {
  return stagesOf(derivation, "latex", options).join(" = ");
}

/** The same in LaTeX, a line for each stage, the signs of equality under each other. */
export function printLatexLines(derivation: Derivation, options: PrintOptions): string {
  const [symbol = "", ...stages] = stagesOf(derivation, "latex", options);
  const lines = stages.map((stage, k) => `${k === 0 ? `${symbol} ` : ""}&= ${stage}`);
  return `\\begin{aligned}\n${lines.join(" \\\\\n")}\n\\end{aligned}`;
}

/** A block of Markdown: the equation as LaTeX between dollar signs, and the note. */
export function printMarkdown(derivation: Derivation, options: PrintOptions): string {
  const note = derivation.note === null ? "" : `\n\n${derivation.note}`;
  return `$$\n${printLatexLines(derivation, options)}\n$$${note}`;
}
