import { cellOf } from "./cells";
import type { Model } from "./model";
import type { Recording } from "./network";

/** Where the first NaN or ∞ of a computation stands. */
export interface NonFinitePlace {
  /** 0-based step */
  readonly k: number;
  /** `layers.0.a`, `logits`, `loss`; with `gradients.` in front where it was the backward pass. */
  readonly tensor: string;
}

const isBad = (v: Float64Array) => !v.every(Number.isFinite);

/** The first NaN or ∞ in the order of the computation: forward t = 1…T and layer by layer, then back; null where there is none. */
export function firstNonFinite(model: Model, recording: Recording, length: number): NonFinitePlace | null {
  return firstForward(model, recording, length) ?? firstBackward(model, recording, length);
}

/** The same of the way there alone. */
export function firstForward(model: Model, recording: Recording, length: number): NonFinitePlace | null {
  for (let k = 0; k < length; k++) {
    for (const [l, layer] of model.layers.entries())
      for (const [p, pass] of layer.passes.entries())
        for (const { name } of cellOf(layer).quantities(layer.options))
          if (isBad(recording.layers[l]!.passes[p]!.values[k]![name]!)) return { k, tensor: `${pass.prefix}.${name}` };
    if (isBad(recording.logits[k]!)) return { k, tensor: "logits" };
    if (isBad(recording.output[k]!)) return { k, tensor: "output" };
    // A step without a target has no loss (NaN); an infinite one is wrong.
    if (Math.abs(recording.loss[k]!) === Infinity) return { k, tensor: "loss" };
  }
  return null;
}

/** The same of the way back alone. */
export function firstBackward(model: Model, recording: Recording, length: number): NonFinitePlace | null {
  for (let k = length - 1; k >= 0; k--) {
    if (isBad(recording.dLogits[k]!)) return { k, tensor: "gradients.logits" };
    for (let l = model.layers.length - 1; l >= 0; l--) {
      const layer = model.layers[l]!;
      for (const [p, pass] of layer.passes.entries())
        for (const { name } of cellOf(layer).backwardOperations(layer.options))
          if (isBad(recording.layers[l]!.passes[p]!.gradients[k]![name]!))
            return { k, tensor: `gradients.${pass.prefix}.${name}` };
    }
  }
  return null;
}
