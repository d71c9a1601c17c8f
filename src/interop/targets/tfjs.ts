import type { Problem } from "../../engine/model";
import type { Exported } from "../../format/exported";
import { kerasStack, layerNames } from "./kerasStack";
import { refuse, roundingWarning, singles } from "./parts";
import { joined } from "./protobufWriter";

/** TensorFlow.js' layers model: `model.json`, and its numbers beside it in single precision. */
export function exportTfjs({ model }: Problem, out: string): Exported {
  refuse(model, "TensorFlow.js", ["gru with reset after"]);
  const stack = kerasStack(model, "TensorFlow.js");
  const names = layerNames(stack);
  const specs: { name: string; shape: readonly number[]; dtype: "float32" }[] = [];
  const parts: Uint8Array[] = [];
  const zeros = { class_name: "Zeros", config: {} };
  // Initial values are never used: what is drawn orthogonal takes long, and more of TensorFlow.js than its layers.
  const initializers = (kind: string) =>
    ["LSTM", "GRU", "SimpleRNN"].includes(kind) ? { recurrent_initializer: zeros } : {};
  const layers = stack.map(({ className, config, inner, weights, reads }, k) => {
    const name = names[k]!;
    const innerName = inner?.className.toLowerCase() ?? "";
    for (const [p, arrays] of weights.entries())
      for (const [key, shape, data] of arrays) {
        const pass = inner ? `${p === 0 ? "forward" : "backward"}_${innerName}/` : "";
        specs.push({ name: `${name}/${pass}${key}`, shape, dtype: "float32" });
        parts.push(new Uint8Array(singles(data, `${key} of ${name}`).buffer));
      }
    return {
      class_name: className,
      config: {
        name,
        trainable: true,
        ...(k === 0 && { batch_input_shape: [null, ...reads], dtype: model.embedding ? "int32" : "float32" }),
        ...config,
        ...initializers(className),
        ...(inner && {
          layer: {
            class_name: inner.className,
            config: { name: innerName, trainable: true, ...inner.config, ...initializers(inner.className) },
          },
        }),
      },
    };
  });
  const weightsName = `${out.replace(/\.json$/, "")}.weights.bin`;
  const text = JSON.stringify({
    format: "layers-model",
    generatedBy: "Unroll",
    convertedBy: null,
    modelTopology: {
      class_name: "Sequential",
      config: { name: "sequential", layers },
      keras_version: "tfjs-layers 4.22.0",
      backend: "tensor_flow.js",
    },
    weightsManifest: [{ paths: [weightsName], weights: specs }],
  });
  return {
    files: [
      { name: "", content: `${text}\n` },
      { name: weightsName, content: joined(parts) },
    ],
    warnings: roundingWarning(model, "TensorFlow.js"),
  };
}
