/**
 * How numbers are written, in the panel and in the text alike: significant digits, the true minus sign, ∞ and NaN as such.
 * What is copied is plain ASCII, so that it can be pasted into a program.
 */

const minus = "−";

function withTrueMinus(text: string): string {
  return text.replaceAll("-", minus).replace("e+", "e");
}

/** The number with so many significant digits; below 1e-4 and from 1e6 on with an exponent. */
export function formatNumber(value: number, digits: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (value === Infinity) return "∞";
  if (value === -Infinity) return `${minus}∞`;
  if (value === 0) return "0";
  const scientific = value.toExponential(digits - 1);
  const exponent = Number(scientific.slice(scientific.indexOf("e") + 1));
  if (exponent < -4 || exponent >= Math.max(digits, 6)) return withTrueMinus(scientific);
  return withTrueMinus(value.toFixed(Math.max(0, digits - 1 - exponent)));
}

/** The number with at most so many significant digits, without zeros that only fill up: 1, 0.25. */
export function formatShort(value: number, digits: number): string {
  return formatNumber(value, digits).replace(/\.0+(?=e|$)|(\.\d*?)0+(?=e|$)/, "$1");
}

/** How large an error is, in one digit and a power of ten: `2e−10`, `3e−3`. */
export function formatMagnitude(value: number): string {
  return value === 0 || !Number.isFinite(value) ? formatNumber(value, 2) : withTrueMinus(value.toExponential(0));
}

/**
 * The number in at most `characters` characters: with `digits` significant digits or, where they do not fit, fewer.
 * @returns null where not even two digits fit, for a number that is cut off would be a wrong one
 */
export function formatToFit(value: number, digits: number, characters: number): string | null {
  for (let d = digits; d >= 2; d--) {
    const text = formatNumber(value, d);
    if (text.length <= characters) return text;
  }
  // Of a small or large number the power of ten says most.
  const power = Math.abs(value) < 0.01 ? formatMagnitude(value) : formatNumber(value, 1);
  return power.includes("e") && power.length <= characters ? power : null;
}

/** Every digit that the double has: the shortest text that reads back as the same number (at most 17 digits). */
export function formatExact(value: number): string {
  return Number.isFinite(value) ? withTrueMinus(String(value)) : formatNumber(value, 2);
}

/** The same in ASCII, as programs read it. */
export function plainNumber(value: number): string {
  return String(value);
}
