/** What a check of gradients found, in the words that the panel and the hovers show. */
import type { ParameterCheck } from "../../engine/gradientCheck";
import { gradientTolerance } from "../../engine/gradientCheck";
import { formatMagnitude } from "../../protocol/numbers";
import type { GradientVerdict } from "../../protocol/panel";

/** The verdict on one parameter's gradient. */
export function verdictOf({ entries, checked, worst, kinks }: ParameterCheck): GradientVerdict {
  if (checked === 0)
    return {
      kind: "unchecked",
      mark: "not checked",
      text: "analytic against numeric: the sequence or the model is too long to compare in a few seconds",
    };
  const compared =
    checked === entries
      ? entries === 1
        ? "its one entry"
        : `all ${count(entries)} entries`
      : `${count(checked)} of ${count(entries)} entries`;
  const onKink = kinks === 0 ? "" : `; ${kinksText(kinks)}`;
  if (kinks === checked)
    return { kind: "unchecked", mark: "not checked", text: `analytic against numeric: ${compared} compared${onKink}` };
  const difference = formatMagnitude(worst);
  const text = Number.isFinite(worst)
    ? `analytic against numeric: largest relative difference ${difference} over ${compared}${onKink}`
    : `analytic against numeric: the gradient or the loss is not finite, over ${compared}${onKink}`;
  return worst <= gradientTolerance
    ? { kind: "right", mark: `✓ ${difference}`, text }
    : { kind: "wrong", mark: `✗ ${difference}`, text };
}

function kinksText(kinks: number): string {
  return kinks === 1
    ? "one of them does not count: the slope of the loss jumps there, so that a difference says nothing about it"
    : `${count(kinks)} of them do not count: the slope of the loss jumps there, so that a difference says nothing about it`;
}

function count(n: number): string {
  return n.toLocaleString("en");
}
