import assert from "node:assert/strict";
import { readInSlices } from "../../../src/format/read";
import { dataOf } from "../../files";
import { npy } from "./numpy";
import { messagesOf, numbersFile } from "./reading";

/** One more than the sequences of which each takes 900 bytes, and all together 1.5 GB. */
const tooMany = Math.floor(1.5e9 / 900) + 1;
const words = (sequences: object) => ({
  version: 1,
  vocabulary: ["a", "b"],
  layers: [{ cell: "rnn", size: 1 }],
  output: { size: 2 },
  loss: { type: "cross-entropy" },
  sequences,
});

describe("A data file", () => {
  it("of one line of megabytes is read between other work, and what is wrong at its end has its place", () => {
    const start = `{ "inputs": [${'"a", '.repeat(400_000)}`;
    const slices = readInSlices(JSON.stringify(words({ file: "long.jsonl" })), {
      fileName: "long.rnn.json",
      readData: () => dataOf(`${start}"c"] }\n`),
    });
    let pauses = 0;
    let next = slices.next();
    for (; !next.done; next = slices.next()) pauses++;
    assert.ok(pauses > 100, `${pauses} pauses`);
    assert.deepEqual(
      next.value.diagnostics.map(({ message }) => message),
      [`long.jsonl:1:${start.length + 1}: "c" is not in the vocabulary; did you mean "a"?`],
    );
  });

  for (const [kind, file, data] of [
    ["lines", "many.jsonl", "{}\n\n".repeat(tooMany)],
    ["characters, a sequence each,", "many.txt", "ab".repeat(tooMany / 2 + 1)],
    [
      "arrays",
      "many.npy",
      npy(
        "<u1",
        [tooMany, 1, 1],
        Array.from({ length: tooMany }, () => 0),
      ),
    ],
  ] as const)
    it(`of more ${kind} than fit into memory is refused before any of them is read`, () => {
      const text = file.endsWith(".npy")
        ? numbersFile({ file })
        : words(file.endsWith(".txt") ? { file, length: 2, stride: 1 } : { file });
      const [message, ...others] = messagesOf(text, { [file]: data });
      assert.match(message!, /^many\.\w+ has more than 1,666,666 sequences, which do not fit into memory/);
      assert.deepEqual(others, []);
    });
});
