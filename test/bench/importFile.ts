// A model of 100 MB as somebody may bring it: how long its import takes beside a plain loop over its numbers.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { FileSource } from "../../src/interop/fileSource";
import { importModel } from "../../src/interop/import";
import { allOf } from "../../src/interop/stored";
import { storedParameters } from "../../src/interop/write";

/** An LSTM of so many units and inputs has 100 MB of parameters in single precision. */
const [H, X] = [2048, 1024];
const shapes = { weight_ih_l0: [4 * H, X], weight_hh_l0: [4 * H, H], bias_ih_l0: [4 * H], bias_hh_l0: [4 * H] };

export interface ImportRatio {
  readonly importMs: number;
  readonly plainMs: number;
  /** The median of the rounds' own ratios. */
  readonly ratio: number;
}

function bytesOfModel(): { bytes: Uint8Array; start: number } {
  let end = 0;
  const header = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const begin = end;
      end += 4 * shape.reduce((product, size) => product * size, 1);
      return [name, { dtype: "F32", shape, data_offsets: [begin, end] }];
    }),
  );
  const text = new TextEncoder().encode(JSON.stringify(header));
  const start = 8 + Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(start + end).fill(0x20, 0, start);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  bytes.set(text, 8);
  const numbers = new Float32Array(bytes.buffer, start, end / 4);
  for (let k = 0; k < numbers.length; k++) numbers[k] = Math.sin(k);
  return { bytes, start };
}

/** Both by turns in each round. */
export function measureImport(rounds = 5): ImportRatio {
  const folder = mkdtempSync(path.join(tmpdir(), "unroll-import-bench-"));
  const file = path.join(folder, "model.safetensors");
  try {
    const { bytes, start } = bytesOfModel();
    writeFileSync(file, bytes);
    const plain = () => {
      const read = readFileSync(file);
      const view = new DataView(read.buffer, read.byteOffset, read.byteLength);
      const numbers = new Float64Array((read.length - start) / 4);
      for (let k = 0; k < numbers.length; k++) numbers[k] = view.getFloat32(start + 4 * k, true);
      return numbers.length;
    };
    const imported = () => {
      const source = new FileSource(file);
      try {
        const { chain } = importModel(source);
        return Object.values(storedParameters(chain)).reduce((count, tensor) => count + allOf(tensor).length, 0);
      } finally {
        source.close();
      }
    };
    const timed = (work: () => number) => {
      const begin = performance.now();
      if (work() < 4 * H * (X + H)) throw new Error("not every number was read");
      return performance.now() - begin;
    };
    const times = Array.from({ length: rounds }, () => ({ plainMs: timed(plain), importMs: timed(imported) }));
    const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
    return {
      plainMs: median(times.map(({ plainMs }) => plainMs)),
      importMs: median(times.map(({ importMs }) => importMs)),
      ratio: median(times.map(({ plainMs, importMs }) => importMs / plainMs)),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
