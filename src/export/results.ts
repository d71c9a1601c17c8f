/** Who says what a number comes to: the document itself, or, in a worksheet, the reader. */

import type { Derivation } from "../explain/derive";
import { stagesOf } from "../explain/print";
import { latexOf } from "../explain/symbol";
import { latexNumber, writeScalar } from "../explain/write";
import type { Block, Equation } from "./document";

/** Significant digits, and how many terms of a long sum are written. */
export interface ResultOptions {
  readonly digits: number;
  readonly mostTerms: number;
}

export interface Results {
  equation(derivation: Derivation): Equation;
  /** Whether the numbers may also stand together in a matrix. */
  readonly areShown: boolean;
  /** What comes at the end. */
  end(): Block[];
}

/** Every number with the way to it. */
export function shownResults(options: ResultOptions): Results {
  return {
    areShown: true,
    equation: (derivation) => {
      const [left = "", ...stages] = stagesOf(derivation, "latex", options);
      return { left, stages };
    },
    end: () => [],
  };
}

/** A ruled gap with its number. */
const gap = (n: number) => `\\rule{0pt}{1.5em}\\rule{6em}{0.4pt}\\;(${n})`;

/** A gap for each number, and their list on a page of its own. */
export function asked({ digits, mostTerms }: ResultOptions): Results {
  const answers: { readonly symbol: string; readonly value: number }[] = [];
  return {
    areShown: false,
    equation: ({ symbol, expression, value }) => {
      const left = latexOf(symbol);
      // What no equation leads to, nobody can work out
      if (!expression) return { left, stages: [latexNumber(value, digits)] };
      answers.push({ symbol: left, value });
      const inSymbols = writeScalar(expression, { notation: "latex", as: "symbols", digits, most: mostTerms });
      return { left, stages: [inSymbols, gap(answers.length)] };
    },
    end: () => [
      { kind: "pageBreak" },
      { kind: "heading", level: 2, text: ["Answer key"] },
      {
        kind: "table",
        head: [["Gap"], ["Number"], ["Value"]],
        rows: answers.map(({ symbol, value }, k) => [
          [`(${k + 1})`],
          [{ math: symbol }],
          [{ math: latexNumber(value, digits) }],
        ]),
      },
    ],
  };
}
