/**
 * An own cell's step for the kernels, whatever its sizes: which matrices stand side by side, so that one product does for all that
 * multiply the same vector, and where each vector stands: kept for every step, or in room that the next step takes again.
 */
import type { Cell } from "../engine/cell";
import { variantOf } from "../engine/cell";
import { cellOf } from "../engine/cells";
import type { ElementFunction } from "../engine/functions";
import type {
  BinaryOperation,
  Instruction,
  ProductInstruction,
  Slot,
  StepInstructions,
  UnaryOperation,
} from "../engine/instructions";
import { stepInstructions } from "../engine/instructions";
import type { Layer } from "../engine/model";

/** Vectors [H] side by side, `width` of them, for every sequence. */
export interface Rows {
  width: number;
  /** Whether every step has its own. */
  isKept: boolean;
}

/** Where a vector stands. */
export type Place =
  | { readonly kind: "rows"; readonly rows: Rows; readonly column: number }
  /** Of this step or of the one before it. */
  | { readonly kind: "state"; readonly name: string; readonly time: "now" | "before" }
  /** dL/dh as it comes from above, likewise. */
  | { readonly kind: "above"; readonly time: "now" | "before" }
  | { readonly kind: "parameter"; readonly name: string }
  | { readonly kind: "number"; readonly value: number };

/** Some matrices that stand side by side. */
export interface Columns {
  /** Which block of the program; −1: those of the input. */
  readonly block: number;
  readonly first: number;
  readonly count: number;
}

export type OwnOperation =
  | UnaryOperation
  | BinaryOperation
  | ElementFunction
  | "zero"
  | "add3"
  | "multiply2"
  | "multiply3"
  | "multiply4"
  | "input";

export type OwnInstruction =
  | { readonly op: OwnOperation; readonly to: Place; readonly of: readonly Place[] }
  /** to (+)= W of, or Wᵀ of */
  | {
      readonly op: "product";
      readonly to: Place;
      readonly of: readonly [Place];
      readonly matrices: Columns;
      readonly transposed: boolean;
      readonly adds: boolean;
    }
  | { readonly op: "addToInput"; readonly of: readonly [Place] }
  | { readonly op: "addToShare"; readonly of: readonly [Place]; readonly parameter: string };

/** dW (+)= Σ over all steps of left ⊗ right; `right` is null where it is the input. */
export interface Sum {
  readonly matrices: Columns;
  readonly left: Place;
  readonly right: Place | null;
}

export interface OwnProgram {
  /** What the parameters are: matrices of the input, blocks of others, vectors. */
  readonly ofInput: readonly string[];
  readonly blocks: readonly (readonly string[])[];
  readonly vectors: readonly string[];
  /** The products of all inputs, made before the first step. */
  readonly projected: Rows;
  readonly forward: readonly OwnInstruction[];
  readonly backward: readonly OwnInstruction[];
  /** To the gradients of the states before; not at the first step. */
  readonly carried: readonly OwnInstruction[];
  /** What has come from the step after, by state, h aside. */
  readonly flowing: Readonly<Record<string, Rows>>;
  readonly sums: readonly Sum[];
  /** Blocks whose gradients have to be zero before anything is added; the others have one sum each. */
  readonly cleared: readonly number[];
  /** dL/dx += Wᵀ of, made after the last step. */
  readonly toInput: readonly { readonly matrices: Columns; readonly of: Place }[];
}

const programs = new WeakMap<object, OwnProgram>();

/** The same with everything that a run records. */
export interface RunProgram extends OwnProgram {
  /** Where each quantity's values and gradients stand, and what comes to dL/dh_t from the step after (null where there is no state h). */
  readonly values: Readonly<Record<string, Place>>;
  readonly gradients: Readonly<Record<string, Place>>;
  readonly next: Place | null;
  /** Whether the way back reads what the way there has computed, beside the values. */
  readonly remembers: boolean;
}

/** The program of a layer that has an own cell. @throws TypeError where it is a built-in one */
export function ownProgramOf(layer: Layer): OwnProgram {
  if (!layer.own) throw new TypeError(`${layer.cell} is built in`);
  let program = programs.get(layer.own);
  if (!program) {
    program = new Builder(layer, false).build();
    programs.set(layer.own, program);
  }
  return program;
}

const runPrograms = new WeakMap<Cell, Map<string, RunProgram>>();

/** The program of a layer of any cell for a run that is looked into. */
export function runProgramOf(layer: Layer): RunProgram {
  const cell = cellOf(layer);
  const ofCell = runPrograms.get(cell) ?? new Map<string, RunProgram>();
  runPrograms.set(cell, ofCell);
  const variant = variantOf(cell, layer.options);
  let program = ofCell.get(variant);
  if (!program) {
    program = new Builder(layer, true).buildForRun();
    ofCell.set(variant, program);
  }
  return program;
}

/** The block of the input's matrices. */
export const inputBlock = -1;

/** The products of one vector, null being the input. */
interface Site {
  readonly matrices: string[];
  /** Where they stand, in this order. */
  readonly products: Rows;
}

/** The gradients of a block's products, in the order of its matrices. */
interface BlockGradients {
  readonly slots: readonly Slot[];
  readonly rows: Rows;
  readonly column: number;
}

// Of a run every step has its own gradients of states: they stand as the states do, under names that no quantity can have.
const gradientOfState = (name: string, time: "now" | "before"): Place => ({ kind: "state", name: `d ${name}`, time });
const dh = gradientOfState("h", "now");
const next: Place = { kind: "state", name: "next h", time: "now" };
const nextBefore: Place = { ...next, time: "before" };

/** What adds to dL/dx; what leads to its vectors is among the instructions. */
const isProductToInput = (one: Instruction): one is ProductInstruction =>
  one.op === "product" && one.to.kind === "inputGradient";

const rowsOf = (width: number): Rows => ({ width, isKept: false });

class Builder {
  private readonly cell: Cell;
  private readonly quantities: readonly string[];
  private readonly step: StepInstructions;
  private readonly vectors: readonly string[];
  private readonly places = new Map<Slot, Place>();
  private readonly flowing: Record<string, Rows> = {};
  private readonly sites = new Map<Slot | null, Site>();
  private readonly ofInput: string[] = [];
  private readonly blocks: string[][] = [];
  /** Of each matrix: its block, and its place there. */
  private readonly matrices = new Map<string, { readonly block: number; readonly at: number }>();
  /** Of the blocks whose matrices have one gradient each. */
  private readonly gradients = new Map<number, BlockGradients>();
  /** What stands beside others, too, once it is there. */
  private readonly copies = new Map<Slot, Place[]>();

  /** @param ofRun whether the gradients of all states stand where every step has its own */
  constructor(
    layer: Layer,
    private readonly ofRun: boolean,
  ) {
    const { options } = layer;
    this.quantities = cellOf(layer)
      .quantities(options)
      .map(({ name }) => name);
    this.cell = cellOf(layer);
    const { states } = this.cell;
    this.vectors = this.cell.parameters(options).flatMap(({ name, cols }) => (cols === null ? [name] : []));
    this.step = stepInstructions(this.cell.forwardOperations(options), states, this.cell.backward(options), !ofRun);
  }

  build(): OwnProgram {
    const { step } = this;
    const others = this.cell.states.filter((name) => name !== "h");
    for (const name of others) this.flowing[name] = rowsOf(1);
    this.placeMatrices();
    // From its recorded values alone a run goes on to the states before it first.
    const [early, late] = this.ofRun ? [step.carried, []] : [[], step.carried];
    const back = [...step.backward, ...early, ...step.inputGradient, ...step.shares];
    this.placeGradients(back);
    const forward = tightened(this.emit(step.forward));
    const starts = this.ofRun
      ? [this.gradientOfH()]
      : others.map(
          (name): OwnInstruction => ({
            op: "copy",
            to: this.place(step.stateGradients[name]!),
            of: [{ kind: "rows", rows: this.flowing[name]!, column: 0 }],
          }),
        );
    const backward = tightened([...starts, ...this.emit(back)]);
    const carried = tightened(this.emit(late));
    const program: OwnProgram = {
      ofInput: this.ofInput,
      blocks: this.blocks,
      vectors: this.vectors,
      projected: this.sites.get(null)?.products ?? rowsOf(0),
      forward,
      backward,
      carried,
      flowing: this.flowing,
      sums: this.sums(),
      cleared: [inputBlock, ...this.blocks.keys()].filter((block) => !this.gradients.has(block)),
      toInput: this.spans(step.inputGradient.filter(isProductToInput)),
    };
    keepWhatIsReadLater(program);
    return program;
  }

  buildForRun(): RunProgram {
    const program = this.build();
    const gradients = Object.fromEntries(
      this.quantities.map((name) => [name, name === "h" ? dh : this.place(this.step.gradientSlots[name]!)]),
    );
    const values = Object.fromEntries(this.quantities.map((name) => [name, this.place(this.step.valueSlots[name]!)]));
    for (const place of [...Object.values(values), ...Object.values(gradients)])
      if (place.kind === "rows") place.rows.isKept = true;
    const made = program.forward.flatMap((one) => ("to" in one ? rowsIn([one.to]) : []));
    const recorded = new Set(rowsIn(Object.values(values)));
    const later = new Set(readLater(program));
    const remembers = [...made, program.projected].some((rows) => later.has(rows) && !recorded.has(rows));
    return { ...program, values, gradients, next: this.carriesH ? next : null, remembers };
  }

  private get carriesH(): boolean {
    return this.cell.states.includes("h");
  }

  /** dh_t has two sources: what is above at t, and the step after. */
  private gradientOfH(): OwnInstruction {
    const above: Place = { kind: "above", time: "now" };
    return this.carriesH ? { op: "add", to: dh, of: [above, next] } : { op: "copy", to: dh, of: [above] };
  }

  private place(slot: Slot): Place {
    let place = this.places.get(slot);
    if (!place) {
      place = this.newPlace(slot);
      this.places.set(slot, place);
    }
    return place;
  }

  private newPlace(slot: Slot): Place {
    const { states } = this.cell;
    if (this.ofRun && slot.kind === "gradient") {
      if (slot.name === "h") return dh;
      if (states.includes(slot.name)) return gradientOfState(slot.name, "now");
    }
    if (this.ofRun && slot.kind === "gradientBefore")
      return slot.name === "h" ? nextBefore : gradientOfState(slot.name, "before");
    switch (slot.kind) {
      case "now":
        if (slot.name !== "h" && !states.includes(slot.name)) break;
        return { kind: "state", name: slot.name, time: "now" };
      case "before":
        return { kind: "state", name: slot.name, time: "before" };
      case "gradient":
        if (slot.name !== "h") break;
        return { kind: "above", time: "now" };
      case "gradientBefore":
        if (slot.name === "h") return { kind: "above", time: "before" };
        return { kind: "rows", rows: this.flowing[slot.name]!, column: 0 };
      case "parameter":
        return { kind: "parameter", name: slot.name };
      case "number":
        return { kind: "number", value: slot.value };
      case "room":
        break;
      case "share":
      case "inputGradient":
        throw new TypeError(`${slot.kind} is not among a step's vectors`);
    }
    return { kind: "rows", rows: rowsOf(1), column: 0 };
  }

  /** Matrices that multiply the same vector stand side by side, each where it does so first. */
  private placeMatrices(): void {
    const blockOf = new Map<Slot | null, number>([[null, inputBlock]]);
    for (const one of this.step.forward) {
      if (one.op !== "product") continue;
      const { matrix, of } = one;
      const site = this.sites.get(of) ?? { matrices: [], products: rowsOf(0) };
      this.sites.set(of, site);
      if (site.matrices.includes(matrix)) continue;
      site.matrices.push(matrix);
      site.products.width++;
      if (this.matrices.has(matrix)) continue;
      const block = blockOf.get(of) ?? this.blocks.push([]) - 1;
      blockOf.set(of, block);
      this.matrices.set(matrix, { block, at: (this.blocks[block] ?? this.ofInput).push(matrix) - 1 });
    }
  }

  /** The gradients of a block's products stand side by side, and where two blocks have the same ones, once. */
  private placeGradients(back: readonly Instruction[]): void {
    const outers = this.step.shares.filter((one) => one.op === "outer");
    const made = new Set(back.flatMap((one) => (one.op === "outer" ? [] : [one.to])));
    const placed = new Map<Slot, { readonly rows: Rows; readonly column: number }>();
    for (const [block, names] of [[inputBlock, this.ofInput] as const, ...this.blocks.entries()]) {
      const its = names.map((name) => outers.filter(({ matrix }) => matrix === name));
      const right = its[0]?.[0]?.right;
      if (right === undefined || its.some((all) => all.length !== 1 || all[0]!.right !== right)) continue;
      const slots = its.map(([one]) => one!.left);
      const first = placed.get(slots[0]!);
      const isThere = slots.every((slot, k) => {
        const at = placed.get(slot);
        return at && at.rows === first!.rows && at.column === first!.column + k;
      });
      const rows = isThere ? first!.rows : rowsOf(slots.length);
      this.gradients.set(block, { slots, rows, column: isThere ? first!.column : 0 });
      if (isThere) continue;
      for (const [column, slot] of slots.entries()) {
        const place: Place = { kind: "rows", rows, column };
        // What is given, or stands elsewhere already, is copied
        const isGradient = slot.kind === "gradient" && slot.name !== "h" && !(this.ofRun && this.isState(slot.name));
        if (slot.kind !== "room" && !isGradient) this.copy(slot, place);
        else if (!made.has(slot) || placed.has(slot)) this.copy(slot, place);
        else {
          placed.set(slot, { rows, column });
          this.places.set(slot, place);
        }
      }
    }
  }

  private isState(name: string): boolean {
    return this.cell.states.includes(name);
  }

  private copy(slot: Slot, to: Place): void {
    this.copies.set(slot, [...(this.copies.get(slot) ?? []), to]);
  }

  private emit(list: readonly Instruction[]): OwnInstruction[] {
    const out: OwnInstruction[] = [];
    const last = new Map<Slot, number>();
    for (const [k, one] of list.entries()) if (one.op !== "outer") last.set(one.to, k);
    /** What follows as soon as a vector is there. */
    const follow = (slot: Slot) => {
      for (const to of list === this.step.forward ? [] : (this.copies.get(slot) ?? []))
        out.push({ op: "copy", to, of: [this.place(slot)] });
      if (list === this.step.forward) out.push(...this.productsOf(slot));
    };
    if (list.length > 0 && list !== this.step.carried)
      for (const slot of [...this.copies.keys(), ...this.sites.keys()]) if (slot && !last.has(slot)) follow(slot);
    for (let k = 0; k < list.length; k++) {
      const one = list[k]!;
      if (one.op === "outer") continue;
      if (one.op === "product" && one.transposed) {
        const run = [one];
        for (let next = list[k + 1]; next?.op === "product" && next.to === one.to; next = list[++k + 1]) run.push(next);
        // dL/dx comes after the last step
        if (one.to.kind !== "inputGradient") out.push(...this.productsBack(run));
      } else out.push(this.translate(one));
      if (last.get(one.to) === k) follow(one.to);
    }
    return out;
  }

  /** All products of a vector, those of a block at once. */
  private productsOf(slot: Slot): OwnInstruction[] {
    const site = this.sites.get(slot);
    if (!site) return [];
    const out: OwnInstruction[] = [];
    for (let from = 0; from < site.matrices.length; ) {
      const { block, at } = this.matrices.get(site.matrices[from]!)!;
      let count = 1;
      for (; from + count < site.matrices.length; count++) {
        const next = this.matrices.get(site.matrices[from + count]!)!;
        if (next.block !== block || next.at !== at + count) break;
      }
      out.push({
        op: "product",
        to: { kind: "rows", rows: site.products, column: from },
        of: [this.place(slot)],
        matrices: { block, first: at, count },
        transposed: false,
        adds: false,
      });
      from += count;
    }
    return out;
  }

  private productsBack(run: readonly ProductInstruction[]): OwnInstruction[] {
    const { to } = run[0]!;
    // A parameter's gradient is no vector of the step: what a matrix sends back to it is made in room of its own.
    const isShare = to.kind === "share";
    const place: Place = isShare ? { kind: "rows", rows: rowsOf(1), column: 0 } : this.place(to);
    const products = this.spans(run).map(
      ({ matrices, of }, k): OwnInstruction => ({
        op: "product",
        to: place,
        of: [of],
        matrices,
        transposed: true,
        adds: !isShare || k > 0,
      }),
    );
    return isShare ? [...products, { op: "addToShare", of: [place], parameter: to.name }] : products;
  }

  /** Products with transposed matrices, those side by side with gradients side by side as one. */
  private spans(products: readonly ProductInstruction[]): { readonly matrices: Columns; readonly of: Place }[] {
    const all = products.map(({ matrix, of }) => {
      const { block, at } = this.matrices.get(matrix)!;
      const side = this.gradients.get(block);
      return { block, at, slot: of!, side: side?.slots[at] === of ? side : null };
    });
    all.sort((a, b) => a.block - b.block || a.at - b.at);
    const spans: { matrices: Columns; of: Place }[] = [];
    for (let k = 0; k < all.length; ) {
      const { block, at, slot, side } = all[k]!;
      let count = 1;
      if (side) while (all[k + count]?.side === side && all[k + count]!.at === at + count) count++;
      spans.push({
        matrices: { block, first: at, count },
        of: side ? { kind: "rows", rows: side.rows, column: side.column + at } : this.place(slot),
      });
      k += count;
    }
    return spans;
  }

  private translate(one: Exclude<Instruction, { op: "outer" }>): OwnInstruction {
    if (one.op === "add" && one.left === one.to) {
      const of = [this.place(one.right)] as const;
      if (one.to.kind === "inputGradient") return { op: "addToInput", of };
      if (one.to.kind === "share") return { op: "addToShare", of, parameter: one.to.name };
    }
    const to = this.place(one.to);
    switch (one.op) {
      case "zero":
      case "input":
        return { op: one.op, to, of: [] };
      case "product": {
        const site = this.sites.get(one.of);
        const column = site?.matrices.indexOf(one.matrix) ?? -1;
        if (site && column >= 0) return { op: "add", to, of: [to, { kind: "rows", rows: site.products, column }] };
        const { block, at } = this.matrices.get(one.matrix)!;
        const matrices = { block, first: at, count: 1 };
        return { op: "product", to, of: [this.place(one.of!)], matrices, transposed: false, adds: true };
      }
      case "multiply": {
        const of = one.factors.map((factor) => this.place(factor));
        return { op: of.length === 2 ? "multiply2" : of.length === 3 ? "multiply3" : "multiply4", to, of };
      }
      case "apply":
        return { op: one.function, to, of: [this.place(one.of)] };
      case "add":
      case "subtract":
      case "divide":
      case "power":
      case "min":
      case "max":
        return { op: one.op, to, of: [this.place(one.left), this.place(one.right)] };
      case "copy":
      case "negate":
      case "oneMinus":
      case "oneMinusSquare":
      case "softmax":
      case "mean":
      case "total":
        return { op: one.op, to, of: [this.place(one.of)] };
    }
  }

  private sums(): Sum[] {
    const outers = this.step.shares.filter((one) => one.op === "outer");
    const sums: Sum[] = [];
    for (const { matrix, left, right } of outers) {
      const { block, at } = this.matrices.get(matrix)!;
      const side = this.gradients.get(block);
      const vector = right && this.place(right);
      if (!side) sums.push({ matrices: { block, first: at, count: 1 }, left: this.place(left), right: vector });
      else if (at === 0)
        sums.push({
          matrices: { block, first: 0, count: side.slots.length },
          left: { kind: "rows", rows: side.rows, column: side.column },
          right: vector,
        });
    }
    return sums;
  }
}

/** A sum that is built up is made at once. */
function tightened(list: readonly OwnInstruction[]): OwnInstruction[] {
  const out: OwnInstruction[] = [];
  for (const one of list) {
    const last = out.at(-1);
    const joined = last && joinedWith(last, one);
    if (joined) out.pop();
    out.push(joined ?? one);
  }
  return out;
}

function joinedWith(last: OwnInstruction, one: OwnInstruction): OwnInstruction | null {
  if (!("to" in last) || !("to" in one) || last.to !== one.to) return null;
  if (one.op === "product") return last.op === "zero" ? { ...one, adds: false } : null;
  if (one.op !== "add" || one.of[0] !== one.to || one.of[1] === one.to) return null;
  if (last.op === "zero") return { ...one, op: "copy", of: [one.of[1]!] };
  if (last.op === "copy") return { ...one, of: [last.of[0]!, one.of[1]!] };
  return last.op === "add" ? { ...one, op: "add3", of: [...last.of, one.of[1]!] } : null;
}

const placesIn = (one: OwnInstruction): readonly Place[] => ("to" in one ? [one.to, ...one.of] : one.of);

const rowsIn = (places: readonly Place[]): Rows[] =>
  places.flatMap((place) => (place.kind === "rows" ? [place.rows] : []));

/** What is read once all steps have been computed. */
const readAtTheEnd = ({ sums, toInput }: OwnProgram): Rows[] =>
  rowsIn([...sums.flatMap(({ left, right }) => (right ? [left, right] : [left])), ...toInput.map(({ of }) => of)]);

const readLater = (program: OwnProgram): Rows[] => [
  ...rowsIn([...program.backward, ...program.carried].flatMap(placesIn)),
  ...readAtTheEnd(program),
];

/** What the way back or the sums over all steps read is kept for every step. */
function keepWhatIsReadLater(program: OwnProgram): void {
  const onTheWay = new Set(rowsIn(program.forward.flatMap(placesIn)));
  for (const rows of readLater(program)) if (onTheWay.has(rows)) rows.isKept = true;
  for (const rows of readAtTheEnd(program)) rows.isKept = true;
  program.projected.isKept = true;
}
