/** What is wrong with somebody else's file, in one line for a person. */
export class ImportError extends Error {}

/**
 * The bytes of a file, read where they are wanted: a model of hundreds of megabytes is never held whole.
 * Every reader asks through `bytes`, so that no size that a file claims leads outside of it.
 */
export interface Source {
  /** The file's name without its folder. */
  readonly name: string;
  readonly size: number;
  /**
   * Bytes [offset, offset + length).
   * @throws ImportError where the file does not have them
   */
  bytes(offset: number, length: number): Uint8Array;
  /** Another file beside this one, by its name relative to this one; null where there is none. */
  beside(name: string): Source | null;
}

/** Whether somebody is asked for bytes that are there. */
export function checkRange(source: { name: string; size: number }, offset: number, length: number): void {
  const good = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (!good || offset + length > source.size)
    throw new ImportError(
      `the file is cut or its sizes lie: bytes ${offset} to ${offset + length} are asked for, it has ${source.size}`,
    );
}

/** Bytes that are in memory as a source. */
export function sourceOf(name: string, bytes: Uint8Array, beside: Source["beside"] = () => null): Source {
  return {
    name,
    size: bytes.length,
    bytes(offset, length) {
      checkRange(this, offset, length);
      return bytes.subarray(offset, offset + length);
    },
    beside,
  };
}

/** A part of a source as one of its own. */
export function partOf(source: Source, offset: number, length: number, name = source.name): Source {
  checkRange(source, offset, length);
  const part: Source = {
    name,
    size: length,
    bytes(at, count) {
      checkRange(part, at, count);
      return source.bytes(offset + at, count);
    },
    beside: (other) => source.beside(other),
  };
  return part;
}

/** All bytes of a source as text. @throws ImportError where it is no UTF-8 or longer than a text can be */
export function textOf(source: Source, most = 400_000_000): string {
  if (source.size > most)
    throw new ImportError(`${source.name} has ${source.size} bytes: a text of more than ${most} is not read`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(source.bytes(0, source.size));
  } catch (error) {
    if (error instanceof ImportError) throw error;
    throw new ImportError(`${source.name} is no UTF-8 text`);
  }
}

/** Reads numbers one after the other, least significant byte first. */
export class Cursor {
  private readonly view: DataView;
  at = 0;

  constructor(
    readonly bytes: Uint8Array,
    private readonly what: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  private step(length: number): number {
    if (length > this.left || length < 0) throw new ImportError(`${this.what} is cut short`);
    const at = this.at;
    this.at += length;
    return at;
  }

  u8(): number {
    return this.view.getUint8(this.step(1));
  }

  u16(): number {
    return this.view.getUint16(this.step(2), true);
  }

  u32(): number {
    return this.view.getUint32(this.step(4), true);
  }

  i32(): number {
    return this.view.getInt32(this.step(4), true);
  }

  /** @throws ImportError beyond 2⁵³, where a double is no exact whole number: no file is as long */
  u64(): number {
    const value = this.view.getBigUint64(this.step(8), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new ImportError(`${this.what}: ${value} is no possible size`);
    return Number(value);
  }

  f64(littleEndian = true): number {
    return this.view.getFloat64(this.step(8), littleEndian);
  }

  take(length: number): Uint8Array {
    const at = this.step(length);
    return this.bytes.subarray(at, at + length);
  }
}
