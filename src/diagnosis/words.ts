/** What a diagnosis says to people. */
import type { Diagnosis } from "./diagnose";

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

/** The numbers do not tell these apart; more than two nobody reads. */
function alternatives(diagnoses: readonly Diagnosis[]): string {
  return diagnoses.slice(0, 2).map(slipsText).join("; or where ");
}
