/** What a model gives that reads a sequence in pieces: whole, in chunks that go on from the state before, or with a fresh state in each. */
import type { Model, Problem, Sequence } from "../engine/model";
import { finalState, forward, hasReadout, initialState, type NetworkState, Recording } from "../engine/network";
import { startOf } from "../engine/run";

export type StreamWay = "whole" | "chunks" | "reset";

export interface Streams {
  /** Steps of a chunk. */
  readonly chunk: number;
  /** [T × O] by way. */
  readonly outputs: Readonly<Record<StreamWay, Float64Array>>;
  /** The largest |difference| to the whole, and the step where it is; of chunks it is 0 where the state is all that is kept. */
  readonly chunks: LargestDifference;
  readonly reset: LargestDifference;
  /** After so many steps two starts give outputs that agree within the tolerance from there on; null where they do not by the end. */
  readonly warmUp: number | null;
  readonly tolerance: number;
}

export interface LargestDifference {
  readonly value: number;
  /** 1…T */
  readonly t: number;
}

/** Why a model cannot be read in pieces. */
export class StreamError extends Error {}

export const warmUpTolerance = 1e-6;

/**
 * Runs a sequence in three ways, and from two different starts. Yields how far it is, 0…1.
 * @param chunk steps of a chunk, at least 1
 * @throws StreamError where the model reads what comes later
 */
export function* streams(problem: Problem, index: number, chunk: number): Generator<number, Streams> {
  const { model, sequences } = problem;
  if (model.layers.some(({ direction }) => direction !== "forward"))
    throw new StreamError("a layer goes backward: it reads what has not come yet, and cannot be read in chunks");
  const every: Model = { ...model, output: { ...model.output, at: "every" } };
  const sequence = sequences[index]!;
  const start = startOf(model, sequences, index);
  const T = sequence.length;
  const outputs = {} as Record<StreamWay, Float64Array>;
  const ways: readonly [StreamWay, number, boolean][] = [
    ["whole", T, false],
    ["chunks", chunk, false],
    ["reset", chunk, true],
  ];
  for (const [k, [way, length, isReset]] of ways.entries()) {
    const going = inPieces(every, sequence, start, length, isReset);
    let next = going.next();
    for (; !next.done; next = going.next()) yield (k + next.value) / 4;
    outputs[way] = next.value;
  }
  const going = inPieces(every, sequence, otherStart(start), T, false);
  let next = going.next();
  for (; !next.done; next = going.next()) yield (3 + next.value) / 4;
  const O = model.output.size;
  return {
    chunk,
    outputs,
    chunks: largest(outputs.whole, outputs.chunks, O),
    reset: largest(outputs.whole, outputs.reset, O),
    warmUp: warmUpOf(outputs.whole, next.value, O),
    tolerance: warmUpTolerance,
  };
}

/** Steps that are computed at once. */
const pieceLength = 256;

/** A sequence in chunks, each from the state in which the one before ended, or all from the same. */
function* inPieces(
  model: Model,
  sequence: Sequence,
  start: NetworkState,
  chunk: number,
  isReset: boolean,
): Generator<number, Float64Array> {
  const { length: T } = sequence;
  const O = model.output.size;
  const outputs = new Float64Array(T * O);
  const recording = new Recording(model);
  const fresh = isReset ? initialState(model, { ...sequence, initial: null }) : start;
  let state = start;
  for (let from = 0; from < T; ) {
    // A chunk is computed in pieces: how it is cut further changes nothing.
    const border = Math.min(T, (Math.floor(from / chunk) + 1) * chunk);
    const to = Math.min(border, from + pieceLength);
    forward(model, { sequence, from, to, start: state, incoming: null }, recording);
    for (let k = from; k < to; k++) if (hasReadout(model, sequence, k)) outputs.set(recording.output[k - from]!, k * O);
    state = isReset && to === border ? fresh : finalState(model, recording, to - from);
    from = to;
    if (from % pieceLength === 0) yield from / T;
  }
  return outputs;
}

/** A start that is far from another one: each state of a unit moved by 1, up and down by turns. */
function otherStart(start: NetworkState): NetworkState {
  return start.map((passes) =>
    passes.map((state) =>
      Object.fromEntries(
        Object.entries(state).map(([name, values]) => [name, values.map((value, i) => value + (i % 2 === 0 ? 1 : -1))]),
      ),
    ),
  );
}

function largest(a: Float64Array, b: Float64Array, O: number): LargestDifference {
  let [value, t] = [0, 1];
  for (let k = 0; k < a.length; k++) {
    const far = Math.abs(a[k]! - b[k]!);
    if (!(far <= value)) [value, t] = [far, Math.floor(k / O) + 1];
  }
  return { value, t };
}

/** The first number of steps after which all that follow agree. */
function warmUpOf(a: Float64Array, b: Float64Array, O: number): number | null {
  for (let k = a.length - 1; k >= 0; k--) {
    const far = Math.abs(a[k]! - b[k]!) / Math.max(1, Math.abs(a[k]!), Math.abs(b[k]!));
    if (far <= warmUpTolerance) continue;
    const after = Math.floor(k / O) + 1;
    return after * O >= a.length ? null : after;
  }
  return 0;
}
