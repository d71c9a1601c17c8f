/** Writes sequences side by side into the kernels' memory, as assembly/layout.ts says. */

import type { StepWeights } from "../engine/loss";
import { crossEntropyWeight, divisorOf, hasTarget, targetAt, weightAt, weightsInLoss } from "../engine/loss";
import type { BatchReduction, Model, Problem, Sequence } from "../engine/model";
import { readsBackward } from "../engine/model";
import { scaleInBatch } from "../engine/train";
import type { Arena, Reals } from "./arena";
import { writeBatch } from "./layout";
import { statesOf } from "./network";

/** Steps `from` to before `to` of some sequences, the longest first. */
export interface Stretch {
  readonly sequences: readonly Sequence[];
  readonly from: number;
  readonly to: number;
}

/** What stands around a batch. */
export interface Around {
  /** Those of the whole update. */
  readonly ofUpdate: readonly Sequence[];
  /** Addresses. */
  readonly gradients: number;
  readonly initial: number;
  readonly final: number;
  readonly stateRows: number;
  readonly adds: boolean;
  readonly back: boolean;
  readonly updates: boolean;
}

/** How the sequences of a problem are written. */
export interface Manner {
  readonly model: Model;
  /** Where all inputs of all sequences are tokens. */
  readonly tokens: boolean;
  readonly reversed: boolean;
  /** Whether targets of classes are written as what each class counts, for some are probabilities. */
  readonly soft: boolean;
  readonly batchReduction: BatchReduction;
  readonly counts: ReadonlyMap<Sequence, Count>;
}

/** What a sequence's steps count in its loss, and what a mean over all targets divides by for it. */
interface Count {
  readonly weights: StepWeights;
  readonly divisor: number;
}

/** Whether all inputs of all sequences are tokens. */
export function areTokens(sequences: readonly Sequence[]): boolean {
  return sequences.every(({ inputs }) => !inputs.vectors);
}

export function mannerOf({ model, sequences, training }: Problem): Manner {
  const loss = model.loss!;
  return {
    model,
    tokens: areTokens(sequences),
    reversed: model.layers.some(({ passes }) => passes.some(({ direction }) => direction === "backward")),
    soft: areSoft(sequences),
    batchReduction: training.batchReduction,
    counts: new Map(
      sequences.map((sequence) => [
        sequence,
        { weights: weightsInLoss(loss, sequence), divisor: divisorOf(loss, sequence) },
      ]),
    ),
  };
}

/** Whether some targets of classes are probabilities. */
export function areSoft(sequences: readonly Sequence[]): boolean {
  return sequences.some(({ targets }) => targets?.kind === "classes" && targets.probabilities !== null);
}

/** The rows of a stretch: row `offsets[t] + b` is step from + t of sequence b. */
interface Rows {
  readonly lengths: readonly number[];
  readonly offsets: Int32Array;
  readonly count: number;
}

function rowsOf({ sequences, from, to }: Stretch): Rows {
  const lengths = sequences.map(({ length }) => Math.min(length, to) - from);
  const T = lengths[0]!;
  const offsets = new Int32Array(T + 1);
  let going = lengths.length;
  for (let t = 0; t < T; t++) {
    while (lengths[going - 1]! <= t) going--;
    offsets[t + 1] = offsets[t]! + going;
  }
  return { lengths, offsets, count: offsets[T]! };
}

/** Writes a batch. @returns its address */
export function layOutBatch(stretch: Stretch, manner: Manner, around: Around, arena: Arena): number {
  const { ofUpdate, gradients, initial, final, stateRows, adds, back, updates } = around;
  const rows = rowsOf(stretch);
  return writeBatch(arena, {
    length: rows.lengths[0]!,
    sequences: stretch.sequences.length,
    rows: rows.count,
    offsets: arena.words(rows.offsets),
    tokens: manner.tokens ? layOutTokens(stretch, rows, arena) : 0,
    vectors: manner.tokens ? 0 : layOutVectors(stretch, rows, manner.model.inputSize, arena),
    reversed: manner.reversed ? layOutReversed(rows, arena) : 0,
    ...layOutTargets(stretch, rows, manner, ofUpdate, arena),
    gradients,
    initial,
    final,
    stateRows,
    adds: Number(adds),
    back: Number(back),
    updates: Number(updates),
  });
}

function layOutTokens({ sequences, from }: Stretch, rows: Rows, arena: Arena): number {
  const address = arena.bytes(rows.count * 4);
  const tokens = new Int32Array(arena.memory.buffer, address, rows.count);
  for (const [b, { inputs }] of sequences.entries())
    for (let t = 0; t < rows.lengths[b]!; t++) tokens[rows.offsets[t]! + b] = inputs.tokens![from + t]!;
  return address;
}

/** A token among vectors is written as the vector with a 1 that it stands for. */
function layOutVectors({ sequences, from }: Stretch, rows: Rows, X: number, arena: Arena): number {
  const address = arena.reals(rows.count * X);
  const x = arena.view(address, rows.count * X).fill(0);
  for (const [b, { inputs }] of sequences.entries())
    for (let t = 0; t < rows.lengths[b]!; t++) {
      const to = (rows.offsets[t]! + b) * X;
      const token = inputs.tokens?.[from + t] ?? -1;
      if (token >= 0) x[to + token] = 1;
      else x.set(inputs.vectors!.subarray((from + t) * X, (from + t + 1) * X), to);
    }
  return address;
}

function layOutReversed({ lengths, offsets, count }: Rows, arena: Arena): number {
  const address = arena.bytes(count * 4);
  const reversed = new Int32Array(arena.memory.buffer, address, count);
  for (const [b, length] of lengths.entries())
    for (let t = 0; t < length; t++) reversed[offsets[t]! + b] = offsets[length - 1 - t]! + b;
  return address;
}

function layOutTargets(
  { sequences, from }: Stretch,
  { lengths, offsets }: Rows,
  { model, soft, batchReduction, counts }: Manner,
  ofUpdate: readonly Sequence[],
  arena: Arena,
) {
  const loss = model.loss!;
  const O = model.output.size;
  const divisors =
    batchReduction === "targets"
      ? ofUpdate.reduce((sum, sequence) => sum + sequence.weight * counts.get(sequence)!.divisor, 0)
      : 0;
  const scales = sequences.map((sequence) => {
    const { weights } = counts.get(sequence)!;
    return { ...weights, scale: scaleInBatch({ weights, sequence }, batchReduction, ofUpdate.length, divisors) };
  });
  const classes: number[] = [];
  const vectors: ArrayLike<number>[] = [];
  const targetRows: number[] = [];
  const endRows: number[] = [];
  const inLoss: number[] = [];
  const inGradient: number[] = [];
  const T = lengths[0]!;
  for (let t = 0; t < T; t++)
    for (let b = 0; b < offsets[t + 1]! - offsets[t]!; b++) {
      const sequence = sequences[b]!;
      const k = from + t;
      if (!hasTarget(sequence, k)) continue;
      const target = targetAt(sequence, k, O)!;
      if (soft) vectors.push(Float64Array.from({ length: O }, (_, j) => crossEntropyWeight(loss, target, O, j)));
      else if (typeof target === "number") classes.push(target);
      else vectors.push(target);
      targetRows.push(offsets[t]! + b);
      // A backward pass ends in the first rows.
      endRows.push(b);
      inLoss.push(weightAt(counts.get(sequence)!.weights, k));
      inGradient.push(weightAt(scales[b]!, k));
    }
  const first = targetRows[0] ?? 0;
  const readsEnds = model.output.at === "ends" && readsBackward(model.layers.at(-1)!);
  const follow = !readsEnds && (targetRows.length === 0 || targetRows.at(-1)! - first === targetRows.length - 1);
  return {
    targetCount: targetRows.length,
    targetRows: follow ? 0 : arena.words(targetRows),
    firstTargetRow: first,
    endRows: readsEnds ? arena.words(endRows) : 0,
    targets: classes.length > 0 ? arena.words(classes) : layOutTargetVectors(vectors, O, arena),
    weights: arena.numbers(inLoss),
    scales: arena.numbers(inGradient),
  };
}

function layOutTargetVectors(vectors: readonly ArrayLike<number>[], O: number, arena: Arena): number {
  const address = arena.reals(vectors.length * O);
  const view: Reals = arena.view(address, vectors.length * O);
  for (const [k, vector] of vectors.entries()) view.set(vector, k * O);
  return address;
}

/** How many numbers the states of `rows` sequences take. */
export function stateSize(model: Model, rows: number, arena: Arena): number {
  return model.layers.reduce(
    (sum, layer) => sum + layer.passes.length * statesOf(layer).length * rows * arena.filledUp(layer.size),
    0,
  );
}

/** Writes the states that sequences start from where nothing is carried. @returns their address, 0 where all are zero */
export function layOutStates(model: Model, sequences: readonly Sequence[], stateRows: number, arena: Arena): number {
  const startOf = (sequence: Sequence, l: number, p: number) =>
    sequence.initial?.[l]?.[p] ?? model.layers[l]!.passes[p]!.initial;
  const isZero = model.layers.every((layer, l) =>
    layer.passes.every((_, p) =>
      sequences.every((sequence) =>
        statesOf(layer).every((name) => startOf(sequence, l, p)[name]!.every((value) => value === 0)),
      ),
    ),
  );
  if (isZero) return 0;
  const size = stateSize(model, stateRows, arena);
  const address = arena.reals(size);
  const view = arena.view(address, size).fill(0);
  let to = 0;
  for (const [l, layer] of model.layers.entries()) {
    const H = arena.filledUp(layer.size);
    for (const p of layer.passes.keys())
      for (const name of statesOf(layer)) {
        for (const [b, sequence] of sequences.entries()) view.set(startOf(sequence, l, p)[name]!, to + b * H);
        to += stateRows * H;
      }
  }
  return address;
}

/** The state of one sequence at `address`, [layer][pass]. */
export function readStates(model: Model, address: number, b: number, stateRows: number, arena: Arena) {
  const view = arena.view(address, stateSize(model, stateRows, arena));
  let from = 0;
  return model.layers.map((layer) => {
    const H = arena.filledUp(layer.size);
    return layer.passes.map(() =>
      Object.fromEntries(
        statesOf(layer).map((name) => {
          const start = from + b * H;
          from += stateRows * H;
          return [name, Float64Array.from(view.subarray(start, start + layer.size))];
        }),
      ),
    );
  });
}
