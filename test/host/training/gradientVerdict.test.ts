import assert from "node:assert/strict";
import type { ParameterCheck } from "../../../src/engine/gradientCheck";
import { verdictOf } from "../../../src/host/training/gradientVerdict";

const check = (change: Partial<ParameterCheck>) =>
  verdictOf({ name: "layers.0.Whh", entries: 4, checked: 4, worst: 2.4e-10, kinks: 0, worstAtKink: 0, ...change });

describe("The verdict on a gradient", () => {
  it("is right up to 1e-6 and wrong above, with the error in one digit", () => {
    assert.deepEqual(check({}), {
      kind: "right",
      mark: "✓ 2e−10",
      text: "analytic against numeric: largest relative difference 2e−10 over all 4 entries",
    });
    assert.equal(check({ worst: 1e-6 }).kind, "right");
    assert.equal(check({ worst: 0 }).mark, "✓ 0");
    const { kind, mark } = check({ worst: 3e-3 });
    assert.deepEqual([kind, mark], ["wrong", "✗ 3e−3"]);
  });

  it("says how many entries were compared", () => {
    assert.equal(
      check({ entries: 16_384, checked: 100, worst: 3e-3 }).text,
      "analytic against numeric: largest relative difference 3e−3 over 100 of 16,384 entries",
    );
    assert.match(check({ entries: 1, checked: 1 }).text, /over its one entry$/);
  });

  it("says which entries do not count, and is none where none counts", () => {
    const { kind, text } = check({ kinks: 1, worstAtKink: 0.5 });
    assert.equal(kind, "right");
    assert.match(text, /over all 4 entries; one of them does not count: the slope of the loss jumps there/);
    assert.equal(check({ kinks: 4, worst: 0, worstAtKink: 0.5 }).kind, "unchecked");
    assert.equal(check({ checked: 0, worst: 0 }).kind, "unchecked");
  });

  it("is wrong where something is not finite, and says so", () => {
    const { kind, mark, text } = check({ worst: Infinity });
    assert.deepEqual([kind, mark], ["wrong", "✗ ∞"]);
    assert.match(text, /not finite/);
  });
});
