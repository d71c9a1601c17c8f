import { strict as assert } from "node:assert";
import { EpochLog } from "../../../src/host/training/epochLog";
import { usedBytes } from "../../memory";

const epochs = (first: number, count: number) => ({
  first,
  loss: Float64Array.from({ length: count }, (_, k) => first + k),
  gradientNorm: Float64Array.from({ length: count }, (_, k) => -(first + k)),
  measured: { validationLoss: Float64Array.from({ length: count }, (_, k) => 2 * (first + k)) },
});

describe("The log of a training run", () => {
  it("tells of the epochs since any of the last ones, and knows the first and the last", () => {
    const log = new EpochLog();
    assert.deepEqual([log.first, log.last, log.count], [null, null, 0]);
    for (const [first, count] of [
      [1, 3],
      [4, 0],
      [4, 1],
      [5, 10],
    ] as const)
      log.add(epochs(first, count));
    assert.deepEqual(log.first, { epoch: 1, loss: 1, gradientNorm: -1 });
    assert.deepEqual(log.last, { epoch: 14, loss: 14, gradientNorm: -14 });
    for (let told = 0; told <= 14; told++) {
      const { loss, gradientNorm, measured } = epochs(told + 1, 14 - told);
      assert.deepEqual(log.since(told), { from: told, loss, gradientNorm, measured });
    }
  });

  it("takes no more memory for 20 million epochs than for a few, and tells of the last ones", () => {
    const log = new EpochLog();
    const portion = 1_000_000;
    const before = usedBytes();
    for (let k = 0; k < 20; k++)
      log.add({
        first: 1 + k * portion,
        loss: new Float64Array(portion).fill(k),
        gradientNorm: new Float64Array(portion),
        measured: {},
      });
    const after = usedBytes();
    assert.equal(log.count, 20 * portion);
    const { from, loss } = log.since(0);
    assert.equal(from, 19 * portion);
    assert.deepEqual([loss.length, loss.at(-1)], [portion, 19]);
    // All of them would be 320 MB of numbers, and more as objects.
    assert.ok(after - before < 5e7, `${after - before} bytes`);
    assert.deepEqual(log.since(20 * portion - 2).loss, Float64Array.of(19, 19));
  });
});
