import assert from "node:assert/strict";
import type { TrackInfo } from "../../../src/protocol/panel";
import {
  charactersIn,
  digitsIn,
  hasNumbers,
  heatHeight,
  isExpandable,
  numberedRows,
  trackWindow,
} from "../../../webview/timeline/layout";

const track = (rows: number): TrackInfo => ({
  id: "layers.0.h",
  group: "Layer 1",
  symbol: { base: "h", sub: "t", gradient: false },
  title: "hidden state",
  short: "hidden state",
  kind: "heat",
  rows,
  scale: 1,
  palette: "signed",
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
  it("are 32 to 48 pixels high for a vector of any size, and taller on demand alone", () => {
    for (const rows of [1, 2, 3, 4, 5, 16, 40, 512]) {
      const height = heatHeight(rows, false);
      assert.ok(height >= 32 && height <= 48, `${rows} rows: ${height}`);
      assert.equal(heatHeight(rows, true) > height, isExpandable(rows), `${rows} rows, taller`);
    }
  });
  it("have the numbers of all units beside them where each has room, else of the first and the last, and taller of more", () => {
    assert.deepEqual(numberedRows(3, 48), [0, 1, 2]);
    assert.deepEqual(numberedRows(16, 48), [0, 15]);
    assert.deepEqual(
      numberedRows(16, 288),
      Array.from({ length: 16 }, (_, k) => k),
    );
    const many = numberedRows(512, 440);
    assert.ok(many.length > 20 && many.length <= 40, `${many.length} numbers`);
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
    const whole = { revision: 7, id: "layers.0.h", from: 1, to: 40, columns: 40, rows: 16, order: "mean" as const };
    assert.deepEqual(trackWindow(track(16), 7, 40, { from: 1, span: 40 }, pixels, "mean"), whole);
    assert.deepEqual(trackWindow(track(16), 7, 40, { from: 9, span: 5 }, pixels, "mean"), whole);
  });
  it("is the view of a large one, with no more values than pixels", () => {
    assert.deepEqual(trackWindow(track(512), 7, 1000, { from: 101, span: 800 }, pixels, "file"), {
      revision: 7,
      id: "layers.0.h",
      from: 101,
      to: 900,
      columns: 600,
      rows: 168,
      order: "file",
    });
  });
});
