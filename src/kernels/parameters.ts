/**
 * Where the parameters stand in the kernels' memory, one after the other; gradients and an optimizer's moments stand in
 * the same order. A matrix stands transposed, the gates of a pass side by side, each filled up to whole lanes.
 */
import type { Layer, Model } from "../engine/model";
import { parametersOf } from "../engine/model";
import type { NamedTensors, Tensor } from "../engine/tensor";
import type { Arena, Reals } from "./arena";

/** The gates of the cells that the kernels know, in their order, as parameters' names spell them. */
export const gatesOf: Readonly<Record<string, readonly string[]>> = {
  rnn: ["h"],
  lstm: ["i", "f", "g", "o"],
  gru: ["r", "z", "n"],
};

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

/** A tensor of the model and its place. */
interface Place {
  readonly name: string;
  readonly block: Block;
  /** The gate's first column. */
  readonly column: number;
  /** The row of the block in which the tensor's column c stands. */
  readonly row: (c: number) => number;
}

export class ParameterLayout {
  /** [layer][pass] */
  readonly passes: readonly (readonly PassBlocks[])[];
  readonly Why: Block;
  readonly by: Block;
  /** How many numbers there are, with what fills them up. */
  readonly size: number;
  private readonly places: Place[] = [];

  constructor(
    private readonly model: Model,
    private readonly arena: Arena,
  ) {
    let size = 0;
    const block = (rows: number, columns: number): Block => {
      const start = size;
      size += rows * columns;
      return { start, rows, columns };
    };
    this.passes = model.layers.map((layer, l) => {
      const H = arena.filledUp(layer.size);
      const gates = gatesOf[layer.cell]!;
      return layer.passes.map(({ prefix, parameters }) => {
        const Wx = block(this.inputsOf(l), gates.length * H);
        const Wh = block(H, gates.length * H);
        const b = block(1, gates.length * H);
        const bhn = parameters["bhn"] ? block(1, H) : null;
        for (const [g, gate] of gates.entries()) {
          const place = (short: string, at: Block, row: (c: number) => number) =>
            this.places.push({ name: `${prefix}.${short}`, block: at, column: g * H, row });
          place(`Wx${gate}`, Wx, this.rowOfInput(l));
          place(`Wh${gate}`, Wh, (c) => c);
          place(`b${gate}`, b, () => 0);
        }
        if (bhn) this.places.push({ name: `${prefix}.bhn`, block: bhn, column: 0, row: () => 0 });
        return { Wx, Wh, b, bhn };
      });
    });
    const O = arena.filledUp(model.output.size);
    this.Why = block(this.inputsOf(model.layers.length), O);
    this.by = block(1, O);
    this.places.push({ name: "output.Why", block: this.Why, column: 0, row: this.rowOfInput(model.layers.length) });
    this.places.push({ name: "output.by", block: this.by, column: 0, row: () => 0 });
    this.size = arena.filledUp(size);
  }

  /** Columns of layer l's input as the kernels see it; the read-out counts as the layer after the last. */
  inputsOf(l: number): number {
    const below = this.model.layers[l - 1];
    return below ? this.columnsOf(below) : this.model.inputSize;
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

  /** Writes all parameters. @param to [size] */
  write(tensors: NamedTensors, to: Reals): void {
    to.fill(0);
    for (const place of this.places) {
      const tensor = tensors[place.name]!;
      visit(place, tensor, (k, index) => {
        to[k] = tensor.data[index]!;
      });
    }
  }

  /** @returns the parameters by their full names, in the order of the file @param from [size] */
  read(from: Reals): Record<string, Tensor> {
    const byName = new Map(this.places.map((place) => [place.name, place]));
    return Object.fromEntries(
      Object.entries(parametersOf(this.model)).map(([name, like]) => {
        const tensor: Tensor = { ...like, data: new Float64Array(like.data.length) };
        visit(byName.get(name)!, like, (k, index) => {
          tensor.data[index] = from[k]!;
        });
        return [name, tensor];
      }),
    );
  }
}

/** Visits each number of a tensor: its place among the parameters, and its index in the tensor. */
function visit({ block, column, row }: Place, tensor: Tensor, number: (k: number, index: number) => void): void {
  const units = tensor.rows;
  const inputs = tensor.cols;
  for (let c = 0; c < inputs; c++) {
    const start = block.start + row(c) * block.columns + column;
    for (let j = 0; j < units; j++) number(start + j, j * inputs + c);
  }
}
