/** In which order a layer's units stand where somebody looks for those that stand out. */

import type { UnitOrder } from "../../protocol/panel";

/** Beyond this |h| a unit hardly moves: tanh′ = 1 − h² is below a fifth there. */
const nearBound = 0.9;

/** What the units of one pass do over a whole sequence. */
export class UnitScan {
  private steps = 0;
  private readonly near: Float64Array;
  private readonly size: Float64Array;
  private readonly sum: Float64Array;
  private readonly squares: Float64Array;
  private readonly gradient: Float64Array;

  /** @param units how many there are */
  constructor(units: number) {
    this.near = new Float64Array(units);
    this.size = new Float64Array(units);
    this.sum = new Float64Array(units);
    this.squares = new Float64Array(units);
    this.gradient = new Float64Array(units);
  }

  /** @param h [H] hidden state of a step @param dh [H] ∂L/∂h there */
  add(h: Float64Array, dh: Float64Array): void {
    const { near, size, sum, squares, gradient } = this;
    this.steps++;
    for (let i = 0; i < h.length; i++) {
      const value = h[i]!;
      const magnitude = Math.abs(value);
      if (magnitude >= nearBound) near[i]!++;
      size[i]! += magnitude;
      sum[i]! += value;
      squares[i]! += value * value;
      gradient[i]! += dh[i]! * dh[i]!;
    }
  }

  /** @returns [H] the unit at each place, the one with the most first; null for the file's order */
  order(by: UnitOrder): Int32Array | null {
    if (by === "file") return null;
    const worth = this.worth(by);
    // What is no number comes first: it has to be seen
    const order = (a: number, b: number) =>
      Number(Number.isNaN(worth[b])) - Number(Number.isNaN(worth[a])) || worth[b]! - worth[a]! || a - b;
    return Int32Array.from(Array.from(worth.keys()).sort(order));
  }

  private worth(by: Exclude<UnitOrder, "file">): Float64Array {
    const { near, size, sum, squares, gradient, steps } = this;
    switch (by) {
      case "saturation":
        // Of two that are near their bounds equally often, the one that is larger
        return near.map((count, i) => count + size[i]! / (steps + 1));
      case "mean":
        return sum;
      case "variance":
        return squares.map((square, i) => square / steps - (sum[i]! / steps) ** 2);
      case "gradient":
        return gradient;
    }
  }
}
