// An oracle for elementary functions: values to more than 100 bits, computed with integers only, so that they depend on
// no mathematical library. Slow and simple: a power series for e^x, and everything else by e^x.

/** The number mantissa · 2^exponent. */
export interface Precise {
  mantissa: bigint;
  exponent: number;
}

/** Fixed-point numbers count 2^-fraction. */
const fraction = 192;
const one: Precise = { mantissa: 1n, exponent: 0 };

/** @returns exactly x */
export function exactly(x: number): Precise {
  if (!Number.isFinite(x)) throw new RangeError(`expected a finite number, found ${x}`);
  const bits = new BigUint64Array(new Float64Array([x]).buffer)[0]!;
  const field = Number((bits >> 52n) & 0x7ffn);
  const significand = (bits & 0xfffffffffffffn) | (field > 0 ? 1n << 52n : 0n);
  return { mantissa: x < 0 ? -significand : significand, exponent: Math.max(field, 1) - 1075 };
}

/** @returns the integer that counts 2^exponent, rounded down */
function count({ mantissa, exponent: own }: Precise, exponent: number): bigint {
  return own >= exponent ? mantissa << BigInt(own - exponent) : mantissa >> BigInt(exponent - own);
}

function add(a: Precise, b: Precise): Precise {
  const exponent = Math.min(a.exponent, b.exponent);
  return { mantissa: count(a, exponent) + count(b, exponent), exponent };
}

function subtract(a: Precise, b: Precise): Precise {
  return add(a, { ...b, mantissa: -b.mantissa });
}

function multiply(a: Precise, b: Precise): Precise {
  return { mantissa: a.mantissa * b.mantissa, exponent: a.exponent + b.exponent };
}

function divide(a: Precise, b: Precise): Precise {
  const digits = fraction + b.mantissa.toString(2).length;
  return { mantissa: (a.mantissa << BigInt(digits)) / b.mantissa, exponent: a.exponent - b.exponent - digits };
}

/** ln2 = Σ 1/(k·2^k) */
const ln2 = (() => {
  let sum = 0n;
  for (let k = 1n; k <= BigInt(fraction); k++) sum += (1n << BigInt(fraction)) / (k << k);
  return sum;
})();

/** @returns e^x = 2ⁿ·(e^(r/64))^64, where x = n·ln2 + r. Beyond ±800, where no format has it, it is e^±800. */
export function exp(x: number): Precise {
  const fixed = count(exactly(Math.max(-800, Math.min(x, 800))), -fraction);
  const n = fixed / ln2;
  const r = (fixed - n * ln2) >> 6n;
  const unit = 1n << BigInt(fraction);
  let [sum, term] = [unit, unit];
  for (let k = 1n; term !== 0n && term !== -1n; k++) {
    term = ((term * r) >> BigInt(fraction)) / k;
    sum += term;
  }
  for (let squared = 0; squared < 6; squared++) sum = (sum * sum) >> BigInt(fraction);
  return { mantissa: sum, exponent: Number(n) - fraction };
}

/** @returns tanh x = (e^2x − 1)/(e^2x + 1), or x − x³/3 where that loses digits */
export function tanh(x: number): Precise {
  if (Math.abs(x) < 2 ** -30) {
    const exact = exactly(x);
    return subtract(exact, divide(multiply(exact, multiply(exact, exact)), exactly(3)));
  }
  const power = exp(2 * x);
  return divide(subtract(power, one), add(power, one));
}

/** @returns σ(x) = e^x/(1 + e^x) */
export function sigmoid(x: number): Precise {
  const power = exp(x);
  return divide(power, add(one, power));
}

/** @returns y with e^y = u, from a y that is nearly so, by one step of Halley's method, whose error is cubic */
function logFrom(u: Precise, y: number): Precise {
  const power = exp(y);
  return add(exactly(y), divide(multiply(exactly(2), subtract(u, power)), add(u, power)));
}

/** @returns log x for x > 0 */
export function log(x: number): Precise {
  return logFrom(exactly(x), Math.log(x));
}

/** @returns log(1 + x) for x > −1; x − x²/2 + x³/3 where the definition loses digits */
export function log1p(x: number): Precise {
  const exact = exactly(x);
  if (Math.abs(x) >= 2 ** -40) return logFrom(add(one, exact), Math.log1p(x));
  const square = multiply(exact, exact);
  return add(subtract(exact, divide(square, exactly(2))), divide(multiply(square, exact), exactly(3)));
}

/** A binary format: its significand's length in bits, the exponents of its smallest and of its greatest normal number. */
export interface Format {
  bits: number;
  least: number;
  greatest: number;
}

export const binary64: Format = { bits: 53, least: -1022, greatest: 1023 };

/**
 * @returns how far a number of a format is from the exact value, in units of the exact value's last place in the format.
 * ∞ counts as the power of two after the greatest number, and is right for everything beyond that.
 */
export function ulps(found: number, exact: Precise, { bits, least, greatest }: Format): number {
  const magnitude = exact.mantissa < 0n ? -exact.mantissa : exact.mantissa;
  const leading = magnitude.toString(2).length - 1 + exact.exponent;
  const sign = BigInt(Math.sign(found));
  if (!Number.isFinite(found) && leading > greatest && sign * exact.mantissa > 0n) return 0;
  const value = Number.isFinite(found) ? exactly(found) : { mantissa: sign, exponent: greatest + 1 };
  const unit = Math.max(leading, least) - (bits - 1);
  return Math.abs(Number(count(subtract(value, exact), unit - 20))) / 2 ** 20;
}
