/** Where the file gives a number, in words and in the text. */

import { characterPlace } from "../editor/literal";
import type { FilePath } from "../explain/values";
import type { SourceMap, TextRange } from "../format/sourceMap";

/** `layers[0].Whh[0][0]` */
export function pathText(path: FilePath): string {
  return path.map((key, k) => (typeof key === "number" ? `[${key}]` : k === 0 ? key : `.${key}`)).join("");
}

/**
 * Where a number stands. Of a sequence whose items are not listed: its text, or the sequence itself.
 * @param text the file's text, to find one character of a sequence that is a text
 * @returns null where the file does not give it
 */
export function placeOf(source: SourceMap, path: FilePath, text?: string): TextRange | null {
  const place = source.locate(path);
  if (place || path[0] !== "sequences") return place;
  const sequence = path.slice(0, 2);
  const literal = source.locate([...sequence, "text"]);
  if (!literal) return source.locateOpening(sequence);
  const [, , key, k] = path;
  if (text === undefined || key !== "inputs" || typeof k !== "number") return literal;
  const character = characterPlace(text.slice(literal.offset, literal.offset + literal.length), k);
  return character ? { offset: literal.offset + character.offset, length: character.length } : literal;
}
