/** What a check found, as a page that people read. */

import type { CheckResult } from "../../check/check";
import { explanationOf, followsText, marksSummary } from "../../check/diagnosis/words";
import { gradientTolerance } from "../../engine/gradientCheck";
import { largestOf } from "../../protocol/extremes";
import { formatExact, formatNumber } from "../../protocol/numbers";
import type { CheckOutcome } from "./messages";
import { tableLines } from "./table";

export interface CheckReport {
  /** Everything agrees. */
  readonly right: boolean;
  readonly verdict: string;
  readonly text: string;
  /** Lines of the text that begin with an expectation, and where that stands in the file. */
  readonly links: readonly {
    readonly line: number;
    readonly from: number;
    readonly to: number;
    readonly path: readonly (string | number)[];
  }[];
}

export function checkReport(
  name: string,
  { comparisons, gradientCheck, ...findings }: Omit<CheckOutcome, "compared"> & Pick<CheckResult, "comparisons">,
  tolerance: number | null,
): CheckReport {
  const failed = comparisons.filter(({ right }) => !right);
  const { byParameter } = gradientCheck;
  // Where the slope of the loss jumps, a difference says nothing about the gradient.
  const worst = byParameter.length === 0 ? null : largestOf(byParameter.map((one) => one.worst));
  const parameter = byParameter.find((one) => one.worst === worst)?.name;
  const gradientsRight = worst === null || worst <= gradientTolerance;
  const held = `${comparisons.length - failed.length} of ${comparisons.length} expectations hold`;
  const gradients =
    worst === null
      ? "no sequence has a target, so there are no gradients to check"
      : gradientsRight
        ? `gradients agree with differences: worst ${formatNumber(worst, 2)} in ${parameter}`
        : `gradients do not agree with differences: ${formatNumber(worst, 2)} in ${parameter}`;

  const within =
    tolerance === null
      ? "each within half a unit of the last digit after its point, and at least within 1e-6"
      : `within ${tolerance}`;

  const lines = [`# Check of ${name}`, "", "## Expectations", ""];
  const links: CheckReport["links"][number][] = [];
  if (comparisons.length === 0) lines.push('The file expects nothing: there are no numbers under "expect".');
  else {
    // What explains the numbers stands before the digits.
    const explanation = explanationOf(findings.diagnoses);
    if (explanation !== null) lines.push(`${explanation}.`, "");
    if (failed.length > 0) lines.push(`${marksSummary(comparisons, findings)}.`, "");
    lines.push(`${held}, ${within}.`);
  }
  if (failed.length > 0) {
    const follows = new Set(findings.follows);
    const said = new Map(findings.hints.map(({ index, text }) => [comparisons[index], text]));
    lines.push("");
    for (const k of follows) said.set(comparisons[k], followsText);
    const rows = failed.map((comparison) => {
      const { expected, actual } = comparison;
      return [
        pathText(expected.path),
        expected.hidden ? "hidden" : formatExact(expected.value),
        expected.isSecret ? "hidden" : actual === null ? "no such number" : formatExact(actual),
        expected.isSecret || actual === null ? "" : formatNumber(actual - expected.value, 2),
        said.get(comparison) ?? "",
      ];
    });
    const table = tableLines(
      [
        { title: "Expectation", align: "left" },
        { title: "expected", align: "right" },
        { title: "computed", align: "right" },
        { title: "difference", align: "right" },
        { title: "", align: "left" },
      ],
      rows,
    );
    failed.forEach(({ expected }, k) =>
      links.push({ line: lines.length + 2 + k, from: 2, to: 2 + rows[k]![0]!.length, path: expected.path }),
    );
    for (const line of table) lines.push(line);
  }
  lines.push("", "## Gradients", "");
  if (worst === null) lines.push("No sequence has a target: there is no loss to differentiate.");
  else {
    lines.push(
      `Every parameter's gradient against central differences of the loss. The check fails above ${formatNumber(gradientTolerance, 1)}.`,
      "",
      ...tableLines(
        [
          { title: "parameter", align: "left" },
          { title: "worst relative difference", align: "right" },
          { title: "", align: "left" },
        ],
        byParameter.map(({ name, worst, kinks, worstAtKink }) => [
          name,
          formatNumber(Math.max(worst, worstAtKink), 2),
          verdictOf(worst, kinks),
        ]),
      ),
    );
  }
  return {
    right: failed.length === 0 && gradientsRight,
    verdict: comparisons.length === 0 ? gradients : `${gradients} · ${held}`,
    text: `${lines.join("\n")}\n`,
    links,
  };
}

function verdictOf(worst: number, kinks: number): string {
  if (worst > gradientTolerance) return "does not agree";
  return kinks === 0
    ? "agrees"
    : `agrees, but for ${kinks === 1 ? "an entry" : `${kinks} entries`} on a kink of the loss`;
}

/** `expect.sequences[0].gradients["layers.0.Whh"][0][0]` */
function pathText(path: readonly (string | number)[]): string {
  return path
    .map((segment, k) => {
      if (typeof segment === "number") return `[${segment}]`;
      if (!/^\w+$/.test(segment)) return `[${JSON.stringify(segment)}]`;
      return k === 0 ? segment : `.${segment}`;
    })
    .join("");
}
