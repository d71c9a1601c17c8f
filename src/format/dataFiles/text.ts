/** A text cut into sequences of tokens: of characters (code points), or of words between white space. */

import type { Written } from "../data";
import type { Draft } from "../draft";
import type { Sequence as FileSequence, RnnFile } from "../file.generated";
import { bad } from "../parse";
import type { Collector } from "../report";
import { mostSequences, tooManySequences } from "../sequenceLimit";
import { readingShare, type Slices, shareBetween, writtenShare } from "../slices";
import type { Path } from "../sourceMap";
import { DataReport } from "./place";

type Given = Exclude<Draft<Exclude<NonNullable<RnnFile["sequences"]>, unknown[]>>, typeof bad>;

/** Tokens of a sequence where the file does not say. */
const defaultLength = 25;
const tokensInSlice = 1 << 16;
/** How much is done once the text's tokens are known. */
const splitShare = 0.5;

export interface TextSequences {
  readonly written: Written[];
  /** All tokens of the text, by first appearance. */
  readonly tokens: readonly string[];
}

/** Null where something has been reported. @param path where the model file describes the text */
export function* cutText(
  raw: string,
  file: string,
  given: Given,
  path: Path,
  outer: Collector,
): Slices<TextSequences | null> {
  for (const key of ["inputs", "window", "horizon", "scale"] as const)
    if (given[key] !== undefined)
      outer.warning(
        "unused-key",
        [...path, key],
        `${key} means nothing to a text, which reads tokens, length, stride and targets`,
        "key",
      );
  const { tokens: unit = "characters", length = defaultLength, targets } = given;
  const stride = given.stride ?? length;
  if (unit === bad || length === bad || stride === bad || targets === bad) return null;
  if (targets !== undefined && targets !== "next") {
    outer.error("value", [...path, "targets"], 'the targets of a text are "next": the next token at each step');
    return null;
  }
  // As every other program reads a text that was saved on Windows.
  const text = raw.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
  const { starts, ends, tokens } = yield* splitText(text, unit === "words");
  if (starts.length === 0) {
    outer.error("data-file", [...path, "file"], `${file} has no ${unit}, expected a text`);
    return null;
  }
  const whole = Math.min(length, starts.length);
  if ((starts.length - whole) / stride >= mostSequences) {
    outer.error("too-large", path, tooManySequences(file, ': a larger "stride" cuts it into fewer'), "opening");
    return null;
  }
  const written: Written[] = [];
  for (let first = 0; first + whole <= starts.length; first += stride) {
    const from = starts[first]!;
    const offsetOf = (at: Path, spot: unknown) =>
      at[0] === "inputs" && typeof at[1] === "number"
        ? starts[first + at[1]]!
        : from + (typeof spot === "object" ? (spot as { from: number }).from : 0);
    const report = new DataReport(file, text, offsetOf, [...path, "file"], outer);
    const inputs =
      unit === "words"
        ? { inputs: Array.from({ length: whole }, (_, k) => text.slice(starts[first + k], ends[first + k])) }
        : { text: text.slice(from, ends[first + whole - 1]) };
    const draft: Draft<FileSequence> = { ...inputs, ...(targets && { targets }) };
    written.push({ draft, base: [], report });
    if (written.length % 1024 === 0) yield shareBetween(splitShare, writtenShare, first / starts.length);
  }
  return { written, tokens };
}

/** Where each token begins and ends. */
function* splitText(
  text: string,
  isWords: boolean,
): Slices<{ readonly starts: Int32Array; readonly ends: Int32Array; readonly tokens: readonly string[] }> {
  const starts = new Int32Array(text.length);
  const ends = new Int32Array(text.length);
  const tokens = new Set<string>();
  const pattern = isWords ? /\S+/gu : /[\s\S]/gu;
  let count = 0;
  for (let found = pattern.exec(text); found; found = pattern.exec(text)) {
    starts[count] = found.index;
    ends[count++] = pattern.lastIndex;
    tokens.add(found[0]);
    if (count % tokensInSlice === 0) yield shareBetween(readingShare, splitShare, found.index / text.length);
  }
  return { starts: starts.slice(0, count), ends: ends.slice(0, count), tokens: [...tokens] };
}
