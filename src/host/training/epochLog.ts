import type { EpochResult } from "../../engine/train";
import { Curve } from "../../protocol/curve";
import { type Measure, measures } from "../../protocol/panel";
import type { Epochs } from "./messages";

/** So many of the last epochs are kept whole: more than come between two messages. */
const mostRecent = 1 << 17;

/** The epochs of a run, however many: what a curve can show of them, the first one, and the last ones whole. */
export class EpochLog {
  readonly loss = new Curve();
  readonly gradientNorm = new Curve();
  /** What is measured of each epoch, as far as it is. */
  readonly measured: Partial<Record<Measure, Curve>> = {};
  private firstOne: EpochResult | null = null;
  private lastOne: EpochResult | null = null;
  private recent: Epochs[] = [];
  private recentCount = 0;

  get count(): number {
    return this.loss.count;
  }

  get first(): EpochResult | null {
    return this.firstOne;
  }

  get last(): EpochResult | null {
    return this.lastOne;
  }

  /** Those that came next. */
  add(epochs: Epochs): void {
    const { first, loss, gradientNorm } = epochs;
    const { length } = loss;
    if (length === 0) return;
    const result = (k: number) => ({ epoch: first + k, loss: loss[k]!, gradientNorm: gradientNorm[k]! });
    this.firstOne ??= result(0);
    this.lastOne = result(length - 1);
    this.loss.add(loss);
    this.gradientNorm.add(gradientNorm);
    for (const name of measures) {
      const values = epochs.measured[name];
      if (values) (this.measured[name] ??= new Curve()).add(values);
    }
    this.recent.push(epochs);
    this.recentCount += length;
    while (this.recentCount - this.recent[0]!.loss.length >= mostRecent)
      this.recentCount -= this.recent.shift()!.loss.length;
  }

  /** The epochs after the first `told` ones, or as many of them as are kept whole: those after the first `from`. */
  since(told: number): Omit<Epochs, "first"> & { readonly from: number } {
    const from = Math.max(told, this.count - this.recentCount);
    const loss = new Float64Array(this.count - from);
    const gradientNorm = new Float64Array(this.count - from);
    const measured = Object.fromEntries(
      Object.keys(this.measured).map((name) => [name, new Float64Array(this.count - from)]),
    ) as Epochs["measured"];
    for (const epochs of this.recent) {
      const skipped = Math.max(0, from + 1 - epochs.first);
      if (skipped >= epochs.loss.length) continue;
      const at = epochs.first + skipped - 1 - from;
      loss.set(epochs.loss.subarray(skipped), at);
      gradientNorm.set(epochs.gradientNorm.subarray(skipped), at);
      for (const name of measures) {
        const values = epochs.measured[name];
        if (values) measured[name]?.set(values.subarray(skipped), at);
      }
    }
    return { from, loss, gradientNorm, measured };
  }
}
