import { type Layout, type PackedCell } from "./layouts";
import { ImportError } from "./source";
import { countOf, reshaped, rowsOf, type Stored, shapeText, sumOf, transposed, zeros } from "./stored";

/** A layer as its program packs it; what is not there is null. */
export interface StoredLayer {
  readonly input: Stored;
  readonly recurrent: Stored;
  readonly inputBias: Stored | null;
  readonly recurrentBias: Stored | null;
}

export interface Unpacked {
  /** H */
  readonly size: number;
  /** X */
  readonly inputs: number;
  /** By this format's short names; without a `b…` where the layer has no biases. */
  readonly parameters: Readonly<Record<string, Stored>>;
}

/**
 * What `unpackLayer` does to tensors, to tensors that still lie in their file: each gate's matrices and biases. Of two biases
 * the sum counts, but for the candidate of a gru with reset after, whose recurrent one is `bhn`.
 * @param what the layer's name, for messages
 * @throws ImportError where the shapes do not go together
 */
export function unpackStored(
  cell: PackedCell,
  layout: Layout,
  { input, recurrent, inputBias, recurrentBias }: StoredLayer,
  what: string,
  reset: "after" | "before" = "after",
): Unpacked {
  const gates = layout.gates[cell];
  const asRows = (matrix: Stored) => (layout.stacked === "columns" ? transposed(matrix) : matrix);
  for (const matrix of [input, recurrent])
    if (matrix.shape.length !== 2)
      throw new ImportError(`${what} has weights of shape ${shapeText(matrix.shape)}, expected a matrix`);
  const Wx = asRows(input);
  const Wh = asRows(recurrent);
  const [rows = 0, inputs = 0] = Wx.shape;
  const [recurrentRows = 0, size = 0] = Wh.shape;
  if (size === 0 || inputs === 0 || rows !== gates.length * size || recurrentRows !== rows)
    throw new ImportError(
      `${what} has weights ${shapeText(input.shape)} and ${shapeText(recurrent.shape)}, which are no ${cell} of ${layout.title}: it stacks ${gates.length} gates`,
    );
  for (const bias of [inputBias, recurrentBias])
    if (bias && countOf(bias.shape) !== rows)
      throw new ImportError(`${what} has a bias of shape ${shapeText(bias.shape)}, expected [${rows}]`);
  const parameters: Record<string, Stored> = {};
  gates.forEach((gate, k) => {
    const ofGate = (tensor: Stored) => rowsOf(tensor, k * size, (k + 1) * size);
    const ofBias = (bias: Stored | null) => bias && ofGate(reshaped(bias, [rows]));
    parameters[`Wx${gate}`] = ofGate(Wx);
    parameters[`Wh${gate}`] = ofGate(Wh);
    const bx = ofBias(inputBias);
    const bh = ofBias(recurrentBias);
    if (!bx && !bh) return;
    const isSplit = cell === "gru" && reset === "after" && gate === "n";
    parameters[`b${gate}`] = isSplit ? (bx ?? zeros([size])) : bx && bh ? sumOf(bx, bh, what) : (bx ?? bh)!;
    if (isSplit) parameters["bhn"] = bh ?? zeros([size]);
  });
  return { size, inputs, parameters };
}
