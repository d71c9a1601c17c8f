/** Writes what the kernels find in memory, in the order of the classes in assembly/layout.ts and assembly/optimizer.ts. */
import type { Arena } from "./arena";

// biome-ignore format: one line for each line's worth of fields
const passWords = [
  "cell", "option", "reversed", "inputs", "units", "trueUnits", "columns",
  "Wx", "Wh", "b", "bhn", "dWx", "dWh", "db", "dbhn",
  "z", "u", "q", "h", "c", "tanhC", "dc", "x", "tokens", "dh", "dx", "panels", "form",
] as const;

const layerWords = ["passes", "first", "second", "columns", "out", "above"] as const;

// biome-ignore format: as above
const networkWords = [
  "layerCount", "layers", "trueOutputs", "outputs", "activation", "loss",
  "Why", "by", "dWhy", "dby", "y", "read", "dRead", "room",
] as const;

// biome-ignore format: as above
const batchWords = [
  "length", "sequences", "rows", "offsets", "tokens", "vectors", "reversed",
  "targetCount", "targetRows", "firstTargetRow", "targets", "weights",
  "gradients", "initial", "final", "stateRows", "adds", "updates",
] as const;

// biome-ignore format: as above
const optimizerDoubles = [
  "learningRate", "momentum", "nesterov", "beta1", "beta2", "alpha", "epsilon", "weightDecay",
  "normLimit", "valueLimit", "updates", "beta1Power", "beta2Power",
] as const;
const optimizerWords = ["type", "size", "parameters", "gradients", "first", "second"] as const;

type Fields<Keys extends readonly string[]> = Readonly<Record<Keys[number], number>>;

/** Writes doubles, then 32-bit words. @returns their address */
function write<D extends string, W extends string>(
  arena: Arena,
  doubles: readonly D[],
  words: readonly W[],
  values: Readonly<Record<D | W, number>>,
): number {
  const address = arena.bytes(doubles.length * 8 + words.length * 4);
  new Float64Array(arena.memory.buffer, address, doubles.length).set(doubles.map((key) => values[key]));
  const rest = address + doubles.length * 8;
  new Int32Array(arena.memory.buffer, rest, words.length).set(words.map((key) => values[key]));
  return address;
}

export type PassRecord = Fields<typeof passWords>;
export type BatchRecord = Fields<typeof batchWords> & { readonly share: number };

export function writePass(arena: Arena, values: PassRecord): number {
  return write(arena, [], passWords, values);
}

export function writeLayer(arena: Arena, values: Fields<typeof layerWords>): number {
  return write(arena, [], layerWords, values);
}

export function writeNetwork(arena: Arena, values: Fields<typeof networkWords>): number {
  return write(arena, [], networkWords, values);
}

export function writeBatch(arena: Arena, values: BatchRecord): number {
  return write(arena, ["share"], batchWords, values);
}

export function writeOptimizer(
  arena: Arena,
  values: Fields<typeof optimizerDoubles> & Fields<typeof optimizerWords>,
): number {
  return write(arena, optimizerDoubles, optimizerWords, values);
}
