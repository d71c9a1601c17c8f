/** What is said of a wrong number. */
import type { Comparison } from "../../check/check";
import { nameOf } from "../../check/names";
import type { Model } from "../../engine/model";
import { formatExact, formatNumber, formatShort } from "../../protocol/numbers";

/** `a_2 is −0.2076 (−0.20757656854799805), expected −0.2075846: off by 8.0e−6, tolerance 1e−8` */
export function wrongText(model: Model, { expected, actual }: Comparison, digits: number): string {
  const name = nameOf(model, expected);
  if (expected.hidden) return `${name} is not the hidden answer`;
  if (expected.isSecret) return `${name} is not ${formatExact(expected.value)}: the right number is hidden`;
  if (actual === null) return `there is no ${name}: expected ${formatExact(expected.value)}`;
  const [short, exact] = [formatNumber(actual, digits), formatExact(actual)];
  const found = Number(short.replaceAll("−", "-")) === actual ? exact : `${short} (${exact})`;
  const off = formatNumber(Math.abs(actual - expected.value), 2);
  return `${name} is ${found}, expected ${formatExact(expected.value)}: off by ${off}, tolerance ${formatShort(expected.tolerance, 2)}`;
}
