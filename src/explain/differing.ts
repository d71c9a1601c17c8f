/** Which term or factor of an equation makes the difference between its number and somebody's: the one that he has otherwise. */
import type { Scalar } from "../engine/element";
import { evaluateScalar } from "../engine/element";
import type { Part } from "./derive";
import { partsOf } from "./terms";

export interface Differing {
  /** The numbers of the term or factor. */
  readonly parts: readonly Part[];
  /** What he has done to it. */
  readonly how: "left out" | "taken twice" | "taken with the other sign";
}

/** Longer sums than this are not gone through. */
const mostTerms = 64;

interface Variant extends Differing {
  readonly scalar: Scalar<Part>;
}

/**
 * @param fits whether a value is his number
 * @returns the first of the equation's terms, from the outside in; null where no single one explains it
 */
export function differingOf(expression: Scalar<Part>, fits: (value: number) => boolean): Differing | null {
  for (const { scalar, parts, how } of variants(expression)) if (fits(evaluateScalar(scalar))) return { parts, how };
  return null;
}

function* variants(scalar: Scalar<Part>): Generator<Variant> {
  switch (scalar.kind) {
    case "sum":
      yield* ofTerms(scalar.terms);
      return;
    case "series":
      if (scalar.count <= mostTerms) yield* ofTerms(Array.from({ length: scalar.count }, (_, k) => scalar.term(k)));
      return;
    case "times": {
      const { factors } = scalar;
      for (const [k, factor] of factors.entries())
        yield { scalar: { kind: "times", factors: factors.toSpliced(k, 1) }, parts: partsIn(factor), how: "left out" };
      for (const [k, factor] of factors.entries())
        for (const one of variants(factor))
          yield { ...one, scalar: { kind: "times", factors: factors.with(k, one.scalar) } };
      return;
    }
    case "difference": {
      const { from, minus } = scalar;
      yield { scalar: from, parts: partsIn(minus), how: "left out" };
      yield { scalar: { kind: "sum", terms: [from, minus] }, parts: partsIn(minus), how: "taken with the other sign" };
      for (const one of variants(from)) yield { ...one, scalar: { ...scalar, from: one.scalar } };
      for (const one of variants(minus)) yield { ...one, scalar: { ...scalar, minus: one.scalar } };
      return;
    }
    case "negative":
      yield { scalar: scalar.of, parts: partsIn(scalar.of), how: "taken with the other sign" };
      for (const one of variants(scalar.of)) yield { ...one, scalar: { ...scalar, of: one.scalar } };
      return;
    case "apply":
      for (const one of variants(scalar.of)) yield { ...one, scalar: { ...scalar, of: one.scalar } };
      return;
    case "quotient":
      for (const one of variants(scalar.over)) yield { ...one, scalar: { ...scalar, over: one.scalar } };
      return;
    case "number":
    case "constant":
    case "power":
    case "extreme":
    case "softmax":
    case "logSumExp":
    case "pool":
      return;
  }
}

function* ofTerms(terms: readonly Scalar<Part>[]): Generator<Variant> {
  const sum = (all: readonly Scalar<Part>[]): Scalar<Part> => ({ kind: "sum", terms: all });
  for (const [k, term] of terms.entries()) {
    const parts = partsIn(term);
    yield { scalar: sum(terms.toSpliced(k, 1)), parts, how: "left out" };
    yield { scalar: sum([...terms, term]), parts, how: "taken twice" };
    yield { scalar: sum(terms.with(k, { kind: "negative", of: term })), parts, how: "taken with the other sign" };
  }
  for (const [k, term] of terms.entries())
    for (const one of variants(term)) yield { ...one, scalar: sum(terms.with(k, one.scalar)) };
}

const partsIn = (scalar: Scalar<Part>): Part[] => partsOf(scalar, mostTerms);
