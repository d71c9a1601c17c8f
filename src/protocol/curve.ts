/** A curve over the epochs as a screen can show it, however many there are: host and webview keep the same one. */

/** More parts than this a curve does not have: about two a pixel. */
const mostParts = 2048;

/** A curve as it crosses to the webview. */
export interface CurveData {
  /** How many epochs it is of. */
  readonly count: number;
  /** How many epochs one part stands for. */
  readonly perPart: number;
  /** The smallest and the largest value of each part; the last part may be of fewer epochs. */
  readonly min: Float64Array;
  readonly max: Float64Array;
}

/** Takes one value an epoch. While there are few, each is a part of its own; of many, a part has the smallest and the largest of several. */
export class Curve implements CurveData {
  private readonly low = new Float64Array(mostParts);
  private readonly high = new Float64Array(mostParts);
  private length = 0;
  private size = 1;

  static of({ count, perPart, min, max }: CurveData): Curve {
    const curve = new Curve();
    [curve.length, curve.size] = [count, perPart];
    curve.low.set(min);
    curve.high.set(max);
    return curve;
  }

  get count(): number {
    return this.length;
  }

  get perPart(): number {
    return this.size;
  }

  get min(): Float64Array {
    return this.low.slice(0, this.parts);
  }

  get max(): Float64Array {
    return this.high.slice(0, this.parts);
  }

  get data(): CurveData {
    const { count, perPart, min, max } = this;
    return { count, perPart, min, max };
  }

  /** A part: its epochs, counted from 1, and their values. Null where there is none. */
  part(
    part: number,
  ): { readonly from: number; readonly to: number; readonly min: number; readonly max: number } | null {
    const [min, max] = [this.low[part], this.high[part]];
    if (part >= this.parts || min === undefined || max === undefined) return null;
    return { from: part * this.size + 1, to: Math.min(this.length, (part + 1) * this.size), min, max };
  }

  /** The values of the epochs that came next. */
  add(values: Float64Array): void {
    for (const value of values) {
      if (this.length === mostParts * this.size) this.halve();
      const part = Math.floor(this.length / this.size);
      const isFirst = this.length % this.size === 0;
      // Math.min and Math.max keep NaN, as wanted
      this.low[part] = isFirst ? value : Math.min(this.low[part] ?? value, value);
      this.high[part] = isFirst ? value : Math.max(this.high[part] ?? value, value);
      this.length++;
    }
  }

  private get parts(): number {
    return Math.ceil(this.length / this.size);
  }

  /** Two parts become one. */
  private halve(): void {
    const { low, high } = this;
    for (let part = 0; part < mostParts / 2; part++) {
      low[part] = Math.min(low[2 * part] ?? 0, low[2 * part + 1] ?? 0);
      high[part] = Math.max(high[2 * part] ?? 0, high[2 * part + 1] ?? 0);
    }
    this.size *= 2;
  }
}
