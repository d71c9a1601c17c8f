import assert from "node:assert/strict";
import fc from "fast-check";
import { evaluateScalar } from "../../src/engine/element";
import { Derivations } from "../../src/explain/derive";
import { printLatex, printText } from "../../src/explain/print";
import { parseReference, referenceText } from "../../src/explain/reference";
import { Stepper } from "../../src/stepper/stepper";
import { ownCellProblems } from "../engine/arbitraryCells";
import { readText } from "../files";
import { everyNumber } from "./references";
import { sizeOf } from "./size";

describe("the derivation of every number of drawn cells", () => {
  it("comes to the engine's within 1e-10, has a reference that survives being written, and prints in both notations", () => {
    fc.assert(
      fc.property(ownCellProblems, (problem) => {
        const stepper = new Stepper(problem, 0);
        const derivations = new Derivations(stepper);
        for (const { reference, engine } of everyNumber(stepper)) {
          const derivation = derivations.derive(reference);
          const name = referenceText(reference);
          assert.deepEqual(parseReference(name), reference);
          for (const text of [printText(derivation, { digits: 4 }), printLatex(derivation, { digits: 4 })])
            assert.doesNotMatch(text, /undefined|NaN|object/, name);
          const { expression, value } = derivation;
          if (!expression) continue;
          const found = evaluateScalar(expression);
          const expected = engine ?? value;
          const size = Math.max(1, Math.abs(expected), sizeOf(expression));
          assert.ok(
            Math.abs(found - expected) <= 1e-10 * size,
            `${name} = ${found} by its equation, the engine has ${expected}`,
          );
        }
      }),
      { numRuns: 8 },
    );
  });

  it("opens a constant of the cell at the layer where it is set, else at the cell", () => {
    const file = (layer: string) => `{
      "version": 1, "inputSize": 2,
      "cells": { "leaky": { "constants": { "α": 0.2 }, "equations": ["a = Wxh x + Whh h' + bh", "h = (1 − α) h' + α tanh(a)"] } },
      "layers": [{ "cell": "leaky", "size": 1${layer} }],
      "output": { "size": 1 }, "loss": { "type": "mse" },
      "sequences": [{ "inputs": [[1, 2]], "targets": [1] }]
    }`;
    const constant = { kind: "constant", layer: 0, name: "α" } as const;
    for (const [layer, value, path] of [
      ["", 0.2, ["cells", "leaky", "constants", "α"]],
      [', "α": 0.1', 0.1, ["layers", 0, "α"]],
    ] as const) {
      const derivations = new Derivations(new Stepper(readText(file(layer)).problem, 0));
      const derived = derivations.derive(constant);
      assert.deepEqual([derived.value, derived.path], [value, path]);
      const h = derivations.derive({ kind: "value", name: "layers.0.h", t: 1, i: 0 });
      assert.match(printText(h, { digits: 4 }), /\(1 − α\)/);
    }
  });
});
