/**
 * Answers that do not lie open: a number is rounded, and what stands in the file is a salted hash of it. That keeps from reading, not
 * from guessing: whoever hashes every number there may be finds it.
 */
import { sha256 } from "@noble/hashes/sha2";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils";
import type { Path } from "./sourceMap";

/** One hidden number. */
export interface HiddenAnswer {
  readonly hash: string;
  readonly salt: string;
  /** How many digits behind the point the number was rounded to. */
  readonly decimals: number;
  /** Where the number stood in `expect`, from the sequence or the batch on: equal numbers have other hashes. */
  readonly place: string;
}

/** Digits behind the point that answers can be hidden with: more would tell a number from itself, computed elsewhere. */
export const mostHiddenDecimals = 6;
/** Of a hash, so many hexadecimal digits stand in the file. */
const hashLength = 16;
/** Rounded numbers that are tried around one, where a tolerance is wide. */
const mostAround = 200;
/** Two computations of the same number differ in their last digits. */
const noise = 1e-9;

/** What stands in the file for a number. */
export function hashOfAnswer(value: number, { salt, decimals, place }: Omit<HiddenAnswer, "hash">): string {
  return hashOfUnits(Math.round(value * 10 ** decimals), { salt, decimals, place });
}

function hashOfUnits(units: number, { salt, decimals, place }: Omit<HiddenAnswer, "hash">): string {
  const text = ((units === 0 ? 0 : units) / 10 ** decimals).toFixed(decimals);
  return bytesToHex(sha256(utf8ToBytes(`${salt} ${place} ${text}`))).slice(0, hashLength);
}

/** The place of an answer by its path inside of `expect.hidden`. */
export const placeOfAnswer = (path: Path): string => path.join(".");

const tried = new WeakMap<HiddenAnswer, Map<number, boolean>>();

/** Whether a number is the hidden one, to the digits with which it was hidden, or within a tolerance. */
export function isAnswer(answer: HiddenAnswer, tolerance: number, number: number): boolean {
  if (!Number.isFinite(number)) return false;
  const unit = 10 ** -answer.decimals;
  const slack = Math.min(mostAround * unit, Math.max(tolerance, unit / 2)) + noise * Math.max(1, Math.abs(number));
  const known = tried.get(answer) ?? new Map<number, boolean>();
  tried.set(answer, known);
  for (let units = Math.ceil((number - slack) / unit); units <= (number + slack) / unit; units++) {
    let isIt = known.get(units);
    if (isIt === undefined) {
      isIt = hashOfUnits(units, answer) === answer.hash;
      known.set(units, isIt);
    }
    if (isIt) return true;
  }
  return false;
}
