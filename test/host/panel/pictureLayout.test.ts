import assert from "node:assert/strict";
import { cellOf } from "../../../src/engine/cells";
import { symbolsIn } from "../../../src/engine/expression";
import { walk } from "../../../src/engine/picture";
import { cellLibrary } from "../../../src/format/cellLibrary";
import { modelOfCell } from "../../../src/format/copyCell";
import { pictureWithPlaces } from "../../../src/host/panel/pictureLayout";
import { problemOfSeed } from "../../engine/arbitraryCells";
import { readText } from "../../files";

/** Of a box that the panel draws, in columns and rows. */
const [width, height] = [52 / 54, 46 / 48];

const layers = [
  ...cellLibrary.map((one) => [one.name, readText(modelOfCell(one)).problem.model.layers[0]!] as const),
  ...[1, 2, 3, 4, 5, 6].map(
    (seed) => [`the drawn cell ${seed}`, problemOfSeed(seed).model.layers.find(({ own }) => own !== null)!] as const,
  ),
];

describe("the picture of a file's own cell", () => {
  for (const [name, layer] of layers) {
    const picture = pictureWithPlaces(layer);
    const { nodes, edges, onward } = picture;

    it(`of ${name} connects to each quantity what its equation reads, and nothing else`, () => {
      const cell = cellOf(layer);
      for (const { name: quantity, expression } of cell.forwardOperations(layer.options)) {
        const reads = symbolsIn(expression).flatMap((leaf) => {
          if (leaf.kind === "input") return ["x"];
          if (leaf.kind !== "value") return [];
          return [leaf.time === "before" ? `${leaf.name}_prev` : leaf.name];
        });
        assert.deepEqual(walk(picture, quantity, "against").ends, new Set(reads), quantity);
      }
    });

    it(`of ${name} has no box over another, and no line's corner in one`, () => {
      for (const [k, a] of nodes.entries())
        for (const b of nodes.slice(k + 1))
          assert.ok(Math.abs(a.column - b.column) >= width || Math.abs(a.row - b.row) >= height, `${a.id} and ${b.id}`);
      for (const line of [...edges.map(({ via }) => via), ...Object.values(onward)])
        for (const [column, row] of line)
          for (const node of nodes)
            assert.ok(
              Math.abs(column - node.column) >= width / 2 || Math.abs(row - node.row) >= height / 2,
              `a line goes through ${node.id}`,
            );
    });

    it(`of ${name} runs to the right: from the states before, along every line, to h`, () => {
      const columnOf = (id: string) => nodes.find((node) => node.id === id)!.column;
      for (const { from, to } of edges) assert.ok(columnOf(from) < columnOf(to), `${from} → ${to}`);
      for (const { id, column } of nodes) {
        assert.ok(column <= columnOf("h"), id);
        if (id.endsWith("_prev") || id === "x") assert.equal(column, columnOf("h_prev"), id);
      }
    });
  }

  it("of thousands of equations stands in their order, and holds nobody up", () => {
    const equations = Array.from({ length: 3000 }, (_, k) => (k === 0 ? "q0 = Wx x" : `q${k} = q${k - 1} + q0 + h'`));
    const { problem } = readText(
      JSON.stringify({
        version: 1,
        inputSize: 1,
        cells: { long: { equations: [...equations, "h = q2999"] } },
        layers: [{ cell: "long", size: 1 }],
        output: { Why: "identity" },
        sequences: [],
      }),
    );
    const { nodes } = pictureWithPlaces(problem.model.layers[0]!);
    assert.equal(nodes.length, 3003);
    assert.deepEqual([nodes.at(-1)?.id, nodes.at(-1)?.column], ["h", 3001]);
  });
});
