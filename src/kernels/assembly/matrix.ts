/**
 * Blocked products of matrices. Both factors are packed into panels that are read from beginning to end, and a tile of
 * 4 rows × 2 vectors of the result stays in the registers (Goto and van de Geijn 2008). One row alone takes 7 vectors of the
 * result at a time. Strides are in bytes.
 */
import { clearRows } from "./rows";
import { addProduct, combineRows, innerProducts, LANES, outerProduct, zero } from "./vector";

const R: usize = sizeof<real>();
/** A sum over fewer rows is made of outer products, one by one. */
const FEW: i32 = 4;
/** Rows of a tile: more would not leave registers for what is read. */
const TILE: i32 = 4;
/** Bytes of a row of a panel for tiles: two vectors. */
const TILE_PANEL: usize = 32;
/** And for rows one by one: seven, as many sums as the registers hold beside what is read. */
const ROW_PANEL: usize = 112;
/** Inner dimension of a block: a panel of it stays in the nearest cache. */
const DEPTH: i32 = 256;

/** How the right factor is packed: not at all, for rows one by one, or for tiles of rows. */
export const NOT_PACKED: i32 = 0;
export const FOR_ROWS: i32 = 1;
export const FOR_TILES: i32 = 2;

/** Bytes of a packed factor of `inner` × `columns`. */
export function packedBytes(inner: i32, columns: i32): usize {
  const panels = (<usize>columns * R + TILE_PANEL - 1) / TILE_PANEL;
  return <usize>inner * panels * TILE_PANEL;
}

/** Bytes of the room that 4 rows of a left factor are packed into. */
const LEFT_BYTES: usize = DEPTH * TILE * 16;

/** Bytes of the room that the products need whose result has up to n columns. */
export function roomBytes(n: i32): usize {
  return LEFT_BYTES + packedBytes(DEPTH, n);
}

/** Packs B [depth × n], n a whole number of lanes, in panels of `panel` bytes; the last may be narrower if it is `ragged`. */
// @ts-ignore: decorator
@inline
function packRows(to: usize, b: usize, bStride: usize, depth: i32, n: i32, panel: usize, ragged: bool): void {
  let rest = <usize>n * R;
  while (ragged ? rest > 0 : rest >= panel) {
    const width = min<usize>(panel, rest);
    const wide = width > 16;
    let p = b;
    for (let k = depth; k > 0; k--) {
      // Without a loop over the vectors: that would cost more than they do.
      v128.store(to, v128.load(p));
      if (wide) v128.store(to, v128.load(p, 16), 16);
      if (panel == ROW_PANEL) {
        v128.store(to, v128.load(p, 32), 32);
        v128.store(to, v128.load(p, 48), 48);
        v128.store(to, v128.load(p, 64), 64);
        v128.store(to, v128.load(p, 80), 80);
        v128.store(to, v128.load(p, 96), 96);
      }
      to += panel;
      p += bStride;
    }
    b += width;
    rest -= width;
  }
}

/** Packs Bᵀ of B [n × depth] likewise; depth is a whole number of lanes too. */
// @ts-ignore: decorator
@inline
function packTransposed(to: usize, b: usize, bStride: usize, depth: i32, n: i32, panel: usize, ragged: bool): void {
  const length = <usize>depth * R;
  let rest = <usize>n * R;
  while (ragged ? rest > 0 : rest >= panel) {
    const width = min<usize>(panel, rest);
    // Of each row a cache line at a time: the rows may stand so that they drive each other out of the cache.
    for (let from: usize = 0; from < length; from += 64) {
      const end = min<usize>(from + 64, length);
      let p = b;
      for (let column: usize = 0; column < width; column += 16) {
        let q = to + column;
        for (let o = from; o < end; o += 16) {
          transposeLanes(q, panel, p + o, bStride);
          q += LANES * panel;
        }
        p += LANES * bStride;
      }
      to += ((end - from) / R) * panel;
    }
    b += (width / R) * bStride;
    rest -= width;
  }
}

/** Transposes a square of as many rows as a vector has lanes. */
// @ts-ignore: decorator
@inline
function transposeLanes(to: usize, toStride: usize, from: usize, fromStride: usize): void {
  const r0 = v128.load(from);
  const r1 = v128.load(from + fromStride);
  if (sizeof<real>() == 8) {
    v128.store(to, v128.shuffle<f64>(r0, r1, 0, 2));
    v128.store(to + toStride, v128.shuffle<f64>(r0, r1, 1, 3));
    return;
  }
  const r2 = v128.load(from + 2 * fromStride);
  const r3 = v128.load(from + 3 * fromStride);
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
  v128.store(to + toStride, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
  v128.store(to + 2 * toStride, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
  v128.store(to + 3 * toStride, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
}

/** Packs B, or Bᵀ where it is `transposed`, in one form or the other, for many products: for tiles block of DEPTH after block. */
export function pack(to: usize, b: usize, bStride: usize, transposed: bool, form: i32, inner: i32, n: i32): void {
  if (form == FOR_ROWS) {
    // Columns behind the last whole panel are read where they stand.
    if (transposed) packTransposed(to, b, bStride, inner, n, ROW_PANEL, false);
    else packRows(to, b, bStride, inner, n, ROW_PANEL, false);
    return;
  }
  for (let from = 0; from < inner; from += DEPTH) {
    const depth = min<i32>(DEPTH, inner - from);
    packBlock(to, b, bStride, transposed, from, depth, n);
    to += packedBytes(depth, n);
  }
}

function packBlock(to: usize, b: usize, bStride: usize, transposed: bool, from: i32, depth: i32, n: i32): void {
  if (transposed) packTransposed(to, b + <usize>from * R, bStride, depth, n, TILE_PANEL, true);
  else packRows(to, b + <usize>from * bStride, bStride, depth, n, TILE_PANEL, true);
}

/** Packs 4 rows of A [· × depth] side by side, each number in all lanes of a vector. */
function packLeft(to: usize, a: usize, rowStride: usize, columnStride: usize, depth: i32): void {
  const a1 = a + rowStride;
  const a2 = a1 + rowStride;
  const a3 = a2 + rowStride;
  let o: usize = 0;
  for (let k = depth; k > 0; k--) {
    v128.store(to, v128.load_splat<real>(a + o));
    v128.store(to, v128.load_splat<real>(a1 + o), 16);
    v128.store(to, v128.load_splat<real>(a2 + o), 32);
    v128.store(to, v128.load_splat<real>(a3 + o), 48);
    to += 64;
    o += columnStride;
  }
}

// @ts-ignore: decorator
@inline
function put(p: usize, v: v128, add: bool): void {
  v128.store(p, add ? v128.add<real>(v128.load(p), v) : v);
}

/** A tile of 4 rows × 2 vectors. */
function tile(a: usize, b: usize, depth: i32, c: usize, cStride: usize, add: bool): void {
  let s00 = zero();
  let s01 = zero();
  let s10 = zero();
  let s11 = zero();
  let s20 = zero();
  let s21 = zero();
  let s30 = zero();
  let s31 = zero();
  let a0: v128, a1: v128, a2: v128, a3: v128, b0: v128, b1: v128;
  let k = depth;
  // Four steps a turn, with the way out between them: so V8 ends each step's sums before it reads the next one's numbers,
  // and they all stay in registers.
  while (true) {
    b0 = v128.load(b);
    b1 = v128.load(b, 16);
    a0 = v128.load(a);
    a1 = v128.load(a, 16);
    a2 = v128.load(a, 32);
    a3 = v128.load(a, 48);
    s00 = addProduct(s00, a0, b0);
    s01 = addProduct(s01, a0, b1);
    s10 = addProduct(s10, a1, b0);
    s11 = addProduct(s11, a1, b1);
    s20 = addProduct(s20, a2, b0);
    s21 = addProduct(s21, a2, b1);
    s30 = addProduct(s30, a3, b0);
    s31 = addProduct(s31, a3, b1);
    if (k == 1) break;
    b0 = v128.load(b, 32);
    b1 = v128.load(b, 48);
    a0 = v128.load(a, 64);
    a1 = v128.load(a, 80);
    a2 = v128.load(a, 96);
    a3 = v128.load(a, 112);
    s00 = addProduct(s00, a0, b0);
    s01 = addProduct(s01, a0, b1);
    s10 = addProduct(s10, a1, b0);
    s11 = addProduct(s11, a1, b1);
    s20 = addProduct(s20, a2, b0);
    s21 = addProduct(s21, a2, b1);
    s30 = addProduct(s30, a3, b0);
    s31 = addProduct(s31, a3, b1);
    if (k == 2) break;
    b0 = v128.load(b, 64);
    b1 = v128.load(b, 80);
    a0 = v128.load(a, 128);
    a1 = v128.load(a, 144);
    a2 = v128.load(a, 160);
    a3 = v128.load(a, 176);
    s00 = addProduct(s00, a0, b0);
    s01 = addProduct(s01, a0, b1);
    s10 = addProduct(s10, a1, b0);
    s11 = addProduct(s11, a1, b1);
    s20 = addProduct(s20, a2, b0);
    s21 = addProduct(s21, a2, b1);
    s30 = addProduct(s30, a3, b0);
    s31 = addProduct(s31, a3, b1);
    if (k == 3) break;
    b0 = v128.load(b, 96);
    b1 = v128.load(b, 112);
    a0 = v128.load(a, 192);
    a1 = v128.load(a, 208);
    a2 = v128.load(a, 224);
    a3 = v128.load(a, 240);
    s00 = addProduct(s00, a0, b0);
    s01 = addProduct(s01, a0, b1);
    s10 = addProduct(s10, a1, b0);
    s11 = addProduct(s11, a1, b1);
    s20 = addProduct(s20, a2, b0);
    s21 = addProduct(s21, a2, b1);
    s30 = addProduct(s30, a3, b0);
    s31 = addProduct(s31, a3, b1);
    k -= 4;
    if (k == 0) break;
    a += 256;
    b += 128;
  }
  put(c, s00, add);
  put(c + 16, s01, add);
  c += cStride;
  put(c, s10, add);
  put(c + 16, s11, add);
  c += cStride;
  put(c, s20, add);
  put(c + 16, s21, add);
  c += cStride;
  put(c, s30, add);
  put(c + 16, s31, add);
}

/** A tile of 4 rows × 1 vector, where the columns end in the middle of a panel. */
function narrowTile(a: usize, b: usize, depth: i32, c: usize, cStride: usize, add: bool): void {
  let s0 = zero();
  let s1 = zero();
  let s2 = zero();
  let s3 = zero();
  const end = b + (<usize>depth << 5);
  for (; b < end; b += 32) {
    const b_k = v128.load(b);
    s0 = addProduct(s0, v128.load(a), b_k);
    s1 = addProduct(s1, v128.load(a, 16), b_k);
    s2 = addProduct(s2, v128.load(a, 32), b_k);
    s3 = addProduct(s3, v128.load(a, 48), b_k);
    a += 64;
  }
  put(c, s0, add);
  c += cStride;
  put(c, s1, add);
  c += cStride;
  put(c, s2, add);
  c += cStride;
  put(c, s3, add);
}

/** One row's sums over a panel of 7 vectors. */
function rowTile(a: usize, b: usize, depth: i32, c: usize, add: bool): void {
  let s0 = zero();
  let s1 = zero();
  let s2 = zero();
  let s3 = zero();
  let s4 = zero();
  let s5 = zero();
  let s6 = zero();
  let a_k: v128;
  let k = depth;
  // As in a tile, a way out between the steps. So many of them: the processor fetches ahead what each load reads in the next turn.
  while (true) {
    a_k = v128.load_splat<real>(a);
    s0 = addProduct(s0, a_k, v128.load(b));
    s1 = addProduct(s1, a_k, v128.load(b, 16));
    s2 = addProduct(s2, a_k, v128.load(b, 32));
    s3 = addProduct(s3, a_k, v128.load(b, 48));
    s4 = addProduct(s4, a_k, v128.load(b, 64));
    s5 = addProduct(s5, a_k, v128.load(b, 80));
    s6 = addProduct(s6, a_k, v128.load(b, 96));
    if (k == 1) break;
    a_k = v128.load_splat<real>(a, R);
    s0 = addProduct(s0, a_k, v128.load(b, 112));
    s1 = addProduct(s1, a_k, v128.load(b, 128));
    s2 = addProduct(s2, a_k, v128.load(b, 144));
    s3 = addProduct(s3, a_k, v128.load(b, 160));
    s4 = addProduct(s4, a_k, v128.load(b, 176));
    s5 = addProduct(s5, a_k, v128.load(b, 192));
    s6 = addProduct(s6, a_k, v128.load(b, 208));
    if (k == 2) break;
    a_k = v128.load_splat<real>(a, 2 * R);
    s0 = addProduct(s0, a_k, v128.load(b, 224));
    s1 = addProduct(s1, a_k, v128.load(b, 240));
    s2 = addProduct(s2, a_k, v128.load(b, 256));
    s3 = addProduct(s3, a_k, v128.load(b, 272));
    s4 = addProduct(s4, a_k, v128.load(b, 288));
    s5 = addProduct(s5, a_k, v128.load(b, 304));
    s6 = addProduct(s6, a_k, v128.load(b, 320));
    if (k == 3) break;
    a_k = v128.load_splat<real>(a, 3 * R);
    s0 = addProduct(s0, a_k, v128.load(b, 336));
    s1 = addProduct(s1, a_k, v128.load(b, 352));
    s2 = addProduct(s2, a_k, v128.load(b, 368));
    s3 = addProduct(s3, a_k, v128.load(b, 384));
    s4 = addProduct(s4, a_k, v128.load(b, 400));
    s5 = addProduct(s5, a_k, v128.load(b, 416));
    s6 = addProduct(s6, a_k, v128.load(b, 432));
    if (k == 4) break;
    a_k = v128.load_splat<real>(a, 4 * R);
    s0 = addProduct(s0, a_k, v128.load(b, 448));
    s1 = addProduct(s1, a_k, v128.load(b, 464));
    s2 = addProduct(s2, a_k, v128.load(b, 480));
    s3 = addProduct(s3, a_k, v128.load(b, 496));
    s4 = addProduct(s4, a_k, v128.load(b, 512));
    s5 = addProduct(s5, a_k, v128.load(b, 528));
    s6 = addProduct(s6, a_k, v128.load(b, 544));
    if (k == 5) break;
    a_k = v128.load_splat<real>(a, 5 * R);
    s0 = addProduct(s0, a_k, v128.load(b, 560));
    s1 = addProduct(s1, a_k, v128.load(b, 576));
    s2 = addProduct(s2, a_k, v128.load(b, 592));
    s3 = addProduct(s3, a_k, v128.load(b, 608));
    s4 = addProduct(s4, a_k, v128.load(b, 624));
    s5 = addProduct(s5, a_k, v128.load(b, 640));
    s6 = addProduct(s6, a_k, v128.load(b, 656));
    k -= 6;
    if (k == 0) break;
    a += 6 * R;
    b += 6 * ROW_PANEL;
  }
  if (add) {
    s0 = v128.add<real>(v128.load(c), s0);
    s1 = v128.add<real>(v128.load(c, 16), s1);
    s2 = v128.add<real>(v128.load(c, 32), s2);
    s3 = v128.add<real>(v128.load(c, 48), s3);
    s4 = v128.add<real>(v128.load(c, 64), s4);
    s5 = v128.add<real>(v128.load(c, 80), s5);
    s6 = v128.add<real>(v128.load(c, 96), s6);
  }
  v128.store(c, s0);
  v128.store(c, s1, 16);
  v128.store(c, s2, 32);
  v128.store(c, s3, 48);
  v128.store(c, s4, 64);
  v128.store(c, s5, 80);
  v128.store(c, s6, 96);
}

/** c [n] (+)= a B, or a Bᵀ where it is `transposed`. @param packed B as `pack` packs it for rows, or 0 */
// @ts-ignore: decorator
@inline
function multiplyRow(
  c: usize,
  a: usize,
  b: usize,
  bStride: usize,
  transposed: bool,
  packed: usize,
  inner: i32,
  n: i32,
  add: bool,
): void {
  if (packed != 0) {
    const lanes = <i32>(ROW_PANEL / R);
    for (; n >= lanes; n -= lanes) {
      rowTile(a, packed, inner, c, add);
      packed += <usize>inner * ROW_PANEL;
      c += ROW_PANEL;
      b += transposed ? <usize>lanes * bStride : ROW_PANEL;
    }
    if (n == 0) return;
  }
  if (transposed) innerProducts(c, b, bStride, a, n, inner, add);
  else combineRows(c, a, R, b, bStride, inner, n, add);
}

/** C [m × n] (+)= A B for a block of the inner dimension; m a multiple of 4. */
function multiplyBlock(
  c: usize,
  cStride: usize,
  a: usize,
  aRow: usize,
  aColumn: usize,
  packed: usize,
  m: i32,
  depth: i32,
  n: i32,
  add: bool,
  room: usize,
): void {
  const bytes = <usize>n * R;
  const panelBytes = <usize>depth << 5;
  for (let row = 0; row < m; row += TILE) {
    packLeft(room, a, aRow, aColumn, depth);
    let panel = packed;
    let column: usize = 0;
    for (; column + 32 <= bytes; column += 32) {
      tile(room, panel, depth, c + column, cStride, add);
      panel += panelBytes;
    }
    if (column < bytes) narrowTile(room, panel, depth, c + column, cStride, add);
    a += (<usize>TILE) * aRow;
    c += (<usize>TILE) * cStride;
  }
}

/**
 * C [m × n] = A [m × inner] B, added to what is there where `add`. B is [inner × n], or [n × inner] where it is `transposed`.
 * @param n      a whole number of lanes; so is `inner` where B is transposed
 * @param form   how `pack` has packed B to `packed`
 * @param room   `roomBytes(n)`
 */
export function multiply(
  c: usize,
  cStride: usize,
  a: usize,
  aStride: usize,
  b: usize,
  bStride: usize,
  transposed: bool,
  packed: usize,
  form: i32,
  m: i32,
  inner: i32,
  n: i32,
  add: bool,
  room: usize,
): void {
  const rowPanels = form == FOR_ROWS ? packed : <usize>0;
  const tiled = form == FOR_ROWS ? 0 : m - (m % TILE);
  if (tiled > 0) {
    for (let from = 0; from < inner; from += DEPTH) {
      const depth = min<i32>(DEPTH, inner - from);
      let block = packed;
      if (form == NOT_PACKED) {
        block = room + LEFT_BYTES;
        packBlock(block, b, bStride, transposed, from, depth, n);
      } else packed += packedBytes(depth, n);
      multiplyBlock(c, cStride, a + <usize>from * R, aStride, R, block, tiled, depth, n, add || from > 0, room);
    }
  }
  for (let row = tiled; row < m; row++) {
    const c_row = c + <usize>row * cStride;
    const a_row = a + <usize>row * aStride;
    multiplyRow(c_row, a_row, b, bStride, transposed, rowPanels, inner, n, add);
  }
}

/**
 * C [m × n] = Σ_k of the outer products of A's and B's rows, AᵀB, added to what is there where `add`: the gradient of a
 * matrix over all the steps at once.
 * @param n    a whole number of lanes
 * @param room `roomBytes(n)`
 */
export function sumOuterProducts(
  c: usize,
  cStride: usize,
  a: usize,
  aStride: usize,
  b: usize,
  bStride: usize,
  m: i32,
  rows: i32,
  n: i32,
  add: bool,
  room: usize,
): void {
  if (rows < FEW) {
    if (rows == 0 && !add) clearRows(c, cStride, m, n);
    for (let k = 0; k < rows; k++)
      outerProduct(c, cStride, a + <usize>k * aStride, b + <usize>k * bStride, m, n, add || k > 0);
    return;
  }
  const tiled = m - (m % TILE);
  if (tiled > 0) {
    const block = room + LEFT_BYTES;
    for (let from = 0; from < rows; from += DEPTH) {
      const depth = min<i32>(DEPTH, rows - from);
      packBlock(block, b, bStride, false, from, depth, n);
      multiplyBlock(c, cStride, a + <usize>from * aStride, R, aStride, block, tiled, depth, n, add || from > 0, room);
    }
  }
  for (let row = tiled; row < m; row++)
    combineRows(c + <usize>row * cStride, a + <usize>row * R, aStride, b, bStride, rows, n, add);
}
