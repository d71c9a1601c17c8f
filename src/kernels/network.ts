/** Lays out a model in the kernels' memory: its parameters, and room for what a batch holds of every step. */
import type { Layer, Model, Pass } from "../engine/model";
import type { Arena } from "./arena";
import type { Exports } from "./kernels";
import { writeLayer, writeNetwork, writePass } from "./layout";
import type { ParameterLayout, PassBlocks } from "./parameters";

const cellKinds = ["rnn", "lstm", "gru"];
const rnnActivations = ["tanh", "relu", "sigmoid", "linear"];
const gruResets = ["after", "before"];
const outputActivations = ["softmax", "sigmoid", "linear", "tanh"];
const lossTypes = ["cross-entropy", "binary-cross-entropy", "mse"];

/** Whether the kernels have every cell of the model, with these options. */
export function knows(model: Model): boolean {
  return (
    model.loss !== null &&
    model.layers.every(({ cell, options }) => cellKinds.includes(cell) && optionOf(cell, options) >= 0)
  );
}

function optionOf(cell: string, options: Layer["options"]): number {
  if (cell === "rnn") return rnnActivations.indexOf(options["activation"] ?? "");
  return cell === "gru" ? gruResets.indexOf(options["reset"] ?? "") : 0;
}

/** What a batch may hold at most. */
export interface Capacity {
  /** Rows of all steps together. */
  readonly rows: number;
  readonly sequences: number;
  /** Of the rows, those with a target. */
  readonly targets: number;
  readonly tokens: boolean;
}

/** Names of the states of a pass, in the order in which they stand in a batch's `initial`. */
export function statesOf(layer: Layer): readonly string[] {
  return layer.cell === "lstm" ? ["h", "c"] : ["h"];
}

/** Writes a network that computes with the parameters at `parameters`. @returns its address */
export function layOutNetwork(
  model: Model,
  layout: ParameterLayout,
  parameters: number,
  capacity: Capacity,
  arena: Arena,
  exports: Exports,
): number {
  const { rows } = capacity;
  const { realBytes } = arena;
  let widest = layout.by.columns;
  const layers = model.layers.map((layer, l) => {
    const columns = layout.columnsOf(layer);
    const inputs = layout.inputsOf(l);
    if (l > 0) widest = Math.max(widest, inputs);
    const own = layer.passes.length > 1 || layer.direction === "backward";
    const passes = layer.passes.map((pass, p) => {
      const blocks = layout.passes[l]![p]!;
      widest = Math.max(widest, blocks.b.columns);
      return writePass(arena, {
        ...shapeOf(layer, pass, blocks, inputs),
        ...places(blocks, parameters, realBytes),
        ...stateRoom(layer, blocks, capacity, arena),
        ...ownRows(layer, pass, own, l, inputs, capacity, arena),
        panels: panels(blocks, arena, exports),
        form: 0,
      });
    });
    return writeLayer(arena, {
      passes: passes.length,
      first: passes[0]!,
      second: passes[1] ?? 0,
      columns,
      out: own ? arena.reals(rows * columns) : 0,
      above: arena.reals(rows * columns),
    });
  });
  const top = layout.Why.rows;
  return writeNetwork(arena, {
    layerCount: layers.length,
    layers: arena.words(layers),
    trueOutputs: model.output.size,
    outputs: layout.by.columns,
    activation: outputActivations.indexOf(model.output.activation),
    loss: lossTypes.indexOf(model.loss!.type),
    Why: parameters + layout.Why.start * realBytes,
    by: parameters + layout.by.start * realBytes,
    dWhy: layout.Why.start * realBytes,
    dby: layout.by.start * realBytes,
    y: arena.reals(capacity.targets * layout.by.columns),
    read: arena.reals(capacity.targets * top),
    dRead: arena.reals(capacity.targets * top),
    room: arena.bytes(exports.roomBytes(widest)),
  });
}

function shapeOf(layer: Layer, pass: Pass, blocks: PassBlocks, inputs: number) {
  return {
    cell: cellKinds.indexOf(layer.cell),
    option: optionOf(layer.cell, layer.options),
    reversed: pass.direction === "backward" ? 1 : 0,
    inputs,
    units: blocks.Wh.rows,
    trueUnits: layer.size,
    columns: blocks.b.columns,
  };
}

function places({ Wx, Wh, b, bhn }: PassBlocks, parameters: number, realBytes: number) {
  const at = (start: number) => start * realBytes;
  return {
    Wx: parameters + at(Wx.start),
    Wh: parameters + at(Wh.start),
    b: parameters + at(b.start),
    bhn: bhn ? parameters + at(bhn.start) : 0,
    dWx: at(Wx.start),
    dWh: at(Wh.start),
    db: at(b.start),
    dbhn: bhn ? at(bhn.start) : 0,
  };
}

function stateRoom(layer: Layer, { Wh, b, bhn }: PassBlocks, { rows, sequences }: Capacity, arena: Arena) {
  const H = Wh.rows;
  const isLstm = layer.cell === "lstm";
  const resetsBefore = layer.cell === "gru" && !bhn;
  return {
    z: arena.reals(rows * b.columns),
    u: bhn ? arena.reals(rows * b.columns) : 0,
    q: resetsBefore ? arena.reals(rows * H) : 0,
    h: arena.reals((sequences + rows) * H),
    c: isLstm ? arena.reals((sequences + rows) * H) : 0,
    tanhC: isLstm ? arena.reals(rows * H) : 0,
    dc: isLstm || resetsBefore ? arena.reals(sequences * H) : 0,
  };
}

/** A pass that reads backward, or writes half of its layer's columns, has rows in an order of its own. */
function ownRows(
  { size }: Layer,
  { direction }: Pass,
  own: boolean,
  l: number,
  inputs: number,
  { rows, tokens }: Capacity,
  arena: Arena,
) {
  const reversed = direction === "backward";
  const readsTokens = l === 0 && tokens;
  return {
    x: reversed && !readsTokens ? arena.reals(rows * inputs) : 0,
    tokens: reversed && readsTokens ? arena.bytes(rows * 4) : 0,
    dh: own ? arena.reals(rows * arena.filledUp(size)) : 0,
    dx: reversed && l > 0 ? arena.reals(rows * inputs) : 0,
  };
}

/** Room for Wh packed one way or the other; a gru's blocks begin anew, which may leave some vectors empty. */
function panels({ Wh, b }: PassBlocks, arena: Arena, exports: Exports): number {
  const packed = Math.max(exports.packedBytes(Wh.rows, b.columns), exports.packedBytes(b.columns, Wh.rows));
  return arena.bytes(packed + 64 * Wh.rows * arena.realBytes);
}
