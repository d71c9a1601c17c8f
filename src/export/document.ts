/** A document as data: what a worked example says, before it is written as Markdown or HTML. */

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
  | { readonly kind: "pageBreak" };

export interface Document {
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** An equation line by line, the signs of equality under each other. */
export function equationLatex({ left, stages }: Equation): string {
  if (stages.length <= 1) return [left, ...stages].join(" = ");
  const lines = stages.map((stage, k) => `${k === 0 ? `${left} ` : ""}&= ${stage}`);
  return `\\begin{aligned}\n${lines.join(" \\\\\n")}\n\\end{aligned}`;
}
