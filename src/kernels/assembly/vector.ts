/**
 * Products of a matrix and a vector. Every matrix stands by rows, each row a whole number of lanes long, so that no kernel
 * has a tail. Strides are in bytes.
 */

/** Numbers in a 128-bit vector: 2 in double precision, 4 in single. */
export const LANES: i32 = 16 / sizeof<real>();
const R: usize = sizeof<real>();

// @ts-ignore: decorator
@inline
export function zero(): v128 {
  return v128.splat<real>(0);
}

/** acc + a b, each rounded by itself: a fused operation would give other bits on other processors. */
// @ts-ignore: decorator
@inline
export function addProduct(acc: v128, a: v128, b: v128): v128 {
  return v128.add<real>(acc, v128.mul<real>(a, b));
}

// A call of the host's copying and filling costs more than a short row.

/** to = from, both [n]. */
// @ts-ignore: decorator
@inline
export function copy(to: usize, from: usize, n: i32): void {
  const end = to + <usize>n * R;
  for (; to < end; to += 16) {
    v128.store(to, v128.load(from));
    from += 16;
  }
}

/** to [n] = 0 */
// @ts-ignore: decorator
@inline
export function clear(to: usize, n: i32): void {
  const end = to + <usize>n * R;
  for (; to < end; to += 16) v128.store(to, zero());
}

/** The sum of all lanes. */
// @ts-ignore: decorator
@inline
export function sumOfLanes(v: v128): real {
  if (sizeof<real>() == 8) return v128.extract_lane<real>(v, 0) + v128.extract_lane<real>(v, 1);
  return (
    v128.extract_lane<real>(v, 0) +
    v128.extract_lane<real>(v, 2) +
    (v128.extract_lane<real>(v, 1) + v128.extract_lane<real>(v, 3))
  );
}

// @ts-ignore: decorator
@inline
function put(to: usize, v: v128, add: bool, offset: usize): void {
  const p = to + offset;
  v128.store(p, add ? v128.add<real>(v128.load(p), v) : v);
}

/** From this many bytes on, a row is read to its end before the next one, as memory is fetched ahead. */
const WIDE: usize = 128;

// @ts-ignore: decorator
@inline
function fourProducts(a_0: v128, b_0: v128, a_1: v128, b_1: v128, a_2: v128, b_2: v128, a_3: v128, b_3: v128): v128 {
  return v128.add<real>(addProduct(v128.mul<real>(a_0, b_0), a_1, b_1), addProduct(v128.mul<real>(a_2, b_2), a_3, b_3));
}

function combineWideRows(
  out: usize,
  a: usize,
  aStride: usize,
  b: usize,
  bStride: usize,
  count: i32,
  n: i32,
  add: bool,
): void {
  const bytes = <usize>n * R;
  if (!add) clear(out, n);
  const end = out + bytes;
  let k = count;
  for (; k >= 4; k -= 4) {
    const a_0 = v128.load_splat<real>(a);
    const a_1 = v128.load_splat<real>(a + aStride);
    const a_2 = v128.load_splat<real>(a + 2 * aStride);
    const a_3 = v128.load_splat<real>(a + 3 * aStride);
    const p0 = b;
    const p1 = p0 + bStride;
    const p2 = p1 + bStride;
    const p3 = p2 + bStride;
    let o: usize = 0;
    // What is stored at once is not held in a register while the next vectors are read.
    for (; o + 48 < bytes; o += 64) {
      const to = out + o;
      const r0 = p0 + o;
      const r1 = p1 + o;
      const r2 = p2 + o;
      const r3 = p3 + o;
      const s0 = fourProducts(a_0, v128.load(r0), a_1, v128.load(r1), a_2, v128.load(r2), a_3, v128.load(r3));
      v128.store(to, v128.add<real>(v128.load(to), s0));
      const s1 = fourProducts(a_0, v128.load(r0, 16), a_1, v128.load(r1, 16), a_2, v128.load(r2, 16), a_3, v128.load(r3, 16));
      v128.store(to, v128.add<real>(v128.load(to, 16), s1), 16);
      const s2 = fourProducts(a_0, v128.load(r0, 32), a_1, v128.load(r1, 32), a_2, v128.load(r2, 32), a_3, v128.load(r3, 32));
      v128.store(to, v128.add<real>(v128.load(to, 32), s2), 32);
      const s3 = fourProducts(a_0, v128.load(r0, 48), a_1, v128.load(r1, 48), a_2, v128.load(r2, 48), a_3, v128.load(r3, 48));
      v128.store(to, v128.add<real>(v128.load(to, 48), s3), 48);
    }
    for (; o < bytes; o += 16) {
      const s = fourProducts(a_0, v128.load(p0 + o), a_1, v128.load(p1 + o), a_2, v128.load(p2 + o), a_3, v128.load(p3 + o));
      v128.store(out + o, v128.add<real>(v128.load(out + o), s));
    }
    a += 4 * aStride;
    b += 4 * bStride;
  }
  for (; k > 0; k--) {
    const a_0 = v128.load_splat<real>(a);
    let p0 = b;
    for (let to = out; to < end; to += 16) {
      v128.store(to, addProduct(v128.load(to), a_0, v128.load(p0)));
      p0 += 16;
    }
    a += aStride;
    b += bStride;
  }
}

/**
 * A combination of rows: out [n] = Σ_k a_k B_k, added to what is there where `add`.
 * So is a matrix that stands transposed times a vector, and one row of an outer product summed over the steps.
 * @param a [count] the k-th `aStride` bytes after the one before
 * @param n a whole number of lanes
 */
export function combineRows(
  out: usize,
  a: usize,
  aStride: usize,
  b: usize,
  bStride: usize,
  count: i32,
  n: i32,
  add: bool,
): void {
  let bytes = <usize>n * R;
  if (bytes >= WIDE) return combineWideRows(out, a, aStride, b, bStride, count, n, add);
  // Two rows at a time into 4 sums: with what they read, as much as the registers hold.
  if (bytes >= 64) {
    let s0 = zero();
    let s1 = zero();
    let s2 = zero();
    let s3 = zero();
    let pa = a;
    let pb = b;
    let k = count;
    for (; k > 1; k -= 2) {
      const a_0 = v128.load_splat<real>(pa);
      const a_1 = v128.load_splat<real>(pa + aStride);
      const pc = pb + bStride;
      s0 = v128.add<real>(s0, addProduct(v128.mul<real>(a_0, v128.load(pb)), a_1, v128.load(pc)));
      s1 = v128.add<real>(s1, addProduct(v128.mul<real>(a_0, v128.load(pb, 16)), a_1, v128.load(pc, 16)));
      s2 = v128.add<real>(s2, addProduct(v128.mul<real>(a_0, v128.load(pb, 32)), a_1, v128.load(pc, 32)));
      s3 = v128.add<real>(s3, addProduct(v128.mul<real>(a_0, v128.load(pb, 48)), a_1, v128.load(pc, 48)));
      pa += 2 * aStride;
      pb = pc + bStride;
    }
    if (k > 0) {
      const a_0 = v128.load_splat<real>(pa);
      s0 = addProduct(s0, a_0, v128.load(pb));
      s1 = addProduct(s1, a_0, v128.load(pb, 16));
      s2 = addProduct(s2, a_0, v128.load(pb, 32));
      s3 = addProduct(s3, a_0, v128.load(pb, 48));
    }
    put(out, s0, add, 0);
    put(out, s1, add, 16);
    put(out, s2, add, 32);
    put(out, s3, add, 48);
    out += 64;
    b += 64;
    bytes -= 64;
  }
  for (; bytes > 0; bytes -= 16) {
    let even = zero();
    let odd = zero();
    let pa = a;
    let pb = b;
    let k = count;
    for (; k > 1; k -= 2) {
      even = addProduct(even, v128.load_splat<real>(pa), v128.load(pb));
      odd = addProduct(odd, v128.load_splat<real>(pa + aStride), v128.load(pb + bStride));
      pa += 2 * aStride;
      pb += 2 * bStride;
    }
    if (k > 0) even = addProduct(even, v128.load_splat<real>(pa), v128.load(pb));
    put(out, v128.add<real>(even, odd), add, 0);
    out += 16;
    b += 16;
  }
}

/** An outer product: C_i [n] = a_i b for i < m, added to what is there where `add`. @param n a whole number of lanes */
export function outerProduct(c: usize, cStride: usize, a: usize, b: usize, m: i32, n: i32, add: bool): void {
  const bytes = <usize>n * R;
  for (let i = 0; i < m; i++) {
    const a_i = v128.load_splat<real>(a);
    for (let o: usize = 0; o < bytes; o += 16) put(c, v128.mul<real>(a_i, v128.load(b + o)), add, o);
    a += R;
    c += cStride;
  }
}

/**
 * Inner products: out_i = W_i · v for `rows` rows of n numbers, added to what is there where `add`.
 * @param n a whole number of lanes
 */
export function innerProducts(out: usize, w: usize, wStride: usize, v: usize, rows: i32, n: i32, add: bool): void {
  const bytes = <usize>n * R;
  const even = bytes & ~(<usize>31);
  for (; rows >= 4; rows -= 4) {
    const p1 = w + wStride;
    const p2 = p1 + wStride;
    const p3 = p2 + wStride;
    let s0 = zero();
    let s1 = zero();
    let s2 = zero();
    let s3 = zero();
    let o: usize = 0;
    for (; o < even; o += 32) {
      const pv = v + o;
      const v_0 = v128.load(pv);
      const v_1 = v128.load(pv, 16);
      const q0 = w + o;
      const q1 = p1 + o;
      const q2 = p2 + o;
      const q3 = p3 + o;
      s0 = v128.add<real>(s0, addProduct(v128.mul<real>(v128.load(q0), v_0), v128.load(q0, 16), v_1));
      s1 = v128.add<real>(s1, addProduct(v128.mul<real>(v128.load(q1), v_0), v128.load(q1, 16), v_1));
      s2 = v128.add<real>(s2, addProduct(v128.mul<real>(v128.load(q2), v_0), v128.load(q2, 16), v_1));
      s3 = v128.add<real>(s3, addProduct(v128.mul<real>(v128.load(q3), v_0), v128.load(q3, 16), v_1));
    }
    if (o < bytes) {
      const v_0 = v128.load(v + o);
      s0 = addProduct(s0, v128.load(w + o), v_0);
      s1 = addProduct(s1, v128.load(p1 + o), v_0);
      s2 = addProduct(s2, v128.load(p2 + o), v_0);
      s3 = addProduct(s3, v128.load(p3 + o), v_0);
    }
    if (sizeof<real>() == 8) {
      put(out, v128.add<f64>(v128.shuffle<f64>(s0, s1, 0, 2), v128.shuffle<f64>(s0, s1, 1, 3)), add, 0);
      put(out, v128.add<f64>(v128.shuffle<f64>(s2, s3, 0, 2), v128.shuffle<f64>(s2, s3, 1, 3)), add, 16);
    } else {
      const low = v128.add<f32>(v128.shuffle<f32>(s0, s1, 0, 4, 1, 5), v128.shuffle<f32>(s0, s1, 2, 6, 3, 7));
      const high = v128.add<f32>(v128.shuffle<f32>(s2, s3, 0, 4, 1, 5), v128.shuffle<f32>(s2, s3, 2, 6, 3, 7));
      put(out, v128.add<f32>(v128.shuffle<f32>(low, high, 0, 1, 4, 5), v128.shuffle<f32>(low, high, 2, 3, 6, 7)), add, 0);
    }
    w += 4 * wStride;
    out += 4 * R;
  }
  // What is left of the rows has four sums each, so that no addition waits for the one before.
  for (; rows > 0; rows--) {
    let s0 = zero();
    let s1 = zero();
    let s2 = zero();
    let s3 = zero();
    let o: usize = 0;
    for (; o + 48 < bytes; o += 64) {
      const p = w + o;
      const pv = v + o;
      s0 = addProduct(s0, v128.load(p), v128.load(pv));
      s1 = addProduct(s1, v128.load(p, 16), v128.load(pv, 16));
      s2 = addProduct(s2, v128.load(p, 32), v128.load(pv, 32));
      s3 = addProduct(s3, v128.load(p, 48), v128.load(pv, 48));
    }
    for (; o < bytes; o += 16) s0 = addProduct(s0, v128.load(w + o), v128.load(v + o));
    const sum = sumOfLanes(v128.add<real>(v128.add<real>(s0, s1), v128.add<real>(s2, s3)));
    store<real>(out, add ? load<real>(out) + sum : sum);
    w += wStride;
    out += R;
  }
}
