import assert from "node:assert/strict";
import type { Tensor } from "../../../src/engine/tensor";
import { printArchive, printParameters } from "../../../src/format/parameterFile";
import { readProblem } from "../../../src/format/read";
import { arrayTable } from "../../../src/host/panel/arrayTable";
import { besidePlaceOf, placeText } from "../../../src/host/panel/place";

const matrix = (rows: number, cols: number): Tensor => ({
  rank: 2,
  rows,
  cols,
  data: Float64Array.from({ length: rows * cols }, (_, k) => k / 8),
});

describe("parameters in a file beside the text", () => {
  it("a table has a row on a line, and says where the entry stands", () => {
    const { text, line, from, to } = arrayTable("layers.0.Wxh in a.npz", matrix(3, 2), [1, 1]);
    assert.equal(text, "layers.0.Wxh in a.npz [3 × 2]\n\n[0]  0  0.125\n[1]  0.25  0.375\n[2]  0.5  0.625\n");
    assert.equal(text.split("\n")[line]!.slice(from, to), "0.375");
  });

  it("of a large array only what lies around the entry is shown", () => {
    const { text, line, from, to } = arrayTable("W", matrix(1000, 1000), [500, 999]);
    const lines = text.split("\n");
    assert.equal(lines[0], "W [1000 × 1000], rows 450 to 550, columns 899 to 999");
    assert.equal(lines.length, 104);
    assert.equal(lines[line]!.slice(from, to), String((500 * 1000 + 999) / 8));
  });

  for (const [file, print] of [
    ["p.safetensors", printParameters],
    ["p.npz", printArchive],
  ] as const)
    it(`${file} is read to the last bit, and Explain names it as the place of its numbers`, () => {
      const third = { rank: 1, rows: 1, cols: 1, data: Float64Array.of(1 / 3) } as const;
      const given = new Map<string, Tensor>([
        ["layers.0.Wxh", matrix(1, 2)],
        ["layers.0.Whh", { ...third, rank: 2 }],
        ["layers.0.bh", third],
      ]);
      const text = `{ "version": 1, "inputSize": 2, "parameters": { "file": "${file}" }, "layers": [{ "cell": "rnn", "size": 1 }],
        "output": { "size": 1, "Why": [[2]], "by": [0] } }`;
      const reading = readProblem(text, {
        fileName: "m.rnn.json",
        // oxlint-disable-next-line require-yield -- a small file
        *readData(name) {
          assert.equal(name, file);
          return print(given);
        },
      });
      assert.deepEqual(reading.diagnostics, []);
      const { parameters } = reading.problem!.model.layers[0]!.passes[0]!;
      for (const [name, tensor] of given) assert.deepEqual(parameters[name.slice("layers.0.".length)], tensor);
      assert.equal(placeText(reading, ["layers", 0, "Wxh", 0, 1]), `layers[0].Wxh[0][1] in ${file}`);
      assert.equal(placeText(reading, ["output", "Why", 0, 0]), "output.Why[0][0]");
      assert.deepEqual(besidePlaceOf(reading, ["layers", 0, "Wxh", 0, 1])!.entry, [0, 1]);
    });
});
