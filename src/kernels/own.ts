/** Lays out an own cell's step in the kernels' memory: where its vectors stand, its instructions and its products. */
import type { Layer } from "../engine/model";
import type { Arena } from "./arena";
import type { Exports } from "./kernels";
import {
  notPacked,
  writeInstructions,
  writeOwnPlan,
  writeOwnSum,
  writeProduct,
  writeProductForm,
  writeSlot,
} from "./layout";
import type { Columns, OwnInstruction, OwnOperation, OwnProgram, Place, Rows } from "./ownProgram";
import { inputBlock } from "./ownProgram";
import type { Block, OwnBlocks } from "./parameters";

/** In the order of assembly/own.ts and assembly/operations.ts. */
const operations: readonly (OwnOperation | "product" | "addToInput" | "addToShare")[] = [
  "zero",
  "copy",
  "negate",
  "oneMinus",
  "oneMinusSquare",
  "softmax",
  "mean",
  "total",
  "add",
  "subtract",
  "divide",
  "power",
  "min",
  "max",
  "add3",
  "multiply2",
  "multiply3",
  "multiply4",
  "input",
  "product",
  "addToInput",
  "addToShare",
  "tanh",
  "σ",
  "exp",
  "relu",
  "log",
  "√",
  "abs",
  "sin",
  "cos",
  "softplus",
  "silu",
  "hardsigmoid",
  "hardsigmoid2",
  "square",
  "positive",
  "step",
  "sign",
  "within3",
  "within2.5",
];

/** What stands around a pass. */
export interface OwnRoom {
  readonly layer: Layer;
  readonly program: OwnProgram;
  readonly blocks: OwnBlocks;
  /** The address of the first parameter. */
  readonly parameters: number;
  /** Most rows of all steps together, and most sequences. */
  readonly rows: number;
  readonly sequences: number;
  /** How what the layer reads is made up: parts of so many numbers, each filled up. */
  readonly parts: { readonly count: number; readonly units: number; readonly filled: number };
  readonly arena: Arena;
  readonly exports: Exports;
}

/** @returns where the plan stands, and the rows of h */
export function layOutOwn(room: OwnRoom): { readonly plan: number; readonly h: number } {
  const writer = new Writer(room);
  return writer.write(false);
}

/** Where the vectors of a run's steps stand: the first, and how far it is from each to the next. */
export interface RunRows {
  readonly first: number;
  readonly stride: number;
}

/** The same for a run that is looked into. */
export interface RunPlan {
  readonly plan: number;
  /** Where what stands in a place of the program does. */
  readonly rowsOf: (place: Place) => RunRows;
  /** To be called when a parameter has changed: what has been packed of the matrices is packed anew. */
  readonly forgetPacked: () => void;
}

export function layOutRun(room: OwnRoom): RunPlan {
  const writer = new Writer(room);
  const { plan } = writer.write(true);
  return { plan, rowsOf: (place) => writer.rowsOf(place), forgetPacked: () => writer.forgetPacked() };
}

/** How many vectors of a step are kept, for one sequence. */
export function keptVectors({ forward, backward, projected }: OwnProgram): number {
  const kept = new Set([projected]);
  for (const { of } of [...forward, ...backward])
    for (const place of of) if (place.kind === "rows" && place.rows.isKept) kept.add(place.rows);
  return [...kept].reduce((sum, { width }) => sum + width, 0);
}

// The plan's record begins with the numbers of the rows.
const rowNumbers = { zero: 0, row: 4, stateRow: 8, stateBefore: 12, rowBefore: 16 } as const;

class Writer {
  private readonly H: number;
  private readonly realBytes: number;
  private readonly rowNumbers: number;
  private readonly addresses = new Map<Rows, number>();
  private readonly states = new Map<string, number>();
  private readonly slots = new Map<string, number>();
  private readonly rowIds = new Map<Rows, number>();
  private readonly numbers = new Map<number, number>();
  private readonly products = new Map<string, number>();

  constructor(private readonly room: OwnRoom) {
    const { arena, layer, sequences, rows, program } = room;
    this.H = arena.filledUp(layer.size);
    this.realBytes = arena.realBytes;
    this.rowNumbers = arena.words([0, 0, 0, 0, 0]);
    for (const name of new Set([...statesIn(program), "h"]))
      this.states.set(name, arena.reals((sequences + rows) * this.H));
  }

  forgetPacked(): void {
    for (const address of this.products.values()) writeProductForm(this.room.arena, address, notPacked);
  }

  /** A state's rows begin with the one before the first step. */
  rowsOf(place: Place): RunRows {
    const { base, stride } = this.standing(place);
    return { first: place.kind === "state" && place.time === "now" ? base + stride : base, stride };
  }

  write(ofRun: boolean) {
    const { arena, layer, blocks, program, parts } = this.room;
    const { forward, backward, carried, projected, sums, cleared, toInput, flowing } = program;
    const clears = [...cleared.map((block) => this.blockOf(block)), blocks.vectors].filter(({ rows }) => rows > 0);
    const plan = writeOwnPlan(arena, {
      rowNumbers: this.rowNumbers,
      units: this.H,
      trueUnits: layer.size,
      parts: parts.count,
      partUnits: parts.units,
      partFilled: parts.filled,
      Wx: this.room.parameters + blocks.Wx.start * this.realBytes,
      inputColumns: blocks.Wx.columns,
      projected: this.rowsAt(projected),
      above: this.slot({ kind: "above", time: "now" }),
      aboveBefore: this.slot({ kind: "above", time: "before" }),
      states: this.list((layer.own?.states ?? []).map((name) => this.states.get(name)!)),
      flowing: this.list(Object.values(flowing).map((rows) => this.rowsAt(rows))),
      forward: this.instructions(forward),
      backward: this.instructions(backward),
      carried: this.instructions(carried),
      forwardProducts: this.list(this.productsIn(forward)),
      backwardProducts: this.list(this.productsIn([...backward, ...carried])),
      sums: this.list(
        sums.map(({ matrices, left, right }) => {
          const { start, columns } = this.blockOf(matrices.block);
          return writeOwnSum(arena, {
            dW: (start + matrices.first * this.H) * this.realBytes,
            stride: columns * this.realBytes,
            columns: matrices.count * this.H,
            left: this.slot(left),
            right: right ? this.slot(right) : 0,
            ofState: Number(right?.kind === "state" && right.time === "before"),
            adds: Number(cleared.includes(matrices.block)),
          });
        }),
      ),
      cleared: this.pairs(clears.map(({ start, rows, columns }) => [start * this.realBytes, rows * columns])),
      toInput: this.list(toInput.map(({ matrices, of }) => this.product(matrices, true, true, of))),
      toInputOf: this.list(toInput.map(({ of }) => this.slot(of))),
      x: 0,
      xStride: 0,
      tokens: 0,
      dx: 0,
      dxStride: 0,
      ofRun: Number(ofRun),
    });
    return { plan, h: this.states.get("h")! };
  }

  private list(addresses: readonly number[]): number {
    const { arena } = this.room;
    return arena.words([arena.words(addresses), addresses.length]);
  }

  private pairs(pairs: readonly (readonly number[])[]): number {
    const { arena } = this.room;
    return arena.words([arena.words(pairs.flat()), pairs.length]);
  }

  private blockOf(block: number): Block {
    const { blocks } = this.room;
    return block === inputBlock ? blocks.Wx : blocks.hidden[block]!;
  }

  private rowsAt(rows: Rows): number {
    let address = this.addresses.get(rows);
    if (address === undefined) {
      const { arena } = this.room;
      address = arena.reals((rows.isKept ? this.room.rows : this.room.sequences) * rows.width * this.H);
      this.addresses.set(rows, address);
    }
    return address;
  }

  /** The record of a place, each once. */
  private slot(place: Place): number {
    const key = this.keyOf(place);
    let slot = this.slots.get(key);
    if (slot === undefined) {
      slot = writeSlot(this.room.arena, this.standing(place));
      this.slots.set(key, slot);
    }
    return slot;
  }

  private keyOf(place: Place): string {
    if (place.kind !== "rows") return JSON.stringify(place);
    if (!this.rowIds.has(place.rows)) this.rowIds.set(place.rows, this.rowIds.size);
    return `${this.rowIds.get(place.rows)} ${place.column}`;
  }

  private standing(place: Place): { readonly base: number; readonly stride: number; readonly row: number } {
    const { parameters, blocks, program } = this.room;
    const hBytes = this.H * this.realBytes;
    const row = (name: keyof typeof rowNumbers) => this.rowNumbers + rowNumbers[name];
    switch (place.kind) {
      case "rows":
        return {
          base: this.rowsAt(place.rows) + place.column * hBytes,
          stride: place.rows.width * hBytes,
          row: row(place.rows.isKept ? "row" : "zero"),
        };
      case "state":
        return {
          base: this.states.get(place.name)!,
          stride: hBytes,
          row: row(place.time === "now" ? "stateRow" : "stateBefore"),
        };
      case "above":
        // Where it is, a batch says
        return { base: 0, stride: 0, row: row(place.time === "now" ? "row" : "rowBefore") };
      case "parameter": {
        const column = program.vectors.indexOf(place.name);
        const base = parameters + (blocks.vectors.start + column * this.H) * this.realBytes;
        return { base, stride: 0, row: row("zero") };
      }
      case "number":
        return { base: this.numberAt(place.value), stride: 0, row: row("zero") };
    }
  }

  /** A number for every unit, and zeros for what fills up. */
  private numberAt(value: number): number {
    let address = this.numbers.get(value);
    if (address === undefined) {
      const { arena, layer } = this.room;
      address = arena.numbers(Float64Array.from({ length: this.H }, (_, j) => (j < layer.size ? value : 0)));
      this.numbers.set(value, address);
    }
    return address;
  }

  private instructions(list: readonly OwnInstruction[]): number {
    const { arena, blocks, program } = this.room;
    const records = list.map((one) => {
      const [a, b, c, d] = one.of.map((place) => this.slot(place));
      const more =
        one.op === "product"
          ? this.product(one.matrices, one.transposed, one.adds, one.of[0])
          : one.op === "addToShare"
            ? (blocks.vectors.start + program.vectors.indexOf(one.parameter) * this.H) * this.realBytes
            : 0;
      const to = "to" in one ? this.slot(one.to) : 0;
      return { op: operations.indexOf(one.op), to, a: a ?? 0, b: b ?? 0, c: c ?? 0, d: d ?? 0, more };
    });
    return arena.words([writeInstructions(arena, records), list.length]);
  }

  private productsIn(list: readonly OwnInstruction[]): number[] {
    return [
      ...new Set(
        list.flatMap((one) =>
          one.op === "product" ? [this.product(one.matrices, one.transposed, one.adds, one.of[0])] : [],
        ),
      ),
    ];
  }

  /** The record of a product, each once. */
  private product(matrices: Columns, transposed: boolean, adds: boolean, of: Place): number {
    const ofState = of.kind === "state" && of.time === "before";
    const key = JSON.stringify([matrices, transposed, adds, ofState]);
    let product = this.products.get(key);
    if (product === undefined) {
      const { arena, exports, parameters } = this.room;
      const { start, rows, columns } = this.blockOf(matrices.block);
      const width = matrices.count * this.H;
      const [inner, n] = transposed ? [width, rows] : [rows, width];
      product = writeProduct(arena, {
        W: parameters + (start + matrices.first * this.H) * this.realBytes,
        stride: columns * this.realBytes,
        transposed: Number(transposed),
        inner,
        columns: n,
        adds: Number(adds),
        ofState: Number(ofState),
        // The input's own are not packed
        panels:
          matrices.block === inputBlock ? 0 : arena.bytes(exports.packedBytes(inner, n) + 64 * inner * this.realBytes),
        form: notPacked,
      });
      this.products.set(key, product);
    }
    return product;
  }
}

function statesIn({ forward, backward, carried }: OwnProgram): string[] {
  return [...forward, ...backward, ...carried].flatMap((one) =>
    [...one.of, ...("to" in one ? [one.to] : [])].flatMap((place) => (place.kind === "state" ? [place.name] : [])),
  );
}
