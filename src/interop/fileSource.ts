import { closeSync, constants, fstatSync, openSync, readSync, statSync } from "node:fs";
import * as path from "node:path";
import { checkRange, ImportError, type Source } from "./source";

/** Bytes that are read at once; a small read is one of many beside each other. */
const pageOf = 1 << 18;

/** A file on this machine, read where it is asked for. Whoever opened it closes it. */
export class FileSource implements Source {
  readonly name: string;
  readonly size: number;
  /** How many bytes have been asked for: how far the work is. */
  bytesRead = 0;
  private readonly handle: number;
  private page: { offset: number; bytes: Uint8Array } = { offset: 0, bytes: new Uint8Array() };
  private readonly opened: FileSource[] = [];

  /** @throws Error of the file system */
  constructor(readonly path: string) {
    this.name = path.replace(/^.*[\\/]/, "");
    // Opening a pipe waits for somebody who writes; what has become one meanwhile must not wait either.
    if (!statSync(path).isFile()) throw new ImportError("it is no file");
    this.handle = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stat = fstatSync(this.handle);
    if (!stat.isFile()) {
      closeSync(this.handle);
      throw new ImportError("it is no file");
    }
    this.size = stat.size;
  }

  bytes(offset: number, length: number): Uint8Array {
    checkRange(this, offset, length);
    this.bytesRead += length;
    if (length >= pageOf) return this.read(offset, length);
    const { page } = this;
    if (offset < page.offset || offset + length > page.offset + page.bytes.length)
      this.page = { offset, bytes: this.read(offset, Math.min(pageOf, this.size - offset)) };
    const from = offset - this.page.offset;
    return this.page.bytes.subarray(from, from + length);
  }

  private read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const count = readSync(this.handle, bytes, at, length - at, offset + at);
      if (count === 0) throw new ImportError(`${this.name} became shorter while it was read`);
      at += count;
    }
    return bytes;
  }

  /** A name that leads out of the folder is nobody's neighbour. */
  beside(name: string): Source | null {
    const folder = path.dirname(path.resolve(this.path));
    const other = path.resolve(folder, name);
    if (!other.startsWith(folder.endsWith(path.sep) ? folder : folder + path.sep)) return null;
    try {
      const source = new FileSource(other);
      this.opened.push(source);
      return source;
    } catch {
      return null;
    }
  }

  close(): void {
    closeSync(this.handle);
    for (const source of this.opened) source.close();
  }
}
