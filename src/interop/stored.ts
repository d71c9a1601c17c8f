import { bytesOf, type NumberType, toDoubles } from "./numbers";
import { ImportError, type Source } from "./source";

/** More numbers than this in one tensor are no model that fits. */
export const mostNumbers = 200_000_000;

/**
 * A tensor as it lies in somebody's file. Its numbers are read when they are wanted, so that a file of hundreds of
 * megabytes is turned over tensor by tensor.
 */
export interface Stored {
  readonly shape: readonly number[];

  /** Numbers [from, to), row after row. */
  readonly range: (from: number, to: number) => Float64Array;
}

export function countOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** @throws ImportError where a shape is none, or of more numbers than fit */
export function checkShape(shape: readonly number[], what: string): void {
  if (shape.length > 8 || shape.some((size) => !Number.isSafeInteger(size) || size < 0))
    throw new ImportError(`${what} has the impossible shape [${shape.slice(0, 8).join(" × ")}]`);
  if (countOf(shape) > mostNumbers)
    throw new ImportError(`${what} is [${shape.join(" × ")}]: more than ${mostNumbers} numbers do not fit`);
}

export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(" × ")}]`;
}

export function allOf(tensor: Stored): Float64Array {
  return tensor.range(0, countOf(tensor.shape));
}

/** Numbers that are there already. */
export function given(shape: readonly number[], numbers: Float64Array): Stored {
  return { shape, range: (from, to) => numbers.subarray(from, to) };
}

/** Numbers one after the other in a file. @throws ImportError where the file is shorter */
export function inFile(
  source: Source,
  offset: number,
  type: NumberType,
  shape: readonly number[],
  littleEndian = true,
): Stored {
  checkShape(shape, source.name);
  const width = bytesOf[type];
  if (!Number.isSafeInteger(offset) || offset < 0 || offset + countOf(shape) * width > source.size)
    throw new ImportError(
      `${source.name} is cut or its sizes lie: ${shapeText(shape)} of ${type} at byte ${offset} end beyond its ${source.size} bytes`,
    );
  return {
    shape,
    range: (from, to) => toDoubles(source.bytes(offset + from * width, (to - from) * width), type, littleEndian),
  };
}

/** Numbers that are made from others, all at once, when they are wanted. */
export function made(shape: readonly number[], make: () => Float64Array): Stored {
  return { shape, range: (from, to) => lastMade(make).subarray(from, to) };
}

// The gates of a matrix are asked for one after the other: what was made for the first serves for the others.
let last: { make: () => Float64Array; numbers: Float64Array } | null = null;
function lastMade(make: () => Float64Array): Float64Array {
  if (last?.make !== make) last = { make, numbers: make() };
  return last.numbers;
}

/** Lets go of what was made last. */
export function forgetMade(): void {
  last = null;
}

/** The same numbers in another shape. */
export function reshaped(tensor: Stored, shape: readonly number[]): Stored {
  if (countOf(shape) !== countOf(tensor.shape))
    throw new ImportError(`${shapeText(tensor.shape)} does not reshape to ${shapeText(shape)}`);
  return { ...tensor, shape };
}

/** Entries [from, to) of the first dimension. */
export function rowsOf(tensor: Stored, from: number, to: number): Stored {
  const [rows = 0, ...inner] = tensor.shape;
  if (from < 0 || to > rows || from > to)
    throw new ImportError(`rows ${from} to ${to} of ${shapeText(tensor.shape)} are asked for`);
  const width = countOf(inner);
  return {
    shape: [to - from, ...inner],
    range: (a, b) => tensor.range(from * width + a, from * width + b),
  };
}

/** With its dimensions in another order: `[1, 0]` transposes a matrix. */
export function permuted(tensor: Stored, order: readonly number[]): Stored {
  const shape = order.map((k) => tensor.shape[k]!);
  const steps = stepsOf(tensor.shape);
  return strided(
    tensor,
    shape,
    order.map((k) => steps[k]!),
    0,
  );
}

export function transposed(tensor: Stored): Stored {
  return permuted(tensor, [1, 0]);
}

/** How far apart two neighbours of each dimension lie, row after row. */
export function stepsOf(shape: readonly number[]): number[] {
  const steps = shape.map(() => 1);
  for (let k = shape.length - 2; k >= 0; k--) steps[k] = steps[k + 1]! * shape[k + 1]!;
  return steps;
}

/**
 * A view of a storage: number [i, j] lies at offset + i·steps[0] + j·steps[1].
 * @throws ImportError where it reaches outside
 */
export function strided(
  storage: Stored,
  shape: readonly number[],
  steps: readonly number[],
  offset: number,
  what = "a tensor",
): Stored {
  checkShape(shape, what);
  const count = countOf(shape);
  if (steps.length !== shape.length || steps.some((step) => !Number.isSafeInteger(step)))
    throw new ImportError(`${what} has ${shape.length} sizes and ${steps.length} strides`);
  let least = offset;
  let most = offset;
  shape.forEach((size, k) => {
    const reach = (size - 1) * steps[k]!;
    if (reach < 0) least += reach;
    else most += reach;
  });
  const held = countOf(storage.shape);
  if (count > 0 && !(least >= 0 && most < held))
    throw new ImportError(`${what} reaches from ${least} to ${most} in a storage of ${held} numbers`);
  const dense = stepsOf(shape);
  if (steps.every((step, k) => step === dense[k] || shape[k]! <= 1))
    return { shape, range: (from, to) => storage.range(offset + from, offset + to) };
  return made(shape, () => {
    const numbers = new Float64Array(count);
    if (count === 0) return numbers;
    const held = storage.range(least, most + 1);
    const index = shape.map(() => 0);
    let at = offset - least;
    for (let k = 0; k < count; k++) {
      numbers[k] = held[at]!;
      for (let d = shape.length - 1; d >= 0; d--) {
        at += steps[d]!;
        if (++index[d]! < shape[d]!) break;
        at -= steps[d]! * shape[d]!;
        index[d] = 0;
      }
    }
    return numbers;
  });
}

/** Number by number. @throws ImportError where the shapes differ */
export function combined(a: Stored, b: Stored, combine: (a: number, b: number) => number, what: string): Stored {
  if (countOf(a.shape) !== countOf(b.shape))
    throw new ImportError(`${what}: ${shapeText(a.shape)} and ${shapeText(b.shape)} do not go together`);
  return {
    shape: a.shape,
    range(from, to) {
      const left = a.range(from, to);
      const right = b.range(from, to);
      return Float64Array.from(left, (value, k) => combine(value, right[k]!));
    },
  };
}

export function sumOf(a: Stored, b: Stored, what: string): Stored {
  return combined(a, b, (x, y) => x + y, what);
}

export function mapped(tensor: Stored, map: (value: number) => number): Stored {
  return { shape: tensor.shape, range: (from, to) => tensor.range(from, to).map(map) };
}

export function zeros(shape: readonly number[]): Stored {
  return { shape, range: (from, to) => new Float64Array(to - from) };
}

/** The matrix that leaves a vector as it is. */
export function identity(size: number): Stored {
  return made([size, size], () => {
    const numbers = new Float64Array(size * size);
    for (let k = 0; k < size; k++) numbers[k * size + k] = 1;
    return numbers;
  });
}

/** Columns [from, to) of a matrix. */
export function columnsOf(matrix: Stored, from: number, to: number): Stored {
  const [rows = 0, cols = 0] = matrix.shape;
  return strided(matrix, [rows, to - from], [cols, 1], from, "a block of columns");
}
