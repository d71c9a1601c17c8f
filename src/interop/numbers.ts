import { ImportError } from "./source";

/** How one number is stored. */
export type NumberType =
  | "float64"
  | "float32"
  | "float16"
  | "bfloat16"
  | "float8e4m3"
  | "float8e5m2"
  | "int64"
  | "int32"
  | "int16"
  | "int8"
  | "uint64"
  | "uint32"
  | "uint16"
  | "uint8"
  | "bool";

export const bytesOf: Readonly<Record<NumberType, number>> = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  float8e4m3: 1,
  float8e5m2: 1,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint64: 8,
  uint32: 4,
  uint16: 2,
  uint8: 1,
  bool: 1,
};

const hostIsLittle = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * The doubles that stored numbers stand for: float32, float16 and bfloat16 are each exactly a double.
 * @throws ImportError for a whole number beyond 2⁵³, which no double is
 */
export function toDoubles(bytes: Uint8Array, type: NumberType, littleEndian = true): Float64Array {
  const width = bytesOf[type];
  const count = Math.floor(bytes.length / width);
  const plain = littleEndian === hostIsLittle || width === 1;
  if (plain && type in typedArrays) {
    const TypedArray = typedArrays[type as keyof typeof typedArrays];
    // A typed array begins at a multiple of its width.
    const aligned = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
    return new Float64Array(new TypedArray(aligned.buffer as ArrayBuffer, aligned.byteOffset, count));
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = readers[type];
  const numbers = new Float64Array(count);
  for (let k = 0; k < count; k++) numbers[k] = read(view, k * width, littleEndian);
  return numbers;
}

const typedArrays = {
  float64: Float64Array,
  float32: Float32Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint32: Uint32Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
};

type Read = (view: DataView, at: number, littleEndian: boolean) => number;

const readers: Readonly<Record<NumberType, Read>> = {
  float64: (view, at, little) => view.getFloat64(at, little),
  float32: (view, at, little) => view.getFloat32(at, little),
  float16: (view, at, little) => smallFloat(view.getUint16(at, little), 5, 10),
  bfloat16: (view, at, little) => smallFloat(view.getUint16(at, little), 8, 7),
  // Of the eight-bit floats, e4m3 has no infinities: its largest exponent is one of numbers, but for NaN.
  float8e4m3: (view, at) => {
    const bits = view.getUint8(at);
    return (bits & 0x78) === 0x78 && (bits & 7) !== 7
      ? (bits & 0x80 ? -1 : 1) * (1 + (bits & 7) / 8) * 256
      : smallFloat(bits, 4, 3);
  },
  float8e5m2: (view, at) => smallFloat(view.getUint8(at), 5, 2),
  int64: (view, at, little) => whole(view.getBigInt64(at, little)),
  uint64: (view, at, little) => whole(view.getBigUint64(at, little)),
  int32: (view, at, little) => view.getInt32(at, little),
  int16: (view, at, little) => view.getInt16(at, little),
  int8: (view, at) => view.getInt8(at),
  uint32: (view, at, little) => view.getUint32(at, little),
  uint16: (view, at, little) => view.getUint16(at, little),
  uint8: (view, at) => view.getUint8(at),
  bool: (view, at) => (view.getUint8(at) === 0 ? 0 : 1),
};

function whole(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < -BigInt(Number.MAX_SAFE_INTEGER))
    throw new ImportError(`the whole number ${value} is no exact double`);
  return Number(value);
}

/** A binary float of few bits: sign, exponent, fraction. */
function smallFloat(bits: number, exponentBits: number, fractionBits: number): number {
  const sign = bits >> (exponentBits + fractionBits) ? -1 : 1;
  const most = (1 << exponentBits) - 1;
  const exponent = (bits >> fractionBits) & most;
  const fraction = (bits & ((1 << fractionBits) - 1)) / (1 << fractionBits);
  const bias = most >> 1;
  if (exponent === most) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
}
