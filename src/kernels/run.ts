/** Runs that are looked into, on the kernels: passes and read-outs over a stretch of one sequence, everything recorded. */

import { addVec } from "../engine/linear";
import type { Model, Pass } from "../engine/model";
import { parametersOf } from "../engine/model";
import type { Arithmetic, PassRecord, Recording, Stretch } from "../engine/network";
import { InputReader, Loops } from "../engine/network";
import type { Values } from "../engine/step";
import type { NamedTensors } from "../engine/tensor";
import type { Arena } from "./arena";
import type { Kernels } from "./kernels";
import { batchWord, notPacked, writeBatch, writePass } from "./layout";
import { noBuiltIn, ownKind } from "./network";
import type { RunRows } from "./own";
import { layOutRun } from "./own";
import type { Place } from "./ownProgram";
import { runProgramOf } from "./ownProgram";
import type { Block } from "./parameters";
import { ParameterLayout } from "./parameters";

/** Vectors of steps that follow each other in the kernels' memory. */
type Vectors = readonly Float64Array[];

/** What one pass has there. */
interface PassRoom {
  readonly address: number;
  /** [step of the pass] by quantity */
  readonly values: Readonly<Record<string, Vectors>>;
  readonly gradients: Readonly<Record<string, Vectors>>;
  readonly next: Vectors | null;
  /** The state before the first step, and the gradient of it. */
  readonly start: Values;
  readonly startGradient: Values;
  /** What it reads, part after part of the layer below. */
  readonly x: Rows;
  readonly dx: Rows;
  readonly tokens: Int32Array;
  readonly tokensAddress: number;
  readonly above: Rows;
  readonly remembers: boolean;
  readonly forgetPacked: () => void;
}

/** Rows of numbers, one below the other. */
interface Rows {
  readonly address: number;
  readonly strideBytes: number;
  /** [part][row] */
  readonly parts: readonly Vectors[];
}

/** What the read-out of every step has. */
interface ReadoutRoom {
  readonly read: Rows;
  readonly dRead: Rows;
  /** Logits, then their gradients. */
  readonly z: Rows;
  /** Where it reads the input, too. */
  readonly x: { readonly rows: Rows; readonly dx: Rows; readonly at: Block } | null;
  readonly tokensAddress: number;
}

const bytes = 8;
const words = { length: batchWord("length"), rows: batchWord("rows"), gradients: batchWord("gradients") };

/** A model in the kernels' memory, for stretches of up to so many steps. */
export class RunKernels implements Arithmetic {
  private readonly loops: Loops;
  private readonly layout: ParameterLayout;
  private readonly arena: Arena;
  private readonly mark: number;
  private readonly parameters: number;
  private readonly gradients: number;
  private readonly passes: readonly (readonly PassRoom[])[];
  private readonly readout: ReadoutRoom | null;
  private readonly room: number;
  private readonly batch: number;
  private readonly batchWords: Int32Array;
  /** [layer][pass]: whose values stand in the kernels' memory. */
  private readonly held: { recording: Recording; from: number }[][];

  constructor(
    private readonly model: Model,
    private readonly capacity: number,
    private readonly kernels: Kernels,
    /** Takes the kernels back, their memory as it was. */
    private readonly giveBack: (kernels: Kernels) => void = () => undefined,
  ) {
    const { arena } = kernels;
    this.arena = arena;
    this.mark = arena.mark();
    this.loops = new Loops(model);
    // An embedding's rows are read, and their gradients added up, where they are.
    this.layout = new ParameterLayout({ ...model, embedding: null }, arena, true);
    const { size } = this.layout;
    this.parameters = arena.reals(size);
    this.gradients = arena.reals(size);
    this.layout.write(parametersOf(model), arena.view(this.parameters, size));
    this.batch = this.writeBatch();
    this.batchWords = new Int32Array(arena.memory.buffer, this.batch, words.gradients + 1);
    let widest = this.layout.by.columns;
    for (const [l, passes] of this.layout.passes.entries()) {
      widest = Math.max(widest, this.layout.inputsOf(l));
      for (const blocks of passes)
        if ("hidden" in blocks)
          widest = Math.max(widest, ...[blocks.Wx, ...blocks.hidden].map(({ columns }) => columns));
    }
    widest = Math.max(widest, this.layout.inputsOf(model.layers.length));
    this.passes = model.layers.map((layer, l) => layer.passes.map((_, p) => this.passRoom(l, p)));
    this.readout = model.output.at === "every" && model.output.Why ? this.readoutRoom() : null;
    this.room = arena.bytes(kernels.exports.roomBytes(widest));
    this.held = model.layers.map(() => []);
  }

  private writeBatch(): number {
    const { arena, capacity } = this;
    return writeBatch(arena, {
      length: 0,
      sequences: 1,
      rows: 0,
      offsets: arena.words(Array.from({ length: capacity + 1 }, (_, t) => t)),
      tokens: 0,
      vectors: 0,
      reversed: 0,
      targetCount: 0,
      targetRows: 0,
      firstTargetRow: 0,
      endRows: 0,
      targets: 0,
      weights: 0,
      scales: 0,
      gradients: 0,
      // There is always a state before.
      initial: 1,
      final: 0,
      stateRows: 0,
      adds: 1,
      back: 1,
      updates: 0,
    });
  }

  private rows(parts: number, units: number): Rows {
    const { arena, capacity } = this;
    const filled = arena.filledUp(units);
    const strideBytes = parts * filled * bytes;
    const address = arena.bytes(capacity * strideBytes);
    return {
      address,
      strideBytes,
      parts: Array.from({ length: parts }, (_, part) =>
        this.vectors({ first: address + part * filled * bytes, stride: strideBytes }, units),
      ),
    };
  }

  private vectors({ first, stride }: RunRows, units: number): Vectors {
    const { buffer } = this.arena.memory;
    return Array.from({ length: this.capacity }, (_, k) => new Float64Array(buffer, first + k * stride, units));
  }

  private passRoom(l: number, p: number): PassRoom {
    const { arena, capacity, model, layout } = this;
    const layer = model.layers[l]!;
    const below = model.layers[l - 1];
    const program = runProgramOf(layer);
    const blocks = layout.passes[l]![p]!;
    if (!("hidden" in blocks)) throw new TypeError("a run's passes are laid out as programs");
    const parts = {
      count: below?.passes.length ?? 1,
      units: below?.size ?? layer.inputSize,
      filled: arena.filledUp(below?.size ?? layer.inputSize),
    };
    const { plan, rowsOf, forgetPacked } = layOutRun({
      layer,
      program,
      blocks,
      parameters: this.parameters,
      rows: capacity,
      sequences: 1,
      parts,
      arena,
      exports: this.kernels.exports,
    });
    const H = layer.size;
    const all = (places: Readonly<Record<string, Place>>) =>
      Object.fromEntries(Object.entries(places).map(([name, place]) => [name, this.vectors(rowsOf(place), H)]));
    const beforeFirst = (place: Place) => {
      const { first, stride } = rowsOf(place);
      return new Float64Array(arena.memory.buffer, first - stride, H);
    };
    const states = Object.keys(model.layers[l]!.passes[p]!.initial);
    const next = program.next;
    const tokensAddress = arena.bytes(capacity * 4);
    return {
      address: writePass(arena, {
        ...noBuiltIn,
        cell: ownKind,
        inputs: layout.inputsOf(l),
        units: arena.filledUp(H),
        trueUnits: H,
        reversed: 0,
        h: 0,
        x: 0,
        tokens: 0,
        dh: 0,
        dx: 0,
        form: 0,
        plan,
      }),
      values: all(program.values),
      gradients: all(program.gradients),
      next: next && this.vectors(rowsOf(next), H),
      start: Object.fromEntries(states.map((name) => [name, beforeFirst(program.values[name]!)])),
      startGradient: Object.fromEntries(
        states.map((name) => [name, beforeFirst(name === "h" && next ? next : program.gradients[name]!)]),
      ),
      x: this.rows(parts.count, parts.units),
      dx: this.rows(parts.count, parts.units),
      tokens: new Int32Array(arena.memory.buffer, tokensAddress, capacity),
      tokensAddress,
      above: this.rows(1, H),
      remembers: program.remembers,
      forgetPacked,
    };
  }

  passForward(stretch: Stretch, recording: Recording, l: number, p: number): void {
    const room = this.enter(stretch, recording, l, p);
    const { values } = recording.layers[l]!.passes[p]!;
    const length = stretch.to - stretch.from;
    const { direction } = this.model.layers[l]!.passes[p]!;
    for (const name in room.values) copyRows(direction, length, room.values[name]!, (k) => values[k]![name]!);
    const layer = this.model.layers[l]!;
    const { h } = recording.layers[l]!;
    if (layer.passes.length > 1) for (let k = 0; k < length; k++) h[k]!.set(values[k]!["h"]!, p * layer.size);
  }

  /** Computes the steps of a pass, and leaves their values in the kernels' memory. */
  private enter(stretch: Stretch, recording: Recording, l: number, p: number): PassRoom {
    const room = this.passes[l]![p]!;
    const tokens = this.enterInputs(stretch, recording, l, p);
    const { exports } = this.kernels;
    this.setLength(stretch);
    exports.ownForward(room.address, this.batch, room.x.address, room.x.strideBytes, tokens, this.room);
    this.held[l]![p] = { recording, from: stretch.from };
    return room;
  }

  private setLength({ from, to }: Stretch): void {
    this.batchWords[words.length] = to - from;
    this.batchWords[words.rows] = to - from;
  }

  /** Writes what the pass reads and the state before its first step. @returns the address of its tokens, 0 where it reads vectors */
  private enterInputs(stretch: Stretch, recording: Recording, l: number, p: number): number {
    const room = this.passes[l]![p]!;
    const pass = this.model.layers[l]!.passes[p]!;
    const length = stretch.to - stretch.from;
    const start = stretch.start[l]![p]!;
    for (const name in room.start) room.start[name]!.set(start[name]!);
    if (l > 0) {
      const below = recording.layers[l - 1]!.passes;
      for (const [part, { values }] of below.entries()) {
        const rows = room.x.parts[part]!;
        for (let k = 0; k < length; k++) copy(rows[rowOf(pass, length, k)]!, values[k]!["h"]!);
      }
      return 0;
    }
    const reader = new InputReader(stretch.sequence, this.model);
    const rows = room.x.parts[0]!;
    let readsTokens = false;
    for (let k = 0; k < length; k++) {
      const { token, vector } = reader.at(stretch.from + k);
      const row = rowOf(pass, length, k);
      readsTokens = token >= 0;
      if (readsTokens) room.tokens[row] = token;
      else copy(rows[row]!, vector);
    }
    return readsTokens ? room.tokensAddress : 0;
  }

  /** Brings back what the way back reads of the way there. @returns as `enterInputs` */
  private comeBack(stretch: Stretch, recording: Recording, l: number, p: number): number {
    const room = this.passes[l]![p]!;
    const held = this.held[l]![p];
    const isHeld = held?.recording === recording && held.from === stretch.from;
    // What fills rows up is no part of a recording, and has to have been computed once.
    const isEntered = !isHeld && (room.remembers || !held);
    if (isEntered) this.enter(stretch, recording, l, p);
    if (isHeld || isEntered) {
      const readsTokens = l === 0 && new InputReader(stretch.sequence, this.model).at(stretch.from).token >= 0;
      return readsTokens ? room.tokensAddress : 0;
    }
    const length = stretch.to - stretch.from;
    const { values } = recording.layers[l]!.passes[p]!;
    const { direction } = this.model.layers[l]!.passes[p]!;
    for (const name in room.values) {
      const rows = room.values[name]!;
      for (let k = 0; k < length; k++) copy(rows[rowOf({ direction }, length, k)]!, values[k]![name]!);
    }
    this.held[l]![p] = { recording, from: stretch.from };
    return this.enterInputs(stretch, recording, l, p);
  }

  passBackward(
    stretch: Stretch,
    recording: Recording,
    l: number,
    p: number,
    dp: NamedTensors | null,
    below: readonly Float64Array[] | null,
  ): void {
    const { exports } = this.kernels;
    const room = this.passes[l]![p]!;
    const length = stretch.to - stretch.from;
    const pass = this.model.layers[l]!.passes[p]!;
    const record = recording.layers[l]!.passes[p]!;
    const tokens = this.comeBack(stretch, recording, l, p);
    const { above, x, dx } = room;
    for (let k = 0; k < length; k++) copy(above.parts[0]![rowOf(pass, length, k)]!, record.above[k]!);
    this.enterIncoming(pass, room, record, length);
    if (below) exports.clear(dx.address, (length * dx.strideBytes) / bytes);
    this.setLength(stretch);
    this.setGradients(dp);
    exports.ownBackward(
      room.address,
      this.batch,
      x.address,
      x.strideBytes,
      tokens,
      above.address,
      above.strideBytes,
      below ? dx.address : 0,
      dx.strideBytes,
      this.room,
    );
    for (const name in room.gradients)
      copyRows(pass.direction, length, room.gradients[name]!, (k) => record.gradients[k]![name]!);
    if (room.next) copyRows(pass.direction, length, room.next, (k) => record.next[k]!);
    for (const name in room.startGradient) record.initialGradient[name]!.set(room.startGradient[name]!);
    if (below) addRows(pass.direction, length, dx, below);
  }

  /** What comes from the steps after the stretch has been recorded at its last step. */
  private enterIncoming({ direction }: Pass, room: PassRoom, record: PassRecord, length: number): void {
    const last = direction === "forward" ? length - 1 : 0;
    for (const name in room.start) {
      if (name === "h" && room.next) room.next[length - 1]!.set(record.next[last]!);
      else room.gradients[name]![length - 1]!.set(record.gradients[last]![name]!);
    }
  }

  /** Whether gradients of parameters are added up, or those of the steps alone are asked for. */
  private setGradients(dp: NamedTensors | null): void {
    this.batchWords[words.gradients] = dp ? this.gradients : 0;
  }

  private readoutRoom(): ReadoutRoom {
    const { model, layout } = this;
    const top = model.layers.at(-1)!;
    const { Wxy } = model.output;
    return {
      read: this.rows(top.passes.length, top.size),
      dRead: this.rows(top.passes.length, top.size),
      z: this.rows(1, model.output.size),
      x: Wxy ? { rows: this.rows(1, model.inputSize), dx: this.rows(1, model.inputSize), at: layout.Wxy! } : null,
      tokensAddress: this.arena.bytes(this.capacity * 4),
    };
  }

  logits(stretch: Stretch, recording: Recording): void {
    const { readout, model } = this;
    if (!readout) return this.loops.logits(stretch, recording);
    const { exports } = this.kernels;
    const length = stretch.to - stretch.from;
    const { z, read, x } = readout;
    const O = this.layout.by.columns;
    this.enterRead(recording, length);
    exports.repeatRow(z.address, this.parameters + this.layout.by.start * bytes, length, O);
    const Why = this.parameters + this.layout.Why.start * bytes;
    const top = this.layout.Why.rows;
    exports.multiply(
      z.address,
      z.strideBytes,
      read.address,
      read.strideBytes,
      Why,
      O * bytes,
      0,
      0,
      notPacked,
      length,
      top,
      O,
      1,
      this.room,
    );
    if (x) {
      const tokens = this.enterReadInputs(stretch, x.rows);
      const Wxy = this.parameters + x.at.start * bytes;
      exports.addInputs(z.address, Wxy, O, x.rows.address, x.rows.strideBytes, x.at.rows, tokens, length, this.room);
    }
    const { logits } = recording;
    for (let k = 0; k < length; k++) copy(logits[k]!, z.parts[0]![k]!);
    if (model.output.skip) addSkipped(stretch, logits, new InputReader(stretch.sequence, model));
  }

  /** What the read-out reads: h_t of the top layer. */
  private enterRead(recording: Recording, length: number): void {
    for (const [part, rows] of this.readout!.read.parts.entries()) {
      const { values } = recording.layers.at(-1)!.passes[part]!;
      for (let k = 0; k < length; k++) copy(rows[k]!, values[k]!["h"]!);
    }
  }

  /** @returns the address of the tokens, 0 where the read-out reads vectors */
  private enterReadInputs({ sequence, from, to }: Stretch, rows: Rows): number {
    const { tokensAddress } = this.readout!;
    const tokens = new Int32Array(this.arena.memory.buffer, tokensAddress, this.capacity);
    const reader = new InputReader(sequence, this.model);
    let readsTokens = false;
    for (let k = 0; k < to - from; k++) {
      const { token, vector } = reader.at(from + k);
      readsTokens = token >= 0;
      if (readsTokens) tokens[k] = token;
      else rows.parts[0]![k]!.set(vector);
    }
    return readsTokens ? tokensAddress : 0;
  }

  logitsBackward(
    stretch: Stretch,
    recording: Recording,
    dp: NamedTensors | null,
    dx: readonly Float64Array[] | null,
  ): void {
    const { readout, model, layout } = this;
    if (!readout) return this.loops.logitsBackward(stretch, recording, dp, dx);
    const { exports } = this.kernels;
    const length = stretch.to - stretch.from;
    const { z, read, dRead, x } = readout;
    const O = layout.by.columns;
    const dz = [z.address, z.strideBytes] as const;
    const { dLogits } = recording;
    for (let k = 0; k < length; k++) copy(z.parts[0]![k]!, dLogits[k]!);
    const Why = this.parameters + layout.Why.start * bytes;
    const top = layout.Why.rows;
    exports.multiply(
      dRead.address,
      dRead.strideBytes,
      ...dz,
      Why,
      O * bytes,
      1,
      0,
      notPacked,
      length,
      O,
      top,
      0,
      this.room,
    );
    addRows("forward", length, dRead, recording.layers.at(-1)!.above);
    if (dp) {
      this.enterRead(recording, length);
      const dWhy = this.gradients + layout.Why.start * bytes;
      exports.sumOuterProducts(dWhy, O * bytes, read.address, read.strideBytes, ...dz, top, length, O, 1, this.room);
      exports.sumRows(this.gradients + layout.by.start * bytes, ...dz, length, O, 1);
    }
    if (x) {
      const tokens = this.enterReadInputs(stretch, x.rows);
      this.setLength(stretch);
      if (dp) {
        const dWxy = this.gradients + x.at.start * bytes;
        exports.sumOverInputs(
          dWxy,
          O * bytes,
          x.rows.address,
          x.rows.strideBytes,
          x.at.rows,
          tokens,
          ...dz,
          O,
          this.batch,
          1,
          this.room,
        );
      }
      if (dx) {
        const Wxy = this.parameters + x.at.start * bytes;
        exports.multiply(
          x.dx.address,
          x.dx.strideBytes,
          ...dz,
          Wxy,
          O * bytes,
          1,
          0,
          notPacked,
          length,
          O,
          x.at.rows,
          0,
          this.room,
        );
        addRows("forward", length, x.dx, dx);
      }
    }
    if (dx && model.output.skip) for (let k = 0; k < length; k++) addVec(dx[k]!, dLogits[k]!);
  }

  moved(name: string): void {
    const tensor = parametersOf(this.model)[name]!;
    this.layout.writeOne(name, tensor, this.arena.view(this.parameters, this.layout.size));
    for (const passes of this.passes) for (const { forgetPacked } of passes) forgetPacked();
  }

  release(): void {
    const { arena, mark, kernels } = this;
    kernels.exports.clear(mark, 2 * Math.ceil((arena.mark() - mark) / 16));
    arena.release(mark);
    this.giveBack(kernels);
  }

  finish(dp: NamedTensors): void {
    const sums = this.layout.read(this.arena.view(this.gradients, this.layout.size));
    for (const [name, { data }] of Object.entries(sums)) addVec(dp[name]!.data, data);
    this.kernels.exports.clear(this.gradients, this.layout.size);
  }
}

/** Where step k of a stretch stands among a pass's rows, which are in its own order. */
function rowOf({ direction }: Pick<Pass, "direction">, length: number, k: number): number {
  return direction === "forward" ? k : length - 1 - k;
}

function copyRows(direction: Pass["direction"], length: number, rows: Vectors, to: (k: number) => Float64Array): void {
  for (let k = 0; k < length; k++) copy(to(k), rows[rowOf({ direction }, length, k)]!);
}

/** What typed arrays have for it takes longer where one of them lies in memory that threads can share. */
function copy(to: Float64Array, from: Float64Array): void {
  for (let i = 0; i < from.length; i++) to[i] = from[i]!;
}

/** to += the rows, their parts one behind the other. */
function addRows(direction: Pass["direction"], length: number, { parts }: Rows, to: readonly Float64Array[]): void {
  for (let k = 0; k < length; k++) {
    const sum = to[k]!;
    const row = rowOf({ direction }, length, k);
    let i = 0;
    for (const rows of parts) {
      const part = rows[row]!;
      for (let j = 0; j < part.length; j++, i++) sum[i]! += part[j]!;
    }
  }
}

function addSkipped({ from, to }: Stretch, logits: readonly Float64Array[], input: InputReader): void {
  for (let k = 0; k < to - from; k++) {
    const { token, vector } = input.at(from + k);
    if (token < 0) addVec(logits[k]!, vector);
    else logits[k]![token]! += 1;
  }
}
