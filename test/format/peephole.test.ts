/** A cell that the product does not have, written as equations in a file, everywhere that a cell is read. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { parametersOf } from "../../src/engine/model";
import { run } from "../../src/engine/run";
import { train } from "../../src/engine/train";
import { applyEdits, parameterEdits } from "../../src/format/edit";
import { printProblem } from "../../src/format/print";
import { readProblem } from "../../src/format/read";
import { Stepper } from "../../src/stepper/stepper";
import { goldens, readText } from "../files";
import { cursorOf, viewOf } from "../host/panel/view";

const text = readFileSync(path.join(goldens, "cells/peephole-lstm.rnn.json"), "utf8");

/** Two leaky units without a bias, whose membrane v is a state of the cell's own; α = 0.5. */
const membrane = (sequences: readonly object[]) =>
  JSON.stringify({
    version: 1,
    inputSize: 1,
    cells: { membrane: { constants: { α: 0.5 }, equations: ["v = (1 − α) v' + α (W x)", "h = tanh(v)"] } },
    layers: [{ cell: "membrane", size: 2, W: [[1], [-1]] }],
    output: { Why: "identity" },
    loss: { type: "mse" },
    sequences,
  });
const item = {
  inputs: [0.5, 1],
  targets: [
    [0, 0],
    [1, 1],
  ],
};

const vOf = (problem: ReturnType<typeof readText>["problem"], sequence: number, t: number) => [
  ...run(problem.model, problem.sequences, sequence).at(t).passes[0]![0]!.values["v"]!,
];

describe("a cell that only a file has", () => {
  it("is stepped through by its own operations, forward and back, each known when it has been computed", () => {
    const { problem } = readText(text);
    const stepper = new Stepper(problem, 0);
    const layer = problem.model.layers.findIndex(({ own }) => own !== null);
    const { prefix } = problem.model.layers[layer]!.passes[0]!;
    stepper.goToStep(2);
    for (const name of ["i", "f", "g", "c", "o", "h"]) assert.ok(stepper.isKnown(`${prefix}.${name}`, 2), name);
    assert.ok(!stepper.isKnown(`gradients.${prefix}.o`, 2));
    stepper.goToStep(2, "backward");
    for (const name of ["o", "c", "g", "f", "i"]) assert.ok(stepper.isKnown(`gradients.${prefix}.${name}`, 2), name);
  });

  it("has in the panel every source of dL/dc: the step after, whose gates look at it, and h and o of its own step", () => {
    const { stepper, view } = viewOf(text);
    stepper.goToStep(2, "backward");
    const equation = cursorOf(view).operations.find(({ title }) => title.endsWith("state c"))?.equation;
    assert.equal(
      equation,
      "∂L/∂c_2 = ∂L/∂c_3 ∘ f_3 + ∂L/∂i_3 ∘ i_3 ∘ (1 − i_3) ∘ pi + ∂L/∂f_3 ∘ f_3 ∘ (1 − f_3) ∘ pf + ∂L/∂h_2 ∘ o_2 ∘ (1 − tanh(c_2)²) + ∂L/∂o_2 ∘ o_2 ∘ (1 − o_2) ∘ po",
    );
    const { exits } = cursorOf(view).step!.layers[0]!.picture;
    assert.deepEqual(
      exits.map(({ node, side, number }) => [node, side, number !== null]),
      [
        ["h", "above", true],
        ["h", "next", true],
        ["c", "next", true],
      ],
    );
  });

  it("is known to the file: its peepholes are keys of its layers, those of other cells are not", () => {
    const name = /"cell": "([^"]+)"/.exec(text)![1]!;
    const foreign = text.replace(`"cell": "${name}"`, `"cell": "${name}", "Whh": [[1]]`);
    const { diagnostics } = readProblem(foreign, { fileName: "peephole.rnn.json" });
    assert.ok(
      diagnostics.some(({ message }) => message.startsWith("Whh does not belong to a ")),
      String(diagnostics[0]?.message),
    );
  });

  it("has its trained parameters written where they stand, and is the same problem when it is printed", () => {
    const { problem } = readText(text);
    const training = train({ ...problem, training: { ...problem.training, epochs: 1 } });
    let next = training.next();
    while (!next.done) next = training.next();
    const written = readText(applyEdits(text, parameterEdits(text, next.value.parameters)));
    assert.deepEqual(parametersOf(written.problem.model), next.value.parameters);
    assert.deepEqual(readText(printProblem(problem)).problem.model, problem.model);
  });

  it("takes the first value of each of its states from a sequence: v_1 = ½ v_0 + ½ W x", () => {
    const { problem, diagnostics } = readText(membrane([{ ...item, v0: [2, -4] }, item]));
    assert.deepEqual(diagnostics, []);
    assert.deepEqual(vOf(problem, 0, 1), [1.25, -2.25]);
    assert.deepEqual(vOf(problem, 1, 1), [0.25, -0.25]);
  });

  it("carries a state of its own from sequence to sequence", () => {
    const { problem } = readText(membrane([item, { ...item, state: "carry" }]));
    // v_2 of the first is ½ · 0.25 + ½ = 0.625
    assert.deepEqual(vOf(problem, 0, 2), [0.625, -0.625]);
    assert.deepEqual(vOf(problem, 1, 1), [0.5625, -0.5625]);
  });

  it("says where a sequence's first value of its state is wrong", () => {
    const { diagnostics } = readProblem(membrane([{ ...item, v0: [2] }]), { fileName: "membrane.rnn.json" });
    assert.equal(diagnostics.length, 1);
    assert.match(diagnostics[0]!.message, /^v0 /);
  });
});
