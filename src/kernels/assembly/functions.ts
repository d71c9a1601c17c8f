/**
 * Elementary functions: exp, tanh and σ on the lanes of a vector, log and log1p on a number. Only operations that IEEE 754
 * rounds in one way are used, none of them fused, so that every processor gives the same bits.
 *
 *   x = n ln2 + r,  |r| ≤ ln2/2,  r coth(r/2) = 2 + W(r²)
 *   e^r = (2 + W + r)/(2 + W − r) = 1 + r + r c/(2 − c),  c = r − W
 *   e^x = 2ⁿ e^r
 *   σ(x) = U/(U + 2^−n V),  U = 2 + W + r,  V = 2 + W − r = U − 2r
 *
 *   |x| < 0.55:   x coth x = 1 + w(x²),  tanh x = x/(1 + w)
 *   otherwise:    |x| = n ln2/2 + ρ,  e^(2|x|) = 2ⁿ (1 + w + ρ)/(1 + w − ρ),  w = w(ρ²)
 *                 tanh |x| = 1 − 2/(e^(2|x|) + 1) = 1 − (1 + w − ρ)/(1 + w + (2^(n−1) − ½)(1 + w + ρ))
 */

const isDouble: bool = sizeof<real>() == 8;

// Constants are loaded: that is one instruction, whereas an engine builds a v128.const anew out of three wherever it stands.

const one = memory.data<real>([1]);
const two = memory.data<real>([2]);
const half = memory.data<real>([0.5]);
const signBit = memory.data<real>([-0.0]);
const log2e = memory.data<real>([1.4426950408889634]);
const doubleLog2e = memory.data<real>([2.8853900817779268]);

// The upper parts end in zeros, so that n times them is exact.
const ln2Upper = memory.data<real>([isDouble ? 0.6931471805598903 : 0.693145751953125]);
const ln2Lower = memory.data<real>([isDouble ? 5.497923018708371e-14 : 1.4286068203094173e-6]);
const halfLn2Upper = memory.data<real>([isDouble ? 0.34657359027994515 : 0.3465728759765625]);
const halfLn2Lower = memory.data<real>([isDouble ? 2.7489615093541856e-14 : 7.143034101547086e-7]);

// Beyond these, e^x and σ round to 0, and e^x to ∞; at the others, σ and tanh are already 1.
const least = memory.data<real>([isDouble ? -746 : -104]);
const expMost = memory.data<real>([isDouble ? 710 : 89]);
const sigmoidMost = memory.data<real>([isDouble ? 40 : 20]);
const tanhMost = memory.data<real>([isDouble ? 22 : 11]);
const tanhSmall = memory.data<real>([0.55]);

// Adding 1.5·2⁵² (f32: 1.5·2²³) rounds to an integer n and leaves it in the last bits. What is added besides makes the
// field of an exponent of it: of 2^(n−1) for tanh, of the product of two powers for exp. For σ, 2^−n is taken times the
// unit, and U as well, since 2^−n alone can overflow.
const integer: real = isDouble ? 6755399441055744 : 12582912;
const bias: real = isDouble ? 1023 : 127;
const expRounding = memory.data<real>([integer + 2 * bias]);
const tanhRounding = memory.data<real>([integer + bias - 1]);
const sigmoidRounding = memory.data<real>([integer + bias - (isDouble ? 60 : 24)]);
const sigmoidUnit = memory.data<real>([isDouble ? 8.673617379884035e-19 : 5.960464477539063e-8]);

// Minimax coefficients, found with the Remez exchange algorithm in 60 digits: W/r² for the relative error of tanh(r/2) on
// |r| ≤ ln2/2, which is 2^-60 (f64) and 2^-28 (f32), and w/x² for that of tanh x on |x| ≤ 0.55, which is 2^-61 and 2^-26.
const W_0 = memory.data<real>([isDouble ? 0.16666666666666602 : 0.1666662581640442]);
const W_1 = memory.data<real>([isDouble ? -0.002777777777701669 : -0.0027667606182276453]);
const W_2 = memory.data<real>([6.613756321752799e-5]);
const W_3 = memory.data<real>([-1.6533902527712757e-6]);
const W_4 = memory.data<real>([4.13814772613619e-8]);
const w_0 = memory.data<real>([isDouble ? 0.3333333333333332 : 0.3333323513051376]);
const w_1 = memory.data<real>([isDouble ? -0.022222222222210233 : -0.022202113340968124]);
const w_2 = memory.data<real>([isDouble ? 0.0021164021159586184 : 0.001999097386705298]);
const w_3 = memory.data<real>([-0.0002116402037086634]);
const w_4 = memory.data<real>([2.137772064095059e-5]);
const w_5 = memory.data<real>([-2.163950519937852e-6]);
const w_6 = memory.data<real>([2.1773110039537706e-7]);
const w_7 = memory.data<real>([-1.9411169922858214e-8]);

/** The constant at p, in every lane. */
// @ts-ignore: decorator
@inline
function get(p: usize): v128 {
  return v128.load_splat<real>(p);
}

// @ts-ignore: decorator
@inline
function add(a: v128, b: v128): v128 {
  return v128.add<real>(a, b);
}

// @ts-ignore: decorator
@inline
function sub(a: v128, b: v128): v128 {
  return v128.sub<real>(a, b);
}

// @ts-ignore: decorator
@inline
function mul(a: v128, b: v128): v128 {
  return v128.mul<real>(a, b);
}

/** a + b x */
// @ts-ignore: decorator
@inline
function line(a: v128, b: v128, x: v128): v128 {
  return add(a, mul(b, x));
}

/** The numbers whose exponents' fields are the last bits of these. */
// @ts-ignore: decorator
@inline
function asPower(fields: v128): v128 {
  return isDouble ? v128.shl<i64>(fields, 52) : v128.shl<i32>(fields, 23);
}

/** x between two limits. Where x is NaN it stays so, as it is the first operand. */
// @ts-ignore: decorator
@inline
function clamp(x: v128, from: usize, to: usize): v128 {
  return v128.pmin<real>(v128.pmax<real>(x, get(from)), get(to));
}

/** r + W(r²), or r − W(r²). The terms of the polynomial are paired, so that few wait for one another. */
// @ts-ignore: decorator
@inline
function withW(r: v128, plus: bool): v128 {
  const z = mul(r, r);
  const first = mul(z, get(W_0));
  let rest = get(W_1);
  const z2 = mul(z, z);
  if (isDouble) rest = line(line(rest, get(W_2), z), line(get(W_3), get(W_4), z), z2);
  return plus ? add(add(r, first), mul(z2, rest)) : sub(sub(r, first), mul(z2, rest));
}

/** e^x of each lane, within 1.01 ulp; subnormal results are rounded once, like others. */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  const bounded = clamp(x, least, expMost);
  const shifted = line(get(expRounding), bounded, get(log2e));
  const n = sub(shifted, get(expRounding));
  const r = sub(sub(bounded, mul(n, get(ln2Upper))), mul(n, get(ln2Lower)));
  const c = withW(r, false);
  // 2ⁿ may lie beyond the normal numbers, so it is taken as the product of two powers.
  const field = isDouble ? v128.shr<u64>(shifted, 1) : v128.shr<u32>(shifted, 1);
  const power = asPower(field);
  const otherPower = asPower(isDouble ? v128.sub<i64>(shifted, field) : v128.sub<i32>(shifted, field));
  const rPower = mul(r, power);
  return mul(add(power, add(rPower, v128.div<real>(mul(rPower, c), sub(get(two), c)))), otherPower);
}

/** σ(x) = 1/(1 + e^−x) of each lane, within 2 ulp (measured: 1.75). */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  const bounded = clamp(x, least, sigmoidMost);
  const shifted = sub(get(sigmoidRounding), mul(bounded, get(log2e)));
  const minusN = sub(shifted, get(sigmoidRounding));
  const r = add(add(bounded, mul(minusN, get(ln2Upper))), mul(minusN, get(ln2Lower)));
  const U = add(get(two), withW(r, true));
  const doubleR = add(r, r);
  const V = sub(U, doubleR);
  // What rounding takes from V is known exactly.
  const lost = sub(sub(U, V), doubleR);
  const power = asPower(shifted);
  const scaledU = mul(U, get(sigmoidUnit));
  return v128.div<real>(scaledU, line(line(scaledU, lost, power), V, power));
}

/** 1 + w(ρ²) */
// @ts-ignore: decorator
@inline
function onePlusW(rho: v128): v128 {
  const z = mul(rho, rho);
  const z2 = mul(z, z);
  const w01 = line(get(w_0), get(w_1), z);
  if (!isDouble) return line(get(one), line(w01, get(w_2), z2), z);
  const w0123 = line(w01, line(get(w_2), get(w_3), z), z2);
  const w4567 = line(line(get(w_4), get(w_5), z), line(get(w_6), get(w_7), z), z2);
  return line(get(one), line(w0123, w4567, mul(z2, z2)), z);
}

/** tanh x of each lane, within 2 ulp (measured: 1.81). */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const sign = v128.and(x, get(signBit));
  const size = v128.pmin<real>(v128.xor(x, sign), get(tanhMost));
  const isSmall = v128.lt<real>(size, get(tanhSmall));
  // Where |x| is small, n = 0, ρ = |x| and the summand and the term of the numerator are 0: the quotient is |x|/(1 + w).
  const shifted = line(get(tanhRounding), v128.andnot(size, isSmall), get(doubleLog2e));
  const n = sub(shifted, get(tanhRounding));
  const rho = sub(sub(size, mul(n, get(halfLn2Upper))), mul(n, get(halfLn2Lower)));
  const v = onePlusW(rho);
  const denominator = line(v, sub(asPower(shifted), get(half)), add(v, rho));
  const quotient = v128.div<real>(sub(rho, v128.andnot(v, isSmall)), denominator);
  return v128.or(add(v128.andnot(get(one), isSmall), quotient), sign);
}

// log x:  x = 2ⁿ·m, √½ ≤ m < √2, f = m − 1, s = f/(2 + f)
//         log m = 2·artanh s = f − f²/2 + s·(f²/2 + R),  R = 2·artanh(s)/s − 2 ≈ s²·p(s²)

/**
 * @returns n·ln2 + log x + c for a positive normal x and a c far smaller than x. The coefficients of p are the minimax
 * ones for the relative error of log m, 2^-59.5, found with the Remez exchange algorithm in 60 digits.
 */
function logOfNormal(x: f64, c: f64, n: f64): f64 {
  const bits = reinterpret<i64>(x);
  const exponent = (bits - reinterpret<i64>(0.7071067811865476)) >> 52;
  n += <f64>exponent;
  const f = reinterpret<f64>(bits - (exponent << 52)) - 1;
  const s = f / (2 + f);
  const z = s * s;
  let R = 0.14795630150775907 * z + 0.15314084196160527;
  R = R * z + 0.18183562942597276;
  R = R * z + 0.222221986011437;
  R = R * z + 0.2857142874210222;
  R = R * z + 0.3999999999941602;
  R = (R * z + 0.6666666666666734) * z;
  const h = 0.5 * f * f;
  return n * 0.6931471805598903 + (f - (h - (s * (h + R) + (n * 5.497923018708371e-14 + c))));
}

/** @returns log x: −∞ at 0, NaN below */
export function log(x: f64): f64 {
  if (!(x > 0)) return x == 0 ? -Infinity : NaN;
  if (x == Infinity) return x;
  if (x < f64.MIN_NORMAL_VALUE) return logOfNormal(x * 18014398509481984, 0, -54);
  return logOfNormal(x, 0, 0);
}

/** @returns log(1 + x), near 0 as exact as elsewhere: −∞ at −1, NaN below */
export function log1p(x: f64): f64 {
  if (!(x > -1)) return x == -1 ? -Infinity : NaN;
  if (x == Infinity || Math.abs(x) < f64.EPSILON / 2) return x;
  // What rounding takes from 1 + x is known exactly, and log(u + δ) = log u + δ/u to first order.
  const u = 1 + x;
  const lost = u >= 2 ? 1 - (u - x) : x - (u - 1);
  return logOfNormal(u, lost / u, 0);
}
