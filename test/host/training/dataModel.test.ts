import assert from "node:assert/strict";
import { readProblem } from "../../../src/format/read";
import { modelFileFor, previewTable, windowsText } from "../../../src/host/training/dataModel";
import { dataOf } from "../../files";

/** 144 months: a trend and a season, as the airline's passengers have them. */
const airline = `"Month","Passengers","Note"\n${Array.from({ length: 144 }, (_, k) => {
  const passengers = Math.round((110 + 2.6 * k) * (1 + 0.2 * Math.sin((2 * Math.PI * (k - 3)) / 12)));
  return `"${1949 + Math.floor(k / 12)}-${String((k % 12) + 1).padStart(2, "0")}",${passengers},"x"`;
}).join("\n")}\n`;

const problemOf = (text: string, data: string) => {
  const { problem, diagnostics } = readProblem(text, { fileName: "x.rnn.json", readData: () => dataOf(data) });
  assert.deepEqual(diagnostics, []);
  return problem!;
};

describe("A model that is made from data", () => {
  it("offers the columns of numbers and shows their first windows", () => {
    const preview = previewTable(Buffer.from(airline), "air.csv");
    assert.deepEqual(preview.columns, ["Passengers"]);
    assert.equal(preview.rows[0]![0], 88);
    assert.equal(
      windowsText(
        {
          columns: ["a", "b"],
          rows: [
            [1, 10],
            [2, 20],
            [3, 30],
            [4, 40],
          ],
        },
        ["b"],
        2,
      ),
      "10 20 → 30 | 20 30 → 40",
    );
    assert.deepEqual(previewTable(Buffer.from("1;2\n3;4"), "x.csv").columns, [0, 1]);
  });

  it("of a table has windows, a scale and a fraction held back, and no error", () => {
    const wanted = {
      file: "air.csv",
      columns: ["Passengers"],
      tokens: "characters",
      length: 12,
      cell: "lstm",
      tokenCount: 0,
    } as const;
    const { sequences, heldBack, table } = problemOf(modelFileFor(wanted), airline);
    assert.equal(sequences.length, 132);
    assert.equal(heldBack!.length, 26);
    assert.equal(table!.inputs[0]!.name, "Passengers");
  });

  for (const tokens of ["characters", "words"] as const)
    it(`of a text has its ${tokens} as vocabulary, and no error`, () => {
      const text = "to be or not to be ".repeat(40);
      const tokenCount = new Set(tokens === "words" ? text.trim().split(" ") : text).size;
      const wanted = { file: "book.txt", columns: null, tokens, length: 10, cell: "gru", tokenCount } as const;
      const { model, sequences } = problemOf(modelFileFor(wanted), text);
      assert.equal(model.vocabulary!.length, tokenCount);
      assert.equal(sequences[0]!.length, 10);
    });
});
