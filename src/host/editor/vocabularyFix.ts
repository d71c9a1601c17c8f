import { parse } from "jsonc-parser";
import { insertEntries, type TextEdit } from "../../format/edit";
import { printEntry } from "../../format/layout";
import type { Fix } from "../../format/remedy";
import type { SourceMap } from "../../format/sourceMap";

/** A longer text is no first model; reading it again at each light bulb would take a while. */
const longestText = 1_000_000;
/** So many tokens are named; more are counted. */
const mostNamed = 6;
/** More tokens than this nobody wants in the text of his file. */
const mostTokens = 1000;

/**
 * Adds the tokens of the sequences that the vocabulary lacks, and gives the output their number where it is to tell one from another.
 * @returns null where there are none, or so many that they were not meant
 */
export function vocabularyFix(text: string, source: SourceMap): Fix | null {
  if (text.length > longestText) return null;
  const file = objectOf(parse(text, [], { allowTrailingComma: true }));
  const { vocabulary, sequences, labels } = file;
  if (vocabulary !== undefined && !Array.isArray(vocabulary)) return null;
  const known = (vocabulary ?? []) as unknown[];
  const missing = [...new Set(tokensOf(sequences))].filter((token) => !known.includes(token));
  if (missing.length === 0 || missing.length > mostTokens) return null;

  const edits: TextEdit[] = [];
  const place = source.locate(["vocabulary"]);
  if (place === null) {
    const layers = source.locateKey(["layers"]);
    if (layers === null) return null;
    const lineStart = text.lastIndexOf("\n", layers.offset - 1) + 1;
    const indent = text.slice(lineStart, layers.offset);
    const entry = printEntry("vocabulary", missing, {
      indent: "",
      unit: "  ",
      eol: "\n",
      compact: false,
      width: Infinity,
    });
    edits.push({ offset: layers.offset, length: 0, text: `${entry},${indent.trim() === "" ? `\n${indent}` : " "}` });
  } else {
    const last = known.length === 0 ? null : source.locate(["vocabulary", known.length - 1]);
    insertEntries(
      text,
      place,
      last && { start: last, value: last },
      () => missing.map((token) => JSON.stringify(token)),
      edits,
    );
  }

  const size = source.locate(["output", "size"]);
  const count = known.length + missing.length;
  const given = objectOf(file["output"])["size"];
  const isOverTokens = objectOf(file["loss"])["type"] === "cross-entropy" && labels === undefined;
  const isResized = size !== null && given !== count && isOverTokens && (place === null || given === known.length);
  if (isResized) edits.push({ ...size, text: String(count) });
  const title = `Add ${namesOf(missing)} to the vocabulary${isResized ? ` and set the output to ${count}` : ""}`;
  return { title, edits: edits.sort((a, b) => a.offset - b.offset) };
}

function namesOf(tokens: readonly string[]): string {
  const more = tokens.length - mostNamed;
  const named = tokens.slice(0, more > 0 ? mostNamed : tokens.length).map((token) => JSON.stringify(token));
  if (more > 0) return `${named.join(", ")} and ${more} more`;
  return named.length < 2 ? named.join("") : `${named.slice(0, -1).join(", ")} and ${named.at(-1)}`;
}

/** In the order of the file, those that stand twice twice. */
function* tokensOf(sequences: unknown): Generator<string> {
  if (!Array.isArray(sequences)) return;
  for (const sequence of sequences) {
    const { text, inputs } = objectOf(sequence);
    if (typeof text === "string") yield* text;
    if (Array.isArray(inputs)) for (const item of inputs) if (typeof item === "string") yield item;
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
