/**
 * A growing list of 32-bit numbers in pages of one size: millions of them cost four bytes each, and a list that grows is not copied,
 * which would hold the thread.
 */
export class IntList {
  private readonly pages: Int32Array[] = [];
  private last: Int32Array = noPage;
  private count = 0;
  private readonly mask: number;

  /** @param pageBits a page holds two to the power of it */
  constructor(private readonly pageBits: number) {
    this.mask = (1 << pageBits) - 1;
  }

  get length(): number {
    return this.count;
  }

  push(value: number): void {
    const place = this.count++ & this.mask;
    if (place === 0) {
      this.last = new Int32Array(this.mask + 1);
      this.pages.push(this.last);
    }
    this.last[place] = value;
  }

  get(index: number): number {
    return this.pages[index >> this.pageBits]![index & this.mask]!;
  }

  set(index: number, value: number): void {
    this.pages[index >> this.pageBits]![index & this.mask] = value;
  }

  /** How many of an ascending list are at most `value`. */
  countUpTo(value: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.get(middle) <= value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const noPage = new Int32Array(0);
