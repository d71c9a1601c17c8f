/** What a diagnosis says to people. */
import type { Comparison } from "../check";
import type { Diagnosis, Findings } from "./diagnose";

/** "the bias bh is left out, and the update adds the gradient" */
export function slipsText({ slips }: Diagnosis): string {
  return slips.map(({ text }) => text).join(", and ");
}

/** What explains the wrong numbers, as sentences without the last point; null where nothing does. */
export function explanationOf(diagnoses: readonly Diagnosis[]): string | null {
  const [first] = diagnoses;
  if (!first) return null;
  const { explained, wrong } = first;
  const which =
    explained.length < wrong
      ? `${explained.length} of the ${wrong} wrong numbers are`
      : wrong === 1
        ? "The wrong number is"
        : `All ${wrong} wrong numbers are`;
  return `${which} what comes out where ${alternatives(diagnoses)}`;
}

/** The same of a single number; null where none of the diagnoses is about it. @param index of the comparison */
export function explanationOfNumber(diagnoses: readonly Diagnosis[], index: number): string | null {
  const about = diagnoses.filter(({ explained }) => explained.includes(index));
  return about.length === 0 ? null : `It is what comes out where ${alternatives(about)}`;
}

/** What is said of one wrong number before its digits: what explains it, else what it may be, else that it follows from others. */
export function saidOfNumber({ diagnoses, hints, follows }: Findings, index: number): string | null {
  const hint = hints.find((one) => one.index === index);
  return explanationOfNumber(diagnoses, index) ?? hint?.text ?? (follows.includes(index) ? followsText : null);
}

export const followsText = "It follows from your own numbers";

/**
 * "One slip, 7 of 8 steps right": what is right, or follows from numbers that are not, is a right step.
 * @param comparisons all of them
 */
export function marksSummary(
  comparisons: readonly Pick<Comparison, "right">[],
  { diagnoses, follows }: Findings,
): string {
  const alone = comparisons.filter(({ right }) => !right).length - follows.length;
  const right = `${comparisons.length - alone} of ${comparisons.length} steps right`;
  const count = diagnoses[0]?.slips.length ?? 0;
  if (count === 0) return right;
  const words = ["", "One slip", "Two slips", "Three slips", "Four slips", "Five slips", "Six slips"];
  return `${words[count] ?? `${count} slips`}, ${right}`;
}

/** What the numbers do not tell apart, and what would; more than two nobody reads. */
function alternatives(diagnoses: readonly Diagnosis[]): string {
  const [first, second] = diagnoses;
  if (!first || !second) return first ? slipsText(first) : "";
  const would = second.apart === null ? "" : `: ${second.apart} would`;
  return `${slipsText(first)}; or where ${slipsText(second)}. The numbers do not tell these apart${would}`;
}
