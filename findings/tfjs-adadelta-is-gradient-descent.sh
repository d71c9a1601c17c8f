#!/usr/bin/env bash
# TensorFlow.js 4.22.0: tf.train.adadelta is plain gradient descent. What is documented (tfjs-core, dist/optimizers/optimizer_constructors.d.ts)
# is the algorithm of https://arxiv.org/abs/1212.5701, which divides by the mean square of the gradients with this step's gradient in it. Here
# the mean square of the step before divides. Both means begin at 0, so that the first update is the gradient itself, and then both means take in
# the same squares for ever: the ratio of their roots stays 1, whatever rho is.
# Seen: with the rate 0.1 every update is 0.1 times the gradient, as from tf.train.sgd; by the paper's algorithm 1 becomes 0.99951, not 0.6799.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact @tensorflow/tfjs@4.22.0
cat > look.cjs <<'JS'
const log = console.log;
console.log = console.warn = () => {};
const tf = require("@tensorflow/tfjs");
const gradients = [0.5, -0.2, 0.9, 0.001, 2];
function run(optimizer) {
  const weight = tf.variable(tf.scalar(1));
  return gradients.map((gradient) => (optimizer.applyGradients({ [weight.name]: tf.scalar(gradient) }), weight.dataSync()[0]));
}
function paper(rate, rho, epsilon) {
  let [weight, squares, updates] = [1, 0, 0];
  return gradients.map((gradient) => {
    squares = rho * squares + (1 - rho) * gradient ** 2;
    const update = (Math.sqrt(updates + epsilon) / Math.sqrt(squares + epsilon)) * gradient;
    updates = rho * updates + (1 - rho) * update ** 2;
    return (weight -= rate * update);
  });
}
const show = (what, numbers) => log(what, numbers.map((v) => v.toFixed(5)).join(" "));
show("sgd:", run(tf.train.sgd(0.1)));
show("adadelta:", run(tf.train.adadelta(0.1)));
show("adadelta, rho 0.5:", run(tf.train.adadelta(0.1, 0.5)));
show("by the paper:", paper(0.1, 0.95, 1e-7));
JS
seen=$(node look.cjs 2>/dev/null); printf '%s\n' "$seen"
expected='sgd: 0.95000 0.97000 0.88000 0.87990 0.67990
adadelta: 0.95000 0.97000 0.88000 0.87990 0.67990
adadelta, rho 0.5: 0.95000 0.97000 0.88000 0.87990 0.67990
by the paper: 0.99986 0.99993 0.99975 0.99975 0.99951'
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; printf '%s\n' "$expected"; exit 1; }
