import type { TextRange } from "../format/sourceMap";

/** A change of the text that takes a finding away. */
export interface Fix {
  readonly title: string;
  readonly place: TextRange;
  readonly newText: string;
}

export interface Finding extends TextRange {
  readonly code: string;
  readonly message: string;
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

/**
 * The one obvious fix of a finding, null where there is none.
 * @param slice the text itself in a range
 */
export function fixOf({ code, message, offset, length }: Finding, slice: (range: TextRange) => string): Fix | null {
  const place = { offset, length };
  const first = () => slice({ offset, length: 1 });
  const meant = /; did you mean ("(?:[^"\\]|\\.)*")\?$/.exec(message)?.[1];
  if (meant !== undefined) {
    // A finding about characters inside a text stands between its quotes.
    const quoted = first() === '"';
    return { title: `Change to ${meant}`, place, newText: quoted ? meant : meant.slice(1, -1) };
  }
  const key = code === "missing-key" ? /has no "(\w+)"/.exec(message)?.[1] : undefined;
  const value = key === undefined ? undefined : obvious[key];
  if (key === undefined || value === undefined || first() !== "{") return null;
  // As the object is laid out: on a line of its own, or beside the next key.
  const rest = slice({ offset: offset + 1, length: 400 });
  const indent = /^[^\S\n]*(?:\/\/[^\n]*)?(\r?\n[^\S\n]*)(?=\S)/.exec(rest)?.[1];
  const isEmpty = /^\s*\}/.test(rest);
  const entry = `"${key}": ${value}`;
  const newText = isEmpty ? ` ${entry} ` : indent === undefined ? ` ${entry},` : `${indent}${entry},`;
  return { title: `Add ${entry}`, place: { offset: offset + 1, length: 0 }, newText };
}
