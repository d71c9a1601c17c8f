/**
 * exp, tanh, σ, log and log1p as the kernels compute them (`src/kernels/assembly/functions.ts`, where the formulas and the origin of
 * the coefficients are stated), operation by operation: each is one that IEEE 754 rounds in one way, so that a number is the same to
 * its last bit on every processor and in every version of V8, whichever of the two has computed it.
 */

/** 2^k for k from −1074 to 1023, each doubled from the one before, which is exact. */
const powers = new Float64Array(2098);
powers[0] = Number.MIN_VALUE;
for (let k = 1; k < powers.length; k++) powers[k] = 2 * powers[k - 1]!;
const power = (k: number): number => powers[(k + 1074) | 0]!;

const log2e = Math.LOG2E;
const doubleLog2e = 2 * log2e;
// The upper parts end in zeros, so that n times them is exact.
const ln2Upper = 0.6931471805598903;
const ln2Lower = 5.497923018708371e-14;
const halfLn2Upper = ln2Upper / 2;
const halfLn2Lower = ln2Lower / 2;

/** Beyond these, e^x and σ round to 0, and e^x to ∞; at the others, σ and tanh are already 1. */
const least = -746;
const expMost = 710;
const sigmoidMost = 40;
const tanhMost = 22;
const tanhSmall = 0.55;

/** Adding 1.5·2⁵² rounds to an integer. What is added besides decides which of two equally near ones it is: the even one where it is even. */
const integer = 6755399441055744;
const expRounding = integer + 2 * 1023;
const tanhRounding = integer + 1022;
const sigmoidRounding = integer + 963;
/** 2^−60: 2^−n alone could overflow. */
const sigmoidUnit = 8.673617379884035e-19;

/** r + W(r²) */
function plusW(r: number): number {
  const z = r * r;
  return r + z * 0.16666666666666602 + z * z * restOfW(z);
}

/** r − W(r²) */
function minusW(r: number): number {
  const z = r * r;
  return r - z * 0.16666666666666602 - z * z * restOfW(z);
}

function restOfW(z: number): number {
  return (
    -0.002777777777701669 + 6.613756321752799e-5 * z + (-1.6533902527712757e-6 + 4.13814772613619e-8 * z) * (z * z)
  );
}

/** x between two limits; NaN where it is. */
function between(x: number, from: number, to: number): number {
  const above = x < from ? from : x;
  return to < above ? to : above;
}

/** @returns e^x, within 1.01 ulp */
export function exp(x: number): number {
  const bounded = between(x, least, expMost);
  const shifted = expRounding + bounded * log2e;
  const n = shifted - expRounding;
  if (Number.isNaN(n)) return n;
  const r = bounded - n * ln2Upper - n * ln2Lower;
  const c = minusW(r);
  // 2ⁿ may lie beyond the normal numbers, so it is taken as the product of two powers.
  const half = Math.floor(n / 2);
  const some = power(half);
  const scaled = r * some;
  return (some + (scaled + (scaled * c) / (2 - c))) * power(n - half);
}

/** @returns σ(x) = 1 / (1 + e^−x), within 2 ulp and without overflow for any x */
export function sigmoid(x: number): number {
  const bounded = between(x, least, sigmoidMost);
  const shifted = sigmoidRounding - bounded * log2e;
  const minusN = shifted - sigmoidRounding;
  if (Number.isNaN(minusN)) return minusN;
  const r = bounded + minusN * ln2Upper + minusN * ln2Lower;
  const U = 2 + plusW(r);
  const V = U - (r + r);
  // What rounding takes from V is known exactly.
  const lost = U - V - (r + r);
  const scaledU = U * sigmoidUnit;
  const scale = power(minusN - 60);
  return scaledU / (scaledU + lost * scale + V * scale);
}

/** 1 + w(ρ²) */
function onePlusW(rho: number): number {
  const z = rho * rho;
  const z2 = z * z;
  const first =
    0.3333333333333332 + -0.022222222222210233 * z + (0.0021164021159586184 + -0.0002116402037086634 * z) * z2;
  const last =
    2.137772064095059e-5 + -2.163950519937852e-6 * z + (2.1773110039537706e-7 + -1.9411169922858214e-8 * z) * z2;
  return 1 + (first + last * (z2 * z2)) * z;
}

/** @returns tanh x, within 2 ulp */
export function tanh(x: number): number {
  const absolute = Math.abs(x);
  const size = tanhMost < absolute ? tanhMost : absolute;
  if (size < tanhSmall) {
    const small = size / onePlusW(size);
    return x < 0 || Object.is(x, -0) ? -small : small;
  }
  const shifted = tanhRounding + size * doubleLog2e;
  const n = shifted - tanhRounding;
  if (Number.isNaN(n)) return n;
  const rho = size - n * halfLn2Upper - n * halfLn2Lower;
  const v = onePlusW(rho);
  const large = 1 + (rho - v) / (v + (power(n - 1) - 0.5) * (v + rho));
  return x < 0 ? -large : large;
}

const number = new Float64Array(1);
const words = new Uint32Array(number.buffer);
number[0] = 1;
/** The word with the exponent comes first on some processors. */
const [upper, lower] = words[0] === 0 ? [1, 0] : [0, 1];
number[0] = Math.SQRT1_2;
const [upperOfRoot, lowerOfRoot] = [words[upper]!, words[lower]!];

/** n·ln2 + log x + c for a positive normal x and a c far smaller than x. */
function logOfNormal(x: number, c: number, n: number): number {
  // x = 2^exponent · m with √½ ≤ m < √2
  number[0] = x;
  const exponent = (words[upper]! - upperOfRoot - (words[lower]! < lowerOfRoot ? 1 : 0)) >> 20;
  words[upper]! -= exponent << 20;
  const f = number[0] - 1;
  const all = n + exponent;
  const s = f / (2 + f);
  const z = s * s;
  let R = 0.14795630150775907 * z + 0.15314084196160527;
  R = R * z + 0.18183562942597276;
  R = R * z + 0.222221986011437;
  R = R * z + 0.2857142874210222;
  R = R * z + 0.3999999999941602;
  R = (R * z + 0.6666666666666734) * z;
  const h = 0.5 * f * f;
  return all * ln2Upper + (f - (h - (s * (h + R) + (all * ln2Lower + c))));
}

/** @returns log x: −∞ at 0, NaN below */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : Number.NaN;
  if (x === Infinity) return x;
  return x < 2 ** -1022 ? logOfNormal(x * 2 ** 54, 0, -54) : logOfNormal(x, 0, 0);
}

/** @returns log(1 + x), near 0 as exact as elsewhere: −∞ at −1, NaN below */
export function log1p(x: number): number {
  if (!(x > -1)) return x === -1 ? -Infinity : Number.NaN;
  if (x === Infinity || Math.abs(x) < Number.EPSILON / 2) return x;
  // What rounding takes from 1 + x is known exactly, and log(u + δ) = log u + δ/u to first order.
  const u = 1 + x;
  const lost = u >= 2 ? 1 - (u - x) : x - (u - 1);
  return logOfNormal(u, lost / u, 0);
}
