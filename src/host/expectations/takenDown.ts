/** What a run computes, as expectations of the file. */
import type { BatchResult } from "../../engine/batch";
import type { Run } from "../../engine/run";
import type { NamedTensors, Tensor } from "../../engine/tensor";
import { countNumbers, toNested } from "../../engine/tensor";
import type { ExpectedValues } from "../../format/expectEdit";

export type Kind = "h" | "logits" | "output" | "losses" | "loss" | "gradients" | "updated" | "batch";

/** What one program computes otherwise than another in the last digits of a double. */
const toleranceOfWhole = 1e-9;

/** The kinds of numbers that a run has. @param isOneOfMany whether the file has more sequences, which make a batch */
export function kindsOf({ targetCount }: Run, isOneOfMany: boolean): Kind[] {
  if (targetCount === 0) return ["h", "logits", "output"];
  const ofSequence: Kind[] = ["h", "logits", "output", "losses", "loss", "gradients", "updated"];
  return isOneOfMany ? [...ofSequence, "batch"] : ofSequence;
}

/** How many numbers that would be. */
export function countOf({ model, length, targetCount, gradients }: Run, kinds: readonly Kind[]): number {
  const parameters = countNumbers(gradients);
  const readouts = model.output.at === "every" ? length : 1;
  const counts: Readonly<Record<Kind, number>> = {
    h: length * model.layers.reduce((sum, { size, passes }) => sum + size * passes.length, 0),
    logits: readouts * model.output.size,
    output: readouts * model.output.size,
    losses: targetCount,
    loss: 1,
    gradients: parameters,
    updated: parameters,
    batch: 1 + parameters,
  };
  return kinds.reduce((sum, kind) => sum + counts[kind], 0);
}

/**
 * The numbers of a run, and a tolerance within which they hold.
 * @param updated the parameters after one update
 * @param batch   all sequences together; null where nobody wants them
 * @param digits  significant digits; null for all of them
 * @param byDigits each number must hold within half a unit of its last digit after the point
 */
export function takenDown(
  run: Run,
  updated: NamedTensors,
  batch: BatchResult | null,
  kinds: readonly Kind[],
  digits: number | null,
  byDigits = false,
): { readonly expected: ExpectedValues; readonly batch: ExpectedValues | null; readonly tolerance: number } {
  let largest = 0;
  const number = (value: number): number => {
    largest = Math.max(largest, Math.abs(value));
    if (digits === null) return value;
    const rounded = Number(value.toPrecision(digits));
    // A number that is written without a point is exact.
    return byDigits && Number.isInteger(rounded) ? value : rounded;
  };
  const vector = (v: ArrayLike<number>) => Array.from(v, number);
  const tensors = (named: NamedTensors) =>
    Object.fromEntries(Object.entries(named).map(([name, tensor]) => [name, rounded(tensor, number)]));
  const has = (kind: Kind) => kinds.includes(kind);
  const step = (t: number) => {
    const { h, logits, output, loss } = run.at(t);
    const hidden = h.length === 1 ? { h: vector(h[0]!) } : { layers: h.map((h_t) => ({ h: vector(h_t) })) };
    const values = {
      ...(has("h") && hidden),
      ...(has("logits") && logits && { logits: vector(logits) }),
      ...(has("output") && output && { output: vector(output) }),
      ...(has("losses") && loss !== null && { loss: number(loss) }),
    };
    return Object.keys(values).length === 0 ? null : values;
  };
  const expected = {
    ...(has("loss") && run.loss !== null && { loss: number(run.loss) }),
    ...(kinds.some((kind) => kind === "h" || kind === "logits" || kind === "output" || kind === "losses") && {
      steps: Array.from({ length: run.length }, (_, k) => step(k + 1)),
    }),
    ...(has("gradients") && { gradients: tensors(run.gradients) }),
    ...(has("updated") && { updated: tensors(updated) }),
  };
  const ofBatch = batch && {
    ...(batch.loss !== null && { loss: number(batch.loss) }),
    gradients: tensors(batch.gradients),
  };
  const unit = largest === 0 || digits === null ? 0 : 10 ** (Math.floor(Math.log10(largest)) - digits + 1);
  // Half a unit of the largest number's last digit, and a little more: what is just at the half must not fall to the other side.
  return { expected, batch: ofBatch, tolerance: Math.max(toleranceOfWhole, Number((0.6 * unit).toPrecision(1))) };
}

function rounded(tensor: Tensor, number: (value: number) => number): number[] | number[][] {
  return toNested({ ...tensor, data: tensor.data.map(number) });
}
