#!/usr/bin/env bash
# brain.js 2.0.0-beta.24: what its recurrent networks report as their error is 2^(bits / (n - 1)) / 100, where `bits` is the sum over n + 1
# predictions (the start token's and the end's included). It is neither a mean loss nor a perplexity, and of a text of one character it is
# Infinity, however well that is learnt: an errorThresh is then never reached.
# Seen: uniform predictions over 3 classes should have the perplexity 3; texts of one, two and five characters give Infinity, 0.27 and 0.0520.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact brain.js@2.0.0-beta.24
cat > look.cjs <<'JS'
const { recurrent } = require("brain.js");
for (const input of [[0], [0, 1], [0, 1, 0, 1, 0]]) {
  const net = new recurrent.LSTM({ hiddenLayers: [2], inputSize: 2, inputRange: 2, outputSize: 2 });
  net.model = net.mapModel();
  for (const { weights } of net.model.allMatrices) weights.fill(0); // every prediction is uniform over 3 classes: two and the end
  console.log(input.length, "characters:", Number(net.trainInput(input).toPrecision(3)));
}
JS
seen=$(node look.cjs); printf '%s\n' "$seen"
expected='1 characters: Infinity
2 characters: 0.27
5 characters: 0.052'
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; printf '%s\n' "$expected"; exit 1; }
