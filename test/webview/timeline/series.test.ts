import assert from "node:assert/strict";
import { isKnown, linePaths, valuesAt, visiblePoints } from "../../../webview/timeline/series";

const track = (from: number, to: number, values: readonly number[]) => {
  const data = Float64Array.from(values);
  return { window: { from, to }, data: { rows: 1, columns: values.length, min: data, max: data } };
};

describe("a track's data", () => {
  it("has each step's value where nothing was aggregated", () => {
    const two = { window: { from: 3, to: 5 }, data: { ...track(3, 5, [1, 2, 3, 4, 5, 6]).data, rows: 2, columns: 3 } };
    assert.deepEqual(valuesAt(two, 4, 1, 2), { min: 5, max: 5 });
  });
  it("has the extremes of its part where it was", () => {
    const data = { rows: 1, columns: 2, min: Float64Array.of(-1, -2), max: Float64Array.of(3, 4) };
    assert.deepEqual(valuesAt({ window: { from: 1, to: 10 }, data }, 6, 0, 1), { min: -2, max: 4 });
  });
  it("has nothing outside its window, nor at a step without a value", () => {
    assert.equal(valuesAt(track(3, 5, [1, 2, 3]), 6, 0, 1), null);
    const none = { rows: 1, columns: 1, min: Float64Array.of(Infinity), max: Float64Array.of(-Infinity) };
    assert.equal(valuesAt({ window: { from: 1, to: 1 }, data: none }, 1, 0, 1), null);
  });
});

describe("what is not known yet", () => {
  it("is all of it without a range, and what is outside with one", () => {
    assert.equal(isKnown(undefined, 1), false);
    assert.deepEqual(
      [1, 2, 3, 4].map((t) => isKnown([2, 3], t)),
      [false, true, true, false],
    );
  });
  it("has no points in a line", () => {
    const points = visiblePoints(track(1, 4, [1, 2, 3, 4]), { from: 1, span: 4 }, [3, 4]);
    assert.deepEqual(
      points.map(({ from, max }) => [from, max]),
      [
        [3, 3],
        [4, 4],
      ],
    );
  });
  it("hides a point of which only a part is known", () => {
    const data = { rows: 1, columns: 2, min: Float64Array.of(0, 0), max: Float64Array.of(1, 1) };
    const points = visiblePoints({ window: { from: 1, to: 10 }, data }, { from: 1, span: 10 }, [5, 10]);
    assert.deepEqual(
      points.map(({ from, to }) => [from, to]),
      [[6, 10]],
    );
  });
  it("does not matter outside the view", () => {
    assert.equal(visiblePoints(track(1, 4, [1, 2, 3, 4]), { from: 2, span: 2 }, [1, 4]).length, 2);
  });
});

const point = (from: number, min: number, max = min) => ({ from, to: from, min, max });

const draw = (points: ReturnType<typeof point>[]) =>
  linePaths(
    points,
    ({ from }) => 10 * from,
    (value) => 100 - value,
  );

describe("a line", () => {
  it("joins its points", () => assert.equal(draw([point(1, 5), point(2, 7)]).line, "M10.0 95.0L20.0 93.0"));
  it("has a gap where a value is no finite number", () => {
    assert.equal(draw([point(1, 5), point(2, Number.NaN), point(3, 7)]).line, "M10.0 95.0M30.0 93.0");
  });
  it("has a band from the smallest to the largest of several steps", () => {
    assert.equal(draw([point(1, 2, 5)]).band, "M10.0 95.0V98.0");
  });
});
