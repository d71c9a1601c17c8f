/** Slips that the author's own gradients tell of: which of them is another's, none at all, so many times the right one, or clipped. */
import type { Model, Problem } from "../../engine/model";
import { longestOf } from "../../engine/model";
import { one, type Slip, shortName } from "./slip";
import { clipSlip } from "./slips";

/** Numbers by parameters' full names, row after row. */
type Numbers = Readonly<Record<string, ArrayLike<number>>>;

/** NaN where he has none. */
type Written = Readonly<Record<string, readonly number[]>>;

/** Whether two numbers are the same as far as they are written. */
type Agree = (written: number, right: number) => boolean;

/**
 * @param right   the gradients as they should be
 * @param written the author's
 */
export function slipsOfWritten(
  problem: Problem,
  right: Numbers,
  written: Written,
  agree: Agree,
): { readonly usual: Slip[]; readonly last: Slip[] } {
  const isCopy = (numbers: readonly number[], of: ArrayLike<number>) =>
    of.length >= numbers.length && numbers.every((number, k) => Number.isNaN(number) || agree(number, of[k]!));
  const wrong = Object.keys(written).filter((name) => !isCopy(written[name]!, right[name]!));
  if (wrong.length === 0) return { usual: [], last: [] };
  const usual = [copySlip(problem.model, right, written, wrong, isCopy), zeroSlip(problem.model, written, wrong)];
  return {
    usual: usual.filter((slip) => slip !== null),
    // What one equation explains is not told as so many times the right number.
    last: [...clipSlips(problem, right, written, agree), ...scaleSlips(problem, right, written, wrong, agree)],
  };
}

const namesOf = (model: Model, names: readonly string[]): string =>
  names.map((name) => `d${shortName(model, name)}`).join(", ");

/** Every wrong gradient that is, number for number, what another parameter's should be. */
function copySlip(
  model: Model,
  right: Numbers,
  written: Written,
  wrong: readonly string[],
  isCopy: (numbers: readonly number[], of: ArrayLike<number>) => boolean,
): Slip | null {
  const copied: Record<string, string> = {};
  for (const name of wrong) {
    // What is zero is no copy of another that is.
    if (written[name]!.every((number) => Number.isNaN(number) || number === 0)) continue;
    const source = Object.keys(right).find((other) => other !== name && isCopy(written[name]!, right[other]!));
    if (source) copied[name] = source;
  }
  const names = Object.keys(copied);
  if (names.length === 0) return null;
  const sources = [...new Set(Object.values(copied))];
  const text = `${namesOf(model, names)} ${names.length === 1 ? "is" : "are"} what ${namesOf(model, sources)} should be`;
  return one("copied-gradient", text, { copied }, "copied");
}

function zeroSlip(model: Model, written: Written, wrong: readonly string[]): Slip | null {
  const names = wrong.filter((name) => written[name]!.every((number) => Number.isNaN(number) || number === 0));
  if (names.length === 0) return null;
  const text = `${namesOf(model, names)} ${names.length === 1 ? "is" : "are"} left at zero`;
  return one("zero-gradient", text, { scaled: Object.fromEntries(names.map((name) => [name, 0])) }, "zero");
}

/** Gradients that are so many times what they should be. */
function scaleSlips(
  { model, sequences }: Problem,
  right: Numbers,
  written: Written,
  wrong: readonly string[],
  agree: Agree,
) {
  const T = longestOf(sequences);
  const O = model.output.size;
  const B = sequences.length;
  const usual: [number, string][] = [
    [-1, "the negatives of what they should be"],
    [2, "twice what they should be"],
    [0.5, "half of what they should be"],
  ];
  const counts: [number, string][] = [
    [T, `the ${T} steps`],
    [O, `the ${O} outputs`],
    [B, `the ${B} sequences`],
    [T * O, `the ${T} steps and the ${O} outputs`],
    [T * B, `the ${T} steps and the ${B} sequences`],
    [O * B, `the ${O} outputs and the ${B} sequences`],
    [T * O * B, `the ${T} steps, the ${O} outputs and the ${B} sequences`],
  ];
  for (const [count, said] of counts)
    if (count > 1) usual.push([1 / count, `divided by ${said}`], [count, `multiplied by ${said}`]);
  const byFactor = new Map<string, string[]>();
  const factors = new Map<string, number>();
  for (const name of wrong) {
    const numbers = written[name]!;
    const fits = (c: number) => numbers.every((w, k) => Number.isNaN(w) || agree(w, c * right[name]![k]!));
    const [c, said] = usual.find(([factor]) => fits(factor)) ?? [ratioOf(numbers, right[name]!), null];
    if (c === null || c === 0 || !fits(c)) continue;
    const text = said ?? `${Number(c.toPrecision(3))} times what they should be`;
    factors.set(text, c);
    byFactor.set(text, [...(byFactor.get(text) ?? []), name]);
  }
  return [...byFactor].map(([text, names]) =>
    one(
      "scaled-gradient",
      `${namesOf(model, names)} ${names.length === 1 ? "is" : "are"} ${names.length === 1 ? text.replace("the negatives", "the negative").replace("they", "it") : text}`,
      { scaled: Object.fromEntries(names.map((name) => [name, factors.get(text)!])) },
      "scaled",
    ),
  );
}

/** One number of an update. */
export interface UpdatedNumber {
  readonly written: number;
  readonly right: number;
  /** What the parameter was. */
  readonly before: number;
  /** How far the author's number may be off. */
  readonly unit: number;
}

/** An update whose step is so many times the right one: of another rate, or of a gradient that is divided otherwise. */
export function scaledStep({ sequences }: Problem, numbers: readonly UpdatedNumber[]): Slip | null {
  if (numbers.length < 3) return null;
  const largest = numbers.reduce((best, one) => (stepOf(one) > stepOf(best) ? one : best));
  const ratio = (largest.written - largest.before) / (largest.right - largest.before);
  const T = longestOf(sequences);
  const B = sequences.length;
  const named: [number, string][] = [
    [1 / T, `divided by the ${T} steps`],
    [T, `multiplied by the ${T} steps`],
    [1 / B, `divided by the ${B} sequences`],
    [B, `multiplied by the ${B} sequences`],
  ];
  const fits = (c: number) =>
    numbers.every(({ written, right, before, unit }) => Math.abs(written - (before + c * (right - before))) <= unit);
  const known = named.find(([c]) => c !== 1 && fits(c));
  const c = known?.[0] ?? Number(ratio.toPrecision(4));
  if (c === 0 || c === 1 || !Number.isFinite(c) || !fits(c)) return null;
  return one(
    "scaled-update",
    `the update's step is ${known?.[1] ?? `${Number(c.toPrecision(3))} times what it should be`}`,
    { stepFactor: c },
    "scaled-update",
    false,
  );
}

const stepOf = ({ right, before }: UpdatedNumber): number => Math.abs(right - before);

/** What the largest of at least three numbers is multiplied by. */
function ratioOf(numbers: readonly number[], right: ArrayLike<number>): number | null {
  const there = [...numbers.keys()].filter((k) => !Number.isNaN(numbers[k]!) && right[k]! !== 0);
  if (there.length < 3) return null;
  const largest = there.reduce((best, k) => (Math.abs(right[k]!) > Math.abs(right[best]!) ? k : best));
  return numbers[largest]! / right[largest]!;
}

/** The threshold that the gradients were clipped at, where they tell it. */
function clipSlips({ model }: Problem, right: Numbers, written: Written, agree: Agree): Slip[] {
  const pairs = Object.entries(written).flatMap(([name, numbers]) =>
    numbers.flatMap((w, k) => (Number.isNaN(w) ? [] : [{ w, r: right[name]![k]! }])),
  );
  const slips: Slip[] = [];
  const highest = pairs.reduce((most, { w }) => Math.max(most, Math.abs(w)), 0);
  const cut = pairs.filter(({ w, r }) => Math.abs(w) === highest && Math.abs(r) > highest);
  if (cut.length > 1 && pairs.every(({ w, r }) => agree(w, Math.max(-highest, Math.min(highest, r)))))
    slips.push(clipSlip({ type: "value", at: highest }, false));
  const all = Object.values(right).flatMap((numbers) => Array.from(numbers));
  const norm = Math.hypot(...all.slice(0, 10_000));
  const [first] = pairs.toSorted((a, b) => Math.abs(b.r) - Math.abs(a.r));
  if (!first || all.length > 10_000 || Object.keys(written).length < 2) return slips;
  const c = first.w / first.r;
  // The threshold is a number that people write: 0.05, 3.5.
  const at = Number((c * norm).toPrecision(2));
  if (c > 0 && c < 1 && pairs.every(({ w, r }) => agree(w, (at / norm) * r)))
    slips.push(clipSlip({ type: "norm", at }, false));
  return slips.filter(() => model.loss !== null);
}
