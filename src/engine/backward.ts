/**
 * A cell's step backward, from its equations forward: reverse differentiation over the graph of its quantities.
 * The gradient of a quantity has up to three sources: what is above it at t (of h alone), the step after, which reads it as a
 * state, and the quantities of its own step that read it.
 */
import { gradientsOf, slopeOf } from "./derivative";
import type { Equation } from "./equations";
import type { Expression } from "./expression";
import {
  above,
  after,
  constant,
  gradient,
  gradientAfter,
  now,
  sum,
  symbolsIn,
  withChildren,
  withLeaves,
} from "./expression";
import { keyOf } from "./simplify";

export interface Backward {
  /** The quantities in the order in which their gradients are complete, h first. */
  readonly order: readonly string[];
  /** By quantity: what its own step adds to dL/dq_t; of a gate, to that of its pre-activation. Null where nothing. */
  readonly within: Readonly<Record<string, Expression | null>>;
  /** By state: dL/d(state at t−1), over numbers of step t. Null where nothing comes back. */
  readonly carried: Readonly<Record<string, Expression | null>>;
  /** By quantity: the whole dL/dq_t, from step t + 1 too, as a person reads it. */
  readonly whole: Readonly<Record<string, Expression>>;
  /** A step's share of each parameter's gradient. */
  readonly shares: Readonly<Record<string, Expression>>;
  /** dL/dx_t */
  readonly inputGradient: Expression;
}

/**
 * @param gates      quantities f(a) whose gradient stands for dL/da; none of them a state
 * @param auxiliary  quantities that only help to compute others: their gradients come as soon as they can
 * @param parameters in the order in which their shares are told
 */
export function backwardOf(
  equations: readonly Equation[],
  states: readonly string[],
  gates: ReadonlySet<string>,
  auxiliary: ReadonlySet<string>,
  parameters: readonly string[],
): Backward {
  const known = knownQuantities(equations);
  /** What each equation adds to the gradient of a leaf, by the leaf; in the order of the equations. */
  const added = new Map<string, { readonly from: string; readonly gradient: Expression }[]>();
  const used = leadingToState(equations);
  for (const { name, expression } of equations) {
    // The gradient of what nothing uses is 0, and stays 0 where a slope is infinite.
    if (!used.has(name)) continue;
    const start = gates.has(name) ? insideOf(expression) : expression;
    for (const { of, gradient: its } of gradientsOf(start, gradient(name))) {
      const key = keyOfRead(of);
      added.set(key, [...(added.get(key) ?? []), { from: name, gradient: recognised(its, known) }]);
    }
  }
  const at = (key: string) => added.get(key) ?? [];
  const within = (name: string): Expression[] =>
    at(`now ${name}`)
      .map((one) => one.gradient)
      .toReversed();
  /** The state's own equation first. */
  const carried = (name: string): Expression[] => {
    const all = at(`before ${name}`);
    return [...all.filter(({ from }) => from === name), ...all.filter(({ from }) => from !== name)].map(
      (one) => one.gradient,
    );
  };
  const names = equations.map(({ name }) => name);
  const activated = (name: string, d: Expression): Expression => {
    if (!gates.has(name)) return d;
    const { expression } = equations.find((equation) => equation.name === name)!;
    return recognised(slopeOf(expression, d), known);
  };
  const whole = (name: string): Expression => {
    const parts = [...(name === "h" ? [above] : []), ...carried(name).map(laterStep), ...within(name)];
    return activated(name, flatSum(parts) ?? constant(0));
  };
  return {
    order: backwardOrder(equations, auxiliary),
    within: Object.fromEntries(
      names.map((name) => {
        const all = flatSum(within(name));
        return [name, all && activated(name, all)];
      }),
    ),
    carried: Object.fromEntries(states.map((name) => [name, flatSum(carried(name))])),
    whole: Object.fromEntries(names.map((name) => [name, whole(name)])),
    shares: Object.fromEntries(
      parameters.map((name) => [name, flatSum(at(`parameter ${name}`).map((one) => one.gradient)) ?? constant(0)]),
    ),
    inputGradient: flatSum(at("input").map((one) => one.gradient)) ?? constant(0),
  };
}

/** The quantities that h comes from, at its own step or at a later one: those that have a gradient. */
function leadingToState(equations: readonly Equation[]): ReadonlySet<string> {
  const leading = new Set(["h"]);
  // What is put in while it is gone through is visited, too.
  for (const name of leading) {
    const equation = equations.find((one) => one.name === name);
    for (const leaf of equation ? symbolsIn(equation.expression) : [])
      if (leaf.kind === "value") leading.add(leaf.name);
  }
  return leading;
}

type Read = ReturnType<typeof gradientsOf>[number]["of"];

function keyOfRead(of: Read): string {
  if (of.kind === "value") return `${of.time} ${of.name}`;
  return of.kind === "bias" || of.kind === "matrix" ? `parameter ${of.name}` : of.kind;
}

/** The pre-activation of a gate. */
function insideOf(expression: Expression): Expression {
  if (expression.kind !== "apply") throw new TypeError("a gate is a function of its pre-activation");
  return expression.of;
}

/** Terms one after the other, sums in them opened; null where there is none. */
function flatSum(parts: readonly Expression[]): Expression | null {
  const terms = parts.flatMap((part) => (part.kind === "sum" ? part.terms : [part]));
  return terms.length > 1 ? sum(...terms) : (terms[0] ?? null);
}

/** What a step takes of the one after it: the same, one step later. */
function laterStep(expression: Expression): Expression {
  return withLeaves(expression, (leaf) => {
    if (leaf.kind === "value") return leaf.time === "before" ? now(leaf.name) : after(leaf.name);
    if (leaf.kind === "gradient") return gradientAfter(leaf.name);
    return leaf.kind === "input" ? { kind: "input", time: "after" } : leaf;
  });
}

function knownQuantities(equations: readonly Equation[]): ReadonlyMap<string, string> {
  const written = equations.filter(
    ({ expression: { kind } }) => kind !== "value" && kind !== "input" && kind !== "bias",
  );
  return new Map(written.toReversed().map(({ name, expression }) => [keyOf(expression), name]));
}

/** What a quantity of the step is, is written by its name: 1 − tanh²(a) is 1 − h². */
function recognised(expression: Expression, known: ReadonlyMap<string, string>): Expression {
  const name = known.get(keyOf(expression));
  return name === undefined ? withChildren(expression, (child) => recognised(child, known)) : now(name);
}

/** A quantity comes after all those of its step that read it; of several, the first in the order of the equations. */
function backwardOrder(equations: readonly Equation[], auxiliary: ReadonlySet<string>): string[] {
  const names = equations.map(({ name }) => name);
  const readers = new Map(names.map((name) => [name, new Set<string>()]));
  for (const { name, expression } of equations)
    for (const leaf of symbolsIn(expression))
      if (leaf.kind === "value" && leaf.time === "now") readers.get(leaf.name)?.add(name);
  const order = ["h"];
  const left = new Set(names.filter((name) => name !== "h"));
  while (left.size > 0) {
    const ready = [...left].filter((name) => [...readers.get(name)!].every((reader) => !left.has(reader)));
    const next = ready.find((name) => auxiliary.has(name)) ?? ready[0]!;
    order.push(next);
    left.delete(next);
  }
  return order;
}
