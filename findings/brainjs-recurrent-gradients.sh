#!/usr/bin/env bash
# brain.js 2.0.0-beta.24: the gradients of its recurrent networks are not those of their loss.
# Behaviour: Equation.add hands its gradient on by assigning it, not by adding it. Whatever enters a sum twice keeps the last one alone: every
# bias keeps that of a single step, and in a GRU, where h_{t-1} and the update gate enter several sums, nearly every matrix is wrong.
# Who ports such a network, or holds his own gradients against it, finds differences that are not his.
# Seen: beside central differences of -log p over one sequence (float32, step 0.01), the relative error of each parameter's gradient.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact brain.js@2.0.0-beta.24
cat > look.cjs <<'JS'
const { recurrent } = require("brain.js");
const input = [0, 2, 1, 3];
const wrong = {};
for (const kind of ["RNN", "LSTM", "GRU"]) {
  const net = new recurrent[kind]({ hiddenLayers: [3], inputSize: 4, inputRange: 4, outputSize: 4 });
  net.model = net.mapModel();
  let state = 1;
  const next = () => (state = (state * 16807) % 2147483647) / 2147483647 - 0.5;
  for (const { weights } of net.model.allMatrices) for (let i = 0; i < weights.length; i++) weights[i] = next();
  const loss = () => {
    let sum = 0;
    for (let k = -1; k < input.length; k++) {
      const target = k === input.length - 1 ? 0 : input[k + 1] + 1;
      const logits = [...net.model.equations[k + 1].runIndex(k < 0 ? 0 : input[k] + 1).weights];
      sum += Math.log(logits.reduce((z, v) => z + Math.exp(v), 0)) - logits[target];
    }
    return sum;
  };
  net.trainInput(input);
  net.backpropagate(input);
  const names = ["input", ...Object.keys(net.model.hiddenLayers[0]), "outputConnector", "output"];
  const gradients = net.model.allMatrices.map(({ deltas }) => [...deltas]);
  wrong[kind] = names.filter((_, m) => {
    const { weights } = net.model.allMatrices[m];
    return gradients[m].some((g, i) => {
      const w = weights[i];
      weights[i] = w + 0.01; const up = loss();
      weights[i] = w - 0.01; const down = loss();
      weights[i] = w;
      const difference = (up - down) / 0.02;
      return Math.abs(g - difference) > 0.1 * Math.max(0.01, Math.abs(g), Math.abs(difference));
    });
  });
  console.log(kind, "wrong by more than a tenth:", wrong[kind].join(" "));
}
JS
seen=$(node look.cjs); printf '%s\n' "$seen"
expected='RNN wrong by more than a tenth: bias output
LSTM wrong by more than a tenth: inputBias forgetBias outputBias cellActivationBias output
GRU wrong by more than a tenth: input updateGateInputMatrix updateGateHiddenMatrix updateGateBias resetGateInputMatrix resetGateHiddenMatrix resetGateBias cellWriteInputMatrix cellWriteHiddenMatrix cellWriteBias output'
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; printf '%s\n' "$expected"; exit 1; }
