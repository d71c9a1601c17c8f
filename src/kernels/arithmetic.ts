/** Which runs the kernels compute: the one rule. */
import type { Model } from "../engine/model";
import { parametersOf } from "../engine/model";
import type { Arithmetic } from "../engine/network";
import { countNumbers } from "../engine/tensor";
import type { Kernels } from "./kernels";
import { hasVectors, loadKernels } from "./kernels";
import { RunKernels } from "./run";

/** Multiplications of a pass forward. With fewer, the kernels would take longer to be there than the readable loops to be done. */
const leastWork = 2e6;
/** Numbers of a model that fits well into what WebAssembly can address, each matrix standing there up to four times. */
const mostNumbers = 5e7;

/** Memory of more bytes than these is not kept for the next run. */
const mostIdleBytes = 128e6;

/** By folder: kernels whose run has been computed, for the next one. Memory of theirs is freed late, and each edit would take some. */
const idle = new Map<string, Kernels>();

function takeKernels(folder: string): Kernels {
  const known = idle.get(folder);
  idle.delete(folder);
  return known ?? loadKernels(folder, "float64");
}

/**
 * What computes a run: null where the readable engine does. The kernels' numbers are its own within 1e-13 of their size.
 * @param folder where the compiled kernels lie
 */
export function arithmeticFrom(folder: string) {
  return (model: Model, length: number, segmentLength: number): Arithmetic | null => {
    const numbers = countNumbers(parametersOf({ ...model, embedding: null }));
    const isWorthIt = numbers * length >= leastWork && numbers <= mostNumbers && hasVectors();
    if (!isWorthIt) return null;
    return new RunKernels(model, segmentLength, takeKernels(folder), (kernels) => {
      if (kernels.arena.memory.buffer.byteLength <= mostIdleBytes) idle.set(folder, kernels);
    });
  };
}
