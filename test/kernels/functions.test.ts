import assert from "node:assert/strict";
import { Random } from "../../src/engine/random";
import { loadKernels } from "../../src/kernels/kernels";
import type { Precise } from "./precise";
import { binary64, exp, log, log1p, sigmoid, tanh, ulps } from "./precise";

const names = ["exp", "tanh", "sigmoid", "log", "log1p"] as const;
type Name = (typeof names)[number];
type Real = "f64" | "f32";
type Reals = Float64Array | Float32Array;

const exactly: Record<Name, (x: number) => Precise> = { exp, tanh, sigmoid, log, log1p };

/** Numbers in an array that goes in or out, a whole number of vectors. */
const capacity = 1 << 16;

interface Functions {
  readonly expAll: (to: number, from: number, n: number) => void;
  readonly tanhAll: (to: number, from: number, n: number) => void;
  readonly sigmoidAll: (to: number, from: number, n: number) => void;
  readonly log: (x: number) => number;
  readonly log1p: (x: number) => number;
}

/** The functions over arrays of at most capacity numbers: exp, tanh and σ in the lanes of vectors, the logarithms one by one. */
function functionsOf(real: Real): (name: Name, values: ArrayLike<number>) => Reals {
  const { arena, exports } = loadKernels("dist", real === "f64" ? "float64" : "float32");
  const functions = exports as unknown as Functions;
  const from = arena.view(arena.reals(capacity), capacity);
  const to = arena.view(arena.reals(capacity), capacity);
  return (name, values) => {
    if (name === "log" || name === "log1p") return Float64Array.from(values, functions[name]);
    from.fill(0);
    from.set(values);
    functions[`${name}All`](to.byteOffset, from.byteOffset, arena.filledUp(values.length));
    return to.slice(0, values.length);
  };
}

/** The double after x, or the one before it. */
function neighbour(x: number, direction: 1 | -1): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  view.setBigInt64(0, view.getBigInt64(0) + BigInt(x > 0 ? direction : -direction));
  return view.getFloat64(0);
}

/** From here to there in equal steps. */
const sweep = (from: number, to: number, steps: number) =>
  Array.from({ length: steps + 1 }, (_, i) => from + ((to - from) * i) / steps);

/** Doubles of every sign and size, by their bits. */
const randomBits = (() => {
  const random = new Random(1);
  const words = Uint32Array.from({ length: 4000 }, () => random.bits());
  return [...new Float64Array(words.buffer)].filter(Number.isFinite);
})();

/** Both signs of every power of two. */
const powersOfTwo = sweep(-1074, 1023, 2097).flatMap((k) => [2 ** k, -(2 ** k)]);

/** Where arguments are reduced differently on one side and on the other. */
const reductionBoundaries = sweep(-2160, 2050, 2105)
  .map((k) => (k * Math.LN2) / 2)
  .filter((x) => x !== 0)
  .flatMap((x) => [neighbour(x, -1), x, neighbour(x, 1)]);

describe("the kernels' elementary functions", () => {
  let f64: ReturnType<typeof functionsOf>;
  let f32: ReturnType<typeof functionsOf>;
  before(() => {
    f64 = functionsOf("f64");
    f32 = functionsOf("f32");
  });

  /** Where each function is neither 0, 1 nor ∞ in double precision, and where it is steep. */
  const ranges: Record<Name, [number, number][]> = {
    exp: [
      [-746, -708],
      [-708, 710],
      [-1, 1],
    ],
    tanh: [
      [-20, 20],
      [-1, 1],
      [0.54, 0.56],
    ],
    sigmoid: [
      [-746, -708],
      [-708, 40],
      [-5, 5],
      [-0.4, 0.4],
    ],
    log: [
      [0, 3],
      [0.99, 1.01],
      [0, 1e300],
    ],
    log1p: [
      [-1, 3],
      [-0.01, 0.01],
      [0, 1e300],
    ],
  };
  const domain: Record<Name, (x: number) => boolean> = {
    exp: () => true,
    tanh: () => true,
    sigmoid: () => true,
    log: (x) => x > 0,
    log1p: (x) => x > -1,
  };

  for (const [name, bound] of Object.entries({ exp: 1, tanh: 2, sigmoid: 2, log: 1, log1p: 1 }) as [Name, number][])
    it(`${name} in double precision is within ${bound} ulp of the exact value`, () => {
      const swept = ranges[name].flatMap(([from, to]) => sweep(from, to, 2000));
      const values = [...swept, ...randomBits, ...powersOfTwo, ...reductionBoundaries]
        .concat([709.782712893384, 709.7827128933841, -745.1332191019412, -745.1332191019411, -708.3964185322641])
        .filter(domain[name]);
      f64(name, values).forEach((found, i) => {
        const x = values[i]!;
        const distance = found === x && x === 0 ? 0 : ulps(found, exactly[name](x), binary64);
        assert.ok(distance <= bound, `${name}(${x}) is ${found}, which is ${distance} ulp off`);
      });
    });

  const inDouble = {
    exp: Math.exp,
    tanh: Math.tanh,
    sigmoid: (x: number) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
  };
  for (const [name, bound] of [
    ["exp", 1.01],
    ["tanh", 2],
    ["sigmoid", 2],
  ] as const)
    it(`${name} in single precision is within ${bound} ulp of the double, at every 1000th number`, () => {
      const bits = new Uint32Array(capacity);
      const values = new Float32Array(bits.buffer);
      for (let first = 0; first < 2 ** 32; first += capacity * 1000) {
        for (let i = 0; i < capacity; i++) bits[i] = first + i * 1000;
        const results = f32(name, values);
        for (let i = 0; i < capacity; i++) {
          const x = values[i]!;
          const found = results[i]!;
          const exact = inDouble[name](x);
          if (Number.isNaN(x) ? Number.isNaN(found) : found === exact) continue;
          const unit = 2 ** (Math.max(-126, Math.min(Math.floor(Math.log2(Math.abs(exact))), 127)) - 23);
          const distance =
            exact >= 2 ** 128
              ? found === Infinity
                ? 0
                : Infinity
              : Math.abs(Math.min(found, 2 ** 128) - exact) / unit;
          assert.ok(distance <= bound, `${name}(${x}) is ${found}, which is ${distance} ulp off`);
        }
      }
    });

  const specialValues: Record<Name, [number, number][]> = {
    exp: [
      [0, 1],
      [-0, 1],
      [Infinity, Infinity],
      [-Infinity, 0],
      [1000, Infinity],
      [-1000, 0],
    ],
    tanh: [
      [0, 0],
      [-0, -0],
      [Infinity, 1],
      [-Infinity, -1],
      [25, 1],
      [-25, -1],
      [1e38, 1],
      [-1e38, -1],
    ],
    sigmoid: [
      [0, 0.5],
      [-0, 0.5],
      [Infinity, 1],
      [-Infinity, 0],
      [800, 1],
      [-800, 0],
      [1e38, 1],
      [-1e38, 0],
    ],
    log: [
      [1, 0],
      [0, -Infinity],
      [-0, -Infinity],
      [-1, NaN],
      [-Infinity, NaN],
      [Infinity, Infinity],
    ],
    log1p: [
      [0, 0],
      [-0, -0],
      [-1, -Infinity],
      [-1.5, NaN],
      [-Infinity, NaN],
      [Infinity, Infinity],
    ],
  };
  for (const name of names) {
    const cases: [number, number][] = [...specialValues[name], [NaN, NaN]];
    const text = cases.map(([x, y]) => `${Object.is(x, -0) ? "-0" : x} → ${Object.is(y, -0) ? "-0" : y}`).join(", ");
    it(`${name} is exact where it is known: ${text}`, () => {
      const values = cases.map(([x]) => x);
      const expected = cases.map(([, y]) => y);
      assert.deepEqual([...f64(name, values)], expected);
      if (name !== "log" && name !== "log1p") assert.deepEqual([...f32(name, values)], expected);
    });
  }

  it("exp reaches ∞, the subnormal numbers and 0 where the exact value rounds to them", () => {
    const [finite, ...others] = f64(
      "exp",
      [709.782712893384, 709.7827128933841, -745.1332191019411, -745.1332191019412],
    );
    assert.ok(Number.isFinite(finite));
    assert.deepEqual(others, [Infinity, 5e-324, 0]);
    const [finiteInSingle, ...othersInSingle] = f32("exp", [88.72283, 88.72284, -103.97207, -103.9721]);
    assert.ok(Number.isFinite(finiteInSingle));
    assert.deepEqual(othersInSingle, [Infinity, 2 ** -149, 0]);
  });

  it("tanh(−x) = −tanh(x) to the bit, and |tanh x| ≤ 1", () => {
    for (const compute of [f64, f32]) {
      const values = [...sweep(0, 25, 20_000), ...randomBits, ...powersOfTwo];
      const results = compute("tanh", values);
      const negated = compute(
        "tanh",
        values.map((x) => -x),
      );
      results.forEach((y, i) => {
        assert.ok(Object.is(negated[i], -y), `tanh(±${values[i]}) is ${y} and ${negated[i]}`);
        assert.ok(Math.abs(y) <= 1, `tanh(${values[i]}) is ${y}`);
      });
    }
  });

  it("tanh x = x where x is so small that the next term is lost, down to the least subnormal number", () => {
    const tiny = powersOfTwo.filter((x) => Math.abs(x) < 2 ** -28);
    assert.deepEqual([...f64("tanh", tiny)], tiny);
    const tinyInSingle = tiny.filter((x) => Math.abs(x) >= 2 ** -149);
    assert.deepEqual([...f32("tanh", tinyInSingle)], tinyInSingle);
  });

  it("0 ≤ σ(x) ≤ 1", () => {
    for (const compute of [f64, f32]) {
      const values = [...sweep(-800, 800, 20_000), ...randomBits, ...powersOfTwo];
      compute("sigmoid", values).forEach((y, i) => assert.ok(y >= 0 && y <= 1, `σ(${values[i]}) is ${y}`));
    }
  });
});
