/** Numbers that are written down with few digits. */

/** What digits are counted from: the point, or the first one that is not 0; of single precision they are binary. */
export interface Precision {
  readonly kind: "decimals" | "significant" | "single";
  readonly digits: number;
}

/** What PyTorch, Keras and JAX compute in, unless they are told otherwise. */
export const singlePrecision: Precision = { kind: "single", digits: 24 };
/** Nobody writes a number down with fewer who wants to show it as a program has computed it. */
const leastOfSingle = 7;
/** Each result is rounded, and what is computed from several is off by more. */
const roundings = 8;

/** A double that is printed with more digits than this has been written down whole. */
const mostDigits = 12;

/** How many digits a number has behind its point: 3 in 0.537. */
function decimalsOf(value: number): number {
  const [mantissa, exponent = "0"] = String(Math.abs(value)).split("e");
  return Math.max(0, (mantissa!.split(".")[1]?.length ?? 0) - Number(exponent));
}

function significantOf(value: number): number {
  const [mantissa] = String(Math.abs(value)).split("e");
  return mantissa!.replace(".", "").replace(/^0+/, "").length;
}

/** Whether numbers have the digits that tell single precision from double. */
export function maybeSingle(values: readonly number[]): boolean {
  return values.filter((value) => significantOf(value) >= leastOfSingle).length > 1;
}

/**
 * How far a number may be off that was computed in single precision.
 * @param off  how far it is where each result is rounded to it
 * @param size of the numbers that it stands among
 */
export function slackOfSingle(off: number, size: number): number {
  return roundings * (off + 2 ** -singlePrecision.digits * size);
}

/** One unit of the last digit that a number has in this precision; null where it has digits beyond it. */
export function unitOf(value: number, { kind, digits }: Precision): number | null {
  if (kind === "single") return 2 ** -digits * Math.abs(value);
  if (kind === "decimals") return decimalsOf(value) <= digits ? 10 ** -digits : null;
  if (value === 0 || significantOf(value) > digits) return null;
  return 10 ** (Math.floor(Math.log10(Math.abs(value))) - digits + 1);
}

/** As many of the numbers have no more digits, or a precision is not theirs. */
const leastFitting = 0.3;

/** The precisions that numbers may have been written down in, the most usual first. */
export function precisionsOf(values: readonly number[]): Precision[] {
  const precisions: (Precision & { readonly fitting: number })[] = [];
  for (const [kind, digitsOf] of [
    ["decimals", decimalsOf],
    ["significant", significantOf],
  ] as const) {
    const counts = new Map<number, number>();
    for (const value of values) {
      const digits = digitsOf(value);
      counts.set(digits, (counts.get(digits) ?? 0) + 1);
    }
    for (const [digits, fitting] of counts) {
      const within = [...counts].reduce((sum, [fewer, count]) => sum + (fewer <= digits ? count : 0), 0);
      if (digits > 0 && digits <= mostDigits && within >= leastFitting * values.length)
        precisions.push({ kind, digits, fitting });
    }
  }
  return precisions.sort((a, b) => b.fitting - a.fitting).slice(0, 6);
}

/** The powers of ten that a double holds exactly. */
const powers: readonly number[] = Array.from({ length: 23 }, (_, n) => Number(`1e${n}`));
/** A product with one of them is off by less than this, up to that size. */
const unsure = 1e-4;
const mostNear = 1e9;

/** A number in a precision, rounded or cut off. */
export function inPrecision(value: number, { kind, digits }: Precision, how: "rounded" | "cutOff"): number {
  if (value === 0 || !Number.isFinite(value)) return value;
  if (kind === "single") return Math.fround(value);
  const decimals = kind === "decimals" ? digits : digits - 1 - Math.floor(Math.log10(Math.abs(value)));
  const round = how === "rounded" ? Math.round : Math.trunc;
  const power = powers[decimals];
  if (power !== undefined) {
    const near = value * power;
    const whole = round(near - unsure);
    // Text takes long, and none is needed where the last digits do not matter. The quotient of two exact numbers is the nearest one.
    if (Math.abs(near) < mostNear && whole === round(near + unsure)) return whole === 0 ? 0 : whole / power;
  }
  // By its decimal text: 0.29 · 100 is 28.999999999999996, which would be cut off to 28.
  const scaled = shifted(Number(value.toPrecision(15)), decimals);
  // Of such a number no digit stands behind the last one that counts.
  if (Math.abs(scaled) >= 1e15) return value;
  return shifted(round(scaled), -decimals);
}

/** The number with its point moved, exactly: value · 10^places. */
function shifted(value: number, places: number): number {
  const [mantissa, exponent = "0"] = String(value).split("e");
  return Number(`${mantissa}e${Number(exponent) + places}`);
}

/** "after 3 decimals", "after 4 significant digits" */
export function precisionText({ kind, digits }: Precision): string {
  const noun = kind === "decimals" ? "decimal" : "significant digit";
  return `after ${digits} ${noun}${digits === 1 ? "" : "s"}`;
}
