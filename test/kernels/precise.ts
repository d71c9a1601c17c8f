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

/** @returns e^x = 2ⁿ·(e^(r/64))^64, where x = n·ln2 + r */
export function exp(x: number): Precise {
  const fixed = count(exactly(x), -fraction);
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
  const power = exp(2 * Math.max(-400, Math.min(x, 400)));
  return divide(subtract(power, one), add(power, one));
}

/** @returns σ(x) = e^x/(1 + e^x) */
export function sigmoid(x: number): Precise {
  const power = exp(Math.min(x, 400));
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

/**
 * @returns how far a number of a format (its significand's length in bits, its smallest and largest exponent) is from the
 * exact value, in units of the exact value's last place. ∞ counts as the power of two after the largest number.
 */
export function ulps(found: number, exact: Precise, format: { bits: number; least: number; greatest: number }): number {
  const magnitude = exact.mantissa < 0n ? -exact.mantissa : exact.mantissa;
  const leading = magnitude === 0n ? -Infinity : magnitude.toString(2).length - 1 + exact.exponent;
  const unit = Math.max(leading, format.least) - (format.bits - 1);
  if (Math.abs(found) === Infinity && leading > format.greatest) return Math.sign(found) > 0 === exact.mantissa > 0n ? 0 : Infinity;
  const value = Number.isFinite(found) ? exactly(found) : { mantissa: BigInt(Math.sign(found)), exponent: format.greatest + 1 };
  return Math.abs(Number(count(subtract(value, exact), unit - 20))) / 2 ** 20;
}
