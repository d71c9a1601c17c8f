import { mostNumbers } from "../readModel";
import { readingShare, type Slices, shareBetween } from "../slices";

/**
 * NumPy's own file of one array, `.npy`, in its versions 1 to 3: a header in Python's words, then the numbers. Either byte order, and
 * column after column (Fortran's order) too.
 * Source: NumPy Enhancement Proposal 1, "A Simple File Format for NumPy Arrays"
 */
export interface NumpyArray {
  readonly shape: readonly number[];
  /** Row after row. */
  readonly data: Float64Array;
  /** Whether they are whole numbers by their type. */
  readonly isInteger: boolean;
}

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

type Getter = (view: DataView, at: number, little: boolean) => number;

/** By NumPy's kind and size. */
const getters: Readonly<Record<string, Getter>> = {
  f8: (view, at, little) => view.getFloat64(at, little),
  f4: (view, at, little) => view.getFloat32(at, little),
  f2: (view, at, little) => halfOf(view.getUint16(at, little)),
  i1: (view, at) => view.getInt8(at),
  i2: (view, at, little) => view.getInt16(at, little),
  i4: (view, at, little) => view.getInt32(at, little),
  i8: (view, at, little) => Number(view.getBigInt64(at, little)),
  u1: (view, at) => view.getUint8(at),
  u2: (view, at, little) => view.getUint16(at, little),
  u4: (view, at, little) => view.getUint32(at, little),
  u8: (view, at, little) => Number(view.getBigUint64(at, little)),
  b1: (view, at) => view.getUint8(at),
};

/** Numbers between two pauses. */
const numbersInSlice = 1 << 19;

/** What stands before the numbers. */
export interface NumpyHeader {
  /** NumPy's kind and size: `f8`, `i4`, `O` … */
  readonly type: string;
  readonly isLittleEndian: boolean;
  /** Column after column. */
  readonly isFortran: boolean;
  readonly shape: readonly number[];
  /** Where the numbers begin. */
  readonly start: number;
}

/** What a header is at most; NumPy's own of many fields are far shorter. */
export const mostHeaderBytes = 1 << 20;

/**
 * Reads the header of one array.
 * @param bytes the beginning of the file: all of it, or its first `mostHeaderBytes`
 * @throws Error that says in a sentence, without the file's name, what is wrong
 */
export function readNumpyHeader(bytes: Uint8Array): NumpyHeader {
  if (!magic.every((byte, k) => bytes[k] === byte)) throw new Error("it does not begin as NumPy's arrays do");
  const version = bytes[6] ?? 0;
  if (version < 1 || version > 3) throw new Error(`it is of NumPy's format ${version}, expected 1, 2 or 3`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lengthBytes = version >= 2 ? 4 : 2;
  const first = 8 + lengthBytes;
  if (bytes.length < first) throw new Error("it ends within its header");
  const start = first + (lengthBytes === 4 ? view.getUint32(8, true) : view.getUint16(8, true));
  if (start > bytes.length) throw new Error(`its header claims ${start - first} bytes`);
  const header = new TextDecoder("latin1").decode(bytes.subarray(first, start));
  const descr = /['"]descr['"]\s*:\s*['"]([<>|=]?)([a-zA-Z]\d*)['"]/.exec(header);
  const shapeText = /['"]shape['"]\s*:\s*\(([\d,\sL]*)\)/.exec(header)?.[1];
  if (!descr || shapeText === undefined) {
    const found = /['"]descr['"]\s*:\s*(['"][^'"]*['"]|\[)/.exec(header)?.[1];
    throw new Error(
      `its numbers are of the type ${found === "[" ? "of a structure" : (found ?? "that is not said")}, expected one of plain numbers`,
    );
  }
  const [, order, type] = descr as unknown as [string, string, string];
  if (type.startsWith("O"))
    throw new Error("it holds pickled objects, which are not read: save it with allow_pickle=False");
  return {
    type,
    isLittleEndian: order !== ">",
    isFortran: /['"]fortran_order['"]\s*:\s*True/.test(header),
    shape: shapeText.split(",").flatMap((size) => (size.trim() === "" ? [] : [Number.parseInt(size, 10)])),
    start,
  };
}

/** @throws Error that says in a sentence, without the file's name, what is wrong */
export function* readNumpy(bytes: Uint8Array): Slices<NumpyArray> {
  const { type, isLittleEndian, isFortran, shape, start } = readNumpyHeader(bytes);
  const get = Object.hasOwn(getters, type) ? getters[type]! : null;
  if (!get)
    throw new Error(`its numbers are of the type ${JSON.stringify(type)}, expected floating-point or whole numbers`);
  const count = shape.reduce((product, size) => product * size, 1);
  const size = Number(type.slice(1));
  const found = bytes.length - start;
  // Nothing is allocated that the file does not hold.
  if (!Number.isSafeInteger(count) || found < count * size)
    throw new Error(`it ends after ${Math.floor(found / size)} of ${count} numbers`);
  if (found > count * size) throw new Error(`it goes on after its ${count} numbers, expected one array`);
  if (count > mostNumbers)
    throw new Error(
      `it holds ${count.toLocaleString("en")} numbers, more than ${mostNumbers.toLocaleString("en")} do not fit`,
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = new Float64Array(count);
  const place = isFortran ? columnFirst(shape) : null;
  for (let k = 0; k < count; k++) {
    const value = get(view, start + k * size, isLittleEndian);
    if (!Number.isFinite(value)) throw new Error(`its number ${k} is ${value}, expected finite numbers`);
    data[place ? place(k) : k] = value;
    if (k % numbersInSlice === numbersInSlice - 1) yield shareBetween(readingShare, 1, k / count);
  }
  return { shape, data, isInteger: !type.startsWith("f") };
}

/** Where the k-th number of a file in Fortran's order stands row after row. */
function columnFirst(shape: readonly number[]): (k: number) => number {
  const strides = shape.map((_, d) => shape.slice(d + 1).reduce((product, size) => product * size, 1));
  return (k) => {
    let rest = k;
    let at = 0;
    for (const [d, size] of shape.entries()) {
      at += (rest % size) * strides[d]!;
      rest = Math.floor(rest / size);
    }
    return at;
  };
}

/** IEEE half precision. */
function halfOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
