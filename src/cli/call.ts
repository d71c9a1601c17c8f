/** What somebody typed, and what is wrong with it. */
import type { ParseArgsConfig } from "node:util";
import { parseArgs } from "node:util";

/** A bad call: the usage, and exit 2. */
export class UsageError extends Error {}

/** A bad file: lines for standard error, and exit 2. */
export class FileError extends Error {}

type Options = NonNullable<ParseArgsConfig["options"]>;

/** The options and the one file of a call. @throws UsageError */
export function parseCall<O extends Options>(args: string[], options: O) {
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true, strict: true });
    const [file, ...more] = positionals;
    if (file === undefined) throw new UsageError("a FILE.rnn.json is missing");
    if (more.length > 0) throw new UsageError(`one file at a time: found ${more.join(" ")} after ${file}`);
    return { values, file };
  } catch (error) {
    // parseArgs says in one sentence what is wrong with the call
    throw error instanceof TypeError ? new UsageError(error.message) : error;
  }
}

/** The options and the two files of a call. @throws UsageError */
export function parseCallOfTwo<O extends Options>(args: string[], options: O) {
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true, strict: true });
    const [first, second, ...more] = positionals;
    if (first === undefined || second === undefined || more.length > 0)
      throw new UsageError(`expected two files, found ${positionals.length === 0 ? "none" : positionals.join(" ")}`);
    return { values, files: [first, second] as const };
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(error.message) : error;
  }
}

/** @throws UsageError where it is none, or less than `least` */
export function wholeNumber(option: string, text: string | undefined, otherwise: number, least = 0): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(value) || value < least)
    throw new UsageError(`--${option} is ${text}, expected a whole number of at least ${least}`);
  return value;
}

/** @throws UsageError where it is no number of at least 0 */
export function temperatureOf(text: string | undefined): number {
  if (text === undefined) return 1;
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0) || value === Infinity)
    throw new UsageError(`--temperature is ${text}, expected a number of at least 0`);
  return value;
}

/** Steps `first` to `last`, both included, counted from 1. */
export interface StepRange {
  readonly first: number;
  readonly last: number;
}

/** `A..B`; null where nothing was typed. @throws UsageError */
export function stepRangeOf(text: string | undefined): StepRange | null {
  if (text === undefined) return null;
  const [, first, last] = /^(\d+)\.\.(\d+)$/.exec(text.trim()) ?? [];
  const range = { first: Number(first), last: Number(last) };
  if (!(range.first >= 1) || !(range.last >= range.first))
    throw new UsageError(`--steps is ${text}, expected A..B: two step numbers from 1 on, such as 1..10`);
  return range;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
