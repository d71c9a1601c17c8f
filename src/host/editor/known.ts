import type { Model } from "../../engine/model";
import type { Tensor } from "../../engine/tensor";
import type { Stepper } from "../../stepper/stepper";

/**
 * What is known at the stepper's cursor, and nothing that is not: what the text shows behind its lines and in its hovers.
 * Everything is null while the run has not come to it.
 */

/** h_t of a layer [H, or 2H where it reads both ways]. */
export function hiddenAt(stepper: Stepper, layer: number, t: number): Float64Array | null {
  const { passes } = stepper.run.model.layers[layer]!;
  return passes.every(({ prefix }) => stepper.isKnown(`${prefix}.h`, t)) ? stepper.run.at(t).h[layer]! : null;
}

/** The whole dL/dh_t of a layer, of both passes where it has two. */
export function hiddenGradientAt(stepper: Stepper, layer: number, t: number): Float64Array | null {
  const { passes } = stepper.run.model.layers[layer]!;
  if (!passes.every(({ prefix }) => stepper.isKnown(`gradients.${prefix}.h`, t))) return null;
  const gradients = stepper.run.at(t).passes[layer]!.map((pass) => pass.gradients["h"]!);
  return Float64Array.from(gradients.flatMap((dh) => [...dh]));
}

/** y_t or p_t [O]; also null at a step without a read-out. */
export function outputAt(stepper: Stepper, t: number): Float64Array | null {
  return stepper.isKnown("output", t) ? stepper.run.at(t).output : null;
}

/** z_t [O]; also null at a step without a read-out. */
export function logitsAt(stepper: Stepper, t: number): Float64Array | null {
  return stepper.isKnown("logits", t) ? stepper.run.at(t).logits : null;
}

/** ℓ_t; also null at a step without a target. */
export function lossAt(stepper: Stepper, t: number): number | null {
  return stepper.isKnown("loss", t) ? stepper.run.at(t).loss : null;
}

/** dL/d(initial state) of a pass, once the backward sweep has left the pass's first step. */
export function startGradient(stepper: Stepper, layer: number, pass: number, state: string): Float64Array | null {
  const { prefix, direction } = stepper.run.model.layers[layer]!.passes[pass]!;
  const first = direction === "forward" ? 1 : stepper.run.length;
  if (!stepper.isKnown(`shares.${prefix}`, first)) return null;
  return stepper.run.startGradients[layer]?.[pass]?.[state] ?? null;
}

/** The name of output j: its label, or its index. */
export function outputName(model: Model, j: number): string {
  return model.labels?.[j] ?? String(j);
}

/** The steps whose shares a parameter's gradient holds by now; null before the first. */
export function knownShares(stepper: Stepper, name: string): { from: number; to: number; steps: number } | null {
  return stepper.known(`shares.${name.slice(0, name.lastIndexOf("."))}`);
}

/** Entry `index` of a tensor as the file writes it: `[i][j]`, `[i]`. */
export function entryName(tensor: Tensor, index: number): string {
  if (tensor.rank === 1) return `[${index}]`;
  return `[${Math.floor(index / tensor.cols)}][${index % tensor.cols}]`;
}
