/** Where a file's sequences come from: from the file itself, from a task that draws them, or from a data file. */
import { isUtf8 } from "node:buffer";
import type { Task } from "../engine/tasks";
import { readDataLines, type Written } from "./data";
import { openArrays } from "./dataFiles/arrays";
import { readJsonSequences } from "./dataFiles/json";
import type { NumericSource } from "./dataFiles/numeric";
import { cutText } from "./dataFiles/text";
import { openTable } from "./dataFiles/windows";
import type { Draft } from "./draft";
import type { Sequence as FileSequence, RnnFile } from "./file.generated";
import { decodeText, EncodingError } from "./openData";
import type { OwnCells } from "./ownCells";
import { bad } from "./parse";
import type { Collector } from "./report";
import type { Slices } from "./slices";
import type { Path } from "./sourceMap";

/** Reads a data file, named relative to the model file. Throws where it cannot. */
export interface ReadData {
  (relativePath: string): Slices<Uint8Array>;
  /** Whether a file lies outside the model file's folder: nothing of what stands in it is said then. Default: none does. */
  readonly isElsewhere?: (relativePath: string) => boolean;
}

/** Sequences as they are written, a task, or numbers of a data file. */
export type Source =
  | DraftSource
  | {
      readonly kind: "task";
      readonly task: Draft<Task>;
      readonly count: number;
      readonly length: number;
      readonly seed: number;
    }
  | NumericSource;

export interface DraftSource {
  readonly kind: "drafts";
  readonly drafts: readonly Draft<FileSequence>[];
  /** The path of the k-th in the text that its report knows. */
  readonly placeOf: (k: number) => Pick<Written, "base" | "report">;
  /** All tokens, by first appearance, where that is known already. */
  readonly tokens: readonly string[] | null;
}

export type GivenSource = Exclude<Draft<Exclude<NonNullable<RnnFile["sequences"]>, unknown[]>>, typeof bad>;

/** Keys that mean nothing beside a task. */
const fileKeys = ["inputs", "targets", "window", "horizon", "stride", "scale", "tokens"] as const;

/** Null where it is unusable. @param path where the file says it */
export function* openSource(
  given: Draft<NonNullable<RnnFile["sequences"]>> | undefined,
  path: Path,
  readData: ReadData | undefined,
  own: OwnCells,
  report: Collector,
): Slices<Source | null> {
  if (given === undefined) return ownSequences([], path, report);
  if (given === bad) return null;
  if (Array.isArray(given)) return ownSequences(given, path, report);
  const source = given;
  const { task, file, count, length, seed = 0 } = source;
  const name = String(path.at(-1));
  if (task !== undefined && file !== undefined)
    report.error("sequences", [...path, "file"], `${name} has both "task" and "file": expected one of them`, "key");
  if (task !== undefined) {
    for (const key of ["count", "length"] as const)
      if (source[key] === undefined) report.error("missing-key", path, `a task has no "${key}"`, "opening");
    for (const key of fileKeys)
      if (source[key] !== undefined)
        report.warning("unused-key", [...path, key], `${key} means nothing beside "task"`, "key");
    if (task === bad || count === bad || length === bad || seed === bad || count === undefined || length === undefined)
      return null;
    return { kind: "task", task, count, length, seed };
  }
  if (file === undefined) {
    report.error(
      "missing-key",
      path,
      `${name} is an object without "task" and "file": expected one of them`,
      "opening",
    );
    return null;
  }
  for (const key of ["count", "seed"] as const)
    if (source[key] !== undefined && !(key === "seed" && name === "validation"))
      report.warning("unused-key", [...path, key], `${key} means nothing beside "file"`, "key");
  if (file === bad) return null;
  return yield* openDataFile(file, source, path, readData, own, report);
}

export function ownSequences(drafts: readonly Draft<FileSequence>[], path: Path, report: Collector): DraftSource {
  return { kind: "drafts", drafts, placeOf: (k) => ({ base: [...path, k], report }), tokens: null };
}

function* openDataFile(
  file: string,
  given: GivenSource,
  path: Path,
  readData: ReadData | undefined,
  own: OwnCells,
  report: Collector,
): Slices<Source | null> {
  const filePath = [...path, "file"];
  if (readData === undefined) {
    report.error("data-file", filePath, `${file} cannot be read here`);
    return null;
  }
  const ending = /\.[^./\\]*$/.exec(file)?.[0].toLowerCase() ?? "";
  try {
    if (readData.isElsewhere?.(file)) report.hide(file);
    const bytes = yield* readData(file);
    switch (ending) {
      case ".csv":
      case ".tsv":
        // A table is read from its bytes: this says where one is that is no text.
        if (!isUtf8(bytes)) yield* decodeText(bytes);
        return openTable(bytes, file, given, path, report);
      case ".npy":
      case ".npz":
        return yield* openArrays(bytes, file, given, path, report);
      default:
        return yield* readText(yield* decodeText(bytes), file, ending, given, path, own, report);
    }
  } catch (error) {
    if (error instanceof EncodingError) {
      const { line, column, message } = error;
      report.addFromData("error", "encoding", filePath, message, { file, line, column });
    } else
      report.error(
        "data-file",
        filePath,
        `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      );
    return null;
  }
}

function* readText(
  text: string,
  file: string,
  ending: string,
  given: GivenSource,
  path: Path,
  own: OwnCells,
  report: Collector,
): Slices<DraftSource | null> {
  const filePath = [...path, "file"];
  if (ending === ".txt") {
    const cut = yield* cutText(text, file, given, path, report);
    return cut && fromData(cut.written, cut.tokens);
  }
  for (const key of [...fileKeys, "length"] as const)
    if (given[key] !== undefined)
      report.warning("unused-key", [...path, key], `${key} means nothing to a file of whole sequences`, "key");
  const written =
    ending === ".json"
      ? yield* readJsonSequences(text, file, filePath, own, report)
      : yield* readDataLines(text, file, filePath, own, report);
  return written && fromData(written, null);
}

function fromData(written: readonly Written[], tokens: readonly string[] | null): DraftSource {
  return { kind: "drafts", drafts: written.map(({ draft }) => draft), placeOf: (k) => written[k]!, tokens };
}

const sequencesInSlice = 1024;

/**
 * The tokens of sequences by first appearance: of their inputs, and of their targets that no label names.
 * @param withTargets whether targets are tokens too
 */
export function* tokensOf(
  sources: readonly (Source | null)[],
  withTargets: boolean,
  labels: readonly unknown[],
): Slices<string[]> {
  const tokens = new Set<string>();
  const addTarget = (item: unknown) => {
    if (typeof item === "string" && !labels.includes(item)) tokens.add(item);
  };
  for (const source of sources) {
    if (source?.kind !== "drafts") continue;
    if (source.tokens) {
      for (const token of source.tokens) tokens.add(token);
      continue;
    }
    for (const [k, draft] of source.drafts.entries()) {
      if (k % sequencesInSlice === sequencesInSlice - 1) yield;
      if (draft === bad) continue;
      const { inputs, text, targets, target } = draft;
      if (typeof text === "string") for (const character of text) tokens.add(character);
      if (Array.isArray(inputs)) for (const item of inputs) if (typeof item === "string") tokens.add(item);
      if (!withTargets) continue;
      if (Array.isArray(targets)) for (const item of targets) addTarget(item);
      addTarget(target);
    }
  }
  return [...tokens];
}
