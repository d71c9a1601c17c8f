import assert from "node:assert/strict";
import * as fc from "fast-check";
import { ColorScale } from "../../../webview/colors";
import {
  type Extremes,
  enlarge,
  furtherFromZero,
  heatPixels,
  partOf,
  partStart,
  reduceExtremes,
} from "../../../webview/timeline/aggregate";

const plain = (rows: number, columns: number, values: readonly number[]): Extremes => {
  const data = Float64Array.from(values);
  return { rows, columns, min: data, max: data };
};

describe("parts of a sequence", () => {
  it("hold each thing once, in order, and differ by one in size at most", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 400 }), (n, wanted) => {
        const parts = Math.min(n, wanted);
        const sizes = Array.from({ length: parts }, (_, k) => partStart(n, parts, k + 1) - partStart(n, parts, k));
        assert.equal(
          sizes.reduce((a, b) => a + b, 0),
          n,
        );
        assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1);
      }),
    );
  });
  it("are found again from a thing", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 1, max: 400 }),
        fc.nat(399),
        (n, wanted, some) => {
          const parts = Math.min(n, wanted);
          const i = some % n;
          const k = partOf(n, parts, i);
          assert.ok(partStart(n, parts, k) <= i && i < partStart(n, parts, k + 1));
        },
      ),
    );
  });
});

describe("aggregation for drawing", () => {
  it("gives back data that is small enough", () => {
    const data = plain(2, 3, [1, 2, 3, 4, 5, 6]);
    assert.equal(reduceExtremes(data, 10, 10), data);
  });
  it("keeps the smallest and the largest of what falls together", () => {
    const { columns, rows, min, max } = reduceExtremes(plain(2, 4, [1, -9, 3, 4, 5, 6, 7, 8]), 2, 1);
    assert.deepEqual({ columns, rows }, { columns: 2, rows: 1 });
    assert.deepEqual([...min], [-9, 3]);
    assert.deepEqual([...max], [6, 8]);
  });
  it("never loses the extremes, nor a NaN", () => {
    const value = fc.double({ noNaN: true, min: -1e6, max: 1e6 });
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 70 }),
        (values, columns) => {
          const reduced = reduceExtremes(plain(1, values.length, values), columns, 1);
          assert.equal(Math.min(...reduced.min), Math.min(...values));
          assert.equal(Math.max(...reduced.max), Math.max(...values));
        },
      ),
    );
    assert.ok(Number.isNaN(reduceExtremes(plain(1, 3, [1, Number.NaN, 2]), 1, 1).min[0]));
  });
  it("takes the value further from 0 for a single pixel, and NaN before all", () => {
    assert.equal(furtherFromZero(-3, 2), -3);
    assert.equal(furtherFromZero(-1, 2), 2);
    assert.ok(Number.isNaN(furtherFromZero(Number.NaN, 100)));
  });
});

describe("the pixels of a heat map", () => {
  const colors = new ColorScale("light", [255, 255, 255]);
  const pixel = (value: number) => colors.packed[colors.index(value, 1)];
  it("have one colour a cell", () => {
    const { width, height, pixels } = heatPixels(plain(2, 2, [1, 0, -1, 0.5]), 1, colors, false);
    assert.deepEqual({ width, height }, { width: 2, height: 2 });
    assert.deepEqual([...pixels], [1, 0, -1, 0.5].map(pixel));
  });
  it("show the largest above the smallest where a cell is split", () => {
    const data = { rows: 1, columns: 1, min: Float64Array.of(-0.5), max: Float64Array.of(1) };
    assert.deepEqual([...heatPixels(data, 1, colors, true).pixels], [1, -0.5].map(pixel));
  });
  it("stay clear where a step has no value", () => {
    const data = { rows: 1, columns: 1, min: Float64Array.of(Infinity), max: Float64Array.of(-Infinity) };
    assert.deepEqual([...heatPixels(data, 1, colors, false).pixels], [0]);
  });
  it("are enlarged without new colours: each pixel has that of the cell over its middle, and is clear beside the data", () => {
    const small = { width: 2, height: 2, pixels: Uint32Array.of(1, 2, 3, 4) };
    const large = enlarge(small, { width: 6, height: 3, left: 1, dataWidth: 4 });
    const top = [0, 1, 1, 2, 2, 0];
    const bottom = [0, 3, 3, 4, 4, 0];
    assert.deepEqual([...new Uint32Array(large.buffer)], [...top, ...bottom, ...bottom]);
  });
});
