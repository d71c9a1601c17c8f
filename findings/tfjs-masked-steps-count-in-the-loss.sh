#!/usr/bin/env bash
# TensorFlow.js 4.22.0: steps that are masked count in the loss and in its gradient like all others. The recurrent layer skips them, and the
# output that it holds is then compared with the padding of the targets. In Keras the mask that a model's output carries takes such steps out of
# the loss and divides by those that remain (keras/src/losses/loss.py, apply_mask): the same model trains to something else.
# Seen: two right steps and two masked ones whose targets are 1 give the mean squared error 0.5, and one step of training moves the bias to 1;
# by Keras' rule both are 0.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact @tensorflow/tfjs@4.22.0
cat > look.cjs <<'JS'
const log = console.log;
console.log = console.warn = () => {};
const tf = require("@tensorflow/tfjs");
async function look() {
  const recurrent = tf.layers.simpleRNN({ units: 1, kernelInitializer: "zeros", recurrentInitializer: "zeros", returnSequences: true });
  const model = tf.sequential({ layers: [tf.layers.masking({ inputShape: [4, 1] }), recurrent] });
  model.compile({ loss: "meanSquaredError", optimizer: tf.train.sgd(1) });
  const x = tf.tensor3d([[[0.5], [0.7], [0], [0]]]);
  const y = tf.tensor3d([[[0], [0], [1], [1]]]);
  log("outputs:", [...model.predict(x).dataSync()].join(" "));
  const loss = model.evaluate(x, y);
  log("loss:", loss.dataSync()[0]);
  await model.trainOnBatch(x, y);
  log("bias after one step:", recurrent.getWeights()[2].dataSync()[0]);
}
look();
JS
seen=$(node look.cjs 2>/dev/null); printf '%s\n' "$seen"
expected='outputs: 0 0 0 0
loss: 0.5
bias after one step: 1'
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; printf '%s\n' "$expected"; exit 1; }
