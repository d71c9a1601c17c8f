import { strict as assert } from "node:assert";
import { equationFunctions } from "../../../src/engine/equations";
import { elementFunctions } from "../../../src/engine/functions";
import { derivationHtml } from "../../../src/export";
import { cellDerivation } from "../../../src/export/cellDerivation";
import { toMarkdown } from "../../../src/export/markdown";
import { applyEdits } from "../../../src/format/edit";
import { cellToDerive, copyChoices, derivableCells, smallModel } from "../../../src/host/editor/cellChoices";
import { cellNamesAt } from "../../../src/host/editor/cellNames";
import { cellOutline, colouredWords, type OutlineEntry } from "../../../src/host/editor/cellOutline";
import { equationHover, equationWordsAt } from "../../../src/host/editor/equationWords";
import { functionDocs } from "../../../src/host/editor/functionDocs";
import { readText } from "../../files";
import { read, stepperOf } from "./worked";

const text = `{
  "version": 1,
  "inputSize": 1,
  "cells": {
    "leaky": {
      "constants": { "α": 0.5 },
      "equations": ["a = Wxh x + Whh h' + bh", "h = (1 − α) h' + α tanh(a)"]
    }
  },
  "layers": [{ "cell": "leaky", "size": 1, "Wxh": [[1]], "Whh": [[0]], "bh": [0] }],
  "output": { "Why": "identity" },
  "loss": { "type": "mse" },
  "sequences": [{ "inputs": [1], "targets": [0] }]
}
`;

/** What is offered at the bar, as "name detail", and what it replaces. */
function offered(line: string) {
  const bar = text.replace("h = (1 − α) h' + α tanh(a)", line);
  const offset = bar.indexOf("‸");
  const without = bar.replace("‸", "");
  const found = equationWordsAt(without, read(without).source, offset);
  return (
    found && {
      words: found.words.map(({ name, detail }) => `${name} ${detail}`),
      replaces: without.slice(found.place.offset, found.place.offset + found.place.length),
    }
  );
}

describe("Words of an equation", () => {
  it("are the quantities above, every state, x, constants, parameters with their shapes, and functions", () => {
    const found = offered("h = Wh‸");
    assert.equal(found?.replaces, "Wh");
    assert.deepEqual(found?.words.slice(0, 8), [
      "x [X] the layer's input",
      "a [H] of this step",
      "a' [H] of the step before",
      "h' [H] of the step before",
      "α = 0.5",
      "Wxh [H × X] parameter",
      "Whh [H × H] parameter",
      "bh [H] parameter",
    ]);
    const functions = found?.words.slice(8).map((word) => word.split(" ")[0]);
    assert.deepEqual(functions, Object.keys(equationFunctions));
  });

  it("stand where nothing is typed yet, and in a text that is not finished", () => {
    assert.equal(offered("h = tanh(‸")?.replaces, "");
    assert.equal(offered("h = α ‸")?.words.length, 8 + Object.keys(equationFunctions).length);
  });

  it("are none on the left side, in a number, and outside of the equations", () => {
    assert.equal(offered("h‸ = a"), null);
    assert.equal(offered("h = 0.5‸"), null);
    assert.equal(equationWordsAt(text, read(text).source, text.indexOf('"layers"') + 2), null);
  });

  it("have a doc for each function, whose slope is the engine's", () => {
    assert.deepEqual(Object.keys(functionDocs), Object.keys(equationFunctions));
    // Slopes that are formulas of v, held against differences of the function itself
    const slopes: Partial<Record<keyof typeof elementFunctions, (v: number) => number>> = {
      silu: (v) => elementFunctions.σ(v) * (1 + v * (1 - elementFunctions.σ(v))),
      softplus: elementFunctions.σ,
      hardsigmoid: (v) => (v > -3 && v < 3 ? 1 / 6 : 0),
      hardsigmoid2: (v) => (v >= -2.5 && v <= 2.5 ? 0.2 : 0),
    };
    for (const [name, slope] of Object.entries(slopes)) {
      const f = elementFunctions[name as keyof typeof elementFunctions];
      for (const v of [-4, -1.3, 0.2, 2.7, 3.5])
        assert.ok(Math.abs((f(v + 1e-6) - f(v - 1e-6)) / 2e-6 - slope(v)) < 1e-8, `${name}(${v})`);
    }
  });
});

describe("Hovers in an equation", () => {
  const hover = (words: string, at = text, moved = 0) =>
    equationHover(
      at,
      read(at).source,
      moved === 0 ? null : stepperOf(at, (stepper) => stepper.goToStep(1, "backward")),
      at.indexOf(words),
      4,
    )?.markdown;

  it("say what a word is, with its shape", () => {
    assert.equal(hover("Whh h'"), "**`Whh`** · [H × H] parameter: weights between the units");
    assert.equal(hover('bh"'), "**`bh`** · [H] parameter: a number a unit");
    assert.equal(hover("x + Whh"), "**`x`** · [X] the layer's input");
    assert.equal(hover("α tanh"), "**`α`** · a constant, 0.5; a layer may set another one for itself");
    assert.match(
      hover("h' + bh") ?? "",
      /^\*\*`h'`\*\* · \[H\] `h` of the step before, at first `h0` of the layer, or zeros/,
    );
    assert.match(hover('a)"') ?? "", /^\*\*`a`\*\* · \[H\] of this step\n\n`a = Wxh x \+ Whh h' \+ bh`\n\nin line 1$/);
    assert.match(hover("tanh(a)") ?? "", /^\*\*`tanh\(v\)`\*\*.*\n\nIts slope: 1 − tanh\(v\)²\.$/);
    assert.equal(hover("1 − α"), undefined);
  });

  it("have the numbers of the step that is looked at, a_1 = 1 and ∂L/∂a_1 = 2 h ∘ α (1 − tanh²)", () => {
    const h = 0.5 * Math.tanh(1);
    const slope = 2 * h * 0.5 * (1 - Math.tanh(1) ** 2);
    const markdown = hover("a = Wxh", text, 1) ?? "";
    assert.match(markdown, /\| a_1 \| 1\.000 \|/);
    assert.match(markdown, new RegExp(`\\| ∂L/∂a_1 \\| ${slope.toFixed(4)} \\|`));
  });
});

describe("The outline and the colours of a cell", () => {
  const write = ({ name, detail, kind, children }: OutlineEntry): unknown[] => [
    `${kind} ${name}: ${detail}`,
    ...children.map(write),
  ];

  it("has its constants, its quantities, and each parameter where it appears first", () =>
    assert.deepEqual(cellOutline(text, read(text).source).map(write), [
      [
        "cell leaky: 3 parameters",
        ["constant α: 0.5"],
        [
          "quantity a: Wxh x + Whh h' + bh",
          ["parameter Wxh: [H × X]"],
          ["parameter Whh: [H × H]"],
          ["parameter bh: [H]"],
        ],
        ["state h: (1 − α) h' + α tanh(a)"],
      ],
    ]));

  it("colour each word by what it is, also where letters are written as escapes", () => {
    const escaped = text.replace("α tanh(a)", "\\u03b1 tanh(a)");
    const words = colouredWords(escaped, read(escaped).source).map(
      ({ place, kind }) => `${kind} ${escaped.slice(place.offset, place.offset + place.length)}`,
    );
    assert.deepEqual(words, [
      "definition a",
      "parameter Wxh",
      "input x",
      "parameter Whh",
      "state h'",
      "parameter bh",
      "definition h",
      "number 1",
      "constant α",
      "state h'",
      "constant \\u03b1",
      "function tanh",
      "quantity a",
    ]);
  });
});

describe("Cells that a layer can name", () => {
  it("are the file's own and the library's, which bring their equations", () => {
    const { source } = read(text);
    const offset = text.indexOf('"leaky", "size"') + 3;
    const found = cellNamesAt(text, source, offset);
    assert.equal(found?.names[0]?.name, "leaky");
    assert.deepEqual(found.names[0].edits, []);
    const mgu = found.names.find(({ name }) => name === "mgu")!;
    const edits = [...mgu.edits, { ...found.place, text: '"mgu"' }].sort((a, b) => a.offset - b.offset);
    const changed = applyEdits(text, edits).replace(', "Wxh": [[1]], "Whh": [[0]], "bh": [0]', "");
    assert.equal(readText(changed).problem.model.layers[0]!.cell, "mgu");
  });

  it("are offered where nothing is typed yet, and nowhere else", () => {
    const empty = text.replace('"cell": "leaky"', '"cell": ');
    const at = empty.indexOf('"cell": ') + 8;
    assert.ok((cellNamesAt(empty, read(empty).source, at)?.names.length ?? 0) > 10);
    assert.equal(cellNamesAt(text, read(text).source, text.indexOf('"size"') + 2), null);
  });
});

describe("What a command makes of a cell", () => {
  it("is a small model of it", () => {
    const model = smallModel(text, read(text).source, "leaky");
    assert.ok(model.kind === "whole");
    assert.equal(model.stem, "leaky");
    assert.deepEqual(readText(model.text).diagnostics, []);
  });

  it("is a message where its equations have errors", () => {
    const broken = text.replace("tanh(a)", "tahn(a)");
    const { source } = read(broken);
    const message = "line 2, there is no function tahn: did you mean tanh?";
    assert.deepEqual(smallModel(broken, source, "leaky"), { kind: "faulty", message });
    assert.deepEqual(cellToDerive(broken, source, "leaky"), { kind: "faulty", message });
  });

  it("is its derivation, which says ∂L/∂a = α ∂L/∂h ∘ (1 − tanh(a)²)", () => {
    const found = cellToDerive(text, read(text).source, "leaky");
    assert.ok(found?.kind === "whole");
    const markdown = toMarkdown(cellDerivation("leaky", found.cell, found.options, found.constants));
    const dL = (name: string) => `\\frac{\\partial L}{\\partial ${name}_{t}}`;
    assert.ok(
      markdown.includes(
        `${dL("a")} = \\alpha \\cdot ${dL("h")} \\odot \\left(1 - \\tanh\\left(a_{t}\\right)^{2}\\right)`,
      ),
      markdown,
    );
    assert.ok(markdown.includes("\\alpha = 0.5"));
    const html = derivationHtml("leaky", found.cell, found.options, found.constants);
    assert.match(html, /<h1>leaky: derivation<\/h1>/);
    assert.match(html, /var\(--vscode-editor-foreground\)/);
    assert.ok(html.includes("<math"));
  });

  it("is the derivation of a built-in cell as its layer has it", () => {
    const relu = text.replace('"cell": "leaky"', '"cell": "rnn", "activation": "relu", "bias": false');
    const { source } = read(relu);
    assert.deepEqual(derivableCells(relu, source), ["leaky", "rnn"]);
    const found = cellToDerive(relu, source, "rnn");
    assert.ok(found?.kind === "whole");
    const markdown = toMarkdown(cellDerivation("rnn", found.cell, found.options, found.constants));
    assert.match(markdown, /\[a_\{t\} > 0\]/);
    assert.doesNotMatch(markdown, /b_\{h\}/);
  });

  it("offers to copy what the layers have first, then the library, then the rest that is built in", () => {
    const lstm = text.replace(
      '"cell": "leaky", "size": 1, "Wxh": [[1]], "Whh": [[0]], "bh": [0]',
      '"cell": "lstm", "size": 1',
    );
    const choices = copyChoices(lstm, read(lstm).source);
    assert.deepEqual([choices[0]?.label, choices[1]?.label, choices.at(-1)?.label], ["lstm", "leaky", "dense"]);
    for (const { label, edits } of choices) {
      assert.ok(edits, label);
      assert.deepEqual(readText(applyEdits(lstm, edits)).diagnostics, [], label);
    }
  });
});
