/**
 * Sums and products as a textbook writes them: no 0 and no 1 left over, numbers in front, signs outside, like terms together,
 * a common factor once: −d ∘ n + d ∘ h becomes d ∘ (h − n).
 */
import type { Expression } from "./expression";
import { constant, isNumber, minus, negative, quotient, sum, times } from "./expression";

/** A product taken apart: coefficient · over / under. */
interface Term {
  readonly coefficient: number;
  readonly over: readonly Expression[];
  readonly under: readonly Expression[];
}

/** Whether two expressions are the same, written the same way. */
export const keyOf = (expression: Expression): string => JSON.stringify(expression);

export const isZero = (expression: Expression): boolean => expression.kind === "constant" && expression.value === 0;

/** The product of factors. */
export function multiply(...factors: readonly Expression[]): Expression {
  return written(productOf(factors.map(termOf)));
}

export function divide(over: Expression, under: Expression): Expression {
  return written(termOf(quotient(over, under)));
}

export function negate(expression: Expression): Expression {
  return multiply(constant(-1), expression);
}

/** The sum of terms, each added up with those like it. */
export function add(...terms: readonly Expression[]): Expression {
  return sumOf(together(terms.flatMap(termsOf)));
}

function termsOf(expression: Expression): Term[] {
  if (expression.kind === "sum") return expression.terms.flatMap(termsOf);
  if (expression.kind === "difference")
    return [...termsOf(expression.from), ...termsOf(expression.minus).map(opposite)];
  if (expression.kind === "negative") return termsOf(expression.of).map(opposite);
  return [termOf(expression)];
}

const opposite = (term: Term): Term => ({ ...term, coefficient: -term.coefficient });

function termOf(expression: Expression): Term {
  if (expression.kind === "constant") return { coefficient: expression.value, over: [], under: [] };
  if (expression.kind === "negative") return opposite(termOf(expression.of));
  if (expression.kind === "times") return productOf(expression.factors.map(termOf));
  if (expression.kind !== "quotient") return { coefficient: 1, over: [expression], under: [] };
  const [a, b] = [termOf(expression.over), termOf(expression.under)];
  const size = Math.abs(b.coefficient);
  return {
    coefficient: a.coefficient * (b.coefficient < 0 ? -1 : 1),
    over: [...a.over, ...b.under],
    under: [...a.under, ...(size === 1 ? [] : [constant(size)]), ...b.over],
  };
}

const productOf = (terms: readonly Term[]): Term => ({
  coefficient: terms.reduce((all, { coefficient }) => all * coefficient, 1),
  over: terms.flatMap(({ over }) => over),
  under: terms.flatMap(({ under }) => under),
});

function written({ coefficient, over, under }: Term): Expression {
  if (coefficient === 0) return constant(0);
  const size = Math.abs(coefficient);
  const factors = [...over.filter(isNumber), ...over.filter((factor) => !isNumber(factor))];
  if (size !== 1 || factors.length === 0) factors.unshift(constant(size));
  const product = factorsTogether(factors);
  const result = under.length === 0 ? product : quotient(product, factorsTogether(under));
  if (coefficient > 0) return result;
  return result.kind === "constant" ? constant(-result.value) : negative(result);
}

const factorsTogether = (factors: readonly Expression[]): Expression =>
  factors.length === 1 ? factors[0]! : times(...factors);

/** Terms that differ in their number alone become one; those that come to 0 go. */
function together(terms: readonly Term[]): Term[] {
  const byKey = new Map<string, Term>();
  for (const term of terms) {
    const key = `${term.over.map(keyOf).toSorted().join()}/${term.under.map(keyOf).toSorted().join()}`;
    const like = byKey.get(key);
    byKey.set(key, like ? { ...like, coefficient: like.coefficient + term.coefficient } : term);
  }
  return [...byKey.values()].filter(({ coefficient }) => coefficient !== 0);
}

function sumOf(terms: readonly Term[]): Expression {
  if (terms.length === 0) return constant(0);
  if (terms.length === 1) return written(terms[0]!);
  const over = commonOf(terms.map((term) => term.over));
  const under = commonOf(terms.map((term) => term.under));
  if (over.length + under.length > 0) {
    const rest = terms.map((term) => ({
      ...term,
      over: without(term.over, over),
      under: without(term.under, under),
    }));
    return written({ coefficient: 1, over: [...over, sumOf(rest)], under });
  }
  const groups = byFirstFactor(terms);
  if (groups.size < terms.length && groups.size > 1)
    return inOrder([...groups.values()].map((group) => (group.length === 1 ? group[0]! : termOf(sumOf(group)))));
  return inOrder(terms);
}

function byFirstFactor(terms: readonly Term[]): Map<string, Term[]> {
  const groups = new Map<string, Term[]>();
  for (const term of terms) {
    const key = keyOf(term.over.find((factor) => !isNumber(factor)) ?? constant(1));
    groups.set(key, [...(groups.get(key) ?? []), term]);
  }
  return groups;
}

/** What is added first, then what is taken away. */
function inOrder(terms: readonly Term[]): Expression {
  const added = terms.filter(({ coefficient }) => coefficient > 0).map(written);
  const taken = terms.filter(({ coefficient }) => !(coefficient > 0)).map((term) => written(opposite(term)));
  const all = (parts: readonly Expression[]) => (parts.length === 1 ? parts[0]! : sum(...parts));
  if (added.length === 0) return negative(all(taken));
  return taken.reduce((from, what) => minus(from, what), all(added));
}

/** The factors that all lists have, as often as all have them, in the order of the first list. */
function commonOf([first, ...others]: readonly (readonly Expression[])[]): Expression[] {
  const left = others.map((factors) => factors.map(keyOf));
  return (first ?? []).filter((factor) => {
    const places = left.map((keys) => keys.indexOf(keyOf(factor)));
    if (places.includes(-1)) return false;
    for (const [k, place] of places.entries()) left[k]!.splice(place, 1);
    return true;
  });
}

function without(factors: readonly Expression[], taken: readonly Expression[]): Expression[] {
  const keys = taken.map(keyOf);
  return factors.filter((factor) => {
    const at = keys.indexOf(keyOf(factor));
    if (at >= 0) keys.splice(at, 1);
    return at < 0;
  });
}
