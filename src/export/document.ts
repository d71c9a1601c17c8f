/** A document as data: what a worked example says, before it is written as Markdown or HTML. */

import { linesOf } from "./lines";

/** Words, a formula in LaTeX, or a token as the file has it. */
export type Inline = string | { readonly math: string } | { readonly code: string };

/** What stands left of the first sign of equality, and what stands right of each; all in LaTeX. */
export interface Equation {
  readonly left: string;
  readonly stages: readonly string[];
}

export type Block =
  | { readonly kind: "heading"; readonly level: 1 | 2 | 3; readonly text: readonly Inline[] }
  | { readonly kind: "paragraph"; readonly text: readonly Inline[] }
  | { readonly kind: "list"; readonly items: readonly (readonly Inline[])[] }
  | { readonly kind: "equation"; readonly equation: Equation }
  | {
      readonly kind: "table";
      readonly head: readonly (readonly Inline[])[];
      readonly rows: readonly (readonly (readonly Inline[])[])[];
    }
  /** Several that stand side by side where there is room. */
  | { readonly kind: "equations"; readonly equations: readonly Equation[] }
  | NetworkBlock
  | { readonly kind: "answers"; readonly answers: readonly Answer[] }
  | { readonly kind: "pageBreak" };

/** What a gap comes to; the first one is of gap 1. All in LaTeX. */
export interface Answer {
  readonly symbol: string;
  readonly value: string;
}

/** The unrolled network, with a gap for each number in it. Symbols are LaTeX. */
export interface NetworkBlock {
  readonly kind: "network";
  readonly steps: readonly {
    readonly t: number;
    readonly input: Inline;
    readonly target: Inline | null;
    readonly loss: string | null;
  }[];
  /** In the order in which values flow. */
  readonly layers: readonly NetworkLayer[];
}

export interface NetworkLayer {
  readonly title: string;
  readonly direction: "forward" | "backward";
  /** By step: the symbols of what stands in the cell. */
  readonly cells: readonly (readonly string[])[];
}

/** A gap in a picture, which has no number. */
export const blank = (symbol: string): string => `${symbol} = \\rule{3.4em}{0.4pt}`;

export interface Document {
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** Signs on a line of a page, and on a line of an equation. */
export const pageWidth = 78;
const lineWidth = 66;

/** The lines that stand right of the sign of equality's place; all but the first of a stage begin further in. */
export function equationLines({ stages }: Equation): string[] {
  return stages.flatMap((stage) =>
    linesOf(stage, lineWidth).map((line, k) => (k === 0 ? `= ${line}` : `\\quad ${line}`)),
  );
}

/** An equation line by line, the signs of equality under each other. */
export function equationLatex(equation: Equation): string {
  const lines = equationLines(equation);
  if (lines.length <= 1) return [equation.left, ...lines].join(" ");
  const aligned = lines.map((line, k) => `${k === 0 ? `${equation.left} ` : ""}&${line}`);
  return `\\begin{aligned}\n${aligned.join(" \\\\\n")}\n\\end{aligned}`;
}
