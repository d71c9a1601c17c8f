#!/usr/bin/env bash
# pickleparser 0.2.1 and jpickle 0.4.1: in protocol 0 (text) Python writes infinity as "Finf", and both read it as NaN; in protocol 2 they read
# it right. A best loss that begins at infinity (early stopping's) so becomes a number that compares with nothing.
# Both also leave the escapes of protocol 0's texts as they stand: "a\nb" comes out with its six characters \u000a.
# Seen: for [inf, -inf, 'a\nb'] in protocol 0: NaN, NaN and a text of eight characters.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact jpickle@0.4.1 pickleparser@0.2.1
cat > look.cjs <<'JS'
const jpickle = require("jpickle");
const { Parser } = require("pickleparser");
// pickle.dumps([float("inf"), float("-inf"), "a\nb"], protocol=0)
const text = "(lp0\nFinf\naF-inf\naVa\\u000ab\np1\na.";
const show = ([up, down, word]) => `${up} ${down} ${word.length} characters`;
console.log("jpickle", show(jpickle.loads(text)));
console.log("pickleparser", show(new Parser().parse(Buffer.from(text, "latin1"))));
JS
seen=$(node look.cjs); printf '%s\n' "$seen"
expected='jpickle NaN NaN 8 characters
pickleparser NaN NaN 8 characters'
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; printf '%s\n' "$expected"; exit 1; }
