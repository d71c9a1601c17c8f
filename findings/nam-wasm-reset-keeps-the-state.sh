#!/usr/bin/env bash
# @opendaw/nam-wasm 1.2.0 (Neural Amp Modeler's core as WebAssembly): reset() does not reset an LSTM. It "resets the internal state of a model
# instance", to be called "when starting a new audio region" (its type declarations); what it does is to let half a second of silence go by
# from the state that is there (the core's PrewarmSamples). A .nam file has an LSTM's first hidden and cell state among its weights, and neither
# comes back. A model that forgets within that silence does not show it; one that remembers something goes on with it, and a region sounds as
# what was before it has it.
# Seen: an LSTM of one unit that keeps its sign. It begins with +1, a loud negative stretch turns it to -1, and after reset() it is -1 still;
# loading the model again, or into a new instance, gives +1. Turned around, with a first state of -1, it is the same.
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
for (const first of [0.5, -0.5]) {
  // The gates i, f, g, o: i is open halfway, f nearly and o wholly, and g follows the input and the unit's own output.
  const matrix = [[0, 0], [0, 0], [4, 4], [0, 0]];
  const bias = [0, 2, 0, 9];
  const state = [Math.tanh(first), first];
  const head = [1, 0];
  const weights = [...matrix.flat(), ...bias, ...state, ...head];
  const model = JSON.stringify({ version: "0.5.4", architecture: "LSTM", config: { input_size: 1, hidden_size: 1, num_layers: 1 }, weights, sample_rate: 48000 });
  const instance = nam.createInstance();
  const play = (input, of = instance) => {
    const output = new Float32Array(64);
    nam.process(of, new Float32Array(64).fill(input), output);
    return output[63].toFixed(2);
  };
  nam.loadModel(instance, model);
  const seen = [`silence ${play(0)}`, `loud ${play(-3 * Math.sign(first))}`, `silence ${play(0)}`];
  nam.reset(instance);
  seen.push(`after reset() ${play(0)}`);
  nam.loadModel(instance, model);
  seen.push(`loaded again ${play(0)}`);
  const other = nam.createInstance();
  nam.loadModel(other, model);
  seen.push(`a new instance ${play(0, other)}`);
  console.log(seen.join(", "));
}
JS
seen=$(node look.mjs); printf '%s\n' "$seen"
expected='silence 1.00, loud -1.00, silence -1.00, after reset() -1.00, loaded again 1.00, a new instance 1.00
silence -1.00, loud 1.00, silence 1.00, after reset() 1.00, loaded again -1.00, a new instance -1.00'
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; printf '%s\n' "$expected"; exit 1; }
