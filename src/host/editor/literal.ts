/** An escape in a text: two of them may stand for one character. */
const escape = /^\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|^\\u[\da-fA-F]{4}|^\\./;

/**
 * Where each character (code point) of a text stands in its literal.
 * @param literal with its quotes and escapes, as the file has it
 */
export function* charactersOf(literal: string): Generator<{ readonly offset: number; readonly length: number }> {
  for (let offset = 1; offset < literal.length - 1; ) {
    const length = lengthAt(literal, offset);
    yield { offset, length };
    offset += length;
  }
}

/** Where character k of a text stands in its literal; null where it has fewer. */
export function characterPlace(
  literal: string,
  k: number,
): { readonly offset: number; readonly length: number } | null {
  let count = 0;
  for (let offset = 1; offset < literal.length - 1; ) {
    const length = lengthAt(literal, offset);
    if (count++ === k) return { offset, length };
    offset += length;
  }
  return null;
}

/** Which character of a text a place in its literal is on; null on a quote. */
export function characterIndex(literal: string, at: number): number | null {
  let count = 0;
  for (let offset = 1; offset < literal.length - 1; count++) {
    const length = lengthAt(literal, offset);
    if (at >= offset && at < offset + length) return count;
    offset += length;
  }
  return null;
}

function lengthAt(literal: string, offset: number): number {
  const code = literal.charCodeAt(offset);
  if (code === 92) return escape.exec(literal.slice(offset, offset + 12))![0].length;
  return code >= 0xd800 && code < 0xdc00 && literal.codePointAt(offset)! > 0xffff ? 2 : 1;
}
