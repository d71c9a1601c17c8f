/** The elementary functions over arrays of n numbers, whole lanes. */
import { exp, log as logOf, log1p as log1pOf, sigmoid, tanh } from "./functions";

const R: usize = sizeof<real>();

export function expAll(to: usize, from: usize, n: i32): void {
  const end = from + <usize>n * R;
  // Two at a time: the functions' constants are loaded once for both.
  for (; from + 16 < end; from += 32, to += 32) {
    const first = exp(v128.load(from));
    const second = exp(v128.load(from, 16));
    v128.store(to, first);
    v128.store(to, second, 16);
  }
  if (from < end) v128.store(to, exp(v128.load(from)));
}

export function tanhAll(to: usize, from: usize, n: i32): void {
  const end = from + <usize>n * R;
  for (; from + 16 < end; from += 32, to += 32) {
    const first = tanh(v128.load(from));
    const second = tanh(v128.load(from, 16));
    v128.store(to, first);
    v128.store(to, second, 16);
  }
  if (from < end) v128.store(to, tanh(v128.load(from)));
}

export function sigmoidAll(to: usize, from: usize, n: i32): void {
  const end = from + <usize>n * R;
  for (; from + 16 < end; from += 32, to += 32) {
    const first = sigmoid(v128.load(from));
    const second = sigmoid(v128.load(from, 16));
    v128.store(to, first);
    v128.store(to, second, 16);
  }
  if (from < end) v128.store(to, sigmoid(v128.load(from)));
}

export function log(x: f64): f64 {
  return logOf(x);
}

export function log1p(x: f64): f64 {
  return log1pOf(x);
}
