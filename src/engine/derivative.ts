/**
 * The derivative of an equation, in the reverse direction: from dL/d(what it computes) to what that adds to the gradient of each
 * thing it reads. One table with one line for each operation and function; the walk below knows none of them.
 *
 * At a kink the slope is PyTorch's: 0 for relu and abs at 0, half to each for min and max at a tie, 0 on the borders of
 * hardsigmoid, 0.2 on those of hardsigmoid2.
 */
import type { ElementFunction, Expression, Leaf } from "./expression";
import { apply, constant, isLeaf, minus, one, outer, pool, power, sum, transposed } from "./expression";
import { add, divide, isZero, multiply, negate } from "./simplify";

/** d ∘ f'(u), y being f(u). */
type Slope = (d: Expression, u: Expression, y: Expression) => Expression;

const slopes: Readonly<Record<ElementFunction, Slope>> = {
  tanh: (d, _, y) => multiply(d, minus(one, apply("square", y))),
  σ: (d, _, y) => multiply(d, y, minus(one, y)),
  relu: (d, u) => multiply(d, apply("positive", u)),
  exp: (d, _, y) => multiply(d, y),
  log: (d, u) => divide(d, u),
  "√": (d, _, y) => divide(d, multiply(constant(2), y)),
  abs: (d, u) => multiply(d, apply("sign", u)),
  sin: (d, u) => multiply(d, apply("cos", u)),
  cos: (d, u) => negate(multiply(d, apply("sin", u))),
  softplus: (d, u) => multiply(d, apply("σ", u)),
  silu: (d, u) => multiply(d, apply("σ", u), add(one, multiply(u, minus(one, apply("σ", u))))),
  hardsigmoid: (d, u) => divide(multiply(d, apply("within3", u)), constant(6)),
  hardsigmoid2: (d, u) => multiply(constant(0.2), d, apply("within2.5", u)),
  square: (d, u) => multiply(constant(2), d, u),
  positive: () => constant(0),
  step: () => constant(0),
  sign: () => constant(0),
  within3: () => constant(0),
  "within2.5": () => constant(0),
};

/** dL/da of h = f(a), with d = dL/dh. */
export function slopeOf(activated: Expression, d: Expression): Expression {
  if (activated.kind !== "apply") throw new TypeError("only a function of one thing has a slope");
  return slopes[activated.function](d, activated.of, activated);
}

/** A part of an expression, and what d adds to its gradient. */
type Contribution = readonly [part: Expression, gradient: Expression];

/** What d, the gradient of an expression, adds to those of its direct parts. */
function contributions(expression: Expression, d: Expression): readonly Contribution[] {
  if (isLeaf(expression)) return [];
  switch (expression.kind) {
    case "sum":
      return expression.terms.map((term) => [term, d]);
    case "difference":
      return [
        [expression.from, d],
        [expression.minus, negate(d)],
      ];
    case "negative":
      return [[expression.of, negate(d)]];
    case "times":
      return expression.factors.map((factor, k) => [
        factor,
        multiply(d, ...expression.factors.filter((_, j) => j !== k)),
      ]);
    case "quotient":
      return [
        [expression.over, divide(d, expression.under)],
        [expression.under, negate(divide(multiply(d, expression.over), apply("square", expression.under)))],
      ];
    case "power":
      return [[expression.of, powerSlope(d, expression.of, expression.exponent)]];
    case "extreme":
      return extremeSlopes(d, expression.which, expression.of);
    case "apply":
      return [[expression.of, slopes[expression.function](d, expression.of, expression)]];
    case "softmax":
      return [[expression.of, multiply(expression, minus(d, pool("sum", multiply(d, expression))))]];
    case "pool":
      return [[expression.of, pool(expression.over, d)]];
    case "product":
      return [[expression.of, transposed(expression.matrix, d)]];
    case "outer":
    case "logSumExp":
    case "atTarget":
    case "total":
      throw new TypeError(`a cell's equation has no ${expression.kind}`);
    case "constant":
      return [];
  }
}

function powerSlope(d: Expression, of: Expression, exponent: Expression): Expression {
  const isNothing = exponent.kind === "named" ? exponent.value === 0 : isZero(exponent);
  if (isNothing) return constant(0);
  const less = add(exponent, constant(-1));
  if (isZero(less)) return d;
  const isPlain = less.kind === "constant" && less.value === 1;
  return multiply(exponent, d, isPlain ? of : power(of, less));
}

/** Of min(u, v): to u where it is the smaller, half of it to each where they are equal. */
function extremeSlopes(d: Expression, which: "min" | "max", of: readonly Expression[]): Contribution[] {
  const [u, v] = of;
  if (!u || !v || of.length > 2) throw new TypeError(`${which} of ${of.length} has no derivative here: expected two`);
  const [high, low] = which === "max" ? [u, v] : [v, u];
  return [
    [u, multiply(d, apply("step", minus(high, low)))],
    [v, multiply(d, apply("step", minus(low, high)))],
  ];
}

/** What an equation reads: a leaf, or a matrix by its name. */
export type Read = Leaf | { readonly kind: "matrix"; readonly name: string };

/** What d, the gradient of an expression, adds to the gradient of each thing that it reads, in the order of the equation. */
export function gradientsOf(
  expression: Expression,
  d: Expression,
): { readonly of: Read; readonly gradient: Expression }[] {
  const reads = new Map<string, { of: Read; gradients: Expression[] }>();
  const reach = (of: Read, gradient: Expression) => {
    const key = JSON.stringify(of);
    const entry = reads.get(key) ?? { of, gradients: [] };
    reads.set(key, { of, gradients: [...entry.gradients, gradient] });
  };
  const walk = (part: Expression, gradient: Expression) => {
    if (isZero(gradient)) return;
    if (part.kind === "product") reach({ kind: "matrix", name: part.matrix }, outer(gradient, part.of));
    if (isRead(part)) reach(part, gradient);
    for (const [child, its] of contributions(part, gradient)) walk(child, its);
  };
  walk(expression, d);
  return [...reads.values()].map(({ of, gradients }) => ({ of, gradient: together(gradients) }));
}

/** Products with matrices stay by themselves, as do those of two vectors; what goes element by element is added up. */
function together(gradients: readonly Expression[]): Expression {
  const whole = gradients.filter(({ kind }) => kind === "product" || kind === "outer");
  const rest = gradients.filter((one) => !whole.includes(one));
  const terms = [...(rest.length > 0 ? [add(...rest)] : []), ...whole];
  return terms.length === 1 ? terms[0]! : sum(...terms);
}

function isRead(part: Expression): part is Leaf {
  return part.kind === "value" || part.kind === "input" || part.kind === "bias";
}
