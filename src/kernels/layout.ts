/** Writes what the kernels find in memory, in the order of the classes in assembly/layout.ts and assembly/optimizer.ts. */
import type { Arena } from "./arena";

// biome-ignore format: one line for each line's worth of fields
const passWords = [
  "cell", "option", "reversed", "inputs", "units", "trueUnits", "columns",
  "Wx", "Wh", "b", "bhn", "dWx", "dWh", "db", "dbhn",
  "z", "u", "q", "h", "c", "tanhC", "dc", "x", "tokens", "dh", "dx", "panels", "form", "tokenRows", "plan",
] as const;

const tokenRowsWords = ["count", "tokens", "places"] as const;

const networkDoubles = ["factor", "delta", "smoothing"] as const;

const layerWords = ["passes", "first", "second", "columns", "out", "above"] as const;

// biome-ignore format: as above
const networkWords = [
  "layerCount", "layers", "trueOutputs", "outputs", "activation", "loss", "classWeights", "hasWhy",
  "Why", "by", "dWhy", "dby", "Wxy", "dWxy", "skip", "inputs", "trueInputs", "readX", "dReadX",
  "E", "dE", "touched", "tokens", "xE", "dxE", "firstRows", "y", "read", "dRead", "room",
] as const;

// biome-ignore format: as above
const batchWords = [
  "length", "sequences", "rows", "offsets", "tokens", "vectors", "reversed",
  "targetCount", "targetRows", "firstTargetRow", "endRows", "targets", "weights", "scales",
  "gradients", "initial", "final", "stateRows", "adds", "back", "updates",
] as const;

// biome-ignore format: as above
const optimizerDoubles = [
  "learningRate", "momentum", "nesterov", "beta1", "beta2", "alpha", "epsilon", "weightDecay",
  "normLimit", "valueLimit", "updates", "beta1Power", "beta2Power",
] as const;
// biome-ignore format: as above
const optimizerWords = [
  "type", "size", "parameters", "gradients", "first", "second",
  "rows", "rowSize", "touched", "frozenCount", "frozen", "kept",
] as const;

const slotWords = ["base", "stride", "row"] as const;
const instructionWords = ["op", "to", "a", "b", "c", "d", "more"] as const;
// biome-ignore format: as above
const productWords = ["W", "stride", "transposed", "inner", "columns", "adds", "ofState", "panels", "form"] as const;
const ownSumWords = ["dW", "stride", "columns", "left", "right", "ofState", "adds"] as const;
// biome-ignore format: as above
const ownPlanWords = [
  "rowNumbers", "units", "trueUnits", "parts", "partUnits", "partFilled", "Wx", "inputColumns", "projected",
  "above", "aboveBefore", "states", "flowing", "forward", "backward", "carried", "forwardProducts", "backwardProducts",
  "sums", "cleared", "toInput", "toInputOf", "x", "xStride", "tokens", "dx", "dxStride", "ofRun",
] as const;

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
export type BatchRecord = Fields<typeof batchWords>;

/** The place of a batch's word, for what changes from batch to batch. */
export function batchWord(key: (typeof batchWords)[number]): number {
  return batchWords.indexOf(key);
}

export function writePass(arena: Arena, values: PassRecord): number {
  return write(arena, [], passWords, values);
}

export function writeTokenRows(arena: Arena, values: Fields<typeof tokenRowsWords>): number {
  return write(arena, [], tokenRowsWords, values);
}

export function writeLayer(arena: Arena, values: Fields<typeof layerWords>): number {
  return write(arena, [], layerWords, values);
}

export function writeNetwork(
  arena: Arena,
  values: Fields<typeof networkDoubles> & Fields<typeof networkWords>,
): number {
  return write(arena, networkDoubles, networkWords, values);
}

export function writeBatch(arena: Arena, values: BatchRecord): number {
  return write(arena, [], batchWords, values);
}

export function writeOptimizer(
  arena: Arena,
  values: Fields<typeof optimizerDoubles> & Fields<typeof optimizerWords>,
): number {
  return write(arena, optimizerDoubles, optimizerWords, values);
}

export function writeSlot(arena: Arena, values: Fields<typeof slotWords>): number {
  return write(arena, [], slotWords, values);
}

/** Instructions that follow each other. @returns the address of the first */
export function writeInstructions(arena: Arena, all: readonly Fields<typeof instructionWords>[]): number {
  return arena.words(all.flatMap((values) => instructionWords.map((key) => values[key])));
}

export function writeProduct(arena: Arena, values: Fields<typeof productWords>): number {
  return write(arena, [], productWords, values);
}

/** How a product's matrix is given that no kernel has packed: its `form`. */
export const notPacked = 0;

export function writeProductForm(arena: Arena, product: number, form: number): void {
  new Int32Array(arena.memory.buffer, product, productWords.length)[productWords.indexOf("form")] = form;
}

export function writeOwnSum(arena: Arena, values: Fields<typeof ownSumWords>): number {
  return write(arena, [], ownSumWords, values);
}

export function writeOwnPlan(arena: Arena, values: Fields<typeof ownPlanWords>): number {
  return write(arena, [], ownPlanWords, values);
}
