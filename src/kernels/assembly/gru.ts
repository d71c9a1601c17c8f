/**
 * One sequence's step of a GRU; r, z and n stand side by side in w [3H].
 *   r, z = σ(a);   n = tanh(Wxn x + bn + r ∘ q), q = Whn h_prev + bhn    (reset after)
 *   n = tanh(Wxn x + bn + Whn q), q = r ∘ h_prev                          (reset before)
 *   h_t = (1 − z) ∘ n + z ∘ h_prev
 */
import { sigmoidAll, tanhAll } from "./elements";
import { addTo } from "./rows";
import { addProduct } from "./vector";

// @ts-ignore: decorator
@inline
function slope(gate: v128): v128 {
  return v128.mul<real>(gate, v128.sub<real>(v128.splat<real>(1), gate));
}

/** h_t = (1 − z) ∘ n + z ∘ h_prev, the gates standing in w. */
// @ts-ignore: decorator
@inline
function mix(w: usize, h_prev: usize, h: usize, bytes: usize): void {
  const one = v128.splat<real>(1);
  const z = w + bytes;
  const n = z + bytes;
  for (let k: usize = 0; k < bytes; k += 16) {
    const z_k = v128.load(z + k);
    const kept = v128.mul<real>(v128.sub<real>(one, z_k), v128.load(n + k));
    v128.store(h + k, addProduct(kept, z_k, v128.load(h_prev + k)));
  }
}

/** @param u [3H] the products with h_prev; leaves the gates in w and q in u's last block. */
export function gruAfterForward(w: usize, u: usize, bhn: usize, h_prev: usize, h: usize, bytes: usize): void {
  const H = <i32>(bytes / sizeof<real>());
  addTo(w, u, 2 * H);
  sigmoidAll(w, w, 2 * H);
  const n = w + 2 * bytes;
  const q = u + 2 * bytes;
  for (let k: usize = 0; k < bytes; k += 16) {
    const q_k = v128.add<real>(v128.load(q + k), v128.load(bhn + k));
    v128.store(q + k, q_k);
    v128.store(n + k, addProduct(v128.load(n + k), v128.load(w + k), q_k));
  }
  tanhAll(n, n, H);
  mix(w, h_prev, h, bytes);
}

/** Leaves da of the gates in w, and in u the same for r and z beside dq. @param dh_prev where z ∘ dh_t is added, or 0 */
export function gruAfterBackward(w: usize, u: usize, h_prev: usize, dh: usize, dh_prev: usize, bytes: usize): void {
  const end = w + bytes;
  const one = v128.splat<real>(1);
  for (; w < end; w += 16) {
    const r = v128.load(w);
    const z = v128.load(w + bytes);
    const n = v128.load(w + 2 * bytes);
    const q = v128.load(u + 2 * bytes);
    const dh_t = v128.load(dh);
    const dz = v128.mul<real>(v128.mul<real>(dh_t, v128.sub<real>(v128.load(h_prev), n)), slope(z));
    const dn = v128.mul<real>(
      v128.mul<real>(dh_t, v128.sub<real>(one, z)),
      v128.sub<real>(one, v128.mul<real>(n, n)),
    );
    const dr = v128.mul<real>(v128.mul<real>(dn, q), slope(r));
    v128.store(w, dr);
    v128.store(w + bytes, dz);
    v128.store(w + 2 * bytes, dn);
    v128.store(u, dr);
    v128.store(u + bytes, dz);
    v128.store(u + 2 * bytes, v128.mul<real>(dn, r));
    if (dh_prev != 0) {
      v128.store(dh_prev, addProduct(v128.load(dh_prev), dh_t, z));
      dh_prev += 16;
    }
    u += 16;
    h_prev += 16;
    dh += 16;
  }
}

/** Leaves r and z in w and r ∘ h_prev in q. */
export function gruBeforeReset(w: usize, q: usize, h_prev: usize, bytes: usize): void {
  sigmoidAll(w, w, 2 * <i32>(bytes / sizeof<real>()));
  for (let k: usize = 0; k < bytes; k += 16)
    v128.store(q + k, v128.mul<real>(v128.load(w + k), v128.load(h_prev + k)));
}

/** Leaves n in w. */
export function gruBeforeForward(w: usize, h_prev: usize, h: usize, bytes: usize): void {
  const n = w + 2 * bytes;
  tanhAll(n, n, <i32>(bytes / sizeof<real>()));
  mix(w, h_prev, h, bytes);
}

/** Leaves da of z and n in w. @param dh_prev where z ∘ dh_t is added, or 0 */
export function gruBeforeBackward(w: usize, h_prev: usize, dh: usize, dh_prev: usize, bytes: usize): void {
  const end = w + bytes;
  const one = v128.splat<real>(1);
  for (; w < end; w += 16) {
    const z = v128.load(w + bytes);
    const n = v128.load(w + 2 * bytes);
    const dh_t = v128.load(dh);
    v128.store(w + bytes, v128.mul<real>(v128.mul<real>(dh_t, v128.sub<real>(v128.load(h_prev), n)), slope(z)));
    v128.store(
      w + 2 * bytes,
      v128.mul<real>(v128.mul<real>(dh_t, v128.sub<real>(one, z)), v128.sub<real>(one, v128.mul<real>(n, n))),
    );
    if (dh_prev != 0) {
      v128.store(dh_prev, addProduct(v128.load(dh_prev), dh_t, z));
      dh_prev += 16;
    }
    h_prev += 16;
    dh += 16;
  }
}

/** Leaves da of r in w. @param dh_prev where r ∘ dq is added, or 0 */
export function gruBeforeResetBackward(w: usize, dq: usize, h_prev: usize, dh_prev: usize, bytes: usize): void {
  const end = w + bytes;
  for (; w < end; w += 16) {
    const r = v128.load(w);
    const dq_t = v128.load(dq);
    v128.store(w, v128.mul<real>(v128.mul<real>(dq_t, v128.load(h_prev)), slope(r)));
    if (dh_prev != 0) {
      v128.store(dh_prev, addProduct(v128.load(dh_prev), dq_t, r));
      dh_prev += 16;
    }
    dq += 16;
    h_prev += 16;
  }
}
