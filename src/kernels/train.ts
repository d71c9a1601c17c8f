/** Training on the kernels: the engine's `train`, with the same results to rounding, many updates at a time. */
import { countTargets } from "../engine/loss";
import type { Problem, Sequence } from "../engine/model";
import { longestOf, parametersOf, withParameters } from "../engine/model";
import type { NetworkState } from "../engine/network";
import { Recording } from "../engine/network";
import { Random } from "../engine/random";
import { finish } from "../engine/run";
import { rateOfEpoch } from "../engine/schedule";
import type { Tensor } from "../engine/tensor";
import { countNumbers, zerosLikeAll } from "../engine/tensor";
import type { BrokenPlace, RateFactor, TrainingEnd, TrainingStep } from "../engine/train";
import { computeChunk, placeBroken, runnerOf } from "../engine/train";
import { mostBytes } from "./arena";
import type { Manner } from "./batches";
import { areSoft, areTokens, layOutBatch, layOutStates, mannerOf, readStates, stateSize } from "./batches";
import type { Kernels } from "./kernels";
import { writeOptimizer } from "./layout";
import type { Capacity } from "./network";
import { layOutNetwork } from "./network";
import { keptVectors } from "./own";
import { ownProgramOf } from "./ownProgram";
import type { Part } from "./parameters";
import { ParameterLayout } from "./parameters";
import { Pool } from "./pool";

/** A batch is cut into shards of so many sequences, whatever the number of threads: so no sum depends on it. */
const shardSequences = 8;
const mostShards = 16;
const mostThreads = 8;
/** Multiplications between two looks at whether to stop: some 10 ms. */
const sliceWork = 1e8;
/** Multiplications between two snapshots, */
const snapshotWork = 4e8;
/** and for each byte that a snapshot copies, so that it costs little beside them; no more than are done again within some seconds. */
const snapshotWorkPerByte = 1500;
const mostSnapshotWork = 1e10;
/** What was done since a snapshot is remembered, however little it is. */
const mostRuns = 1 << 14;
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
  /** The addresses of its batches, once they are written. */
  batches: readonly number[] | null;
}

/** A piece, and the learning rate of its update. */
interface Done {
  readonly piece: Piece;
  readonly rate: number;
}

/** A copy of all that updates change, and what was done since. */
interface Snapshot {
  readonly address: number;
  readonly runs: { readonly pieces: readonly Piece[]; readonly rate: number }[];
  /** Whether any of it was an update. */
  hasUpdate: boolean;
}

const piecesOf = ({ runs }: Snapshot): Done[] =>
  runs.flatMap(({ pieces, rate }) => pieces.map((piece) => ({ piece, rate })));

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
  rate: RateFactor = { value: 1 },
): Generator<TrainingStep, TrainingEnd, boolean | undefined> {
  const trainer = new KernelTrainer(problem, kernels, folder, threads, rate);
  try {
    for (let epoch = 1; epoch <= problem.training.epochs; epoch++) {
      const end = yield* trainer.epoch(epoch);
      if (end) return end;
    }
    return trainer.end("done", problem.training.epochs);
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
    targets: model.output.at === "every" ? rows : shardSize,
    tokens: areTokens(sequences),
    soft: areSoft(sequences),
  };
}

/** Whether one thread's room fits well into what WebAssembly can address. */
export function fits(problem: Problem): boolean {
  const { model } = problem;
  const numbersOfRow = model.layers.reduce((sum, layer) => {
    const vectors = layer.own ? layer.own.states.length + 4 + keptVectors(ownProgramOf(layer)) : 16;
    return sum + layer.passes.length * (vectors * layer.size + 2 * layer.inputSize);
  }, model.output.size + model.inputSize);
  const parameters = countNumbers(parametersOf(model));
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
  /** How many gradients there is room for. */
  private readonly shards: number;
  /** Whether an embedding's rows are trained. */
  private readonly trainsRows: boolean;
  private readonly theta: number;
  private readonly states: readonly number[];
  private readonly optimizer: number;
  private readonly snapshotWork: number;
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
  private rate = 0;

  constructor(
    private readonly problem: Problem,
    private readonly kernels: Kernels,
    folder: string,
    threads: number,
    /** What the learning rate is multiplied by, heeded at the beginning of each epoch. */
    private readonly rateFactor: RateFactor,
  ) {
    const { model, sequences, training } = problem;
    const { arena, exports } = kernels;
    this.manner = mannerOf(problem);
    this.random = new Random(training.seed);
    this.batchSize = Math.min(training.batchSize, sequences.length);
    this.chunk = training.truncate ?? Number.POSITIVE_INFINITY;
    this.carries = carries(problem);
    this.shardSize = shardSizeOf(problem);
    this.isSharded = !this.carries && this.batchSize > this.shardSize;
    this.counted = sequences.filter((sequence) => countTargets(sequence) > 0).length;

    this.layout = new ParameterLayout(model, arena);
    const { size, total } = this.layout;
    const shards = this.isSharded ? Math.ceil(this.batchSize / this.shardSize) : 1;
    const bytes = total * arena.realBytes;
    this.trainsRows = model.embedding !== null && !model.frozen.has("embedding.E");
    // Behind an embedding's gradient: which of its rows have one.
    const touchedBytes = this.trainsRows ? 4 + 5 * this.layout.E!.rows : 0;
    this.gradientBytes = Math.ceil((bytes + touchedBytes) / 64) * 64;
    this.gradients = arena.bytes(this.gradientBytes * shards);
    this.shards = shards;
    const frozen = this.layout.frozenParts();
    const keptBytes = frozen.length > 0 ? arena.bytes(bytes) : null;
    this.theta = arena.bytes(bytes);
    const kept = keptBytes ?? this.theta;
    const { type, momentum } = training.optimizer;
    const hasFirst = type === "adam" || type === "adamw" || momentum > 0;
    const first = hasFirst ? arena.bytes(bytes) : 0;
    const second = type === "sgd" ? 0 : arena.bytes(bytes);
    this.states = Array.from({ length: shards }, () => arena.reals(stateSize(model, this.shardSize, arena)));
    this.optimizer = this.writeOptimizer(first, second, frozen, kept);
    this.durableBytes = arena.mark() - this.theta;
    this.snapshotWork = Math.min(mostSnapshotWork, Math.max(snapshotWork, snapshotWorkPerByte * this.durableBytes));
    for (const address of new Set([this.theta, kept]))
      this.layout.write(parametersOf(model), arena.view(address, total));
    this.older = { address: arena.bytes(this.durableBytes), runs: [], hasUpdate: false };
    this.newer = { address: arena.bytes(this.durableBytes), runs: [], hasUpdate: false };
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

  private writeOptimizer(first: number, second: number, frozen: readonly Part[], kept: number): number {
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
      rows: this.trainsRows ? this.layout.E!.rows : 0,
      rowSize: this.layout.E?.columns ?? 0,
      touched: this.gradients + this.layout.total * this.kernels.arena.realBytes,
      frozenCount: frozen.length,
      frozen: this.kernels.arena.words(
        frozen.flatMap(({ start, rows, stride, count }) => [start, rows, stride, count]),
      ),
      kept,
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
    return this.layout.read(this.kernels.arena.view(this.theta, this.layout.total));
  }

  dispose(): void {
    this.pool?.dispose();
  }

  /** @returns how the run ended, or null where it goes on */
  *epoch(epoch: number): Generator<TrainingStep, TrainingEnd | null, boolean | undefined> {
    this.loss = 0;
    this.norm = 0;
    this.setRate(rateOfEpoch(this.problem.training, epoch) * this.rateFactor.value);
    const parameters = () => this.parameters();
    for (const { pieces, work, done } of this.slicesOfEpoch()) {
      const end = this.doSlice(epoch, pieces, work);
      if (end) return end;
      if (done < 1 && (yield { epoch, done, result: null, parameters })) return this.end("stopped", epoch);
    }
    const result = { epoch, loss: this.counted > 0 ? this.loss / this.counted : 0, gradientNorm: this.norm };
    return (yield { epoch, done: 1, result, parameters }) ? this.end("stopped", epoch) : null;
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
    const longest = longestOf(members.map((index) => this.problem.sequences[index]!));
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
    const longest = longestOf(sequences);
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

  private layOut(piece: Piece): readonly number[] {
    const { model, sequences, training } = this.problem;
    const { arena } = this.kernels;
    const keepsStates = this.carries || training.truncate !== null;
    const { from, hasTargets } = piece;
    const to = from + this.chunk;
    const shards = this.shardsOf(piece);
    return shards.map((shard, s) => {
      const inShard = shard.map((index) => sequences[index]!);
      const states = this.states[this.isSharded ? s : 0]!;
      const goesOn = from > 0 || (inShard[0]!.carry && shard[0]! > 0);
      const around = {
        ofUpdate: piece.members.map((index) => sequences[index]!),
        gradients: this.gradients + (this.isSharded ? s * this.gradientBytes : 0),
        initial: goesOn ? states : layOutStates(model, inShard, this.shardSize, arena),
        final: keepsStates ? states : 0,
        stateRows: this.shardSize,
        adds: !this.isSharded && s > 0,
        back: hasTargets,
        updates: !this.isSharded && hasTargets && s === shards.length - 1,
      };
      return layOutBatch({ sequences: inShard, from, to }, this.manner, around, arena);
    });
  }

  /** @returns how the run ended, or null where it goes on */
  private doSlice(epoch: number, pieces: readonly Piece[], work: number): TrainingEnd | null {
    const done = this.run(pieces);
    if (done < pieces.length) return this.diverged(epoch, pieces, done);
    this.newer.runs.push({ pieces, rate: this.rate });
    this.newer.hasUpdate ||= pieces.some(({ hasTargets }) => hasTargets);
    this.workSince += work;
    if (this.workSince >= this.snapshotWork || this.newer.runs.length >= mostRuns) this.takeSnapshot();
    return null;
  }

  private takeSnapshot(): void {
    // Between two snapshots lies an update, so that the parameters before the last one can be found again.
    if (!this.newer.hasUpdate) return;
    const { address } = this.older;
    this.older = this.newer;
    this.newer = { address, runs: [], hasUpdate: false };
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
      const addresses = pieces[k]!.batches!;
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
    for (; left >= pieces[done]!.batches!.length; done++) left -= pieces[done]!.batches!.length;
    return done;
  }

  private runSharded(pieces: readonly Piece[]): number {
    const { exports } = this.kernels;
    for (const [done, piece] of pieces.entries()) {
      const addresses = piece.batches!;
      const shards = addresses.length;
      let loss = 0;
      if (this.pool) for (const ofShard of this.pool.gradients(addresses)) loss += ofShard;
      else for (const batch of addresses) loss += exports.gradients(this.networks[0]!, batch);
      if (Number.isNaN(loss)) return done;
      if (piece.hasTargets) {
        const next = this.gradients + this.gradientBytes;
        if (shards > 1) exports.sumGradients(this.gradients, next, this.gradientBytes, shards, this.layout.size);
        this.report[1] = this.norm;
        if (this.trainsRows && shards > 1) exports.sumTouched(this.optimizer, this.gradientBytes, shards);
        if (!exports.step(this.optimizer, this.reportAddress)) return done;
        this.norm = this.report[1]!;
      }
      this.loss += loss;
    }
    return pieces.length;
  }

  /** What the run ends with: where the last update broke it, the parameters before that. */
  end(kind: "done" | "stopped", epoch: number): TrainingEnd {
    const parameters = this.parameters();
    const before = [...piecesOf(this.older), ...piecesOf(this.newer)];
    const update = before.findLastIndex(({ piece }) => piece.hasTargets);
    const current = { ...this.problem, model: withParameters(this.problem.model, parameters) };
    const broken = update < 0 ? null : placeBroken(current, before[update]!.piece);
    if (!broken) return { kind, parameters };
    this.goBackTo(before.slice(0, update));
    return { kind: "diverged", parameters: this.parameters(), epoch, ...broken };
  }

  /** Goes back to find the parameters before the update that broke the run, and the place. */
  private diverged(epoch: number, pieces: readonly Piece[], done: number): TrainingEnd {
    const last = { pieces: pieces.slice(0, done), rate: this.rate };
    const before = [...piecesOf(this.older), ...piecesOf(this.newer), ...piecesOf({ ...this.newer, runs: [last] })];
    this.goBackTo(before);
    const place = this.brokenPlace(pieces[done]!);
    // A loss that is infinite at these parameters makes the ones before them the last good ones.
    const update = before.findLastIndex(({ piece }) => piece.hasTargets);
    if (update >= 0) this.goBackTo(before.slice(0, update));
    return { kind: "diverged", parameters: this.parameters(), epoch, ...place };
  }

  /** Everything as it was after these pieces, counted from the older snapshot. */
  private goBackTo(pieces: readonly Done[]): void {
    this.copyDurable(this.theta, this.older.address);
    if (this.trainsRows) this.clearRows();
    for (const { piece, rate } of pieces) {
      this.setRate(rate);
      this.run([piece]);
    }
  }

  /** What a run that has broken off leaves of the gradients of an embedding's rows, which are zero between updates. */
  private clearRows(): void {
    const { memory, realBytes } = this.kernels.arena;
    const start = this.layout.size * realBytes;
    for (let s = 0; s < this.shards; s++)
      new Uint8Array(memory.buffer, this.gradients + s * this.gradientBytes + start, this.gradientBytes - start).fill(
        0,
      );
  }

  /** Sets the learning rate, which an optimizer's record begins with. */
  private setRate(rate: number): void {
    this.rate = rate;
    new Float64Array(this.kernels.arena.memory.buffer, this.optimizer, 1)[0] = rate;
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
    const { batchReduction } = problem.training;
    const workplace = { model, recording: new Recording(model), gradients, batchReduction };
    const found = finish(computeChunk(workplace, runners, from, this.chunk, carried));
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
