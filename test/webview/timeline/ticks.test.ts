import assert from "node:assert/strict";
import { logPart, logRange, logTicks, niceStep, stepTicks } from "../../../webview/timeline/ticks";

describe("ticks of the ruler", () => {
  it("are 1, 2 or 5 times a power of ten apart", () => {
    assert.deepEqual([0.3, 1, 1.5, 3, 6, 11, 70, 400].map(niceStep), [1, 1, 2, 5, 10, 20, 100, 500]);
  });
  it("stand at every step where there is room", () => assert.deepEqual(stepTicks(1, 4, 100, 36), [1, 2, 3, 4]));
  it("are thinned out to round steps where there is not", () => {
    assert.deepEqual(stepTicks(1, 40, 14.6, 36), [5, 10, 15, 20, 25, 30, 35, 40]);
    assert.deepEqual(stepTicks(486, 516, 11.5, 36), [490, 495, 500, 505, 510, 515]);
  });
});

describe("ticks of a logarithmic axis", () => {
  it("are powers of ten", () => assert.deepEqual(logTicks(0.02, 20, 3), [0.1, 1, 10]));
  it("are thinned out over many powers", () => {
    const ticks = logTicks(1e-12, 1, 3);
    assert.ok(ticks.length <= 3 && ticks.length >= 2);
    for (const tick of ticks) assert.equal(tick, Number(`1e${Math.round(Math.log10(tick))}`));
  });
  it("are 1, 2 and 5 times a power where the axis has no two powers", () => {
    assert.deepEqual(logTicks(0.15, 0.9, 3), [0.2, 0.5]);
  });
  it("lie inside an axis that holds every value", () => {
    const [low, high] = logRange(0.0351, 0.7454);
    assert.ok(low < 0.0351 && high > 0.7454);
    for (const tick of logTicks(low, high, 3)) assert.ok(tick >= low && tick <= high);
  });
  it("have an axis even where there is no positive value, or only one", () => {
    assert.deepEqual(logRange(0, 0), [0.1, 1]);
    const [low, high] = logRange(0.5, 0.5);
    assert.ok(low < 0.5 && 0.5 < high);
  });
});

describe("a place on a logarithmic axis", () => {
  it("goes up by the same for each power of ten", () => {
    assert.deepEqual(
      [0.01, 0.1, 1].map((value) => Math.round(logPart(value, 0.01, 1) * 1e9) / 1e9),
      [0, 0.5, 1],
    );
  });
  it("is the bottom for 0", () => assert.equal(logPart(0, 0.01, 1), 0));
});
