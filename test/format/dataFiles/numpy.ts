/** Files of NumPy, written as its own documentation of the format says. */
import { zipSync } from "fflate";

const sizes: Readonly<Record<string, number>> = { f8: 8, f4: 4, i4: 4, i8: 8, u1: 1 };

/** @param type with its byte order, `<f8` */
export function npy(type: string, shape: readonly number[], numbers: readonly number[], fortran = false): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const header = `{'descr': '${type}', 'fortran_order': ${fortran ? "True" : "False"}, 'shape': ${tuple}, }`;
  const padded = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`;
  const start = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, padded.length & 255, padded.length >> 8]);
  const kind = type.slice(1);
  const size = sizes[kind]!;
  const data = new DataView(new ArrayBuffer(numbers.length * size));
  const little = !type.startsWith(">");
  for (const [k, value] of numbers.entries())
    if (kind === "f8") data.setFloat64(k * size, value, little);
    else if (kind === "f4") data.setFloat32(k * size, value, little);
    else if (kind === "i4") data.setInt32(k * size, value, little);
    else if (kind === "i8") data.setBigInt64(k * size, BigInt(value), little);
    else data.setUint8(k * size, value);
  return Uint8Array.from(Buffer.concat([start, Buffer.from(padded, "latin1"), Buffer.from(data.buffer)]));
}

export function npz(arrays: Readonly<Record<string, Uint8Array>>): Uint8Array {
  return zipSync(Object.fromEntries(Object.entries(arrays).map(([name, bytes]) => [`${name}.npy`, bytes])));
}
