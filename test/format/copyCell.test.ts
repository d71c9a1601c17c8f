import assert from "node:assert/strict";
import { cells } from "../../src/engine/cells";
import { run } from "../../src/engine/run";
import { cellKinds, optionsOf } from "../../src/engine/variants";
import { cellLibrary, libraryCell } from "../../src/format/cellLibrary";
import { libraryLayerFix, modelOfCell, ownLayerFix } from "../../src/format/copyCell";
import { applyEdits } from "../../src/format/edit";
import { readProblem } from "../../src/format/read";
import type { Fix } from "../../src/format/remedy";
import { readText } from "../files";

const read = (text: string) => readProblem(text, { fileName: "model.rnn.json" });

/** The text after a fix of layer 0. */
function after(text: string, fixOf: (...args: Parameters<typeof ownLayerFix>) => Fix | null): string {
  const fix = fixOf(text, read(text).source, 0);
  assert.ok(fix, "there is no fix");
  return applyEdits(text, fix.edits);
}

/** Loss, h and every gradient of the one sequence. */
function numbersOf(text: string) {
  const { problem } = readText(text);
  const whole = run(problem.model, problem.sequences, 0);
  return {
    loss: whole.loss,
    h: [1, 2, 3].map((t) => whole.at(t).h[0]),
    gradients: Object.fromEntries(Object.entries(whole.gradients).map(([name, { data }]) => [name, data])),
  };
}

function fileOf(layer: object): string {
  return `{
  "version": 1, // a comment
  "initial": { "forgetBias": 0.5, "seed": 3 },
  "layers": [
    ${JSON.stringify(layer)}
  ],
  "output": { "size": 1 },
  "loss": { "type": "mse" },
  "sequences": [{ "inputs": [[1, -0.5], [0.3, 2], [-1, 0.1]], "targets": [0.2, -0.4, 1] }]
}
`;
}

describe("copying a cell's equations into a file", () => {
  for (const kind of cellKinds())
    for (const options of optionsOf(cells[kind]))
      for (const bias of [{}, { bias: false }]) {
        const layer = { cell: kind, size: 2, ...options, ...bias };
        it(`leaves every number of ${JSON.stringify(layer)} as it was, those that are drawn too`, () => {
          const text = fileOf(layer);
          const copied = after(text, ownLayerFix);
          assert.match(copied, new RegExp(`"cells": \\{\\s*"my ${kind}"`));
          assert.deepEqual(numbersOf(copied), numbersOf(text));
        });
      }

  it("adds to the cells that are there, in their style, under a name that is free", () => {
    const text = `{
  "version": 1,
  "inputSize": 2,
  "cells": {
    // mine
    "my rnn": { "equations": ["h = tanh(W x)"] } // one line
  },
  "layers": [{ "cell": "rnn", "size": 2, "activation": "relu" /* kinked */ }],
  "output": { "size": 1 }
}
`;
    assert.equal(
      after(text, ownLayerFix),
      `{
  "version": 1,
  "inputSize": 2,
  "cells": {
    // mine
    "my rnn": { "equations": ["h = tanh(W x)"] }, // one line
    "my rnn 2": { "title": "plain recurrent cell", "equations": ["a = Wxh x + Whh h' + bh", "h = relu(a)"] }
  },
  "layers": [{ "cell": "my rnn 2", "size": 2 /* kinked */ }],
  "output": { "size": 1 }
}
`,
    );
  });

  it("takes the library's cell that a layer names, as others call it too, with what its layers say", () => {
    const text = fileOf({ cell: "ESN", size: 2 });
    const [finding] = read(text).diagnostics;
    assert.equal(
      finding?.message,
      '"ESN" is a cell of the library: expected its equations under "cells", where a quick fix copies them',
    );
    const { problem } = readText(after(text, libraryLayerFix));
    assert.deepEqual(problem.model.layers[0]?.cell, "echo state");
    assert.deepEqual([...problem.model.frozen], ["layers.0.Wxh", "layers.0.Whh", "layers.0.bh"]);
  });

  it("has nothing to copy for a layer of the file's own cell", () => {
    const text = fileOf({ cell: "mgu", size: 2 });
    const copied = after(text, libraryLayerFix);
    const { source } = read(copied);
    assert.equal(libraryLayerFix(copied, source, 0), null);
    assert.equal(ownLayerFix(copied, source, 0), null);
  });

  it("finds a cell by each of its names, and one cell alone", () => {
    for (const one of cellLibrary)
      for (const name of [one.name, ...(one.aliases ?? [])]) assert.equal(libraryCell(name), one, name);
    assert.equal(libraryCell("LayerNormBasicLSTMCell")?.name, "layer-norm lstm");
    assert.equal(libraryCell("lstm"), null);
  });

  for (const one of cellLibrary)
    it(`makes a small model of ${one.name} that reads without a finding and has a finite loss`, () => {
      const { problem, diagnostics } = readText(modelOfCell(one));
      assert.deepEqual(diagnostics, []);
      assert.ok(Number.isFinite(run(problem.model, problem.sequences, 0).loss));
    });
});
