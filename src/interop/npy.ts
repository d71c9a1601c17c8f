import { mostHeaderBytes, type NumpyHeader, readNumpyHeader } from "../format/dataFiles/npy";
import { importKerasArrays } from "./kerasNames";
import type { Found } from "./network";
import { bytesOf, type NumberType } from "./numbers";
import { ImportError, type Source } from "./source";
import { found, type NamedStored, someNames } from "./stateDict";
import { countOf, inFile, permuted, type Stored } from "./stored";
import { byTraceNames } from "./traceNames";
import { readZip } from "./zip";

const types: Readonly<Record<string, NumberType>> = {
  f8: "float64",
  f4: "float32",
  f2: "float16",
  i8: "int64",
  i4: "int32",
  i2: "int16",
  i1: "int8",
  u8: "uint64",
  u4: "uint32",
  u2: "uint16",
  u1: "uint8",
  b1: "bool",
};

/** One array of NumPy. @throws ImportError; for pickled objects too, which would have to be executed */
export function readNpy(source: Source): Stored {
  const { type: kind, isLittleEndian, isFortran, shape, start } = headerOf(source);
  const type = Object.hasOwn(types, kind) ? types[kind] : undefined;
  if (!type) throw new ImportError(`${source.name} is of the type ${kind}, which is no real number`);
  const stored = inFile(source, start, type, isFortran ? shape.toReversed() : shape, isLittleEndian);
  const size = start + countOf(shape) * bytesOf[type];
  if (source.size > size)
    throw new ImportError(
      `${source.name} has ${source.size - size} bytes behind its numbers: one array a file is read`,
    );
  return isFortran
    ? permuted(
        stored,
        shape.map((_, k) => shape.length - 1 - k),
      )
    : stored;
}

function headerOf(source: Source): NumpyHeader {
  try {
    return readNumpyHeader(source.bytes(0, Math.min(mostHeaderBytes, source.size)));
  } catch (error) {
    if (error instanceof ImportError || !(error instanceof Error)) throw error;
    throw new ImportError(`${source.name} cannot be read: ${error.message}`);
  }
}

/** All arrays of an `.npz`. */
export function readNpz(source: Source): NamedStored {
  const arrays: Record<string, Stored> = Object.create(null) as Record<string, Stored>;
  for (const [name, open] of readZip(source)) if (name.endsWith(".npy")) arrays[name.slice(0, -4)] = readNpy(open());
  return arrays;
}

/** Arrays under the names of this format, of PyTorch or of Keras; other names say nothing, and their shapes are asked. */
export function importNpz(source: Source): Found {
  const arrays = readNpz(source);
  return (
    byTraceNames("npz", arrays) ?? importKerasArrays("npz", arrays) ?? byShape(arrays) ?? found("npz", null, arrays)
  );
}

/**
 * One recurrent layer of nameless arrays (`arr_0`, what `get_weights()` gives): three arrays in Keras' layout, or four in
 * PyTorch's, where the shapes leave no doubt.
 */
function byShape(arrays: NamedStored): Found | null {
  const names = Object.keys(arrays);
  if (names.some((name) => /weight|kernel|bias/.test(name))) return null;
  const list = names.map((name) => arrays[name]!);
  const [first, second] = list;
  if (first?.shape.length !== 2 || second?.shape.length !== 2) return null;
  const [a0 = 0, a1 = 0] = first.shape;
  const [b0 = 0, b1 = 0] = second.shape;
  const isKeras = a1 === b1 && b1 === b0 * (b1 / b0) && [1, 3, 4].includes(b1 / b0);
  const isTorch = a0 === b0 && [1, 3, 4].includes(b0 / b1);
  if (isKeras && isTorch)
    throw new ImportError(
      `the arrays ${someNames(names)} go together as Keras' and as PyTorch's: name them weight_ih_l0, weight_hh_l0 … or kernel, recurrent_kernel …`,
    );
  const rename = (keys: readonly string[]) =>
    Object.fromEntries(list.slice(0, keys.length).map((tensor, k) => [keys[k]!, tensor]));
  if (isKeras && list.length === 3) return importKerasArrays("npz", rename(["kernel", "recurrent_kernel", "bias"]));
  if (isTorch && (list.length === 4 || list.length === 2))
    return found("npz", null, rename(["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]));
  throw new ImportError(
    `the arrays ${names
      .map((name) => `${name} [${arrays[name]!.shape.join(" × ")}]`)
      .slice(0, 8)
      .join(
        ", ",
      )} are named neither as PyTorch's nor as Keras': name them weight_ih_l0, weight_hh_l0 … or kernel, recurrent_kernel …`,
  );
}

export function importNpy(source: Source): Found {
  const { shape } = readNpy(source);
  throw new ImportError(`it is one array [${shape.join(" × ")}]: a recurrent layer has several, which an .npz holds`);
}
