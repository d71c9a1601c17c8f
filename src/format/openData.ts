/** Opens the files that a model file names beside it. They are other people's: nothing of them is taken on trust. */
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync, type Stats, statSync } from "node:fs";
import * as path from "node:path";
import { longFrom, readingShare, type Slices } from "./slices";

/** More does not fit into memory beside what is made of it. */
export const mostDataBytes = 256 * 2 ** 20;
/** Bytes between two pauses: some milliseconds. */
const bytesInSlice = 2 ** 22;

/**
 * Reads a plain file, with pauses. What is none, a pipe, a device, a folder, would keep whoever reads it waiting, perhaps for ever.
 * @throws Error that says in a sentence, without the file's name, why it is not read
 */
export function* openData(file: string): Slices<Uint8Array> {
  return yield* readPlain(file, mostDataBytes, Number.POSITIVE_INFINITY);
}

/** What a preview needs of a file. */
const previewBytes = 2 ** 20;

/** The first bytes of a plain file, whatever its size. @throws as `openData` */
export function* openBeginning(file: string): Slices<Uint8Array> {
  return yield* readPlain(file, Number.POSITIVE_INFINITY, previewBytes);
}

/** @param most the largest file that is read @param upTo how many of its bytes are */
function* readPlain(file: string, most: number, upTo: number): Slices<Uint8Array> {
  checkPlain(statsOf(file), most);
  // It may have become another one meanwhile: opening must not wait either, and what is open is looked at once more.
  const descriptor = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = fstatSync(descriptor);
    checkPlain(stats, most);
    const size = Math.min(stats.size, upTo);
    if (size > longFrom) yield "long";
    const bytes = new Uint8Array(size);
    for (let at = 0; at < bytes.length; ) {
      const count = readSync(descriptor, bytes, at, Math.min(bytesInSlice, bytes.length - at), at);
      // Somebody has made it shorter meanwhile.
      if (count === 0) return bytes.subarray(0, at);
      at += count;
      if (at < bytes.length) yield (readingShare * at) / bytes.length;
    }
    return bytes;
  } finally {
    closeSync(descriptor);
  }
}

/** @throws Error that says without a path what the file system says with one */
function statsOf(file: string): Stats {
  try {
    return statSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") throw new Error("there is no such file", { cause: error });
    throw error;
  }
}

function checkPlain(stats: Stats, most: number): void {
  if (!stats.isFile()) throw new Error(`it is ${kindOf(stats)}, expected a plain file`);
  if (stats.size > most)
    throw new Error(`it has ${inMegabytes(stats.size)}, more than ${inMegabytes(most)} do not fit into memory`);
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return "a folder";
  if (stats.isFIFO()) return "a pipe";
  if (stats.isSocket()) return "a socket";
  return "a device";
}

function inMegabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6).toLocaleString("en")} MB`;
}

/** Reads the data files that a model file of this folder names. */
export function dataBeside(folder: string): {
  (relativePath: string): Slices<Uint8Array>;
  readonly isElsewhere: (relativePath: string) => boolean;
} {
  const pathOf = (relativePath: string) => path.resolve(folder, relativePath);
  return Object.assign((relativePath: string) => openData(pathOf(relativePath)), {
    isElsewhere: (relativePath: string) => leavesFolder(folder, pathOf(relativePath)),
  });
}

/** By its name or by a link. */
function leavesFolder(folder: string, file: string): boolean {
  try {
    const from = path.relative(realpathSync(folder), realpathSync(file));
    return path.isAbsolute(from) || from.split(path.sep)[0] === "..";
  } catch {
    // It cannot be read, which is said when that is tried.
    return true;
  }
}

/** A byte that is no UTF-8, and where: line and column counted from 1, the column in UTF-16 units. */
export class EncodingError extends Error {
  constructor(
    readonly line: number,
    readonly column: number,
    byte: number,
  ) {
    super(`the byte 0x${byte.toString(16).padStart(2, "0").toUpperCase()} is no UTF-8: expected a text saved as UTF-8`);
  }
}

/**
 * The text of a file, to the last byte: written back, it is the same.
 * @throws EncodingError
 */
export function* decodeText(bytes: Uint8Array): Slices<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let text = "";
  try {
    for (let from = 0; from < bytes.length; from += bytesInSlice) {
      text += decoder.decode(bytes.subarray(from, from + bytesInSlice), { stream: true });
      yield;
    }
    return text + decoder.decode();
  } catch {
    throw encodingError(bytes, text);
  }
}

/** @param before what could be read of the slices before the one that cannot be */
function encodingError(bytes: Uint8Array, before: string): EncodingError {
  const start = Buffer.byteLength(before);
  const slice = bytes.subarray(start, start + bytesInSlice + 4);
  /** The text of so many bytes; null where they are wrong, while a character may be begun at their end. */
  const textOf = (count: number) => {
    try {
      const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
      return decoder.decode(slice.subarray(0, count), { stream: true });
    } catch {
      return null;
    }
  };
  // So many bytes are good, and one more is not: all are where the text breaks off within a character.
  let [good, wrong] = [0, slice.length + 1];
  while (wrong - good > 1) {
    const middle = (good + wrong) >> 1;
    if (textOf(middle) === null) wrong = middle;
    else good = middle;
  }
  const text = before + textOf(good)!;
  const column = text.length - text.lastIndexOf("\n");
  return new EncodingError(text.split("\n").length, column, bytes[Buffer.byteLength(text)]!);
}
