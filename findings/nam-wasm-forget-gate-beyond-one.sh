#!/usr/bin/env bash
# @opendaw/nam-wasm 1.2.0 (Neural Amp Modeler's core as WebAssembly): its tanh, and its sigmoid, which is made of it, are approximations that go
# on beyond 1. A forget gate whose pre-activation is 18 or more multiplies by more than 1: a value that the cell holds grows by itself, past what
# tanh can give, and where the gate is open enough the cell reaches infinity and the output is NaN from then on. In PyTorch's LSTM, which such
# files are exported from, a gate is a sigmoid (https://pytorch.org/docs/stable/generated/torch.nn.LSTM.html), never beyond 1, and the value
# stays. A gate a little less open forgets instead. Neither the README nor the types speak of approximations.
# Seen: tanh(c) of a cell that takes in one sample and then keeps it, 0, 1000, 4800 and 47999 samples of silence later: with the forget gate
# sigmoid(14) it goes from 0.642 to 0.007, with sigmoid(20) to 1.009, with sigmoid(30) to NaN; by the equations to 0.624, 0.642 and 0.642.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact @opendaw/nam-wasm@1.2.0
cat > look.mjs <<'JS'
import { readFileSync } from "node:fs";
import { createNamModule, NamWasmModule } from "@opendaw/nam-wasm";
const wasmBinary = readFileSync("node_modules/@opendaw/nam-wasm/dist/nam.wasm");
const nam = NamWasmModule.fromModule(await createNamModule({ wasmBinary }));
nam.setSampleRate(48000);
const sigmoid = (x) => 1 / (1 + Math.exp(-x));
for (const forget of [14, 20, 30]) {
  // The gates i, f, g, o: i opens for the input 1 alone, f and o are wide open, g is the input's tanh.
  const matrix = [[20, 0], [0, 0], [1, 0], [0, 0]];
  const bias = [-10, forget, 0, 30];
  const state = [0, 0];
  const head = [1, 0];
  const weights = [...matrix.flat(), ...bias, ...state, ...head];
  const model = { version: "0.5.4", architecture: "LSTM", config: { input_size: 1, hidden_size: 1, num_layers: 1 }, weights, sample_rate: 48000 };
  const instance = nam.createInstance();
  nam.loadModel(instance, JSON.stringify(model));
  const input = new Float32Array(48000);
  input[0] = 1;
  const output = new Float32Array(input.length);
  for (let at = 0; at < input.length; at += 100) {
    const block = new Float32Array(100);
    nam.process(instance, input.slice(at, at + 100), block);
    output.set(block, at);
  }
  let cell = 0;
  const exact = [...input].map((x) => {
    cell = sigmoid(forget) * cell + sigmoid(20 * x - 10) * Math.tanh(x);
    return sigmoid(30) * Math.tanh(cell);
  });
  const show = (numbers) => [0, 1000, 4800, 47999].map((at) => numbers[at].toFixed(3)).join(" ");
  console.log(`sigmoid(${forget}): ${show(output)}, by the equations ${show(exact)}`);
}
JS
seen=$(node look.mjs); printf '%s\n' "$seen"
expected='sigmoid(14): 0.642 0.599 0.445 0.007, by the equations 0.642 0.642 0.640 0.624
sigmoid(20): 0.642 0.716 0.934 1.009, by the equations 0.642 0.642 0.642 0.642
sigmoid(30): 0.642 0.942 1.006 NaN, by the equations 0.642 0.642 0.642 0.642'
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; printf '%s\n' "$expected"; exit 1; }
