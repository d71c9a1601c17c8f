// What the module gives: training, and each kernel by itself for its tests.
export { expAll, log, log1p, sigmoidAll, tanhAll } from "./elements";
export { multiply, pack, packedBytes, roomBytes, sumOuterProducts } from "./matrix";
export { copyBytes, gradients, step, sumGradients, sumTouched, train } from "./network";
export { gradientNorm, update } from "./optimizer";
export { ownBackward, ownForward } from "./own";
export { repeatRow, sumRows } from "./rows";
export { addInputs, sumOverInputs } from "./steps";
export { clear, combineRows, innerProducts } from "./vector";

/** Where the memory begins that the module does not use itself. */
export function heapBase(): usize {
  return __heap_base;
}
