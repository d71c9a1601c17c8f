/** Where the file gives a number, in words and in the text. */

import type { Tensor } from "../../engine/tensor";
import type { FilePath } from "../../explain/values";
import type { Reading } from "../../format/read";
import type { SourceMap, TextRange } from "../../format/sourceMap";
import { characterPlace } from "../editor/literal";

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

/** A parameter that lies in a file beside the text, and which entry of it. */
export interface BesidePlace {
  readonly file: string;
  readonly name: string;
  readonly tensor: Tensor;
  readonly entry: readonly number[];
}

/** Null where it does not lie there. */
export function besidePlaceOf({ beside }: Pick<Reading, "beside">, path: FilePath): BesidePlace | null {
  const last = path.findLastIndex((key) => typeof key === "string");
  const name = path.slice(0, last + 1).join(".");
  const tensor = beside?.tensors.get(name);
  const entry = path.slice(last + 1).filter((key) => typeof key === "number");
  return beside && tensor ? { file: beside.file, name, tensor, entry } : null;
}

/** Where a number stands, in words: in the text, or in the file beside it; null where neither gives it. */
export function placeText(reading: Reading, path: FilePath): string | null {
  if (placeOf(reading.source, path)) return pathText(path);
  const beside = besidePlaceOf(reading, path);
  return beside && `${pathText(path)} in ${beside.file}`;
}
