/** What a single wrong number allows to be thought of: no more than a hint, for one number fits many things by chance. */
import type { Problem } from "../../engine/model";
import { parametersOf } from "../../engine/model";
import type { Comparison } from "../check";
import { numberAt } from "../check";
import { asItShouldBe } from "./choices";
import { compute } from "./compute";
import { followsFrom, slackOfRounding } from "./marks";
import { type Slip, shortName } from "./slip";

/** Said of one comparison. */
export interface Hint {
  /** Of the comparison. */
  readonly index: number;
  /** A sentence without its last point. */
  readonly text: string;
}

/**
 * @param following what comes out from the author's own numbers before it
 * @param slips     those that give his number here, whatever they give elsewhere
 * @returns null where nothing comes to mind
 */
export function hintOf(
  problem: Problem,
  comparison: Comparison,
  following: number,
  slips: readonly Slip[],
): string | null {
  return (
    biasHint(problem, comparison, following, slips) ??
    signHint(comparison, following) ??
    digitsHint(comparison, following) ??
    neighbourHint(problem, comparison) ??
    slipHint(slips)
  );
}

/** The two most usual ones of those that give the number. */
function slipHint(slips: readonly Slip[]): string | null {
  const texts = [...new Set(slips.map(({ text }) => text))].slice(0, 2);
  return texts.length === 0
    ? null
    : `It is what comes out where, at this place alone, ${texts.join(", or where ")}: is it?`;
}

/** "off by exactly bh[0] = 0.1: is the bias in?" */
function biasHint(
  { model }: Problem,
  { expected }: Comparison,
  following: number,
  slips: readonly Slip[],
): string | null {
  const entry = expected.place.at(-1);
  if (typeof entry !== "number") return null;
  const off = following - expected.value;
  const parameters = parametersOf(model);
  for (const { change } of slips) {
    const [forgotten] = change.forgottenBiases ?? [];
    const [doubled] = change.doubledBiases ?? [];
    const name = forgotten ?? doubled;
    const b = name === undefined ? undefined : parameters[name]?.data[entry];
    if (name === undefined || b === undefined || Math.abs(Math.abs(off) - Math.abs(b)) > 2 * expected.tolerance)
      continue;
    const question = forgotten ? "is the bias in?" : "is the bias in twice?";
    return `It is off by exactly ${shortName(model, name)}[${entry}] = ${String(b).replaceAll("-", "−")}: ${question}`;
  }
  return null;
}

function signHint(comparison: Comparison, following: number): string | null {
  // A number that is written roughly may as well be 0, or one of the right sign.
  const { value, tolerance } = comparison.expected;
  const isRough = Math.abs(value) <= slackOfRounding * tolerance;
  return following !== 0 && !isRough && followsFrom(comparison, -following)
    ? "It is right but for its sign: is the minus in the right place?"
    : null;
}

/** Digits that were exchanged, one that is another, a point that stands elsewhere. */
function digitsHint({ expected }: Comparison, following: number): string | null {
  // What may be 0 has a point nowhere.
  const isSome = Math.abs(expected.value) > expected.tolerance;
  for (const factor of isSome ? [10, 0.1, 100, 0.01] : [])
    if (Math.abs(expected.value - following * factor) <= expected.tolerance) return "The point stands at another place";
  const [mantissa, exponent] = String(Math.abs(expected.value)).split("e");
  const decimals = mantissa!.split(".")[1]?.length ?? 0;
  if (exponent !== undefined || decimals < 2 || Math.sign(expected.value) !== Math.sign(following)) return null;
  const digitsOf = (value: number) => Math.abs(value).toFixed(decimals).replace(".", "");
  const written = digitsOf(expected.value);
  const right = digitsOf(following);
  if (written.length !== right.length) return null;
  const different = written.split("").flatMap((digit, k) => (digit === right[k] ? [] : [k]));
  const [first, second] = different;
  if (
    different.length === 2 &&
    second === first! + 1 &&
    written[first!] === right[second] &&
    written[second] === right[first!]
  )
    return `Two of its digits are exchanged: ${right.slice(first, second + 1)} and not ${written.slice(first, second + 1)}`;
  // Of few digits, one other is as good as any number.
  if (different.length === 1 && written.replace(/^0+/, "").length >= 3)
    return `One digit is another: ${right[first!]} and not ${written[first!]}, the ${ordinal(first! - (written.length - decimals) + 1)} behind the point`;
  return null;
}

function ordinal(n: number): string {
  return `${n}${n === 1 ? "st" : n === 2 ? "nd" : n === 3 ? "rd" : "th"}`;
}

/** What another entry of the same array should be, or the same one at the step before or after. */
function neighbourHint(problem: Problem, comparison: Comparison): string | null {
  const { expected, actual } = comparison;
  if (expected.of !== "trace" || expected.sequence < 0 || actual === null) return null;
  const { trace } = compute(problem, expected.sequence, asItShouldBe);
  const { place } = expected;
  const isHere = (other: readonly (string | number)[]) => {
    const found = numberAt(trace, other);
    return found !== null && Math.abs(found - expected.value) <= expected.tolerance && Math.abs(found) > 1e-3;
  };
  if (place[0] === "steps")
    for (const [by, said] of [
      [-1, "the step before"],
      [1, "the step after"],
    ] as const)
      if (isHere(["steps", Number(place[1]) + by, ...place.slice(2)])) return `It is what ${said} should have there`;
  const last = place.length - 1;
  const [i, j] = [place[last - 1], place[last]];
  if (
    typeof i === "number" &&
    typeof j === "number" &&
    place[last - 2] !== "steps" &&
    isHere([...place.slice(0, -2), j, i])
  )
    return `It is what should stand at [${j}][${i}]: are row and column exchanged?`;
  if (typeof j === "number")
    for (let other = 0; other < 64; other++)
      if (other !== j && isHere([...place.slice(0, -1), other])) return `It is what should stand at [${other}]`;
  return null;
}
