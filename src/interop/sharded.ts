import { type Json, objectOf } from "./json";
import type { Found } from "./network";
import { isPytorchZip, readPytorchZip } from "./pytorch";
import { readSafetensors } from "./safetensors";
import { ImportError, type Source } from "./source";
import { found } from "./stateDict";
import type { Stored } from "./stored";
import { readZip } from "./zip";

/**
 * The index of a model that lies in several files, `model.safetensors.index.json` or `pytorch_model.bin.index.json`: which
 * tensor is in which file beside it. Null where it is none.
 * @throws ImportError where a file is not there, or does not have what the index says
 */
export function importSharded(json: Json, source: Source): Found | null {
  if (json["weight_map"] === undefined) return null;
  const places = Object.entries(objectOf(json["weight_map"], "weight_map"));
  const files = new Map<unknown, Readonly<Record<string, Stored>>>();
  const tensors: Record<string, Stored> = Object.create(null) as Record<string, Stored>;
  let isPickled = false;
  for (const [name, file] of places) {
    if (!files.has(file)) {
      const beside = typeof file === "string" ? source.beside(file) : null;
      if (!beside) throw new ImportError(`${JSON.stringify(file)?.slice(0, 100)} is not beside ${source.name}`);
      const isZip = beside.size > 2 && beside.bytes(0, 2).every((byte, k) => byte === [0x50, 0x4b][k]);
      const zip = isZip ? readZip(beside) : null;
      if (zip && !isPytorchZip(zip)) throw new ImportError(`${beside.name} is a zip, but none of PyTorch`);
      isPickled ||= zip !== null;
      files.set(file, zip ? readPytorchZip(zip) : readSafetensors(beside).tensors);
    }
    const tensor = files.get(file)![name];
    if (!tensor) throw new ImportError(`${name} is not in ${String(file).slice(0, 100)}, where the index has it`);
    tensors[name] = tensor;
  }
  return found(isPickled ? "pytorch" : "safetensors", null, tensors);
}
