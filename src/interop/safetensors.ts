import { readSafetensorsHeader, type SafetensorsHeader } from "../format/safetensorsHeader";
import type { Found } from "./network";
import type { NumberType } from "./numbers";
import { bytesOf } from "./numbers";
import { ImportError, type Source } from "./source";
import { found, type NamedStored } from "./stateDict";
import { countOf, inFile, type Stored } from "./stored";
import { byTraceNames } from "./traceNames";

const types: Readonly<Record<string, NumberType>> = {
  F64: "float64",
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
  F8_E4M3: "float8e4m3",
  F8_E5M2: "float8e5m2",
  I64: "int64",
  I32: "int32",
  I16: "int16",
  I8: "int8",
  U64: "uint64",
  U32: "uint32",
  U16: "uint16",
  U8: "uint8",
  BOOL: "bool",
};

export interface Safetensors {
  readonly tensors: NamedStored;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** @throws ImportError with what is wrong */
export function readSafetensors(source: Source): Safetensors {
  const { entries, metadata } = headerOf(source);
  const tensors: Record<string, Stored> = Object.create(null) as Record<string, Stored>;
  for (const { name, dtype, shape, begin, end } of entries) {
    const type = Object.hasOwn(types, dtype) ? types[dtype] : undefined;
    if (!type) throw new ImportError(`${name} is of the unknown type ${JSON.stringify(dtype)}`);
    if (end - begin !== countOf(shape) * bytesOf[type])
      throw new ImportError(`${name} is [${shape.join(" × ")}] of ${dtype}, but has ${end - begin} bytes`);
    tensors[name] = inFile(source, begin, type, shape);
  }
  return { tensors, metadata };
}

function headerOf(source: Source): SafetensorsHeader {
  try {
    return readSafetensorsHeader((from, length) => source.bytes(from, length), source.size);
  } catch (error) {
    if (error instanceof ImportError || !(error instanceof Error)) throw error;
    throw new ImportError(error.message);
  }
}

/** JSON that has to be an object. @throws ImportError */
export function parseObject(text: string, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ImportError(`${what} is no JSON`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new ImportError(`${what} is no JSON object`);
  return value as Record<string, unknown>;
}

export function importSafetensors(source: Source): Found {
  const { tensors, metadata } = readSafetensors(source);
  const { format } = metadata;
  return (
    byTraceNames("safetensors", tensors) ?? found("safetensors", typeof format === "string" ? format : null, tensors)
  );
}
