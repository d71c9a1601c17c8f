/** Where a line of a text begins, to tell line and column of an offset. Lines end with \n, \r\n or \r. */
export class LineIndex {
  private readonly starts: number[] = [0];

  constructor(text: string) {
    for (let k = 0; k < text.length; k++) {
      const code = text.charCodeAt(k);
      if (code === 10 || (code === 13 && text.charCodeAt(k + 1) !== 10)) this.starts.push(k + 1);
    }
  }

  /** Line and column, both counted from 1, the column in UTF-16 units. */
  position(offset: number): { line: number; column: number } {
    let low = 0;
    let high = this.starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.starts[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    return { line: low, column: offset - this.starts[low - 1]! + 1 };
  }
}
