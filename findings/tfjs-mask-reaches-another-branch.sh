#!/usr/bin/env bash
# TensorFlow.js 4.22.0: once a layer of a model has made a mask, every layer that the model computes after it is handed that mask, unless it has
# one of its own; also layers that no masked tensor leads to, since the mask stays in the arguments that all the layers' calls share.
# A mask belongs to a layer's input: Keras "will automatically fetch the mask corresponding to an input"
# (https://keras.io/guides/understanding_masking_and_padding/), and a layer that gives its last state alone hands no mask on.
# Seen: an RNN over an input without any mask gives other outputs beside a masked branch than alone, but only if that branch is named first among
# the model's outputs. In an autoencoder (masking, RNN, repeatVector, RNN) the decoder stands still wherever the encoder's input was padding.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact @tensorflow/tfjs@4.22.0
cat > look.cjs <<'JS'
const log = console.log;
console.log = console.warn = () => {};
const tf = require("@tensorflow/tfjs");
const rnn = (returnSequences) => tf.layers.simpleRNN({ units: 1, kernelInitializer: "ones", recurrentInitializer: "ones", returnSequences });
const show = (what, tensor) => log(what, [...tensor.dataSync()].map((v) => v.toFixed(4)).join(" "));
const padded = tf.tensor3d([[[0.5], [0], [0], [0]]]);
const whole = tf.tensor3d([[[0.5], [0.5], [0.5], [0.5]]]);

const a = tf.input({ shape: [4, 1] });
const b = tf.input({ shape: [4, 1] });
const masked = rnn(false).apply(tf.layers.masking().apply(a));
const free = rnn(true).apply(b);
show("alone:", tf.model({ inputs: b, outputs: free }).predict(whole));
show("the masked branch named second:", tf.model({ inputs: [a, b], outputs: [free, masked] }).predict([padded, whole])[0]);
show("the masked branch named first:", tf.model({ inputs: [a, b], outputs: [masked, free] }).predict([padded, whole])[1]);

const autoencoder = tf.sequential({ layers: [tf.layers.masking({ inputShape: [4, 1] }), rnn(false), tf.layers.repeatVector({ n: 4 }), rnn(true)] });
show("autoencoder:", autoencoder.predict(padded));
const code = Math.tanh(0.5);
let state = 0;
show("by hand:", tf.tensor1d([1, 2, 3, 4].map(() => (state = Math.tanh(code + state)))));
JS
seen=$(node look.cjs 2>/dev/null); printf '%s\n' "$seen"
expected='alone: 0.4621 0.7452 0.8469 0.8733
the masked branch named second: 0.4621 0.7452 0.8469 0.8733
the masked branch named first: 0.4621 0.4621 0.4621 0.4621
autoencoder: 0.4318 0.4318 0.4318 0.4318
by hand: 0.4318 0.7133 0.8260 0.8586'
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; printf '%s\n' "$expected"; exit 1; }
