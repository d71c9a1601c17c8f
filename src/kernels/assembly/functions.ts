// The elementary functions of the kernels: exp, tanh and σ on the lanes of a vector, log and log1p on a number.
//
//   x = n·ln2 + r, |r| ≤ ln2/2          e^x = 2ⁿ·e^r
//   e^r − 1 = r + r²·q(r)               q: a polynomial
//   tanh|x| = t/(t + 2)                 t = e^(2|x|) − 1 = 2ⁿ·(e^r − 1) + (2ⁿ − 1)
//   σ(x) = 1/(1 + e^−|x|)  for x ≥ 0    e^−|x|/(1 + e^−|x|)  for x < 0
//
// Only operations that IEEE 754 rounds in one way are used, so every processor gives the same bits.

// @ts-ignore: decorator
@inline
function splat(x: f64): v128 {
  return v128.splat<real>(<real>x);
}

/** @returns a + b·x */
// @ts-ignore: decorator
@inline
function line(a: v128, b: v128, x: v128): v128 {
  return v128.add<real>(a, v128.mul<real>(b, x));
}

// Adding 1.5·2⁵² (f32: 1.5·2²³) rounds to an integer, which then stands in the last bits. The small summand is twice
// the bias of an exponent: the last bits are n + 2·bias, half of which is an exponent's field.
const roundingF64: f64 = 6755399441055744 + 2046;
const roundingF32: f64 = 12582912 + 254;

/** @returns n + rounding, n = the integer nearest x/ln2 */
// @ts-ignore: decorator
@inline
function quotient(x: v128): v128 {
  return line(splat(sizeof<real>() == 8 ? roundingF64 : roundingF32), splat(1.4426950408889634), x);
}

/** @returns r = x − n·ln2. The upper part of ln2 ends in zeros, so that n times it is exact. */
// @ts-ignore: decorator
@inline
function remainder(x: v128, shifted: v128): v128 {
  const n = v128.sub<real>(shifted, splat(sizeof<real>() == 8 ? roundingF64 : roundingF32));
  const upper = splat(sizeof<real>() == 8 ? 0.6931471805598903 : 0.693145751953125);
  const lower = splat(sizeof<real>() == 8 ? 5.497923018708371e-14 : 1.4286068203094173e-6);
  return v128.sub<real>(v128.sub<real>(x, v128.mul<real>(n, upper)), v128.mul<real>(n, lower));
}

/**
 * @returns e^r − 1 for |r| ≤ ln2/2. The coefficients of q are the minimax ones on this interval for the relative error
 * of e^r − 1, found with the Remez exchange algorithm in 60 digits: 2^-55.6 (f64), 2^-26.2 (f32).
 */
// @ts-ignore: decorator
@inline
function expm1Reduced(r: v128): v128 {
  const r2 = v128.mul<real>(r, r);
  if (sizeof<real>() == 8) {
    const r4 = v128.mul<real>(r2, r2);
    const q01 = line(splat(0.5000000000000006), splat(0.16666666666666588), r);
    const q23 = line(splat(0.04166666666657676), splat(0.00833333333338955), r);
    const q45 = line(splat(0.0013888888931564945), splat(0.00019841269719008027), r);
    const q67 = line(splat(2.4801505273707672e-5), splat(2.7557407542032896e-6), r);
    const q89 = line(splat(2.7626037922483416e-7), splat(2.505377508506795e-8), r);
    const q4to9 = line(line(q45, q67, r2), q89, r4);
    return line(r, line(line(q01, q23, r2), q4to9, r4), r2);
  } else {
    const q01 = line(splat(0.49999998154049735), splat(0.16666543621030622), r);
    const q23 = line(splat(0.04166719985854031), splat(0.008366520575324051), r);
    const q234 = line(q23, splat(0.0013882521544112123), r2);
    return line(r, line(q01, q234, r2), r2);
  }
}

/** @returns 2ⁿ·y, rounded once. 2ⁿ may lie beyond the normal numbers, so it is multiplied in two halves. */
// @ts-ignore: decorator
@inline
function scale(y: v128, shifted: v128): v128 {
  if (sizeof<real>() == 8) {
    const half = v128.shr<u64>(shifted, 1);
    const rest = v128.sub<i64>(shifted, half);
    return v128.mul<real>(v128.mul<real>(y, v128.shl<i64>(half, 52)), v128.shl<i64>(rest, 52));
  } else {
    const half = v128.shr<u32>(shifted, 1);
    const rest = v128.sub<i32>(shifted, half);
    return v128.mul<real>(v128.mul<real>(y, v128.shl<i32>(half, 23)), v128.shl<i32>(rest, 23));
  }
}

/** @returns e^x of each lane, for lowest ≤ x ≤ highest or NaN */
// @ts-ignore: decorator
@inline
function expInRange(x: v128): v128 {
  const shifted = quotient(x);
  return scale(v128.add<real>(splat(1), expm1Reduced(remainder(x, shifted))), shifted);
}

// Beyond these, e^x rounds to 0 and to ∞. pmin and pmax leave NaN in their first operand as it is.
// @ts-ignore: decorator
@inline
function lowest(): v128 {
  return splat(sizeof<real>() == 8 ? -746 : -104);
}
// @ts-ignore: decorator
@inline
function highest(): v128 {
  return splat(sizeof<real>() == 8 ? 710 : 89);
}

/** @returns e^x of each lane */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  return expInRange(v128.pmin<real>(v128.pmax<real>(x, lowest()), highest()));
}

/** @returns tanh(x) of each lane */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const sign = v128.and(x, splat(-0.0));
  // Beyond the limit tanh rounds to 1, and so does the quotient at the limit.
  const x2 = v128.pmin<real>(v128.abs<real>(v128.add<real>(x, x)), splat(sizeof<real>() == 8 ? 44 : 22));
  const shifted = quotient(x2);
  // The bias stands doubled in the shifted number; one of the two makes 2ⁿ.
  const power =
    sizeof<real>() == 8
      ? v128.shl<i64>(v128.sub<i64>(shifted, v128.splat<i64>(1023)), 52)
      : v128.shl<i32>(v128.sub<i32>(shifted, v128.splat<i32>(127)), 23);
  const t = line(v128.sub<real>(power, splat(1)), power, expm1Reduced(remainder(x2, shifted)));
  return v128.or(v128.div<real>(t, v128.add<real>(t, splat(2))), sign);
}

/** @returns σ(x) = 1/(1 + e^−x) of each lane */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  const negative = v128.lt<real>(x, splat(0));
  const power = expInRange(v128.pmax<real>(v128.neg<real>(v128.abs<real>(x)), lowest()));
  const one = splat(1);
  return v128.div<real>(v128.bitselect(power, one, negative), v128.add<real>(one, power));
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
