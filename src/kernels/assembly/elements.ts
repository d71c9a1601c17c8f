/** The elementary functions over arrays of n numbers, whole lanes. */
import { exp, log as logOf, log1p as log1pOf, sigmoid, tanh } from "./functions";

const R: usize = sizeof<real>();
const EXP: i32 = 0;
const TANH: i32 = 1;
const SIGMOID: i32 = 2;

export function expAll(to: usize, from: usize, n: i32): void {
  all(EXP, to, from, n);
}

export function tanhAll(to: usize, from: usize, n: i32): void {
  all(TANH, to, from, n);
}

export function sigmoidAll(to: usize, from: usize, n: i32): void {
  all(SIGMOID, to, from, n);
}

/** @param f known where this is compiled in, so that nothing is chosen while it runs */
// @ts-ignore: decorator
@inline
function apply(f: i32, x: v128): v128 {
  return f == EXP ? exp(x) : f == TANH ? tanh(x) : sigmoid(x);
}

/** Four vectors at a time: what one waits for is time for the others, and the function's constants are loaded once for all. */
// @ts-ignore: decorator
@inline
function all(f: i32, to: usize, from: usize, n: i32): void {
  const end = from + <usize>n * R;
  for (; from + 48 < end; from += 64, to += 64) {
    const v0 = apply(f, v128.load(from));
    const v1 = apply(f, v128.load(from, 16));
    const v2 = apply(f, v128.load(from, 32));
    const v3 = apply(f, v128.load(from, 48));
    v128.store(to, v0);
    v128.store(to, v1, 16);
    v128.store(to, v2, 32);
    v128.store(to, v3, 48);
  }
  if (from + 16 < end) {
    const v0 = apply(f, v128.load(from));
    const v1 = apply(f, v128.load(from, 16));
    v128.store(to, v0);
    v128.store(to, v1, 16);
    from += 32;
    to += 32;
  }
  if (from < end) v128.store(to, apply(f, v128.load(from)));
}

export function log(x: f64): f64 {
  return logOf(x);
}

export function log1p(x: f64): f64 {
  return log1pOf(x);
}
