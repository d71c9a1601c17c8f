/** What a file says wrongly of a cell of its own, beside the equations themselves (`test/engine/equations.test.ts`). */
import { assertFinds } from "./marked";

const equations = `"equations": ["a = Wxh x + Whh h' + bh", "h = α tanh(a)"]`;

/** A file with one layer of a cell, whose parts a case replaces. */
function file(parts: Partial<Record<"name" | "cell" | "layer" | "top" | "sequences", string>>): string {
  const {
    name = "mine",
    cell = `"constants": { "α": 0.5 }, ${equations}`,
    layer = "",
    top = "",
    sequences = "[]",
  } = parts;
  return `{
  "version": 1, "inputSize": 2, ${top}
  "cells": { "${name}": { ${cell} } },
  "layers": [{ "cell": "${name.replaceAll(/[⟦⟧]/g, "")}", "size": 3${layer} }],
  "output": { "Why": "identity" },
  "sequences": ${sequences}
}`;
}

describe("errors of a cell of the file's own", () => {
  const initial = (of: string) => ({ cell: `"constants": { "α": 0.5 }, ${equations}, "initial": { ${of} }` });
  const own = "whose own keys are α, Wxh, Whh, bh and h0";
  const cases: [string, string, string[]][] = [
    ["none in a whole one", file({}), []],
    [
      "a built-in cell's name",
      file({ name: "gru" }).replace('"gru"', '⟦"gru"⟧'),
      ["gru is a built-in cell: expected another name"],
    ],
    [
      "x as a vector, of another length than the layer has units",
      file({ cell: '"equations": ["h = ⟦x⟧ + b"]' }),
      [
        "x is a vector by itself here, but layers[0] reads 2 inputs into 3 units: expected as many, or a matrix before x",
      ],
    ],
    ["bias on its layer", file({ layer: ', ⟦"bias"⟧: false' }), [`bias does not belong to a mine layer, ${own}`]],
    [
      "another cell's option",
      file({ layer: ', ⟦"reset"⟧: "after"' }),
      [`reset does not belong to a mine layer, ${own}`],
    ],
    ["a state that it has not", file({ layer: ', ⟦"c0"⟧: [0, 0, 0]' }), [`c0 does not belong to a mine layer, ${own}`]],
    ["a layer's constant that is no number", file({ layer: ', "α": ⟦"x"⟧' }), ['α is "x", expected a number']],
    [
      "a matrix of another shape",
      file({ layer: ', "Wxh": ⟦[[1]]⟧' }),
      ["Wxh is [1 × 1], but the layer reads 2 inputs into 3 units: expected [3 × 2]"],
    ],
    [
      "a vector of another length",
      file({ layer: ', "bh": ⟦[1]⟧' }),
      ["bh is [1], but the layer has 3 units: expected [3]"],
    ],
    [
      "a first state of another length",
      file({ layer: ', "h0": ⟦[1]⟧' }),
      ["h0 is [1], but the layer has 3 units: expected [3]"],
    ],
    [
      "a sequence's first state of another length",
      file({ sequences: '[{ "inputs": [[1, 2]], "h0": ⟦[1]⟧ }]' }),
      ["h0 is [1], but the layer has 3 units: expected [3]"],
    ],
    [
      "something frozen that it has not",
      file({ layer: ', "frozen": [⟦"Wq"⟧]' }),
      ['"Wq" is no parameter of layers[0], which has Wxh, Whh and bh'],
    ],
    [
      "a beginning of what it has not",
      file(initial('⟦"bz"⟧: 1')),
      ["bz is no parameter of this cell: did you mean bh?"],
    ],
    [
      "a vector that is to begin as a square matrix",
      file(initial('"bh": { "scheme": ⟦"orthogonal"⟧ }')),
      ['scheme is "orthogonal", but bh is a vector: expected a scheme that does not need [H × H]'],
    ],
    [
      "one bound alone",
      file(initial('"bh": ⟦{⟧ "scheme": "uniform", "from": 1 }')),
      ['bh has "from" alone: expected both bounds'],
    ],
    [
      "bounds of a scheme that has none",
      file(initial('"bh": { "scheme": "normal", ⟦"from"⟧: 1, "to": 2 }')),
      ['from and to are the bounds of scheme "uniform", but scheme is "normal"'],
    ],
    ["a beginning without a scheme", file(initial('"bh": ⟦{⟧}')), ['bh has no "scheme"']],
    ["no equation", file({ cell: '"equations": ⟦[]⟧' }), ["equations is empty, expected at least one item"]],
    [
      "no equations",
      file({ cell: '"constants": {}' }).replace('"mine": {', '"mine": ⟦{⟧'),
      ['mine has no "equations"'],
    ],
    [
      "a constant that is no number",
      file({ cell: `"constants": { "α": ⟦"x"⟧ }, ${equations}` }),
      ['α is "x", expected a number'],
    ],
    [
      "a fault of an equation behind an escape",
      file({ cell: '"equations": ["h = \\u0057xh x + ⟦tahn⟧(h\')"]' }),
      ["there is no function tahn: did you mean tanh?"],
    ],
  ];
  for (const [title, text, messages] of cases) it(title, () => assertFinds(text, messages));
});
