#!/usr/bin/env bash
# npyjs 1.2.0 and numpy-parser 1.2.3: a file in which np.save was called twice (NumPy reads such files back with two calls of np.load) is read
# as one array: its shape is the first one's, its data goes on over the second header and the second array, as numbers.
# numpy-parser says besides that an array of shape (3,) has the shape [3, 1].
# Seen: for [0, 1, 2] followed by [10, 11, 12], 22 numbers for the shape [3], the last ones 10 11 12.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact npyjs@1.2.0 numpy-parser@1.2.3
cat > look.mjs <<'JS'
import { load } from "npyjs";
import { fromArrayBuffer } from "numpy-parser";
/** As np.save writes float64: magic, version 1.0, the header's length, the header padded to 64 bytes, the numbers. */
function saved(numbers) {
  const header = `{'descr': '<f8', 'fortran_order': False, 'shape': (${numbers.length},), }`;
  const padded = `${header.padEnd(Math.ceil((10 + header.length + 1) / 64) * 64 - 10 - 1)}\n`;
  const start = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, padded.length & 255, padded.length >> 8]);
  return Buffer.concat([start, Buffer.from(padded, "latin1"), Buffer.from(Float64Array.from(numbers).buffer)]);
}
const bytes = Uint8Array.from(Buffer.concat([saved([0, 1, 2]), saved([10, 11, 12])])).buffer;
const one = await load(bytes);
const other = fromArrayBuffer(bytes);
for (const [name, { shape, data }] of [["npyjs", one], ["numpy-parser", other]])
  console.log(name, JSON.stringify(shape), data.length, "numbers, the last ones", [...data.slice(-3)].join(" "));
const alone = fromArrayBuffer(Uint8Array.from(saved([0, 1, 2])).buffer);
console.log("numpy-parser, one array alone", JSON.stringify(alone.shape), alone.data.length, "numbers");
JS
seen=$(node look.mjs); printf '%s\n' "$seen"
expected='npyjs [3] 22 numbers, the last ones 10 11 12
numpy-parser [3,1] 22 numbers, the last ones 10 11 12
numpy-parser, one array alone [3,1] 3 numbers'
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; printf '%s\n' "$expected"; exit 1; }
