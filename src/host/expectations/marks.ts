/** How right and wrong expectations are marked in the text. */
import type { Comparison } from "../../check/check";
import type { SourceMap, TextRange } from "../../format/sourceMap";
import { formatNumber } from "../../protocol/numbers";
import type { TextLines } from "../editor/textLines";

export interface Marks {
  /** Behind a line whose numbers are right, or some of them. */
  readonly lines: readonly { readonly line: number; readonly text: string }[];
  /** Behind a wrong number. */
  readonly wrong: readonly { readonly place: TextRange; readonly text: string }[];
}

/**
 * @param digits significant digits; a number that would then read as the wrong one gets more
 */
export function marksOf(comparisons: readonly Comparison[], source: SourceMap, text: TextLines, digits: number): Marks {
  const counts = new Map<number, { right: number; all: number }>();
  const wrong: Marks["wrong"][number][] = [];
  for (const { expected, actual, right } of comparisons) {
    const place = source.locate(expected.path);
    if (!place) continue;
    const line = text.lineAt(place.offset);
    const count = counts.get(line) ?? { right: 0, all: 0 };
    counts.set(line, { right: count.right + (right ? 1 : 0), all: count.all + 1 });
    if (!right && expected.isSecret) wrong.push({ place, text: " ✗" });
    else if (!right)
      wrong.push({ place, text: actual === null ? " no such number" : ` ≠ ${apart(actual, expected.value, digits)}` });
  }
  const lines = [...counts]
    .filter(([, { right }]) => right > 0)
    .map(([line, { right, all }]) => ({ line, text: right === all ? "✓" : `✓ ${right} of ${all}` }));
  return { lines, wrong };
}

/** The number with as many digits as tell it from another. */
function apart(actual: number, other: number, digits: number): string {
  for (let d = digits; d < 17; d++)
    if (formatNumber(actual, d) !== formatNumber(other, d)) return formatNumber(actual, d);
  return formatNumber(actual, 17);
}
