import { getLocation } from "jsonc-parser";
import { fold } from "../../format/otherWords";
import type { SourceMap, TextRange } from "../../format/sourceMap";
import { wordsBesides } from "../../format/translate";

/** A word of other software that somebody begins to type, and what stands for it here. */
export interface ForeignWord {
  /** As the other software writes it. */
  readonly word: string;
  /** What it becomes: `"size"`, `"direction": `, `"rnn"`. */
  readonly insert: string;
  /** Whether what comes is still to be typed, behind `insert`. */
  readonly wantsValue: boolean;
  /** Its key or value here, as it is shown. */
  readonly here: string;
  readonly note: string | null;
}

/** In a longer text nothing is looked for at each letter. */
const mostText = 2_000_000;

/**
 * The words of other software that begin as what is typed at an offset, a key or a value, where the format has something for them.
 * @returns null where none is typed, or none begins so
 */
export function foreignWordsAt(
  text: string,
  source: SourceMap,
  offset: number,
): { readonly words: readonly ForeignWord[]; readonly place: TextRange } | null {
  if (text.length > mostText) return null;
  const { path, isAtPropertyKey, previousNode } = getLocation(text, offset);
  if (previousNode?.type !== "string" && previousNode?.type !== "property") return null;
  const place = { offset: previousNode.offset, length: previousNode.length };
  if (offset <= place.offset || offset > place.offset + place.length) return null;
  const typed = fold(text.slice(place.offset, offset).replaceAll('"', ""));
  if (typed === "") return null;
  const hasValue =
    isAtPropertyKey && /^\s*:/.test(text.slice(place.offset + place.length, place.offset + place.length + 100));
  const there = new Set(source.keysOf(path.slice(0, -1)));
  const words = wordsBesides(path, isAtPropertyKey)
    .filter(({ word, target }) => fold(word).startsWith(typed) && !(isAtPropertyKey && there.has(target[0]!)))
    .map(({ word, target, note }): ForeignWord => {
      const quoted = target.map((name) => JSON.stringify(name));
      // What stands deeper comes inside of what holds it: "training": { "optimizer": { "learningRate":
      const isWhole = isAtPropertyKey && !hasValue;
      const insert = isWhole ? `${quoted.join(": { ")}: ` : quoted[0]!;
      return { word, insert, wantsValue: isWhole, here: target.join("."), note };
    })
    .filter(({ here }) => !hasValue || !here.includes("."));
  return words.length === 0 ? null : { words, place };
}
