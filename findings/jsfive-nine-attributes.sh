#!/usr/bin/env bash
# jsfive 0.4.2, reading files that h5wasm 0.10.3 (the HDF5 library itself) writes: of an object with up to eight attributes all are there; with
# a ninth there is none, and nothing is said. In its newer formats HDF5 moves an object's attributes into a heap of their own ("dense" storage)
# as soon as they are more than H5Pset_attr_phase_change's max_compact, 8 by default (so says, among others, docs.rs/crate/hdf5-metno,
# AttrPhaseChange), and jsfive passes over the message that says where. Its README names other limitations, not this one.
# Keras, for one, keeps a model's configuration and its weights' order in attributes.
# Seen: 8 attributes are read as 8, 9 as 0, of a group and of a dataset; the dataset's numbers are right, and so are more than eight members.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact jsfive@0.4.2 h5wasm@0.10.3
cat > look.mjs <<'JS'
import { readFileSync } from "node:fs";
import h5wasm from "h5wasm/node";
import * as jsfive from "jsfive";
await h5wasm.ready;
const written = new h5wasm.File("attributes.h5", "w");
for (const count of [8, 9]) {
  const group = written.create_group(`group${count}`);
  for (let i = 0; i < count; i++) {
    group.create_attribute(`a${i}`, i + 0.5);
    group.create_dataset({ name: `d${i}`, data: Float64Array.of(i, 0.5) });
  }
  const dataset = group.get("d7");
  for (let i = 0; i < count; i++) dataset.create_attribute(`a${i}`, i + 0.5);
}
written.close();
const bytes = Uint8Array.from(readFileSync("attributes.h5")).buffer;
const files = [["h5wasm", new h5wasm.File("attributes.h5", "r")], ["jsfive", new jsfive.File(bytes, "attributes.h5")]];
for (const [name, file] of files)
  for (const count of [8, 9]) {
    const group = file.get(`group${count}`);
    const dataset = group.get("d7");
    const counts = [group, dataset].map(({ attrs }) => Object.keys(attrs).length).join(" and ");
    console.log(`${name}: of ${count} attributes ${counts}; ${[...group.keys instanceof Function ? group.keys() : group.keys].length} members, ${[...dataset.value].join(" ")}`);
  }
JS
seen=$(node look.mjs); printf '%s\n' "$seen"
expected='h5wasm: of 8 attributes 8 and 8; 8 members, 7 0.5
h5wasm: of 9 attributes 9 and 9; 9 members, 7 0.5
jsfive: of 8 attributes 8 and 8; 8 members, 7 0.5
jsfive: of 9 attributes 0 and 0; 9 members, 7 0.5'
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; printf '%s\n' "$expected"; exit 1; }
