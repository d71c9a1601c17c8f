import { inflateSync } from "node:zlib";
import type { NumberType } from "./numbers";
import { bytesOf, toDoubles } from "./numbers";
import { Cursor, ImportError, type Source } from "./source";
import { checkShape, countOf, inFile, made, type Stored } from "./stored";

/** What a file may hold at most: more groups, messages and tree nodes than this are no model's. */
const mostObjects = 200_000;
const deepest = 40;

/** A group or an array, by its header's address. */
export interface Hdf5Object {
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** Of a group: what is in it, by name. */
  readonly links: ReadonlyMap<string, number>;
  readonly data: Stored | null;
}

/** Texts, or numbers as they are. */
export type Attribute = readonly string[] | Stored;

interface Type {
  readonly kind: "number" | "text" | "variableText" | "other";
  readonly size: number;
  readonly number: NumberType | null;
  readonly littleEndian: boolean;
}

/**
 * Reads HDF5 as h5py writes it by default (superblock 0, symbol tables, contiguous, compact and chunked arrays, deflate and
 * shuffle), and the newer headers with their links in the header itself.
 * Source: HDF5 File Format Specification, version 3.0
 */
export class Hdf5 {
  private readonly start: number;
  private readonly offsetSize: number;
  private readonly lengthSize: number;
  readonly root: number;
  private readonly known = new Map<number, Hdf5Object>();
  private count = 0;

  /** @throws ImportError */
  constructor(private readonly source: Source) {
    this.start = signatureOf(source);
    const head = this.cursor(8, Math.min(120, source.size - this.start - 8), "the superblock");
    const version = head.u8();
    if (version > 3)
      throw new ImportError(`the superblock of the HDF5 file is of version ${version}, which is not read`);
    if (version <= 1) head.take(4);
    [this.offsetSize, this.lengthSize] = [head.u8(), head.u8()];
    if (![4, 8].includes(this.offsetSize) || ![4, 8].includes(this.lengthSize))
      throw new ImportError("the HDF5 file has addresses of an impossible size");
    if (version <= 1) {
      head.take(version === 0 ? 9 : 13);
      // Base, free space, end, driver; then the root's entry begins with its name.
      head.take(5 * this.offsetSize);
    } else {
      head.take(1);
      head.take(3 * this.offsetSize);
    }
    this.root = this.offset(head);
  }

  private cursor(address: number, length: number, what: string): Cursor {
    if (++this.count > mostObjects)
      throw new ImportError("the HDF5 file has too many parts, or parts that hold themselves");
    return new Cursor(this.source.bytes(this.start + address, length), what);
  }

  private number(cursor: Cursor, size: number): number {
    return size === 8 ? cursor.u64() : cursor.u32();
  }

  private offset(cursor: Cursor): number {
    if (this.offsetSize === 4) return cursor.u32();
    const bytes = cursor.take(8);
    // An address of ones says that there is none.
    if (bytes.every((byte) => byte === 0xff)) return -1;
    return new Cursor(bytes, "an address").u64();
  }

  /** What lies under a path; null where there is nothing. */
  at(path: string): Hdf5Object | null {
    let object = this.object(this.root);
    for (const name of path.split("/").filter((part) => part !== "")) {
      const address = object.links.get(name);
      if (address === undefined) return null;
      object = this.object(address);
    }
    return object;
  }

  /** All arrays under a path, by their paths from there. */
  arrays(path = ""): Record<string, Stored> {
    const found: Record<string, Stored> = Object.create(null) as Record<string, Stored>;
    const walk = (object: Hdf5Object, prefix: string, depth: number) => {
      if (object.data) found[prefix] = object.data;
      if (depth > deepest) throw new ImportError(`groups of the HDF5 file lie in each other more than ${deepest} deep`);
      for (const [name, address] of object.links) {
        if (++this.count > mostObjects) throw new ImportError("the HDF5 file has groups that hold themselves");
        walk(this.object(address), prefix === "" ? name : `${prefix}/${name}`, depth + 1);
      }
    };
    const start = this.at(path);
    if (start) walk(start, "", 0);
    return found;
  }

  object(address: number): Hdf5Object {
    const known = this.known.get(address);
    if (known) return known;
    const messages = this.messages(address);
    const attributes = new Map<string, Attribute>();
    const links = new Map<string, number>();
    let type: Type | null = null;
    let shape: number[] | null = null;
    let layout: Cursor | null = null;
    let filters: number[] = [];
    for (const { kind, body } of messages) {
      if (kind === 0x0c) this.attribute(body, attributes);
      else if (kind === 0x11) this.symbolTable(body, links);
      else if (kind === 0x06) this.link(body, links);
      else if (kind === 0x02) this.checkDense(body);
      else if (kind === 0x01) shape = this.dataspace(body);
      else if (kind === 0x03) type = this.datatype(body);
      else if (kind === 0x08) layout = body;
      else if (kind === 0x0b) filters = filtersOf(body);
    }
    const data = type?.number && shape && layout ? this.data(type, shape, layout, filters) : null;
    const object = { attributes, links, data };
    this.known.set(address, object);
    return object;
  }

  private messages(address: number): { kind: number; body: Cursor }[] {
    const head = this.cursor(
      address,
      Math.min(64, this.source.size - this.start - address),
      "an object of the HDF5 file",
    );
    const isNew = head.bytes[0] === 0x4f;
    const messages: { kind: number; body: Cursor }[] = [];
    const blocks: { at: number; length: number }[] = [];
    let flags = 0;
    if (isNew) {
      head.take(5);
      flags = head.u8();
      if (flags & 0x20) head.take(16);
      if (flags & 0x10) head.take(4);
      const width = 1 << (flags & 3);
      const length = width === 8 ? head.u64() : width === 4 ? head.u32() : width === 2 ? head.u16() : head.u8();
      blocks.push({ at: address + head.at, length });
    } else {
      if (head.u8() !== 1) throw new ImportError("the HDF5 file has an object header that is none");
      head.take(7);
      blocks.push({ at: address + 16, length: head.u32() });
    }
    for (const { at, length } of blocks) {
      const block = this.cursor(at, length, "an object of the HDF5 file");
      while (block.left >= (isNew ? 4 : 8)) {
        const kind = isNew ? block.u8() : block.u16();
        const size = block.u16();
        const shared = block.u8() & 2;
        if (!isNew) block.take(3);
        else if (flags & 4) block.take(2);
        if (size > block.left) break;
        const body = new Cursor(block.take(size), "a message of the HDF5 file");
        if (kind === 0x10) {
          const [to, count] = [this.offset(body), this.number(body, this.lengthSize)];
          // A continuation of a new header begins with a word and ends with a checksum.
          if (blocks.length < 10_000)
            blocks.push(isNew ? { at: to + 4, length: Math.max(0, count - 8) } : { at: to, length: count });
        } else if (!shared) messages.push({ kind, body });
        if (messages.length > mostObjects) throw new ImportError("an object of the HDF5 file has too many messages");
      }
    }
    return messages;
  }

  private dataspace(body: Cursor): number[] {
    const version = body.u8();
    const rank = body.u8();
    body.take(version === 1 ? 6 : 2);
    if (rank > 8) throw new ImportError(`an array of the HDF5 file has ${rank} dimensions`);
    return Array.from({ length: rank }, () => this.number(body, this.lengthSize));
  }

  private datatype(body: Cursor): Type {
    const kind = body.u8() & 0x0f;
    const bits = body.u8();
    body.take(2);
    const size = body.u32();
    const littleEndian = (bits & 1) === 0;
    if (kind === 0)
      return { kind: "number", size, number: integers[`${bits & 8 ? "" : "u"}${size}`] ?? null, littleEndian };
    if (kind === 1) {
      body.take(5);
      const exponent = body.u8();
      const number =
        size === 8 ? "float64" : size === 4 ? "float32" : size === 2 ? (exponent === 8 ? "bfloat16" : "float16") : null;
      return { kind: "number", size, number, littleEndian };
    }
    const text = kind === 3 ? "text" : kind === 9 && (bits & 0x0f) === 1 ? "variableText" : "other";
    return { kind: text, size, number: null, littleEndian };
  }

  private attribute(body: Cursor, attributes: Map<string, Attribute>): void {
    const version = body.u8();
    body.take(1);
    const sizes = [body.u16(), body.u16(), body.u16()];
    if (version === 3) body.take(1);
    const take = (size: number) => {
      const bytes = body.take(version === 1 ? Math.ceil(size / 8) * 8 : size);
      return bytes.subarray(0, size);
    };
    const name = textOf(take(sizes[0]!));
    const type = this.datatype(new Cursor(take(sizes[1]!), "an attribute's type"));
    const shape = this.dataspace(new Cursor(take(sizes[2]!), "an attribute's shape"));
    checkShape(shape, name);
    const count = countOf(shape);
    if (type.kind === "number" && type.number) {
      const bytes = body.take(count * type.size);
      attributes.set(name, {
        shape,
        range: (from, to) => toDoubles(bytes, type.number!, type.littleEndian).subarray(from, to),
      });
    } else if (type.kind === "text")
      attributes.set(
        name,
        Array.from({ length: count }, () => textOf(body.take(type.size))),
      );
    else if (type.kind === "variableText")
      attributes.set(
        name,
        Array.from({ length: count }, () => {
          const length = body.u32();
          const [address, index] = [this.offset(body), body.u32()];
          return new TextDecoder().decode(this.inHeap(address, index).subarray(0, length));
        }),
      );
  }

  private inHeap(address: number, wanted: number): Uint8Array {
    const head = this.cursor(address, 8 + this.lengthSize, "a heap of the HDF5 file");
    head.take(8);
    const heap = this.cursor(address, this.number(head, this.lengthSize), "a heap of the HDF5 file");
    heap.take(8 + this.lengthSize);
    while (heap.left >= 8 + this.lengthSize) {
      const index = heap.u16();
      heap.take(6);
      const size = this.number(heap, this.lengthSize);
      if (index === wanted) return heap.take(size);
      if (index === 0) break;
      heap.take(Math.min(Math.ceil(size / 8) * 8, heap.left));
    }
    throw new ImportError(`a heap of the HDF5 file has no text ${wanted}`);
  }

  private symbolTable(body: Cursor, links: Map<string, number>): void {
    const [tree, heap] = [this.offset(body), this.offset(body)];
    const head = this.cursor(heap, 8 + 2 * this.lengthSize + this.offsetSize, "a group of the HDF5 file");
    head.take(8);
    const size = this.number(head, this.lengthSize);
    head.take(this.lengthSize);
    const names = this.source.bytes(this.start + this.offset(head), size);
    this.tree(tree, 0, (node) => {
      const table = this.cursor(node, 8, "a group of the HDF5 file");
      table.take(6);
      const count = table.u16();
      const width = 2 * this.offsetSize + 24;
      const entries = this.cursor(node + 8, count * width, "a group of the HDF5 file");
      for (let k = 0; k < count; k++) {
        const [name, address] = [this.offset(entries), this.offset(entries)];
        entries.take(24);
        const end = names.indexOf(0, name);
        links.set(new TextDecoder().decode(names.subarray(name, end < 0 ? undefined : end)), address);
      }
    });
  }

  /** The leaves of a tree of groups. */
  private tree(address: number, depth: number, leaf: (address: number) => void): void {
    if (depth > deepest) throw new ImportError("a tree of the HDF5 file is too deep, or holds itself");
    const head = this.cursor(address, 8 + 2 * this.offsetSize, "a group of the HDF5 file");
    head.take(5);
    const [level, count] = [head.u8(), head.u16()];
    const body = this.cursor(
      address + 8 + 2 * this.offsetSize,
      count * (this.lengthSize + this.offsetSize),
      "a group of the HDF5 file",
    );
    for (let k = 0; k < count; k++) {
      body.take(this.lengthSize);
      const child = this.offset(body);
      if (level === 0) leaf(child);
      else this.tree(child, depth + 1, leaf);
    }
  }

  private link(body: Cursor, links: Map<string, number>): void {
    body.take(1);
    const flags = body.u8();
    const kind = flags & 8 ? body.u8() : 0;
    if (flags & 4) body.take(8);
    if (flags & 16) body.take(1);
    const width = 1 << (flags & 3);
    const length = width === 1 ? body.u8() : width === 2 ? body.u16() : width === 4 ? body.u32() : body.u64();
    const name = new TextDecoder().decode(body.take(length));
    if (kind === 0) links.set(name, this.offset(body));
  }

  private checkDense(body: Cursor): void {
    body.take(1);
    if (body.u8() & 1) body.take(8);
    if (this.offset(body) >= 0)
      throw new ImportError(
        "the HDF5 file keeps a group's names in a heap of the newer kind, which is not read: save it with h5py's default libver",
      );
  }

  private data(type: Type, shape: readonly number[], layout: Cursor, filters: readonly number[]): Stored {
    checkShape(shape, "an array of the HDF5 file");
    const number = type.number!;
    const bytes = countOf(shape) * bytesOf[number];
    const version = layout.u8();
    if (version !== 3)
      throw new ImportError(`the HDF5 file has an array laid out by version ${version}, which is not read`);
    const kind = layout.u8();
    if (kind === 0) {
      const held = layout.take(layout.u16());
      if (held.length < bytes) throw new ImportError("an array of the HDF5 file is longer than its bytes");
      return { shape, range: (from, to) => toDoubles(held, number, type.littleEndian).subarray(from, to) };
    }
    const rank = kind === 2 ? layout.u8() : 0;
    const address = this.offset(layout);
    if (address < 0) return { shape, range: (from, to) => new Float64Array(to - from) };
    if (kind === 1) return inFile(this.source, this.start + address, number, shape, type.littleEndian);
    if (kind !== 2 || rank !== shape.length + 1) throw new ImportError("the HDF5 file has an array of no known layout");
    const chunk = shape.map(() => layout.u32());
    checkShape(chunk, "a chunk of the HDF5 file");
    if (countOf(chunk) === 0) throw new ImportError("the HDF5 file has chunks of no numbers");
    return made(shape, () => this.chunks(type, shape, chunk, address, filters));
  }

  private chunks(
    type: Type,
    shape: readonly number[],
    chunk: readonly number[],
    tree: number,
    filters: readonly number[],
  ): Float64Array {
    const numbers = new Float64Array(countOf(shape));
    const size = countOf(chunk) * type.size;
    const rank = shape.length;
    const visit = (address: number, depth: number): void => {
      if (depth > deepest) throw new ImportError("a tree of the HDF5 file is too deep, or holds itself");
      const head = this.cursor(address, 8 + 2 * this.offsetSize, "chunks of the HDF5 file");
      head.take(5);
      const [level, count] = [head.u8(), head.u16()];
      const width = 8 + 8 * (rank + 1) + this.offsetSize;
      const body = this.cursor(address + 8 + 2 * this.offsetSize, count * width, "chunks of the HDF5 file");
      for (let k = 0; k < count; k++) {
        const [length, mask] = [body.u32(), body.u32()];
        const origin = Array.from({ length: rank + 1 }, () => body.u64());
        const child = this.offset(body);
        if (level > 0) visit(child, depth + 1);
        else {
          const packed = this.source.bytes(this.start + child, length);
          place(
            toDoubles(unfiltered(packed, filters, mask, type.size, size), type.number!, type.littleEndian),
            origin,
            chunk,
            shape,
            numbers,
          );
        }
      }
    };
    visit(tree, 0);
    return numbers;
  }
}

const integers: Readonly<Record<string, NumberType>> = {
  1: "int8",
  2: "int16",
  4: "int32",
  8: "int64",
  u1: "uint8",
  u2: "uint16",
  u4: "uint32",
  u8: "uint64",
};

export function isHdf5(source: Source): boolean {
  return source.size >= 8 && signature.every((byte, k) => source.bytes(0, 8)[k] === byte);
}

const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

function signatureOf(source: Source): number {
  if (!isHdf5(source)) throw new ImportError("it is no HDF5 file");
  return 0;
}

function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function filtersOf(body: Cursor): number[] {
  const version = body.u8();
  const count = body.u8();
  if (version === 1) body.take(6);
  return Array.from({ length: count }, () => {
    const id = body.u16();
    const nameLength = version === 1 || id >= 256 ? body.u16() : 0;
    body.take(2);
    const values = body.u16();
    body.take(version === 1 ? Math.ceil(nameLength / 8) * 8 : nameLength);
    body.take(4 * values + (version === 1 && values % 2 === 1 ? 4 : 0));
    return id;
  });
}

/** A chunk's bytes; filters are undone in the order opposite to that in which they were applied. */
function unfiltered(
  packed: Uint8Array,
  filters: readonly number[],
  mask: number,
  width: number,
  size: number,
): Uint8Array {
  let bytes = packed;
  for (const [k, id] of [...filters.entries()].toReversed()) {
    if (mask & (1 << k)) continue;
    if (id === 1) {
      try {
        bytes = inflateSync(bytes, { maxOutputLength: size + 64 });
      } catch {
        throw new ImportError("a chunk of the HDF5 file does not unpack to its size");
      }
    } else if (id === 2) bytes = unshuffled(bytes, width);
    else if (id === 3) bytes = bytes.subarray(0, Math.max(0, bytes.length - 4));
    else throw new ImportError(`the HDF5 file is packed by the filter ${id}, which is not read`);
  }
  if (bytes.length < size) throw new ImportError("a chunk of the HDF5 file is cut");
  return bytes.subarray(0, size);
}

/** Shuffled bytes stand first bytes first, then all second ones. */
function unshuffled(bytes: Uint8Array, width: number): Uint8Array {
  const count = Math.floor(bytes.length / width);
  const result = new Uint8Array(bytes.length);
  for (let byte = 0; byte < width; byte++)
    for (let k = 0; k < count; k++) result[k * width + byte] = bytes[byte * count + k]!;
  return result;
}

function place(
  values: Float64Array,
  origin: readonly number[],
  chunk: readonly number[],
  shape: readonly number[],
  numbers: Float64Array,
): void {
  const index = chunk.map(() => 0);
  for (const value of values) {
    let at = 0;
    let inside = true;
    for (let d = 0; d < shape.length; d++) {
      const place = origin[d]! + index[d]!;
      if (place >= shape[d]!) inside = false;
      at = at * shape[d]! + place;
    }
    if (inside) numbers[at] = value;
    for (let d = chunk.length - 1; d >= 0; d--) {
      if (++index[d]! < chunk[d]!) break;
      index[d] = 0;
    }
  }
}
