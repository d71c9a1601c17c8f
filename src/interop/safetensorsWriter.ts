import { ImportError } from "./source";
import { countOf, type Stored } from "./stored";

/** Numbers that are written in one piece. */
const pieceOf = 1 << 19;

/**
 * A `.safetensors` file, piece by piece, in order. A tensor is written in single precision where that holds all of its
 * numbers exactly, else in double.
 * @throws ImportError where a number is not finite
 */
export function* safetensorsPieces(parameters: Readonly<Record<string, Stored>>): Generator<Uint8Array> {
  const isSingle = new Map<string, boolean>();
  for (const [name, tensor] of Object.entries(parameters)) {
    isSingle.set(name, holdsSingle(name, tensor));
    yield new Uint8Array();
  }
  // Doubles first, so that each number lies at a multiple of its width.
  const names = Object.keys(parameters).sort((a, b) => Number(isSingle.get(a)) - Number(isSingle.get(b)));
  let end = 0;
  const header = Object.fromEntries(
    names.map((name) => {
      const { shape } = parameters[name]!;
      const begin = end;
      end += countOf(shape) * (isSingle.get(name) ? 4 : 8);
      return [name, { dtype: isSingle.get(name) ? "F32" : "F64", shape, data_offsets: [begin, end] }];
    }),
  );
  const text = new TextEncoder().encode(JSON.stringify(header));
  const head = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(head.length - 8), true);
  head.set(text, 8);
  yield head;
  for (const name of names)
    for (const numbers of piecesOf(parameters[name]!)) {
      const written = isSingle.get(name) ? new Float32Array(numbers) : new Float64Array(numbers);
      yield new Uint8Array(written.buffer);
    }
}

function* piecesOf(tensor: Stored): Generator<Float64Array> {
  const count = countOf(tensor.shape);
  for (let from = 0; from < count; from += pieceOf) yield tensor.range(from, Math.min(from + pieceOf, count));
}

function holdsSingle(name: string, tensor: Stored): boolean {
  let single = true;
  for (const numbers of piecesOf(tensor))
    for (const value of numbers) {
      if (!Number.isFinite(value)) throw new ImportError(`${name} holds ${value}, which a model file cannot hold`);
      if (Math.fround(value) !== value) single = false;
    }
  return single;
}
