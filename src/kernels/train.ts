/** Training on the kernels: the engine's `train`, with the same results to rounding, many updates at a time. */
import type { Problem, Sequence } from "../engine/model";
import { parametersOf, withParameters } from "../engine/model";
import type { NetworkState } from "../engine/network";
import { Recording } from "../engine/network";
import { Random } from "../engine/random";
import { countTargets } from "../engine/readout";
import type { Tensor } from "../engine/tensor";
import { zerosLikeAll } from "../engine/tensor";
import type { BrokenPlace, TrainingEnd, TrainingStep } from "../engine/train";
import { computeChunk, runnerOf } from "../engine/train";
import { mostBytes } from "./arena";
import type { Manner } from "./batches";
import { areTokens, layOutBatch, layOutStates, mannerOf, readStates, stateSize } from "./batches";
import type { Kernels } from "./kernels";
import { writeOptimizer } from "./layout";
import type { Capacity } from "./network";
import { layOutNetwork } from "./network";
import { ParameterLayout } from "./parameters";
import { Pool } from "./pool";

/** A batch is cut into shards of so many sequences, whatever the number of threads: so no sum depends on it. */
const shardSequences = 8;
const mostShards = 16;
const mostThreads = 8;
/** Multiplications between two looks at whether to stop: some 10 ms. */
const sliceWork = 1e8;
/** Multiplications between two snapshots, which cost a copy of the parameters each. */
const snapshotWork = 4e8;
/** A batch of fewer multiplications is done before a thread wakes up. */
const leastSharedWork = 2e6;
/** All sequences stay in memory where they take less; else each batch is written when it is its turn. */
const mostKeptBytes = 2 ** 30;
/** How many batches are handed over at once. */
const mostQueued = 32768;

const optimizerTypes = ["sgd", "adagrad", "rmsprop", "adam", "adamw"];

/** What an update is made from: steps from `from` on of these sequences, in the order of the batch. */
interface Piece {
  readonly members: readonly number[];
  readonly from: number;
  /** Multiplications, roughly. */
  readonly work: number;
  readonly hasTargets: boolean;
  batches: Batches | null;
}

/** The batches of a piece, once they are written. */
interface Batches {
  readonly addresses: readonly number[];
  /** How many of them have a target, and so a gradient. */
  readonly withTargets: number;
}

/** A copy of all that updates change, and what was done since. */
interface Snapshot {
  readonly address: number;
  readonly runs: (readonly Piece[])[];
}

/** What is done between two looks at whether to stop. */
interface Slice {
  readonly pieces: readonly Piece[];
  readonly work: number;
  /** How much of the epoch is done after it, 0…1. */
  readonly done: number;
}

/**
 * Trains as `training` says, from the problem's own parameters, which stay as they are. Yields every few milliseconds and at
 * the end of each epoch, and stops there where it is sent `true`.
 * @param folder  where the compiled kernels lie
 * @param threads up to how many compute; the result does not depend on it
 */
export function* trainOnKernels(
  problem: Problem,
  kernels: Kernels,
  folder: string,
  threads: number,
): Generator<TrainingStep, TrainingEnd, boolean | undefined> {
  const trainer = new KernelTrainer(problem, kernels, folder, threads);
  try {
    for (let epoch = 1; epoch <= problem.training.epochs; epoch++) {
      const end = yield* trainer.epoch(epoch);
      if (end) return end;
    }
    return { kind: "done", parameters: trainer.parameters() };
  } finally {
    trainer.dispose();
  }
}

/** Whether a sequence begins where the one before it ended, and so cannot stand beside it. */
function carries({ sequences }: Problem): boolean {
  return sequences.some(({ carry }) => carry);
}

/** How many sequences stand side by side. */
function shardSizeOf(problem: Problem): number {
  if (carries(problem)) return 1;
  const { sequences, training } = problem;
  const batchSize = Math.min(training.batchSize, sequences.length);
  return Math.min(batchSize, Math.max(shardSequences, Math.ceil(batchSize / mostShards)));
}

/** What the largest shard holds. */
function capacityOf({ model, sequences, training }: Problem, shardSize: number): Capacity {
  const longest = sequences
    .map(({ length }) => Math.min(length, training.truncate ?? length))
    .sort((a, b) => b - a)
    .slice(0, shardSize);
  const rows = longest.reduce((sum, length) => sum + length, 0);
  return {
    rows,
    sequences: shardSize,
    targets: model.output.at === "last" ? shardSize : rows,
    tokens: areTokens(sequences),
  };
}

/** Whether one thread's room fits well into what WebAssembly can address. */
export function fits(problem: Problem): boolean {
  const { model } = problem;
  const numbersOfRow = model.layers.reduce(
    (sum, { size, inputSize, passes }) => sum + passes.length * (16 * size + 2 * inputSize),
    model.output.size + model.inputSize,
  );
  const parameters = Object.values(parametersOf(model)).reduce((sum, { data }) => sum + data.length, 0);
  const { rows } = capacityOf(problem, shardSizeOf(problem));
  return (rows * numbersOfRow + parameters * (mostShards + 12)) * 8 < mostBytes / 2;
}

class KernelTrainer {
  private readonly layout: ParameterLayout;
  private readonly manner: Manner;
  private readonly random: Random;
  /** Steps of a chunk. */
  private readonly chunk: number;
  private readonly batchSize: number;
  private readonly carries: boolean;
  private readonly shardSize: number;
  private readonly isSharded: boolean;
  /** Sequences with a target: what an epoch's loss is the mean of. */
  private readonly counted: number;

  // Addresses. All that an update changes stands together, from `theta` on.
  private readonly gradients: number;
  private readonly gradientBytes: number;
  private readonly theta: number;
  private readonly states: readonly number[];
  private readonly optimizer: number;
  private readonly durableBytes: number;
  private readonly reportAddress: number;
  private readonly queueAddress: number;
  private readonly networks: readonly number[];
  /** What stands from here on is only for the batches of a slice. */
  private readonly mark: number;

  /** The sum of the losses and the largest norm. */
  private readonly report: Float64Array;
  private readonly queueWords: Int32Array;
  private readonly pool: Pool | null;
  /** By the first member, where all batches stay in memory. */
  private readonly kept: Piece[][] | null;
  private older: Snapshot;
  private newer: Snapshot;
  private workSince = 0;
  private slices: readonly Slice[] | null = null;
  /** Whose batches' addresses stand in the queue. */
  private queued: readonly Piece[] | null = null;
  private queuedCount = 0;
  private loss = 0;
  private norm = 0;

  constructor(
    private readonly problem: Problem,
    private readonly kernels: Kernels,
    folder: string,
    threads: number,
  ) {
    const { model, sequences, training } = problem;
    const { arena, exports } = kernels;
    this.manner = mannerOf(model, sequences);
    this.random = new Random(training.seed);
    this.batchSize = Math.min(training.batchSize, sequences.length);
    this.chunk = training.truncate ?? Number.POSITIVE_INFINITY;
    this.carries = carries(problem);
    this.shardSize = shardSizeOf(problem);
    this.isSharded = !this.carries && this.batchSize > this.shardSize;
    this.counted = sequences.filter((sequence) => countTargets(sequence) > 0).length;

    this.layout = new ParameterLayout(model, arena);
    const { size } = this.layout;
    const shards = this.isSharded ? Math.ceil(this.batchSize / this.shardSize) : 1;
    this.gradientBytes = Math.ceil((size * arena.realBytes) / 64) * 64;
    this.gradients = arena.bytes(this.gradientBytes * shards);
    this.theta = arena.bytes(this.gradientBytes);
    const first = arena.bytes(this.gradientBytes);
    const second = arena.bytes(this.gradientBytes);
    this.states = Array.from({ length: shards }, () => arena.reals(stateSize(model, this.shardSize, arena)));
    this.optimizer = this.writeOptimizer(first, second);
    this.durableBytes = arena.mark() - this.theta;
    this.layout.write(parametersOf(model), arena.view(this.theta, size));
    this.older = { address: arena.bytes(this.durableBytes), runs: [] };
    this.newer = { address: arena.bytes(this.durableBytes), runs: [] };
    this.copyDurable(this.older.address, this.theta);
    this.copyDurable(this.newer.address, this.theta);
    this.reportAddress = arena.bytes(16);
    const queueLength = mostQueued + this.batchSize;
    this.queueAddress = arena.bytes(queueLength * 4);
    this.report = new Float64Array(arena.memory.buffer, this.reportAddress, 2);
    this.queueWords = new Int32Array(arena.memory.buffer, this.queueAddress, queueLength);

    const capacity = capacityOf(problem, this.shardSize);
    const isShared = this.isSharded && threads > 1 && capacity.rows * size >= leastSharedWork;
    const rooms = isShared ? Math.min(threads, shards, mostThreads) : 1;
    this.networks = Array.from({ length: rooms }, () =>
      layOutNetwork(model, this.layout, this.theta, capacity, arena, exports),
    );
    this.pool = isShared ? new Pool(folder, kernels, this.networks) : null;
    this.kept = this.canKeep() ? [] : null;
    this.mark = arena.mark();
  }

  private writeOptimizer(first: number, second: number): number {
    const { optimizer, clip } = this.problem.training;
    return writeOptimizer(this.kernels.arena, {
      ...optimizer,
      nesterov: Number(optimizer.nesterov),
      normLimit: clip?.type === "norm" ? clip.at : Number.POSITIVE_INFINITY,
      valueLimit: clip?.type === "value" ? clip.at : Number.POSITIVE_INFINITY,
      updates: 0,
      beta1Power: 1,
      beta2Power: 1,
      type: optimizerTypes.indexOf(optimizer.type),
      size: this.layout.size,
      parameters: this.theta,
      gradients: this.gradients,
      first,
      second,
    });
  }

  private canKeep(): boolean {
    const { sequences, model, training } = this.problem;
    if (this.batchSize > 1 && training.shuffle) return false;
    const steps = sequences.reduce((sum, { length }) => sum + length, 0);
    const input = this.manner.tokens ? 4 : model.inputSize * 8;
    return steps * (input + model.output.size * 8 + 64) < mostKeptBytes;
  }

  parameters(): Record<string, Tensor> {
    return this.layout.read(this.kernels.arena.view(this.theta, this.layout.size));
  }

  dispose(): void {
    this.pool?.dispose();
  }

  /** @returns how the run ended, or null where it goes on */
  *epoch(epoch: number): Generator<TrainingStep, TrainingEnd | null, boolean | undefined> {
    this.loss = 0;
    this.norm = 0;
    for (const { pieces, work, done } of this.slicesOfEpoch()) {
      const end = this.doSlice(epoch, pieces, work);
      if (end) return end;
      if (done < 1 && (yield { epoch, done, result: null })) return { kind: "stopped", parameters: this.parameters() };
    }
    const result = { epoch, loss: this.counted > 0 ? this.loss / this.counted : 0, gradientNorm: this.norm };
    return (yield { epoch, done: 1, result }) ? { kind: "stopped", parameters: this.parameters() } : null;
  }

  /** Where nothing is shuffled and all stays in memory, every epoch is the same. */
  private slicesOfEpoch(): Iterable<Slice> {
    if (this.problem.training.shuffle) return this.cutEpoch(this.random.permutation(this.problem.sequences.length));
    if (!this.kept) return this.cutEpoch(null);
    this.slices ??= [...this.cutEpoch(null)];
    return this.slices;
  }

  private *cutEpoch(order: Int32Array | null): Generator<Slice> {
    const count = this.problem.sequences.length;
    let pieces: Piece[] = [];
    let work = 0;
    let batches = 0;
    for (let first = 0; first < count; first += this.batchSize) {
      const last = Math.min(first + this.batchSize, count);
      for (const piece of this.piecesOf(first, last, order)) {
        pieces.push(piece);
        work += piece.work;
        batches += piece.members.length;
        if (work < sliceWork && batches < mostQueued) continue;
        yield { pieces, work, done: (first + (last - first) * this.partDone(piece)) / count };
        pieces = [];
        work = 0;
        batches = 0;
      }
    }
    if (pieces.length > 0) yield { pieces, work, done: 1 };
  }

  private partDone({ members, from }: Piece): number {
    const longest = Math.max(...members.map((index) => this.problem.sequences[index]!.length));
    return Math.min(1, (from + this.chunk) / longest);
  }

  /** The pieces of a batch, chunk after chunk. */
  private piecesOf(first: number, last: number, order: Int32Array | null): readonly Piece[] {
    const key = order ? order[first]! : first;
    const before = this.kept?.[key];
    if (before) return before;
    const members: number[] = [];
    for (let k = first; k < last; k++) members.push(order ? order[k]! : k);
    const sequences = members.map((index) => this.problem.sequences[index]!);
    const longest = Math.max(...sequences.map(({ length }) => length));
    const pieces: Piece[] = [];
    for (let from = 0; from < longest; from += this.chunk) {
      const to = from + this.chunk;
      const rows = sequences.reduce((sum, { length }) => sum + Math.max(0, Math.min(length, to) - from), 0);
      const hasTargets = sequences.some((sequence) => this.hasTargets(sequence, from));
      pieces.push({ members, from, work: rows * this.layout.size * 3, hasTargets, batches: null });
    }
    if (this.kept) this.kept[key] = pieces;
    return pieces;
  }

  /** Whether the chunk of a sequence that begins at `from` has a target. */
  private hasTargets(sequence: Sequence, from: number): boolean {
    return countTargets(sequence, from, Math.min(from + this.chunk, sequence.length)) > 0;
  }

  /** The members of a piece that are still going, as they stand in its batches. */
  private shardsOf({ members, from }: Piece): number[][] {
    const { sequences } = this.problem;
    const length = (index: number) => sequences[index]!.length;
    const going = members.filter((index) => length(index) > from);
    const sorted = this.carries ? going : members.toSorted((a, b) => length(b) - length(a));
    const shards: number[][] = [];
    // A sequence keeps its place, and so its state, when others have ended.
    for (let k = 0; k < sorted.length; k += this.shardSize) {
      const shard = sorted.slice(k, k + this.shardSize).filter((index) => length(index) > from);
      if (shard.length > 0) shards.push(shard);
    }
    return shards;
  }

  private layOut(piece: Piece): Batches {
    const { model, sequences, training } = this.problem;
    const { arena } = this.kernels;
    const keepsStates = this.carries || training.truncate !== null;
    const { from } = piece;
    const to = from + this.chunk;
    const shards = this.shardsOf(piece);
    let withTargets = 0;
    const addresses = shards.map((shard, s) => {
      const inShard = shard.map((index) => sequences[index]!);
      const hasTargets = inShard.some((sequence) => this.hasTargets(sequence, from));
      const states = this.states[this.isSharded ? s : 0]!;
      const goesOn = from > 0 || (inShard[0]!.carry && shard[0]! > 0);
      const around = {
        sequencesOfUpdate: piece.members.length,
        gradients: this.gradients + (this.isSharded ? withTargets * this.gradientBytes : 0),
        initial: goesOn ? states : layOutStates(model, inShard, this.shardSize, arena),
        final: keepsStates ? states : 0,
        stateRows: this.shardSize,
        adds: !this.isSharded && withTargets > 0,
        updates: !this.isSharded && piece.hasTargets && s === shards.length - 1,
      };
      if (hasTargets) withTargets++;
      return layOutBatch({ sequences: inShard, from, to }, this.manner, around, arena);
    });
    return { addresses, withTargets };
  }

  /** @returns how the run ended, or null where it goes on */
  private doSlice(epoch: number, pieces: readonly Piece[], work: number): TrainingEnd | null {
    const done = this.run(pieces);
    if (done < pieces.length) return this.diverged(epoch, pieces, done);
    this.newer.runs.push(pieces);
    this.workSince += work;
    if (this.workSince >= snapshotWork) this.takeSnapshot();
    return null;
  }

  private takeSnapshot(): void {
    // Between two snapshots lies an update, so that the parameters before the last one can be found again.
    if (!this.newer.runs.some((pieces) => pieces.some(({ hasTargets }) => hasTargets))) return;
    const { address } = this.older;
    this.older = this.newer;
    this.newer = { address, runs: [] };
    this.copyDurable(address, this.theta);
    this.workSince = 0;
  }

  private copyDurable(to: number, from: number): void {
    this.kernels.exports.copyBytes(to, from, this.durableBytes);
  }

  /** @returns how many of the pieces were done before a number was not finite */
  private run(pieces: readonly Piece[]): number {
    const { arena } = this.kernels;
    if (this.queued !== pieces || !this.kept)
      for (let k = 0; k < pieces.length; k++) pieces[k]!.batches ??= this.layOut(pieces[k]!);
    const done = this.isSharded ? this.runSharded(pieces) : this.runInTurn(pieces);
    if (!this.kept) {
      for (const piece of pieces) piece.batches = null;
      arena.release(this.mark);
    }
    return done;
  }

  private enqueue(pieces: readonly Piece[]): void {
    let count = 0;
    for (let k = 0; k < pieces.length; k++) {
      const { addresses } = pieces[k]!.batches!;
      for (let b = 0; b < addresses.length; b++) this.queueWords[count++] = addresses[b]!;
    }
    this.queued = pieces;
    this.queuedCount = count;
  }

  private runInTurn(pieces: readonly Piece[]): number {
    if (this.queued !== pieces || !this.kept) this.enqueue(pieces);
    const count = this.queuedCount;
    this.report[0] = this.loss;
    this.report[1] = this.norm;
    let left = this.kernels.exports.train(
      this.networks[0]!,
      this.optimizer,
      this.queueAddress,
      count,
      this.reportAddress,
    );
    this.loss = this.report[0];
    this.norm = this.report[1];
    if (left === count) return pieces.length;
    let done = 0;
    for (; left >= pieces[done]!.batches!.addresses.length; done++) left -= pieces[done]!.batches!.addresses.length;
    return done;
  }

  private runSharded(pieces: readonly Piece[]): number {
    const { exports } = this.kernels;
    for (const [done, piece] of pieces.entries()) {
      const { addresses, withTargets } = piece.batches!;
      let loss = 0;
      if (this.pool) for (const ofShard of this.pool.gradients(addresses)) loss += ofShard;
      else for (const batch of addresses) loss += exports.gradients(this.networks[0]!, batch);
      if (Number.isNaN(loss)) return done;
      if (piece.hasTargets) {
        const next = this.gradients + this.gradientBytes;
        if (withTargets > 1)
          exports.sumGradients(this.gradients, next, this.gradientBytes, withTargets, this.layout.size);
        this.report[1] = this.norm;
        if (!exports.step(this.optimizer, this.reportAddress)) return done;
        this.norm = this.report[1]!;
      }
      this.loss += loss;
    }
    return pieces.length;
  }

  /** Goes back to find the parameters before the update that broke the run, and the place. */
  private diverged(epoch: number, pieces: readonly Piece[], done: number): TrainingEnd {
    const before = [...this.older.runs.flat(), ...this.newer.runs.flat(), ...pieces.slice(0, done)];
    this.goBackTo(before);
    const place = this.brokenPlace(pieces[done]!);
    // A loss that is infinite at these parameters makes the ones before them the last good ones.
    const update = before.findLastIndex(({ hasTargets }) => hasTargets);
    if (update >= 0) this.goBackTo(before.slice(0, update));
    return { kind: "diverged", parameters: this.parameters(), epoch, ...place };
  }

  /** Everything as it was after these pieces, counted from the older snapshot. */
  private goBackTo(pieces: readonly Piece[]): void {
    this.copyDurable(this.theta, this.older.address);
    for (let k = 0; k < pieces.length; k++) this.run([pieces[k]!]);
  }

  /** The readable engine goes over the piece again and names the first value that is not finite. */
  private brokenPlace(piece: Piece): BrokenPlace {
    const { members, from } = piece;
    const model = withParameters(this.problem.model, this.parameters());
    const problem = { ...this.problem, model };
    const gradients = zerosLikeAll(this.parameters());
    const runners = members.map((index) => ({
      ...runnerOf(problem, index),
      ...(from > 0 && { state: this.stateOf(piece, index) }),
    }));
    const carried = this.carries && from === 0 ? readStates(model, this.states[0]!, 0, 1, this.kernels.arena) : null;
    const workplace = { model, recording: new Recording(model), gradients };
    const found = computeChunk(workplace, runners, from, this.chunk, carried);
    // In single precision numbers end sooner than in the engine's double.
    return typeof found === "object" && found ? found : { sequence: members[0]!, t: from + 1, tensor: "gradients" };
  }

  private stateOf(piece: Piece, index: number): NetworkState {
    const { arena } = this.kernels;
    const shards = this.shardsOf(piece);
    const s = shards.findIndex((shard) => shard.includes(index));
    if (s < 0) return runnerOf(this.problem, index).state;
    const address = this.states[this.isSharded ? s : 0]!;
    return readStates(this.problem.model, address, shards[s]!.indexOf(index), this.shardSize, arena);
  }
}
