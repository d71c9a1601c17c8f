import assert from "node:assert/strict";
import * as fc from "fast-check";
import { Curve } from "../../src/protocol/curve";

const most = 2048;

function curveOf(values: readonly number[], atOnce = values.length): Curve {
  const curve = new Curve();
  for (let from = 0; from < values.length; from += atOnce)
    curve.add(Float64Array.from(values.slice(from, from + atOnce)));
  return curve;
}

describe("A curve over the epochs", () => {
  it("keeps each value while there are no more than 2048", () => {
    const values = Array.from({ length: most }, (_, k) => Math.sin(k));
    const { count, perPart, min, max } = curveOf(values, 100);
    assert.deepEqual([count, perPart], [most, 1]);
    assert.deepEqual([...min], values);
    assert.deepEqual([...max], values);
  });

  it("has of 100,000 epochs 1563 parts of 64, each with its smallest and largest value, told in whatever portions", () => {
    const values = Array.from({ length: 100_000 }, (_, k) => Math.sin(k * k));
    for (const atOnce of [1, 777, 100_000]) {
      const curve = curveOf(values, atOnce);
      assert.deepEqual([curve.count, curve.perPart, curve.min.length], [100_000, 64, 1563]);
      for (const part of [0, 1000, 1562]) {
        const own = values.slice(64 * part, 64 * (part + 1));
        const [from, to] = [64 * part + 1, 64 * part + own.length];
        assert.deepEqual(curve.part(part), { from, to, min: Math.min(...own), max: Math.max(...own) });
      }
      assert.equal(curve.part(1563), null);
    }
  });

  it("never loses the extremes, nor a NaN", () => {
    const value = fc.double({ noNaN: true });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 50 }), fc.integer({ min: 1, max: 400 }), (some, times) => {
        const curve = curveOf(Array.from({ length: times }, () => some).flat());
        assert.equal(Math.min(...curve.min), Math.min(...some));
        assert.equal(Math.max(...curve.max), Math.max(...some));
      }),
    );
    assert.ok(Number.isNaN(curveOf([...Array.from({ length: 5000 }, () => 1), Number.NaN, 2]).max.at(-1)));
  });

  it("goes on from what crossed to the webview as where it was made", () => {
    const values = Array.from({ length: 9000 }, (_, k) => Math.cos(k));
    const here = curveOf(values.slice(0, 5001));
    const there = Curve.of(here.data);
    for (const curve of [here, there]) curve.add(Float64Array.from(values.slice(5001)));
    assert.deepEqual(there.data, here.data);
    assert.deepEqual(here.data, curveOf(values).data);
  });
});
