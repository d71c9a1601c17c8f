import type { Model, Sequence } from "../../src/engine/model";
import { predict } from "../../src/engine/predict";
import { run } from "../../src/engine/run";
import { traceOf } from "../../src/engine/trace";
import { readInputs } from "../../src/format/inputs";
import { type Imported, importModel } from "../../src/interop/import";
import { headOf } from "../../src/interop/importFile";
import { sourceOf } from "../../src/interop/source";
import { modelText } from "../../src/interop/write";
import { readText } from "../files";

export interface ImportedText extends Imported {
  readonly text: string;
  readonly model: Model;
}

/** Imports bytes, and reads the text that is written of them. */
export function importBytes(name: string, bytes: Uint8Array | string | object, layer?: string): ImportedText {
  const data =
    bytes instanceof Uint8Array
      ? bytes
      : new TextEncoder().encode(typeof bytes === "string" ? bytes : JSON.stringify(bytes));
  return readImported(name, importModel(sourceOf(name, data), layer));
}

/** The text that is written of an import, and the model that it reads as. */
export function readImported(name: string, imported: Imported): ImportedText {
  const { name: title, title: lines } = headOf(name, imported);
  const text = [...modelText(title, lines, imported.chain, null)].join("");
  return { ...imported, text, model: readText(text).problem.model };
}

function sequenceOf(model: Model, inputs: readonly unknown[]): Sequence {
  const read = readInputs(JSON.stringify(inputs), model);
  if (!read.ok) throw new Error(read.errors.join("; "));
  return read.sequence;
}

/** What an imported model gives for inputs: the read-out of every step. */
export function outputsOf(model: Model, inputs: readonly unknown[]): number[][] {
  return predict(model, sequenceOf(model, inputs), undefined, null).outputs;
}

/** The state in which a model's first layer ends, by its name. */
export function stateAfter(model: Model, inputs: readonly unknown[]): Record<string, number[]> {
  const { steps } = traceOf(run(model, [sequenceOf(model, inputs)], 0), 0, () => null, false) as unknown as {
    steps: { layers: Record<string, number[]>[] }[];
  };
  return steps.at(-1)!.layers[0]!;
}

/** The largest difference of numbers in arrays in arrays. */
export function difference(a: unknown, b: unknown): number {
  const [x, y] = [a, b].map((value) => [value].flat(9) as number[]);
  if (x!.length !== y!.length || x!.length === 0) throw new Error(`${x!.length} numbers beside ${y!.length}`);
  return Math.max(...x!.map((value, k) => Math.abs(value - y![k]!)));
}

/** Numbers that look like weights, from a seed. */
export function numbers(seed: number): (count: number) => number[] {
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.fround((state / 2 ** 32 - 0.5) * 1.2);
  };
  return (count) => Array.from({ length: count }, next);
}
