/** The kernels' memory: taken piece by piece, given back all at once down to a mark. */

export type Precision = "float64" | "float32";

/** Numbers in the precision of the kernels. */
export type Reals = Float64Array | Float32Array;

const pageBytes = 65536;
/** What WebAssembly can address. */
export const mostBytes = 65536 * pageBytes;

export class Arena {
  private top: number;

  /** @param start where the memory begins that the module does not use itself */
  constructor(
    readonly memory: WebAssembly.Memory,
    readonly precision: Precision,
    start: number,
  ) {
    this.top = start;
  }

  /** Bytes of a number. */
  get realBytes(): number {
    return this.precision === "float64" ? 8 : 4;
  }

  /** Numbers that one vector instruction takes. */
  get lanes(): number {
    return 16 / this.realBytes;
  }

  /** n, filled up to a whole number of lanes. */
  filledUp(n: number): number {
    return Math.ceil(n / this.lanes) * this.lanes;
  }

  /** @returns the address of so many bytes, which are zero where nothing was before */
  bytes(count: number): number {
    const line = count < 64 ? 16 : 64;
    const address = Math.ceil(this.top / line) * line;
    this.top = address + count;
    // A vector may be read past the last number.
    const missing = this.top + 64 - this.memory.buffer.byteLength;
    if (missing > 0) {
      if (this.top + 64 > mostBytes)
        throw new RangeError(`the kernels' memory holds ${mostBytes} bytes, not ${this.top}`);
      this.memory.grow(Math.ceil(missing / pageBytes));
    }
    return address;
  }

  reals(count: number): number {
    return this.bytes(count * this.realBytes);
  }

  /** Writes integers. @returns their address */
  words(values: ArrayLike<number>): number {
    const address = this.bytes(values.length * 4);
    new Int32Array(this.memory.buffer, address, values.length).set(values);
    return address;
  }

  /** Writes numbers. @returns their address */
  numbers(values: ArrayLike<number>): number {
    const address = this.reals(values.length);
    this.view(address, values.length).set(values);
    return address;
  }

  view(address: number, count: number): Reals {
    return this.precision === "float64"
      ? new Float64Array(this.memory.buffer, address, count)
      : new Float32Array(this.memory.buffer, address, count);
  }

  /** Where the next piece will be. */
  mark(): number {
    return this.top;
  }

  /** Gives back all that was taken since the mark. */
  release(mark: number): void {
    this.top = mark;
  }
}
