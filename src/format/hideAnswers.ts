/** Hides what a file expects: the edit that puts a salted hash where each number stands. */
import type { TextEdit } from "./edit";
import { layoutAt } from "./edit";
import type { ExpectedNumber } from "./expectedNumbers";
import { hashOfAnswer, placeOfAnswer } from "./hiddenAnswers";
import { printJson } from "./layout";
import { parseText } from "./parse";
import type { Expect } from "./readExpect";
import { SourceMap } from "./sourceMap";

type Values = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * The edit that hides every number of `expect`, beside those that are hidden already; comments inside go with the numbers.
 * @param answers  each number that stands in the file, with the value that is hidden in its place
 * @param salt     of a file that hides nothing yet
 * @param decimals as how many digits behind the point the numbers are hidden there
 * @throws Error where the text cannot be parsed, or expects nothing
 */
export function hideAnswers(
  text: string,
  expect: Expect,
  answers: readonly { readonly expected: ExpectedNumber; readonly value: number }[],
  salt: string,
  decimals: number,
): TextEdit {
  const { value, nodes } = parseText(text);
  const source = new SourceMap(nodes);
  const range = source.locate(["expect"]);
  const written = isObject(value) ? value["expect"] : null;
  if (!range || !isObject(written)) throw new Error("the text expects nothing: there are no answers to hide");
  const known = isObject(written["hidden"]) ? written["hidden"] : {};
  const hiding = expect.hidden ?? { salt, decimals };
  const hashes = new Map(
    answers.map(({ expected: { path }, value: answer }) => {
      const place = placeOfAnswer(path.slice(1));
      return [place, hashOfAnswer(answer, { salt: hiding.salt, decimals: hiding.decimals, place })];
    }),
  );
  const hidden = (there: unknown, path: readonly (string | number)[], before: unknown): unknown => {
    if (typeof there === "number") return hashes.get(placeOfAnswer(path)) ?? null;
    if (Array.isArray(there)) {
      const earlier: readonly unknown[] = Array.isArray(before) ? (before as unknown[]) : [];
      return Array.from({ length: Math.max(there.length, earlier.length) }, (_, k) =>
        hidden(there[k] ?? null, [...path, k], earlier[k] ?? null),
      );
    }
    if (!isObject(there)) return before ?? null;
    const earlier = isObject(before) ? before : {};
    const all = new Set([...Object.keys(earlier), ...Object.keys(there)]);
    return Object.fromEntries(
      [...all].map((key) => [key, hidden(there[key] ?? null, [...path, key], earlier[key] ?? null)]),
    );
  };
  const { tolerance, sequences, batch } = written;
  const both = { sequences, batch };
  const made = {
    ...(tolerance !== undefined && { tolerance }),
    hidden: {
      salt: hiding.salt,
      decimals: hiding.decimals,
      ...Object.fromEntries(
        Object.entries(both).flatMap(([key, there]) =>
          there === undefined && known[key] === undefined
            ? []
            : [[key, hidden(there ?? null, [key], known[key] ?? null)]],
        ),
      ),
    },
  };
  return { ...range, text: printJson(made, layoutAt(text, range.offset, 120)) };
}
