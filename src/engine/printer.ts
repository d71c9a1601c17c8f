/**
 * The one walk over expressions that writes them: from the leaves up, brackets where something loose would stand in a tight place.
 * What each form looks like, a table says: plain text (expressionText.ts), LaTeX and Python (the exporter's).
 */
import type { ElementFunction, Expression, Leaf } from "./expression";
import { isLeaf } from "./expression";

/** How tightly a text holds together, loosest first. */
export const strengths = { sum: 0, signed: 1, product: 2, applied: 3, unary: 4, call: 5, closed: 6, atom: 7 } as const;

export interface Written {
  readonly text: string;
  /** One of `strengths`. */
  readonly strength: number;
}

/** A part of an expression, written. */
export interface Part extends Written {
  readonly expression: Expression;
}

/** How each form is said; parts come written, and stand as they are but for `bracketed`. */
export interface Notation {
  readonly plus: string;
  readonly minus: string;
  brackets(text: string): string;
  /** @param entry `[j]` inside a sum over the entries, else nothing */
  leaf(leaf: Leaf, entry: string): Written;
  constant(value: number): Written;
  product(matrix: string, isTransposed: boolean, of: Part): Written;
  outer(left: Part, right: Part): Written;
  negative(of: Part): Written;
  /** What stands between two factors, and the least strength of a factor. */
  between(left: Expression, right: Expression, entry: string): string;
  readonly factor: number;
  quotient(over: Part, under: Part): Written;
  power(of: Part, exponent: Part): Written;
  extreme(which: "min" | "max", of: readonly Part[]): Written;
  apply(name: ElementFunction, of: Part): Written;
  softmax(of: Part): Written;
  pool(over: "mean" | "sum", of: Part): Written;
  /** Of an entry. */
  logSumExp(of: Part): Written;
  atTarget(of: Part): Written;
  /** Of an entry. */
  total(of: Part): Written;
}

export const atom = (text: string): Written => ({ text, strength: strengths.atom });

/** The text, in brackets where it holds together less than that. */
export function bracketed({ text, strength }: Written, least: number, notation: Pick<Notation, "brackets">): string {
  return strength < least ? notation.brackets(text) : text;
}

/** @param entry `[j]` inside a sum over the entries, else nothing */
export function writeExpression(expression: Expression, notation: Notation, entry = ""): Written {
  const part = (of: Expression, inside = entry): Part => ({
    ...writeExpression(of, notation, inside),
    expression: of,
  });
  if (isLeaf(expression)) return notation.leaf(expression, entry);
  switch (expression.kind) {
    case "constant":
      return notation.constant(expression.value);
    case "product":
      return notation.product(expression.matrix, expression.transposed, part(expression.of));
    case "outer":
      return notation.outer(part(expression.left), part(expression.right));
    case "sum": {
      const [first, ...others] = expression.terms;
      const signed = others.map((term) =>
        term.kind === "negative" ? taken(part(term.of), notation) : notation.plus + part(term).text,
      );
      return { text: part(first!).text + signed.join(""), strength: strengths.sum };
    }
    case "difference": {
      const text = part(expression.from).text + taken(part(expression.minus), notation);
      return { text, strength: strengths.sum };
    }
    case "negative":
      return notation.negative(part(expression.of));
    case "times": {
      const text = expression.factors
        .map((factor, k) => {
          const before = expression.factors[k - 1];
          const sign = before ? notation.between(before, factor, entry) : "";
          return sign + bracketed(part(factor), notation.factor, notation);
        })
        .join("");
      return { text, strength: strengths.product };
    }
    case "quotient":
      return notation.quotient(part(expression.over), part(expression.under));
    case "power":
      return notation.power(part(expression.of), part(expression.exponent));
    case "extreme":
      return notation.extreme(
        expression.which,
        expression.of.map((one) => part(one)),
      );
    case "apply":
      return notation.apply(expression.function, part(expression.of));
    case "softmax":
      return notation.softmax(part(expression.of));
    case "pool":
      return notation.pool(expression.over, part(expression.of));
    case "logSumExp":
      return notation.logSumExp(part(expression.of, "[j]"));
    case "atTarget":
      return notation.atTarget(part(expression.of));
    case "total":
      return notation.total(part(expression.of, "[j]"));
  }
}

function taken(part: Part, notation: Notation): string {
  return notation.minus + bracketed(part, strengths.product, notation);
}
