import assert from "node:assert/strict";
import { Curve } from "../../src/protocol/curve";
import { curvePoints } from "../../webview/curvePoints";

function pointsOf(values: readonly number[], isLog = false) {
  const curve = new Curve();
  curve.add(Float64Array.from(values));
  return curvePoints({ curve, isLog });
}

describe("the points of a training's curve", () => {
  it("are its epochs, from 1 on", () => {
    assert.deepEqual(pointsOf([3, 2, 1]), [
      [1, 2, 3],
      [3, 2, 1],
    ]);
  });

  it("leave a gap for what is no finite number, and on a logarithmic axis for what is not above 0", () => {
    const values = [1, Infinity, Number.NaN, 0, -2];
    assert.deepEqual(pointsOf(values)[1], [1, null, null, 0, -2]);
    assert.deepEqual(pointsOf(values, true)[1], [1, null, null, null, null]);
  });

  it("are for 100,000 epochs no more than 4096, the first two of them the largest and the smallest of epochs 1 to 64", () => {
    const [epochs, values] = pointsOf(Array.from({ length: 100_000 }, (_, k) => (k % 64) + 1));
    assert.ok(epochs.length <= 4096, String(epochs.length));
    assert.deepEqual(epochs.slice(0, 2), [32.5, 32.5]);
    assert.deepEqual(values.slice(0, 2), [64, 1]);
  });
});
