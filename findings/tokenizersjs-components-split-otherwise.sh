#!/usr/bin/env bash
# @huggingface/tokenizers 0.2.0 (JavaScript), beside the tokenizers 0.23.2 of Python, whose tokenizer.json it reads: parts that its README names
# as supported cut a text otherwise, and so give other numbers to a network, without a word. Punctuation, whose default "Isolated" makes each
# mark a token of its own, keeps marks that follow each other together; Metaspace, which splits by default, does not; Split with a string and
# "Removed" keeps the string (with the same as a pattern it does not); BPE does not look at continuing_subword_prefix, and its merges never
# apply. CharDelimiterSplit, in that list too, is refused as unknown. The README says what it cannot do of regular expressions, and that three
# behaviours of Split are missing ("MergedWithPrevious", "MergedWithNext", "Contiguous"): none of it is about these.
# What each is to do: https://huggingface.co/docs/tokenizers/components and https://huggingface.co/docs/tokenizers/api/pre-tokenizers.
# Seen: as below, the same file read by both. Where all is as one would expect (the last two), the numbers are the same.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-deps tokenizers==0.23.2 2>/dev/null
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact @huggingface/tokenizers@0.2.0
cat > write.py <<'PY'
import json
from tokenizers import Regex, Tokenizer
from tokenizers.models import BPE, WordLevel
from tokenizers.pre_tokenizers import CharDelimiterSplit, Metaspace, Punctuation, Split, Whitespace

words = ["?", "a", "b", "-", "--", "▁a", "▁b", "▁a▁b"]
pieces = ["?", "a", "##b", "##c", "a##b", "ab", "abc"]


def numbered(names):
    return {name: i for i, name in enumerate(names)}


cases = [("Punctuation", Punctuation(), "a--b"), ("Metaspace", Metaspace(), "a b"), ("Split, removed", Split("-", "removed"), "a-b"),
         ("CharDelimiterSplit", CharDelimiterSplit("-"), "a-b"),
         ("BPE with a prefix", None, "abc"),
         ("Split, removed, a pattern", Split(Regex("-"), "removed"), "a-b"), ("Whitespace", Whitespace(), "a b")]
written = []
for name, pre_tokenizer, text in cases:
    if pre_tokenizer:
        tokenizer = Tokenizer(WordLevel(numbered(words), unk_token="?"))
        tokenizer.pre_tokenizer = pre_tokenizer
    else:
        tokenizer = Tokenizer(BPE(numbered(pieces), [("a", "##b"), ("ab", "##c")], unk_token="?", continuing_subword_prefix="##"))
    encoded = tokenizer.encode(text)
    written.append({"name": name, "text": text, "file": json.loads(tokenizer.to_str()), "tokens": encoded.tokens})
with open("cases.json", "w", encoding="utf-8") as out:
    json.dump(written, out)
PY
cat > look.mjs <<'JS'
import { readFileSync } from "node:fs";
import { Tokenizer } from "@huggingface/tokenizers";
for (const { name, text, file, tokens } of JSON.parse(readFileSync("cases.json", "utf8"))) {
  let seen;
  try {
    seen = new Tokenizer(file, { unk_token: "?" }).encode(text).tokens.join(" | ");
  } catch ({ message }) {
    seen = message;
  }
  console.log(`${name}: "${text}" is ${tokens.join(" | ")}, in JavaScript ${seen}`);
}
JS
venv/bin/python write.py
seen=$(node look.mjs); printf '%s\n' "$seen"
expected='Punctuation: "a--b" is a | - | - | b, in JavaScript a | -- | b
Metaspace: "a b" is ▁a | ▁b, in JavaScript ▁a▁b
Split, removed: "a-b" is a | b, in JavaScript a | - | b
CharDelimiterSplit: "a-b" is a | b, in JavaScript Unknown PreTokenizer type: CharDelimiterSplit
BPE with a prefix: "abc" is abc, in JavaScript a | ? | ?
Split, removed, a pattern: "a-b" is a | b, in JavaScript a | b
Whitespace: "a b" is a | b, in JavaScript a | b'
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; printf '%s\n' "$expected"; exit 1; }
