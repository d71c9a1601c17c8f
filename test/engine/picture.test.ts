import assert from "node:assert/strict";
import type { CellActivation } from "../../src/engine/activation";
import type { Cell } from "../../src/engine/cell";
import { cells } from "../../src/engine/cells";
import type { Expression } from "../../src/engine/expression";
import { symbolsIn } from "../../src/engine/expression";
import type { GruReset } from "../../src/engine/gruCell";
import { walk } from "../../src/engine/picture";
import type { CellOptions } from "../../src/engine/step";

const activations: readonly CellActivation[] = ["tanh", "relu", "sigmoid", "linear"];
const resets: readonly GruReset[] = ["after", "before"];

/** Every cell with every choice that it can have. */
function eachCell(check: (cell: Cell, options: CellOptions, name: string) => void): void {
  for (const [name, cell] of Object.entries(cells))
    for (const activation of activations)
      for (const reset of resets) check(cell, { activation, reset }, `${name}, ${activation}, reset ${reset}`);
}

/** The nodes of what an expression reads of the forward pass, by the pictures' rule for names. */
function forwardReads(expression: Expression): Set<string> {
  return new Set(
    symbolsIn(expression).flatMap((symbol) => {
      if (symbol.kind === "input") return ["x"];
      if (symbol.kind !== "value") return [];
      return [symbol.time === "before" ? `${symbol.name}_prev` : symbol.name];
    }),
  );
}

function gradientReads(expression: Expression, time: "now" | "after"): Set<string> {
  return new Set(
    symbolsIn(expression).flatMap((symbol) =>
      symbol.kind === "gradient" && symbol.time === time ? [symbol.name] : [],
    ),
  );
}

describe("a cell's picture", () => {
  it("connects to each quantity what its equation reads, and nothing else", () => {
    eachCell((cell, options, name) => {
      const picture = cell.picture(options);
      for (const operation of cell.forwardOperations(options))
        assert.deepEqual(
          walk(picture, operation.name, "against").ends,
          forwardReads(operation.expression),
          `${name}: ${operation.name}`,
        );
    });
  });

  it("leads from each quantity to those whose gradients its own is made of, and nowhere else", () => {
    eachCell((cell, options, name) => {
      const picture = cell.picture(options);
      for (const operation of cell.backwardOperations(options))
        assert.deepEqual(
          walk(picture, operation.name, "along").ends,
          gradientReads(operation.expression, "now"),
          `${name}: ∂L/∂${operation.name}`,
        );
    });
  });

  it("leads from each state before to the quantities whose gradients come back to it from the step after", () => {
    eachCell((cell, options, name) => {
      const picture = cell.picture(options);
      for (const operation of cell.backwardOperations(options).filter((one) => cell.states.includes(one.name)))
        assert.deepEqual(
          walk(picture, `${operation.name}_prev`, "along").ends,
          gradientReads(operation.expression, "after"),
          `${name}: ∂L/∂${operation.name}`,
        );
    });
  });

  it("has for each operator an equation that reads what its lines bring", () => {
    eachCell((cell, options, name) => {
      const picture = cell.picture(options);
      for (const { id, shows } of picture.nodes)
        if (shows.kind === "part")
          assert.deepEqual(walk(picture, id, "against").ends, forwardReads(shows.expression), `${name}: ${id}`);
    });
  });

  it("has one node for every quantity and every state before, named after it", () => {
    eachCell((cell, options, name) => {
      const named = cell.picture(options).nodes.flatMap(({ id, shows }) => (shows.kind === "quantity" ? [id] : []));
      const expected = [
        ...cell.quantities(options).map((quantity) => quantity.name),
        ...cell.states.map((state) => `${state}_prev`),
      ];
      assert.deepEqual(named.toSorted(), expected.toSorted(), name);
    });
  });
});
