#!/usr/bin/env bash
# onnxruntime-web 1.30.0 (WebAssembly; the CPU provider's code): where sequence_lens is 0 for a row of a batch, RNN, GRU and LSTM give zeros as
# the last state, not the initial state that was handed in. A stream that pauses for one row of a batch so loses that row's state.
# Seen: two rows of lengths 2 and 0, initial_h 0.25 and 0.5, initial_c 0.75 and 0.6: the second row's Y_h and Y_c are 0.
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
const value = (name, elemType, dims) => ({ name, type: { tensorType: { elemType, shape: dims && { dim: dims.map((dimValue) => ({ dimValue })) } } } });
for (const [opType, gates] of [["RNN", 1], ["GRU", 3], ["LSTM", 4]]) {
  const states = opType === "LSTM" ? ["h0", "c0"] : ["h0"];
  const output = ["Y", "Y_h", "Y_c"].slice(0, 1 + states.length);
  const model = onnx.ModelProto.create({
    irVersion: 8,
    opsetImport: [{ domain: "", version: 14 }],
    graph: {
      name: "one node",
      node: [{ opType, name: "n", input: ["X", "W", "R", "", "lengths", ...states], output, attribute: [{ name: "hidden_size", type: 2, i: 1 }] }],
      initializer: [tensor("W", [1, gates, 1], Array(gates).fill(0.5)), tensor("R", [1, gates, 1], Array(gates).fill(0.3)),
        tensor("h0", [1, 2, 1], [0.25, 0.5]), ...(states.length > 1 ? [tensor("c0", [1, 2, 1], [0.75, 0.6])] : [])],
      input: [value("X", 1, [2, 2, 1]), value("lengths", 6, [2])],
      output: output.map((name) => value(name, 1)),
    },
  });
  const session = await ort.InferenceSession.create(onnx.ModelProto.encode(model).finish());
  const result = await session.run({ X: new ort.Tensor("float32", Float32Array.of(1, 1, 1, 1), [2, 2, 1]), lengths: new ort.Tensor("int32", Int32Array.of(2, 0), [2]) });
  for (const name of output.slice(1)) console.log(opType, name, [...result[name].data].map((v) => v.toFixed(4)).join(" "));
}
JS
seen=$(node look.mjs); printf '%s\n' "$seen"
expected='RNN Y_h 0.5755 0.0000
GRU Y_h 0.4008 0.0000
LSTM Y_h 0.4650 0.0000
LSTM Y_c 0.8930 0.0000'
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; printf '%s\n' "$expected"; exit 1; }
