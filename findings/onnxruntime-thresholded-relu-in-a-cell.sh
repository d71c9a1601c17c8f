#!/usr/bin/env bash
# onnxruntime-web 1.30.0: ThresholdedRelu as an activation of RNN, without activation_alpha, has the threshold 0. ONNX says that the default is
# that of the operator of the same name, which is 1 (and is 1 when the operator stands alone).
# Seen: RNN with W = 1 on the inputs 0.5, 0.9, 1.5 gives 0.5, 0.9, 1.5; ThresholdedRelu alone gives 0, 0, 1.5.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact onnxruntime-web@1.30.0 onnx-proto@8.0.1
cat > look.mjs <<'JS'
import onnxProto from "onnx-proto";
import * as ort from "onnxruntime-web";
ort.env.wasm.numThreads = 1;
const { onnx } = onnxProto;
const tensor = (name, dims, floatData) => ({ name, dims, dataType: 1, floatData });
const value = (name, dims) => ({ name, type: { tensorType: { elemType: 1, shape: dims && { dim: dims.map((dimValue) => ({ dimValue })) } } } });
async function run(node, initializer) {
  const model = onnx.ModelProto.create({ irVersion: 8, opsetImport: [{ domain: "", version: 14 }],
    graph: { name: "one node", node: [{ name: "n", output: ["Y"], ...node }], initializer, input: [value("X", [3, 1, 1])], output: [value("Y")] } });
  const session = await ort.InferenceSession.create(onnx.ModelProto.encode(model).finish());
  const { Y } = await session.run({ X: new ort.Tensor("float32", Float32Array.of(0.5, 0.9, 1.5), [3, 1, 1]) });
  return [...Y.data].map((v) => Number(v.toFixed(4))).join(" ");
}
const attribute = [{ name: "hidden_size", type: 2, i: 1 }, { name: "activations", type: 8, strings: [Buffer.from("ThresholdedRelu")] }];
console.log("in RNN:", await run({ opType: "RNN", input: ["X", "W", "R"], attribute }, [tensor("W", [1, 1, 1], [1]), tensor("R", [1, 1, 1], [0])]));
console.log("alone:", await run({ opType: "ThresholdedRelu", input: ["X"] }, []));
JS
seen=$(node look.mjs); printf '%s\n' "$seen"
expected='in RNN: 0.5 0.9 1.5
alone: 0 0 1.5'
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; printf '%s\n' "$expected"; exit 1; }
