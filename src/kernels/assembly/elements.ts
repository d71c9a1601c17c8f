/** The elementary functions over arrays of n numbers, whole lanes. */
import { exp, log as logOf, log1p as log1pOf, sigmoid, tanh } from "./functions";

const R: usize = sizeof<real>();

// Four vectors at a time: what one waits for is time for the others, and the functions' constants are loaded once for all.

export function expAll(to: usize, from: usize, n: i32): void {
  const end = from + <usize>n * R;
  for (; from + 48 < end; from += 64, to += 64) {
    const v0 = exp(v128.load(from));
    const v1 = exp(v128.load(from, 16));
    const v2 = exp(v128.load(from, 32));
    const v3 = exp(v128.load(from, 48));
    v128.store(to, v0);
    v128.store(to, v1, 16);
    v128.store(to, v2, 32);
    v128.store(to, v3, 48);
  }
  if (from + 16 < end) {
    const v0 = exp(v128.load(from));
    const v1 = exp(v128.load(from, 16));
    v128.store(to, v0);
    v128.store(to, v1, 16);
    from += 32;
    to += 32;
  }
  if (from < end) v128.store(to, exp(v128.load(from)));
}

export function tanhAll(to: usize, from: usize, n: i32): void {
  const end = from + <usize>n * R;
  for (; from + 48 < end; from += 64, to += 64) {
    const v0 = tanh(v128.load(from));
    const v1 = tanh(v128.load(from, 16));
    const v2 = tanh(v128.load(from, 32));
    const v3 = tanh(v128.load(from, 48));
    v128.store(to, v0);
    v128.store(to, v1, 16);
    v128.store(to, v2, 32);
    v128.store(to, v3, 48);
  }
  if (from + 16 < end) {
    const v0 = tanh(v128.load(from));
    const v1 = tanh(v128.load(from, 16));
    v128.store(to, v0);
    v128.store(to, v1, 16);
    from += 32;
    to += 32;
  }
  if (from < end) v128.store(to, tanh(v128.load(from)));
}

export function sigmoidAll(to: usize, from: usize, n: i32): void {
  const end = from + <usize>n * R;
  for (; from + 48 < end; from += 64, to += 64) {
    const v0 = sigmoid(v128.load(from));
    const v1 = sigmoid(v128.load(from, 16));
    const v2 = sigmoid(v128.load(from, 32));
    const v3 = sigmoid(v128.load(from, 48));
    v128.store(to, v0);
    v128.store(to, v1, 16);
    v128.store(to, v2, 32);
    v128.store(to, v3, 48);
  }
  if (from + 16 < end) {
    const v0 = sigmoid(v128.load(from));
    const v1 = sigmoid(v128.load(from, 16));
    v128.store(to, v0);
    v128.store(to, v1, 16);
    from += 32;
    to += 32;
  }
  if (from < end) v128.store(to, sigmoid(v128.load(from)));
}

export function log(x: f64): f64 {
  return logOf(x);
}

export function log1p(x: f64): f64 {
  return log1pOf(x);
}
