/**
 * Slips as edits of a cell's operations, made from its equations: a term or a factor that is left out, a derivative that is taken
 * again or forgotten, a value of another step, another function. Whatever cell a file has, these are the slips that its equations allow.
 */
import { cellOf } from "../../engine/cells";
import type { Equation } from "../../engine/equations";
import type { ElementFunction, Expression } from "../../engine/expression";
import {
  after,
  apply,
  before,
  childrenOf,
  minus,
  now,
  one,
  product,
  sum,
  symbolsIn,
  times,
  withChildren,
  withLeaves,
} from "../../engine/expression";
import { expressionText, gradientText } from "../../engine/expressionText";
import type { Layer, Model } from "../../engine/model";
import type { Choices } from "./choices";
import type { Back, Operations } from "./edited";
import { byStep, comesFromAfter, kindOf, operationsOf, sumOf, termsOf } from "./edited";
import type { Kind } from "./rareMutations";
import { everywhere, rareBack, rareForward } from "./rareMutations";
import { ofLastStep } from "./steps";

/** A slip in the operations of one kind of layer. */
export interface Mutation {
  readonly id: string;
  /** What was done, as a sentence goes on after "as where". */
  readonly text: string;
  /** Of one group, one slip alone can be made at a time. */
  readonly group: string;
  readonly back: boolean;
  readonly change: Partial<Choices>;
}

/** The mutations by where they belong in the order of how usual they are. */
export interface Mutations {
  readonly derivatives: readonly Mutation[];
  readonly terms: readonly Mutation[];
  readonly functions: readonly Mutation[];
  readonly factors: readonly Mutation[];
}

export function mutationsOf(model: Model): Mutations {
  const kinds = new Map(model.layers.map((layer) => [kindOf(layer), layer]));
  const all = [...kinds.values()].map((layer) => new KindOfLayer(layer, kinds.size > 1).mutations());
  const of = (list: keyof Mutations) => [
    ...inAllKinds(all.map((each) => each[list])),
    ...all.flatMap((each) => each[list]),
  ];
  return { derivatives: of("derivatives"), terms: of("terms"), functions: of("functions"), factors: of("factors") };
}

/** Where layers of several kinds have room for the same slip, who makes it makes it in all of them. */
function inAllKinds(kinds: readonly (readonly Mutation[])[]): Mutation[] {
  const [first, ...others] = kinds;
  if (!first || others.length === 0) return [];
  // Of one name there can be several: the k-th of one kind goes with the k-th of another.
  const named = (mutations: readonly Mutation[], id: string) => mutations.filter((mutation) => mutation.id === id);
  return first.flatMap((mutation) => {
    const k = named(first, mutation.id).indexOf(mutation);
    const same = others.map((mutations) => named(mutations, mutation.id)[k]);
    if (same.includes(undefined)) return [];
    const edits = [mutation, ...same].flatMap((one) => one?.change.edits ?? []);
    return [{ ...mutation, text: mutation.text.replace(ofKind, ""), change: { edits } }];
  });
}

/** How a slip of one kind of layers among others ends. */
const ofKind = / \(in the layers of the cell .*\)$/;

const same = (a: Expression, b: Expression): boolean => JSON.stringify(a) === JSON.stringify(b);

/** A derivative of σ, tanh or relu as it stands among the factors of a gradient. */
interface Slope {
  readonly function: "tanh" | "σ" | "relu";
  /** What it is written of: h_t in 1 − h_t². */
  readonly of: Expression;
  readonly factors: readonly Expression[];
}

function slopesAmong(factors: readonly Expression[]): Slope[] {
  return factors.flatMap((factor): Slope[] => {
    if (factor.kind === "apply" && factor.function === "positive")
      return [{ function: "relu", of: factor.of, factors: [factor] }];
    if (factor.kind !== "difference" || !same(factor.from, one)) return [];
    const { minus: taken } = factor;
    if (taken.kind === "apply" && taken.function === "square")
      return [{ function: "tanh", of: taken.of, factors: [factor] }];
    const value = factors.find((other) => same(other, taken));
    return value ? [{ function: "σ", of: taken, factors: [value, factor] }] : [];
  });
}

/** The quantity that a derivative is about: h of 1 − h², c of 1 − tanh²(c). */
function quantityOf(of: Expression): string | null {
  if (of.kind === "value") return of.name;
  return of.kind === "apply" ? quantityOf(of.of) : null;
}

/** Every derivative of an expression, changed. A change to null leaves it out. */
function withSlopes(expression: Expression, change: (slope: Slope) => readonly Expression[] | null): Expression {
  if (expression.kind !== "times") return withChildren(expression, (child) => withSlopes(child, change));
  let { factors } = expression;
  for (const slope of slopesAmong(factors)) {
    const changed = change(slope);
    if (!changed) continue;
    const rest = factors.filter((factor) => !slope.factors.includes(factor));
    factors = [...rest, ...changed];
  }
  return factors.length === 1 ? factors[0]! : times(...factors);
}

function slopesOf(expression: Expression): Slope[] {
  const own = expression.kind === "times" ? slopesAmong(expression.factors) : [];
  return [...own, ...childrenOf(expression).flatMap(slopesOf)];
}

/** The same derivative, of something else. */
function slopeOf({ function: name }: Slope, of: Expression): Expression[] {
  switch (name) {
    case "tanh":
      return [minus(one, apply("square", of))];
    case "σ":
      return [of, minus(one, of)];
    case "relu":
      return [apply("positive", of)];
  }
}

/** The derivative as the textbooks write it: 1 − h_t². */
function slopeText(slope: Slope, of: Expression): string {
  if (slope.function === "tanh")
    return of.kind === "apply" ? `1 − tanh²(${expressionText(of.of)})` : `1 − ${expressionText(of)}²`;
  if (slope.function === "σ") {
    const text = expressionText(of);
    return `${text}(1 − ${text})`;
  }
  return expressionText(slopeOf(slope, of)[0]!);
}

/** What a step takes of the one after it, from the step's own. */
function later(expression: Expression): Expression {
  return withLeaves(expression, (leaf) => {
    if (leaf.kind === "value") return leaf.time === "before" ? now(leaf.name) : after(leaf.name);
    if (leaf.kind === "gradient") return { ...leaf, time: "after" };
    return leaf.kind === "input" ? { kind: "input", time: "after" } : leaf;
  });
}

/** A gradient whose factors are on one of the two parts of a state's gradient alone: its derivative, or all. */
interface Bracket {
  readonly which: "here" | "after" | "all-here";
  readonly name: string;
  /** What they are, and what they multiply, in words. */
  readonly factors: string;
  readonly part: string;
  /** Of one group are those of one state that are written alike. */
  readonly group: string;
  readonly expression: Expression;
  /** Whether there is more than a derivative, as at an lstm's gates. */
  readonly isOneOfSeveral: boolean;
}

const withoutTerms = (expression: Expression, leftOut: (term: Expression) => boolean): Expression =>
  sumOf(termsOf(expression).filter((term) => !leftOut(term)));

class KindOfLayer {
  private readonly kind: string;
  private readonly operations: Operations;
  private readonly gates: ReadonlySet<string>;
  private readonly states: readonly string[];
  private readonly suffix: string;

  constructor(
    private readonly layer: Layer,
    isOneOfSeveral: boolean,
  ) {
    const cell = cellOf(layer);
    this.kind = kindOf(layer);
    this.operations = operationsOf(layer);
    this.states = cell.states;
    this.gates = new Set(cell.quantities(layer.options).flatMap((q) => (q.gradientOfPreActivation ? [q.name] : [])));
    this.suffix = isOneOfSeveral ? ` (in the layers of the cell ${layer.cell})` : "";
  }

  mutations(): Mutations {
    return {
      derivatives: [...this.derivatives(), ...this.derivativesOfOneUse(), ...this.bracketsOfDerivatives()],
      terms: this.terms(),
      functions: [...this.functions(), ...this.arrangements(), ...rareForward(this.forRare())],
      factors: [
        ...this.factors(),
        ...this.otherSteps(),
        ...this.otherGradients(),
        ...this.ofOtherForm(),
        ...rareBack(this.forRare()),
      ],
    };
  }

  /** Of a cell in two forms, the way back of the other one: all of it, or one gradient alone. */
  private ofOtherForm(): Mutation[] {
    if (!("reset" in cellOf(this.layer).options)) return [];
    const { reset } = this.layer.options;
    const other = reset === "after" ? "before" : "after";
    const { whole, coming, shares, inputGradient } = operationsOf({
      ...this.layer,
      options: { ...this.layer.options, reset: other },
    });
    const own = Object.keys(this.operations.shares);
    // Where the reset gate comes first there is no bias inside its product.
    const known = (expression: Expression): Expression =>
      expression.kind === "sum"
        ? sumOf(expression.terms.filter((term) => term.kind !== "bias" || own.includes(term.name)).map(known))
        : withChildren(expression, known);
    const all = (expressions: Readonly<Record<string, Expression>>) =>
      Object.fromEntries(Object.entries(expressions).map(([name, it]) => [name, known(it)]));
    const sharesOf = (old: Back["shares"]) => ({
      ...old,
      ...Object.fromEntries(Object.entries(all(shares)).filter(([name]) => own.includes(name))),
    });
    const said = `that of a ${this.layer.cell} whose reset gate acts ${other} the product`;
    const gradients = Object.keys(whole).filter((name) => !same(known(whole[name]!), this.operations.whole[name]!));
    const written = own.filter((name) => shares[name] && !same(shares[name], this.operations.shares[name]!));
    return [
      this.onBack("other-reset-back", "other-form", `the way back is ${said}`, (back) => ({
        whole: all(whole),
        coming: all(coming),
        shares: sharesOf(back.shares),
        inputGradient,
      })),
      ...gradients.map((name) =>
        this.onBack(`other-reset-back:${name}`, "other-form", `${this.gradientOf(name)} is ${said}`, (back) => ({
          ...back,
          whole: { ...back.whole, [name]: known(whole[name]!) },
          coming: coming[name] ? { ...back.coming, [name]: known(coming[name]) } : back.coming,
        })),
      ),
      ...written.map((name) =>
        this.onBack(`other-reset-back:${name}`, "other-form", `d${name} is ${said}`, (back) => ({
          ...back,
          shares: { ...back.shares, [name]: known(shares[name]!) },
        })),
      ),
    ];
  }

  private forRare(): Kind {
    return {
      operations: this.operations,
      states: this.states,
      gates: this.gates,
      text: (expression) => this.text(expression),
      gradientOf: (name) => this.gradientOf(name),
      titleOf: (name) => this.titleOf(name),
      onBack: (...slip) => this.onBack(...slip),
      onForward: (...slip) => this.onForward(...slip),
    };
  }

  private text(expression: Expression): string {
    return expressionText(expression, { preActivations: this.gates });
  }

  private gradientOf(name: string): string {
    return gradientText(name, "now", this.gates);
  }

  private onBack(id: string, group: string, text: string, back: (back: Back) => Back): Mutation {
    return { id, group, text: text + this.suffix, back: true, change: { edits: [{ kind: this.kind, back }] } };
  }

  private onForward(
    id: string,
    group: string,
    text: string,
    forward: (equations: readonly Equation[]) => readonly Equation[],
  ): Mutation {
    return { id, group, text: text + this.suffix, back: false, change: { edits: [{ kind: this.kind, forward }] } };
  }

  private withWhole(change: (expression: Expression, name: string) => Expression): (back: Back) => Back {
    const changed = (all: Readonly<Record<string, Expression>>) =>
      Object.fromEntries(Object.entries(all).map(([name, it]) => [name, change(it, name)]));
    return (back) => ({ ...back, whole: changed(back.whole), coming: changed(back.coming) });
  }

  /** What comes back is left out where it is added, from step to step; the initial state still gets its gradient. */
  private withoutComing(states: readonly string[]): (back: Back) => Back {
    return (back) => ({
      ...back,
      whole: Object.fromEntries(
        Object.entries(back.whole).map(([name, it]) => [
          name,
          states.includes(name) ? withoutTerms(it, comesFromAfter) : it,
        ]),
      ),
    });
  }

  /** Every derivative that the way back has, with the quantity that it is about. */
  private slopes(): { readonly quantity: string; readonly slope: Slope }[] {
    const { order, whole, shares } = this.operations;
    const found = [...order.map((name) => whole[name]!), ...Object.values(shares)].flatMap((expression) =>
      slopesOf(expression).flatMap((slope) => {
        const quantity = quantityOf(slope.of);
        return quantity === null ? [] : [{ quantity, slope }];
      }),
    );
    return [...new Map(found.map((one) => [`${one.quantity} ${one.slope.function}`, one])).values()];
  }

  private derivatives(): Mutation[] {
    const slopes = this.slopes();
    const curved = slopes.filter(({ slope }) => slope.function !== "relu");
    if (slopes.length === 0) return [];
    const changed = (only: string | null, change: (slope: Slope) => readonly Expression[] | null) =>
      everywhere((expression) =>
        withSlopes(expression, (slope) => (only === null || quantityOf(slope.of) === only ? change(slope) : null)),
      );
    const again = (slope: Slope) =>
      slope.function === "relu" ? null : slopeOf(slope, apply(slope.function, slope.of));
    const single = slopes.length === 1 ? slopes[0]! : null;
    const group = "derivative";
    const all: Mutation[] = [];
    if (curved.length > 0)
      all.push(this.onBack("derivative-again", group, this.againText(single?.slope ?? null), changed(null, again)));
    all.push(
      this.onBack(
        "derivative-forgotten",
        group,
        single
          ? `the derivative ${slopeText(single.slope, single.slope.of)} of ${functionName(single.slope)} is left out`
          : "the derivatives of the gates' σ and tanh are left out",
        changed(null, () => []),
      ),
    );
    if (single && curved.length > 0)
      all.push(
        this.onBack(
          "derivative-of-last",
          group,
          `the last hidden state is used at every step of the way back: ${lastText(single.slope)} in place of ${slopeText(single.slope, single.slope.of)}`,
          changed(null, (slope) => slopeOf(slope, lastOf(slope.of))),
        ),
      );
    for (const { quantity, slope } of curved) {
      if (!this.states.includes(quantity)) continue;
      const other = withLeaves(slope.of, (leaf) => (leaf.kind === "value" ? before(leaf.name) : leaf));
      all.push(
        this.onBack(
          single ? "derivative-of-other-step" : `derivative-of-other-step:${quantity}`,
          group,
          `the derivative of ${functionName(slope)} is taken at the step before: ${slopeText(slope, other)} in place of ${slopeText(slope, slope.of)}`,
          changed(quantity, (one) => slopeOf(one, other)),
        ),
      );
    }
    all.push(...this.otherSlopes(slopes));
    if (single) return all;
    for (const { quantity, slope } of slopes) {
      const written = slopeText(slope, slope.of);
      if (slope.function !== "relu")
        all.push(
          this.onBack(
            `derivative-again:${quantity}`,
            `derivative:${quantity}`,
            `the derivative of ${functionName(slope)} is taken again of what has gone through it: ${slopeText(slope, apply(slope.function, slope.of))} in place of ${written}`,
            changed(quantity, again),
          ),
        );
      all.push(
        this.onBack(
          `derivative-forgotten:${quantity}`,
          `derivative:${quantity}`,
          `the derivative ${written} of ${functionName(slope)} is left out`,
          changed(quantity, () => []),
        ),
      );
    }
    return all;
  }

  /** A derivative written as that of another function, without its square, or of what goes into the function. */
  private otherSlopes(slopes: readonly { readonly quantity: string; readonly slope: Slope }[]): Mutation[] {
    const { forward } = this.operations;
    const changed = (only: string | null, name: Slope["function"], change: (slope: Slope) => readonly Expression[]) =>
      everywhere((expression) =>
        withSlopes(expression, (slope) =>
          slope.function === name && (only === null || quantityOf(slope.of) === only) ? change(slope) : null,
        ),
      );
    const all: Mutation[] = [];
    const add = (
      quantity: string,
      slope: Slope,
      id: string,
      said: (of: Expression) => string,
      change: (of: Expression) => readonly Expression[],
    ) =>
      all.push(
        this.onBack(
          `${id}:${quantity}`,
          `derivative:${quantity}`,
          `${said(slope.of)} stands in the place of ${slopeText(slope, slope.of)}, the derivative of ${functionName(slope)}`,
          changed(quantity, slope.function, (one) => change(one.of)),
        ),
      );
    for (const { quantity, slope } of slopes) {
      const text = (of: Expression) => expressionText(of);
      add(
        quantity,
        slope,
        "derivative-twice",
        (of) => `(${slopeText(slope, of)})²`,
        (of) => [...slopeOf(slope, of), ...slopeOf(slope, of)],
      );
      if (slope.function === "tanh" && slope.of.kind === "apply")
        add(
          quantity,
          slope,
          "square-inside",
          (of) => `1 − tanh(${text(of.kind === "apply" ? of.of : of)}²)`,
          (of) => [minus(one, apply("tanh", apply("square", of.kind === "apply" ? of.of : of)))],
        );
      if (slope.function === "tanh") {
        add(
          quantity,
          slope,
          "derivative-of-sigmoid",
          (of) => slopeText({ ...slope, function: "σ" }, of),
          (of) => slopeOf({ ...slope, function: "σ" }, of),
        );
        add(
          quantity,
          slope,
          "square-forgotten",
          (of) => `1 − ${text(of)}`,
          (of) => [minus(one, of)],
        );
        add(
          quantity,
          slope,
          "derivative-sign",
          (of) => `1 + ${text(of)}²`,
          (of) => [sum(one, apply("square", of))],
        );
        add(
          quantity,
          slope,
          "square-of-all",
          (of) => `(1 − ${text(of)})²`,
          (of) => [minus(one, of), minus(one, of)],
        );
      }
      if (slope.function === "σ") {
        add(
          quantity,
          slope,
          "derivative-of-tanh",
          (of) => slopeText({ ...slope, function: "tanh" }, of),
          (of) => slopeOf({ ...slope, function: "tanh" }, of),
        );
        add(quantity, slope, "half-derivative", text, (of) => [of]);
        add(
          quantity,
          slope,
          "half-derivative",
          (of) => `1 − ${text(of)}`,
          (of) => [minus(one, of)],
        );
      }
      // Of an own cell's tanh(a), which is a part of h alone.
      if (slope.of.kind === "apply")
        for (const { name, expression } of forward)
          if (expression.kind !== "apply" && partsOf(expression).some((part) => same(part, slope.of)))
            add(
              quantity,
              slope,
              `derivative-of-${name}`,
              () => slopeText(slope, now(name)),
              () => slopeOf(slope, now(name)),
            );
      const argument = this.argumentOfSlope(slope);
      if (argument && slope.function !== "relu")
        add(
          quantity,
          slope,
          "derivative-of-argument",
          () => this.slopeTextOf(slope, argument),
          () => slopeOf(slope, argument),
        );
      if (argument && slope.function === "tanh")
        add(
          quantity,
          slope,
          "derivative-of-sigmoid",
          () => this.slopeTextOf({ ...slope, function: "σ" }, apply("σ", argument)),
          () => slopeOf({ ...slope, function: "σ" }, apply("σ", argument)),
        );
    }
    const gates = slopes.filter(({ slope }) => slope.function === "σ");
    if (gates.length > 1)
      all.push(
        this.onBack(
          "derivative-of-tanh:gates",
          "derivative",
          "tanh's derivative 1 − u² stands in the place of the sigmoid's u(1 − u) at every gate",
          changed(null, "σ", (slope) => slopeOf({ ...slope, function: "tanh" }, slope.of)),
        ),
      );
    return [...all, ...this.slopesOfGates(slopes)];
  }

  /** The same slip in the derivatives of several gates, and not in all that the cell has: a function that is written once. */
  private slopesOfGates(slopes: readonly { readonly quantity: string; readonly slope: Slope }[]): Mutation[] {
    const sigmoids = slopes.filter(({ slope }) => slope.function === "σ").map(({ quantity }) => quantity);
    const gates = slopes.filter(({ quantity }) => this.gates.has(quantity)).map(({ quantity }) => quantity);
    const groups = [sigmoids, gates, slopes.map(({ quantity }) => quantity)];
    const sets = new Map(groups.filter(({ length }) => length > 1).map((names) => [names.join(), new Set(names)]));
    return [...sets.values()].flatMap((names): Mutation[] => {
      const changed = (change: (slope: Slope) => readonly Expression[] | null) =>
        everywhere((expression) =>
          withSlopes(expression, (slope) => (names.has(quantityOf(slope.of) ?? "") ? change(slope) : null)),
        );
      const inOrder = this.operations.forward.map(({ name }) => name).filter((name) => names.has(name));
      const said = `the derivatives of ${inOrder.join(", ")}`;
      const isAll = names.size === slopes.length;
      const ofArgument = (slope: Slope): readonly Expression[] | null => {
        const argument = this.argumentOfSlope(slope);
        return argument && slope.function !== "relu" ? slopeOf(slope, argument) : null;
      };
      return [
        ...(isAll
          ? []
          : [
              this.onBack(
                "derivative-again:gates",
                "derivative",
                `${said} are taken of the gates again: σ(u)(1 − σ(u)) in place of u(1 − u)`,
                changed((slope) =>
                  slope.function === "relu" ? null : slopeOf(slope, apply(slope.function, slope.of)),
                ),
              ),
              this.onBack(
                "derivative-forgotten:gates",
                "derivative",
                `${said} are left out`,
                changed(() => []),
              ),
            ]),
        this.onBack(
          "derivative-of-argument:gates",
          "derivative",
          `${said} are taken of what goes into σ and tanh: a(1 − a) in place of u(1 − u)`,
          changed(ofArgument),
        ),
      ];
    });
  }

  /** What goes into the function of a slope: of a gate its whole pre-activation. */
  private argumentOfSlope(slope: Slope): Expression | null {
    const quantity = quantityOf(slope.of);
    const equation = this.operations.forward.find(({ name }) => name === quantity)?.expression;
    const argument = argumentOf(slope, equation);
    if (argument || equation?.kind !== "apply" || quantity === null || !this.gates.has(quantity)) return argument;
    return slope.of.kind === "value" && slope.of.time === "now" ? equation.of : null;
  }

  /** A gate's pre-activation is named, not written out. */
  private slopeTextOf(slope: Slope, of: Expression): string {
    const quantity = quantityOf(slope.of);
    return quantity !== null && this.gates.has(quantity)
      ? slopeText(slope, of.kind === "apply" && of.function === "σ" ? apply("σ", now("a")) : now("a"))
      : slopeText(slope, of);
  }

  private againText(single: Slope | null): string {
    if (!single) return "the derivatives of σ and tanh are taken of the gates again: 1 − tanh²(g) in place of 1 − g²";
    const twice = single.function === "tanh" ? "1 − tanh²(h_t)" : "σ(h_t)(1 − σ(h_t))";
    return `the derivative of ${functionName(single)} is taken of h_t again: ${twice} in place of ${slopeText(single, single.of)}`;
  }

  /** A derivative that is left out where the gradient is used, and is right where it is written down. */
  private derivativesOfOneUse(): Mutation[] {
    const { whole } = this.operations;
    const flat = (name: string) => withSlopes(whole[name]!, () => []);
    const curved = Object.keys(whole).filter((name) => !same(flat(name), whole[name]!) && name !== "h");
    if (curved.length === 0) return this.derivativesOfOwn();
    const inStead = (expression: Expression, time: "now" | "after"): Expression =>
      withLeaves(expression, (leaf) => {
        if (leaf.kind !== "gradient" || leaf.time !== time || !curved.includes(leaf.name)) return leaf;
        return time === "now" ? flat(leaf.name) : later(flat(leaf.name));
      });
    const names = curved.length === 1 ? gradientText(curved[0]!, "after", this.gates) : "the gates' gradients";
    return [
      this.onBack(
        "derivative-forgotten:recurrence",
        "derivative-recurrence",
        `what comes back from the step after has not gone through its derivative: ${this.text(later(flat(curved[0]!)))} in place of ${names}`,
        this.withWhole((expression, name) => (this.states.includes(name) ? inStead(expression, "after") : expression)),
      ),
      this.onBack(
        "derivative-forgotten:weights",
        "derivative-weights",
        `the weights' gradients are taken with ${this.text(flat(curved[0]!))} in place of ${this.gradientOf(curved[0]!)}`,
        (back) => ({
          ...back,
          shares: Object.fromEntries(Object.entries(back.shares).map(([name, it]) => [name, inStead(it, "now")])),
        }),
      ),
      ...this.sharesAlike().map(([said, ofKind]) =>
        this.onBack(
          `derivative-forgotten:${said}`,
          "derivative-weights",
          `${said} ${ofKind.size > 1 ? "are" : "is"} taken with ${this.text(flat(curved[0]!))} in place of ${this.gradientOf(curved[0]!)}`,
          (back) => ({
            ...back,
            shares: Object.fromEntries(
              Object.entries(back.shares).map(([name, it]) => [name, ofKind.has(name) ? inStead(it, "now") : it]),
            ),
          }),
        ),
      ),
      this.onBack(
        "derivative-forgotten:input",
        "derivative-input",
        `∂L/∂x_t is taken with ${this.text(flat(curved[0]!))} in place of ${this.gradientOf(curved[0]!)}`,
        (back) => ({ ...back, inputGradient: inStead(back.inputGradient, "now") }),
      ),
    ];
  }

  /** A bracket that ends elsewhere: a derivative multiplies one of the terms that go through it alone, or one more. */
  private bracketsOfDerivatives(): Mutation[] {
    const { whole } = this.operations;
    const slip = (id: string, text: string, changed: Readonly<Record<string, Expression>>) =>
      this.onBack(`derivative-bracket:${id}`, "derivative-bracket", text, (back) => ({
        ...back,
        whole: { ...back.whole, ...changed },
      }));
    const ofParts = Object.entries(whole).flatMap(([name, expression]) => this.bracketsOfParts(name, expression));
    const alike = ofParts.filter(({ isOneOfSeveral }) => isOneOfSeveral);
    const several = [...new Set(alike.map(({ group }) => group))].flatMap((group) => {
      const all = alike.filter((bracket) => bracket.group === group);
      const [first] = all;
      if (!first || all.length < 2) return [];
      const subject = first.which === "all-here" ? "all factors multiply" : "the derivatives multiply";
      const text = `${subject} ${first.part} alone in ${all.map(({ name }) => this.gradientOf(name)).join(", ")}`;
      const changed = Object.fromEntries(all.map(({ name, expression }) => [name, expression]));
      return [slip(`${first.which}:gates`, text, changed)];
    });
    return [
      ...Object.entries(whole).flatMap(([name, expression]) => {
        const { here, after } = byStep(expression);
        const [only] = here;
        const slope = only?.kind === "times" && here.length === 1 ? slopesAmong(only.factors)[0] : undefined;
        if (only?.kind !== "times" || !slope || after.length === 0) return [];
        const rest = only.factors.filter((factor) => !slope.factors.includes(factor));
        const all = sum(rest.length === 1 ? rest[0]! : times(...rest), ...after);
        const text = `${slopeText(slope, slope.of)} multiplies what comes back from the step after, too, in ${this.gradientOf(name)}`;
        return [slip("all", text, { [name]: times(all, ...slope.factors) })];
      }),
      ...ofParts.map(({ which, name, expression, factors, part, isOneOfSeveral }) =>
        slip(
          isOneOfSeveral ? `${which}:${name}` : which,
          `${factors} multiplies ${part} alone in ${this.gradientOf(name)}`,
          { [name]: expression },
        ),
      ),
      ...several,
    ];
  }

  /** A gradient that is a product with a state's, of whose two parts some factors multiply one alone. */
  private bracketsOfParts(name: string, expression: Expression): Bracket[] {
    if (expression.kind !== "times") return [];
    const slope = slopesAmong(expression.factors)[0];
    const of = expression.factors.find((factor) => factor.kind === "gradient" && factor.time === "now");
    if (!slope || of?.kind !== "gradient" || !this.states.includes(of.name)) return [];
    const { here: own, after } = byStep(this.operations.whole[of.name]!);
    if (after.length === 0 || own.length === 0) return [];
    const others = expression.factors.filter((factor) => factor !== of && !slope.factors.includes(factor));
    const through = (some: readonly Expression[], factors: readonly Expression[]) =>
      factors.length === 0 ? sumOf(some) : times(sumOf(some), ...factors);
    const all = [...others, ...slope.factors];
    const bracket = (
      which: Bracket["which"],
      factors: readonly Expression[],
      here: readonly Expression[],
      back: readonly Expression[],
    ): Bracket => ({
      which,
      name,
      group: `${which} ${of.name}`,
      part:
        which === "after"
          ? "what comes back from the step after"
          : `what comes from ${own.some(({ kind }) => kind === "above") ? "above" : "its own step"}`,
      factors: factors === slope.factors ? slopeText(slope, slope.of) : this.text(times(...factors)),
      expression: sum(through(own, here), through(after, back)),
      isOneOfSeveral: others.length > 0,
    });
    return [
      bracket("here", slope.factors, all, others),
      bracket("after", slope.factors, others, all),
      ...(others.length > 0 ? [bracket("all-here", all, all, [])] : []),
    ];
  }

  /** The parameters of x, those of h and the biases, each in words. */
  private sharesAlike(): (readonly [said: string, names: ReadonlySet<string>])[] {
    const groups = new Map<string, string[]>();
    for (const name of Object.keys(this.operations.shares)) {
      const start = /^(Wx|Wh|b)/.exec(name)?.[1];
      if (start) groups.set(start, [...(groups.get(start) ?? []), name]);
    }
    return [...groups.values()].map((names) => [names.map((name) => `d${name}`).join(", "), new Set(names)]);
  }

  /** Of a cell whose gradients are those of its quantities, each use has the derivative by itself. */
  private derivativesOfOwn(): Mutation[] {
    const { whole, shares, inputGradient } = this.operations;
    const has = (expressions: readonly Expression[]) => expressions.some((it) => slopesOf(it).length > 0);
    const flat = (it: Expression) => withSlopes(it, () => []);
    const all = (expressions: Readonly<Record<string, Expression>>) =>
      Object.fromEntries(Object.entries(expressions).map(([name, it]) => [name, flat(it)]));
    const slips: Mutation[] = [];
    if (has(Object.values(whole)))
      slips.push(
        this.onBack(
          "derivative-forgotten:recurrence",
          "derivative-recurrence",
          "the derivatives are left out of what comes back from the step after",
          (back) => ({ ...back, whole: all(back.whole), coming: all(back.coming) }),
        ),
      );
    if (has(Object.values(shares)))
      slips.push(
        this.onBack(
          "derivative-forgotten:weights",
          "derivative-weights",
          "the derivatives are left out of the weights' gradients",
          (back) => ({ ...back, shares: all(back.shares) }),
        ),
      );
    if (has([inputGradient]))
      slips.push(
        this.onBack(
          "derivative-forgotten:input",
          "derivative-input",
          "the derivatives are left out of ∂L/∂x_t",
          (back) => ({ ...back, inputGradient: flat(back.inputGradient) }),
        ),
      );
    return slips;
  }

  private terms(): Mutation[] {
    const { whole } = this.operations;
    const states = this.states.filter((name) => termsOf(whole[name]!).some(comesFromAfter));
    if (states.length === 0) return [];
    const all = [
      this.onBack(
        "recurrence-dropped",
        "recurrence",
        "what comes back from the step after is left out of ∂L/∂h_t",
        this.withoutComing(states),
      ),
    ];
    for (const state of states) {
      const coming = termsOf(whole[state]!).filter(comesFromAfter);
      if (states.length > 1)
        all.push(
          this.onBack(
            `dropped:${state}`,
            "recurrence",
            `what comes back from the step after is left out of ${this.gradientOf(state)}`,
            this.withoutComing([state]),
          ),
        );
      if (coming.length < 2) continue;
      for (const term of coming)
        all.push(
          ...(coming.length > 2 ? [this.only(state, term)] : []),
          this.onBack(
            `dropped:${labelOf(term)}`,
            `dropped:${labelOf(term)}`,
            `what comes back from t+1 through ${labelOf(term)} is left out of ${this.gradientOf(state)}`,
            this.withWhole((expression, name) =>
              name === state ? withoutTerms(expression, (other) => same(other, term)) : expression,
            ),
          ),
        );
    }
    for (const [name, expression] of Object.entries(whole)) {
      const within = termsOf(expression).filter((term) => !comesFromAfter(term) && term.kind !== "above");
      if (termsOf(expression).length < 2) continue;
      for (const term of within)
        all.push(
          this.onBack(
            `dropped:${name}:${labelOf(term)}`,
            `dropped:${name}:${labelOf(term)}`,
            `${this.text(term)} is left out of ${this.gradientOf(name)}`,
            this.withWhole((other, of) => (of === name ? withoutTerms(other, (one) => same(one, term)) : other)),
          ),
        );
    }
    const inputs = termsOf(this.operations.inputGradient);
    if (inputs.length > 1)
      for (const term of inputs)
        all.push(
          this.onBack(
            `dropped:x:${labelOf(term)}`,
            `dropped:x:${labelOf(term)}`,
            `${this.text(term)} is left out of ∂L/∂x_t`,
            (back) => ({ ...back, inputGradient: withoutTerms(back.inputGradient, (one) => same(one, term)) }),
          ),
        );
    return all;
  }

  /** Terms that are assigned one after the other, so that one is left. */
  private only(state: string, term: Expression): Mutation {
    return this.onBack(
      `only:${labelOf(term)}`,
      "recurrence",
      `of what comes back from t+1 into ${this.gradientOf(state)}, only what comes through ${labelOf(term)} is left: it is assigned, and not added`,
      this.withWhole((expression, name) =>
        name === state ? withoutTerms(expression, (other) => comesFromAfter(other) && !same(other, term)) : expression,
      ),
    );
  }

  /** Another function in the place of one, and a 1 that is added to a gate. */
  private functions(): Mutation[] {
    const { forward } = this.operations;
    const has = (name: ElementFunction) => forward.some(({ expression }) => uses(expression, name));
    const replaced =
      (from: ElementFunction, to: ElementFunction | null, only: string | null = null) =>
      (equations: readonly Equation[]) =>
        equations.map((equation) =>
          only === null || equation.name === only
            ? { ...equation, expression: withFunction(equation.expression, from, to) }
            : equation,
        );
    const all: Mutation[] = [];
    const forgetBias = cellOf(this.layer)
      .parameters(this.layer.options)
      .find(({ isForgetBias }) => isForgetBias);
    if (forgetBias)
      all.push(
        this.onForward(
          "forget-bias-one",
          "forget-bias",
          "1 is added to the forget gate's pre-activation",
          (equations) =>
            equations.map((equation) => ({
              ...equation,
              expression: withLeaves(equation.expression, (leaf) =>
                leaf.kind === "bias" && leaf.name === forgetBias.name ? sum(leaf, one) : leaf,
              ),
            })),
        ),
      );
    if (has("σ"))
      all.push(
        this.onForward(
          "hard-sigmoid",
          "sigmoid",
          "the gates' σ is the hard sigmoid 0.2 a + 0.5, cut to 0…1 (Keras 2, TensorFlow.js)",
          replaced("σ", "hardsigmoid2"),
        ),
        this.onForward(
          "hard-sigmoid",
          "sigmoid",
          "the gates' σ is the hard sigmoid (a + 3) / 6, cut to 0…1 (PyTorch, Keras 3)",
          replaced("σ", "hardsigmoid"),
        ),
        this.onForward("tanh-for-sigmoid", "sigmoid", "tanh stands in the place of σ", replaced("σ", "tanh")),
      );
    for (const from of ["tanh", "σ", "relu"] as const) {
      if (!has(from)) continue;
      const places = forward.filter(({ expression }) => uses(expression, from)).map(({ name }) => name);
      for (const to of ["relu", null, "σ", "tanh", "hardsigmoid2", "hardsigmoid"] as const) {
        // The hard sigmoids stand for σ alone, and of all its places have been told above, as has tanh.
        const isHard = to === "hardsigmoid" || to === "hardsigmoid2";
        if (to === from || (isHard && from !== "σ")) continue;
        const isTold = from === "σ" && (isHard || to === "tanh");
        const id = `${to === null ? "identity" : idOf(to)}-for-${idOf(from)}`;
        const said = to === null ? `the ${from} is left out` : `${functionText(to)} stands in the place of ${from}`;
        if (!isTold) all.push(this.onForward(id, from, said, replaced(from, to)));
        if (places.length > 1)
          for (const name of places)
            all.push(this.onForward(`${id}:${name}`, from, `${said} in ${name}_t`, replaced(from, to, name)));
      }
    }
    return all;
  }

  /** A bias outside of a product, a factor on the other side of a matrix, u and 1 − u exchanged, a term left out. */
  private arrangements(): Mutation[] {
    const all: Mutation[] = [];
    for (const { name, expression } of this.operations.forward) {
      const edited = (change: (expression: Expression) => Expression) => (equations: readonly Equation[]) =>
        equations.map((equation) =>
          equation.name === name ? { name, expression: change(equation.expression) } : equation,
        );
      for (const part of partsOf(expression)) {
        const outside = biasOutside(part);
        if (outside) {
          const gate = outside.factor.kind === "value" ? this.titleOf(outside.factor.name) : "product";
          all.push(
            this.onForward(
              `bias-outside-${gate.split(" ")[0]!}`,
              `outside:${name}`,
              `the bias ${outside.bias} stands outside the product with ${this.text(outside.factor)}`,
              edited((whole) => withPart(whole, part, outside.moved)),
            ),
          );
        }
        for (const inside of biasesInside(part)) {
          const gate = inside.factor.kind === "value" ? this.titleOf(inside.factor.name) : "product";
          all.push(
            this.onForward(
              `bias-inside-${gate.split(" ")[0]!}`,
              `outside:${name}`,
              `the bias ${inside.bias} stands inside the product with ${this.text(inside.factor)}`,
              edited((whole) => withPart(whole, part, inside.moved)),
            ),
          );
        }
        const moved = otherSide(part);
        if (moved) {
          const gate = this.titleOf(moved.factor);
          const kind = gate.split(" ")[0]!;
          const [there, said] = moved.now === "after" ? ["before", "after"] : ["after", "before"];
          all.push(
            this.onForward(
              `other-${kind}`,
              `side:${name}`,
              `the ${gate} acts ${there} the product with ${moved.matrix}, not ${said} it`,
              edited((whole) => withPart(whole, part, moved.moved)),
            ),
          );
        }
      }
      for (const u of complementsIn(expression)) {
        const turned = exchanged(expression, u);
        all.push(
          this.onForward(
            this.titleOf(u.name).startsWith("update") ? "swapped-update" : `swapped:${u.name}`,
            `swapped:${u.name}`,
            `${u.name} and 1 − ${u.name} are exchanged: ${name}_t = ${this.text(turned).replaceAll(/\b(\p{L}+)_t(?![\p{L}+−])/gu, "$1")}`,
            edited((whole) => exchanged(whole, u)),
          ),
        );
      }
      for (const part of partsOf(expression)) {
        if (part.kind !== "sum") continue;
        for (const term of part.terms)
          if (term.kind !== "bias")
            all.push(
              this.onForward(
                `left-out:${labelOf(term)}`,
                `left-out:${labelOf(term)}`,
                `${this.text(term)} is left out of ${name}_t`,
                edited((whole) =>
                  withPart(
                    whole,
                    part,
                    withoutTerms(part, (other) => same(other, term)),
                  ),
                ),
              ),
            );
      }
    }
    return all;
  }

  private titleOf(name: string): string {
    const quantity = cellOf(this.layer)
      .quantities(this.layer.options)
      .find((one) => one.name === name);
    return quantity?.title ?? name;
  }

  /** A factor that is left out of a gradient. */
  private factors(): Mutation[] {
    return Object.entries(this.operations.whole).flatMap(([name, expression]) =>
      termsOf(expression).flatMap((term) => {
        if (term.kind !== "times") return [];
        const slopes = slopesAmong(term.factors).flatMap(({ factors }) => factors);
        return term.factors
          .filter((factor) => factor.kind !== "gradient" && !slopes.includes(factor))
          .map((factor) =>
            this.onBack(
              `factor-left-out:${name}:${labelOf(factor)}`,
              `factor:${name}:${labelOf(factor)}`,
              `the factor ${this.text(factor)} is left out of ${this.gradientOf(name)}`,
              this.withWhole((whole, of) =>
                of === name ? withPart(whole, term, withoutFactor(term.factors, factor)) : whole,
              ),
            ),
          );
      }),
    );
  }

  /** A value of another step in a gradient. */
  private otherSteps(): Mutation[] {
    return Object.entries(this.operations.whole).flatMap(([name, expression]) => {
      const leaves = symbolsIn(expression).flatMap((leaf) => (leaf.kind === "value" ? [leaf] : []));
      const distinct = [...new Map(leaves.map((leaf) => [`${leaf.name} ${leaf.time}`, leaf])).values()];
      return distinct.flatMap((leaf) => {
        const others = (["before", "now", "after"] as const).filter(
          (time) => time !== leaf.time && (time === "now" || (leaf.time === "now" && this.states.includes(leaf.name))),
        );
        return others.map((time) =>
          this.onBack(
            `other-step:${name}:${leaf.name}`,
            `other-step:${name}`,
            `${this.text({ ...leaf, time })} stands in the place of ${this.text(leaf)} in ${this.gradientOf(name)}`,
            this.withWhole((whole, of) =>
              of === name
                ? withLeaves(whole, (one) =>
                    one.kind === "value" && one.name === leaf.name && one.time === leaf.time ? { ...one, time } : one,
                  )
                : whole,
            ),
          ),
        );
      });
    });
  }

  /** One gate's gradient in the place of another's, in what comes back. */
  private otherGradients(): Mutation[] {
    const gates = [...this.gates];
    return this.states.flatMap((name) =>
      termsOf(this.operations.whole[name]!).flatMap((term) => {
        if (term.kind !== "product" || term.of.kind !== "gradient") return [];
        const { of } = term;
        return gates
          .filter((gate) => gate !== of.name)
          .map((gate) =>
            this.onBack(
              `other-gradient:${term.matrix}:${gate}`,
              `other-gradient:${term.matrix}`,
              `${gradientText(gate, "after", this.gates)} stands in the place of ${gradientText(of.name, "after", this.gates)} behind ${term.matrix}ᵀ`,
              this.withWhole((whole, at) =>
                at === name ? withPart(whole, term, { ...term, of: { ...of, name: gate } }) : whole,
              ),
            ),
          );
      }),
    );
  }
}

const idOf = (name: ElementFunction): string => {
  if (name === "σ") return "sigmoid";
  return name === "hardsigmoid" || name === "hardsigmoid2" ? "hard-sigmoid" : name;
};

function functionText(name: ElementFunction): string {
  if (name === "hardsigmoid2") return "the hard sigmoid 0.2 a + 0.5";
  return name === "hardsigmoid" ? "the hard sigmoid (a + 3) / 6" : name;
}

const functionName = ({ function: name }: Slope): string => (name === "σ" ? "the sigmoid" : name);

const lastOf = (of: Expression): Expression =>
  withLeaves(of, (leaf) => (leaf.kind === "value" ? now(ofLastStep(leaf.name)) : leaf));

const lastText = ({ function: name }: Slope): string => (name === "tanh" ? "1 − h_T²" : "h_T(1 − h_T)");

/** What goes into the function whose derivative it is: c of tanh(c), a where h = tanh(a). */
function argumentOf({ of }: Slope, equation: Expression | undefined): Expression | null {
  if (of.kind === "apply") return of.of;
  return equation?.kind === "apply" && equation.of.kind === "value" ? equation.of : null;
}

/** What a term or a factor is called in a slip's name: its matrix, or its quantities. */
function labelOf(expression: Expression): string {
  if (expression.kind === "product") return expression.matrix;
  if (expression.kind === "bias") return expression.name;
  const names = (kind: "value" | "named") =>
    symbolsIn(expression).flatMap((leaf) => (leaf.kind === kind ? [leaf.name] : []));
  return [...new Set(names("value"))].join("∘") || [...new Set(names("named"))].join("∘") || "constant";
}

const uses = (expression: Expression, name: ElementFunction): boolean =>
  (expression.kind === "apply" && expression.function === name) ||
  childrenOf(expression).some((child) => uses(child, name));

/** @param to null for the argument itself */
function withFunction(expression: Expression, from: ElementFunction, to: ElementFunction | null): Expression {
  const inner = withChildren(expression, (child) => withFunction(child, from, to));
  if (inner.kind !== "apply" || inner.function !== from) return inner;
  return to === null ? inner.of : apply(to, inner.of);
}

const partsOf = (expression: Expression): Expression[] => [expression, ...childrenOf(expression).flatMap(partsOf)];

function withPart(expression: Expression, part: Expression, other: Expression): Expression {
  return same(expression, part) ? other : withChildren(expression, (child) => withPart(child, part, other));
}

function withoutFactor(factors: readonly Expression[], factor: Expression): Expression {
  const rest = factors.filter((other) => other !== factor);
  return rest.length === 1 ? rest[0]! : times(...rest);
}

/** u ∘ (… + b) as u ∘ (…) + b. */
function biasOutside(part: Expression) {
  if (part.kind !== "times" || part.factors.length !== 2) return null;
  const [factor, inside] = part.factors as [Expression, Expression];
  if (inside.kind !== "sum") return null;
  const bias = inside.terms.find((term) => term.kind === "bias");
  if (!bias) return null;
  const moved = sum(
    times(
      factor,
      withoutTerms(inside, (term) => term === bias),
    ),
    bias,
  );
  return { factor, bias: bias.name, moved };
}

/** u ∘ (…) + b as u ∘ (… + b). */
function biasesInside(part: Expression) {
  if (part.kind !== "sum") return [];
  const biases = part.terms.filter((term) => term.kind === "bias");
  return part.terms.flatMap((term) => {
    if (term.kind !== "times" || term.factors.length !== 2) return [];
    const [factor, inside] = term.factors as [Expression, Expression];
    if (factor.kind !== "value" || !termsOf(inside).some(({ kind }) => kind === "product")) return [];
    return biases.map((bias) => {
      const rest = part.terms.filter((other) => other !== bias);
      const terms = rest.map((other) => (other === term ? times(factor, sum(...termsOf(inside), bias)) : other));
      return { factor, bias: bias.name, moved: sum(...terms) };
    });
  });
}

/** u ∘ (W v + b) as W (u ∘ v) + b, or W (u ∘ v) as u ∘ (W v). */
function otherSide(part: Expression) {
  if (part.kind === "times" && part.factors.length === 2) {
    const [factor, inside] = part.factors as [Expression, Expression];
    const multiplied = termsOf(inside).find((term) => term.kind === "product");
    if (factor.kind !== "value" || !multiplied) return null;
    const through = product(multiplied.matrix, times(factor, multiplied.of));
    const moved = sum(...termsOf(inside).map((term) => (term === multiplied ? through : term)));
    return { factor: factor.name, matrix: multiplied.matrix, now: "after" as const, moved };
  }
  if (part.kind !== "product" || part.transposed || part.of.kind !== "times" || part.of.factors.length !== 2)
    return null;
  const [factor, inside] = part.of.factors as [Expression, Expression];
  if (factor.kind !== "value") return null;
  const moved = times(factor, product(part.matrix, inside));
  return { factor: factor.name, matrix: part.matrix, now: "before" as const, moved };
}

type Named = Extract<Expression, { readonly kind: "value" | "named" }>;

/** Quantities u of which an expression has 1 − u. */
export function complementsIn(expression: Expression): Named[] {
  const found = partsOf(expression).flatMap((part) =>
    part.kind === "difference" && same(part.from, one) && (part.minus.kind === "value" || part.minus.kind === "named")
      ? [part.minus]
      : [],
  );
  return [...new Map(found.map((it) => [JSON.stringify(it), it])).values()];
}

/** u in the place of 1 − u, and the other way round. */
export function exchanged(expression: Expression, u: Expression): Expression {
  if (same(expression, minus(one, u))) return u;
  if (same(expression, u)) return minus(one, u);
  return withChildren(expression, (child) => exchanged(child, u));
}
