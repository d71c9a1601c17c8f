import { arrayOf, type Json, objectOf } from "./json";
import { importKerasModel, inKerasOrder, type KerasArray } from "./kerasModel";
import { importKerasArrays } from "./kerasNames";
import type { Found } from "./network";
import { bytesOf, type NumberType } from "./numbers";
import { checkRange, ImportError, type Source } from "./source";
import { someNames } from "./stateDict";
import { countOf, inFile, mapped, type Stored } from "./stored";

const types: Readonly<Record<string, NumberType>> = {
  float32: "float32",
  float16: "float16",
  int32: "int32",
  uint8: "uint8",
  uint16: "uint16",
  bool: "bool",
};

/** TensorFlow.js' `model.json` of layers, with its numbers in the files beside it. */
export function importTfjs(json: Json, source: Source): Found | null {
  if (json["modelTopology"] === undefined || json["weightsManifest"] === undefined) return null;
  if (json["format"] === "graph-model") return importGraph(json, source);
  const topology = objectOf(json["modelTopology"], "modelTopology");
  const config = topology["model_config"] ?? topology;
  const arrays = readManifest(arrayOf(json["weightsManifest"], "weightsManifest"), source);
  const { generatedBy } = json;
  return importKerasModel("tfjs", typeof generatedBy === "string" ? generatedBy : null, config, "tfjs", ({ name }) =>
    inKerasOrder(arrays.filter(({ path }) => path.startsWith(`${name}/`))),
  );
}

/** A graph model has its layers taken apart: what its weights are is told by their names alone. */
function importGraph(json: Json, source: Source): Found {
  const arrays = readManifest(arrayOf(json["weightsManifest"], "weightsManifest"), source);
  const named = Object.fromEntries(arrays.map(({ path, tensor }) => [nameInGraph(path), tensor]));
  const found = importKerasArrays("tfjs-graph", named);
  if (!found || found.chains.length === 0)
    throw new ImportError(
      `it is a graph model of TensorFlow.js whose weights are named as no recurrent layer's are: found ${someNames(Object.keys(named))}; a layers model says more`,
    );
  const { generatedBy } = json;
  return { ...found, producer: typeof generatedBy === "string" ? generatedBy : null };
}

/** `StatefulPartitionedCall/sequential/lstm/lstm_cell/kernel/read` as its variable is called. */
function nameInGraph(path: string): string {
  return path
    .replace(/^(StatefulPartitionedCall|model|sequential[^/]*)\//g, "")
    .replace(/\/(read|ReadVariableOp)$/, "");
}

function readManifest(groups: readonly unknown[], source: Source): KerasArray[] {
  return groups.flatMap((entry, k) => {
    const group = objectOf(entry, `weightsManifest[${k}]`);
    const files = arrayOf(group["paths"], "paths").map((path) => {
      const file = typeof path === "string" ? source.beside(path) : null;
      if (!file) throw new ImportError(`${JSON.stringify(path)?.slice(0, 100)} is not beside ${source.name}`);
      return file;
    });
    const whole = joined(files);
    let at = 0;
    return arrayOf(group["weights"], "weights").map((item): KerasArray => {
      const { name, shape, dtype, quantization } = objectOf(item, "a weight");
      if (typeof name !== "string" || !Array.isArray(shape)) throw new ImportError("a weight has no name or no shape");
      const quantised = quantization === undefined ? null : objectOf(quantization, `the quantization of ${name}`);
      const written = String(quantised?.["dtype"] ?? dtype);
      const type = Object.hasOwn(types, written) ? types[written] : undefined;
      if (!type) throw new ImportError(`${name} is of the type ${written.slice(0, 40)}, which is not read`);
      const tensor = inFile(whole, at, type, shape as number[]);
      at += countOf(shape as number[]) * bytesOf[type];
      return { path: name, tensor: quantised ? dequantised(tensor, quantised) : tensor };
    });
  });
}

/** q · scale + min */
function dequantised(tensor: Stored, { scale, min }: Json): Stored {
  if (typeof scale !== "number" || typeof min !== "number") return tensor;
  return mapped(tensor, (q) => q * scale + min);
}

/** Files one after the other as one. */
function joined(files: readonly Source[]): Source {
  const [first] = files;
  if (files.length === 1 && first) return first;
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const whole: Source = {
    name: "the weights",
    size,
    bytes(offset, length) {
      checkRange(whole, offset, length);
      const bytes = new Uint8Array(length);
      let start = 0;
      for (const file of files) {
        const [from, to] = [Math.max(offset, start), Math.min(offset + length, start + file.size)];
        if (from < to) bytes.set(file.bytes(from - start, to - from), from - offset);
        start += file.size;
      }
      return bytes;
    },
    beside: () => null,
  };
  return whole;
}
