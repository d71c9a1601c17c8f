import { importBrain } from "./brain";
import { importGuitarMl, importStateDictJson } from "./guitarml";
import { isHdf5 } from "./hdf5";
import { importH5, importKerasZip } from "./keras";
import { importNam } from "./nam";
import { type Chain, type Found, isRecurrent, type Left } from "./network";
import { importNpy, importNpz } from "./npy";
import { importOnnx } from "./onnx";
import { isOnnx } from "./onnxGraph";
import { importLegacy, importPytorchZip, isPytorchZip } from "./pytorch";
import { importRtneural } from "./rtneural";
import { importSafetensors, parseObject } from "./safetensors";
import { importSharded } from "./sharded";
import { ImportError, type Source, textOf } from "./source";
import { someNames } from "./stateDict";
import { importTfjs } from "./tfjs";
import { readZip } from "./zip";

export { ImportError } from "./source";

/** What `import` prints. */
export interface Report {
  readonly version: 1;
  readonly format: string;
  readonly producer: string | null;
  readonly layers: readonly { name: string; cell: string; inputs: number; size: number }[];
  /** The source's names of what came over. */
  readonly taken: readonly string[];
  readonly left: readonly { name: string; why: string }[];
  readonly warnings: readonly string[];
}

export interface Imported {
  readonly report: Report;
  readonly chain: Chain;
  /** Something recurrent was left out. */
  readonly isPartial: boolean;
}

/** Readers by what a file begins with; a reader says what is wrong in one line. */
function read(source: Source): Found {
  if (source.size === 0) throw new ImportError("the file is empty");
  const head = source.bytes(0, Math.min(16, source.size));
  const begins = (...bytes: number[]) => bytes.every((byte, k) => head[k] === byte);
  const name = source.name.toLowerCase();
  const isText = /^[\s\ufeff]*[{[]/.test(new TextDecoder().decode(head));
  // The header of safetensors is JSON eight bytes further on.
  if (head[8] === 0x7b && !isText) return importSafetensors(source);
  if (begins(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59)) return importNpy(source);
  if (begins(0x50, 0x4b)) return importZip(source);
  if (isHdf5(source)) return importH5(source);
  // A pickle of protocol 2 or later.
  if (head[0] === 0x80 && head[1]! >= 1 && head[1]! <= 5) return importLegacy(source);
  if (isText) return importJson(source);
  if (name.endsWith(".safetensors")) return importSafetensors(source);
  if (isOnnx(source)) return importOnnx(source);
  throw new ImportError(
    "it is of no known kind: expected PyTorch, safetensors, ONNX, Keras, TensorFlow.js, NumPy, NAM, GuitarML, AIDA-X, RTNeural or brain.js",
  );
}

/** NumPy's, PyTorch's and Keras' newer files are all zips. */
function importZip(source: Source): Found {
  const zip = readZip(source);
  const names = [...zip.keys()];
  if (isPytorchZip(zip)) return importPytorchZip(zip);
  if (zip.has("config.json") && zip.has("model.weights.h5")) return importKerasZip(zip);
  if (names.some((name) => name.endsWith(".npy"))) return importNpz(source);
  throw new ImportError(`it is a zip of no known kind: found ${someNames(names)}`);
}

function importJson(source: Source): Found {
  const json = parseObject(textOf(source), source.name);
  const made =
    importNam(json) ??
    importGuitarMl(json) ??
    importRtneural(json) ??
    importBrain(json) ??
    importTfjs(json, source) ??
    importSharded(json, source) ??
    importStateDictJson(json);
  if (made) return made;
  throw new ImportError(
    `it is JSON of no known kind: found the keys ${Object.keys(json).slice(0, 8).join(", ") || "of an empty object"}; expected NAM, GuitarML, AIDA-X, RTNeural, brain.js or TensorFlow.js`,
  );
}

/**
 * What a file of other software holds.
 * @throws ImportError where the file is broken, or nothing recurrent is in it
 */
export function findModels(source: Source): Found {
  try {
    return read(source);
  } catch (error) {
    // A size that lies can ask for more than any machine has.
    if (error instanceof RangeError) throw new ImportError(`the file is broken: ${error.message}`);
    throw error;
  }
}

/** Both at once. */
export function importModel(source: Source, layer?: string): Imported {
  return take(findModels(source), layer);
}

/**
 * One chain of what was found.
 * @param layer the name of the recurrent layer with which the chain is to begin; without it the whole of the first chain
 * @throws ImportError where there is no such layer
 */
export function take(found: Found, layer?: string): Imported {
  const { chain, others } = choose(found, layer);
  const left: Left[] = [
    ...found.left,
    ...others
      .flatMap((other) => other.layers.filter(isRecurrent))
      .map(({ name }) => ({
        name,
        why: `another recurrent part: \`--layer ${name}\` takes it`,
        recurrent: true,
      })),
  ];
  const report: Report = {
    version: 1,
    format: found.format,
    producer: found.producer,
    layers: chain.layers.map(({ name, cell, inputs, size }) => ({ name, cell, inputs, size })),
    taken: [...(chain.embedding?.from ?? []), ...chain.layers.flatMap(({ from }) => from), ...chain.output.from],
    left: left.map(({ name, why }) => ({ name, why })),
    warnings: [...found.warnings, ...(chain.warnings ?? [])],
  };
  return { report, chain, isPartial: layer === undefined && left.some(({ recurrent }) => recurrent) };
}

/** The names of the recurrent layers that a file has. */
export function recurrentNames({ chains }: Found): string[] {
  return chains.flatMap(({ layers }) => layers.filter(isRecurrent).map(({ name }) => name));
}

function choose(found: Found, layer: string | undefined): { chain: Chain; others: readonly Chain[] } {
  const [first] = found.chains;
  if (!first) throw new ImportError("nothing recurrent is in it");
  if (layer === undefined) return { chain: first, others: found.chains.filter((chain) => chain !== first) };
  for (const chain of found.chains) {
    const at = chain.layers.findIndex((one) => isRecurrent(one) && one.name === layer);
    if (at < 0) continue;
    const { embedding, ...rest } = chain;
    // A chain that begins in the middle reads what the layer below gave, so that neither the embedding nor test vectors hold.
    if (at > 0) {
      const { sequences: _, ...inner } = rest;
      return { chain: { ...inner, layers: chain.layers.slice(at) }, others: [] };
    }
    return { chain: embedding ? { ...rest, embedding } : rest, others: [] };
  }
  throw new ImportError(`there is no recurrent layer ${layer}: the file has ${recurrentNames(found).join(", ")}`);
}
