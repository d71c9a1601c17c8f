// What a processor can multiply: the bound of every workload that is made of products of matrices.

import { setTimeout as pause } from "node:timers/promises";
import { loadKernels } from "../../src/kernels/kernels";
import { kernelFolder } from "./engine";
import type { ProductReport } from "./report";

/** The matrices are square: their panels stay in the caches. */
const side = 128;
const samples = 40;
const productsASample = 20;

/** The kernels' fastest product in each precision, on one thread. */
export async function measureProducts(): Promise<ProductReport[]> {
  const reports: ProductReport[] = [];
  for (const precision of ["float64", "float32"] as const) {
    const { arena, exports } = loadKernels(kernelFolder, precision);
    const [a, b, c] = [0, 1, 2].map(() => arena.reals(side * side));
    const room = arena.bytes(exports.roomBytes(side));
    const stride = side * arena.realBytes;
    let shortestMs = Infinity;
    for (let sample = 0; sample < samples; sample++) {
      const start = performance.now();
      for (let k = 0; k < productsASample; k++)
        exports.sumOuterProducts(c!, stride, a!, stride, b!, stride, side, side, side, 0, room);
      shortestMs = Math.min(shortestMs, (performance.now() - start) / productsASample);
      // The compiler replaces the code meanwhile.
      await pause(1);
    }
    reports.push({ precision, gflops: (2 * side ** 3) / shortestMs / 1e6 });
  }
  return reports;
}
