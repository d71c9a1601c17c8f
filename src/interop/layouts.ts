/**
 * The one place that knows in which order, and along which side, other software stacks the gates of a layer.
 * Dimensions: X inputs · H hidden units · k gates: 1 of an rnn, 4 of an lstm, 3 of a gru
 * Here a gate is a letter and has matrices of its own, `Wxi` [H × X] and `Whi` [H × H]; there one matrix holds all of them.
 */
import type { Tensor } from "../engine/tensor";
import { shapeText } from "../engine/tensor";

/** Cells that other software has too. */
export type PackedCell = "rnn" | "lstm" | "gru";

/** How a program packs a layer's parameters. */
export interface Layout {
  /** For a person: "PyTorch". */
  readonly title: string;
  /** Gates by this format's letters, in the program's order; an rnn's one is `h`, as in `Wxh`. */
  readonly gates: Readonly<Record<PackedCell, readonly string[]>>;
  /** Along which side gates are stacked: `rows` in [kH × X], `columns` in [X × kH], where x stands before the matrix: x W. */
  readonly stacked: "rows" | "columns";
}

const rnn = ["h"];

export const layouts = {
  /** weight_ih_l0 [kH × X], weight_hh_l0 [kH × H], bias_ih_l0 and bias_hh_l0 [kH]; cuDNN, MLX and safetensors of these alike. */
  pytorch: { title: "PyTorch", gates: { rnn, lstm: ["i", "f", "g", "o"], gru: ["r", "z", "n"] }, stacked: "rows" },
  /** kernel [X × kH], recurrent_kernel [H × kH], bias [kH], of a gru with reset after [2 × 3H]; its letters are i f c o and z r h. */
  keras: { title: "Keras", gates: { rnn, lstm: ["i", "f", "g", "o"], gru: ["z", "r", "n"] }, stacked: "columns" },
  /** Of each direction W [kH × X], R [kH × H], B [2kH]: both biases; its letters are i o f c and z r h. */
  onnx: { title: "ONNX", gates: { rnn, lstm: ["i", "o", "f", "g"], gru: ["z", "r", "n"] }, stacked: "rows" },
  /** Stanford's course: Wx [X × kH], Wh [H × kH], b [kH]; it has no gru, whose gates then stand as PyTorch's. */
  cs231n: { title: "CS231n", gates: { rnn, lstm: ["i", "f", "o", "g"], gru: ["r", "z", "n"] }, stacked: "columns" },
  /** TensorFlow's old BasicLSTMCell, and TensorFlow.js' tf.basicLSTMCell: kernel [(X + H) × 4H] on [x; h]. */
  tensorflow: {
    title: "tf.basicLSTMCell",
    gates: { rnn, lstm: ["i", "g", "f", "o"], gru: ["r", "z", "n"] },
    stacked: "columns",
  },
} as const satisfies Readonly<Record<string, Layout>>;

export type LayoutName = keyof typeof layouts;

/** A layer as its program packs it. */
export interface PackedLayer {
  /** [kH × X] or [X × kH] */
  readonly input: Tensor;
  /** [kH × H] or [H × kH] */
  readonly recurrent: Tensor;
  /** [kH]; null where the layer has none, or where there is one bias for both, which then is `inputBias` */
  readonly inputBias: Tensor | null;
  readonly recurrentBias: Tensor | null;
}

/** A parameter by this format's short name: `Wxi` [H × X], `bi` [H]. */
export type LayerParameters = Readonly<Record<string, Tensor>>;

/** A packed matrix has another shape than its layout says. */
export class LayoutError extends Error {}

/** [rows × cols] → [cols × rows] */
export function transposed({ rows, cols, data }: Tensor): Tensor {
  const turned = new Float64Array(data.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) turned[j * rows + i] = data[i * cols + j]!;
  return { rank: 2, rows: cols, cols: rows, data: turned };
}

/** Rows from…to of a matrix, or entries of a vector. */
export function rowsOf({ rank, cols, data }: Tensor, from: number, to: number): Tensor {
  return { rank, rows: to - from, cols, data: data.slice(from * cols, to * cols) };
}

/** Columns from…to of a matrix. */
export function columnsOf(matrix: Tensor, from: number, to: number): Tensor {
  return transposed(rowsOf(transposed(matrix), from, to));
}

/** Matrices of one width, or vectors, one below the other. */
export function stackedRows(parts: readonly Tensor[]): Tensor {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const { rank, cols } = parts[0]!;
  const data = new Float64Array(rows * cols);
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { rank, rows, cols, data };
}

/** Each gate's own matrix [H × cols] of a stacked one, or its own vector [H]. @throws LayoutError */
export function unstack(name: string, packed: Tensor, cell: PackedCell, layout: Layout): Record<string, Tensor> {
  const gates = layout.gates[cell];
  const isMatrix = packed.rank === 2;
  const stacked = isMatrix && layout.stacked === "columns" ? transposed(packed) : packed;
  if (stacked.rows % gates.length !== 0)
    throw new LayoutError(
      `${name} is ${shapeText(packed)}, but ${layout.title} stacks ${gates.length} gates of ${cell} in its ${isMatrix ? layout.stacked : "numbers"}: expected a multiple of ${gates.length}`,
    );
  const H = stacked.rows / gates.length;
  return Object.fromEntries(gates.map((gate, k) => [gate, rowsOf(stacked, k * H, (k + 1) * H)]));
}

/** The gates' own matrices or vectors, stacked as the program has them. */
export function stack(gates: Readonly<Record<string, Tensor>>, cell: PackedCell, layout: Layout): Tensor {
  const stacked = stackedRows(layout.gates[cell].map((gate) => gates[gate]!));
  return stacked.rank === 2 && layout.stacked === "columns" ? transposed(stacked) : stacked;
}

/**
 * A layer's parameters under this format's names. Of two biases the sum counts, but for the candidate of a gru with reset
 * after: `bn` is the input's and `bhn` the recurrent one, which stands inside of the reset product.
 * @throws LayoutError where the shapes do not go together
 */
export function unpackLayer(
  cell: PackedCell,
  layout: Layout,
  { input, recurrent, inputBias, recurrentBias }: PackedLayer,
  reset: "after" | "before" = "after",
): LayerParameters {
  const Wx = unstack("the input matrix", input, cell, layout);
  const Wh = unstack("the recurrent matrix", recurrent, cell, layout);
  const bx = inputBias && unstack("the input bias", inputBias, cell, layout);
  const bh = recurrentBias && unstack("the recurrent bias", recurrentBias, cell, layout);
  const parameters: Record<string, Tensor> = {};
  for (const gate of layout.gates[cell]) {
    const H = Wh[gate]!.cols;
    for (const [tensor, what] of [
      [Wx[gate]!, "the input matrix"],
      [Wh[gate]!, "the recurrent matrix"],
      ...(bx ? [[bx[gate]!, "the input bias"] as const] : []),
      ...(bh ? [[bh[gate]!, "the recurrent bias"] as const] : []),
    ] as const)
      if (tensor.rows !== H)
        throw new LayoutError(
          `${what} has ${tensor.rows} units in gate ${gate}, but the recurrent matrix reads ${H}: expected ${H}`,
        );
    parameters[`Wx${gate}`] = Wx[gate]!;
    parameters[`Wh${gate}`] = Wh[gate]!;
    const isSplit = cell === "gru" && reset === "after" && gate === "n";
    const zeros = { rank: 1, rows: H, cols: 1, data: new Float64Array(H) } as const;
    if (bx || bh) parameters[`b${gate}`] = isSplit ? (bx?.[gate] ?? zeros) : plus(bx?.[gate], bh?.[gate]);
    if (isSplit && (bx || bh)) parameters["bhn"] = bh?.[gate] ?? zeros;
  }
  return parameters;
}

/** The other way: one bias is packed as the input's, and a gru's `bhn` makes a second one, zeros elsewhere. */
export function packLayer(cell: PackedCell, layout: Layout, parameters: LayerParameters): PackedLayer {
  const of = (letter: string) =>
    Object.fromEntries(layout.gates[cell].map((gate) => [gate, parameters[`${letter}${gate}`]!]));
  const { bhn } = parameters;
  const hasBias = Object.values(of("b")).every((bias) => bias !== undefined);
  const zeros = (gate: string): Tensor => ({ ...parameters[`b${gate}`]!, data: new Float64Array(bhn!.rows) });
  return {
    input: stack(of("Wx"), cell, layout),
    recurrent: stack(of("Wh"), cell, layout),
    inputBias: hasBias ? stack(of("b"), cell, layout) : null,
    recurrentBias: bhn
      ? stack(
          Object.fromEntries(layout.gates[cell].map((gate) => [gate, gate === "n" ? bhn : zeros(gate)])),
          cell,
          layout,
        )
      : null,
  };
}

function plus(a: Tensor | undefined, b: Tensor | undefined): Tensor {
  if (!a || !b) return (a ?? b)!;
  return { ...a, data: a.data.map((number, k) => number + b.data[k]!) };
}
