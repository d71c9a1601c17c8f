import { joined } from "./protobufWriter";

/** A group's members: groups, and arrays of numbers. */
export interface Hdf5Group {
  readonly [name: string]: Hdf5Group | Hdf5Array;
}

export interface Hdf5Array {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array;
}

const isArray = (member: Hdf5Group | Hdf5Array): member is Hdf5Array => "data" in member && "shape" in member;

const nowhere = 0xffff_ffff_ffff_ffffn;

/**
 * An HDF5 file of groups and contiguous arrays, as every version of the library reads it: superblock 0, object headers of
 * version 1, links in the headers of their groups.
 * Source: HDF5 File Format Specification, version 3.0.
 */
export function hdf5File(root: Hdf5Group): Uint8Array {
  const parts: Uint8Array[] = [];
  let end = 96;
  const place = (bytes: Uint8Array): number => {
    const at = end;
    const padded = new Uint8Array(Math.ceil(bytes.length / 8) * 8);
    padded.set(bytes);
    parts.push(padded);
    end += padded.length;
    return at;
  };
  const write = (member: Hdf5Group | Hdf5Array): number => {
    if (isArray(member)) {
      const { data } = member;
      const at = data.length === 0 ? null : place(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      return place(header(arrayMessages(member, at)));
    }
    const links = Object.entries(member).map(([name, inner]) => [name, write(inner)] as const);
    return place(header(groupMessages(links)));
  };
  const rootAt = write(root);
  return joined([superblock(rootAt, end), ...parts]);
}

function little(size: number, write: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(size);
  write(new DataView(bytes.buffer));
  return bytes;
}

function superblock(root: number, end: number): Uint8Array {
  return little(96, (view) => {
    [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a].forEach((byte, k) => view.setUint8(k, byte));
    // Versions are 0; offsets and lengths have eight bytes.
    view.setUint8(13, 8);
    view.setUint8(14, 8);
    view.setUint16(16, 4, true);
    view.setUint16(18, 16, true);
    view.setBigUint64(32, nowhere, true);
    view.setBigUint64(40, BigInt(end), true);
    view.setBigUint64(48, nowhere, true);
    // The root's entry: its header, without anything cached.
    view.setBigUint64(64, BigInt(root), true);
  });
}

interface Message {
  readonly type: number;
  readonly body: Uint8Array;
}

function header(messages: readonly Message[]): Uint8Array {
  const written = messages.map(({ type, body }) => {
    const size = Math.ceil(body.length / 8) * 8;
    const bytes = little(8 + size, (view) => {
      view.setUint16(0, type, true);
      view.setUint16(2, size, true);
    });
    bytes.set(body, 8);
    return bytes;
  });
  const length = written.reduce((sum, bytes) => sum + bytes.length, 0);
  const prefix = little(16, (view) => {
    view.setUint8(0, 1);
    view.setUint16(2, messages.length, true);
    view.setUint32(4, 1, true);
    view.setUint32(8, length, true);
  });
  return joined([prefix, ...written]);
}

function groupMessages(links: readonly (readonly [string, number])[]): Message[] {
  const info = little(18, (view) => {
    view.setBigUint64(2, nowhere, true);
    view.setBigUint64(10, nowhere, true);
  });
  return [
    { type: 2, body: info },
    { type: 10, body: new Uint8Array(2) },
    ...links.map(([name, at]) => {
      const text = new TextEncoder().encode(name);
      const link = little(13 + text.length, (view) => {
        view.setUint8(0, 1);
        // A hard link under a name of UTF-8, whose length has two bytes.
        view.setUint8(1, 0x10 | 1);
        view.setUint8(2, 1);
        view.setUint16(3, text.length, true);
        view.setBigUint64(5 + text.length, BigInt(at), true);
      });
      link.set(text, 5);
      return { type: 6, body: link };
    }),
  ];
}

function arrayMessages({ shape, data }: Hdf5Array, at: number | null): Message[] {
  const space = little(8 + 8 * shape.length, (view) => {
    view.setUint8(0, 1);
    view.setUint8(1, shape.length);
    shape.forEach((size, k) => view.setBigUint64(8 + 8 * k, BigInt(size), true));
  });
  const size = data.BYTES_PER_ELEMENT;
  const isDouble = size === 8;
  // An IEEE number, least significant byte first: sign, exponent and mantissa by their bits.
  const type = little(20, (view) => {
    view.setUint8(0, 0x11);
    view.setUint8(1, 0x20);
    view.setUint8(2, isDouble ? 63 : 31);
    view.setUint32(4, size, true);
    view.setUint16(10, 8 * size, true);
    view.setUint8(12, isDouble ? 52 : 23);
    view.setUint8(13, isDouble ? 11 : 8);
    view.setUint8(15, isDouble ? 52 : 23);
    view.setUint32(16, isDouble ? 1023 : 127, true);
  });
  const layout = little(18, (view) => {
    view.setUint8(0, 3);
    view.setUint8(1, 1);
    view.setBigUint64(2, at === null ? nowhere : BigInt(at), true);
    view.setBigUint64(10, BigInt(data.byteLength), true);
  });
  return [
    { type: 1, body: space },
    { type: 3, body: type },
    { type: 5, body: Uint8Array.from([2, 2, 2, 0]) },
    { type: 8, body: layout },
  ];
}
