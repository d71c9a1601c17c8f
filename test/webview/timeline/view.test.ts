import assert from "node:assert/strict";
import * as fc from "fast-check";
import {
  clampView,
  fitView,
  followStep,
  lastStep,
  panView,
  stepAt,
  stepLeft,
  stepWidth,
  zoomView,
} from "../../../webview/timeline/view";

const length = fc.integer({ min: 1, max: 5000 });
const isWithin = (view: { from: number; span: number }, T: number) =>
  view.from >= 1 && view.span >= 1 && lastStep(view) <= T && Number.isInteger(view.from) && Number.isInteger(view.span);

describe("the window of time", () => {
  it("fits a sequence whole", () => assert.deepEqual(fitView(40), { from: 1, span: 40 }));
  it("never leaves the sequence, however it is zoomed and moved", () => {
    const move = fc.oneof(
      fc.record({ factor: fc.double({ min: 0.1, max: 10, noNaN: true }), anchor: fc.integer({ min: -5, max: 6000 }) }),
      fc.record({ by: fc.integer({ min: -6000, max: 6000 }) }),
      fc.record({ t: fc.integer({ min: 0, max: 5000 }) }),
    );
    fc.assert(
      fc.property(length, fc.array(move, { maxLength: 12 }), (T, moves) => {
        let view = fitView(T);
        for (const m of moves) {
          if ("factor" in m) view = zoomView(view, T, m.factor, m.anchor);
          else if ("by" in m) view = panView(view, T, m.by);
          else view = followStep(view, T, Math.min(m.t, T));
          assert.ok(isWithin(view, T), JSON.stringify({ view, T, m }));
        }
      }),
    );
  });
  it("halves the steps when zoomed in and keeps the anchor where it is", () => {
    const view = zoomView({ from: 1, span: 1000 }, 1000, 0.5, 400);
    assert.equal(view.span, 500);
    // Step 400 was at 399.5 thousandths
    assert.ok(Math.abs((400 - view.from + 0.5) / 500 - 0.3995) < 0.002);
  });
  it("shows at least four steps, or all of a shorter sequence", () => {
    assert.equal(zoomView({ from: 1, span: 5 }, 100, 0.1, 1).span, 4);
    assert.equal(zoomView({ from: 1, span: 3 }, 3, 0.1, 1).span, 3);
  });
  it("widens by a step at least, so that zooming out always goes on", () => {
    assert.equal(zoomView({ from: 1, span: 4 }, 100, 1.1, 1).span, 5);
  });
  it("stays while the current step is in view, and follows it with a quarter ahead when it leaves", () => {
    const view = { from: 11, span: 20 };
    assert.equal(followStep(view, 100, 30), view);
    assert.equal(followStep(view, 100, 0), view);
    assert.deepEqual(followStep(view, 100, 31), { from: 26, span: 20 });
    assert.deepEqual(followStep({ from: 50, span: 20 }, 100, 49), { from: 35, span: 20 });
  });
  it("puts a saved view of a longer sequence into a shorter one", () => {
    assert.deepEqual(clampView({ from: 90, span: 20 }, 30), { from: 11, span: 20 });
  });
  it("finds the step under every pixel of its column", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 4, max: 60 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (from, span, part) => {
          const view = { from, span };
          for (let t = from; t <= lastStep(view); t++)
            assert.equal(stepAt(view, 600, stepLeft(view, 600, t) + part * stepWidth(view, 600)), t);
        },
      ),
    );
  });
  it("takes a pixel outside as the nearest step", () => {
    assert.equal(stepAt({ from: 5, span: 10 }, 100, -20), 5);
    assert.equal(stepAt({ from: 5, span: 10 }, 100, 500), 14);
  });
});
