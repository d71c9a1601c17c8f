import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { difference, importBytes, numbers, outputsOf } from "./imported";
import { type OnnxGraph, type OnnxNode, onnxModel, runOnnx, type Values } from "./onnxModel";
import { prepareParts } from "./parts";

const [T, X, H] = [6, 3, 4];
const inputs = Array.from({ length: T }, (_, t) =>
  Array.from({ length: X }, (_, j) => Math.fround(Math.sin(t * X + j + 1))),
);
const x = { x: { dims: [T, 1, X], values: inputs.flat() } };
const whole = (...values: number[]): Values => ({ dims: [values.length], values, isWhole: true });
const scalar = (value: number): Values => ({ dims: [], values: [value] });

/** The operations of one step as TensorFlow writes them, by the name of what reads x and of the states. */
interface Cell {
  readonly title: string;
  readonly gates: number;
  readonly states: readonly string[];
  /** From `item` [1 × X] and the states to `NAME.next`. */
  readonly nodes: readonly OnnxNode[];
}

let count = 0;
const node = (op: string, inputs: string[], output: string | string[], attributes: OnnxNode["attributes"] = {}) => ({
  op,
  name: `n${count++}`,
  inputs,
  outputs: [output].flat(),
  attributes,
});

/** matrix_x = x K + b and matrix_inner = h R + b, split and sliced as Keras does. */
const projected = (gates: number) => [
  node("MatMul", ["item", "K"], "xk"),
  node("Add", ["xk", "bx"], "xb"),
  node("MatMul", ["h", "R"], "hr"),
  node("Add", ["hr", "bh"], "hb"),
  node(
    "Split",
    ["xb"],
    Array.from({ length: gates }, (_, k) => `x${k}`),
    { axis: 1 },
  ),
  ...Array.from({ length: gates }, (_, k) => node("Slice", ["hb", `from${k}`, `to${k}`, "axes"], `h${k}`)),
];

const gru = (mixture: readonly OnnxNode[], reset: "after" | "before" = "after"): readonly OnnxNode[] => [
  ...projected(3),
  node("Add", ["x0", "h0"], "az"),
  node("Sigmoid", ["az"], "z"),
  node("Add", ["x1", "h1"], "ar"),
  node("Sigmoid", ["ar"], "r"),
  ...(reset === "after"
    ? [node("Mul", ["r", "h2"], "rh")]
    : [
        node("Mul", ["r", "h"], "r*h"),
        node("Slice", ["R", "from2", "to2", "axes"], "R2"),
        node("MatMul", ["r*h", "R2"], "rh"),
      ]),
  node("Add", ["x2", "rh"], "an"),
  node("Tanh", ["an"], "n"),
  ...mixture,
];

const keras = [
  node("Mul", ["z", "h"], "zh"),
  node("Sub", ["one", "z"], "1-z"),
  node("Mul", ["1-z", "n"], "zn"),
  node("Add", ["zh", "zn"], "h.next"),
];

const cells: readonly Cell[] = [
  { title: "a GRU that resets after", gates: 3, states: ["h"], nodes: gru(keras) },
  { title: "a GRU that resets before", gates: 3, states: ["h"], nodes: gru(keras, "before") },
  {
    title: "a GRU whose z takes the candidate",
    gates: 3,
    states: ["h"],
    nodes: gru([
      node("Mul", ["z", "n"], "zn"),
      node("Sub", ["one", "z"], "1-z"),
      node("Mul", ["h", "1-z"], "zh"),
      node("Add", ["zh", "zn"], "h.next"),
    ]),
  },
  {
    title: "a GRU that adds z of the difference",
    gates: 3,
    states: ["h"],
    nodes: gru([
      node("Sub", ["n", "h"], "n-h"),
      node("Mul", ["n-h", "z"], "step"),
      node("Add", ["h", "step"], "h.next"),
    ]),
  },
  {
    title: "an LSTM",
    gates: 4,
    states: ["h", "c"],
    nodes: [
      ...projected(4),
      ...[0, 1, 2, 3].map((k) => node("Add", [`h${k}`, `x${k}`], `a${k}`)),
      node("HardSigmoid", ["a0"], "i"),
      node("HardSigmoid", ["a1"], "f"),
      node("Tanh", ["a2"], "g"),
      node("HardSigmoid", ["a3"], "o"),
      node("Mul", ["i", "g"], "ig"),
      node("Mul", ["f", "c"], "kept"),
      node("Add", ["kept", "ig"], "c.next"),
      node("Tanh", ["c.next"], "tc"),
      node("Mul", ["o", "tc"], "h.next"),
    ],
  },
  {
    title: "an RNN",
    gates: 1,
    states: ["h"],
    nodes: [
      node("MatMul", ["item", "K"], "xk"),
      node("Add", ["xk", "bx"], "xb"),
      node("Gemm", ["h", "R", "bh"], "hr"),
      node("Add", ["xb", "hr"], "a"),
      node("Relu", ["a"], "h.next"),
    ],
  },
];

function weights(gates: number, seed: number): Record<string, Values> {
  const draw = numbers(seed);
  return {
    K: { dims: [X, gates * H], values: draw(X * gates * H) },
    R: { dims: [H, gates * H], values: draw(gates * H * H) },
    bx: { dims: [gates * H], values: draw(gates * H) },
    bh: { dims: [gates * H], values: draw(gates * H) },
    one: scalar(1),
    axes: whole(0, 1),
    ...Object.fromEntries(
      Array.from({ length: gates }, (_, k) => [
        [`from${k}`, whole(0, k * H)],
        [`to${k}`, whole(2 ** 31 - 1, (k + 1) * H)],
      ]).flat(),
    ),
    "h.first": { dims: [1, H], values: draw(H) },
    "c.first": { dims: [1, H], values: draw(H) },
    zero: whole(0),
    count: { dims: [], values: [T], isWhole: true },
    go: { dims: [], values: [1], isBoolean: true },
    start: { dims: [], values: [0], isWhole: true },
    unit: { dims: [], values: [1], isWhole: true },
    lengths: whole(T),
    fc: { dims: [H, 2], values: draw(2 * H) },
  };
}

/** A Loop over the steps as tf2onnx writes it: it counts them itself, and hands a weight on from turn to turn. */
function looped({ gates, states, nodes }: Cell, seed: number, source = "x", last = false): OnnxGraph {
  const body: OnnxGraph = {
    nodes: [
      node("Unsqueeze", ["time", "zero"], "at"),
      node("Gather", [source, "at"], "row", { axis: 0 }),
      node("Squeeze", ["row", "zero"], "item"),
      // The recurrent weights go through the body as a state that stays.
      ...nodes.map((one) => ({ ...one, inputs: one.inputs.map((name) => (name === "R" ? "Rin" : name)) })),
      node("Add", ["time", "unit"], "time.next"),
      node("Identity", ["Rin"], "Rout"),
      node("Identity", ["going"], "goes"),
      node("Identity", ["h.next"], "scanned"),
    ],
    inputs: {
      turn: [],
      going: [],
      time: [],
      Rin: [H, gates * H],
      ...Object.fromEntries(states.map((s) => [s, [1, H]])),
    },
    outputs: {
      goes: [],
      "time.next": [],
      Rout: [H, gates * H],
      ...Object.fromEntries(states.map((s) => [`${s}.next`, [1, H]])),
      scanned: [1, H],
    },
    booleans: ["going", "goes"],
    wholes: ["turn", "time", "time.next"],
  };
  const ended = states.map((state) => `${state}.end`);
  return {
    initializers: weights(gates, seed),
    nodes: [
      ...(source === "x" ? [] : [node("ReverseSequence", ["x", "lengths"], source, { batch_axis: 1, time_axis: 0 })]),
      {
        ...node(
          "Loop",
          ["count", "go", "start", "R", ...states.map((s) => `${s}.first`)],
          ["time.end", "R.end", ...ended, "all"],
        ),
        branches: { body },
      },
      node("MatMul", [last ? "h.end" : "all", "fc"], "y"),
    ],
    inputs: { x: [T, 1, X] },
    outputs: { y: last ? [1, 2] : [T, 1, 2] },
  };
}

/** The same as a Scan, which reads its steps by itself. */
function scanned({ gates, states, nodes }: Cell, seed: number, isBackward: boolean): OnnxGraph {
  const body: OnnxGraph = {
    nodes: [...nodes, node("Identity", ["h.next"], "scanned")],
    inputs: { ...Object.fromEntries(states.map((s) => [s, [1, H]])), item: [1, X] },
    outputs: { ...Object.fromEntries(states.map((s) => [`${s}.next`, [1, H]])), scanned: [1, H] },
  };
  const ended = states.map((state) => `${state}.end`);
  const directions = isBackward ? { scan_input_directions: [1], scan_output_directions: [1] } : {};
  return {
    initializers: weights(gates, seed),
    nodes: [
      {
        ...node("Scan", [...states.map((s) => `${s}.first`), "x"], [...ended, "all"], {
          num_scan_inputs: 1,
          ...directions,
        }),
        branches: { body },
      },
      node("MatMul", ["all", "fc"], "y"),
    ],
    inputs: { x: [T, 1, X] },
    outputs: { y: [T, 1, 2] },
  };
}

describe("the import of recurrent cells that ONNX writes out", () => {
  before(() => prepareParts());

  async function check(graph: OnnxGraph, count = T, turned = false): Promise<void> {
    const bytes = onnxModel(graph);
    const { y } = await runOnnx(bytes, x);
    const { model, report } = importBytes("m.onnx", bytes);
    assert.deepEqual(report.left, []);
    const outputs = outputsOf(model, inputs).slice(-count);
    const far = difference(turned ? outputs.toReversed() : outputs, y);
    assert.ok(far < 1e-6, `${far}`);
  }

  for (const [k, cell] of cells.entries()) {
    it(`${cell.title} in a Loop gives what ONNX Runtime gives`, () => check(looped(cell, k + 1)));
    it(`${cell.title} in a Scan gives what ONNX Runtime gives, forward and backward`, async () => {
      await check(scanned(cell, k + 11, false));
      await check(scanned(cell, k + 21, true));
    });
  }

  it("a Loop over a sequence that is turned around reads backward: its outputs are those of the steps", () =>
    check(looped(cells[0]!, 31, "turned"), T, true));

  it("the state in which a Loop ends is a read-out of the last step", () => check(looped(cells[0]!, 32, "x", true), 1));

  it("a Loop whose step is no cell that is known is refused by name", () => {
    const [first] = cells;
    const nodes = first!.nodes.map((one) => (one.op === "Sigmoid" ? { ...one, op: "Sin" } : one));
    assert.throws(
      () => importBytes("m.onnx", onnxModel(looped({ ...first!, nodes }, 33))),
      /a Loop with MatMul in it is a recurrent layer that is written out, and its step is none of an rnn, lstm or gru that is known/,
    );
  });

  const folder = path.join(import.meta.dirname, "files");
  const { sequences, files } = JSON.parse(readFileSync(path.join(folder, "written.json"), "utf8")) as {
    sequences: Record<string, number[][]>;
    files: Record<string, { inputs: string; outputs: number[] }>;
  };
  for (const [name, expected] of Object.entries(files))
    it(`${name}, which PyTorch exported, gives what PyTorch gives`, () => {
      const { model, report } = importBytes(name, new Uint8Array(readFileSync(path.join(folder, name))));
      assert.deepEqual(report.left, []);
      const outputs = outputsOf(model, sequences[expected.inputs]!).flat();
      assert.ok(difference(outputs, expected.outputs) < 1e-6);
    });
});
