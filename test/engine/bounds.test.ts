import assert from "node:assert/strict";
import { staysWithinOne } from "../../src/engine/bounds";
import { cells } from "../../src/engine/cells";
import { readEquations } from "../../src/engine/equations";
import { optionsOf } from "../../src/engine/variants";
import { cellLibrary } from "../../src/format/cellLibrary";

describe("how far a hidden state can go", () => {
  it("is 1 for an lstm, a gru, and a plain or dense layer with tanh or sigmoid alone", () => {
    for (const cell of Object.values(cells))
      for (const options of optionsOf(cell)) {
        const isBounded = options["activation"] === undefined || ["tanh", "sigmoid"].includes(options["activation"]);
        assert.equal(
          staysWithinOne(cell.forwardOperations({ ...options, bias: "true" })),
          isBounded,
          `${cell.title} ${JSON.stringify(options)}`,
        );
      }
  });

  it("of the library is 1 for just these cells", () => {
    const bounded = cellLibrary.filter(({ cell }) => {
      const { equations } = readEquations(cell.equations, cell.constants ?? {});
      return staysWithinOne(equations);
    });
    assert.deepEqual(
      bounded.map(({ name }) => name),
      ["leaky", "echo state", "peephole lstm", "coupled lstm", "hard lstm", "mgu", "layer-norm lstm", "cfc"],
    );
  });
});
