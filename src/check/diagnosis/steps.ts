/** One pass of a layer, step after step, by its edited operations. */
import type { Equation } from "../../engine/equations";
import type { Expression, Surroundings, Time } from "../../engine/expression";
import { symbolsIn } from "../../engine/expression";
import { elementFunctions, oneHot } from "../../engine/functions";
import { addOuter, addVec } from "../../engine/linear";
import type { StepInput, Values } from "../../engine/step";
import type { NamedTensors, Tensor } from "../../engine/tensor";
import { zerosLike } from "../../engine/tensor";
import { asItShouldBe, type Choices, errorsKey } from "./choices";
import type { Operations } from "./edited";
import { evaluatorOf } from "./evaluator";
import { addCut, isAssigned, isLeftOut } from "./readout";

/** What a leaf of this name reads: the quantity at the pass's last step. */
export const ofLastStep = (name: string): string => `${name} of the last step`;
const lastStep = / of the last step$/;
/** The state before, and at the first step the pass's last one: Python's `h[-1]`. */
export const wrapped = (name: string): string => `${name} before, around the end`;
const aroundTheEnd = / before, around the end$/;
/** No shorter name is one of these: it is asked for all the time. */
const shortestMarked = " of the last step".length;

const isMarked = (name: string): boolean =>
  name.length > shortestMarked && (lastStep.test(name) || aroundTheEnd.test(name));

/** A pass over a sequence; everything by the step's place in the pass's own order. */
export interface PassSteps {
  readonly size: number;
  readonly inputs: readonly StepInput[];
  readonly start: Values;
  readonly values: readonly Values[];
}

/** What goes on from step n of a pass's own order with what has been computed there: mostly that itself. */
export type TakeAt = (n: number, name: string, v: Float64Array) => Float64Array;

/** The parameters whose gradients somebody wants to know, by full name, and `ofInputs`; null for all. */
export type Asked = ReadonlyMap<string, Entries> | null;
/** Which numbers of a parameter are read, by their places in its data: what is no one's need not be summed over time. Null for all */
export type Entries = Int32Array | null;
/** dL/dx_t among what is asked for. */
export const ofInputs = "x";

/** What comes back through a pass, by the step's place in its order. */
interface Errors {
  /** Every quantity's gradient, `h` being the whole dL/dh_t. */
  readonly gradients: readonly Values[];
  /** Empty where nobody wants it. */
  readonly dx: readonly Float64Array[];
  /** dL/d(initial state) */
  readonly start: Values;
}

/** The errors, and what is made of them. */
export interface PassBack extends Errors {
  /** The gradients of those of the pass's parameters that are asked for, by their short names. */
  shares(of: SharesOf): NamedTensors;
}

/** Whose gradients are asked for, and how somebody takes them. */
export interface SharesOf {
  readonly expressions: Readonly<Record<string, Expression>>;
  readonly choices: Choices;
  readonly prefix: string;
  readonly asked: Asked;
}

/** @param first the steps that are gone through: the first ones */
export function passForward(
  equations: readonly Equation[],
  parameters: NamedTensors,
  size: number,
  inputs: readonly StepInput[],
  start: Values,
  { keep }: Choices,
  take: TakeAt,
  first = inputs.length,
): PassSteps {
  const values: Values[] = [];
  const pass = { size, inputs, start, values };
  for (let n = 0; n < first; n++) {
    values[n] = {};
    const around = new AtStep(pass, parameters, n);
    for (const { name, expression } of equations)
      values[n]![name] = take(n, name, keep ? rounded(expression, around, keep) : evaluated(expression, around));
  }
  return pass;
}

/** Who rounds on the way writes down the pre-activation, too. */
function rounded(expression: Expression, around: Surroundings, keep: (value: number) => number): Float64Array {
  if (expression.kind !== "apply" || expression.of.kind === "value") return evaluatorOf(expression)(around).map(keep);
  const inside = evaluatorOf(expression.of)(around).map(keep);
  return inside.map((v) => keep(elementFunctions[expression.function](v)));
}

/**
 * @param above dL/dh_t from above, by the step's place in the pass's order
 * @param to the step that is gone back to: 0 for all
 */
export function passBackward(
  pass: PassSteps,
  operations: Operations,
  parameters: NamedTensors,
  above: readonly Float64Array[],
  choices: Choices,
  take: TakeAt,
  wantsInput: boolean,
  to = 0,
): PassBack {
  const { flow } = choices;
  const T = above.length;
  const back = new Visits(pass, operations, parameters, choices, take, wantsInput);
  // What comes over so many steps is the same for whoever follows errors further.
  if (to === 0 && flow.kind === "overlapping" && choices.leftOutStep === null)
    return byLag(pass, above, back, { operations, ...parameters, wantsInput }, choices).upTo(flow.steps);
  if (flow.kind === "upward") return back.upward(above);
  if (to === 0 && flow.kind === "overlapping")
    for (let n = T - 1; n >= 0; n--)
      back.sweep(
        n,
        Math.max(0, n - flow.steps),
        (m) => (m === n ? above[n]! : null),
        () => false,
      );
  else
    back.sweep(
      T - 1,
      flow.kind === "last" ? Math.max(to, T - flow.steps) : to,
      (n) => above[n]!,
      (n) =>
        (flow.kind === "chunks" && (n + 1) % flow.steps === 0) ||
        (flow.kind === "chunksFromEnd" && (T - 1 - n) % flow.steps === 0),
    );
  if (flow.kind === "last") for (let n = T - flow.steps - 1; n >= to; n--) back.leaveOut(n);
  back.toStart();
  return back;
}

/** What the errors bring back over so many steps, each from its own step: over one step more it is what it was, and a little more. */
class ByLag {
  private readonly found: Errors[] = [];
  /** By lag, then by step. */
  private readonly visits: (readonly AtStep[])[] = [];
  private last: readonly Values[] = [];

  constructor(
    readonly above: readonly Float64Array[],
    private readonly all: Visits,
  ) {}

  upTo(steps: number): PassBack {
    const most = Math.min(steps, this.above.length - 1);
    while (this.found.length <= most) this.goOn(this.found.length);
    return {
      ...this.found[most]!,
      shares: (of) =>
        summedShares(of, (share) =>
          this.all
            .noSum(share)
            .plus(isOfSum(share) ? this.all.around(this.found[most]!.gradients) : this.inOrder(most)),
        ),
    };
  }

  private goOn(lag: number): void {
    const { all, last, above } = this;
    const before = all.made.length;
    this.last = above.map((above_n, n) => {
      if (n + lag >= above.length) return {};
      return lag === 0 ? all.step(n, null, above_n) : all.step(n, last[n + 1]!, zeros(above_n.length));
    });
    all.toStart();
    this.found.push({ gradients: [...all.gradients], dx: [...all.dx], start: { ...all.start } });
    this.visits.push(all.made.slice(before));
  }

  /** As who goes back from each step anew visits them, from the last step on. */
  private inOrder(most: number): AtStep[] {
    const T = this.above.length;
    return Array.from({ length: T }, (_, k) => T - 1 - k).flatMap((from) =>
      this.visits.slice(0, Math.min(most, from) + 1).map((ofLag, lag) => ofLag[from - lag]!),
    );
  }
}

interface Known {
  /** What is done otherwise, but for how far errors flow back. */
  readonly key: string;
  readonly of: Readonly<Record<string, unknown>>;
  readonly lags: ByLag;
}
const lagsKnown = new WeakMap<PassSteps, Known>();

function byLag(
  pass: PassSteps,
  above: readonly Float64Array[],
  visits: Visits,
  of: Readonly<Record<string, unknown>>,
  choices: Choices,
): ByLag {
  const key = errorsKey({ ...choices, flow: asItShouldBe.flow });
  const known = lagsKnown.get(pass);
  if (
    known?.key === key &&
    Object.entries(of).every(([name, value]) => value === known.of[name]) &&
    above.every((v, n) => v.every((d, i) => d === known.lags.above[n]![i]))
  )
    return known.lags;
  const lags = new ByLag(above, visits);
  lagsKnown.set(pass, { key, of, lags });
  return lags;
}

/** Of a step that has not been gone back to. */
const nothingFound: Values = {};

/** The steps that have been gone back to, and what has been found there. */
class Visits implements PassBack {
  readonly gradients: Values[];
  readonly dx: Float64Array[] = [];
  readonly start: Values = {};
  /** In their order; of overlapping errors a step is visited several times. */
  readonly made: AtStep[] = [];
  private readonly sums: { readonly share: Share; readonly tensor: Tensor | null }[] = [];

  constructor(
    private readonly pass: PassSteps,
    private readonly operations: Operations,
    private readonly parameters: NamedTensors,
    private readonly choices: Choices,
    private readonly take: TakeAt,
    private readonly wantsInput: boolean,
  ) {
    this.gradients = pass.values.map(() => nothingFound);
  }

  /** Back from one step to another, and all that is found added to what is there. */
  sweep(from: number, to: number, above: (n: number) => Float64Array | null, cutAfter: (n: number) => boolean): void {
    let found: Values | null = null;
    for (let n = from; n >= to; n--) {
      if (isLeftOut(this.choices, n, this.pass.values.length)) {
        this.leaveOut(n);
        found = null;
      } else found = this.step(n, cutAfter(n) ? null : found, above(n) ?? zeros(this.pass.size));
    }
  }

  /** Nothing is found at this step. */
  leaveOut(n: number): void {
    const { size, inputs } = this.pass;
    this.gradients[n] = Object.fromEntries(this.operations.order.map((name) => [name, new Float64Array(size)]));
    if (this.wantsInput) this.dx[n] ??= new Float64Array(vectorLength(inputs[n]!, this.parameters));
  }

  /** From the first step to the last: what comes from the step after is what the step before had. */
  upward(above: readonly Float64Array[]): PassBack {
    let found: Values | null = null;
    for (const [n, above_n] of above.entries()) found = this.step(n, found, above_n, n - 1);
    this.toStart();
    return this;
  }

  /** @returns the gradients of the quantities of step n, which are also added to what is there */
  step(n: number, later: Values | null, above: Float64Array, after = n + 1): Values {
    const { operations } = this;
    const found: Values = {};
    const around = new AtStep(this.pass, this.parameters, n, found, later, above, after);
    for (const name of operations.order) found[name] = this.take(n, name, evaluated(operations.whole[name]!, around));
    const before = this.gradients[n]!;
    this.gradients[n] = before === nothingFound ? found : summed(before, found);
    if (this.wantsInput) {
      const dx = evaluated(operations.inputGradient, around);
      this.dx[n] = this.dx[n]?.map((v, j) => v + dx[j]!) ?? dx;
    }
    this.made.push(around);
    return found;
  }

  /** What the first step hands on to the state before it: what comes from it in the gradients of the states. */
  toStart(): void {
    const { operations } = this;
    const around = new AtStep(this.pass, this.parameters, -1, {}, this.gradients[0] ?? null);
    for (const [state, coming] of Object.entries(operations.coming)) this.start[state] = evaluated(coming, around);
  }

  shares(of: SharesOf): NamedTensors {
    return summedShares(of, (share) => {
      let known = this.sums.find((other) => isSameShare(other.share, share));
      if (!known) {
        known = { share, tensor: this.noSum(share).plus(this.made) };
        this.sums.push(known);
      }
      return known.tensor;
    });
  }

  /** Each step with what has been found there in all. */
  around(gradients: readonly Values[]): AtStep[] {
    return gradients.map((found, n) => new AtStep(this.pass, this.parameters, n, found));
  }

  noSum(share: Share): Sum {
    return new Sum(this.pass, this.parameters[share.name]!, share);
  }
}

/** What each step adds to a parameter's gradient, as somebody takes it. */
interface Share {
  readonly name: string;
  readonly expression: Expression;
  readonly entries: Entries;
  readonly choices: Choices;
  /** The step's whose is left, where each is assigned. */
  readonly left: "first" | "last" | null;
}

function isSameShare(a: Share, b: Share): boolean {
  const { previous, inputOf, sharesCut } = b.choices;
  return (
    a.expression === b.expression &&
    a.entries === b.entries &&
    a.left === b.left &&
    a.choices.previous === previous &&
    a.choices.inputOf === inputOf &&
    a.choices.sharesCut === sharesCut
  );
}

/** Whether the sum of all visits' shares is the share of the sum of what has been found on them. */
const isOfSum = ({ expression, choices, left }: Share): boolean =>
  left === null && choices.sharesCut === null && isLinear(expression);

/** Whether an expression is linear in the gradients of its own step. */
function isLinear(expression: Expression): boolean {
  const isFree = (other: Expression) => symbolsIn(other).every(({ kind }) => kind !== "gradient" && kind !== "above");
  if (expression.kind === "gradient") return expression.time === "now";
  if (expression.kind === "outer") return isLinear(expression.left) && isFree(expression.right);
  if (expression.kind === "sum") return expression.terms.every(isLinear);
  if (expression.kind !== "times") return false;
  const [one, ...more] = expression.factors.filter((factor) => !isFree(factor));
  return one !== undefined && more.length === 0 && isLinear(one);
}

/** By the parameters' short names; those without a visit have none. */
function summedShares(
  { expressions, choices, prefix, asked }: SharesOf,
  sumOf: (share: Share) => Tensor | null,
): NamedTensors {
  const sums: Record<string, Tensor> = {};
  for (const [name, expression] of Object.entries(expressions)) {
    const full = `${prefix}.${name}`;
    const isTurned = choices.transposed.some((one) => one.name === full);
    const entries = asked === null || (isTurned && asked.has(full)) ? null : asked.get(full);
    if (entries === undefined) continue;
    const left = choices.assigned && isAssigned(choices, full) ? choices.assigned.left : null;
    const sum = sumOf({ name, expression, entries, choices, left });
    if (sum) sums[name] = sum;
  }
  return sums;
}

/** A parameter's gradient, to which the steps' shares are added visit by visit. */
class Sum {
  private tensor: Tensor | null = null;

  constructor(
    private readonly pass: PassSteps,
    private readonly like: Tensor,
    private readonly share: Share,
  ) {}

  /** With the shares of more visits, which stay in it. */
  plus(visits: readonly AtStep[]): Tensor | null {
    const { expression, entries, choices } = this.share;
    const { previous, inputOf } = choices;
    const isPlain = previous === asItShouldBe.previous && inputOf === asItShouldBe.inputOf;
    for (const around of visits) {
      const reading = isPlain ? around : new ReadOtherwise(around, this.pass, choices);
      const into = this.memoryAt(around.n);
      if (into) addCut(into, choices, (to) => addShareOf(expression, around, reading, to, entries), entries);
    }
    return this.tensor;
  }

  /** The memory that step n adds its share to; null where its share is not left. */
  private memoryAt(n: number): Tensor | null {
    const { left } = this.share;
    if (this.tensor && left === "last" && n < this.pass.values.length - 1) return null;
    if (!this.tensor || left) this.tensor = zerosLike(this.like);
    return this.tensor;
  }
}

function vectorLength({ token, vector }: StepInput, parameters: NamedTensors): number {
  if (token < 0) return vector.length;
  return Object.values(parameters).find(({ rank }) => rank === 2)?.cols ?? 0;
}

/** Both together, as new vectors: what has been found at a step is read on. */
const summed = (some: Values, others: Values): Values =>
  Object.fromEntries(Object.entries(others).map(([name, v]) => [name, some[name]?.map((u, j) => u + v[j]!) ?? v]));

/** Adds a step's share to its parameter's gradient. */
function addShareOf(
  expression: Expression,
  left: Surroundings,
  right: Surroundings,
  into: Tensor,
  entries: Entries,
): void {
  // Nothing of a parameter that is left out, be it a matrix or a vector.
  if (expression.kind === "constant") return;
  if (expression.kind === "sum") {
    for (const term of expression.terms) addShareOf(term, left, right, into, entries);
    return;
  }
  if (expression.kind !== "outer") return addVec(into.data, evaluatorOf(expression)(left));
  const read = expression.right.kind === "input" ? inputOf(right, into.cols) : evaluatorOf(expression.right)(right);
  const d = evaluatorOf(expression.left)(left);
  if (entries) for (const at of entries) into.data[at]! += d[Math.floor(at / into.cols)]! * read[at % into.cols]!;
  else addOuter(into, d, read);
}

const empty = new Float64Array(0);
let nothings = empty;

/** Which nobody writes into. */
function zeros(length: number): Float64Array {
  if (nothings.length !== length) nothings = new Float64Array(length);
  return nothings;
}

/** Room for many vectors: to make a small array by itself takes longer than what is computed in it. */
let block = new Float64Array(0);
let used = 0;
const blockLength = 4096;

function kept(v: Float64Array): Float64Array {
  const { length } = v;
  if (used + length > block.length) {
    block = new Float64Array(Math.max(blockLength, length));
    used = 0;
  }
  const own = block.subarray(used, used + length);
  used += length;
  own.set(v);
  return own;
}

const evaluated = (expression: Expression, around: Surroundings): Float64Array => kept(evaluatorOf(expression)(around));

/** x_t, [X]; zeros where there is no such step */
function inputOf(around: Surroundings, X: number): Float64Array {
  const x = around.input("now");
  if (!x) return new Float64Array(X);
  return x.token < 0 ? x.vector : oneHot(x.token, X);
}

/** What the equations of step n read. */
class AtStep implements Surroundings {
  readonly size: number;
  private readonly nothing: Float64Array;

  /**
   * @param gradients what is known of the step so far
   * @param later those of the step that comes back to it; null where none does
   * @param after that step
   */
  constructor(
    private readonly pass: PassSteps,
    private readonly parameters: NamedTensors,
    readonly n: number,
    private readonly gradients: Values = {},
    private readonly later: Values | null = null,
    private readonly ofAbove: Float64Array = empty,
    private readonly after = n + 1,
  ) {
    this.size = pass.size;
    this.nothing = zeros(pass.size);
  }

  value(name: string, time: Time): Float64Array {
    const { n } = this;
    const { start, values } = this.pass;
    if (isMarked(name)) {
      if (lastStep.test(name)) return values.at(-1)![name.replace(lastStep, "")]!;
      if (aroundTheEnd.test(name)) return values.at(n - 1)![name.replace(aroundTheEnd, "")]!;
    }
    switch (time) {
      case "now":
        return (n < 0 ? start[name] : values[n]![name]) ?? this.nothing;
      case "before":
        // Before the initial state there is nothing.
        return (n > 0 ? values[n - 1]![name] : n === 0 ? start[name] : undefined) ?? this.nothing;
      case "after":
        return values[this.after]?.[name] ?? this.nothing;
    }
  }

  gradient(name: string, time: "now" | "after"): Float64Array | null {
    return time === "now" ? this.gradients[name]! : (this.later?.[name] ?? null);
  }

  above(): Float64Array {
    return this.ofAbove;
  }

  input(time: "now" | "after"): StepInput | null {
    const { inputs } = this.pass;
    return time === "now" ? inputs[this.n]! : (inputs[this.after] ?? null);
  }

  parameter(name: string): Tensor {
    return this.parameters[name]!;
  }
}

/** The same where the gradient of a matrix is taken with another state than h_{t−1}, or another input. */
class ReadOtherwise implements Surroundings {
  readonly size: number;

  constructor(
    private readonly around: AtStep,
    private readonly pass: PassSteps,
    private readonly choices: Choices,
  ) {
    this.size = around.size;
  }

  value(name: string, time: Time): Float64Array {
    const { around } = this;
    const { n } = around;
    const { previous } = this.choices;
    const { values } = this.pass;
    if (time !== "before" || isMarked(name)) return around.value(name, time);
    if (previous === "h_T" || (previous === "wrapped" && n === 0)) return values.at(-1)![name]!;
    return previous === "h_t" ? values[n]![name]! : around.value(name, time);
  }

  input(time: "now" | "after"): StepInput | null {
    const { n } = this.around;
    const { inputOf } = this.choices;
    const other = inputOf === "now" ? n : inputOf === "before" ? n - 1 : n + 1;
    return this.pass.inputs[time === "now" ? other : n + 1] ?? null;
  }

  gradient(name: string, time: "now" | "after"): Float64Array | null {
    return this.around.gradient(name, time);
  }

  above(): Float64Array {
    return this.around.above();
  }

  parameter(name: string): Tensor {
    return this.around.parameter(name);
  }
}
