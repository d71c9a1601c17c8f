#!/usr/bin/env bash
# onnxruntime-web 1.30.0: the attribute clip of LSTM does not hold at the last of the cell's activations, Ht = ot ∘ h(Ct): Ct goes in
# uncut. ONNX says of clip that it "is applied to the input of activations" (github.com/onnx/onnx/blob/main/docs/Operators.md#LSTM).
# Seen: with clip 1 and every pre-activation 10, after 12 steps C is 2.022 and H = σ(1) tanh(2.022) = 0.7059; cut, tanh would be of 1,
# and H 0.5568. A pre-activation is cut: RNN gives tanh(1).
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact onnxruntime-web@1.30.0 onnx-proto@8.0.1
cat > look.mjs <<'JS'
import onnxProto from "onnx-proto";
import * as ort from "onnxruntime-web";
ort.env.wasm.numThreads = 1;
const { onnx } = onnxProto;
const steps = 12;
const tensor = (name, dims, floatData) => ({ name, dims, dataType: 1, floatData });
const value = (name, dims) => ({ name, type: { tensorType: { elemType: 1, shape: dims && { dim: dims.map((dimValue) => ({ dimValue })) } } } });
async function run(opType, gates, output) {
  const model = onnx.ModelProto.create({ irVersion: 8, opsetImport: [{ domain: "", version: 14 }], graph: {
    name: "one node",
    node: [{ name: "n", opType, input: ["X", "W", "R"], output, attribute: [{ name: "hidden_size", type: 2, i: 1 }, { name: "clip", type: 1, f: 1 }] }],
    initializer: [tensor("W", [1, gates, 1], Array(gates).fill(1)), tensor("R", [1, gates, 1], Array(gates).fill(0))],
    input: [value("X", [steps, 1, 1])],
    output: output.filter((name) => name !== "").map((name) => value(name)),
  } });
  const session = await ort.InferenceSession.create(onnx.ModelProto.encode(model).finish());
  const out = await session.run({ X: new ort.Tensor("float32", new Float32Array(steps).fill(10), [steps, 1, 1]) });
  return Object.fromEntries(Object.entries(out).map(([name, { data }]) => [name, data[0].toFixed(4)]));
}
const { C, H } = await run("LSTM", 4, ["", "H", "C"]);
console.log(`LSTM: C ${C}, H ${H}`);
console.log(`RNN: H ${(await run("RNN", 1, ["", "H"])).H}`);
JS
seen=$(node look.mjs); printf '%s\n' "$seen"
expected='LSTM: C 2.0220, H 0.7059
RNN: H 0.7616'
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; printf '%s\n' "$expected"; exit 1; }
