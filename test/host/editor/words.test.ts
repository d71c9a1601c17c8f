import { strict as assert } from "node:assert";
import type { TextRange } from "../../../src/format/sourceMap";
import { wordsAt } from "../../../src/host/editor/words";
import { read } from "./worked";

/** The words offered at the bar in a text, and what they would replace. */
function offered(textWithBar: string): { words: readonly string[]; kind: string; replaces: string } | null {
  const offset = textWithBar.indexOf("‸");
  const text = textWithBar.replace("‸", "");
  const slice = (range: TextRange) => text.slice(range.offset, range.offset + range.length);
  const choice = wordsAt(read(text).source, { slice }, offset);
  return (
    choice && {
      words: choice.words,
      kind: choice.kind,
      replaces: text.slice(choice.place.offset, choice.place.offset + choice.place.length),
    }
  );
}

const file = (sequence: string, labels = "") =>
  `{ "version": 1, "vocabulary": ["hi", "there"], ${labels} "sequences": [${sequence}] }`;

describe("Completion of words", () => {
  it("offers the vocabulary in inputs, in place of what is typed", () => {
    assert.deepEqual(offered(file('{ "inputs": ["hi", "t‸"] }')), {
      words: ["hi", "there"],
      kind: "token",
      replaces: '"t"',
    });
  });

  it("offers it where nothing is typed yet", () => {
    assert.deepEqual(offered(file('{ "inputs": ["hi", ‸] }'))?.replaces, "");
  });

  it("offers the labels in targets where there are labels, else the vocabulary", () => {
    assert.deepEqual(offered(file('{ "targets": [‸] }', '"labels": ["yes", "no"],'))?.words, ["yes", "no"]);
    assert.deepEqual(offered(file('{ "target": ‸ }', '"labels": ["yes", "no"],'))?.kind, "label");
    assert.deepEqual(offered(file('{ "targets": ["‸"] }'))?.words, ["hi", "there"]);
  });

  it("offers nothing in a name, at a key, in a vector or outside of the sequences", () => {
    assert.equal(offered(file('{ "name": "‸" }')), null);
    assert.equal(offered(file('{ "‸" }')), null);
    assert.equal(offered(file('{ "inputs": [[‸]] }')), null);
    assert.equal(offered(file("", '"labels": ["‸"],')), null);
    assert.equal(offered(file('{ "inpu‸ts": ["hi"] }')), null);
    assert.equal(offered(file('{ "target‸": "hi" }')), null);
    assert.equal(offered(file('{ "inputs": ["hi"]‸ }')), null);
  });

  it("offers it in a text that is not finished", () => {
    assert.equal(offered(file('{ "inputs": ["hi", "t‸\n'))?.replaces, '"t');
    assert.equal(offered(file('{ "inputs": ["hi" ‸\n'))?.replaces, "");
    assert.equal(offered(file('{ "targets": ["hi"‸, "there"] }'))?.replaces, '"hi"');
  });
});
