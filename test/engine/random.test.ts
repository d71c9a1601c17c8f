import assert from "node:assert/strict";
import type { InitialSettings, ParameterShape } from "../../src/engine/initial";
import { drawParameters } from "../../src/engine/initial";
import { Random } from "../../src/engine/random";
import { drawTask as drawing } from "../../src/engine/tasks";
import { run } from "../../src/format/slices";

function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, v) => sum + v, 0) / values.length;
}

function deviation(values: ArrayLike<number>): number {
  const m = mean(values);
  return Math.sqrt(mean(Array.from(values, (v) => (v - m) ** 2)));
}

const drawTask = (...of: Parameters<typeof drawing>) => run(drawing(...of));

describe("the generator of version 1", () => {
  // From an implementation of its own, in another language.
  const first: [number, number[]][] = [
    [0, [3809008728, 1133695204, 53579671, 2891528803, 139681546]],
    [1, [2442144158, 3238099751, 3819917871, 2104621829, 2021136066]],
    [2 ** 40 + 7, [1606920336, 1856359683, 890391056, 323721861, 1453546004]],
  ];
  for (const [seed, bits] of first)
    it(`gives ${bits[0]}, ${bits[1]}, … for the seed ${seed}`, () => {
      const random = new Random(seed);
      assert.deepEqual(
        bits.map(() => random.bits()),
        bits,
      );
    });

  it("draws uniform numbers of mean 1/2 and deviation √(1/12), all in [0, 1)", () => {
    const random = new Random(4);
    const values = Float64Array.from({ length: 100_000 }, () => random.uniform());
    assert.ok(values.every((v) => v >= 0 && v < 1));
    assert.ok(Math.abs(mean(values) - 0.5) < 0.005);
    assert.ok(Math.abs(deviation(values) - Math.sqrt(1 / 12)) < 0.005);
  });

  it("draws normal numbers of mean 0 and deviation 1, 68 % of them within 1", () => {
    const random = new Random(5);
    const values = Float64Array.from({ length: 100_000 }, () => random.normal());
    assert.ok(Math.abs(mean(values)) < 0.01);
    assert.ok(Math.abs(deviation(values) - 1) < 0.01);
    assert.ok(Math.abs(values.filter((v) => Math.abs(v) < 1).length / 100_000 - 0.6827) < 0.01);
  });

  it("orders by a permutation", () => {
    const order = new Random(6).permutation(1000);
    assert.deepEqual(
      Array.from(order).toSorted((a, b) => a - b),
      Array.from({ length: 1000 }, (_, k) => k),
    );
  });
});

describe("initial parameters", () => {
  const H = 64;
  const shapes: ParameterShape[] = [
    { name: "Wxh", rank: 2, rows: H, cols: 32, role: "input", hidden: H },
    { name: "Whh", rank: 2, rows: H, cols: H, role: "recurrent", hidden: H },
    { name: "bf", rank: 1, rows: H, cols: 1, role: "forgetBias", hidden: H },
  ];
  const draw = (settings: Partial<InitialSettings>) => {
    const [Wxh, Whh, bf] = drawParameters(shapes, {
      scheme: "xavier",
      scale: null,
      seed: 1,
      forgetBias: 0,
      ...settings,
    });
    return { Wxh: Wxh!.data, Whh: Whh!.data, bf: bf!.data };
  };
  const largest = (data: Float64Array) => Math.max(...data.map(Math.abs));
  const within = (value: number, bound: number) =>
    assert.ok(value <= bound && value > 0.98 * bound, `${value} and ${bound}`);

  it("xavier: uniform ±√(6 / (rows + columns))", () => {
    const { Wxh, Whh } = draw({});
    within(largest(Wxh), Math.sqrt(6 / 96));
    within(largest(Whh), Math.sqrt(6 / 128));
  });

  it("uniform: ±1/√H", () => within(largest(draw({ scheme: "uniform" }).Wxh), 1 / 8));

  it("lecun: normal of deviation √(1/columns)", () =>
    assert.ok(Math.abs(deviation(draw({ scheme: "lecun" }).Wxh) * Math.sqrt(32) - 1) < 0.05));

  it("normal: of deviation scale, 0.01 by default", () => {
    assert.ok(Math.abs(deviation(draw({ scheme: "normal" }).Wxh) / 0.01 - 1) < 0.05);
    assert.ok(Math.abs(deviation(draw({ scheme: "normal", scale: 0.5 }).Wxh) / 0.5 - 1) < 0.05);
  });

  it("orthogonal: Whh Whhᵀ = 1", () => {
    const { Whh } = draw({ scheme: "orthogonal" });
    for (let i = 0; i < H; i++)
      for (let j = 0; j < H; j++) {
        let inner = 0;
        for (let k = 0; k < H; k++) inner += Whh[i * H + k]! * Whh[j * H + k]!;
        assert.ok(Math.abs(inner - (i === j ? 1 : 0)) < 1e-14);
      }
  });

  it("identity: Whh = scale · 1", () => {
    const { Whh } = draw({ scheme: "identity", scale: 0.9 });
    assert.deepEqual(
      Whh,
      Float64Array.from({ length: H * H }, (_, k) => (k % (H + 1) === 0 ? 0.9 : 0)),
    );
  });

  it("zeros: zeros; and a forget gate's bias is forgetBias", () => {
    const { Wxh, bf } = draw({ scheme: "zeros", forgetBias: 1 });
    assert.equal(largest(Wxh), 0);
    assert.ok(bf.every((v) => v === 1));
  });
});

describe("tasks", () => {
  const settings = { count: 200, length: 12, seed: 9 };

  it("sum-sign has the target 1 where the inputs' sum is positive", () => {
    for (const { inputs, targets } of drawTask(
      { ...settings, task: "sum-sign" },
      { size: 1, at: "last" },
      "binary-cross-entropy",
    )) {
      assert.ok(targets?.kind === "vectors" && inputs.vectors);
      assert.equal(targets.vectors[11], inputs.vectors.reduce((sum, v) => sum + v, 0) > 0 ? 1 : 0);
      assert.deepEqual(Array.from(targets.present), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    }
  });

  it("adding marks one number of each half, and has their sum as target", () => {
    for (const { inputs, targets } of drawTask({ ...settings, task: "adding" }, { size: 1, at: "last" }, "mse")) {
      const pairs = Array.from(
        { length: 12 },
        (_, k) => [inputs.vectors![2 * k]!, inputs.vectors![2 * k + 1]!] as const,
      );
      const marked = pairs.flatMap(([value, marker], k) => (marker === 1 ? [{ value, k }] : []));
      assert.equal(marked.length, 2);
      assert.ok(marked[0]!.k < 6 && marked[1]!.k >= 6);
      assert.ok(targets?.kind === "vectors");
      assert.equal(targets.vectors[11], marked[0]!.value + marked[1]!.value);
    }
  });

  it("copy has the first symbols again as the last targets", () => {
    for (const { inputs, targets } of drawTask(
      { ...settings, task: "copy" },
      { size: 10, at: "every" },
      "cross-entropy",
    )) {
      assert.ok(targets?.kind === "classes" && inputs.tokens);
      assert.deepEqual(targets.classes.slice(7), inputs.tokens.slice(0, 5));
      assert.ok(targets.classes.slice(0, 7).every((k) => k === 8));
    }
  });

  it("parity has the target 1 where the ones so far are odd", () => {
    for (const { inputs, targets } of drawTask(
      { ...settings, task: "parity" },
      { size: 2, at: "every" },
      "cross-entropy",
    )) {
      assert.ok(targets?.kind === "classes");
      let ones = 0;
      inputs.vectors!.forEach((bit, k) => {
        ones += bit;
        assert.equal(targets.classes[k], ones % 2);
      });
    }
  });

  it("sine has the next value as target", () => {
    for (const { inputs, targets } of drawTask({ ...settings, task: "sine" }, { size: 1, at: "every" }, "mse")) {
      assert.ok(targets?.kind === "vectors");
      assert.deepEqual(targets.vectors.slice(0, 11), inputs.vectors!.slice(1));
    }
  });

  it("are the same from the same seed and others from another", () => {
    const draw = (seed: number) => drawTask({ ...settings, task: "sum-sign", seed }, { size: 1, at: "last" }, "mse");
    assert.deepEqual(draw(1), draw(1));
    assert.notDeepEqual(draw(1), draw(2));
  });

  it("say what a model lacks that cannot do them", () => {
    assert.throws(
      () => drawTask({ ...settings, task: "adding" }, { size: 1, at: "last" }, "cross-entropy"),
      /the adding task has real targets: loss\.type must be mse, mae or huber, found cross-entropy/,
    );
    assert.throws(
      () => drawTask({ ...settings, task: "copy" }, { size: 4, at: "every" }, "cross-entropy"),
      /the copy task has 10 outputs with this loss, but output\.size is 4/,
    );
  });
});
