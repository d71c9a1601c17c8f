import { parse } from "jsonc-parser";
import type { SourceMap, TextRange } from "../../format/sourceMap";
import type { TextLines } from "./textLines";

/** Words that can stand at a place of the text, and what of the text they replace. */
export interface WordChoice {
  /** In the order of their indices. */
  readonly words: readonly string[];
  readonly kind: "token" | "label";
  readonly place: TextRange;
}

/**
 * The tokens or labels that can stand at an offset: in a sequence's inputs the vocabulary, in its targets the labels. Null elsewhere.
 * The text may be unfinished, as it is while somebody types.
 */
export function wordsAt(source: SourceMap, { slice }: Pick<TextLines, "slice">, offset: number): WordChoice | null {
  const path = source.pathAt(offset - 1) ?? [];
  const [top, sequence, key, index, ...deeper] = path;
  const value = source.locate(path);
  if (top !== "sequences" || typeof sequence !== "number" || !value || deeper.length > 0) return null;
  const isList = key === "inputs" || key === "targets";
  const isItem = (isList && typeof index === "number") || (key === "target" && index === undefined);
  const first = slice({ offset: value.offset, length: 1 });
  const isInside = value.offset < offset;
  const ownKey = source.locateKey(path);
  // In a list, between its brackets; else on a word or a number, or behind the colon where one is missing.
  const isThere = isItem
    ? first !== "[" && (isInside || (ownKey !== null && ownKey.offset + ownKey.length < offset))
    : isList && first === "[" && isInside && offset < value.offset + value.length;
  if (!isThere) return null;
  const vocabulary = wordList(source, slice, "vocabulary");
  const labels = key === "inputs" ? null : wordList(source, slice, "labels");
  const words = labels ?? vocabulary;
  if (words === null) return null;
  const place = isItem && isInside && first === '"' ? value : { offset, length: 0 };
  return { words, kind: labels ? "label" : "token", place };
}

function wordList(source: SourceMap, slice: TextLines["slice"], key: string): string[] | null {
  const place = source.locate([key]);
  if (!place) return null;
  const list: unknown = parse(slice(place));
  return Array.isArray(list) ? list.filter((word): word is string => typeof word === "string") : null;
}
