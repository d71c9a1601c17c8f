import assert from "node:assert/strict";
import type { TrackInfo } from "../../../src/protocol/panel";
import { charactersIn, digitsIn, hasNumbers, heatHeight, trackWindow } from "../../../webview/timeline/layout";

const track = (rows: number): TrackInfo => ({
  id: "layers.0.h",
  group: "Layer 1",
  symbol: { base: "h", sub: "t", gradient: false },
  title: "hidden state",
  short: "hidden state",
  kind: "heat",
  rows,
  scale: 1,
  smallest: 1,
  phase: "forward",
});
const numbersIn = (rows: number, steps: number, width: number) =>
  hasNumbers(rows, heatHeight(rows, false), { from: 1, span: steps }, width);

describe("the cells of a track", () => {
  it("hold numbers with 1 unit × 4 steps, and colours with 16 × 40 and 512 × 1000", () => {
    assert.equal(numbersIn(1, 4, 388), true);
    assert.equal(numbersIn(16, 40, 1000), false);
    assert.equal(numbersIn(512, 1000, 1000), false);
  });
  it("hold numbers in 16 rows once these are tall", () => {
    assert.equal(hasNumbers(16, heatHeight(16, true), { from: 1, span: 8 }, 600), true);
  });
  it("grow with the rows up to a limit", () => {
    const heights = [1, 4, 5, 16, 40, 512].map((rows) => heatHeight(rows, false));
    assert.deepEqual(
      heights,
      heights.toSorted((a, b) => a - b),
    );
    assert.ok(Math.max(...heights) <= 200);
  });
  it("have room for seven characters at 53 pixels, and then for four digits", () => {
    assert.equal(charactersIn(53), 7);
    assert.equal(digitsIn(53, 4), 4);
    assert.equal(digitsIn(44, 4), 2);
  });
});

describe("the window that is asked for", () => {
  const pixels = { width: 600, height: 168 };
  it("is the whole of a small track whatever the view, so that zooming asks for nothing", () => {
    const whole = { revision: 7, id: "layers.0.h", from: 1, to: 40, columns: 40, rows: 16 };
    assert.deepEqual(trackWindow(track(16), 7, 40, { from: 1, span: 40 }, pixels), whole);
    assert.deepEqual(trackWindow(track(16), 7, 40, { from: 9, span: 5 }, pixels), whole);
  });
  it("is the view of a large one, with no more values than pixels", () => {
    assert.deepEqual(trackWindow(track(512), 7, 1000, { from: 101, span: 800 }, pixels), {
      revision: 7,
      id: "layers.0.h",
      from: 101,
      to: 900,
      columns: 600,
      rows: 168,
    });
  });
});
