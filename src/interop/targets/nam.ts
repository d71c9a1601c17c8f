import type { Problem } from "../../engine/model";
import { ExportError, type Exported } from "../../format/exported";
import { layouts } from "../layouts";
import { packed, refuse } from "./parts";

/**
 * Neural Amp Modeler's `.nam` of the architecture LSTM: for each layer one matrix [4H × (X + H)] on [x; h], gates i f g o, one
 * bias [4H], then h_0 and c_0; then the head and its bias. All layers have one size.
 */
export function exportNam({ name, model }: Problem): Exported {
  refuse(model, "NAM", [
    "cell of a file's own",
    "rnn layer",
    "gru with reset after",
    "gru with reset before",
    "layer that goes backward",
    "layer of both directions",
    "embedding",
    "read-out that reads the input",
    "read-out that adds the input",
    "read-out of the last step alone",
    "read-out where passes end",
  ]);
  const { layers, output, inputSize } = model;
  const no = (what: string): never => {
    throw new ExportError(`NAM cannot say this model: ${what}`);
  };
  const H = layers[0]!.size;
  layers.forEach((layer, l) => {
    if (layer.cell !== "lstm") no(`it has no ${layer.cell} layer (layers.${l})`);
    if (layer.size !== H) no(`all layers have one size, ${H} here (layers.${l} has ${layer.size})`);
  });
  if (output.size !== 1) no(`it has one output (output has ${output.size})`);
  if (output.activation !== "linear") no(`its output is linear (output is ${output.activation})`);
  const weights: number[] = [];
  for (const layer of layers) {
    const [pass] = layer.passes;
    const { input, recurrent, inputBias } = packed(layer, pass!, layouts.pytorch);
    for (let i = 0; i < input.rows; i++) {
      weights.push(...input.data.subarray(i * input.cols, (i + 1) * input.cols));
      weights.push(...recurrent.data.subarray(i * H, (i + 1) * H));
    }
    weights.push(...(inputBias?.data ?? new Float64Array(input.rows)));
    weights.push(...pass!.initial["h"]!, ...pass!.initial["c"]!);
  }
  const { Why, by } = output;
  weights.push(...(Why?.data ?? [1]), ...(by?.data ?? [0]));
  const text = JSON.stringify({
    version: "0.5.4",
    metadata: { name },
    architecture: "LSTM",
    config: { input_size: inputSize, hidden_size: H, num_layers: layers.length },
    weights,
    sample_rate: 48_000,
  });
  return {
    files: [{ name: "", content: `${text}\n` }],
    warnings: [
      "NAM's runtime lets half a second of silence run through before it plays, so that it starts from another state",
      "sample_rate is written as 48000: the model file does not say it",
    ],
  };
}
