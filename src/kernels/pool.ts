/** Threads that compute the shards of a batch, over one memory. */
import * as path from "node:path";
import { Worker } from "node:worker_threads";
import type { Exports, Kernels } from "./kernels";

/** What a thread of the pool is started with. */
export interface PoolData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Addresses. */
  readonly control: number;
  readonly network: number;
}

/** The words at `control`; after them the shards' addresses, and from `lossesAt` on their losses. */
const word = { generation: 0, ticket: 1, done: 2, count: 3, failed: 4 } as const;
const shardsAt = 16;
const lossesAt = 64;
const controlBytes = 512;
/** A ticket: the generation, and in its last bits the next shard. */
const shardBits = 8;
/** Looks at a word before it sleeps: some 50 µs, about what falling asleep and waking up cost. */
const spins = 20000;

class Control {
  private readonly words: Int32Array;
  private readonly losses: Float64Array;

  constructor(memory: WebAssembly.Memory, address: number) {
    this.words = new Int32Array(memory.buffer, address, lossesAt);
    this.losses = new Float64Array(memory.buffer, address + lossesAt * 4, (controlBytes - lossesAt * 4) / 8);
  }

  /** Hands out a new batch. */
  open(shards: readonly number[]): void {
    this.words.set(shards, shardsAt);
    const generation = (Atomics.load(this.words, word.generation) + 1) & 0x3fffff;
    Atomics.store(this.words, word.count, shards.length);
    Atomics.store(this.words, word.done, 0);
    Atomics.store(this.words, word.ticket, generation << shardBits);
    Atomics.store(this.words, word.generation, generation);
    Atomics.notify(this.words, word.generation);
  }

  get generation(): number {
    return Atomics.load(this.words, word.generation);
  }

  /** Computes shards of this generation until none is left. */
  work(generation: number, { gradients }: Exports, network: number): void {
    for (;;) {
      const ticket = Atomics.load(this.words, word.ticket);
      const shard = ticket & ((1 << shardBits) - 1);
      if (ticket >> shardBits !== generation || shard >= Atomics.load(this.words, word.count)) return;
      if (Atomics.compareExchange(this.words, word.ticket, ticket, ticket + 1) !== ticket) continue;
      this.losses[shard] = gradients(network, this.words[shardsAt + shard]!);
      Atomics.add(this.words, word.done, 1);
      Atomics.notify(this.words, word.done);
    }
  }

  /** Waits until a word is another than `value`. */
  private await(index: number, value: number): void {
    for (let spin = 0; spin < spins; spin++) if (Atomics.load(this.words, index) !== value) return;
    Atomics.wait(this.words, index, value);
  }

  /** Waits for the next generation. */
  awaitGeneration(last: number): number {
    this.await(word.generation, last);
    return this.generation;
  }

  /** Waits until all shards are done. @returns their losses */
  results(): Float64Array {
    const count = this.words[word.count]!;
    for (;;) {
      const done = Atomics.load(this.words, word.done);
      if (Atomics.load(this.words, word.failed) !== 0) throw new Error("a thread of the pool failed");
      if (done === count) return this.losses.slice(0, count);
      this.await(word.done, done);
    }
  }

  fail(): void {
    Atomics.store(this.words, word.failed, 1);
    Atomics.add(this.words, word.done, 1);
    Atomics.notify(this.words, word.done);
  }
}

/** This thread and others beside it. One that has not started yet is not waited for. */
export class Pool {
  private readonly control: Control;
  private readonly workers: readonly Worker[];

  /** @param networks the room of each thread, this one's first @param folder where the threads' bundle lies */
  constructor(
    folder: string,
    private readonly kernels: Kernels,
    private readonly networks: readonly number[],
  ) {
    const { module, arena } = kernels;
    const address = arena.bytes(controlBytes);
    this.control = new Control(arena.memory, address);
    this.workers = networks.slice(1).map((network) => {
      const workerData: PoolData = { module, memory: arena.memory, control: address, network };
      const worker = new Worker(path.resolve(folder, "kernelThread.js"), { workerData });
      worker.unref();
      return worker;
    });
  }

  /** Computes the gradients of all shards. @returns the shards' losses @throws where a thread fails */
  gradients(shards: readonly number[]): Float64Array {
    this.control.open(shards);
    this.control.work(this.control.generation, this.kernels.exports, this.networks[0]!);
    return this.control.results();
  }

  dispose(): void {
    for (const worker of this.workers) void worker.terminate();
  }
}

/** What a thread of the pool does, until it is ended. */
export function serve(exports: Exports, { memory, control: address, network }: PoolData): void {
  const control = new Control(memory, address);
  try {
    for (let generation = 0; ; ) {
      generation = control.awaitGeneration(generation);
      control.work(generation, exports, network);
    }
  } catch (error) {
    control.fail();
    throw error;
  }
}
