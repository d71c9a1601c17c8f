import assert from "node:assert/strict";
import { arrow } from "../../webview/arrow";

const points = (path: string) => [...path.matchAll(/[-\d.]+/g)].map(Number);

describe("an arrow", () => {
  it("runs from its beginning to its end, a pixel short of both", () => {
    const [x1, y1, x2, y2] = points(arrow(0, 10, 40, 10));
    assert.deepEqual([x1, y1, x2, y2], [1, 10, 39, 10]);
  });
  it("has its head at the end, also when it points up", () => {
    const [, , , tipY, , wingY] = points(arrow(5, 40, 5, 0));
    assert.ok(tipY !== undefined && wingY !== undefined && wingY > tipY);
  });
  it("is left out where there is no room for one", () => assert.equal(arrow(0, 0, 3, 0), ""));
});
