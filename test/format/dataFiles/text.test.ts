import assert from "node:assert/strict";
import { messagesOf, problemIn, read } from "./reading";

const textFile = (more: object, outputs: number, vocabulary: unknown = { from: "sequences" }) => ({
  version: 1,
  vocabulary,
  layers: [{ cell: "rnn", size: 2 }],
  output: { size: outputs },
  loss: { type: "cross-entropy" },
  sequences: { file: "book.txt", targets: "next", ...more },
});

/** The inputs of each sequence, joined. */
function pieces(file: object, text: string): string[] {
  const reading = read(file, { "book.txt": text });
  assert.ok(reading.problem, reading.diagnostics.map(({ message }) => message).join("; "));
  return reading.problem.sequences.map(({ length }, k) =>
    Array.from({ length }, (_, t) => reading.itemsOf(k)!(t)).join("|"),
  );
}

describe("a text file", () => {
  it("is cut into pieces of characters; the vocabulary is all of its characters by first appearance", () => {
    const { model, sequences } = problemIn(textFile({ length: 3 }, 5), { "book.txt": "abcabdxab" });
    assert.deepEqual(model.vocabulary, ["a", "b", "c", "d", "x"]);
    assert.deepEqual(
      sequences.map(({ inputs }) => Array.from(inputs.tokens!)),
      [
        [0, 1, 2],
        [0, 1, 3],
        [4, 0, 1],
      ],
    );
    assert.deepEqual(sequences[0]!.targets, { kind: "classes", classes: Int32Array.of(1, 2, -1), probabilities: null });
  });

  it("a rest that is no whole piece is left out, unless it is all there is", () => {
    assert.deepEqual(pieces(textFile({ length: 3 }, 2), "abababa"), ["a|b|a", "b|a|b"]);
    assert.deepEqual(pieces(textFile({ length: 30 }, 2), "abababa"), ["a|b|a|b|a|b|a"]);
  });

  it("pieces overlap or leave something out as the stride says, and the vocabulary is the whole text's", () => {
    assert.deepEqual(pieces(textFile({ length: 3, stride: 1 }, 4), "abcd"), ["a|b|c", "b|c|d"]);
    assert.deepEqual(pieces(textFile({ length: 2, stride: 4 }, 7), "abcdefg"), ["a|b", "e|f"]);
  });

  it("has words between white space of any kind", () => {
    const file = textFile({ tokens: "words", length: 2 }, 3);
    assert.deepEqual(pieces(file, "  to be\n\tor  to "), ["to|be", "or|to"]);
    assert.deepEqual(problemIn(file, { "book.txt": "to be or to" }).model.vocabulary, ["to", "be", "or"]);
  });

  it("a character beyond the basic plane is one token, and lines of Windows end as others do", () => {
    assert.deepEqual(pieces(textFile({ length: 2 }, 3), "\uFEFFa😀\r\na"), ["a|😀", "\n|a"]);
  });

  it("a character that the file's vocabulary does not have is named at its place in the text", () => {
    const messages = messagesOf(textFile({ length: 4 }, 3, ["a", "b", "\n"]), { "book.txt": "abab\nabxb" });
    assert.deepEqual(messages, ['book.txt:2:3: "x" is not in the vocabulary']);
    const words = messagesOf(textFile({ length: 2, tokens: "words" }, 2, ["to", "be"]), {
      "book.txt": "to be\nto bee",
    });
    assert.deepEqual(words, [
      'book.txt:2:1: "next" makes "bee" the target of step 1, which is not in the vocabulary; did you mean "be"?',
      'book.txt:2:4: "bee" is not in the vocabulary; did you mean "be"?',
    ]);
  });

  it("1.1 million characters are 44,000 sequences of 25", () => {
    const text = "the quick brown fox jumps over the lazy dog. ".repeat(24_445).slice(0, 1_100_000);
    const { sequences, model } = problemIn(textFile({}, 28), { "book.txt": text });
    assert.equal(sequences.length, 44_000);
    assert.equal(model.vocabulary!.length, 28);
  });

  it("a file that is empty is named", () => {
    assert.ok(messagesOf(textFile({}, 2), { "book.txt": "" }).includes("book.txt has no characters, expected a text"));
  });
});

describe("a vocabulary from the sequences", () => {
  const file = (more: object) => ({
    version: 1,
    vocabulary: { from: "sequences" },
    layers: [{ cell: "rnn", size: 2 }],
    output: { size: 4 },
    loss: { type: "cross-entropy" },
    ...more,
  });

  it("has the tokens of inputs and targets in the file's order, those of the validation last", () => {
    const { model } = problemIn(
      file({
        output: { size: 6 },
        sequences: [{ inputs: ["b", "a"], targets: ["a", "c"] }, { text: "xa" }],
        validation: { sequences: [{ inputs: ["y", "a"] }] },
      }),
      {},
    );
    assert.deepEqual(model.vocabulary, ["b", "a", "c", "x", "y"]);
  });

  it("has no target that a label names", () => {
    const { model } = problemIn(
      file({
        labels: ["good", "bad"],
        output: { size: 2, at: "last" },
        sequences: [{ inputs: ["nice", "day"], target: "good" }],
      }),
      {},
    );
    assert.deepEqual(model.vocabulary, ["nice", "day"]);
  });

  it("where no sequence has a token, says so", () => {
    assert.ok(
      messagesOf(file({ sequences: [{ inputs: [[1, 2]] }] }), {}).includes(
        "the vocabulary is to be that of the sequences, which have no token",
      ),
    );
  });
});

describe("a JSON file with an array of sequences", () => {
  const file = {
    version: 1,
    inputSize: 1,
    layers: [{ cell: "rnn", size: 2 }],
    output: { size: 1 },
    loss: { type: "mse" },
    sequences: { file: "data.json" },
  };

  it("is read as the file's own sequences are", () => {
    const sequences = [
      { inputs: [1, 2], targets: [2, 3] },
      { inputs: [4], targets: [null] },
    ];
    assert.deepEqual(
      problemIn(file, { "data.json": JSON.stringify(sequences) }).sequences,
      problemIn({ ...file, sequences }, {}).sequences,
    );
  });

  it("what is wrong in it is named with its own line and column", () => {
    const text = '[\n  { "inputs": [1, [2, 3]] },\n  { "input": [1] }\n]';
    assert.deepEqual(
      messagesOf(file, { "data.json": text }),
      [
        "data.json:2:19: inputs[1] is [2], but the input size is 1: expected a number",
        'data.json:3:3: sequences[1] has no "inputs": expected "inputs" or "text"',
        'data.json:3:5: unknown key "input"; did you mean "inputs"?',
      ].map((message) => message.replace("warning: ", "")),
    );
    assert.deepEqual(messagesOf(file, { "data.json": "{}" }), [
      "data.json:1:1: the file holds an object, expected an array of sequences",
    ]);
  });
});
