#!/usr/bin/env bash
# @tensorflow/tfjs-layers 4.22.0 with @tensorflow/tfjs-core and a backend, without the union package: a dense layer works, but
# no recurrent layer can be built with its own default, the orthogonal recurrent initializer, which calls a chained method (flatten) that only
# the union package @tensorflow/tfjs registers.
# Seen: "rMat.flatten is not a function" where lstm is built; nothing where the recurrent initializer is another one.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-layers@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0
cat > look.cjs <<'JS'
const log = console.log;
console.log = console.warn = () => {};
require("@tensorflow/tfjs-core");
require("@tensorflow/tfjs-backend-cpu");
const { layers } = require("@tensorflow/tfjs-layers");
const build = (what, layer, shape) => {
  try {
    layer.build(shape);
    log(what, "is built");
  } catch (error) {
    log(what, error.message);
  }
};
build("dense:", layers.dense({ units: 2 }), [null, 3]);
build("lstm:", layers.lstm({ units: 2 }), [null, null, 3]);
build("lstm, glorotUniform:", layers.lstm({ units: 2, recurrentInitializer: "glorotUniform" }), [null, null, 3]);
JS
seen=$(node look.cjs 2>/dev/null); printf '%s\n' "$seen"
expected='dense: is built
lstm: rMat.flatten is not a function
lstm, glorotUniform: is built'
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; printf '%s\n' "$expected"; exit 1; }
