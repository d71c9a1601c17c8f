import { getLocation, parse } from "jsonc-parser";
import type { SourceMap, TextRange } from "../format/sourceMap";

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
export function wordsAt(source: SourceMap, text: string, offset: number): WordChoice | null {
  const { path, previousNode, isAtPropertyKey } = getLocation(text, offset);
  const [top, sequence, key, index, ...deeper] = path;
  if (top !== "sequences" || typeof sequence !== "number" || isAtPropertyKey || deeper.length > 0) return null;
  const isItem = (key === "inputs" || key === "targets") && typeof index === "number";
  if (!isItem && !(key === "target" && index === undefined)) return null;
  const vocabulary = wordList(source, text, "vocabulary");
  const labels = key === "inputs" ? null : wordList(source, text, "labels");
  const words = labels ?? vocabulary;
  if (words === null) return null;
  const typed = previousNode?.type === "string" && offset <= previousNode.offset + previousNode.length;
  const place = typed && previousNode ? previousNode : { offset, length: 0 };
  return { words, kind: labels ? "label" : "token", place: { offset: place.offset, length: place.length } };
}

function wordList(source: SourceMap, text: string, key: string): string[] | null {
  const place = source.locate([key]);
  if (!place) return null;
  const list: unknown = parse(text.slice(place.offset, place.offset + place.length));
  return Array.isArray(list) ? list.filter((word): word is string => typeof word === "string") : null;
}
