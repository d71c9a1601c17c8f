import type { LossType, ReadAt, Sequence, SequenceTargets } from "./model";
import { Random } from "./random";

export type Task = "sum-sign" | "adding" | "copy" | "parity" | "sine";

export interface TaskSettings {
  readonly task: Task;
  readonly count: number;
  /** T of each sequence. */
  readonly length: number;
  readonly seed: number;
}

/** X of each task. */
export const taskInputSize: Readonly<Record<Task, number>> = { "sum-sign": 1, adding: 2, copy: 10, parity: 1, sine: 1 };

/** What a task's targets are. */
const targetKinds: Record<Task, "binary" | "real" | "symbol"> = {
  "sum-sign": "binary",
  adding: "real",
  copy: "symbol",
  parity: "binary",
  sine: "real",
};

const copyBlank = 8;
const copyRecall = 9;

/** Steps between two pauses, and how many of them a sequence is worth in itself. */
const itemsInSlice = 1 << 15;
const itemsForSequence = 32;

/**
 * Draws the sequences of a task from its seed.
 *   sum-sign  normal inputs; 1 where the sum (so far) is positive
 *   adding    [u_t, marker]: the sum of the two marked numbers (Hochreiter and Schmidhuber 1997)
 *   copy      symbols, blanks, a recall sign, blanks: the symbols again at the end (copying memory)
 *   parity    bits; 1 where the number of ones (so far) is odd
 *   sine      sin(ω t + φ) with random phase φ and period 20: the next value
 * Pauses now and then, so that somebody else may work.
 * @throws Error in the field's words where the model's read-out or loss cannot express the task
 */
export function* drawTask(
  settings: TaskSettings,
  output: { readonly size: number; readonly at: ReadAt },
  lossType: LossType | null,
): Generator<void, Sequence[], undefined> {
  const { task, count, length, seed } = settings;
  const kind = targetKinds[task];
  const classes = lossType === "cross-entropy";
  if (task === "copy" && output.at !== "every")
    throw new Error("the copy task has a target at the last steps: output.at must be every");
  if (task === "copy" && length < 3) throw new Error(`the copy task needs at least 3 steps, found length ${length}`);
  if (task === "adding" && length < 2)
    throw new Error(`the adding task needs at least 2 steps, found length ${length}`);
  if (kind === "real" && lossType !== null && !["mse", "mae", "huber"].includes(lossType))
    throw new Error(`the ${task} task has real targets: loss.type must be mse, mae or huber, found ${lossType}`);
  const wanted = kind === "symbol" ? 10 : classes ? 2 : 1;
  if (output.size !== wanted)
    throw new Error(
      `the ${task} task has ${wanted} output${wanted > 1 ? "s" : ""} with this loss, but output.size is ${output.size}`,
    );

  const random = new Random(seed);
  const sequences: Sequence[] = [];
  let sincePause = 0;
  for (let k = 0; k < count; k++) {
    const drawn = draw(task, length, random);
    sequences.push({
      name: null,
      length,
      inputs: { tokens: drawn.tokens, vectors: drawn.vectors },
      targets: lossType === null ? null : asTargets(drawn.targets, output, classes),
      weights: null,
      weight: 1,
      initial: null,
      carry: false,
    });
    sincePause += itemsForSequence + length;
    if (sincePause < itemsInSlice) continue;
    sincePause = 0;
    yield;
  }
  return sequences;
}

interface Drawn {
  readonly tokens: Int32Array | null;
  readonly vectors: Float64Array | null;
  /** One number a step; NaN where there is none. */
  readonly targets: Float64Array;
}

function draw(task: Task, length: number, random: Random): Drawn {
  const targets = new Float64Array(length).fill(Number.NaN);
  switch (task) {
    case "sum-sign": {
      const vectors = Float64Array.from({ length }, () => random.normal());
      let sum = 0;
      for (let k = 0; k < length; k++) {
        sum += vectors[k]!;
        targets[k] = sum > 0 ? 1 : 0;
      }
      return { tokens: null, vectors, targets };
    }
    case "parity": {
      const vectors = Float64Array.from({ length }, () => random.below(2));
      let ones = 0;
      for (let k = 0; k < length; k++) {
        ones += vectors[k]!;
        targets[k] = ones % 2;
      }
      return { tokens: null, vectors, targets };
    }
    case "adding": {
      const vectors = new Float64Array(length * 2);
      for (let k = 0; k < length; k++) vectors[2 * k] = random.uniform();
      const half = Math.floor(length / 2);
      const first = random.below(half);
      const second = half + random.below(length - half);
      vectors[2 * first + 1] = 1;
      vectors[2 * second + 1] = 1;
      targets[length - 1] = vectors[2 * first]! + vectors[2 * second]!;
      return { tokens: null, vectors, targets };
    }
    case "copy": {
      const symbols = Math.min(10, Math.floor((length - 1) / 2));
      const tokens = new Int32Array(length).fill(copyBlank);
      for (let k = 0; k < symbols; k++) tokens[k] = random.below(8);
      tokens[length - symbols - 1] = copyRecall;
      targets.fill(copyBlank);
      for (let k = 0; k < symbols; k++) targets[length - symbols + k] = tokens[k]!;
      return { tokens, vectors: null, targets };
    }
    case "sine": {
      const phase = 2 * Math.PI * random.uniform();
      const value = (t: number) => Math.sin((2 * Math.PI * t) / 20 + phase);
      for (let k = 0; k < length; k++) targets[k] = value(k + 2);
      return { tokens: null, vectors: Float64Array.from({ length }, (_, k) => value(k + 1)), targets };
    }
  }
}

function asTargets(
  numbers: Float64Array,
  output: { readonly size: number; readonly at: ReadAt },
  classes: boolean,
): SequenceTargets {
  const last = numbers.length - 1;
  const counts = (k: number) => (output.at === "every" || k === last) && !Number.isNaN(numbers[k]!);
  if (classes)
    return { kind: "classes", classes: Int32Array.from(numbers, (v, k) => (counts(k) ? v : -1)), probabilities: null };
  // A symbol is a vector for the losses that compare vectors.
  const vectors = new Float64Array(numbers.length * output.size);
  const present = new Uint8Array(numbers.length);
  numbers.forEach((v, k) => {
    if (!counts(k)) return;
    present[k] = 1;
    if (output.size === 1) vectors[k] = v;
    else vectors[k * output.size + v] = 1;
  });
  return { kind: "vectors", vectors, present };
}
