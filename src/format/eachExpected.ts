import type { ExpectedNumber } from "./expectedNumbers";
import { eachNumber } from "./expectedNumbers";
import { placeOfAnswer } from "./hiddenAnswers";
import type { Expect } from "./readExpect";

/** Each number that is checked by itself, in the order of the file, those that are hidden last. */
export function* eachExpected({ numbers, hidden }: Expect): Generator<ExpectedNumber, void, undefined> {
  if (!hidden) return yield* eachNumber(numbers);
  for (const number of eachNumber(numbers)) yield { ...number, isSecret: true };
  const { salt, decimals, hashes } = hidden;
  for (const { path, value, ...number } of eachNumber(hidden.numbers)) {
    const place = placeOfAnswer(path.slice(1));
    yield {
      ...number,
      path: ["expect", "hidden", ...path.slice(1)],
      value: Number.NaN,
      hidden: { hash: hashes[value]!, salt, decimals, place },
      isSecret: true,
    };
  }
}

/** How many numbers a file expects. */
export function countExpected(expect: Expect | null): number {
  return expect ? expect.numbers.values.length + (expect.hidden?.hashes.length ?? 0) : 0;
}
