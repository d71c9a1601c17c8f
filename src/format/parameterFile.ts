/** Parameters in a file beside the model: `.safetensors`, or `.npz` of NumPy, under their names in the trace. */
import { unzipSync, zipSync } from "fflate";
import type { NamedTensors, Tensor } from "../engine/tensor";
import { readNumpy } from "./dataFiles/npy";
import type { Draft } from "./draft";
import { bad, parseText } from "./parse";
import type { ReadData } from "./readSources";
import type { Collector } from "./report";
import { readSafetensorsHeader } from "./safetensorsHeader";
import type { Slices } from "./slices";
import { parameterPath, SourceMap, type TextRange } from "./sourceMap";

/** What lies beside a model file, by the parameters' names in the trace. */
export interface ParameterFile {
  /** As the model file names it. */
  readonly file: string;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** What an archive may unpack to. */
const mostUnpacked = 1 << 30;

/** `undefined` where the model file names none, null where it cannot be used. */
export function* openParameters(
  given: Draft<{ readonly file?: Draft<string> }> | undefined,
  readData: ReadData | undefined,
  report: Collector,
): Slices<ParameterFile | null | undefined> {
  if (given === undefined) return undefined;
  if (given === bad || given.file === bad || given.file === undefined) return null;
  const { file } = given;
  const path = ["parameters", "file"];
  const fail = (message: string) => {
    report.error("parameter-file", path, `${file} cannot be read: ${message}`);
    return null;
  };
  if (readData === undefined) return fail("there is no place to read it from");
  if (!/\.(safetensors|npz)$/i.test(file)) return fail("expected a .safetensors or .npz file");
  try {
    const bytes = yield* readData(file);
    yield;
    const tensors = /\.npz$/i.test(file) ? yield* fromNpz(bytes) : yield* fromSafetensors(bytes);
    return { file, tensors };
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

function tensorOf(name: string, shape: readonly number[], data: Float64Array): Tensor {
  const [rows = 0, cols = 1] = shape;
  if (shape.length === 0 || shape.length > 2)
    throw new Error(`${name} has ${shape.length} dimensions, expected one or two`);
  return { rank: shape.length === 1 ? 1 : 2, rows, cols, data };
}

function* fromNpz(bytes: Uint8Array): Slices<Map<string, Tensor>> {
  let size = 0;
  const files = unzipSync(bytes, {
    filter: ({ name, originalSize }) => {
      size += originalSize;
      if (size > mostUnpacked) throw new Error("it unpacks to more than fits into memory");
      return name.endsWith(".npy");
    },
  });
  const tensors = new Map<string, Tensor>();
  for (const [name, content] of Object.entries(files)) {
    const key = name.slice(0, -".npy".length);
    const { shape, data } = yield* readNumpy(content);
    tensors.set(key, tensorOf(key, shape, data));
    yield;
  }
  return tensors;
}

const widths: Readonly<Record<string, number>> = { F64: 8, F32: 4 };

function* fromSafetensors(bytes: Uint8Array): Slices<Map<string, Tensor>> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { entries } = readSafetensorsHeader((from, length) => bytes.subarray(from, from + length), bytes.length);
  const tensors = new Map<string, Tensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    const width = Object.hasOwn(widths, dtype) ? widths[dtype]! : null;
    if (width === null) throw new Error(`${name} is of the type ${JSON.stringify(dtype)}, expected F64 or F32`);
    const count = shape.reduce((product, size) => product * size, 1);
    if (end - begin !== count * width || end > bytes.length)
      throw new Error(`${name} is [${shape.join(" × ")}] of ${dtype}, which is not where its offsets are`);
    const data = new Float64Array(count);
    for (let k = 0; k < count; k++) {
      data[k] = width === 8 ? view.getFloat64(begin + 8 * k, true) : view.getFloat32(begin + 4 * k, true);
      if (!Number.isFinite(data[k])) throw new Error(`${name} holds ${data[k]}, expected finite numbers`);
      if (k % 1_000_000 === 999_999) yield;
    }
    tensors.set(name, tensorOf(name, shape, data));
    yield;
  }
  return tensors;
}

/** The same file with other numbers in it: as `.safetensors`, each tensor in single precision where that holds it. */
export function printParameters(tensors: ReadonlyMap<string, Tensor>): Uint8Array {
  const isSingle = ({ data }: Tensor) => data.every((value) => Math.fround(value) === value);
  const parts = [...tensors].map(([name, tensor]) => ({ name, tensor, single: isSingle(tensor) }));
  // Doubles first, so that each number lies at a multiple of its width.
  parts.sort((a, b) => Number(a.single) - Number(b.single));
  let end = 0;
  const header = Object.fromEntries(
    parts.map(({ name, tensor: { rank, rows, cols, data }, single }) => {
      const begin = end;
      end += data.length * (single ? 4 : 8);
      return [
        name,
        { dtype: single ? "F32" : "F64", shape: rank === 1 ? [rows] : [rows, cols], data_offsets: [begin, end] },
      ];
    }),
  );
  const text = new TextEncoder().encode(JSON.stringify(header));
  const start = 8 + Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(start + end).fill(0x20, 0, start);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  bytes.set(text, 8);
  let at = start;
  for (const { tensor, single } of parts) {
    const numbers = single ? new Float32Array(tensor.data) : tensor.data;
    bytes.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength), at);
    at += numbers.byteLength;
  }
  return bytes;
}

/** Parameters by where they are written: in the text, or beside it. */
export interface SplitParameters {
  readonly inText: NamedTensors;
  /** Null where the text names no file of parameters. */
  readonly beside: {
    readonly file: string;
    readonly place: TextRange;
    readonly tensors: ReadonlyMap<string, Tensor>;
  } | null;
}

/** Where a text names a file of parameters, all that it does not give itself lie there. */
export function splitParameters(text: string, parameters: NamedTensors): SplitParameters {
  const { nodes, value } = parseText(text);
  const source = new SourceMap(nodes);
  const place = source.locate(["parameters", "file"]);
  const file = (value as { parameters?: { file?: unknown } } | null)?.parameters?.file;
  if (place === null || typeof file !== "string") return { inText: parameters, beside: null };
  const entries = Object.entries(parameters);
  const isInText = ([name]: readonly [string, Tensor]) => source.locate(parameterPath(name)) !== null;
  return {
    inText: Object.fromEntries(entries.filter(isInText)),
    beside: { file, place, tensors: new Map(entries.filter((entry) => !isInText(entry))) },
  };
}

/** As an archive of NumPy, in double precision. */
export function printArchive(tensors: ReadonlyMap<string, Tensor>): Uint8Array {
  const files = [...tensors].map(([name, { rank, rows, cols, data }]) => {
    const shape = rank === 1 ? `(${rows},)` : `(${rows}, ${cols})`;
    const words = `{'descr': '<f8', 'fortran_order': False, 'shape': ${shape}, }`;
    // The numbers begin at a multiple of 64, behind ten bytes and a header that ends its line.
    const header = `${words.padEnd(Math.ceil((words.length + 11) / 64) * 64 - 11)}\n`;
    const head = [0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, header.length & 0xff, header.length >> 8];
    const bytes = new Uint8Array(head.length + header.length + 8 * data.length);
    bytes.set(head);
    bytes.set(new TextEncoder().encode(header), head.length);
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), head.length + header.length);
    return [`${name}.npy`, bytes] as const;
  });
  return zipSync(Object.fromEntries(files), { level: 0 });
}
