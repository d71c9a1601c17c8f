import assert from "node:assert/strict";
import fc from "fast-check";
import { Random } from "../../src/engine/random";
import type { Precision, Reals } from "../../src/kernels/arena";
import { loadKernels } from "../../src/kernels/kernels";

/** The kernels of products, as the module exports them. */
interface Products {
  readonly combineRows: (
    out: number,
    a: number,
    aStride: number,
    b: number,
    bStride: number,
    count: number,
    n: number,
    add: number,
  ) => void;
  readonly innerProducts: (
    out: number,
    w: number,
    wStride: number,
    v: number,
    rows: number,
    n: number,
    add: number,
  ) => void;
  readonly multiply: (
    ...[c, cStride, a, aStride, b, bStride, transposed, packed, form, m, inner, n, add, room]: number[]
  ) => void;
  readonly pack: (...[to, b, bStride, transposed, form, inner, n]: number[]) => void;
}

/** How the right factor is packed: not at all, for rows one by one, for tiles. */
const forms = [0, 1, 2] as const;

/** Sizes around the lanes, the tiles of 4 rows, the panels and the blocks of 256. */
const sizes = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(31, 64, 100, 255, 256, 257, 300));

describe("the kernels' products of matrices", () => {
  for (const precision of ["float64", "float32"] as const) {
    const tolerance = precision === "float64" ? 1e-13 : 1e-5;

    it(`A B, A Bᵀ and AᵀB agree with the sums of products, written and added, packed in each form or not (${precision})`, () => {
      fc.assert(
        fc.property(
          fc.nat(),
          sizes,
          sizes,
          sizes,
          fc.boolean(),
          fc.constantFrom(...forms),
          (seed, m, k, n, add, form) => {
            const bench = new Workbench(precision, seed);
            bench.checkMultiply(m, k, n, false, add, form, tolerance);
            bench.checkMultiply(m, k, n, true, add, form, tolerance);
            bench.checkSumOfOuterProducts(m, k, n, add, tolerance);
          },
        ),
        { numRuns: 60 },
      );
    });

    it(`a matrix times a vector, and transposed, agrees with the sums of products (${precision})`, () => {
      fc.assert(
        fc.property(fc.nat(), sizes, sizes, fc.boolean(), (seed, rows, n, add) => {
          const bench = new Workbench(precision, seed);
          bench.checkVector(rows, n, add, tolerance);
        }),
        { numRuns: 60 },
      );
    });
  }
});

/** A matrix in the kernels' memory: rows of a stride that is longer than they are. */
interface Matrix {
  readonly address: number;
  /** In bytes. */
  readonly stride: number;
  readonly at: (row: number, column: number) => number;
}

class Workbench {
  private readonly random: Random;
  private readonly kernels;
  private readonly products: Products;

  constructor(precision: Precision, seed: number) {
    this.random = new Random(seed);
    this.kernels = loadKernels("dist", precision);
    this.products = this.kernels.exports as unknown as Products;
  }

  private matrix(rows: number, columns: number): Matrix {
    const { arena } = this.kernels;
    const width = arena.filledUp(columns) + arena.lanes;
    const address = arena.reals(rows * width);
    const view: Reals = arena.view(address, rows * width);
    for (let k = 0; k < view.length; k++) view[k] = this.random.normal();
    return { address, stride: width * arena.realBytes, at: (row, column) => view[row * width + column]! };
  }

  private assertProduct(
    c: Matrix,
    before: readonly number[],
    m: number,
    n: number,
    tolerance: number,
    exact: (i: number, j: number) => number,
  ): void {
    const { arena } = this.kernels;
    const width = arena.filledUp(n);
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < width; j++) {
        const expected = exact(i, j) + before[i * (width + 1) + j]!;
        const actual = c.at(i, j);
        assert.ok(Math.abs(actual - expected) < tolerance * 100, `[${i}, ${j}] is ${actual}, expected ${expected}`);
      }
      // What follows a row is not touched.
      assert.equal(c.at(i, width), before[i * (width + 1) + width]);
    }
  }

  /** The numbers of the first m rows of C and one past each, 0 where they are to be overwritten. */
  private before(c: Matrix, m: number, n: number, add: boolean): number[] {
    const width = this.kernels.arena.filledUp(n);
    return Array.from({ length: m * (width + 1) }, (_, k) => {
      const column = k % (width + 1);
      return add || column === width ? c.at(Math.floor(k / (width + 1)), column) : 0;
    });
  }

  checkMultiply(
    m: number,
    inner: number,
    n: number,
    transposed: boolean,
    add: boolean,
    form: (typeof forms)[number],
    tolerance: number,
  ): void {
    const { arena, exports } = this.kernels;
    const width = arena.filledUp(n);
    // The transposed factor is read along its rows, which are whole lanes.
    const depth = transposed ? arena.filledUp(inner) : inner;
    const a = this.matrix(m, depth);
    const b = transposed ? this.matrix(width, depth) : this.matrix(depth, width);
    const c = this.matrix(m, n);
    const before = this.before(c, m, n, add);
    const room = arena.bytes(exports.roomBytes(width));
    const panels = arena.bytes(exports.packedBytes(depth, width));
    if (form !== 0) this.products.pack(panels, b.address, b.stride, Number(transposed), form, depth, width);
    this.products.multiply(
      c.address,
      c.stride,
      a.address,
      a.stride,
      b.address,
      b.stride,
      Number(transposed),
      panels,
      form,
      m,
      depth,
      width,
      Number(add),
      room,
    );
    this.assertProduct(c, before, m, n, tolerance, (i, j) => {
      let sum = 0;
      for (let k = 0; k < depth; k++) sum += a.at(i, k) * (transposed ? b.at(j, k) : b.at(k, j));
      return sum;
    });
  }

  checkSumOfOuterProducts(m: number, rows: number, n: number, add: boolean, tolerance: number): void {
    const { arena, exports } = this.kernels;
    const width = arena.filledUp(n);
    const a = this.matrix(rows, m);
    const b = this.matrix(rows, n);
    const c = this.matrix(m, n);
    const before = this.before(c, m, n, add);
    const room = arena.bytes(exports.roomBytes(width));
    exports.sumOuterProducts(
      c.address,
      c.stride,
      a.address,
      a.stride,
      b.address,
      b.stride,
      m,
      rows,
      width,
      Number(add),
      room,
    );
    this.assertProduct(c, before, m, n, tolerance, (i, j) => {
      let sum = 0;
      for (let k = 0; k < rows; k++) sum += a.at(k, i) * b.at(k, j);
      return sum;
    });
  }

  checkVector(rows: number, n: number, add: boolean, tolerance: number): void {
    const { arena } = this.kernels;
    const width = arena.filledUp(n);
    const w = this.matrix(rows, n);
    const along = this.matrix(1, n);
    const across = this.matrix(1, rows);
    const combined = this.matrix(1, n);
    // One result a row, side by side.
    const innerOut = this.matrix(1, rows);
    const beforeInner = Array.from({ length: rows }, (_, i) => (add ? innerOut.at(0, i) : 0));
    const before = this.before(combined, 1, n, add);
    this.products.innerProducts(innerOut.address, w.address, w.stride, along.address, rows, width, Number(add));
    for (let i = 0; i < rows; i++) {
      let sum = beforeInner[i]!;
      for (let k = 0; k < width; k++) sum += w.at(i, k) * along.at(0, k);
      assert.ok(Math.abs(innerOut.at(0, i) - sum) < tolerance * 100, `row ${i} of ${rows} × ${n}`);
    }
    const { address, stride } = w;
    this.products.combineRows(
      combined.address,
      across.address,
      arena.realBytes,
      address,
      stride,
      rows,
      width,
      Number(add),
    );
    this.assertProduct(combined, before, 1, n, tolerance, (_, j) => {
      let sum = 0;
      for (let k = 0; k < rows; k++) sum += across.at(0, k) * w.at(k, j);
      return sum;
    });
  }
}
