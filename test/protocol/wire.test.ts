import assert from "node:assert/strict";
import { fromWire, toWire } from "../../src/protocol/wire";

describe("Messages to the webview", () => {
  const message = {
    type: "cursor",
    loss: Number.NaN,
    flows: [
      { forward: Infinity, backward: -Infinity },
      { forward: 0.5, backward: null },
    ],
    text: "t = 3",
  };

  it("keep NaN, ∞ and −∞ through JSON, which would make them null", () => {
    assert.deepEqual(fromWire(JSON.parse(JSON.stringify(toWire(message)))), message);
  });

  it("carry typed arrays as they are, without a copy", () => {
    const data = Float64Array.of(1, Number.NaN);
    assert.equal((toWire({ data }) as { data: unknown }).data, data);
    assert.equal((fromWire({ data }) as { data: unknown }).data, data);
  });

  it("carry of a large memory the part alone that is meant", () => {
    const data = Float64Array.from({ length: 1000 }, (_, k) => k).subarray(10, 12);
    const sent = (toWire({ data }) as { data: Float64Array }).data;
    assert.deepEqual([...sent], [10, 11]);
    assert.equal(sent.buffer.byteLength, 16);
  });
});
