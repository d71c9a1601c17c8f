/** How far a cell's hidden state can go, by interval arithmetic over its equations. */
import type { Equation } from "./equations";
import type { ElementFunction, Expression } from "./expression";
import { keyOf } from "./simplify";

type Interval = readonly [low: number, high: number];

const anything: Interval = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
const images: Partial<Record<ElementFunction, Interval>> = {
  tanh: [-1, 1],
  sin: [-1, 1],
  cos: [-1, 1],
  σ: [0, 1],
  hardsigmoid: [0, 1],
  hardsigmoid2: [0, 1],
};

/** Whether |h_t| ≤ 1 follows from |h_{t−1}| ≤ 1, whatever the parameters and the input are. */
export function staysWithinOne(equations: readonly Equation[]): boolean {
  const known = new Map<string, Interval>();
  for (const { name, expression } of equations) known.set(name, rangeOf(expression, known));
  const [low, high] = known.get("h") ?? anything;
  return low >= -1 && high <= 1;
}

function rangeOf(expression: Expression, known: ReadonlyMap<string, Interval>): Interval {
  const of = (part: Expression) => rangeOf(part, known);
  switch (expression.kind) {
    case "value":
      if (expression.time === "now") return known.get(expression.name) ?? anything;
      return expression.name === "h" ? [-1, 1] : anything;
    case "constant":
    case "named":
      return [expression.value, expression.value];
    case "apply":
      return images[expression.function] ?? anything;
    case "softmax":
      return [0, 1];
    case "negative":
      return opposite(of(expression.of));
    case "difference":
      return plus(of(expression.from), opposite(of(expression.minus)));
    case "times":
      return expression.factors.map(of).reduce(multiplied);
    case "sum":
      return mixed(expression.terms, known) ?? expression.terms.map(of).reduce(plus);
    case "above":
    case "atTarget":
    case "bias":
    case "classWeight":
    case "ends":
    case "extreme":
    case "gradient":
    case "input":
    case "logSumExp":
    case "memory":
    case "outer":
    case "pool":
    case "power":
    case "product":
    case "quotient":
    case "setting":
    case "stepWeight":
    case "target":
    case "targetCount":
    case "total":
    case "update":
      return anything;
  }
}

const opposite = ([low, high]: Interval): Interval => [-high, -low];
const plus = (a: Interval, b: Interval): Interval => [a[0] + b[0], a[1] + b[1]];

function multiplied(a: Interval, b: Interval): Interval {
  // 0 · ∞ is 0 here: the other factor is a number, however large
  const products = a.flatMap((v) => b.map((w) => (v === 0 || w === 0 ? 0 : v * w)));
  return [Math.min(...products), Math.max(...products)];
}

/** (1 − w) ∘ a + w ∘ b with 0 ≤ w ≤ 1 lies between a and b. */
function mixed(terms: readonly Expression[], known: ReadonlyMap<string, Interval>): Interval | null {
  const [first, second] = terms;
  if (terms.length !== 2 || first?.kind !== "times" || second?.kind !== "times") return null;
  for (const [one, other] of [
    [first, second],
    [second, first],
  ] as const)
    for (const rest of one.factors) {
      if (rest.kind !== "difference" || rest.from.kind !== "constant" || rest.from.value !== 1) continue;
      const weight = other.factors.find((factor) => keyOf(factor) === keyOf(rest.minus));
      if (!weight) continue;
      const [low, high] = rangeOf(weight, known);
      if (low < 0 || high > 1) continue;
      const without = (factors: readonly Expression[], left: Expression) =>
        factors
          .filter((factor) => factor !== left)
          .map((factor) => rangeOf(factor, known))
          .reduce(multiplied, [1, 1]);
      const [a, b] = [without(one.factors, rest), without(other.factors, weight)];
      return [Math.min(a[0], b[0]), Math.max(a[1], b[1])];
    }
  return null;
}
