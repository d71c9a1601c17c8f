/**
 * A cell's step as instructions over vectors, forward and back, made once of its equations: what the equations share is computed
 * once, and what is known beforehand never. They are plain data that says nothing of where a vector stands: the engine runs them
 * with loops (plan.ts), the kernels with theirs.
 */
import type { Backward } from "./backward";
import type { Equation } from "./equations";
import type { ElementFunction, Expression, Leaf } from "./expression";
import { evaluate, isLeaf, isNumber } from "./expression";
import { keyOf } from "./simplify";
import type { Tensor } from "./tensor";

/** A vector [H] of a step; two are the same where they are the same object. */
export type Slot =
  /** A quantity of this step, and a state of the step before. */
  | { readonly kind: "now" | "before"; readonly name: string }
  /** dL/d(quantity), and dL/d(state of the step before). */
  | { readonly kind: "gradient" | "gradientBefore"; readonly name: string }
  /** A parameter that is a vector, and its gradient. */
  | { readonly kind: "parameter" | "share"; readonly name: string }
  /** dL/dx_t, [X] */
  | { readonly kind: "inputGradient" }
  /** One number, for every unit. */
  | { readonly kind: "number"; readonly value: number }
  /** What is computed on the way. */
  | { readonly kind: "room" };

export type Instruction =
  | { readonly op: "zero"; readonly to: Slot }
  /** to = f(of), by itself or over all units */
  | { readonly op: UnaryOperation; readonly to: Slot; readonly of: Slot }
  | { readonly op: "apply"; readonly function: ElementFunction; readonly to: Slot; readonly of: Slot }
  | { readonly op: BinaryOperation; readonly to: Slot; readonly left: Slot; readonly right: Slot }
  /** to = the product of two to four, element by element */
  | { readonly op: "multiply"; readonly to: Slot; readonly factors: readonly Slot[] }
  /** to = x_t, where X is H */
  | { readonly op: "input"; readonly to: Slot }
  /** to += W of, or Wᵀ of; `of` is null where it is x_t */
  | ProductInstruction
  /** dW += left rightᵀ; `right` is null where it is x_t */
  | { readonly op: "outer"; readonly matrix: string; readonly left: Slot; readonly right: Slot | null };

export interface ProductInstruction {
  readonly op: "product";
  readonly to: Slot;
  readonly matrix: string;
  readonly transposed: boolean;
  readonly of: Slot | null;
}

export type UnaryOperation = "copy" | "negate" | "oneMinus" | "oneMinusSquare" | "softmax" | "mean" | "total";
export type BinaryOperation = "add" | "subtract" | "divide" | "power" | "min" | "max";

export interface StepInstructions {
  readonly forward: readonly Instruction[];
  /** To every quantity's gradient. dL/dh_t is there; in a state's gradient stands what the step after has written. */
  readonly backward: readonly Instruction[];
  /** To the gradients of the states before. */
  readonly carried: readonly Instruction[];
  /** Adds dL/dx_t. */
  readonly inputGradient: readonly Instruction[];
  /** Adds the step's share of every parameter's gradient, right after the step back. */
  readonly shares: readonly Instruction[];
  /** The same from the gradients alone. */
  readonly sharesAlone: readonly Instruction[];
  /** By state: its gradient at this step. */
  readonly stateGradients: Readonly<Record<string, Slot>>;
  /** By quantity: its value, and its gradient. */
  readonly valueSlots: Readonly<Record<string, Slot>>;
  readonly gradientSlots: Readonly<Record<string, Slot>>;
}

/**
 * @param remembers whether all that the step forward has computed is still there on the way back. Then the order is backward,
 *   inputGradient, shares, carried, each reading what those before it have computed, and dL/dh_{t−1} is added to what is there;
 *   else it is written, and the order is backward, carried, and then the others, of which none reads another's.
 */
export function stepInstructions(
  equations: readonly Equation[],
  states: readonly string[],
  backward: Backward,
  remembers: boolean,
): StepInstructions {
  const slots = new LeafSlots();
  const forward = new Compiler(slots);
  for (const { name, expression } of equations) forward.into(slots.of("now", name), expression);
  const within = remembers ? forward.continued() : new Compiler(slots);
  for (const name of backward.order) {
    if (name === "h") continue;
    const slot = slots.of("gradient", name);
    const gradient = backward.within[name]!;
    if (states.includes(name)) {
      if (gradient) within.added(slot, gradient);
    } else if (gradient) within.into(slot, gradient);
    else within.zero(slot);
  }
  const carry = (compiler: Compiler) => {
    for (const state of states) {
      const gradient = backward.carried[state]!;
      const slot = slots.of("gradientBefore", state);
      if (remembers && state === "h") compiler.added(slot, gradient ?? { kind: "constant", value: 0 });
      else if (gradient) compiler.into(slot, gradient);
      else compiler.zero(slot);
    }
    return compiler;
  };
  const share = (compiler: Compiler) => {
    for (const [name, expression] of Object.entries(backward.shares)) compiler.share(name, expression);
    return compiler;
  };
  const ofInput = (compiler: Compiler) => {
    compiler.added(slots.inputGradient, backward.inputGradient);
    return compiler;
  };
  const rest = remembers ? restInTurn(within) : restAlone(within);
  return {
    forward: forward.instructions,
    backward: within.instructions,
    ...rest,
    sharesAlone: share(new Compiler(slots)).instructions,
    stateGradients: Object.fromEntries(states.map((name) => [name, slots.of("gradient", name)])),
    valueSlots: Object.fromEntries(equations.map(({ name }) => [name, slots.of("now", name)])),
    gradientSlots: Object.fromEntries(equations.map(({ name }) => [name, slots.of("gradient", name)])),
  };

  function restInTurn(from: Compiler) {
    const input = ofInput(from.continued());
    const shares = share(input.continued());
    const carried = carry(shares.continued());
    return {
      inputGradient: input.instructions,
      shares: shares.instructions,
      carried: carried.instructions,
    };
  }

  function restAlone(from: Compiler) {
    const carried = carry(from.continued());
    return {
      carried: carried.instructions,
      inputGradient: ofInput(carried.continued()).instructions,
      shares: share(carried.continued()).instructions,
    };
  }
}

/** The slots that have a name, each once. */
class LeafSlots {
  readonly inputGradient: Slot = { kind: "inputGradient" };
  private readonly byKey = new Map<string, Slot>();

  of(kind: Exclude<Slot["kind"], "room" | "number" | "inputGradient">, name: string): Slot {
    const key = `${kind} ${name}`;
    const slot = this.byKey.get(key) ?? { kind, name };
    this.byKey.set(key, slot);
    return slot;
  }

  ofLeaf(leaf: Leaf): Slot {
    if (leaf.kind === "value") return this.of(leaf.time === "before" ? "before" : "now", leaf.name);
    if (leaf.kind === "gradient") return this.of("gradient", leaf.name);
    if (leaf.kind === "bias") return this.of("parameter", leaf.name);
    throw new TypeError(`a step has no ${leaf.kind}`);
  }
}

/** Makes instructions of expressions; what has been computed before, by any of them, is read again. */
class Compiler {
  readonly instructions: Instruction[] = [];

  constructor(
    private readonly slots: LeafSlots,
    private readonly known = new Map<string, Slot>(),
  ) {}

  /** A list of its own that may read what this one has computed. */
  continued(): Compiler {
    return new Compiler(this.slots, new Map(this.known));
  }

  zero(to: Slot): void {
    this.instructions.push({ op: "zero", to });
  }

  /** to = expression */
  into(to: Slot, expression: Expression): void {
    this.compute(expression, to);
    this.known.set(keyOf(expression), to);
  }

  /** to += expression, a product with a matrix without a vector of its own */
  added(to: Slot, expression: Expression): void {
    const terms = expression.kind === "sum" ? expression.terms : [expression];
    this.prepare(terms);
    for (const term of terms) {
      if (term.kind === "constant" && term.value === 0) continue;
      if (term.kind === "product") this.productAdded(to, term);
      else this.instructions.push({ op: "add", to, left: to, right: this.slotOf(term) });
    }
  }

  /** dp += expression, for a parameter */
  share(name: string, expression: Expression): void {
    const terms = expression.kind === "sum" ? expression.terms : [expression];
    for (const term of terms)
      if (term.kind === "outer") {
        const left = this.slotOf(term.left);
        const right = term.right.kind === "input" ? null : this.slotOf(term.right);
        this.instructions.push({ op: "outer", matrix: name, left, right });
      } else this.added(this.slots.of("share", name), term);
  }

  /** Where the expression's vector stands: computed here, before, or given. */
  private slotOf(expression: Expression): Slot {
    if (expression.kind === "value" || expression.kind === "gradient" || expression.kind === "bias")
      return this.slots.ofLeaf(expression);
    const key = keyOf(expression);
    const known = this.known.get(key);
    if (known) return known;
    const slot: Slot = isNumber(expression) ? { kind: "number", value: numberOf(expression) } : { kind: "room" };
    if (slot.kind === "room") this.compute(expression, slot);
    this.known.set(key, slot);
    return slot;
  }

  /** The arguments of products stand before anything is added up: the sum may be one of them. */
  private prepare(terms: readonly Expression[]): void {
    for (const term of terms) if (term.kind === "product" && term.of.kind !== "input") this.slotOf(term.of);
  }

  private compute(expression: Expression, to: Slot): void {
    if (isNumber(expression)) return this.unary("copy", expression, to);
    if (isLeaf(expression)) {
      if (expression.kind === "input") this.instructions.push({ op: "input", to });
      else this.instructions.push({ op: "copy", to, of: this.slots.ofLeaf(expression) });
      return;
    }
    switch (expression.kind) {
      case "sum":
        return this.sum(expression.terms, to);
      case "product":
        return this.sum([expression], to);
      case "times":
        return this.times(expression.factors, to);
      case "difference":
        if (isOne(expression.from)) return this.oneMinus(expression.minus, to);
        return this.binary("subtract", expression.from, expression.minus, to);
      case "quotient":
        return this.binary("divide", expression.over, expression.under, to);
      case "power":
        return this.binary("power", expression.of, expression.exponent, to);
      case "extreme":
        return this.binary(expression.which, expression.of[0]!, expression.of[1]!, to);
      case "negative":
        return this.unary("negate", expression.of, to);
      case "softmax":
        return this.unary("softmax", expression.of, to);
      case "pool":
        return this.unary(expression.over === "mean" ? "mean" : "total", expression.of, to);
      case "apply": {
        const of = this.slotOf(expression.of);
        this.instructions.push({ op: "apply", function: expression.function, to, of });
        return;
      }
      case "constant":
      case "outer":
      case "logSumExp":
      case "atTarget":
      case "total":
        throw new TypeError(`a step computes no ${expression.kind}`);
    }
  }

  /** Vectors first, then the products with matrices are added to them. */
  private sum(terms: readonly Expression[], to: Slot): void {
    const products = terms.filter((term) => term.kind === "product");
    const [first, second, ...others] = terms.filter((term) => term.kind !== "product");
    this.prepare(products);
    if (!first) this.zero(to);
    else if (!second) this.compute(first, to);
    else this.binary("add", first, second, to);
    for (const other of others) this.instructions.push({ op: "add", to, left: to, right: this.slotOf(other) });
    for (const one of products) this.productAdded(to, one);
  }

  private productAdded(to: Slot, { matrix, transposed, of }: Expression & { kind: "product" }): void {
    const slot = of.kind === "input" ? null : this.slotOf(of);
    this.instructions.push({ op: "product", to, matrix, transposed, of: slot });
  }

  private times(factors: readonly Expression[], to: Slot): void {
    const all = factors.map((factor) => this.slotOf(factor));
    if (all.length < 2) return this.compute(factors[0]!, to);
    this.instructions.push({ op: "multiply", to, factors: all.slice(0, 4) });
    for (const factor of all.slice(4)) this.instructions.push({ op: "multiply", to, factors: [to, factor] });
  }

  private oneMinus(what: Expression, to: Slot): void {
    if (what.kind === "apply" && what.function === "square") this.unary("oneMinusSquare", what.of, to);
    else this.unary("oneMinus", what, to);
  }

  private unary(op: UnaryOperation, of: Expression, to: Slot): void {
    this.instructions.push({ op, to, of: this.slotOf(of) });
  }

  private binary(op: BinaryOperation, left: Expression, right: Expression, to: Slot): void {
    const [a, b] = [this.slotOf(left), this.slotOf(right)];
    this.instructions.push({ op, to, left: a, right: b });
  }
}

const isOne = (expression: Expression) => expression.kind === "constant" && expression.value === 1;

/** The value of an expression that is made of numbers alone. */
function numberOf(expression: Expression): number {
  if (expression.kind === "constant" || expression.kind === "named") return expression.value;
  const one = (): Float64Array => {
    throw new TypeError("a number takes nothing from elsewhere");
  };
  const noMatrix: Tensor = { rank: 2, rows: 0, cols: 0, data: new Float64Array(0) };
  const nowhere = { size: 1, value: one, gradient: one, above: one, input: () => null, parameter: () => noMatrix };
  return evaluate(expression, nowhere)[0]!;
}
