/** An escape in a text: two of them may stand for one character. */
const escape = /^\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|^\\u[\da-fA-F]{4}|^\\./;

/**
 * Where each character (code point) of a text stands in its literal.
 * @param literal with its quotes and escapes, as the file has it
 */
export function* charactersOf(literal: string): Generator<{ readonly offset: number; readonly length: number }> {
  for (let offset = 1; offset < literal.length - 1; ) {
    const found = literal[offset] === "\\" ? escape.exec(literal.slice(offset, offset + 12)) : null;
    const length = found ? found[0].length : literal.codePointAt(offset)! > 0xffff ? 2 : 1;
    yield { offset, length };
    offset += length;
  }
}
