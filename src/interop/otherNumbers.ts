import { importModel } from "./import";
import { headOf } from "./importFile";
import { nested } from "./json";
import { readNpy, readNpz } from "./npy";
import { filled, PrintedError, readPrinted } from "./printed";
import { ImportError, type Source, textOf } from "./source";
import { allOf, type Stored } from "./stored";
import { modelText } from "./write";

/** Numbers of another program's run, by the names that it gives them. */
export interface OtherArray {
  readonly name: string | null;
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** What somebody holds a model against: another model, a trace, or arrays. */
export type OtherNumbers =
  | { readonly kind: "model"; readonly text: string }
  | { readonly kind: "trace"; readonly trace: unknown }
  | { readonly kind: "arrays"; readonly arrays: readonly OtherArray[] };

/** @throws ImportError where the file is none of these */
export function readOther(source: Source): OtherNumbers {
  const name = source.name.toLowerCase();
  if (name.endsWith(".rnn.json")) return { kind: "model", text: textOf(source) };
  if (name.endsWith(".npy")) return { kind: "arrays", arrays: [arrayOf(null, readNpy(source))] };
  if (name.endsWith(".npz")) {
    const arrays = Object.entries(readNpz(source));
    // Parameters are a model, whatever else the archive holds.
    if (arrays.some(([key]) => /weight|kernel|^layers\.\d+\.(reverse\.)?[WU]/.test(key))) return imported(source);
    const all = arrays.map(([key, tensor]) => arrayOf(key, tensor));
    return {
      kind: "arrays",
      arrays: all.length === 1 && all[0]!.name === "arr_0" ? [{ ...all[0]!, name: null }] : all,
    };
  }
  if (name.endsWith(".json")) return ofJson(source);
  if (/\.(txt|csv|tsv|log|out)$/.test(name)) return { kind: "arrays", arrays: printedArrays(textOf(source)) };
  return imported(source);
}

function imported(source: Source): OtherNumbers {
  const result = importModel(source);
  const { name, title } = headOf(source.name, result);
  return { kind: "model", text: [...modelText(name, title, result.chain, null)].join("") };
}

function ofJson(source: Source): OtherNumbers {
  let value: unknown;
  try {
    value = JSON.parse(textOf(source));
  } catch (error) {
    if (error instanceof ImportError) throw error;
    throw new ImportError(`${source.name} is no JSON`);
  }
  if (Array.isArray(value)) return { kind: "arrays", arrays: [arrayOf(null, nested(value, source.name))] };
  if (typeof value !== "object" || value === null) throw new ImportError(`${source.name} holds no arrays`);
  const entries = Object.entries(value);
  if (Array.isArray((value as { steps?: unknown }).steps)) return { kind: "trace", trace: value };
  const isObject = (inner: unknown) => typeof inner === "object" && inner !== null && !Array.isArray(inner);
  const isOfArrays = entries.every(([, inner]) => Array.isArray(inner) && !inner.some(isObject));
  if (entries.length > 0 && isOfArrays)
    return { kind: "arrays", arrays: entries.map(([key, inner]) => arrayOf(key, nested(inner, key))) };
  return imported(source);
}

function arrayOf(name: string | null, tensor: Stored): OtherArray {
  return { name, shape: tensor.shape, data: allOf(tensor) };
}

/** What a program has printed. @throws ImportError where some of it was left out, or is no number */
export function printedArrays(text: string): OtherArray[] {
  try {
    return readPrinted(text).map((array) => {
      const shape = array.shape.map(({ size, isOpen }) => {
        if (isOpen) throw new ImportError(`${array.name ?? "an array"} was not printed whole`);
        return size;
      });
      const items = filled(array, shape);
      const data = items?.map((item) => (item === null ? Number.NaN : Number(item)));
      if (!data) throw new ImportError(`${array.name ?? "an array"} was not printed whole`);
      return { name: array.name, shape, data };
    });
  } catch (error) {
    if (error instanceof PrintedError) throw new ImportError(`${error.message}, at character ${error.offset + 1}`);
    throw error;
  }
}
