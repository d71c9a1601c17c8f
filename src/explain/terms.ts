/** The long sums of an equation, page by page, and the numbers in it. */

import type { Scalar, Series } from "../engine/element";
import { evaluateScalar } from "../engine/element";
import type { Part } from "./derive";

/** One term of a sum, and what it comes to. */
export interface Term {
  /** Its place in the sum, from 0. */
  readonly k: number;
  readonly scalar: Scalar<Part>;
  readonly value: number;
}

/** Up to here all terms are looked at, to find the largest; a longer sum is shown from its beginning. */
const mostOrdered = 20_000;

const orders = new WeakMap<Series<Part>, readonly { readonly k: number; readonly value: number }[]>();

function orderOf(series: Series<Part>): readonly { readonly k: number; readonly value: number }[] {
  let order = orders.get(series);
  if (!order) {
    order = Array.from({ length: series.count }, (_, k) => ({ k, value: evaluateScalar(series.term(k)) })).toSorted(
      (a, b) => Math.abs(b.value) - Math.abs(a.value) || a.k - b.k,
    );
    orders.set(series, order);
  }
  return order;
}

/** Terms of a sum, the largest by their size first: `count` of them, after the first `from`. A sum of more than 20 000 keeps its order. */
export function termsOf(series: Series<Part>, from: number, count: number): Term[] {
  const to = Math.min(series.count, from + count);
  if (series.count > mostOrdered)
    return Array.from({ length: Math.max(0, to - from) }, (_, n) => {
      const scalar = series.term(from + n);
      return { k: from + n, scalar, value: evaluateScalar(scalar) };
    });
  return orderOf(series)
    .slice(from, to)
    .map(({ k, value }) => ({ k, scalar: series.term(k), value }));
}

/** What the terms after the first `from` come to together; null for a sum of more than 20 000. */
export function restOf(series: Series<Part>, from: number): number | null {
  if (series.count > mostOrdered) return null;
  return orderOf(series)
    .slice(from)
    .reduce((sum, { value }) => sum + value, 0);
}

/** The long sums of an equation: those of more than `most` terms, which are shown by their largest ones. */
export function longSums(expression: Scalar<Part>, most: number): Series<Part>[] {
  if (expression.kind === "series") {
    if (expression.count > most) return [expression];
    return Array.from({ length: expression.count }, (_, k) => longSums(expression.term(k), most)).flat();
  }
  return childrenOf(expression).flatMap((child) => longSums(child, most));
}

/** Each number of an equation once, in the order in which it is written; of a long sum those of its `most` largest terms. */
export function partsOf(expression: Scalar<Part>, most: number): Part[] {
  const seen = new Set<string>();
  const parts: Part[] = [];
  const visit = (scalar: Scalar<Part>) => {
    if (scalar.kind === "number") {
      const key = JSON.stringify(scalar.number.reference ?? scalar.number.symbol);
      if (!seen.has(key)) parts.push(scalar.number);
      seen.add(key);
    } else if (scalar.kind === "series") for (const term of shownTerms(scalar, most)) visit(term);
    else for (const child of childrenOf(scalar)) visit(child);
  };
  visit(expression);
  return parts;
}

/** All terms of a short sum in their order, the largest of a long one. */
export function shownTerms(series: Series<Part>, most: number): Scalar<Part>[] {
  if (series.count <= most) return Array.from({ length: series.count }, (_, k) => series.term(k));
  return termsOf(series, 0, most).map(({ scalar }) => scalar);
}

function childrenOf(scalar: Scalar<Part>): readonly Scalar<Part>[] {
  switch (scalar.kind) {
    case "number":
    case "constant":
    case "series":
      return [];
    case "sum":
      return scalar.terms;
    case "difference":
      return [scalar.from, scalar.minus];
    case "times":
      return scalar.factors;
    case "quotient":
      return [scalar.over, scalar.under];
    case "power":
      return [scalar.of, scalar.exponent];
    case "extreme":
      return scalar.of;
    case "negative":
    case "apply":
    case "logSumExp":
    case "pool":
      return [scalar.of];
    case "softmax":
      return [scalar.at, scalar.of];
  }
}
