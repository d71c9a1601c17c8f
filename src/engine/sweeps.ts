import type { Model } from "./model";
import { readsBackward } from "./model";

/** What goes over the steps: one pass of a layer, the read-out, or the embedding under the first layer. */
export interface Unit {
  readonly kind: "embedding" | "pass" | "readout";
  readonly layer: number;
  readonly pass: number;
}

export const embeddingUnit: Unit = { kind: "embedding", layer: -1, pass: 0 };

export const readoutUnit = ({ layers }: Model): Unit => ({ kind: "readout", layer: layers.length, pass: 0 });

/** Passes that go over the steps together, t ascending or descending. */
export interface UnitSweep {
  readonly ascending: boolean;
  readonly units: readonly Unit[];
}

/**
 * The sweeps of a forward computation, in order. A layer that reads a backward pass (its own below it) needs a sweep of its
 * own, because that pass has to be complete first; the backward computation takes the same sweeps the other way round.
 */
export function sweepsOf(model: Model): UnitSweep[] {
  const groups: { ascending: boolean; units: Unit[] }[] = [];
  const isInLast = (layer: number) => {
    const inLast = groups.at(-1)?.units.filter((unit) => unit.layer === layer).length ?? 0;
    return inLast === model.layers[layer]!.passes.length;
  };
  for (const [l, layer] of model.layers.entries())
    for (const [p, pass] of layer.passes.entries()) {
      const ascending = pass.direction === "forward";
      const unit: Unit = { kind: "pass", layer: l, pass: p };
      const last = groups.at(-1);
      // What a pass reads at t must be there at t: the layer below is complete in this very sweep.
      if (last && last.ascending === ascending && l > 0 && isInLast(l - 1)) last.units.push(unit);
      else groups.push({ ascending, units: [unit] });
    }
  const readout = readoutUnit(model);
  // The end of a backward pass is known once its whole sweep has gone by.
  const waits = model.output.at === "ends" && readsBackward(model.layers.at(-1)!);
  if (!waits && isInLast(model.layers.length - 1)) groups.at(-1)!.units.push(readout);
  else groups.push({ ascending: true, units: [readout] });
  // dL/dx_t is complete where the gradients of all of the first layer's passes are: in the first sweep, gone over last.
  if (model.embedding) groups[0]!.units.unshift(embeddingUnit);
  return groups;
}
