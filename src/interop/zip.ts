import { inflateRawSync } from "node:zlib";
import { Cursor, ImportError, partOf, type Source, sourceOf } from "./source";

/** More entries, or more bytes of one unpacked entry, are no model. */
const mostEntries = 100_000;
const mostUnpacked = 1_000_000_000;
/** Deflate makes at most about a thousand bytes of one. */
const mostRatio = 1100;

/** The files in a zip by their names, in the order of its directory; opened when they are wanted. */
export type Zip = ReadonlyMap<string, () => Source>;

/**
 * Reads the directory of a zip. Stored entries are read in place; deflated ones are unpacked when they are opened, never to
 * more than the directory says.
 * @throws ImportError
 */
export function readZip(source: Source): Zip {
  const end = findEnd(source);
  const directory = new Cursor(source.bytes(end.offset, end.size), "the zip's directory");
  if (end.count > mostEntries)
    throw new ImportError(`the zip claims ${end.count} entries: more than ${mostEntries} are not read`);
  const entries = new Map<string, () => Source>();
  for (let k = 0; k < end.count; k++) {
    if (directory.u32() !== 0x02014b50) throw new ImportError("the zip's directory is broken");
    directory.take(4);
    const flags = directory.u16();
    const method = directory.u16();
    directory.take(4);
    directory.take(4);
    const sizes = { packed: directory.u32(), unpacked: directory.u32() };
    const [nameLength, extraLength, commentLength] = [directory.u16(), directory.u16(), directory.u16()];
    directory.take(8);
    let offset = directory.u32();
    const name = new TextDecoder().decode(directory.take(nameLength));
    const extra = new Cursor(directory.take(extraLength), `the zip's entry ${name}`);
    directory.take(commentLength);
    while (extra.left >= 4) {
      const [kind, length] = [extra.u16(), extra.u16()];
      const field = new Cursor(extra.take(length), `the zip's entry ${name}`);
      // What does not fit into 32 bits stands in a field of its own, in this order.
      if (kind !== 1) continue;
      if (sizes.unpacked === 0xffffffff) sizes.unpacked = field.u64();
      if (sizes.packed === 0xffffffff) sizes.packed = field.u64();
      if (offset === 0xffffffff) offset = field.u64();
    }
    const { packed, unpacked } = sizes;
    entries.set(name, () => open(source, { name, flags, method, packed, unpacked, offset }));
  }
  return entries;
}

interface Entry {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly packed: number;
  readonly unpacked: number;
  readonly offset: number;
}

function open(source: Source, { name, flags, method, packed, unpacked, offset }: Entry): Source {
  if (flags & 1) throw new ImportError(`${name} in the zip is encrypted`);
  const local = new Cursor(source.bytes(offset, 30), `the zip's entry ${name}`);
  if (local.u32() !== 0x04034b50) throw new ImportError(`the zip's directory names ${name} where there is no entry`);
  local.take(22);
  const begin = offset + 30 + local.u16() + local.u16();
  if (method === 0) return partOf(source, begin, packed, name);
  if (method !== 8) throw new ImportError(`${name} in the zip is packed by method ${method}, which is not read`);
  if (unpacked > mostUnpacked || unpacked > packed * mostRatio + 64)
    throw new ImportError(`${name} in the zip claims to unpack from ${packed} to ${unpacked} bytes: that is not read`);
  try {
    const bytes = inflateRawSync(source.bytes(begin, packed), { maxOutputLength: Math.max(1, unpacked) });
    if (bytes.length !== unpacked) throw new RangeError(`${bytes.length} bytes`);
    return sourceOf(name, bytes);
  } catch (error) {
    if (error instanceof ImportError) throw error;
    throw new ImportError(`${name} in the zip does not unpack to the ${unpacked} bytes that it claims`);
  }
}

/** The record at the end, which says where the directory is. A comment may follow it. */
function findEnd(source: Source): { count: number; size: number; offset: number } {
  const length = Math.min(source.size, 22 + 0xffff);
  const tail = source.bytes(source.size - length, length);
  for (let at = length - 22; at >= 0; at--) {
    if (tail[at] !== 0x50 || tail[at + 1] !== 0x4b || tail[at + 2] !== 5 || tail[at + 3] !== 6) continue;
    const record = new Cursor(tail.subarray(at + 8), "the end of the zip");
    record.take(2);
    const end = { count: record.u16(), size: record.u32(), offset: record.u32() };
    if (end.count !== 0xffff && end.size !== 0xffffffff && end.offset !== 0xffffffff) return end;
    return findLongEnd(source, source.size - length + at) ?? end;
  }
  throw new ImportError("the zip is cut: its directory is missing");
}

function findLongEnd(source: Source, at: number): { count: number; size: number; offset: number } | null {
  if (at < 20) return null;
  const locator = new Cursor(source.bytes(at - 20, 20), "the end of the zip");
  if (locator.u32() !== 0x07064b50) return null;
  locator.take(4);
  const record = new Cursor(source.bytes(locator.u64(), 56), "the end of the zip");
  if (record.u32() !== 0x06064b50) throw new ImportError("the end of the zip is broken");
  record.take(28);
  return { count: record.u64(), size: record.u64(), offset: record.u64() };
}
