import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import type { Problem } from "../src/engine/model";
import type { Reading } from "../src/format/read";
import { readProblem } from "../src/format/read";
import type { Slices } from "../src/format/slices";

/** The folder of the cases with PyTorch's numbers. */
export const goldens = path.join(import.meta.dirname, "goldens");

export function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, "utf8"));
}

/** The golden files of a folder whose names end so, as [case name, path]. */
export function goldenFiles(ending: RegExp, folder = goldens): [string, string][] {
  return readdirSync(folder)
    .filter((name) => ending.test(name))
    .toSorted()
    .map((name) => [name, path.join(folder, name)]);
}

export function readFile(file: string): Reading & { readonly problem: Problem } {
  return readText(readFileSync(file, "utf8"), path.basename(file));
}

/** Reads a text that has to be good. */
export function readText(text: string, fileName = "model.rnn.json"): Reading & { readonly problem: Problem } {
  const reading = readProblem(text, { fileName });
  const { problem } = reading;
  if (!problem) throw new Error(`${fileName}: ${reading.diagnostics.map(({ message }) => message).join("; ")}`);
  return { ...reading, problem };
}

/** What `readData` gives of a data file with this text. */
// oxlint-disable-next-line require-yield
export function* dataOf(text: string | Uint8Array): Slices<Uint8Array> {
  return typeof text === "string" ? Buffer.from(text) : text;
}
