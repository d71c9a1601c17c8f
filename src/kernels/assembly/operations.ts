/** What only own cells' equations have: functions over vectors of n numbers, whole lanes, and over all units at once. */
import { expAll } from "./elements";
import { exp, log1p, sigmoid, log } from "./functions";

const R: usize = sizeof<real>();
const LANES: i32 = 16 / sizeof<real>();

// In the order of ../own.ts.
const RELU: i32 = 25;
const LOG: i32 = 26;
const ROOT: i32 = 27;
const ABS: i32 = 28;
const SIN: i32 = 29;
const COS: i32 = 30;
const SOFTPLUS: i32 = 31;
const SILU: i32 = 32;
const HARD_SIGMOID: i32 = 33;
const HARD_SIGMOID_2: i32 = 34;
const SQUARE: i32 = 35;
const POSITIVE: i32 = 36;
const STEP: i32 = 37;
const SIGN: i32 = 38;
const WITHIN_3: i32 = 39;
const WITHIN_2_5: i32 = 40;

export function fill(to: usize, value: real, n: i32): void {
  const end = to + <usize>n * R;
  for (; to < end; to += 16) v128.store(to, v128.splat<real>(value));
}

/** The sum of n numbers, in their order. */
export function total(v: usize, n: i32): real {
  let sum: real = 0;
  for (let j: usize = 0; j < <usize>n; j++) sum += load<real>(v + j * R);
  return sum;
}

/** @param n numbers that count, of `filled` */
export function softmax(to: usize, v: usize, filled: i32, n: i32): void {
  let most: real = -Infinity;
  for (let j: usize = 0; j < <usize>n; j++) {
    const v_j = load<real>(v + j * R);
    if (!(v_j <= most)) most = v_j;
  }
  for (let j: usize = 0; j < <usize>n; j++) store<real>(to + j * R, load<real>(v + j * R) - most);
  expAll(to, to, filled);
  const sum = total(to, n);
  for (let j: usize = 0; j < <usize>n; j++) store<real>(to + j * R, load<real>(to + j * R) / sum);
}

export function powerAll(to: usize, v: usize, exponent: usize, n: i32): void {
  for (let j: usize = 0; j < <usize>n; j++)
    store<real>(to + j * R, <real>NativeMath.pow(<f64>load<real>(v + j * R), <f64>load<real>(exponent + j * R)));
}

// @ts-ignore: decorator
@inline
function splat(value: real): v128 {
  return v128.splat<real>(value);
}

/** 1 where a condition holds, else 0. */
// @ts-ignore: decorator
@inline
function oneWhere(condition: v128): v128 {
  return v128.and(condition, splat(1));
}

/** Into 0…1; a NaN stays one, as it is the first operand. */
// @ts-ignore: decorator
@inline
function cut(v: v128): v128 {
  return v128.pmin<real>(v128.pmax<real>(v, splat(0)), splat(1));
}

export function applyAll(op: i32, to: usize, from: usize, n: i32): void {
  switch (op) {
    case LOG:
    case SIN:
    case COS:
      return oneByOne(op, to, from, n);
    case SOFTPLUS:
      return softplusAll(to, from, n);
    default: {
      const end = from + <usize>n * R;
      for (; from < end; from += 16, to += 16) v128.store(to, apply(op, v128.load(from)));
    }
  }
}

function apply(op: i32, v: v128): v128 {
  switch (op) {
    case RELU:
      // A NaN stays one: it is not below 0.
      return v128.andnot(v, v128.le<real>(v, splat(0)));
    case ROOT:
      return v128.sqrt<real>(v);
    case ABS:
      return v128.abs<real>(v);
    case SILU:
      return v128.mul<real>(v, sigmoid(v));
    case HARD_SIGMOID:
      return cut(v128.div<real>(v128.add<real>(v, splat(3)), splat(6)));
    case HARD_SIGMOID_2:
      return cut(v128.add<real>(v128.mul<real>(splat(0.2), v), splat(0.5)));
    case SQUARE:
      return v128.mul<real>(v, v);
    case POSITIVE:
      return oneWhere(v128.gt<real>(v, splat(0)));
    case STEP:
      return v128.or(
        oneWhere(v128.gt<real>(v, splat(0))),
        v128.and(v128.eq<real>(v, splat(0)), splat(0.5)),
      );
    case SIGN:
      return v128.or(
        oneWhere(v128.gt<real>(v, splat(0))),
        v128.and(v128.lt<real>(v, splat(0)), splat(-1)),
      );
    case WITHIN_3:
      return oneWhere(v128.and(v128.gt<real>(v, splat(-3)), v128.lt<real>(v, splat(3))));
    case WITHIN_2_5:
      return oneWhere(v128.and(v128.ge<real>(v, splat(-2.5)), v128.le<real>(v, splat(2.5))));
    default:
      return unreachable();
  }
}

function oneByOne(op: i32, to: usize, from: usize, n: i32): void {
  for (let j: usize = 0; j < <usize>n; j++) {
    const v = <f64>load<real>(from + j * R);
    const f = op == LOG ? log(v) : op == SIN ? NativeMath.sin(v) : NativeMath.cos(v);
    store<real>(to + j * R, <real>f);
  }
}

/** max(v, 0) + log(1 + e^−|v|) */
function softplusAll(to: usize, from: usize, n: i32): void {
  const bytes = <usize>n * R;
  for (let o: usize = 0; o < bytes; o += 16) {
    v128.store(to + o, exp(v128.neg<real>(v128.abs<real>(v128.load(from + o)))));
    for (let j: usize = 0; j < <usize>LANES; j++) {
      const p = o + j * R;
      const v = <f64>load<real>(from + p);
      const above: f64 = v < 0 ? 0 : v;
      store<real>(to + p, <real>(above + log1p(<f64>load<real>(to + p))));
    }
  }
}
