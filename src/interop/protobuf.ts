import { ImportError, type Source } from "./source";

/** A field of a message: a number, or where its bytes lie. */
export interface Field {
  readonly number: number;
  /** Of a varint, and of fields of four and eight bytes their bits. */
  readonly value: bigint;
  readonly offset: number;
  readonly length: number;
  readonly wire: "varint" | "bytes" | "fixed32" | "fixed64";
}

/**
 * The fields of a protobuf message in order, without their contents: a tensor of a hundred megabytes is stepped over.
 * @throws ImportError where a size leads outside
 */
export function* fieldsOf(source: Source, offset = 0, length = source.size): Generator<Field> {
  const end = offset + length;
  let at = offset;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (at >= end) break;
      const byte = source.bytes(at++, 1)[0]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new ImportError("the file is cut or broken: a number in it does not end");
  };
  while (at < end) {
    const key = Number(varint());
    const number = Math.floor(key / 8);
    if (number === 0) throw new ImportError("the file is broken: a field in it has no number");
    const wire = key % 8;
    if (wire === 0) yield { number, value: varint(), offset: at, length: 0, wire: "varint" };
    else if (wire === 1 || wire === 5 || wire === 2) {
      const size = wire === 2 ? Number(varint()) : wire === 1 ? 8 : 4;
      if (size > end - at)
        throw new ImportError(`the file is cut or its sizes lie: a field claims ${size} bytes, ${end - at} are left`);
      const kind = wire === 2 ? "bytes" : wire === 1 ? "fixed64" : "fixed32";
      yield { number, value: 0n, offset: at, length: size, wire: kind };
      at += size;
    } else throw new ImportError(`the file is broken: a field in it is of the kind ${wire}`);
  }
}

const decoder = new TextDecoder();

/** Texts are names: none is long. */
export function textAt(source: Source, { offset, length }: Field): string {
  if (length > 1_000_000) throw new ImportError(`a name in the file claims ${length} bytes`);
  return decoder.decode(source.bytes(offset, length));
}

export function signed({ value }: Field): number {
  return Number(BigInt.asIntN(64, value));
}

/** Whole numbers of a repeated field, packed or not. */
export function wholesAt(source: Source, field: Field): number[] {
  if (field.wire === "varint") return [signed(field)];
  const numbers: number[] = [];
  const bytes = source.bytes(field.offset, field.length);
  let value = 0n;
  let shift = 0n;
  for (const byte of bytes) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (shift > 70n) throw new ImportError("the file is broken: a number in it does not end");
    if (byte >= 0x80) continue;
    numbers.push(Number(BigInt.asIntN(64, value)));
    value = 0n;
    shift = 0n;
  }
  return numbers;
}

/** Floats of a repeated field, packed or not. */
export function floatsAt(source: Source, { offset, length }: Field): number[] {
  const bytes = source.bytes(offset, length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(length / 4) }, (_, k) => view.getFloat32(4 * k, true));
}
