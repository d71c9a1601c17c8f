/**
 * One entry of an expression, down to single numbers: what a derivation prints and evaluates. Long sums stay lazy; their terms
 * are made when somebody asks for them.
 */

import type { ElementFunction, Expression, Leaf } from "./expression";
import { applyFunction } from "./expression";

/** An entry written out over numbers of kind N. */
export type Scalar<N extends Valued> =
  | { readonly kind: "number"; readonly number: N }
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "sum"; readonly terms: readonly Scalar<N>[] }
  | Series<N>
  | { readonly kind: "difference"; readonly from: Scalar<N>; readonly minus: Scalar<N> }
  | { readonly kind: "negative"; readonly of: Scalar<N> }
  | { readonly kind: "times"; readonly factors: readonly Scalar<N>[] }
  | { readonly kind: "quotient"; readonly over: Scalar<N>; readonly under: Scalar<N> }
  | { readonly kind: "power"; readonly of: Scalar<N>; readonly exponent: Scalar<N> }
  | { readonly kind: "extreme"; readonly which: "min" | "max"; readonly of: readonly Scalar<N>[] }
  | { readonly kind: "apply"; readonly function: ElementFunction; readonly of: Scalar<N> }
  /** e^at / Σ_k e^of_k, evaluated so that nothing overflows. */
  | { readonly kind: "softmax"; readonly at: Scalar<N>; readonly of: Series<N> }
  /** log Σ_k e^of_k, evaluated so that nothing overflows. */
  | { readonly kind: "logSumExp"; readonly of: Series<N> }
  /** The mean or the sum over the units. */
  | { readonly kind: "pool"; readonly over: "mean" | "sum"; readonly of: Series<N> };

export interface Valued {
  readonly value: number;
}

/** Σ over an index, its terms made on demand. */
export interface Series<N extends Valued> {
  readonly kind: "series";
  /** The index: `j`, or `t` over steps. */
  readonly letter: string;
  readonly count: number;
  /** @param k 0…count − 1 */
  term(k: number): Scalar<N>;
  /** The term with the letter in the place of the index. */
  general(): Scalar<N>;
}

/** An index into a vector; a general term has a letter there. */
export interface Index {
  readonly at: number;
  readonly letter: string | null;
}

export const indexOf = (at: number): Index => ({ at, letter: null });
const general = (letter: string): Index => ({ at: 0, letter });

/** Where an entry's numbers come from: one step of one pass, of the read-out, or one entry of an update. */
export interface Entries<N extends Valued> {
  /** Null where nothing comes from there: a gradient from after the last step. */
  leaf(leaf: Leaf, index: Index): Scalar<N> | null;
  entry(matrix: string, row: Index, col: Index): Scalar<N>;
  shape(matrix: string): { readonly rows: number; readonly cols: number };
  /** The place of the 1 in a one-hot input; null where the input is a vector. */
  readonly token: number | null;
  /** The target's class; null where it has none. */
  readonly targetClass: number | null;
  /** How long a vector is where all of its entries count: O in the read-out, H in a pass. */
  readonly length: number;
}

export const constantOf = <N extends Valued>(value: number): Scalar<N> => ({ kind: "constant", value });

/** Σ over terms; a sum of one term is the term. */
export function seriesOf<N extends Valued>(
  letter: string,
  count: number,
  term: (k: number) => Scalar<N>,
  generalTerm: () => Scalar<N>,
): Scalar<N> {
  return count === 1 ? term(0) : { kind: "series", letter, count, term, general: generalTerm };
}

/** Entry `index` of the vector that an expression stands for; null where nothing comes from there. */
export function elementOf<N extends Valued>(expression: Expression, index: Index, from: Entries<N>): Scalar<N> | null {
  const element = (part: Expression, at = index) => elementOf(part, at, from);
  const orZero = (part: Expression, at = index) => element(part, at) ?? constantOf<N>(0);
  const entries = (part: Expression): Series<N> => ({
    kind: "series",
    letter: "k",
    count: from.length,
    term: (k) => orZero(part, indexOf(k)),
    general: () => orZero(part, general("k")),
  });
  switch (expression.kind) {
    case "constant":
      return constantOf(expression.value);
    case "product":
      return productElement(expression, index, from);
    case "outer":
      throw new TypeError("u vᵀ is a matrix: ask for its entry");
    case "sum":
      return sumOf(expression.terms.map((term) => element(term)));
    case "difference": {
      const [start, minus] = [element(expression.from), element(expression.minus)];
      if (!minus) return start;
      return start ? { kind: "difference", from: start, minus } : { kind: "negative", of: minus };
    }
    case "negative": {
      const of = element(expression.of);
      return of && { kind: "negative", of };
    }
    case "times": {
      const factors = expression.factors.map((factor) => element(factor));
      if (factors.includes(null)) return null;
      return productOf(factors.filter((factor) => factor !== null));
    }
    case "quotient": {
      const over = element(expression.over);
      return over && { kind: "quotient", over, under: orZero(expression.under) };
    }
    case "power": {
      const of = element(expression.of);
      return of && { kind: "power", of, exponent: orZero(expression.exponent) };
    }
    case "extreme":
      return { kind: "extreme", which: expression.which, of: expression.of.map((part) => orZero(part)) };
    case "apply":
      return { kind: "apply", function: expression.function, of: orZero(expression.of) };
    case "pool":
      return element(expression.of) && { kind: "pool", over: expression.over, of: entries(expression.of) };
    case "softmax":
      return { kind: "softmax", at: orZero(expression.of), of: entries(expression.of) };
    case "logSumExp":
      return { kind: "logSumExp", of: entries(expression.of) };
    case "atTarget":
      if (from.targetClass === null) throw new RangeError("this step has no target class");
      return element(expression.of, indexOf(from.targetClass));
    case "total": {
      const series = entries(expression.of);
      return series.count === 1 ? series.term(0) : series;
    }
    case "value":
    case "gradient":
    case "above":
    case "input":
    case "bias":
    case "named":
    case "target":
    case "classWeight":
    case "targetCount":
    case "stepWeight":
    case "ends":
    case "setting":
    case "update":
    case "memory":
      return from.leaf(expression, index);
  }
}

/** Entry (row, col) of the matrix u vᵀ, or entry `row` of a vector; null where it is 0 because x_t is one-hot elsewhere. */
export function entryOf<N extends Valued>(
  expression: Expression,
  row: Index,
  col: Index,
  from: Entries<N>,
): Scalar<N> | null {
  if (expression.kind === "sum") return sumOf(expression.terms.map((term) => entryOf(term, row, col, from)));
  if (expression.kind !== "outer") return elementOf(expression, row, from);
  const left = elementOf(expression.left, row, from);
  if (expression.right.kind === "input" && from.token !== null) return from.token === col.at ? left : null;
  const right = elementOf(expression.right, col, from);
  return left && right && productOf([left, right]);
}

function productElement<N extends Valued>(
  { matrix, transposed, of }: Expression & { kind: "product" },
  index: Index,
  from: Entries<N>,
): Scalar<N> | null {
  if (of.kind === "input" && !transposed && from.token !== null) return from.entry(matrix, index, indexOf(from.token));
  if (elementOf(of, indexOf(0), from) === null) return null;
  const { rows, cols } = from.shape(matrix);
  const term = (at: Index) =>
    productOf([
      transposed ? from.entry(matrix, at, index) : from.entry(matrix, index, at),
      elementOf(of, at, from) ?? constantOf<N>(0),
    ]);
  const letter = transposed ? "i" : "j";
  return seriesOf(
    letter,
    transposed ? rows : cols,
    (k) => term(indexOf(k)),
    () => term(general(letter)),
  );
}

/** A sum of what is there, sums in it taken apart; null where nothing is. */
export function sumOf<N extends Valued>(parts: readonly (Scalar<N> | null)[]): Scalar<N> | null {
  const terms = parts.flatMap((part) => (part === null ? [] : part.kind === "sum" ? part.terms : [part]));
  return terms.length > 1 ? { kind: "sum", terms } : (terms[0] ?? null);
}

export function productOf<N extends Valued>(parts: readonly Scalar<N>[]): Scalar<N> {
  const factors = parts.flatMap((part) => (part.kind === "times" ? part.factors : [part]));
  return factors.length > 1 ? { kind: "times", factors } : factors[0]!;
}

/** The number that a scalar comes to, from the numbers in it. */
export function evaluateScalar(scalar: Scalar<Valued>): number {
  switch (scalar.kind) {
    case "number":
      return scalar.number.value;
    case "constant":
      return scalar.value;
    case "sum":
      return scalar.terms.map(evaluateScalar).reduce((a, b) => a + b);
    case "series": {
      let sum = 0;
      for (let k = 0; k < scalar.count; k++) sum += evaluateScalar(scalar.term(k));
      return sum;
    }
    case "difference":
      return evaluateScalar(scalar.from) - evaluateScalar(scalar.minus);
    case "negative":
      return -evaluateScalar(scalar.of);
    case "times":
      return scalar.factors.map(evaluateScalar).reduce((a, b) => a * b);
    case "quotient":
      return evaluateScalar(scalar.over) / evaluateScalar(scalar.under);
    case "power":
      return evaluateScalar(scalar.of) ** evaluateScalar(scalar.exponent);
    case "extreme":
      return (scalar.which === "min" ? Math.min : Math.max)(...scalar.of.map(evaluateScalar));
    case "apply":
      return applyFunction(scalar.function, evaluateScalar(scalar.of));
    case "softmax":
      return Math.exp(evaluateScalar(scalar.at) - largestOf(scalar.of)) / sumOfPowers(scalar.of);
    case "logSumExp":
      return largestOf(scalar.of) + Math.log(sumOfPowers(scalar.of));
    case "pool":
      return evaluateScalar(scalar.of) / (scalar.over === "mean" ? scalar.of.count : 1);
  }
}

function largestOf(series: Series<Valued>): number {
  let largest = -Infinity;
  for (let k = 0; k < series.count; k++) largest = Math.max(largest, evaluateScalar(series.term(k)));
  return largest;
}

/** Σ e^(v_k − the largest) */
function sumOfPowers(series: Series<Valued>): number {
  const largest = largestOf(series);
  let sum = 0;
  for (let k = 0; k < series.count; k++) sum += Math.exp(evaluateScalar(series.term(k)) - largest);
  return sum;
}
