#!/usr/bin/env bash
# h5wasm 0.10.3: a whole JavaScript number without a dtype is stored in 32 bits, however large it is, and wraps around without a word: a count
# of steps of 3e9 becomes negative, 2^40 becomes 0, and 1e20 (a best loss that begins very large) some other number. Half a step more, and the
# same number is kept, as a double. Its README says of create_dataset that without a dtype "shape and dtype will match input".
# An array is looked at as a whole, so that one fraction among its numbers saves them all.
# Seen: as below, for attributes and datasets; h5wasm itself, and jsfive 0.4.2 beside it, read the wrapped numbers back.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact h5wasm@0.10.3 jsfive@0.4.2
cat > look.mjs <<'JS'
import { readFileSync } from "node:fs";
import h5wasm from "h5wasm/node";
import * as jsfive from "jsfive";
await h5wasm.ready;
const numbers = [2 ** 31 - 1, 2 ** 31, 3e9, 3e9 + 0.5, 2 ** 40, 1e20];
const written = new h5wasm.File("numbers.h5", "w");
numbers.forEach((number, i) => written.create_attribute(`a${i}`, number));
written.create_dataset({ name: "whole", data: [1, 3e9] });
written.create_dataset({ name: "mixed", data: [1.5, 3e9] });
written.close();
const read = new h5wasm.File("numbers.h5", "r");
const other = new jsfive.File(Uint8Array.from(readFileSync("numbers.h5")).buffer, "numbers.h5");
numbers.forEach((number, i) => {
  const { dtype, value } = read.attrs[`a${i}`];
  console.log(`${number} as ${dtype}: ${value}, jsfive ${other.attrs[`a${i}`]}`);
});
for (const name of ["whole", "mixed"]) console.log(`${name} as ${read.get(name).dtype}: ${[...read.get(name).value].join(" ")}, jsfive ${[...other.get(name).value].join(" ")}`);
JS
seen=$(node look.mjs); printf '%s\n' "$seen"
expected='2147483647 as <i: 2147483647, jsfive 2147483647
2147483648 as <i: -2147483648, jsfive -2147483648
3000000000 as <i: -1294967296, jsfive -1294967296
3000000000.5 as <d: 3000000000.5, jsfive 3000000000.5
1099511627776 as <i: 0, jsfive 0
100000000000000000000 as <i: 1661992960, jsfive 1661992960
whole as <i: 1 -1294967296, jsfive 1 -1294967296
mixed as <d: 1.5 3000000000, jsfive 1.5 3000000000'
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; printf '%s\n' "$expected"; exit 1; }
