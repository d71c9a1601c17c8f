import { libraryLayerFix } from "../../format/copyCell";
import type { Diagnostic } from "../../format/read";
import { type Fix, remedyFix } from "../../format/remedy";
import type { SourceMap, TextRange } from "../../format/sourceMap";
import { vocabularyFix } from "./vocabularyFix";

/** What a fix needs to know of a document. */
interface Texts {
  readonly source: SourceMap;
  /** The text itself in a range. */
  slice(range: TextRange): string;
  /** The whole text. */
  getText(): string;
}

/** What to put in for a key that is missing, where it is obvious. */
const obvious: Readonly<Record<string, string>> = {
  version: "1",
  layers: '[{ "cell": "rnn", "size": 4 }]',
  output: '{ "size": 1, "at": "every" }',
  size: "1",
  cell: '"rnn"',
  type: '"cross-entropy"',
  inputs: "[]",
  count: "100",
  length: "10",
};

/** Keys that mean nothing where they stand: they go. */
const withoutPlace: ReadonlySet<string> = new Set(["foreign-key", "identity", "bias"]);

/** The word of an equation that is meant, in quotes: of `there is no function tahn: did you mean tanh?`, `"tanh"`. */
function quotedWord(message: string): string | undefined {
  const [, name, state] = /: did you mean ([^"\s]+)\?$|: (\S+') is the step before's$/.exec(message) ?? [];
  const word = name ?? state;
  return word && JSON.stringify(word);
}

/** What takes a finding away, the most obvious first. */
export function fixesOf(finding: Diagnostic, texts: Texts): Fix[] {
  const isOfWords = finding.code === "missing-vocabulary" || finding.code === "unknown-token";
  const fixes = [
    fixOf(finding, texts),
    isOfWords && !finding.data ? vocabularyFix(texts.getText(), texts.source) : null,
  ];
  return fixes.filter((fix) => fix !== null);
}

/** The one obvious fix of a finding, null where there is none. */
function fixOf(finding: Diagnostic, texts: Texts): Fix | null {
  const { code, message, offset, length, path, remedy, data } = finding;
  // What is in another file is mended there.
  if (data) return null;
  if (code === "library-cell") return libraryLayerFix(texts.getText(), texts.source, path[1] as number);
  if (remedy) return remedyFix(texts.getText(), texts.source, path, remedy);
  const first = () => texts.slice({ offset, length: 1 });
  if (withoutPlace.has(code)) return remedyFix(texts.getText(), texts.source, path, { kind: "instead", set: [] });
  const meant = /; did you mean ("(?:[^"\\]|\\.)*")\?$/.exec(message)?.[1] ?? quotedWord(message);
  if (meant !== undefined) {
    // A finding about characters inside a text stands between its quotes.
    const quoted = first() === '"';
    return {
      title: `Change to ${quoted ? meant : meant.slice(1, -1)}`,
      edits: [{ offset, length, text: quoted ? meant : meant.slice(1, -1) }],
    };
  }
  const key = code === "missing-key" ? /has no "(\w+)"/.exec(message)?.[1] : undefined;
  const value = key === undefined ? undefined : obvious[key];
  if (key === undefined || value === undefined || first() !== "{") return null;
  // As the object is laid out: on a line of its own, or beside the next key.
  const rest = texts.slice({ offset: offset + 1, length: 400 });
  const indent = /^[^\S\n]*(?:\/\/[^\n]*)?(\r?\n[^\S\n]*)(?=\S)/.exec(rest)?.[1];
  const isEmpty = /^\s*\}/.test(rest);
  const entry = `"${key}": ${value}`;
  const text = isEmpty ? ` ${entry} ` : indent === undefined ? ` ${entry},` : `${indent}${entry},`;
  return { title: `Add ${entry}`, edits: [{ offset: offset + 1, length: 0, text }] };
}
