import { strict as assert } from "node:assert";
import { barsOf, mostBars, shareChart } from "../../../src/host/editor/shareChart";

const colors = { positive: "orange", negative: "blue", line: "gray", text: "gray" };

describe("The picture of a gradient's shares", () => {
  it("has a bar for each known step", () => {
    assert.deepEqual(barsOf([null, 2, -1]), [
      { from: 2, to: 2, min: 0, max: 2 },
      { from: 3, to: 3, min: -1, max: 0 },
    ]);
  });

  it("takes smallest and largest of several steps where they are more than 200", () => {
    const values = Array.from({ length: 1000 }, (_, k) => (k === 501 ? 9 : k === 502 ? -4 : 1));
    const bars = barsOf(values);
    assert.equal(bars.length, mostBars);
    assert.deepEqual(
      bars.find(({ from, to }) => from <= 502 && to >= 502),
      { from: 501, to: 505, min: -4, max: 9 },
    );
  });

  it("colours bars by sign and frames the current step", () => {
    const svg = shareChart([1, -1, 0.5], 2, colors);
    assert.equal(svg.match(/fill="orange"/g)?.length, 2);
    assert.equal(svg.match(/fill="blue"/g)?.length, 1);
    assert.equal(svg.match(/fill="none"/g)?.length, 1);
  });

  it("has no NaN in it where all shares are 0 or none is a number", () => {
    for (const values of [[0, 0], [null], [NaN, Infinity]]) assert.ok(!shareChart(values, 1, colors).includes("NaN"));
  });
});
