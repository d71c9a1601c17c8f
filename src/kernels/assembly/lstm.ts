/**
 * One sequence's step of an LSTM; the pre-activations of i, f, g and o stand side by side in z [4H].
 *   i, f, o = σ(a),  g = tanh(a);   c_t = f ∘ c_prev + i ∘ g;   h_t = o ∘ tanh(c_t)
 */
import { sigmoidAll, tanhAll } from "./elements";
import { addProduct } from "./vector";

/** Leaves the gates in z. Each function goes over all units before the next one, so that none waits for another's result. */
export function lstmForward(z: usize, c_prev: usize, c: usize, tanhC: usize, h: usize, bytes: usize): void {
  const H = <i32>(bytes / sizeof<real>());
  const f = z + bytes;
  const g = f + bytes;
  const o = g + bytes;
  sigmoidAll(z, z, 2 * H);
  tanhAll(g, g, H);
  sigmoidAll(o, o, H);
  for (let k: usize = 0; k < bytes; k += 16)
    v128.store(
      c + k,
      addProduct(v128.mul<real>(v128.load(f + k), v128.load(c_prev + k)), v128.load(z + k), v128.load(g + k)),
    );
  tanhAll(tanhC, c, H);
  for (let k: usize = 0; k < bytes; k += 16) v128.store(h + k, v128.mul<real>(v128.load(o + k), v128.load(tanhC + k)));
}

/** From the gates to the gradients of their pre-activations, in place; dc goes on to the step before. */
export function lstmBackward(z: usize, c_prev: usize, tanhC: usize, dh: usize, dc: usize, bytes: usize): void {
  const end = z + bytes;
  const one = v128.splat<real>(1);
  for (; z < end; z += 16) {
    const i = v128.load(z);
    const f = v128.load(z + bytes);
    const g = v128.load(z + 2 * bytes);
    const o = v128.load(z + 3 * bytes);
    const t = v128.load(tanhC);
    const dh_t = v128.load(dh);
    const dh_o = v128.mul<real>(dh_t, o);
    const dc_t = addProduct(v128.load(dc), dh_o, v128.sub<real>(one, v128.mul<real>(t, t)));
    const di = v128.mul<real>(v128.mul<real>(dc_t, g), v128.mul<real>(i, v128.sub<real>(one, i)));
    const df = v128.mul<real>(v128.mul<real>(dc_t, v128.load(c_prev)), v128.mul<real>(f, v128.sub<real>(one, f)));
    const dg = v128.mul<real>(v128.mul<real>(dc_t, i), v128.sub<real>(one, v128.mul<real>(g, g)));
    const d_o = v128.mul<real>(v128.mul<real>(dh_o, t), v128.sub<real>(one, o));
    v128.store(z, di);
    v128.store(z + bytes, df);
    v128.store(z + 2 * bytes, dg);
    v128.store(z + 3 * bytes, d_o);
    v128.store(dc, v128.mul<real>(dc_t, f));
    c_prev += 16;
    tanhC += 16;
    dh += 16;
    dc += 16;
  }
}
