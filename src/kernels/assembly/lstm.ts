/**
 * One sequence's step of an LSTM; the pre-activations of i, f, g and o stand side by side in z [4H].
 *   i, f, o = σ(a),  g = tanh(a);   c_t = f ∘ c_prev + i ∘ g;   h_t = o ∘ tanh(c_t)
 */
import { sigmoid, tanh } from "./functions";
import { addProduct } from "./vector";

/** Leaves the gates in z. */
export function lstmForward(z: usize, c_prev: usize, c: usize, tanhC: usize, h: usize, bytes: usize): void {
  const end = z + bytes;
  for (; z < end; z += 16) {
    const i = sigmoid(v128.load(z));
    const f = sigmoid(v128.load(z + bytes));
    const g = tanh(v128.load(z + 2 * bytes));
    const o = sigmoid(v128.load(z + 3 * bytes));
    const c_t = addProduct(v128.mul<real>(f, v128.load(c_prev)), i, g);
    const t = tanh(c_t);
    v128.store(z, i);
    v128.store(z + bytes, f);
    v128.store(z + 2 * bytes, g);
    v128.store(z + 3 * bytes, o);
    v128.store(c, c_t);
    v128.store(tanhC, t);
    v128.store(h, v128.mul<real>(o, t));
    c_prev += 16;
    c += 16;
    tanhC += 16;
    h += 16;
  }
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
