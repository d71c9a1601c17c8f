/**
 * Where the parameters stand in the kernels' memory, one after the other; gradients and an optimizer's moments stand in
 * the same order. A matrix stands transposed, the gates of a pass side by side, each filled up to whole lanes.
 */
import type { Layer, Model, Pass } from "../engine/model";
import { parametersOf } from "../engine/model";
import type { NamedTensors, Tensor } from "../engine/tensor";
import type { Arena, Reals } from "./arena";
import { ownProgramOf, runProgramOf } from "./ownProgram";

/** The gates of the cells that the kernels know, in their order, as parameters' names spell them. */
export const gatesOf: Readonly<Record<string, readonly string[]>> = {
  rnn: ["h"],
  lstm: ["i", "f", "g", "o"],
  gru: ["r", "z", "n"],
  dense: [""],
};

/** The parameters of a gate, as the file calls them; null where the cell has none. */
function namesOf(cell: string, gate: string): { readonly x: string; readonly h: string | null; readonly b: string } {
  if (cell === "dense") return { x: "W", h: null, b: "b" };
  return { x: `Wx${gate}`, h: `Wh${gate}`, b: `b${gate}` };
}

/** A matrix of all gates, or a bias: its place as a number of numbers from the first parameter on. */
export interface Block {
  readonly start: number;
  /** 1 for a bias */
  readonly rows: number;
  readonly columns: number;
}

export interface PassBlocks {
  readonly Wx: Block;
  readonly Wh: Block;
  readonly b: Block;
  /** Only for a gru with reset after. */
  readonly bhn: Block | null;
}

/** Of an own cell: the input's matrices, those that multiply the same vector, and the vectors, each side by side. */
export interface OwnBlocks {
  readonly Wx: Block;
  readonly hidden: readonly Block[];
  readonly vectors: Block;
}

/** A tensor of the model and its place. */
interface Place {
  readonly name: string;
  readonly block: Block;
  /** The gate's first column. */
  readonly column: number;
  /** The row of the block in which the tensor's column c stands. */
  readonly row: (c: number) => number;
  /** Columns that belong to it, with what fills them up. */
  readonly columns: number;
}

/** Some numbers of each of some rows that follow each other, as the kernels' `Frozen` has them. */
export interface Part {
  readonly start: number;
  readonly rows: number;
  readonly stride: number;
  readonly count: number;
}

export class ParameterLayout {
  /** [layer][pass] */
  readonly passes: readonly (readonly (PassBlocks | OwnBlocks)[])[];
  /** Without rows where the logits are h_t itself. */
  readonly Why: Block;
  readonly by: Block;
  readonly Wxy: Block | null;
  /** How many numbers there are but for an embedding's, with what fills them up. */
  readonly size: number;
  /** An embedding's rows, which stand behind all others, each as the file has it; null where there is none. */
  readonly E: Block | null;
  /** All numbers. */
  readonly total: number;
  private readonly places: Place[] = [];

  /** @param ofRun whether it is for a run that is looked into: every cell then stands as an own one, and the input is filled up */
  constructor(
    private readonly model: Model,
    private readonly arena: Arena,
    private readonly ofRun = false,
  ) {
    let size = 0;
    const block = (rows: number, columns: number): Block => {
      const start = size;
      size += rows * columns;
      return { start, rows, columns };
    };
    this.passes = model.layers.map((layer, l) =>
      layer.passes.map((pass) =>
        layer.own || ofRun ? this.placeOwn(l, pass, block) : this.placeBuiltIn(l, pass, block),
      ),
    );
    const O = arena.filledUp(model.output.size);
    const { Why, by, Wxy } = model.output;
    const top = model.layers.length;
    this.Why = block(Why ? this.inputsOf(top) : 0, O);
    this.by = block(1, O);
    this.Wxy = Wxy ? block(this.inputsOf(0), O) : null;
    const place = (name: string, at: Block, row: (c: number) => number) =>
      this.places.push({ name: `output.${name}`, block: at, column: 0, row, columns: O });
    if (Why) place("Why", this.Why, this.rowOfInput(top));
    if (by) place("by", this.by, () => 0);
    if (this.Wxy) place("Wxy", this.Wxy, (c) => c);
    this.size = arena.filledUp(size);
    const { embedding } = model;
    this.E = embedding && { start: this.size, rows: embedding.E.rows, columns: this.inputsOf(0) };
    this.total = this.size + (this.E ? this.E.rows * this.E.columns : 0);
  }

  private placeBuiltIn(l: number, { prefix, parameters }: Pass, block: (rows: number, columns: number) => Block) {
    const layer = this.model.layers[l]!;
    const H = this.arena.filledUp(layer.size);
    const gates = gatesOf[layer.cell]!;
    const resetsAfter = layer.cell === "gru" && layer.options["reset"] === "after";
    const Wx = block(this.inputsOf(l), gates.length * H);
    const Wh = block(layer.cell === "dense" ? 0 : H, gates.length * H);
    const b = block(1, gates.length * H);
    const bhn = resetsAfter ? block(1, H) : null;
    const place = (short: string, at: Block, column: number, row: (c: number) => number) => {
      // A layer without biases has zeros in their place.
      if (parameters[short]) this.places.push({ name: `${prefix}.${short}`, block: at, column, row, columns: H });
    };
    for (const [g, gate] of gates.entries()) {
      const { x, h, b: bias } = namesOf(layer.cell, gate);
      place(x, Wx, g * H, this.rowOfInput(l));
      if (h !== null) place(h, Wh, g * H, (c) => c);
      place(bias, b, g * H, () => 0);
    }
    if (bhn) place("bhn", bhn, 0, () => 0);
    return { Wx, Wh, b, bhn };
  }

  private placeOwn(l: number, { prefix }: Pass, block: (rows: number, columns: number) => Block): OwnBlocks {
    const layer = this.model.layers[l]!;
    const { ofInput, blocks, vectors } = this.ofRun ? runProgramOf(layer) : ownProgramOf(layer);
    const H = this.arena.filledUp(layer.size);
    const placed = (names: readonly string[], rows: number, row: (c: number) => number): Block => {
      const at = block(names.length > 0 ? rows : 0, names.length * H);
      for (const [k, name] of names.entries())
        this.places.push({ name: `${prefix}.${name}`, block: at, column: k * H, row, columns: H });
      return at;
    };
    return {
      Wx: placed(ofInput, this.inputsOf(l), this.rowOfInput(l)),
      hidden: blocks.map((names) => placed(names, H, (c) => c)),
      vectors: placed(vectors, 1, () => 0),
    };
  }

  /** What is held fixed, an embedding aside: frozen parameters, and the zeros where a layer has no biases. */
  frozenParts(): Part[] {
    const { frozen, output } = this.model;
    const whole = ({ start, rows, columns }: Block): Part => ({ start, rows, stride: columns, count: columns });
    const absent = this.model.layers.flatMap(({ options }, l) =>
      options["bias"] === "false"
        ? this.passes[l]!.flatMap((blocks) => ("b" in blocks ? [blocks.b, ...(blocks.bhn ? [blocks.bhn] : [])] : []))
        : [],
    );
    return [
      ...[...absent, ...(output.by ? [] : [this.by])].map(whole),
      ...this.places
        .filter(({ name }) => frozen.has(name))
        .map(({ block, column, columns }) => ({
          start: block.start + column,
          rows: block.rows,
          stride: block.columns,
          count: columns,
        })),
    ];
  }

  /** Columns of layer l's input as the kernels see it; the read-out counts as the layer after the last. */
  inputsOf(l: number): number {
    const below = this.model.layers[l - 1];
    if (below) return this.columnsOf(below);
    // An embedding's rows are filled up, so that whole lanes are copied and added.
    return this.model.embedding || this.ofRun ? this.arena.filledUp(this.model.inputSize) : this.model.inputSize;
  }

  /** Columns of a layer's h_t as the kernels see it. */
  columnsOf(layer: Layer): number {
    return layer.passes.length * this.arena.filledUp(layer.size);
  }

  /** The two halves of a bidirectional layer's h_t are filled up each. */
  private rowOfInput(l: number): (c: number) => number {
    const below = this.model.layers[l - 1];
    if (!below) return (c) => c;
    const H = below.size;
    const filled = this.arena.filledUp(H);
    return (c) => Math.floor(c / H) * filled + (c % H);
  }

  /** Writes all parameters. @param to [total] */
  write(tensors: NamedTensors, to: Reals): void {
    to.fill(0);
    for (const place of this.places) {
      const tensor = tensors[place.name]!;
      visit(place, tensor, (k, index) => {
        to[k] = tensor.data[index]!;
      });
    }
    if (this.E)
      visitRows(this.E, tensors["embedding.E"]!, (k, from, until) =>
        to.set(tensors["embedding.E"]!.data.subarray(from, until), k),
      );
  }

  /** Writes one parameter, if it has a place. @param to [total] */
  writeOne(name: string, tensor: Tensor, to: Reals): void {
    for (const place of this.places)
      if (place.name === name)
        visit(place, tensor, (k, index) => {
          to[k] = tensor.data[index]!;
        });
  }

  /** @returns the parameters by their full names, in the order of the file @param from [total] */
  read(from: Reals): Record<string, Tensor> {
    const byName = new Map(this.places.map((place) => [place.name, place]));
    return Object.fromEntries(
      Object.entries(parametersOf(this.model)).map(([name, like]) => {
        const tensor: Tensor = { ...like, data: new Float64Array(like.data.length) };
        const place = byName.get(name);
        if (place)
          visit(place, like, (k, index) => {
            tensor.data[index] = from[k]!;
          });
        else visitRows(this.E!, like, (k, start, until) => tensor.data.set(from.subarray(k, k + until - start), start));
        return [name, tensor];
      }),
    );
  }
}

/** Visits each row of a tensor that stands as the file has it: its place among the parameters, and where it begins and ends in the tensor. */
function visitRows(
  { start, columns }: Block,
  { rows, cols }: Tensor,
  row: (k: number, from: number, until: number) => void,
) {
  for (let i = 0; i < rows; i++) row(start + i * columns, i * cols, (i + 1) * cols);
}

const fewColumns = 8;

/** Visits each number of a tensor: its place among the parameters, and its index in the tensor. */
function visit({ block, column, row }: Place, tensor: Tensor, number: (k: number, index: number) => void): void {
  const units = tensor.rows;
  const inputs = tensor.cols;
  const starts = Array.from({ length: inputs }, (_, c) => block.start + row(c) * block.columns + column);
  // A few columns at a time: what stands beside each other in the tensor comes into the cache together.
  for (let from = 0; from < inputs; from += fewColumns) {
    const to = Math.min(from + fewColumns, inputs);
    for (let j = 0; j < units; j++) for (let c = from; c < to; c++) number(starts[c]! + j, j * inputs + c);
  }
}
