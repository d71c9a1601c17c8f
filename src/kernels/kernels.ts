/** The compiled kernels: a module of WebAssembly for each precision, and its memory. */
import { readFileSync } from "node:fs";
import * as path from "node:path";
import type { Precision } from "./arena";
import { Arena } from "./arena";

/** What assembly/index.ts exports; addresses and counts are integers. */
export interface Exports {
  readonly heapBase: () => number;
  readonly train: (network: number, optimizer: number, batches: number, count: number, report: number) => number;
  readonly gradients: (network: number, batch: number) => number;
  readonly step: (optimizer: number, report: number) => number;
  readonly sumGradients: (first: number, next: number, stride: number, count: number, size: number) => void;
  /** The same of the rows of an embedding that have a gradient; all but the first are then zero. */
  readonly sumTouched: (optimizer: number, stride: number, count: number) => void;
  /** Copies within the memory, many times as fast as JavaScript does in one that is shared. */
  readonly copyBytes: (to: number, from: number, bytes: number) => void;
  readonly sumOuterProducts: (...[c, cStride, a, aStride, b, bStride, m, rows, n, add, room]: number[]) => void;
  /** An own cell's pass over a batch. */
  readonly ownForward: (...[pass, batch, x, xStride, tokens, room]: number[]) => void;
  readonly ownBackward: (
    ...[pass, batch, x, xStride, tokens, above, aboveStride, dx, dxStride, room]: number[]
  ) => void;
  // What a read-out is made of
  readonly repeatRow: (...[to, row, rows, n]: number[]) => void;
  readonly sumRows: (...[to, from, stride, rows, n, add]: number[]) => void;
  readonly addInputs: (...[z, Wx, n, x, xStride, inputs, tokens, rows, room]: number[]) => void;
  readonly sumOverInputs: (
    ...[dWx, dWxStride, x, xStride, inputs, tokens, d, dStride, n, batch, adds, room]: number[]
  ) => void;
  readonly multiply: (
    ...[c, cStride, a, aStride, b, bStride, transposed, packed, form, m, inner, n, add, room]: number[]
  ) => void;
  readonly clear: (to: number, n: number) => void;
  readonly roomBytes: (n: number) => number;
  readonly packedBytes: (inner: number, n: number) => number;
}

export interface Kernels {
  readonly precision: Precision;
  readonly module: WebAssembly.Module;
  readonly exports: Exports;
  readonly arena: Arena;
}

const compiled = new Map<string, WebAssembly.Module>();

function compiledModule(folder: string, precision: Precision): WebAssembly.Module {
  const file = path.join(folder, precision === "float64" ? "kernels.f64.wasm" : "kernels.f32.wasm");
  let module = compiled.get(file);
  if (!module) {
    module = new WebAssembly.Module(readFileSync(file));
    compiled.set(file, module);
  }
  return module;
}

/** Whether this processor and this JavaScript engine have 128-bit vectors and memory that threads share. */
export function hasVectors(): boolean {
  // A function that returns a vector.
  const bytes = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11];
  return typeof SharedArrayBuffer === "function" && WebAssembly.validate(new Uint8Array(bytes));
}

/** Instantiates the kernels around a memory of their own. @param folder where the compiled modules lie */
export function loadKernels(folder: string, precision: Precision): Kernels {
  const module = compiledModule(folder, precision);
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 65536, shared: true });
  const exports = instantiate(module, memory);
  return { precision, module, exports, arena: new Arena(memory, precision, exports.heapBase()) };
}

export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Exports {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports;
}
