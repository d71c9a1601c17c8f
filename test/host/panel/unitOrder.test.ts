import assert from "node:assert/strict";
import { UnitScan } from "../../../src/host/panel/unitOrder";
import { viewOf, wholeTrack } from "./view";

/** Two steps of four units. */
const h = [
  [0.95, -0.2, 0.5, -0.99],
  [0.2, -0.2, 0.6, -0.98],
];
const dh = [
  [0.1, -3, 0, 0.2],
  [0.1, 2, 0, -0.4],
];

describe("The order of a layer's units", () => {
  const scan = new UnitScan(4);
  for (const [t, values] of h.entries()) scan.add(Float64Array.from(values), Float64Array.from(dh[t]!));

  it("is the file's without a wish", () => assert.equal(scan.order("file"), null));
  it("has the unit first that is most often near ±1, and of two alike the larger one", () =>
    assert.deepEqual([...scan.order("saturation")!], [3, 0, 2, 1]));
  // 0.575, −0.2, 0.55, −0.985
  it("by mean goes from the largest down to the most negative", () =>
    assert.deepEqual([...scan.order("mean")!], [0, 2, 1, 3]));
  // 0.375², 0, 0.05², 0.005²
  it("by variance has the most restless first", () => assert.deepEqual([...scan.order("variance")!], [0, 2, 3, 1]));
  // 0.02, 13, 0, 0.2
  it("by gradient has the one first at which most of it arrives", () =>
    assert.deepEqual([...scan.order("gradient")!], [1, 3, 0, 2]));
  it("has what is no number before all else", () => {
    const broken = new UnitScan(3);
    broken.add(Float64Array.of(0.5, Number.NaN, 0.7), new Float64Array(3));
    assert.deepEqual([...broken.order("mean")!], [1, 2, 0]);
  });

  it("turns the rows of states, gates and gradients of a layer alike, and leaves the rest", () => {
    const { view } = viewOf(
      JSON.stringify({
        version: 1,
        inputSize: 2,
        layers: [{ cell: "lstm", size: 5 }],
        output: { size: 5, Why: "identity" },
        loss: { type: "mse" },
        sequences: [
          {
            inputs: Array.from({ length: 9 }, (_, k) => [Math.sin(k), Math.cos(2 * k)]),
            targets: Array.from({ length: 9 }, () => [0, 1, 0, 1, 0]),
          },
        ],
      }),
    );
    const states = wholeTrack(view, "layers.0.h");
    const means = Array.from({ length: 5 }, (_, i) => states.max.slice(9 * i, 9 * i + 9).reduce((a, b) => a + b, 0));
    const expected = [0, 1, 2, 3, 4].toSorted((a, b) => means[b]! - means[a]!);
    assert.notDeepEqual(expected, [0, 1, 2, 3, 4]);
    for (const id of ["layers.0.h", "layers.0.f", "gradients.layers.0.c", "output"]) {
      const plain = wholeTrack(view, id);
      const asked = { revision: 7, id, from: 1, to: 9, columns: 9, rows: 5 };
      const sorted = view.track({ ...asked, order: "mean" });
      const turned = id === "output" ? [0, 1, 2, 3, 4] : expected;
      assert.deepEqual(sorted.units && [...sorted.units], id === "output" ? null : expected, id);
      assert.deepEqual(
        [...sorted.max],
        turned.flatMap((i) => Array.from(plain.max.slice(9 * i, 9 * i + 9))),
        id,
      );
    }
  });
});
