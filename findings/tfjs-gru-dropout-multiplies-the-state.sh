#!/usr/bin/env bash
# TensorFlow.js 4.22.0: recurrentDropout of a GRU drops, and scales up, the state itself. It is documented as the "fraction of the units to drop
# for the linear transformation of the recurrent state" (https://js.tensorflow.org/api/latest/#layers.gru): what the kernels see of h. But
# GRUCell puts the masked h in the place of h, also in the sum z * h + (1 - z) * hh. As all the steps of a sequence share one mask, a unit that is
# kept has its state multiplied by 1 / (1 - p) at every step, and where z is above 1 - p it grows without end; a unit that is dropped holds
# nothing from one step to the next. A GRU's state is a mean of tanh's and h, so that one would expect it within -1 and 1. (Keras 3 drops it for
# the kernels alone.)
# Seen: h at the steps 1, 2, 6 and 40, with kernels of zeros, biases that make z 0.7 and hh tanh(1), recurrentDropout 0.5. The recurrent
# kernel is 0, so that it should change nothing at all: kept units reach 400000, dropped ones stay at 0.2285. Not training, all go to 0.7616.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact @tensorflow/tfjs@4.22.0
cat > look.cjs <<'JS'
const log = console.log;
console.log = console.warn = () => {};
const tf = require("@tensorflow/tfjs");
const units = 40;
const of = (value) => Array(units).fill(value);
for (const implementation of [1, 2]) {
  const layer = tf.layers.gru({ units, implementation, recurrentDropout: 0.5, returnSequences: true });
  const inputs = tf.ones([1, 40, 1]);
  layer.apply(inputs);
  layer.setWeights([tf.zeros([1, 3 * units]), tf.zeros([units, 3 * units]), tf.tensor1d([...of(1), ...of(0), ...of(1)])]);
  for (const training of [false, true]) {
    const [outputs] = layer.apply(inputs, { training }).arraySync();
    const courses = outputs[0].map((_, unit) => [0, 1, 5, 39].map((at) => outputs[at][unit].toPrecision(3)).join(" "));
    log(`implementation ${implementation}, ${training ? "training" : "not training"}: ${[...new Set(courses)].sort().join(" or ")}`);
  }
}
JS
seen=$(node look.cjs 2>/dev/null); printf '%s\n' "$seen"
expected="implementation 1, not training: 0.228 0.388 0.672 0.762
implementation 1, training: 0.228 0.228 0.228 0.228 or 0.228 0.548 3.73 4.00e+5
implementation 2, not training: 0.228 0.388 0.672 0.762
implementation 2, training: 0.228 0.228 0.228 0.228 or 0.228 0.548 3.73 4.00e+5"
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; printf '%s\n' "$expected"; exit 1; }
