#!/usr/bin/env bash
# brain.js 2.0.0-beta.24: toFunction() of recurrent.RNN, LSTM and GRU (those of texts) returns a function that cannot be called. Its README says
# of it "acts just like run()" and "copy and paste! no need to import brain.js". It is written from the sources of the library's own functions,
# and the bundle has renamed one of them: the text defines zeros$1 and calls zeros. The ones of numbers (RNNTimeStep and so on) work.
# Seen: each throws "zeros is not defined"; with a function of that name put beside it, each answers as run() does.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact brain.js@2.0.0-beta.24
cat > look.cjs <<'JS'
const { recurrent } = require("brain.js");
for (const kind of ["RNN", "LSTM", "GRU"]) {
  const net = new recurrent[kind]({ hiddenLayers: [5] });
  net.train(["abab", "acac"], { iterations: 20 });
  const alone = net.toFunction();
  const [defined] = alone.toString().match(/function zeros[^(]*/);
  let seen;
  try {
    seen = alone("a") === net.run("a") ? "as run()" : "otherwise than run()";
  } catch (error) {
    seen = String(error);
  }
  globalThis.zeros = (size) => new Float32Array(size);
  console.log(`${kind}: ${seen} (${defined}); with zeros ${alone("a") === net.run("a") ? "as run()" : "otherwise than run()"}`);
  delete globalThis.zeros;
}
for (const kind of ["RNNTimeStep", "LSTMTimeStep", "GRUTimeStep"]) {
  const net = new recurrent[kind]({ inputSize: 1, outputSize: 1, hiddenLayers: [5] });
  net.train([[0.1, 0.2, 0.3, 0.4]], { iterations: 20 });
  console.log(`${kind}: ${net.toFunction()([0.1, 0.2]) === net.run([0.1, 0.2]) ? "as run()" : "otherwise than run()"}`);
}
JS
seen=$(node look.cjs); printf '%s\n' "$seen"
expected='RNN: ReferenceError: zeros is not defined (function zeros$1); with zeros as run()
LSTM: ReferenceError: zeros is not defined (function zeros$1); with zeros as run()
GRU: ReferenceError: zeros is not defined (function zeros$1); with zeros as run()
RNNTimeStep: as run()
LSTMTimeStep: as run()
GRUTimeStep: as run()'
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; printf '%s\n' "$expected"; exit 1; }
