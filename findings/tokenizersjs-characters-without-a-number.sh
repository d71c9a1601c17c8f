#!/usr/bin/env bash
# @huggingface/tokenizers 0.2.0 (JavaScript), beside the tokenizers 0.23.2 of Python, with a vocabulary of characters (model WordLevel, split at
# every character), as a character RNN has one. The JavaScript one takes the same tokenizer.json, but looks for the unknown token's name in
# tokenizer_config.json alone, not in the model's own unk_token, where WordLevel has it (https://huggingface.co/docs/tokenizers/api/models): a
# character beyond the vocabulary has the number undefined, of which an Int32Array makes 0, here the line's end. Its token is the character
# itself, even where the name is told. And decode() takes the spaces before . , ? ! away, which tokenizers' own decode does not do: what a
# network samples is shown otherwise than it was sampled. To turn that off is an option that the README does not name.
# Seen: "a?" in the vocabulary "\n", "#", "a", " ", "." has in Python the numbers 2 1, in JavaScript 2 undefined, and as an Int32Array 2 0; told
# unk_token, 2 1. Back from numbers, "a .a" is "a .a" in Python and "a.a" in JavaScript.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-deps tokenizers==0.23.2 2>/dev/null
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact @huggingface/tokenizers@0.2.0
cat > look.py <<'PY'
from tokenizers import Regex, Tokenizer
from tokenizers.decoders import Fuse
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Split

tokenizer = Tokenizer(WordLevel({"\n": 0, "#": 1, "a": 2, " ": 3, ".": 4}, unk_token="#"))
tokenizer.pre_tokenizer = Split(Regex(r"[\s\S]"), "isolated")
tokenizer.decoder = Fuse()
tokenizer.save("tokenizer.json")
encoded = tokenizer.encode("a?")
print("Python: numbers", *encoded.ids, "tokens", *encoded.tokens)
print(f'Python: back "{tokenizer.decode(tokenizer.encode("a .a").ids)}"')
PY
cat > look.mjs <<'JS'
import { readFileSync } from "node:fs";
import { Tokenizer } from "@huggingface/tokenizers";
const file = JSON.parse(readFileSync("tokenizer.json", "utf8"));
console.log("the file's own unk_token:", file.model.unk_token);
for (const config of [{}, { unk_token: "#" }]) {
  const { ids, tokens } = new Tokenizer(file, config).encode("a?");
  console.log(`JavaScript, ${JSON.stringify(config)}: numbers ${ids.map(String).join(" ")} tokens ${tokens.join(" ")} as an Int32Array ${Int32Array.from(ids).join(" ")}`);
}
const tokenizer = new Tokenizer(file, { unk_token: "#" });
const { ids } = tokenizer.encode("a .a");
console.log(`JavaScript: back "${tokenizer.decode(ids)}", with clean_up_tokenization_spaces false "${tokenizer.decode(ids, { clean_up_tokenization_spaces: false })}"`);
JS
seen=$(venv/bin/python look.py; node look.mjs); printf '%s\n' "$seen"
expected="Python: numbers 2 1 tokens a #
Python: back \"a .a\"
the file's own unk_token: #
JavaScript, {}: numbers 2 undefined tokens a ? as an Int32Array 2 0
JavaScript, {\"unk_token\":\"#\"}: numbers 2 1 tokens a ? as an Int32Array 2 1
JavaScript: back \"a.a\", with clean_up_tokenization_spaces false \"a .a\""
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; printf '%s\n' "$expected"; exit 1; }
