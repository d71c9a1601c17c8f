import assert from "node:assert/strict";
import { LineIndex } from "../../src/format/position";
import { type ReadOptions, readProblem } from "../../src/format/read";

/** A text with ⟦marks⟧ around the places of findings, and the findings, in the order in which the marks begin. */
export interface Marked {
  readonly text: string;
  readonly places: readonly { readonly line: number; readonly column: number; readonly length: number }[];
}

/** Takes the marks off and tells line and column (from 1) of each, counted here by splitting lines. */
export function unmark(marked: string): Marked {
  const open: { offset: number; index: number }[] = [];
  const ranges: { offset: number; length: number }[] = [];
  let text = "";
  for (const character of marked) {
    if (character === "⟦") {
      open.push({ offset: text.length, index: ranges.length });
      ranges.push({ offset: text.length, length: 0 });
    } else if (character === "⟧") {
      const { offset, index } = open.pop()!;
      ranges[index] = { offset, length: text.length - offset };
    } else text += character;
  }
  const places = ranges.map(({ offset, length }) => {
    const lines = text.slice(0, offset).split("\n");
    return { line: lines.length, column: lines.at(-1)!.length + 1, length };
  });
  return { text, places };
}

/** Asserts that reading a marked text finds exactly these messages at exactly the marks. */
export function assertFinds(marked: string, messages: readonly string[], options: Partial<ReadOptions> = {}): void {
  const { text, places } = unmark(marked);
  const reading = readProblem(text, { fileName: "case.rnn.json", ...options });
  const lines = new LineIndex(text);
  const found = reading.diagnostics.map(({ offset, length, message, severity }) => ({
    ...lines.position(offset),
    length,
    message: severity === "error" ? message : `warning: ${message}`,
  }));
  assert.deepEqual(
    found,
    messages.map((message, k) => ({ ...places[k], message })),
  );
  const hasError = messages.some((message) => !message.startsWith("warning: "));
  assert.equal(reading.problem === null, hasError, "there is a problem exactly where there is no error");
}
