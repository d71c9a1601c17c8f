/** Where the result of a long computation goes: tried before that begins, and not lost where it cannot be written in the end. */
import { randomBytes } from "node:crypto";
import {
  accessSync,
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { FileError, messageOf } from "./call";

export class ResultFile {
  /** The file itself, where the name is a link to it. */
  private readonly file: string;

  /** @throws FileError where it cannot be written: now, and not after hours */
  constructor(private readonly name: string) {
    try {
      // Before links are followed: that of /dev/stdout leads to what has no name.
      if (statsOf(name)?.isFile() === false) throw new Error("it is no plain file");
      this.file = followed(name);
      const before = statsOf(this.file);
      if (before) accessSync(this.file, constants.W_OK);
      const trial = besideOf(this.file);
      writeFileSync(trial, "", { flag: "wx" });
      rmSync(trial);
    } catch (error) {
      throw new FileError(`${name}: ${messageOf(error)}`);
    }
  }

  /**
   * Writes the file, whole or not at all. What stands there keeps its mode, its owner and the links to it.
   * @throws FileError where that has become impossible; it names the file that has the text then
   */
  write(text: string | Uint8Array): void {
    try {
      replace(this.file, text);
    } catch (error) {
      const reason = `${this.name}: ${messageOf(error)}`;
      throw new FileError(`${reason}; the result is in ${writeElsewhere(this.file, text, reason)}`);
    }
  }
}

/** Where a name leads, also where nothing is there yet. */
function followed(name: string): string {
  const full = path.resolve(name);
  try {
    return realpathSync(full);
  } catch (error) {
    // A link to what is not there is not written through: nobody would find it. A file may have come meanwhile.
    if (statsOf(full, lstatSync)?.isSymbolicLink()) throw error;
    return path.join(realpathSync(path.dirname(full)), path.basename(full));
  }
}

function statsOf(file: string, stat = statSync): Stats | null {
  return stat(file, { throwIfNoEntry: false }) ?? null;
}

/** A name in the same folder that nobody else's file has. */
function besideOf(file: string): string {
  return path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.${randomBytes(6).toString("hex")}`);
}

function replace(file: string, text: string | Uint8Array): void {
  const before = statsOf(file);
  const unfinished = besideOf(file);
  try {
    writeWhole(unfinished, text);
    if (before && (before.nlink > 1 || !takesAfter(unfinished, before))) {
      // Under its other names, too, it is the file that it was: its own bytes change, and the whole text is safe beside it meanwhile.
      writeFileSync(file, text);
    } else renameSync(unfinished, file);
  } finally {
    rmSync(unfinished, { force: true });
  }
}

function writeWhole(file: string, text: string | Uint8Array): void {
  const descriptor = openSync(file, "wx");
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Gives a file another one's owner and mode. @returns whether it has them now */
function takesAfter(file: string, { uid, gid, mode }: Stats): boolean {
  const own = statSync(file);
  try {
    if (own.uid !== uid || own.gid !== gid) chownSync(file, uid, gid);
    chmodSync(file, mode);
    return true;
  } catch {
    return false;
  }
}

/** @returns the file that has it now. @throws FileError where there is none, with the text */
function writeElsewhere(file: string, text: string | Uint8Array, reason: string): string {
  const name = `${path.basename(file).replace(/(\.rnn)?\.json$/, "")}-trained-${randomBytes(4).toString("hex")}.rnn.json`;
  for (const folder of [path.dirname(file), tmpdir()]) {
    const other = path.join(folder, name);
    try {
      writeWhole(other, text);
      return other;
    } catch {
      rmSync(other, { force: true });
    }
  }
  const shown = typeof text === "string" ? text : Buffer.from(text).toString("base64");
  throw new FileError(`${reason}; the result is this:\n${shown}`);
}
