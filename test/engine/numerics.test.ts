import assert from "node:assert/strict";
import { logSumExp, norm, oneHot, sigmoid, softmax, softmaxBackward, softplus } from "../../src/engine/functions";
import { run } from "../../src/engine/run";
import { readText } from "../files";

function softmaxOf(...z: number[]): number[] {
  const p = new Float64Array(z.length);
  softmax(Float64Array.from(z), p);
  return Array.from(p);
}

describe("the elementary functions", () => {
  it("softmax of (0, log 2, log 5) is (1/8, 2/8, 5/8)", () =>
    softmaxOf(0, Math.log(2), Math.log(5)).forEach((p, k) =>
      assert.ok(Math.abs(p - [1 / 8, 2 / 8, 5 / 8][k]!) < 1e-16),
    ));

  it("softmax of (800, −800) is (1, 0), and of (1e308, 1e308) is (1/2, 1/2)", () => {
    assert.deepEqual(softmaxOf(800, -800), [1, 0]);
    assert.deepEqual(softmaxOf(1e308, 1e308), [0.5, 0.5]);
  });

  it("log Σ e^z of (1000, 1000) is 1000 + log 2", () =>
    assert.equal(logSumExp(Float64Array.of(1000, 1000)), 1000 + Math.LN2));

  it("log Σ e^z keeps a NaN and an infinity", () => {
    assert.ok(Number.isNaN(logSumExp(Float64Array.of(0, Number.NaN, 1))));
    assert.equal(logSumExp(Float64Array.of(0, Infinity)), Infinity);
  });

  it("σ(±745) is 1 and the smallest positive numbers, never NaN", () => {
    assert.equal(sigmoid(745), 1);
    assert.ok(sigmoid(-745) > 0 && sigmoid(-745) < 1e-300);
    assert.equal(sigmoid(-Infinity), 0);
    assert.equal(sigmoid(Infinity), 1);
  });

  it("log(1 + e^x) of 1000 is 1000, of −1000 is 0, of 0 is log 2", () => {
    assert.equal(softplus(1000), 1000);
    assert.equal(softplus(-1000), 0);
    assert.equal(softplus(0), Math.LN2);
  });

  it("softmax's vector-Jacobian product agrees with differences", () => {
    const z = [0.3, -1.2, 0.8];
    const dp = Float64Array.of(0.5, -0.7, 1.1);
    const p = Float64Array.from(softmaxOf(...z));
    const dz = new Float64Array(3);
    softmaxBackward(p, dp, dz);
    z.forEach((_, j) => {
      const inner = (by: number) =>
        softmaxOf(...z.map((v, k) => (k === j ? v + by : v))).reduce((sum, q, k) => sum + q * dp[k]!, 0);
      assert.ok(Math.abs(dz[j]! - (inner(1e-6) - inner(-1e-6)) / 2e-6) < 1e-9);
    });
  });

  it("a norm neither overflows nor vanishes", () => {
    assert.ok(Math.abs(norm(Float64Array.of(3e200, 4e200)) / 5e200 - 1) < 1e-15);
    assert.ok(Math.abs(norm(Float64Array.of(3e-200, 4e-200)) / 5e-200 - 1) < 1e-15);
    assert.equal(norm(Float64Array.of(3), Float64Array.of(4)), 5);
    assert.equal(norm(Float64Array.of(1, Infinity)), Infinity);
    assert.ok(Number.isNaN(norm(Float64Array.of(1, Number.NaN))));
  });

  it("one-hot of 2 among 4 is (0, 0, 1, 0)", () => assert.deepEqual(Array.from(oneHot(2, 4)), [0, 0, 1, 0]));
});

describe("losses of large logits", () => {
  const loss = (type: string, size: number, by: number[], target: unknown) => {
    const { model, sequences } = readText(
      JSON.stringify({
        version: 1,
        inputSize: 1,
        layers: [{ cell: "rnn", size: 1, Wxh: [[0]], Whh: [[0]], bh: [0] }],
        output: { size, Why: Array.from({ length: size }, () => [0]), by },
        loss: { type },
        sequences: [{ inputs: [1], targets: [target] }],
      }),
    ).problem;
    const done = run(model, sequences, 0);
    return { loss: done.loss, dz: Array.from(done.at(1).dLogits!) };
  };

  it("cross-entropy of logits (800, −800) with target 1 is 1600, its gradient (1, −1)", () =>
    assert.deepEqual(loss("cross-entropy", 2, [800, -800], 1), { loss: 1600, dz: [1, -1] }));

  it("binary cross-entropy of the logit 800 with target 0 is 800, its gradient 1", () =>
    assert.deepEqual(loss("binary-cross-entropy", 1, [800], 0), { loss: 800, dz: [1] }));

  it("binary cross-entropy of the logit 40 with target 1 is e^−40, not 0", () => {
    const { loss: small } = loss("binary-cross-entropy", 1, [40], 1);
    assert.ok(Math.abs(small! / Math.exp(-40) - 1) < 1e-12);
  });
});
