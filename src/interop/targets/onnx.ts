import type { CellActivation } from "../../engine/activation";
import type { Layer, Model, Pass, Problem } from "../../engine/model";
import type { Tensor } from "../../engine/tensor";
import type { Exported } from "../../format/exported";
import { layouts, stackedRows, transposed } from "../layouts";
import { hasInitialState, packed, refuse, roundingWarning, singles } from "./parts";
import { type Bytes, bytesField, floatField, joined, textField, wholeField } from "./protobufWriter";

type Attribute = number | readonly number[] | readonly string[] | { readonly floats: readonly number[] } | string;

/** The opset whose LSTM, GRU and RNN every runtime of these years has. */
const opset = 14;

const operators: Readonly<Record<string, string>> = { rnn: "RNN", lstm: "LSTM", gru: "GRU" };

const functions: Readonly<Record<CellActivation, string>> = {
  tanh: "Tanh",
  relu: "Relu",
  sigmoid: "Sigmoid",
  linear: "Affine",
};

/** A graph that is written node by node; values are named once. */
class Graph {
  private readonly nodes: Bytes[] = [];
  private readonly initializers: Bytes[] = [];
  private count = 0;

  node(op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}, outputs = 1) {
    const names = Array.from(
      { length: outputs },
      (_, k) => `${op.toLowerCase()}_${this.count}${k === 0 ? "" : `_${k}`}`,
    );
    this.add(op, inputs, names, attributes);
    return names as [string, ...string[]];
  }

  /** A node whose output has a name of its own. */
  add(
    op: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>>,
  ) {
    this.nodes.push(
      joined([
        ...inputs.map((name) => textField(1, name)),
        ...outputs.map((name) => textField(2, name)),
        textField(3, `${op}_${this.count++}`),
        textField(4, op),
        ...Object.entries(attributes).map(([name, value]) => bytesField(5, attribute(name, value))),
      ]),
    );
  }

  /** Numbers in single precision. */
  tensor(name: string, dims: readonly number[], data: ArrayLike<number>): string {
    const { buffer } = singles(data, name);
    return this.initializer(name, dims, 1, new Uint8Array(buffer));
  }

  wholes(name: string, values: readonly number[]): string {
    return this.initializer(name, [values.length], 7, new Uint8Array(BigInt64Array.from(values, BigInt).buffer));
  }

  private initializer(name: string, dims: readonly number[], type: number, raw: Uint8Array): string {
    this.initializers.push(
      joined([...dims.map((size) => wholeField(1, size)), wholeField(2, type), textField(8, name), bytesField(9, raw)]),
    );
    return name;
  }

  bytes(inputs: readonly Bytes[], outputs: readonly Bytes[]): Bytes {
    return joined([
      ...this.nodes.map((node) => bytesField(1, node)),
      textField(2, "network"),
      ...this.initializers.map((tensor) => bytesField(5, tensor)),
      ...inputs.map((input) => bytesField(11, input)),
      ...outputs.map((output) => bytesField(12, output)),
    ]);
  }
}

function attribute(name: string, value: Attribute): Bytes {
  const head = textField(1, name);
  if (typeof value === "number") return joined([head, wholeField(3, value), wholeField(20, 2)]);
  if (typeof value === "string") return joined([head, textField(4, value), wholeField(20, 3)]);
  if ("floats" in value) return joined([head, ...value.floats.map((one) => floatField(7, one)), wholeField(20, 6)]);
  const fields = value.map((one) => (typeof one === "string" ? textField(9, one) : wholeField(8, one)));
  return joined([head, ...fields, wholeField(20, typeof value[0] === "string" ? 8 : 7)]);
}

function valueInfo(name: string, type: number, dims: readonly (number | string)[]): Bytes {
  const shape = joined(
    dims.map((size) => bytesField(1, typeof size === "number" ? wholeField(1, size) : textField(2, size))),
  );
  const tensorType = joined([wholeField(1, type), bytesField(2, shape)]);
  return joined([textField(1, name), bytesField(2, bytesField(1, tensorType))]);
}

/**
 * ONNX: x [T × N × X], or ids [T × N] where there is an embedding, to y [T × N × O], or [N × O] where one step is read.
 * Cells are ONNX' own LSTM, GRU and RNN, in single precision, as runtimes have them.
 */
export function exportOnnx({ model }: Problem): Exported {
  refuse(model, "ONNX", ["cell of a file's own"]);
  const graph = new Graph();
  // An initial state belongs to one sequence: nothing says how many there are.
  const N = model.layers.some(hasInitialState) ? 1 : "N";
  const ids = model.embedding !== null;
  const x = ids ? graph.node("Gather", [embedding(graph, model), "x"])[0] : "x";
  let below = x;
  let ends: string | null = null;
  for (const [l, layer] of model.layers.entries()) {
    const made = layer.cell === "dense" ? dense(graph, l, layer, below) : recurrent(graph, l, layer, below);
    below = made.h;
    ends = made.ends;
  }
  const { output } = model;
  const at = (name: string) => {
    if (output.at === "every") return name;
    return graph.node("Gather", [name, graph.wholes(`last_of_${name}`, [-1])], { axis: 0 })[0];
  };
  const squeeze = (name: string) =>
    output.at === "every" ? name : graph.node("Squeeze", [name, graph.wholes(`axis_of_${name}`, [0])])[0];
  const top = output.at === "ends" && ends !== null ? ends : squeeze(at(below));
  let z = output.Why ? linear(graph, "Why", output.Why, output.by, top) : top;
  const read = output.Wxy || output.skip ? squeeze(at(x)) : x;
  if (output.Wxy) z = graph.node("Add", [z, linear(graph, "Wxy", output.Wxy, null, read)])[0];
  if (output.skip) z = graph.node("Add", [z, read])[0];
  const last = { linear: "Identity", sigmoid: "Sigmoid", tanh: "Tanh", softmax: "Softmax" }[output.activation];
  graph.add(last, [z], ["y"], last === "Softmax" ? { axis: -1 } : {});
  const input = ids ? valueInfo("x", 7, ["T", N]) : valueInfo("x", 1, ["T", N, model.inputSize]);
  const y = valueInfo("y", 1, output.at === "every" ? ["T", N, output.size] : [N, output.size]);
  const content = joined([
    wholeField(1, 8),
    textField(2, "unroll"),
    bytesField(7, graph.bytes([input], [y])),
    bytesField(8, joined([textField(1, ""), wholeField(2, opset)])),
  ]);
  const warnings = roundingWarning(model, "ONNX");
  if (N === 1) warnings.push("with an initial state x is of one sequence: [T × 1 × X]");
  return { files: [{ name: "", content }], warnings };
}

function embedding(graph: Graph, { embedding: table }: Model): string {
  const { rows, cols, data } = table!.E;
  return graph.tensor("embedding.E", [rows, cols], data);
}

/** W v + b of every vector that a value holds. */
function linear(graph: Graph, name: string, W: Tensor, b: Tensor | null, of: string): string {
  const turned = transposed(W);
  const [product] = graph.node("MatMul", [of, graph.tensor(name, [turned.rows, turned.cols], turned.data)]);
  return b ? graph.node("Add", [product, graph.tensor(`b_of_${name}`, [b.rows], b.data)])[0] : product;
}

function dense(graph: Graph, l: number, layer: Layer, below: string): { h: string; ends: null } {
  const { parameters } = layer.passes[0]!;
  const a = linear(graph, `layers.${l}.W`, parameters["W"]!, parameters["b"] ?? null, below);
  const activation = layer.options["activation"] as CellActivation;
  const h = activation === "linear" ? a : graph.node(functions[activation], [a])[0];
  return { h, ends: null };
}

function recurrent(graph: Graph, l: number, layer: Layer, below: string): { h: string; ends: string } {
  const { cell, size: H, passes, direction, options } = layer;
  const D = passes.length;
  const each = passes.map((pass) => packed(layer, pass, layouts.onnx));
  const of = (name: string, tensors: readonly Tensor[], dims: readonly number[]) =>
    graph.tensor(`layers.${l}.${name}`, [D, ...dims], stackedRows(tensors).data);
  const rows = each[0]!.input.rows;
  const W = of(
    "W",
    each.map(({ input }) => input),
    [rows, layer.inputSize],
  );
  const R = of(
    "R",
    each.map(({ recurrent }) => recurrent),
    [rows, H],
  );
  const zeros: Tensor = { rank: 1, rows, cols: 1, data: new Float64Array(rows) };
  const biases = each.map(({ inputBias, recurrentBias }) => stackedRows([inputBias ?? zeros, recurrentBias ?? zeros]));
  const B = each.some(({ inputBias }) => inputBias) ? of("B", biases, [2 * rows]) : "";
  const start = hasInitialState(layer);
  const initial = (state: string) =>
    start
      ? graph.tensor(
          `layers.${l}.${state}0`,
          [D, 1, H],
          passes.flatMap((pass: Pass) => [...pass.initial[state]!]),
        )
      : "";
  const activation = options["activation"] as CellActivation;
  const attributes: Record<string, Attribute> = {
    hidden_size: H,
    direction: { forward: "forward", backward: "reverse", both: "bidirectional" }[direction],
    ...(cell === "gru" && { linear_before_reset: options["reset"] === "after" ? 1 : 0 }),
    ...(cell === "rnn" && { activations: passes.map(() => functions[activation]) }),
    ...(cell === "rnn" &&
      activation === "linear" && {
        activation_alpha: { floats: passes.map(() => 1) },
        activation_beta: { floats: passes.map(() => 0) },
      }),
  };
  const inputs = [below, W, R, B, "", initial("h"), ...(cell === "lstm" ? [initial("c")] : [])];
  while (inputs.at(-1) === "") inputs.pop();
  const [Y, Y_h] = graph.node(operators[cell]!, inputs, attributes, 2);
  const flat = (name: string, perm: readonly number[], shape: readonly number[]) =>
    graph.node("Reshape", [graph.node("Transpose", [name], { perm })[0], graph.wholes(`shape_of_${name}`, shape)])[0];
  return { h: flat(Y, [0, 2, 1, 3], [0, 0, D * H]), ends: flat(Y_h!, [1, 0, 2], [0, D * H]) };
}
