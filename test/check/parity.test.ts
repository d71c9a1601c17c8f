import assert from "node:assert/strict";
import { type Other, ParityError, parity, takenOver, usualTolerance } from "../../src/check/parity";
import type { Problem } from "../../src/engine/model";
import { predict } from "../../src/engine/predict";
import { run, startOf } from "../../src/engine/run";
import { traceOf } from "../../src/engine/trace";
import { readText } from "../files";
import { numbers } from "../interop/imported";

type File = Record<string, unknown> & { layers: Record<string, unknown>[]; sequences: Record<string, unknown>[] };

const [X, H, O, T] = [3, 3, 3, 6];

/** A file with numbers that are all different, so that no two readings of it agree by chance. */
function file(cell: string, more: Record<string, unknown> = {}, top: Record<string, unknown> = {}): File {
  const draw = numbers(11);
  const matrix = () => Array.from({ length: H }, () => draw(X));
  const gates = { rnn: ["h"], lstm: ["i", "f", "g", "o"], gru: ["r", "z", "n"] }[cell]!;
  const parameters = Object.fromEntries(
    gates.flatMap((gate) => [
      [`Wx${gate}`, matrix()],
      [`Wh${gate}`, matrix()],
      [`b${gate}`, draw(H)],
    ]),
  );
  return {
    version: 1,
    inputSize: X,
    layers: [{ cell, size: H, ...parameters, ...more }],
    output: { size: O, at: "every", Why: matrix(), by: draw(O) },
    sequences: [
      { inputs: Array.from({ length: T }, () => draw(X)) },
      { inputs: Array.from({ length: T }, () => draw(X)) },
    ],
    ...top,
  };
}

const textOf = (value: unknown) => JSON.stringify(value, null, 2);
const problemOf = (value: unknown): Problem => readText(typeof value === "string" ? value : textOf(value)).problem;

function found(a: unknown, other: Other, tolerance = usualTolerance, index = 0) {
  const comparing = parity(problemOf(a), index, other, tolerance);
  for (let next = comparing.next(); ; next = comparing.next()) if (next.done) return next.value;
}

const outputsOf = ({ model, sequences }: Problem, index = 0) =>
  predict(model, sequences[index]!, startOf(model, sequences, index)).outputs;

const model = (value: unknown): Other => ({ kind: "model", problem: problemOf(value) });

/** A layer whose keys are other ones' values: `{ Wxi: "Wxf" }`. */
function renamed(value: File, names: Record<string, string>): File {
  const [layer] = value.layers;
  const others = Object.fromEntries(Object.entries(names).map(([name, from]) => [name, layer![from]]));
  return { ...value, layers: [{ ...layer, ...others }] };
}

function withLayer(value: File, change: Record<string, unknown>): File {
  return { ...value, layers: [{ ...value.layers[0], ...change }] };
}

/** A layer that is a cell of the file's own, with the same parameters. */
function own(value: File, equations: string[]): File {
  const { reset: _, ...layer } = value.layers[0]!;
  return { ...value, cells: { theirs: { equations } }, layers: [{ ...layer, cell: "theirs" }] };
}

const lstm = file("lstm");
const lstmEquations = [
  ...["i", "f", "o"].map((k) => `${k} = σ(Wx${k} x + Wh${k} h' + b${k})`),
  "g = tanh(Wxg x + Whg h' + bg)",
  "c = f ∘ c' + i ∘ g",
  "h = o ∘ tanh(c)",
];
/** A cell with one gate. */
function unit(last: string): File {
  const { Wxz, Whz, bz, Wxn, Whn, bn } = file("gru").layers[0]!;
  const layer = { cell: "theirs", size: H, Wxu: Wxz, Whu: Whz, bu: bz, Wxm: Wxn, Whm: Whn, bm: bn };
  const equations = ["u = σ(Wxu x + Whu h' + bu)", "m = tanh(Wxm x + Whm h' + bm)", last];
  return { ...file("gru"), cells: { theirs: { equations } }, layers: [layer] };
}
const before = file("gru", { reset: "before" });
const draw = numbers(5);
const after = file("gru", { bhn: draw(H) });
const carried = { ...lstm, sequences: [lstm.sequences[0], { ...lstm.sequences[1], state: "carry" }] } as File;
const started = withLayer(lstm, { h0: [0.5, -0.4, 0.3], c0: [1, 0, -1] });
const skipping = { ...lstm, output: { ...(lstm["output"] as object), skip: true } } as File;
const doubledBias = (value: File) =>
  withLayer(
    value,
    Object.fromEntries(["bi", "bf", "bg", "bo"].map((b) => [b, (value.layers[0]![b] as number[]).map((v) => 2 * v)])),
  );
const transposed = (m: number[][]) => m[0]!.map((_, j) => m.map((row) => row[j]!));

interface Case {
  readonly id: string;
  readonly a: File;
  /** The same as somebody else computes it, written by hand. */
  readonly b: File;
  readonly index?: number;
}

const cases: readonly Case[] = [
  {
    id: "gate-order:igfo",
    a: lstm,
    b: renamed(lstm, { Wxg: "Wxf", Whg: "Whf", bg: "bf", Wxf: "Wxg", Whf: "Whg", bf: "bg" }),
  },
  {
    id: "gate-order:zrn",
    a: before,
    b: renamed(before, { Wxr: "Wxz", Whr: "Whz", br: "bz", Wxz: "Wxr", Whz: "Whr", bz: "br" }),
  },
  // What the built-in cells' equations say holds for a cell of the file's own as well.
  {
    id: "gate-order:igof",
    a: own(lstm, lstmEquations),
    b: renamed(own(lstm, lstmEquations), { Wxg: "Wxf", Whg: "Whf", bg: "bf", Wxf: "Wxg", Whf: "Whg", bf: "bg" }),
  },
  {
    id: "u-or-1-u",
    a: unit("h = (1 − u) ∘ m + u ∘ h'"),
    b: unit("h = u ∘ m + (1 − u) ∘ h'"),
  },
  { id: "bias-doubled", a: lstm, b: doubledBias(lstm) },
  { id: "bias-missing", a: before, b: withLayer(before, { br: [0, 0, 0], bz: [0, 0, 0], bn: [0, 0, 0] }) },
  { id: "bhn-missing", a: after, b: withLayer(after, { bhn: [0, 0, 0] }) },
  {
    id: "reset-before",
    a: after,
    b: withLayer(file("gru", { reset: "before" }), {
      bn: (after.layers[0]!["bn"] as number[]).map((v, k) => v + (after.layers[0]!["bhn"] as number[])[k]!),
    }),
  },
  {
    id: "z-or-1-z",
    a: before,
    b: own(before, [
      "r = σ(Wxr x + Whr h' + br)",
      "z = σ(Wxz x + Whz h' + bz)",
      "n = tanh(Wxn x + Whn (r ∘ h') + bn)",
      "h = z ∘ n + (1 − z) ∘ h'",
    ]),
  },
  ...(["hardsigmoid", "hardsigmoid2"] as const).map((name) => ({
    id: `hard-sigmoid:${name}`,
    a: lstm,
    b: own(lstm, [
      ...["i", "f", "o"].map((k) => `${k} = ${name}(Wx${k} x + Wh${k} h' + b${k})`),
      ...lstmEquations.slice(-3),
    ]),
  })),
  {
    id: "transposed:Wh",
    a: lstm,
    b: withLayer(
      lstm,
      Object.fromEntries(
        ["Whi", "Whf", "Whg", "Who"].map((name) => [name, transposed(lstm.layers[0]![name] as number[][])]),
      ),
    ),
  },
  { id: "direction:0", a: lstm, b: withLayer(lstm, { direction: "backward" }) },
  { id: "state-not-carried", a: carried, b: lstm, index: 1 },
  { id: "starts-at-zero", a: started, b: lstm },
  { id: "starts-elsewhere", a: lstm, b: started },
  { id: "skip-missing", a: skipping, b: lstm },
  { id: "skip-added", a: lstm, b: skipping },
];

describe("a model against another program's numbers", () => {
  for (const { id, a, b, index = 0 } of cases)
    it(`${id} (${String(a.layers[0]!["cell"])}): it is named, and taken over the file computes what the other does`, () => {
      // Another model reads this one's sequence, and so would carry its state: of what it gives without there are outputs.
      const shape = [T, O];
      const arrays = [{ name: "output", shape, data: outputsOf(problemOf(b), index).flat() }];
      const other = index > 0 ? ({ kind: "arrays", arrays } as const) : model(b);
      const { first, explained } = found(a, other, usualTolerance, index);
      assert.ok(first);
      assert.equal(explained?.convention, id);
      const text = `// what the author wrote stays\n${textOf(a)}`;
      const taken = takenOver(text, explained.takeover!);
      assert.ok(taken.startsWith("// what the author wrote stays\n"));
      const [mine, theirs] = [outputsOf(problemOf(taken), index).flat(), outputsOf(problemOf(b), index).flat()];
      mine.forEach((value, k) => assert.ok(Math.abs(value - theirs[k]!) < 1e-12, `${value} and ${theirs[k]}`));
    });

  it("names two conventions at once, and taken over the file computes what the other does", () => {
    const layer = lstm.layers[0]!;
    const b = withLayer(lstm, {
      direction: "backward",
      ...Object.fromEntries(
        ["Wx", "Wh", "b"].flatMap((name) => [
          [`${name}i`, layer[`${name}f`]],
          [`${name}f`, layer[`${name}i`]],
        ]),
      ),
    });
    const { explained } = found(lstm, model(b));
    assert.equal(explained?.convention, "gate-order:figo+direction:0");
    assert.match(explained.text, /^the other program [^,]+, and /);
    const taken = outputsOf(problemOf(takenOver(textOf(lstm), explained.takeover!)), 0).flat();
    taken.forEach((value, k) => assert.ok(Math.abs(value - outputsOf(problemOf(b), 0).flat()[k]!) < 1e-12));
  });

  it("names the first place in the order of computation, and the largest difference of each step", () => {
    const b = withLayer(lstm, { bo: (lstm.layers[0]!["bo"] as number[]).map((v, k) => (k === 1 ? v + 0.25 : v)) });
    const { first, differences } = found(lstm, model(b));
    const [mine, theirs] = [lstm, b].map((value) => {
      const { model: read, sequences } = problemOf(value);
      return run(read, sequences, 0);
    });
    assert.deepEqual([first?.layer, first?.t, first?.quantity, first?.unit], [0, 1, "o", 1]);
    assert.equal(first?.a, mine!.at(1).passes[0]![0]!.values["o"]![1]);
    assert.equal(first?.b, theirs!.at(1).passes[0]![0]!.values["o"]![1]);
    const h = differences.find(({ quantity }) => quantity.name === "h")!;
    for (let t = 1; t <= T; t++) {
      const [x, y] = [mine, theirs].map((one) => one!.at(t).passes[0]![0]!.values["h"]!);
      assert.equal(h.steps[t - 1], Math.max(...[0, 1, 2].map((j) => Math.abs(x![j]! - y![j]!))));
    }
    assert.equal(differences.find(({ quantity }) => quantity.name === "i")!.steps[0], 0);
  });

  it("a pass that goes backward differs first at t = T", () => {
    const a = withLayer(lstm, { direction: "backward" });
    assert.equal(found(a, model(doubledBias(a))).first?.t, T);
  });

  it("agrees with its own trace, whole or of some steps, and with its arrays", () => {
    const { model: read, sequences } = problemOf(lstm);
    const trace = JSON.parse(JSON.stringify(traceOf(run(read, sequences, 0), 0, () => null, false))) as {
      steps: unknown[];
    };
    assert.equal(found(lstm, { kind: "trace", trace }).first, null);
    const some = found(lstm, { kind: "trace", trace: { steps: trace.steps.slice(2, 4) } });
    assert.equal(some.first, null);
    assert.deepEqual(Array.from(some.differences[0]!.steps, Number.isNaN), [true, true, false, false, true, true]);
    const data = outputsOf(problemOf(lstm)).flat();
    assert.equal(found(lstm, { kind: "arrays", arrays: [{ name: "y", shape: [1, T, O], data }] }).first, null);
  });

  it("names single precision where the two are as far apart as it makes them", () => {
    const { model: read, sequences } = problemOf(lstm);
    const text = JSON.stringify(
      traceOf(run(read, sequences, 0), 0, () => null, false),
      (_, value: unknown) => (typeof value === "number" ? Math.fround(value) : value),
    );
    const other: Other = { kind: "trace", trace: JSON.parse(text) };
    assert.equal(found(lstm, other).first, null);
    assert.equal(found(lstm, other, 1e-12).explained?.convention, "float32");
  });

  it("says what does not fit, and what an array may be", () => {
    const array = (name: string | null, ...shape: number[]): Other => ({
      kind: "arrays",
      arrays: [{ name, shape, data: new Float64Array(shape.reduce((a, b) => a * b, 1)) }],
    });
    const bad = (other: Other) => {
      try {
        found(lstm, other);
      } catch (error) {
        assert.ok(error instanceof ParityError);
        return error.message;
      }
      throw new Error("nothing was wrong");
    };
    assert.equal(bad(array("h", 5, 3)), "h [5 × 3] has 5 steps, the sequence 6: expected [6 × 3]");
    assert.equal(bad(array("h", 6, 2)), "h [6 × 2] does not fit layers.0.h: expected [6 × 3]");
    assert.equal(
      bad(array(null, 6, 3)),
      "the array [6 × 3] may be the outputs or the states: name it output or layers.0.h",
    );
    assert.match(bad(array(null, 6, 7)), /is as wide as neither the 3 outputs nor the 3 units of the top layer/);
    assert.match(bad(array("layers.1.h", 6, 3)), /^layers\.1\.h is no quantity of the model: expected layers\.0\.i, /);
    assert.match(bad({ kind: "trace", trace: {} }), /nothing in common/);
    assert.match(
      bad(model({ ...lstm, inputSize: 2, layers: [{ cell: "rnn", size: 3 }], sequences: [] })),
      /reads 2 inputs, this one 3/,
    );
  });

  it("takes the states of a layer of both directions side by side, whatever they are called", () => {
    const wide = (outputs: number): File => ({
      version: 1,
      inputSize: 2,
      layers: [{ cell: "rnn", size: 3, direction: "both" }],
      output: { size: outputs, at: "every" },
      sequences: [{ inputs: Array.from({ length: 4 }, (_, t) => [Math.sin(t), Math.cos(t)]) }],
      initial: { seed: 2 },
    });
    const { model: of, sequences } = problemOf(wide(2));
    const all = run(of, sequences, 0);
    const data = Float64Array.from([1, 2, 3, 4].flatMap((t) => [...all.at(t).h[0]!]));
    const moved = data.slice();
    // Of the backward pass at t = 3
    moved[2 * 6 + 4]! += 0.1;
    const held = (name: string | null, numbers: Float64Array, outputs = 2) =>
      found(wide(outputs), { kind: "arrays", arrays: [{ name, shape: [4, 1, 6], data: numbers }] });
    for (const name of [null, "h", "steps.h", "layers.0.h"]) {
      assert.equal(held(name, data).first, null);
      const { first } = held(name, moved);
      assert.deepEqual([first?.direction, first?.quantity, first?.t], ["backward", "h", 3]);
    }
    assert.throws(() => held(null, data, 6), /may be the outputs or the states: name it output or layers\.0\.h$/);
    assert.equal(held("h", data, 6).first, null);
  });
});
