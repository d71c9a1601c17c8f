/** Slips that are seldom made: a sign, an inverse, another matrix, a value that was overwritten. */
import type { Equation } from "../../engine/equations";
import type { Expression } from "../../engine/expression";
import {
  apply,
  before,
  childrenOf,
  constant,
  minus,
  negative,
  now,
  one,
  sum,
  symbolsIn,
  withChildren,
  withLeaves,
} from "../../engine/expression";
import type { Back, Operations } from "./edited";
import { sumOf, termsOf } from "./edited";
import type { Mutation } from "./mutations";
import { gateOverAll, otherFunctions } from "./otherFunctions";
import { partMutations } from "./partMutations";
import { ofLastStep, wrapped } from "./steps";

/** One kind of layer, with the words for its expressions. */
export interface Kind {
  readonly operations: Operations;
  readonly states: readonly string[];
  /** Quantities whose gradient is that of their pre-activation. */
  readonly gates: ReadonlySet<string>;
  readonly text: (expression: Expression) => string;
  readonly gradientOf: (name: string) => string;
  /** `reset gate` */
  readonly titleOf: (name: string) => string;
  readonly onBack: (id: string, group: string, text: string, back: (back: Back) => Back) => Mutation;
  readonly onForward: (
    id: string,
    group: string,
    text: string,
    forward: (equations: readonly Equation[]) => readonly Equation[],
  ) => Mutation;
}

type Change = (expression: Expression) => Expression;

const same = (a: Expression, b: Expression): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

const partsOf = (expression: Expression): Expression[] => [expression, ...childrenOf(expression).flatMap(partsOf)];

function withPart(expression: Expression, part: Expression, other: Expression): Expression {
  return same(expression, part) ? other : withChildren(expression, (child) => withPart(child, part, other));
}

/** Every expression of the way back, changed. */
export function everywhere(change: (expression: Expression, name: string) => Expression): (back: Back) => Back {
  const changed = (all: Readonly<Record<string, Expression>>) =>
    Object.fromEntries(Object.entries(all).map(([name, it]) => [name, change(it, name)]));
  return ({ whole, coming, shares, inputGradient }) => ({
    whole: changed(whole),
    coming: changed(coming),
    shares: changed(shares),
    inputGradient: change(inputGradient, "x"),
  });
}

/** What a parameter or a term of a sum is called in a slip's name. */
function labelOf(expression: Expression): string {
  if (expression.kind === "product") return expression.matrix;
  if (expression.kind === "bias" || expression.kind === "value") return expression.name;
  if (expression.kind === "negative") return labelOf(expression.of);
  return childrenOf(expression).map(labelOf).filter(Boolean).join("∘");
}

export function rareForward(kind: Kind): Mutation[] {
  return [
    ...signs(kind),
    ...addedOnes(kind),
    ...factorsLeftOut(kind),
    ...inverses(kind),
    ...otherGates(kind),
    ...otherStates(kind),
    ...otherParameters(kind),
    ...doubled(kind),
    ...wrappedWhole(kind),
    ...otherFunctions(kind),
    ...gateOverAll(kind),
    ...peepholesLeftOut(kind),
    ...sumsForProducts(kind),
    ...outsideFunctions(kind),
    ...otherValues(kind),
    ...multipliedInPlace(kind),
  ];
}

export function rareBack(kind: Kind): Mutation[] {
  return [
    ...signsBack(kind),
    ...overwritten(kind),
    ...aroundTheEnd(kind),
    ...withoutFunction(kind),
    ...otherMatrices(kind),
    ...sharesOfOtherStep(kind),
    ...innerFactors(kind),
    ...innerTerms(kind),
    ...inversesBack(kind),
    ...factorsOfShares(kind),
    ...otherFactors(kind),
    ...matricesLeftOut(kind),
    ...partMutations(kind),
  ];
}

/** An equation with one of its expressions changed. */
function inEquation(name: string, change: Change) {
  return (equations: readonly Equation[]) =>
    equations.map((equation) =>
      equation.name === name ? { name, expression: change(equation.expression) } : equation,
    );
}

/** Every sum of an equation with its terms; a difference has two. */
function signs({ operations, text, onForward }: Kind): Mutation[] {
  return operations.forward.flatMap(({ name, expression }) =>
    partsOf(expression).flatMap((part) => {
      if (part.kind === "difference" && !same(part.from, one))
        return [
          onForward(
            `sign:${name}`,
            `sign:${name}`,
            `${text(part.minus)} is added in place of subtracted in ${name}_t`,
            inEquation(name, (whole) => withPart(whole, part, sum(part.from, part.minus))),
          ),
        ];
      if (part.kind === "difference")
        return [
          onForward(
            `sign:${name}`,
            `sign:${name}`,
            `1 + ${text(part.minus)} stands in the place of ${text(part)} in ${name}_t`,
            inEquation(name, (whole) => withPart(whole, part, sum(part.from, part.minus))),
          ),
        ];
      if (part.kind !== "sum") return [];
      return part.terms.map((term) => {
        const other = term.kind === "negative" ? term.of : negative(term);
        return onForward(
          `sign:${name}:${labelOf(term)}`,
          `sign:${name}:${labelOf(term)}`,
          `${text(term)} has the other sign in ${name}_t`,
          inEquation(name, (whole) =>
            withPart(whole, part, sum(...part.terms.map((one) => (one === term ? other : one)))),
          ),
        );
      });
    }),
  );
}

/** A 1 that is added to what goes through a function. */
function addedOnes({ operations, text, onForward }: Kind): Mutation[] {
  return operations.forward.flatMap(({ name, expression }) =>
    partsOf(expression).flatMap((part) =>
      part.kind === "apply" && termsOf(part.of).some(({ kind }) => kind === "bias")
        ? [
            onForward(
              `one-added:${name}`,
              `one-added:${name}`,
              `1 is added to ${text(part.of)} before it goes through ${part.function}`,
              inEquation(name, (whole) => withPart(whole, part, apply(part.function, sum(...termsOf(part.of), one)))),
            ),
          ]
        : [],
    ),
  );
}

function factorsLeftOut({ operations, text, onForward }: Kind): Mutation[] {
  return operations.forward.flatMap(({ name, expression }) =>
    partsOf(expression).flatMap((part) => {
      if (part.kind !== "times") return [];
      return part.factors.map((factor) => {
        const rest = part.factors.filter((other) => other !== factor);
        const left = rest.length === 1 ? rest[0]! : { ...part, factors: rest };
        return onForward(
          `factor-left-out:${name}:${labelOf(factor)}`,
          `factor-left-out:${name}`,
          `the factor ${text(factor)} of ${text(part)} is left out of ${name}_t`,
          inEquation(name, (whole) => withPart(whole, part, left)),
        );
      });
    }),
  );
}

/** u where 1 − u belongs, or the other way round, in one place. */
function inverses({ operations, gates, text, onForward }: Kind): Mutation[] {
  return operations.forward.flatMap(({ name, expression }) =>
    partsOf(expression).flatMap((part) => {
      if (part.kind === "difference" && same(part.from, one) && part.minus.kind === "value")
        return [
          onForward(
            `inverse:${part.minus.name}:${name}`,
            `inverse:${name}`,
            `${text(part.minus)} stands in the place of ${text(part)} in ${name}_t`,
            inEquation(name, (whole) => withPart(whole, part, part.minus)),
          ),
        ];
      if (part.kind !== "times") return [];
      return part.factors
        .filter((factor) => factor.kind === "value" && factor.time === "now" && isGate(operations, gates, factor.name))
        .map((factor) => {
          const other = { ...part, factors: part.factors.map((it) => (it === factor ? minus(one, it) : it)) };
          return onForward(
            `inverse:${labelOf(factor)}:${name}`,
            `inverse:${name}`,
            `1 − ${text(factor)} stands in the place of ${text(factor)} in ${name}_t`,
            inEquation(name, (whole) => withPart(whole, part, other)),
          );
        });
    }),
  );
}

/** Another gate in the place of one, or what another leaves: 1 − f in the place of i. */
function otherGates({ operations, gates, text, onForward }: Kind): Mutation[] {
  return operations.forward.flatMap(({ name, expression }, k) => {
    // A gate that is computed later may itself be made of what it would stand in.
    const earlier = operations.forward.slice(0, k).map((equation) => equation.name);
    const names = earlier.filter((one) => isGate(operations, gates, one));
    return partsOf(expression).flatMap((part) => {
      if (part.kind !== "times") return [];
      return part.factors.flatMap((factor) => {
        if (factor.kind !== "value" || factor.time !== "now" || !names.includes(factor.name)) return [];
        return names
          .filter((gate) => gate !== factor.name)
          .flatMap((gate) =>
            [now(gate), minus(one, now(gate))].map((other) =>
              onForward(
                `other-gate:${name}:${factor.name}:${gate}`,
                `other-gate:${name}`,
                `${text(other)} stands in the place of ${text(factor)} in ${name}_t`,
                inEquation(name, (whole) =>
                  withPart(whole, part, { ...part, factors: part.factors.map((it) => (it === factor ? other : it)) }),
                ),
              ),
            ),
          );
      });
    });
  });
}

const isGate = ({ forward }: Operations, gates: ReadonlySet<string>, name: string): boolean =>
  forward.some(
    (equation) =>
      equation.name === name &&
      equation.expression.kind === "apply" &&
      (gates.has(name) || equation.expression.function === "σ") &&
      equation.expression.function === "σ",
  );

/** A state of another step, another state, or none. */
function otherStates({ operations, states, text, onForward }: Kind): Mutation[] {
  const all: Mutation[] = [];
  const { forward } = operations;
  for (const state of states) {
    const computed = forward.findIndex(({ name }) => name === state);
    for (const [k, { name, expression }] of forward.entries()) {
      const leaves = partsOf(expression).flatMap((leaf) =>
        leaf.kind === "value" && leaf.name === state ? [leaf] : [],
      );
      for (const time of new Set(leaves.map((leaf) => leaf.time))) {
        const leaf = leaves.find((one) => one.time === time)!;
        const replaced = (other: Expression) =>
          inEquation(name, (whole) => withLeaves(whole, (it) => (same(it, leaf) ? other : it)));
        if (time === "now" || k > computed)
          all.push(
            onForward(
              `other-step:${name}:${state}`,
              `other-step:${name}`,
              `${text(time === "now" ? before(state) : now(state))} stands in the place of ${text(leaf)} in ${name}_t`,
              replaced(time === "now" ? before(state) : now(state)),
            ),
          );
        for (const other of states)
          if (other !== state && time === "before")
            all.push(
              onForward(
                `other-state:${name}:${state}`,
                `other-state:${name}`,
                `${text(before(other))} stands in the place of ${text(leaf)} in ${name}_t`,
                replaced(before(other)),
              ),
            );
      }
    }
    // Of h = tanh(a), a is carried on where h belongs.
    const made = forward[computed]?.expression;
    if (made?.kind === "apply" && made.of.kind === "value")
      all.push(
        onForward(
          `pre-activation-carried:${state}`,
          `stateless:${state}`,
          `${text(before(made.of.name))} is carried on in the place of ${text(before(state))}`,
          (equations) =>
            equations.map((equation) => ({
              ...equation,
              expression: withPart(
                equation.expression,
                before(state),
                before(made.of.kind === "value" ? made.of.name : state),
              ),
            })),
        ),
      );
    all.push(
      onForward(
        `stateless:${state}`,
        `stateless:${state}`,
        `${state}_{t−1} is 0 at every step: it is not carried on`,
        (equations) =>
          equations.map((equation) => ({
            ...equation,
            expression: withZero(equation.expression, before(state)),
          })),
      ),
    );
  }
  return all;
}

const withZero = (expression: Expression, leaf: Expression): Expression => withPart(expression, leaf, constant(0));

/** Where an equation reads a parameter. */
interface Use {
  readonly name: string;
  readonly part: Expression & { readonly kind: "product" | "bias" };
  readonly parameter: string;
  readonly shape: "x" | "h" | "b";
}

/** One parameter where another of its shape belongs. */
function otherParameters({ operations, onForward }: Kind): Mutation[] {
  const uses = operations.forward.flatMap(({ name, expression }) =>
    partsOf(expression).flatMap((part): Use[] => {
      if (part.kind === "product")
        return [{ name, part, parameter: part.matrix, shape: part.of.kind === "input" ? "x" : "h" }];
      return part.kind === "bias" ? [{ name, part, parameter: part.name, shape: "b" }] : [];
    }),
  );
  return uses.flatMap(({ name, part, parameter, shape }) =>
    [
      ...new Set(
        uses.filter((other) => other.shape === shape && other.parameter !== parameter).map((it) => it.parameter),
      ),
    ].map((other) =>
      onForward(
        `other-parameter:${parameter}:${other}`,
        `other-parameter:${parameter}`,
        `${other} stands in the place of ${parameter} in ${name}_t`,
        inEquation(name, (whole) =>
          withPart(whole, part, part.kind === "product" ? { ...part, matrix: other } : { kind: "bias", name: other }),
        ),
      ),
    ),
  );
}

/** Every term of a vector and a state, p ∘ c, that is left out: where there are several, nobody leaves out one alone. */
function peepholesLeftOut({ operations, onForward }: Kind): Mutation[] {
  const isPeephole = (term: Expression) =>
    term.kind === "times" &&
    term.factors.some(({ kind }) => kind === "bias") &&
    term.factors.some(({ kind }) => kind === "value");
  const without: Change = (whole) =>
    whole.kind === "sum"
      ? sumOf(whole.terms.filter((term) => !isPeephole(term)).map(without))
      : withChildren(whole, without);
  const all = operations.forward.flatMap(({ expression }) => partsOf(expression).filter(isPeephole));
  if (all.length < 2) return [];
  return [
    onForward(
      "left-out:peepholes",
      "left-out:peepholes",
      `${all
        .flatMap(symbolsIn)
        .flatMap((leaf) => (leaf.kind === "bias" ? [leaf.name] : []))
        .join(", ")} are left out, with what they multiply`,
      (equations) => equations.map(({ name, expression }) => ({ name, expression: without(expression) })),
    ),
  ];
}

/** W x + U h where their product belongs. */
function sumsForProducts({ operations, text, onForward }: Kind): Mutation[] {
  const hasMatrix = (factor: Expression) => partsOf(factor).some(({ kind }) => kind === "product");
  return operations.forward.flatMap(({ name, expression }) =>
    partsOf(expression).flatMap((part) =>
      part.kind === "times" && part.factors.length > 1 && part.factors.every(hasMatrix)
        ? [
            onForward(
              `sum-for-product:${name}`,
              `sum-for-product:${name}`,
              `${text(sum(...part.factors))} stands in the place of ${text(part)} in ${name}_t`,
              inEquation(name, (whole) => withPart(whole, part, sum(...part.factors))),
            ),
          ]
        : [],
    ),
  );
}

/** A bracket that ends too early: tanh(W x + U h) + b where tanh(W x + U h + b) belongs, in all equations alike. */
function outsideFunctions({ operations: { forward }, text, onForward }: Kind): Mutation[] {
  const kinds: readonly (readonly [string, (term: Expression) => boolean])[] = [
    ["bias", ({ kind }) => kind === "bias"],
    ["recurrence", (term) => term.kind === "product" && term.of.kind !== "input"],
    ["input", (term) => term.kind === "product" && term.of.kind === "input"],
  ];
  return kinds.flatMap(([id, isOut]) => {
    const moved = (equations: readonly Equation[]) => movedOut(equations, isOut);
    const first = moved(forward).find(
      ({ expression }, k) => forward[k]?.expression.kind === "apply" && expression.kind === "sum",
    );
    if (!first) return [];
    return [
      onForward(
        `outside-function:${id}`,
        "outside-function",
        `the bracket of the function ends before ${id === "bias" ? "the bias" : `the term of the ${id}`}: ${first.name}_t = ${text(first.expression)}`,
        moved,
      ),
    ];
  });
}

/** Terms of what goes through a function, added after it; what is left may be an equation of its own. */
function movedOut(equations: readonly Equation[], isOut: (term: Expression) => boolean): readonly Equation[] {
  const leftIn = new Map<string, Expression>();
  const moved = equations.map((equation) => {
    const { expression } = equation;
    if (expression.kind !== "apply") return equation;
    const { of } = expression;
    const named = of.kind === "value" && of.time === "now" ? of.name : null;
    const terms = termsOf(equations.find(({ name }) => name === named)?.expression ?? of);
    const [out, rest] = [terms.filter(isOut), terms.filter((term) => !isOut(term))];
    if (out.length === 0 || rest.length === 0) return equation;
    if (named !== null) leftIn.set(named, sumOf(rest));
    return { ...equation, expression: sum({ ...expression, of: named === null ? sumOf(rest) : of }, ...out) };
  });
  return moved.map((equation) => ({ ...equation, expression: leftIn.get(equation.name) ?? equation.expression }));
}

/** Another quantity in the place of one that is no gate: the candidate n in the place of h_{t−1}. */
function otherValues({ operations, states, gates, text, onForward }: Kind): Mutation[] {
  return operations.forward.flatMap(({ name, expression }, k) => {
    if (!states.includes(name) || expression.kind === "apply") return [];
    const isOpen = (other: string) => !isGate(operations, gates, other);
    const computed = operations.forward.slice(0, k).map((equation) => equation.name);
    const known = [...computed.filter(isOpen).map(now), ...states.map(before)];
    const read = partsOf(expression).filter((part) => part.kind === "value" && isOpen(part.name));
    return read.flatMap((value) =>
      known
        // A state of another step, or another state, is told as that.
        .filter((other) => !same(other, value) && !(states.includes(nameOf(other)) && states.includes(nameOf(value))))
        .map((other) =>
          onForward(
            `other-value:${name}:${nameOf(value)}`,
            `other-value:${name}`,
            `${text(other)} stands in the place of ${text(value)} in ${name}_t`,
            inEquation(name, (whole) => withLeaves(whole, (leaf) => (same(leaf, value) ? other : leaf))),
          ),
        ),
    );
  });
}

const nameOf = (value: Expression): string => (value.kind === "value" ? value.name : "");

/** `h *= r`: what a gate has multiplied is read so by all that comes after it, too. */
function multipliedInPlace({ operations: { forward }, text, onForward }: Kind): Mutation[] {
  return forward.flatMap(({ name, expression }, k) =>
    partsOf(expression).flatMap((part) => {
      if (part.kind !== "product" || part.of.kind !== "times") return [];
      const product = part.of;
      const state = product.factors.find((factor) => factor.kind === "value" && factor.time === "before");
      const later = forward
        .slice(k + 1)
        .filter((equation) => state && partsOf(equation.expression).some((it) => same(it, state)));
      if (!state || later.length === 0) return [];
      return [
        onForward(
          `multiplied-in-place:${labelOf(state)}`,
          `multiplied-in-place:${labelOf(state)}`,
          `${text(state)} is multiplied in place: ${text(product)} stands in the place of ${text(state)} in ${later.map((equation) => `${equation.name}_t`).join(", ")}, too, after ${name}_t`,
          (equations) =>
            equations.map((equation) =>
              later.some((it) => it.name === equation.name)
                ? {
                    ...equation,
                    expression: withLeaves(equation.expression, (leaf) => (same(leaf, state) ? product : leaf)),
                  }
                : equation,
            ),
        ),
      ];
    }),
  );
}

/** A function that is applied twice: tanh(tanh(a)). */
function doubled({ operations, text, onForward }: Kind): Mutation[] {
  return operations.forward.flatMap(({ name, expression }) =>
    partsOf(expression).flatMap((part) =>
      part.kind === "apply"
        ? [
            onForward(
              `twice:${part.function}:${name}`,
              `twice:${name}`,
              `${part.function} is applied twice in ${name}_t: to ${text(part).replace(/\(.*/, "(…)")} again`,
              inEquation(name, (whole) => withPart(whole, part, apply(part.function, part))),
            ),
          ]
        : [],
    ),
  );
}

/** tanh of all that an equation has, where it has none, or has it of a factor: tanh(o ∘ c) for o ∘ tanh(c). */
function wrappedWhole({ operations, states, onForward }: Kind): Mutation[] {
  // What goes through a function elsewhere, and is no state, would only go through two.
  const isArgument = (name: string) =>
    operations.forward.some(({ expression }) =>
      partsOf(expression).some((part) => part.kind === "apply" && same(part.of, now(name))),
    );
  return operations.forward.flatMap(({ name, expression }) => {
    if (expression.kind === "apply" || !(states.includes(name) || !isArgument(name))) return [];
    const added = onForward(
      `function-added:${name}`,
      `function-added:${name}`,
      `${name}_t goes through tanh as a whole`,
      inEquation(name, (whole) => apply("tanh", whole)),
    );
    const inner = partsOf(expression).find(({ kind }) => kind === "apply");
    if (inner?.kind !== "apply") return [added];
    const around = (whole: Expression) => apply(inner.function, withPart(whole, inner, inner.of));
    return [
      added,
      onForward(
        `function-around:${name}`,
        `function-added:${name}`,
        `${inner.function} is taken of all of ${name}_t, not of one part of it alone`,
        inEquation(name, around),
      ),
    ];
  });
}

/** A term, or the whole, with the other sign. */
function signsBack({ operations, text, gradientOf, onBack }: Kind): Mutation[] {
  return Object.entries(operations.whole).flatMap(([name, expression]) => {
    const flipped = (term: Expression): Expression => (term.kind === "negative" ? term.of : negative(term));
    const terms = termsOf(expression).filter(({ kind }) => kind !== "above" && kind !== "constant");
    return terms.map((term) =>
      onBack(
        `sign-back:${name}:${labelOf(term)}`,
        `sign-back:${name}`,
        termsOf(expression).length === 1
          ? `${gradientOf(name)} has the wrong sign`
          : `${text(term)} has the other sign in ${gradientOf(name)}`,
        (back) => {
          const change = (whole: Expression) => sumOf(termsOf(whole).map((it) => (same(it, term) ? flipped(it) : it)));
          const coming = back.coming[name];
          return {
            ...back,
            whole: { ...back.whole, [name]: change(back.whole[name]!) },
            coming: coming ? { ...back.coming, [name]: change(coming) } : back.coming,
          };
        },
      ),
    );
  });
}

/** What was kept as a view and not as a copy: on the way back every step has the last one's. */
function overwritten({ operations, states, gates, text, onBack }: Kind): Mutation[] {
  const names = operations.forward.map(({ name }) => name);
  const last = (which: ReadonlySet<string>, also: boolean) =>
    everywhere((expression) =>
      withLeaves(expression, (leaf) =>
        leaf.kind === "value" && which.has(leaf.name) && (leaf.time === "now" || (also && leaf.time === "before"))
          ? { ...leaf, name: ofLastStep(leaf.name), time: "now" }
          : leaf,
      ),
    );
  const all = names.map((name) =>
    onBack(
      `overwritten:${name}`,
      "overwritten",
      `on the way back ${text(now(name))} is that of the last step at every step: a view that was overwritten`,
      last(new Set([name]), states.includes(name)),
    ),
  );
  if (gates.size > 1)
    all.push(
      onBack(
        "overwritten:gates",
        "overwritten",
        `on the way back the gates ${[...gates].join(", ")} are those of the last step at every step: views that were overwritten`,
        last(gates, false),
      ),
    );
  all.push(
    onBack(
      "overwritten:all",
      "overwritten",
      "on the way back everything is that of the last step at every step: views that were overwritten",
      last(new Set(names), true),
    ),
  );
  return all;
}

/** Python's `c[-1]` at t = 1. */
function aroundTheEnd({ operations, states, text, onBack }: Kind): Mutation[] {
  const change = (which: readonly string[]) => (expression: Expression) =>
    withLeaves(expression, (leaf) =>
      leaf.kind === "value" && leaf.time === "before" && which.includes(leaf.name)
        ? { ...leaf, name: wrapped(leaf.name) }
        : leaf,
    );
  const inWhole = states.filter((state) =>
    Object.values(operations.whole).some((it) => partsOf(it).some((part) => same(part, before(state)))),
  );
  return [
    ...inWhole.map((state) =>
      onBack(
        `wrapped-state:${state}`,
        "wrapped-state",
        `at t = 1 the gates' gradients are taken with the last ${state}, Python's ${state}[-1], in place of ${text(before(state)).replace("_{t−1}", "_0")}`,
        (back) => ({
          ...back,
          whole: Object.fromEntries(Object.entries(back.whole).map(([name, it]) => [name, change([state])(it)])),
        }),
      ),
    ),
    ...(inWhole.length > 0
      ? [
          onBack(
            "wrapped-state:all",
            "wrapped-state",
            `at t = 1 all gradients are taken with the last states, Python's [-1], in place of ${states.map((state) => `${state}_0`).join(" and ")}`,
            everywhere(change(states)),
          ),
        ]
      : []),
  ];
}

/** c_t where tanh(c_t) belongs. */
function withoutFunction({ operations, text, gradientOf, onBack }: Kind): Mutation[] {
  return Object.entries(operations.whole).flatMap(([name, expression]) =>
    partsOf(expression).flatMap((part) => {
      if (part.kind !== "times") return [];
      return part.factors.flatMap((factor) =>
        factor.kind === "apply" && ["tanh", "σ"].includes(factor.function)
          ? [
              onBack(
                `function-left-out:${name}`,
                `function-left-out:${name}`,
                `${text(factor.of)} stands in the place of ${text(factor)} in ${gradientOf(name)}`,
                (back) => ({
                  ...back,
                  whole: { ...back.whole, [name]: withPart(back.whole[name]!, factor, factor.of) },
                }),
              ),
            ]
          : [],
      );
    }),
  );
}

/** Whf's transpose where Whi's belongs, on the way back. */
function otherMatrices({ operations, gradientOf, onBack }: Kind): Mutation[] {
  const found: Mutation[] = [];
  const places = [
    ...Object.entries(operations.whole).map(([name, it]) => ({ name, it, isWhole: true })),
    { name: "x", it: operations.inputGradient, isWhole: false },
  ];
  for (const { name, it, isWhole } of places) {
    const products = partsOf(it).flatMap((part) => (part.kind === "product" ? [part] : []));
    for (const part of products)
      for (const other of new Set(products.map(({ matrix }) => matrix)))
        if (other !== part.matrix)
          found.push(
            onBack(
              `other-matrix:${part.matrix}:${other}`,
              `other-matrix:${part.matrix}`,
              `${other}ᵀ stands in the place of ${part.matrix}ᵀ in ${isWhole ? gradientOf(name) : "∂L/∂x_t"}`,
              (back) => {
                const change = (whole: Expression) => withPart(whole, part, { ...part, matrix: other });
                if (!isWhole) return { ...back, inputGradient: change(back.inputGradient) };
                const coming = back.coming[name];
                return {
                  ...back,
                  whole: { ...back.whole, [name]: change(back.whole[name]!) },
                  coming: coming ? { ...back.coming, [name]: change(coming) } : back.coming,
                };
              },
            ),
          );
  }
  return found;
}

/** Every expression of what comes about of one quantity on the way back. */
function inWhole(name: string, change: Change): (back: Back) => Back {
  return (back) => {
    const coming = back.coming[name];
    return {
      ...back,
      whole: { ...back.whole, [name]: change(back.whole[name]!) },
      coming: coming ? { ...back.coming, [name]: change(coming) } : back.coming,
    };
  };
}

/** A factor that is left out of what goes through a matrix: r of Whnᵀ (r ∘ ∂L/∂a^n). */
function innerFactors({ operations, text, gradientOf, onBack }: Kind): Mutation[] {
  return Object.entries(operations.whole).flatMap(([name, expression]) =>
    partsOf(expression).flatMap((part) => {
      if (part.kind !== "product" || part.of.kind !== "times") return [];
      const { factors } = part.of;
      return factors
        .filter(({ kind }) => kind === "value")
        .map((factor) => {
          const rest = factors.filter((other) => other !== factor);
          const of: Expression = rest.length === 1 ? rest[0]! : { kind: "times", factors: rest };
          return onBack(
            `factor-left-out:${name}:${labelOf(factor)}`,
            `factor:${name}:${labelOf(factor)}`,
            `the factor ${text(factor)} behind ${part.matrix}ᵀ is left out of ${gradientOf(name)}`,
            inWhole(name, (whole) => withPart(whole, part, { ...part, of })),
          );
        });
    }),
  );
}

/** One side of a difference that is left out, n of h_{t−1} − n, or has the other sign; one term of a sum that is a factor. */
function innerTerms({ operations, text, gradientOf, onBack }: Kind): Mutation[] {
  const leftOut = (name: string, part: Expression, left: Expression, rest: Expression) =>
    onBack(
      `term-left-out:${name}:${labelOf(left)}`,
      `term-left-out:${name}`,
      `${text(left)} is left out of ${text(part)} in ${gradientOf(name)}`,
      inWhole(name, (whole) => withPart(whole, part, rest)),
    );
  return Object.entries(operations.whole).flatMap(([name, expression]) =>
    partsOf(expression).flatMap((part): Mutation[] => {
      if (part.kind === "times")
        return part.factors.flatMap((factor) =>
          factor.kind === "sum"
            ? factor.terms.map((term) =>
                leftOut(name, factor, term, sumOf(factor.terms.filter((other) => other !== term))),
              )
            : [],
        );
      if (part.kind !== "difference" || same(part.from, one)) return [];
      return [
        leftOut(name, part, part.minus, part.from),
        leftOut(name, part, part.from, negative(part.minus)),
        onBack(
          `sign-back:${name}:${labelOf(part.minus)}`,
          `term-left-out:${name}`,
          `${text(part.minus)} is added in place of subtracted in ${gradientOf(name)}`,
          inWhole(name, (whole) => withPart(whole, part, sum(part.from, part.minus))),
        ),
      ];
    }),
  );
}

/** Another gate, or a state before, in the place of a factor of a gradient: i of g ∘ ∂L/∂c in ∂L/∂a^i. */
function otherFactors({ operations, states, gates, text, gradientOf, onBack }: Kind): Mutation[] {
  const valueOf = (factor: Expression) => (factor.kind === "apply" ? factor.of : factor);
  return Object.entries(operations.whole).flatMap(([name, expression]) =>
    termsOf(expression).flatMap((term) => {
      if (term.kind !== "times") return [];
      const replaced = (factor: Expression, other: Expression) =>
        onBack(
          `other-factor:${name}:${labelOf(valueOf(factor))}`,
          `other-factor:${name}`,
          `${text(other)} stands in the place of ${text(factor)} in ${gradientOf(name)}`,
          inWhole(name, (whole) =>
            withPart(whole, term, { ...term, factors: term.factors.map((it) => (it === factor ? other : it)) }),
          ),
        );
      return term.factors.flatMap((factor) => {
        const value = valueOf(factor);
        // h_{t−1} alone, where Whn h_{t−1} + bhn belongs.
        const isInner = factor.kind === "sum" || factor.kind === "product";
        if (isInner && partsOf(factor).every(({ kind }) => kind !== "gradient"))
          return states.map((state) => replaced(factor, before(state)));
        if (value.kind !== "value") return [];
        // u of u (1 − u) is a derivative.
        const isSlope = term.factors.some((other) => other.kind === "difference" && same(other.minus, factor));
        if (isSlope) return [];
        const { time } = value;
        const others: Expression[] = [
          ...[...gates].map(
            (gate): Expression => ({ kind: "value", name: gate, time: time === "after" ? time : "now" }),
          ),
          ...(time === "after" ? [] : states.map(before)),
        ];
        return others.filter((other) => !same(other, value)).map((other) => replaced(factor, other));
      });
    }),
  );
}

/** A product with a matrix on the way back that is left out: ∂L/∂a where Whhᵀ ∂L/∂a belongs. */
function matricesLeftOut({ operations, text, gradientOf, onBack }: Kind): Mutation[] {
  return Object.entries(operations.whole).flatMap(([name, expression]) =>
    partsOf(expression).flatMap((part) =>
      part.kind === "product" && part.of.kind !== "input"
        ? [
            onBack(
              `matrix-left-out:${name}:${part.matrix}`,
              `matrix-left-out:${name}`,
              `${text(part.of)} stands in the place of ${text(part)} in ${gradientOf(name)}`,
              inWhole(name, (whole) => withPart(whole, part, part.of)),
            ),
          ]
        : [],
    ),
  );
}

/** u where 1 − u belongs, or the other way round, where it is no derivative. */
function inversesBack({ operations, gates, text, gradientOf, onBack }: Kind): Mutation[] {
  return Object.entries(operations.whole).flatMap(([name, expression]) =>
    partsOf(expression).flatMap((part) => {
      if (part.kind !== "times") return [];
      const has = (value: Expression) => part.factors.some((factor) => same(factor, value));
      return part.factors.flatMap((factor): Mutation[] => {
        const isInverse =
          factor.kind === "difference" &&
          same(factor.from, one) &&
          (factor.minus.kind === "value" || factor.minus.kind === "named");
        const isPlain = factor.kind === "named" || (factor.kind === "value" && isGate(operations, gates, factor.name));
        const other = isInverse ? factor.minus : minus(one, factor);
        // u (1 − u) is a derivative.
        if (!(isInverse || isPlain) || has(other)) return [];
        const factors = part.factors.map((it) => (it === factor ? other : it));
        return [
          onBack(
            `inverse-back:${name}:${labelOf(factor)}`,
            `inverse-back:${name}`,
            `${text(other)} stands in the place of ${text(factor)} in ${gradientOf(name)}`,
            inWhole(name, (whole) => withPart(whole, part, { ...part, factors })),
          ),
        ];
      });
    }),
  );
}

/** A factor that is left out of what a parameter's gradient is made of: of one of them, or of all that have it. */
function factorsOfShares({ operations, text, onBack }: Kind): Mutation[] {
  const found = Object.entries(operations.shares).flatMap(([name, share]) =>
    partsOf(share).flatMap((part) =>
      part.kind === "times"
        ? part.factors.filter(({ kind }) => kind === "value").map((factor) => ({ name, part, factor }))
        : [],
    ),
  );
  const without = (share: Expression, factor: Expression): Expression => {
    if (share.kind !== "times") return withChildren(share, (child) => without(child, factor));
    const factors = share.factors.filter((other) => !same(other, factor));
    return factors.length === 1 ? factors[0]! : { kind: "times", factors };
  };
  const slips = found.map(({ name, factor }) =>
    onBack(
      `factor-left-out-of-share:${name}:${labelOf(factor)}`,
      `share-factor:${name}`,
      `the factor ${text(factor)} is left out of d${name}`,
      (back) => ({ ...back, shares: { ...back.shares, [name]: without(back.shares[name]!, factor) } }),
    ),
  );
  const several = found.filter(({ name, factor }) => found.some((it) => it.name !== name && same(it.factor, factor)));
  const factors = [...new Map(several.map((it) => [text(it.factor), it.factor])).values()];
  return [
    ...slips,
    ...factors.map((factor) =>
      onBack(
        `factor-left-out-of-share:${labelOf(factor)}`,
        "share-factor",
        `the factor ${text(factor)} is left out of the gradients of all parameters that have it`,
        (back) => ({
          ...back,
          shares: Object.fromEntries(Object.entries(back.shares).map(([name, it]) => [name, without(it, factor)])),
        }),
      ),
    ),
  ];
}

/** One matrix's gradient taken with a value of another step. */
function sharesOfOtherStep({ operations, text, onBack }: Kind): Mutation[] {
  const entries = Object.entries(operations.shares);
  if (entries.length <= 3) return [];
  return entries.flatMap(([name, share]) =>
    termsOf(share).flatMap((term) => {
      if (term.kind !== "outer" || term.right.kind !== "value") return [];
      const { right } = term;
      const others = right.time === "before" ? [now(right.name)] : [before(right.name)];
      return others.map((other) =>
        onBack(
          `share-of-other-step:${name}`,
          `share:${name}`,
          `d${name} is taken with ${text(other)} in place of ${text(right)}`,
          (back) => ({
            ...back,
            shares: { ...back.shares, [name]: withPart(back.shares[name]!, term, { ...term, right: other }) },
          }),
        ),
      );
    }),
  );
}
