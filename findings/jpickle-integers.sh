#!/usr/bin/env bash
# jpickle 0.4.1: in protocol 2, the newest that it takes, every integer beyond 32 bits is read as 0, without a word (opcode LONG1).
# pickleparser 0.2.1 reads the positive ones right. A count of steps or a storage's offset in a checkpoint can be such a number.
# Seen: the pickle of [1, -1, 2147483647, 2147483648, 1099511627776] gives [1,-1,2147483647,0,0].
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact jpickle@0.4.1 pickleparser@0.2.1
cat > look.cjs <<'JS'
const jpickle = require("jpickle");
const { Parser } = require("pickleparser");
// pickle.dumps([1, -1, 2**31 - 1, 2**31, 2**40], protocol=2)
const bytes = Buffer.from("80025d710028" + "4b01" + "4affffffff" + "4affffff7f" + "8a050000008000" + "8a06000000000001" + "652e", "hex");
console.log("jpickle", JSON.stringify(jpickle.loads(bytes.toString("binary"))));
console.log("pickleparser", JSON.stringify(new Parser().parse(bytes)));
JS
seen=$(node look.cjs); printf '%s\n' "$seen"
expected='jpickle [1,-1,2147483647,0,0]
pickleparser [1,-1,2147483647,2147483648,1099511627776]'
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; printf '%s\n' "$expected"; exit 1; }
