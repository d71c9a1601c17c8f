/**
 * h_t = activation(a_t), and da_t = dh_t activation'(a_t), for n numbers that follow each other.
 */
import { sigmoidAll, tanhAll } from "./elements";
import { copy } from "./vector";

const R: usize = sizeof<real>();

export function rnnForward(activation: i32, a: usize, h: usize, n: i32): void {
  const end = a + <usize>n * R;
  switch (activation) {
    case 0:
      tanhAll(h, a, n);
      return;
    case 1:
      // A NaN stays one: it is not below 0.
      for (; a < end; a += 16, h += 16) {
        const a_t = v128.load(a);
        v128.store(h, v128.andnot(a_t, v128.lt<real>(a_t, v128.splat<real>(0))));
      }
      return;
    case 2:
      sigmoidAll(h, a, n);
      return;
    default:
      copy(h, a, n);
  }
}

export function rnnBackward(activation: i32, da: usize, h: usize, dh: usize, n: i32): void {
  const end = da + <usize>n * R;
  const one = v128.splat<real>(1);
  switch (activation) {
    case 0:
      for (; da < end; da += 16, h += 16, dh += 16) {
        const h_t = v128.load(h);
        v128.store(da, v128.mul<real>(v128.load(dh), v128.sub<real>(one, v128.mul<real>(h_t, h_t))));
      }
      return;
    case 1:
      for (; da < end; da += 16, h += 16, dh += 16)
        v128.store(da, v128.and(v128.load(dh), v128.gt<real>(v128.load(h), v128.splat<real>(0))));
      return;
    case 2:
      for (; da < end; da += 16, h += 16, dh += 16) {
        const h_t = v128.load(h);
        v128.store(da, v128.mul<real>(v128.load(dh), v128.mul<real>(h_t, v128.sub<real>(one, h_t))));
      }
      return;
    default:
      copy(da, dh, n);
  }
}
