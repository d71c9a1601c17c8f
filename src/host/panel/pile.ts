/** How the gradient of one weight piles up: the share of each step that the backward pass has come to. */

import { cellOf } from "../../engine/cells";
import { parametersOf } from "../../engine/model";
import type { Run } from "../../engine/run";
import type { Derivations } from "../../explain/derive";
import { writeSymbol } from "../../explain/write";
import type { PileDetail, PileShare } from "../../protocol/panel";
import type { Stepper } from "../../stepper/stepper";

/** One entry of a parameter; of a bias j is 0. */
export interface Weight {
  readonly name: string;
  readonly i: number;
  readonly j: number;
}

/** More blocks than these nobody can tell apart: beyond, one block is several steps. */
const mostBlocks = 64;
/** Of a run with more steps the blocks are not looked at. */
const mostSteps = 20_000;

/** Index of the entry that is largest in size; 0 of an empty vector. */
export function largestEntry(vector: ArrayLike<number>): number {
  let largest = 0;
  for (let k = 1; k < vector.length; k++) if (Math.abs(vector[k]!) > Math.abs(vector[largest]!)) largest = k;
  return largest;
}

const steepest = new WeakMap<Float64Array, number>();

/** The entry of a parameter whose gradient is largest. */
export function steepestEntry(run: Run, name: string): { readonly i: number; readonly j: number } {
  const { data, cols } = run.gradients[name]!;
  const found = steepest.get(data) ?? largestEntry(data);
  steepest.set(data, found);
  return { i: Math.floor(found / cols), j: found % cols };
}

/**
 * The weight with the largest gradient among those that every step reads, which are the ones on the way from state to state;
 * of a model without such weights, among all.
 * @param of of which passes' parameters, by what their names begin with; of all of them without it
 */
export function steepestWeight(run: Run, of: readonly string[] | null = null): Weight | null {
  const { model, gradients } = run;
  const recurrent = model.layers.flatMap((layer) => {
    const names = cellOf(layer)
      .parameters(layer.options)
      .flatMap(({ name, cols }) => (cols === "hidden" ? [name] : []));
    return layer.passes.flatMap(({ prefix }) => names.map((name) => `${prefix}.${name}`));
  });
  let best: Weight | null = null;
  let size = -1;
  const isMeant = (name: string) => of === null || of.includes(name.slice(0, name.lastIndexOf(".")));
  const meant = recurrent.filter(isMeant);
  for (const name of meant.length > 0 ? meant : Object.keys(gradients).filter(isMeant)) {
    const { i, j } = steepestEntry(run, name);
    const { data, cols } = gradients[name]!;
    const found = Math.abs(data[i * cols + j]!);
    if (!(found > size)) continue;
    [best, size] = [{ name, i, j }, found];
  }
  return best;
}

/** The piles of one run. */
export class Piles {
  /** Of each weight that was looked at, the shares by step; NaN where nobody has asked yet. */
  private readonly shares = new Map<string, Float64Array>();

  constructor(
    private readonly run: Run,
    private readonly derivations: Derivations,
  ) {}

  /** @param stepper where the user stands in the run */
  pile(stepper: Stepper, weight: Weight): PileDetail {
    const { run } = this;
    const { name, i, j } = weight;
    const { data, cols } = parametersOf(run.model)[name]!;
    const steps = stepper.sharesKnown(name);
    const key = `shares.${name.slice(0, name.lastIndexOf("."))}`;
    const known = stepper.known(key);
    const isWhole = steps === run.length || (known !== null && stepper.phase === "update");
    const updated = stepper.updated(name);
    const shares = run.length > mostSteps ? null : known === null ? [] : this.blocks(stepper, weight, known);
    const gradient = run.gradients[name]!.data[i * cols + j]!;
    return {
      parameter: name,
      i,
      j,
      symbol: writeSymbol(this.derivations.symbol({ kind: "parameter", name, i, j }), "text"),
      reference: `${name}[${i}][${j}]`,
      value: data[i * cols + j]!,
      shares,
      sum: steps === null ? null : isWhole ? gradient : (shares?.reduce((sum, { value }) => sum + value, 0) ?? null),
      sumReference:
        steps === null ? null : isWhole ? `gradients.${name}[${i}][${j}]` : `sums.${name}@${steps}[${i}][${j}]`,
      isWhole,
      updated: updated && updated.data[i * cols + j]!,
    };
  }

  private blocks(stepper: Stepper, weight: Weight, known: { readonly from: number; readonly to: number }): PileShare[] {
    const { run } = this;
    const width = Math.ceil(run.length / mostBlocks);
    const blocks: PileShare[] = [];
    const isReadout = weight.name.startsWith("output.");
    for (let t = known.to; t >= known.from; ) {
      // Blocks begin at the same steps wherever the user stands
      const from = Math.max(known.from, t - ((t - 1) % width));
      let value = 0;
      let isThere = false;
      for (let s = t; s >= from; s--) {
        if (isReadout && run.at(s).target === null) continue;
        isThere = true;
        value += this.share(weight, s);
      }
      if (isThere) blocks.push({ from, to: t, value });
      t = from - 1;
    }
    const sweep = stepper.program.sweeps.find(({ operations }) =>
      operations.some(({ key }) => key === `shares.${weight.name.slice(0, weight.name.lastIndexOf("."))}`),
    );
    return sweep?.ascending === true ? blocks.reverse() : blocks;
  }

  private share(weight: Weight, t: number): number {
    const { name, i, j } = weight;
    const key = `${name} ${i} ${j}`;
    let shares = this.shares.get(key);
    if (!shares) {
      shares = new Float64Array(this.run.length).fill(Number.NaN);
      this.shares.set(key, shares);
    }
    // A share that is NaN is computed anew each time, and is NaN again
    if (Number.isNaN(shares[t - 1])) shares[t - 1] = this.derivations.value({ kind: "share", name, t, i, j });
    return shares[t - 1]!;
  }
}
