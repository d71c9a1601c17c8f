#!/usr/bin/env bash
# TensorFlow.js 4.22.0: its recurrent layers draw their kernels from glorotNormal (a truncated normal distribution). Keras, whose layers they
# mirror name by name, draws them from glorot_uniform. A layer that "is the same" in both so begins from another distribution.
# Seen: the layers' own configuration, and that numbers of a fresh kernel lie beyond sqrt(6 / (fan in + fan out)): 4 % of an LSTM's of 200 units.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact @tensorflow/tfjs@4.22.0
cat > look.cjs <<'JS'
const log = console.log;
console.log = console.warn = () => {};
const tf = require("@tensorflow/tfjs");
for (const name of ["simpleRNN", "lstm", "gru"]) {
  const layer = tf.layers[name]({ units: 200 });
  const { mode, distribution } = layer.getConfig().kernelInitializer.config;
  layer.build([null, null, 200]);
  const [kernel] = layer.getWeights();
  const bound = Math.sqrt(6 / (kernel.shape[0] + kernel.shape[1]));
  const numbers = kernel.dataSync();
  const beyond = numbers.reduce((count, v) => count + (Math.abs(v) > bound ? 1 : 0), 0) / numbers.length;
  log(name, mode, distribution, beyond > 0.02 ? "beyond the uniform one's bound: yes" : "beyond the uniform one's bound: no");
}
JS
seen=$(node look.cjs 2>/dev/null); printf '%s\n' "$seen"
expected="simpleRNN fanAvg normal beyond the uniform one's bound: yes
lstm fanAvg normal beyond the uniform one's bound: yes
gru fanAvg normal beyond the uniform one's bound: yes"
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; printf '%s\n' "$expected"; exit 1; }
