import type { Layer, Problem } from "../../engine/model";
import type { Tensor } from "../../engine/tensor";
import { ExportError, type Exported } from "../../format/exported";
import { layouts, transposed } from "../layouts";
import { packed, refuse, rowsOfMatrix } from "./parts";

/** RTNeural's JSON: Keras' layouts, layer after layer, all digits. */
export function exportRtneural({ model }: Problem): Exported {
  refuse(model, "RTNeural", [
    "cell of a file's own",
    "rnn layer",
    "gru with reset before",
    "layer that goes backward",
    "layer of both directions",
    "initial state",
    "embedding",
    "read-out that reads the input",
    "read-out that adds the input",
    "read-out of the last step alone",
    "read-out where passes end",
  ]);
  const { layers, output, inputSize } = model;
  const written = layers.map((layer) => (layer.cell === "dense" ? denseOf(layer) : recurrent(layer)));
  if (output.Why) written.push(dense(output.Why, output.by, output.activation));
  else if (output.activation !== "linear")
    throw new ExportError(
      `RTNeural cannot say this model: ${output.activation} without a dense layer before it (output)`,
    );
  const text = JSON.stringify({ in_shape: [null, null, inputSize], layers: written });
  return { files: [{ name: "", content: `${text}\n` }], warnings: [] };
}

function denseOf({ passes, options }: Layer) {
  const { W, b } = passes[0]!.parameters;
  return dense(W!, b ?? null, options["activation"]!);
}

function dense(W: Tensor, b: Tensor | null, activation: string) {
  return {
    type: "dense",
    activation: activation === "linear" ? "" : activation,
    shape: [null, null, W.rows],
    weights: [rowsOfMatrix(transposed(W)), Array.from(b?.data ?? new Float64Array(W.rows))],
  };
}

function recurrent(layer: Layer) {
  const { cell, size, passes } = layer;
  const { input, recurrent, inputBias, recurrentBias } = packed(layer, passes[0]!, layouts.keras);
  const zeros = () => Array.from(new Float64Array(input.cols));
  const bias = inputBias ? Array.from(inputBias.data) : zeros();
  const other = recurrentBias ? Array.from(recurrentBias.data) : zeros();
  return {
    type: cell,
    activation: "tanh",
    shape: [null, null, size],
    weights: [rowsOfMatrix(input), rowsOfMatrix(recurrent), cell === "gru" ? [bias, other] : bias],
  };
}
