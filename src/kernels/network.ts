/** Lays out a model in the kernels' memory: its parameters, and room for what a batch holds of every step. */
import { factorOf } from "../engine/loss";
import type { Layer, Model, Pass } from "../engine/model";
import type { Arena } from "./arena";
import type { Exports } from "./kernels";
import { writeLayer, writeNetwork, writePass, writeTokenRows } from "./layout";
import { layOutOwn } from "./own";
import { ownProgramOf } from "./ownProgram";
import type { ParameterLayout, PassBlocks } from "./parameters";
import { gatesOf } from "./parameters";

/** Behind them, a file's own. */
const cellKinds = ["rnn", "lstm", "gru", "dense"];
/** The kind of a pass of which its plan says everything. */
export const ownKind = cellKinds.length;
const activations = ["tanh", "relu", "sigmoid", "linear"];
const gruResets = ["after", "before"];
const outputActivations = ["softmax", "sigmoid", "linear", "tanh"];
const lossTypes = ["cross-entropy", "binary-cross-entropy", "mse", "mae", "huber", "linear"];
/** Cross-entropy with what each class counts in the place of a class. */
const softCrossEntropy = 6;

/** Whether the kernels have every cell of the model, with these options. */
export function knows({ loss, layers }: Model): boolean {
  return (
    loss !== null &&
    layers.every(
      ({ own, cell, options }) => own !== undefined || (cellKinds.includes(cell) && optionOf(cell, options) >= 0),
    )
  );
}

function optionOf(cell: string, options: Layer["options"]): number {
  if (cell === "rnn" || cell === "dense") return activations.indexOf(options["activation"] ?? "");
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
  /** Whether targets of classes are written as what each class counts. */
  readonly soft: boolean;
}

/** Names of the states of a pass, in the order in which they stand in a batch's `initial`. */
export function statesOf(layer: Layer): readonly string[] {
  if (layer.own) return layer.own.states;
  if (layer.cell === "dense") return [];
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
  const { embedding } = model;
  const trainsRows = embedding !== null && !model.frozen.has("embedding.E");
  let widest = layout.by.columns;
  const layers = model.layers.map((layer, l) => {
    const columns = layout.columnsOf(layer);
    const inputs = layout.inputsOf(l);
    if (l > 0 || embedding) widest = Math.max(widest, inputs);
    const own = layer.passes.length > 1 || layer.direction === "backward";
    const passes = layer.passes.map((pass, p) => {
      const blocks = layout.passes[l]![p]!;
      const readsRows = l === 0 && embedding !== null && !("hidden" in blocks);
      const rowsRoom = {
        ...inOwnOrder(layer, pass, own, inputs, {
          rows,
          readsTokens: l === 0 && capacity.tokens && !embedding,
          readsRows,
          sendsBack: l > 0 || (trainsRows && !readsRows),
          arena,
        }),
        form: 0,
      };
      const reversed = Number(pass.direction === "backward");
      if ("hidden" in blocks) {
        widest = Math.max(widest, ...[blocks.Wx, ...blocks.hidden].map((block) => block.columns));
        const below = model.layers[l - 1];
        const parts = {
          count: below?.passes.length ?? 1,
          units: below?.size ?? layer.inputSize,
          filled: arena.filledUp(below?.size ?? layer.inputSize),
        };
        const program = ownProgramOf(layer);
        const room = { layer, program, blocks, parameters, ...capacity, parts, arena, exports };
        return writePass(arena, {
          ...noBuiltIn,
          ...rowsRoom,
          ...ownShape(layer, inputs, arena),
          reversed,
          ...layOutOwn(room),
        });
      }
      widest = Math.max(widest, blocks.b.columns);
      return writePass(arena, {
        ...noBuiltIn,
        ...rowsRoom,
        ...shapeOf(layer, blocks, inputs),
        reversed,
        ...places(blocks, parameters, realBytes),
        ...stateRoom(layer, blocks, capacity, arena),
        panels: panels(blocks, arena, exports),
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
  const top = layout.inputsOf(layers.length);
  const inputs = layout.inputsOf(0);
  const loss = model.loss!;
  const { output } = model;
  const counts = loss.classWeights ?? (loss.labelSmoothing > 0 ? new Float64Array(output.size).fill(1) : null);
  const readsInput = output.Wxy !== null || output.skip;
  const ownFirst = model.layers[0]!.own !== undefined;
  return writeNetwork(arena, {
    factor: factorOf(loss, output.size),
    delta: loss.delta,
    smoothing: loss.labelSmoothing,
    layerCount: layers.length,
    layers: arena.words(layers),
    trueOutputs: output.size,
    outputs: layout.by.columns,
    activation: outputActivations.indexOf(output.activation),
    loss: capacity.soft ? softCrossEntropy : lossTypes.indexOf(loss.type),
    classWeights: counts ? arena.numbers(counts) : 0,
    hasWhy: Number(output.Why !== null),
    Why: parameters + layout.Why.start * realBytes,
    by: parameters + layout.by.start * realBytes,
    dWhy: layout.Why.start * realBytes,
    dby: layout.by.start * realBytes,
    Wxy: layout.Wxy ? parameters + layout.Wxy.start * realBytes : 0,
    dWxy: (layout.Wxy?.start ?? 0) * realBytes,
    skip: Number(output.skip),
    inputs,
    trueInputs: model.inputSize,
    readX: readsInput ? arena.reals(capacity.targets * inputs) : 0,
    dReadX: readsInput && trainsRows ? arena.reals(capacity.targets * inputs) : 0,
    E: layout.E ? parameters + layout.E.start * realBytes : 0,
    dE: (layout.E?.start ?? 0) * realBytes,
    touched: layout.total * realBytes,
    tokens: layout.E?.rows ?? 0,
    xE: embedding && (readsInput || ownFirst) ? arena.reals(rows * inputs) : 0,
    dxE: trainsRows ? arena.reals(rows * inputs) : 0,
    firstRows: embedding ? arena.words(new Int32Array(layout.E!.rows)) : 0,
    y: arena.reals(capacity.targets * layout.by.columns),
    read: arena.reals(capacity.targets * top),
    dRead: arena.reals(capacity.targets * top),
    room: arena.bytes(exports.roomBytes(widest)),
  });
}

/** What a pass of an own cell does without. */
export const noBuiltIn = {
  option: 0,
  columns: 0,
  Wx: 0,
  Wh: 0,
  b: 0,
  bhn: 0,
  dWx: 0,
  dWh: 0,
  db: 0,
  dbhn: 0,
  z: 0,
  u: 0,
  q: 0,
  c: 0,
  tanhC: 0,
  dc: 0,
  panels: 0,
  tokenRows: 0,
  plan: 0,
};

function ownShape({ size }: Layer, inputs: number, arena: Arena) {
  return { cell: ownKind, inputs, units: arena.filledUp(size), trueUnits: size };
}

function shapeOf(layer: Layer, blocks: PassBlocks, inputs: number) {
  return {
    cell: cellKinds.indexOf(layer.cell),
    option: optionOf(layer.cell, layer.options),
    inputs,
    units: blocks.b.columns / gatesOf[layer.cell]!.length,
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

function stateRoom(layer: Layer, { b, bhn }: PassBlocks, { rows, sequences }: Capacity, arena: Arena) {
  const H = arena.filledUp(layer.size);
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

interface RowsRoom {
  readonly rows: number;
  /** Tokens by their columns of Wx, or by their rows of an embedding. */
  readonly readsTokens: boolean;
  readonly readsRows: boolean;
  /** Whether dL/dx_t goes on. */
  readonly sendsBack: boolean;
  readonly arena: Arena;
}

/** A pass that reads backward, or writes half of its layer's columns, has rows in an order of its own. */
function inOwnOrder(
  { size }: Layer,
  { direction }: Pass,
  own: boolean,
  inputs: number,
  { rows, readsTokens, readsRows, sendsBack, arena }: RowsRoom,
) {
  const reversed = direction === "backward";
  return {
    x: readsRows || (reversed && !readsTokens) ? arena.reals(rows * inputs) : 0,
    tokenRows: readsRows
      ? writeTokenRows(arena, { count: 0, tokens: arena.bytes(rows * 4), places: arena.bytes(rows * 4) })
      : 0,
    tokens: reversed && readsTokens ? arena.bytes(rows * 4) : 0,
    dh: own ? arena.reals(rows * arena.filledUp(size)) : 0,
    dx: reversed && sendsBack ? arena.reals(rows * inputs) : 0,
  };
}

/** Room for Wh packed one way or the other; a gru's blocks begin anew, which may leave some vectors empty. */
function panels({ Wh, b }: PassBlocks, arena: Arena, exports: Exports): number {
  if (Wh.rows === 0) return 0;
  const packed = Math.max(exports.packedBytes(Wh.rows, b.columns), exports.packedBytes(b.columns, Wh.rows));
  return arena.bytes(packed + 64 * Wh.rows * arena.realBytes);
}
