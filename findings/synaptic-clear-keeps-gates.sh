#!/usr/bin/env bash
# synaptic 1.1.4: network.clear() does not bring an LSTM back to its start: the gates' gains stay as the last step left them, and the first step
# after it uses them. The same sequence after clear() gives other outputs than in a new network, and others again after another sequence.
# Seen: the gains of a new network are all 1; after clear() they are not, and the outputs of one sequence, run again, are others.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact synaptic@1.1.4
cat > look.cjs <<'JS'
const { Architect } = require("synaptic");
const network = new Architect.LSTM(1, 2, 1);
const run = (inputs) => inputs.map((x) => network.activate([x])[0]);
const first = run([1, -1, 0.5]);
network.clear();
const second = run([1, -1, 0.5]);
network.clear();
run([9, -9, 9]);
network.clear();
const third = run([1, -1, 0.5]);
console.log("the same after clear():", first[0] === second[0]);
console.log("the same after another sequence and clear():", second[0] === third[0]);
const gains = (of) => of.layers.hidden.flatMap(({ list }) => list.flatMap(({ connections }) => Object.values(connections.gated).map(({ gain }) => gain)));
network.clear();
console.log("gains of a new network:", [...new Set(gains(new Architect.LSTM(1, 2, 1)))].join(" "));
console.log("gains after clear() are those:", gains(network).every((gain) => gain === 1));
JS
seen=$(node look.cjs); printf '%s\n' "$seen"
expected='the same after clear(): false
the same after another sequence and clear(): false
gains of a new network: 1
gains after clear() are those: false'
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; printf '%s\n' "$expected"; exit 1; }
