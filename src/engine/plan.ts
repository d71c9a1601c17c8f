/** Runs a cell's steps: its instructions, bound to loops once, in memory of their own. Nothing is allocated in a step. */
import type { Backward } from "./backward";
import type { Equation } from "./equations";
import type { ElementFunction } from "./functions";
import { elementFunctions, softmax } from "./functions";
import type { BinaryOperation, Instruction, Slot as Named, UnaryOperation } from "./instructions";
import { stepInstructions } from "./instructions";
import { addInput, addMatTransposedVec, addMatVec, addOuter, addOuterInput, addVec } from "./linear";
import type { State, StepInput, Values } from "./step";
import type { NamedTensors, Tensor } from "./tensor";

type Bound = () => void;

/** Where a vector stands at the step that is computed. */
interface Slot {
  vector: Float64Array;
}

interface MatrixSlot {
  matrix: Tensor;
}

const nothing = new Float64Array(0);
const noMatrix: Tensor = { rank: 2, rows: 0, cols: 0, data: nothing };

/** The steps of one cell with H units. It computes one step at a time, in memory of its own. */
export class Plan {
  private readonly input: { x: StepInput } = { x: { token: -1, vector: nothing } };
  private readonly now = new SlotsByName();
  private readonly before = new SlotsByName();
  private readonly gradients = new SlotsByName();
  private readonly gradientsBefore = new SlotsByName();
  private readonly vectors = new SlotsByName();
  private readonly vectorShares = new SlotsByName();
  private readonly matrices = new MatricesByName();
  private readonly matrixShares = new MatricesByName();
  private readonly inputGradient: Slot = { vector: nothing };
  private readonly rooms = new Map<Named, Slot>();

  private readonly forwards: readonly Bound[];
  private readonly backwards: readonly Bound[];
  private readonly inputGradients: readonly Bound[];
  private readonly shares: readonly Bound[];
  private readonly sharesAlone: readonly Bound[];

  private parameters: NamedTensors | null = null;
  private parameterShares: NamedTensors | null = null;
  /** The gradients of the step that was last computed, where that was backward. */
  private stepBack: Values | null = null;

  constructor(
    private readonly size: number,
    equations: readonly Equation[],
    states: readonly string[],
    backward: Backward,
  ) {
    const step = stepInstructions(equations, states, backward, false);
    this.forwards = this.bindAll(step.forward);
    this.backwards = this.bindAll([...step.backward, ...step.carried]);
    this.inputGradients = this.bindAll(step.inputGradient);
    this.shares = this.bindAll(step.shares);
    this.sharesAlone = this.bindAll(step.sharesAlone);
  }

  private slot(of: Named): Slot {
    switch (of.kind) {
      case "now":
        return this.now.slot(of.name);
      case "before":
        return this.before.slot(of.name);
      case "gradient":
        return this.gradients.slot(of.name);
      case "gradientBefore":
        return this.gradientsBefore.slot(of.name);
      case "parameter":
        return this.vectors.slot(of.name);
      case "share":
        return this.vectorShares.slot(of.name);
      case "inputGradient":
        return this.inputGradient;
      case "room":
      case "number": {
        const known = this.rooms.get(of);
        if (known) return known;
        const slot = { vector: new Float64Array(this.size).fill(of.kind === "number" ? of.value : 0) };
        this.rooms.set(of, slot);
        return slot;
      }
    }
  }

  private bindAll(list: readonly Instruction[]): Bound[] {
    const bound: Bound[] = [];
    for (let k = 0; k < list.length; ) {
      const three = this.bindThree(list[k]!, list[k + 1], list[k + 2]);
      const two = three ? null : this.bindTwo(list[k]!, list[k + 1]);
      bound.push(three ?? two ?? this.bind(list[k]!));
      k += three ? 3 : two ? 2 : 1;
    }
    return bound;
  }

  // What most cells have one after the other is one call: in a small cell calls are what takes the time.

  private bindThree(a: Instruction, b: Instruction | undefined, c: Instruction | undefined): Bound | null {
    const { input } = this;
    // b + Wx x_t + Wh h
    if (a.op === "copy" && b?.op === "product" && c?.op === "product" && !b.of && c.of && !c.transposed) {
      if (b.to !== a.to || c.to !== a.to) return null;
      const [out, bias, v] = [this.slot(a.to), this.slot(a.of), this.slot(c.of)];
      const [Wx, Wh] = [this.matrices.slot(b.matrix), this.matrices.slot(c.matrix)];
      return () => {
        copy(out.vector, bias.vector);
        addInput(out.vector, Wx.matrix, input.x);
        addMatVec(out.vector, Wh.matrix, v.vector);
      };
    }
    // dWx, dWh and db of the same gradient
    if (a.op === "outer" && b?.op === "outer" && c?.op === "add" && !a.right && b.right && c.to.kind === "share") {
      if (b.left !== a.left || c.right !== a.left || c.left !== c.to) return null;
      const [d, v, db] = [this.slot(a.left), this.slot(b.right), this.slot(c.to)];
      const [dWx, dWh] = [this.matrixShares.slot(a.matrix), this.matrixShares.slot(b.matrix)];
      return () => {
        addOuterInput(dWx.matrix, d.vector, input.x);
        addOuter(dWh.matrix, d.vector, v.vector);
        addVec(db.vector, d.vector);
      };
    }
    return null;
  }

  private bindTwo(a: Instruction, b: Instruction | undefined): Bound | null {
    // Wᵀ d
    if (a.op === "zero" && b?.op === "product" && b.to === a.to && b.of && b.transposed) {
      const [out, d, W] = [this.slot(a.to), this.slot(b.of), this.matrices.slot(b.matrix)];
      return () => {
        zero(out.vector);
        addMatTransposedVec(out.vector, W.matrix, d.vector);
      };
    }
    // d ∘ tanh'(a)
    if (a.op === "oneMinusSquare" && b?.op === "multiply" && b.factors.length === 2 && b.factors[1] === a.to) {
      const [slope, h, out, d] = [this.slot(a.to), this.slot(a.of), this.slot(b.to), this.slot(b.factors[0]!)];
      return () => {
        oneMinusSquare(slope.vector, h.vector);
        multiply2(out.vector, d.vector, slope.vector);
      };
    }
    return null;
  }

  private bind(instruction: Instruction): Bound {
    const { input } = this;
    if (instruction.op === "outer") {
      const W = this.matrixShares.slot(instruction.matrix);
      const d = this.slot(instruction.left);
      if (!instruction.right) return () => addOuterInput(W.matrix, d.vector, input.x);
      const v = this.slot(instruction.right);
      return () => addOuter(W.matrix, d.vector, v.vector);
    }
    const out = this.slot(instruction.to);
    switch (instruction.op) {
      case "zero":
        return () => zero(out.vector);
      case "input":
        return () => inputInto(out.vector, input.x);
      case "product": {
        const W = this.matrices.slot(instruction.matrix);
        if (!instruction.of) return () => addInput(out.vector, W.matrix, input.x);
        const v = this.slot(instruction.of);
        if (instruction.transposed) return () => addMatTransposedVec(out.vector, W.matrix, v.vector);
        return () => addMatVec(out.vector, W.matrix, v.vector);
      }
      case "multiply": {
        const [a, b, c, d] = instruction.factors.map((factor) => this.slot(factor));
        if (!c) return () => multiply2(out.vector, a!.vector, b!.vector);
        if (!d) return () => multiply3(out.vector, a!.vector, b!.vector, c.vector);
        return () => multiply4(out.vector, a!.vector, b!.vector, c.vector, d.vector);
      }
      case "apply": {
        const v = this.slot(instruction.of);
        const loop = loopOf(instruction.function);
        return () => loop(out.vector, v.vector);
      }
      case "add":
      case "subtract":
      case "divide":
      case "power":
      case "min":
      case "max": {
        const [a, b] = [this.slot(instruction.left), this.slot(instruction.right)];
        // A sum's own loop: it may be as long as the input
        if (instruction.left === instruction.to && instruction.op === "add") return () => addVec(out.vector, b.vector);
        const loop = binaryLoops[instruction.op];
        return () => loop(out.vector, a.vector, b.vector);
      }
      case "copy":
      case "negate":
      case "oneMinus":
      case "oneMinusSquare":
      case "softmax":
      case "mean":
      case "total": {
        const v = this.slot(instruction.of);
        const loop = unaryLoops[instruction.op];
        return () => loop(out.vector, v.vector);
      }
    }
  }

  /**
   * One step forward.
   * @param p      the pass's parameters
   * @param x_t    [X] input
   * @param prev   state at t−1 (in the pass's own direction), each [H]
   * @param values receives every quantity, each [H]
   */
  forward(p: NamedTensors, x_t: StepInput, prev: State, values: Values): void {
    this.enter(p, x_t, prev, values);
    for (let k = 0; k < this.forwards.length; k++) this.forwards[k]!();
  }

  /**
   * One step backward: from dL/dh_t (and dL/dc_t from the step after) to every quantity and to the state before.
   * @param values    what forward computed at this step
   * @param gradients on entry `h` is the whole dL/dh_t; another state has there what flows in from t+1.
   *                  Receives every quantity's whole gradient (gates: of the pre-activation).
   * @param d_prev    receives dL/d(state at t−1) along the recurrence, each [H]
   * @param dx_t      receives dL/dx_t [X] added to what is there, or null where nobody asks
   */
  backward(
    p: NamedTensors,
    x_t: StepInput,
    prev: State,
    values: Values,
    gradients: Values,
    d_prev: Values,
    dx_t: Float64Array | null,
  ): void {
    this.enter(p, x_t, prev, values);
    this.gradients.fill(gradients);
    this.gradientsBefore.fill(d_prev);
    this.stepBack = gradients;
    for (let k = 0; k < this.backwards.length; k++) this.backwards[k]!();
    if (!dx_t) return;
    this.inputGradient.vector = dx_t;
    for (let k = 0; k < this.inputGradients.length; k++) this.inputGradients[k]!();
  }

  /** Adds this step's share of every parameter's gradient to `dp`, from the gradients that `backward` has filled in. */
  accumulate(p: NamedTensors, x_t: StepInput, prev: State, values: Values, gradients: Values, dp: NamedTensors): void {
    // Right after `backward` everything stands where it is needed
    const isNext = this.stepBack === gradients;
    if (!isNext) {
      this.enter(p, x_t, prev, values);
      this.gradients.fill(gradients);
    }
    if (this.parameterShares !== dp) {
      this.parameterShares = dp;
      this.matrixShares.fill(dp);
      this.vectorShares.fillFrom(dp);
    }
    const shares = isNext ? this.shares : this.sharesAlone;
    for (let k = 0; k < shares.length; k++) shares[k]!();
  }

  private enter(p: NamedTensors, x_t: StepInput, prev: State, values: Values): void {
    if (this.parameters !== p) {
      this.parameters = p;
      this.matrices.fill(p);
      this.vectors.fillFrom(p);
    }
    this.stepBack = null;
    this.input.x = x_t;
    this.now.fill(values);
    this.before.fill(prev);
  }
}

/** Slots of vectors by the names under which the caller has them. */
class SlotsByName {
  private readonly names: string[] = [];
  private readonly slots: Slot[] = [];

  slot(name: string): Slot {
    const at = this.names.indexOf(name);
    if (at >= 0) return this.slots[at]!;
    const slot = { vector: nothing };
    this.names.push(name);
    this.slots.push(slot);
    return slot;
  }

  fill(vectors: State): void {
    for (let k = 0; k < this.names.length; k++) this.slots[k]!.vector = vectors[this.names[k]!]!;
  }

  fillFrom(tensors: NamedTensors): void {
    for (let k = 0; k < this.names.length; k++) this.slots[k]!.vector = tensors[this.names[k]!]!.data;
  }
}

class MatricesByName {
  private readonly slots = new Map<string, MatrixSlot>();

  slot(name: string): MatrixSlot {
    const slot = this.slots.get(name) ?? { matrix: noMatrix };
    this.slots.set(name, slot);
    return slot;
  }

  fill(tensors: NamedTensors): void {
    for (const [name, slot] of this.slots) slot.matrix = tensors[name]!;
  }
}

// The loops. Each function has its own, so that the engine of JavaScript can compile it for itself.

type BinaryLoop = (out: Float64Array, a: Float64Array, b: Float64Array) => void;

const add: BinaryLoop = (out, a, b) => {
  for (let i = 0; i < out.length; i++) out[i] = a[i]! + b[i]!;
};
const subtract: BinaryLoop = (out, a, b) => {
  for (let i = 0; i < out.length; i++) out[i] = a[i]! - b[i]!;
};
const divide: BinaryLoop = (out, a, b) => {
  for (let i = 0; i < out.length; i++) out[i] = a[i]! / b[i]!;
};
const power: BinaryLoop = (out, a, b) => {
  for (let i = 0; i < out.length; i++) out[i] = a[i]! ** b[i]!;
};
const min: BinaryLoop = (out, a, b) => {
  for (let i = 0; i < out.length; i++) out[i] = Math.min(a[i]!, b[i]!);
};
const max: BinaryLoop = (out, a, b) => {
  for (let i = 0; i < out.length; i++) out[i] = Math.max(a[i]!, b[i]!);
};
const binaryLoops: Readonly<Record<BinaryOperation, BinaryLoop>> = { add, subtract, divide, power, min, max };

function multiply2(out: Float64Array, a: Float64Array, b: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] = a[i]! * b[i]!;
}

function multiply3(out: Float64Array, a: Float64Array, b: Float64Array, c: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] = a[i]! * b[i]! * c[i]!;
}

function multiply4(out: Float64Array, a: Float64Array, b: Float64Array, c: Float64Array, d: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] = a[i]! * b[i]! * c[i]! * d[i]!;
}

// Of few numbers a loop is done before the call of what typed arrays have for it.

function zero(out: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] = 0;
}

function copy(out: Float64Array, a: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] = a[i]!;
}

function negate(out: Float64Array, a: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] = -a[i]!;
}

function oneMinus(out: Float64Array, a: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] = 1 - a[i]!;
}

function oneMinusSquare(out: Float64Array, a: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] = 1 - a[i]! * a[i]!;
}

function poolInto(out: Float64Array, a: Float64Array, isMean: boolean): void {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]!;
  out.fill(isMean ? total / a.length : total);
}

function inputInto(out: Float64Array, x_t: StepInput): void {
  if (x_t.token < 0) {
    out.set(x_t.vector);
    return;
  }
  out.fill(0);
  out[x_t.token] = 1;
}

type UnaryLoop = (out: Float64Array, a: Float64Array) => void;

const unaryLoops: Readonly<Record<UnaryOperation, UnaryLoop>> = {
  copy,
  negate,
  oneMinus,
  oneMinusSquare,
  softmax: (out, a) => softmax(a, out),
  mean: (out, a) => poolInto(out, a, true),
  total: (out, a) => poolInto(out, a, false),
};

const loops = new Map<ElementFunction, UnaryLoop>();

/** One closure a function: those that a model uses are few, and each is called with numbers alone. */
function loopOf(name: ElementFunction): UnaryLoop {
  let loop = loops.get(name);
  if (!loop) {
    const f = elementFunctions[name];
    loop = (out, a) => {
      for (let i = 0; i < out.length; i++) out[i] = f(a[i]!);
    };
    loops.set(name, loop);
  }
  return loop;
}
