/** The elementary functions over arrays of n numbers, whole lanes. */
import { exp, sigmoid, tanh } from "./functions";

const R: usize = sizeof<real>();

export function expAll(to: usize, from: usize, n: i32): void {
  const end = from + <usize>n * R;
  for (; from < end; from += 16, to += 16) v128.store(to, exp(v128.load(from)));
}

export function tanhAll(to: usize, from: usize, n: i32): void {
  const end = from + <usize>n * R;
  for (; from < end; from += 16, to += 16) v128.store(to, tanh(v128.load(from)));
}

export function sigmoidAll(to: usize, from: usize, n: i32): void {
  const end = from + <usize>n * R;
  for (; from < end; from += 16, to += 16) v128.store(to, sigmoid(v128.load(from)));
}
