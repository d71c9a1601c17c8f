/** How numbers are written in words: significant digits, the true minus sign, ∞ and NaN as such. */

const minus = "−";

/** The number with so many significant digits; below 1e-4 and from 1e6 on with an exponent. */
export function formatNumber(value: number, digits: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : `${minus}∞`;
  if (value === 0) return "0";
  const scientific = value.toExponential(digits - 1);
  const exponent = Number(scientific.slice(scientific.indexOf("e") + 1));
  const text =
    exponent < -4 || exponent >= Math.max(digits, 6) ? scientific : value.toFixed(Math.max(0, digits - 1 - exponent));
  return text.replaceAll("-", minus).replace("e+", "e");
}
