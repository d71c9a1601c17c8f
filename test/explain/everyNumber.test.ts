import assert from "node:assert/strict";
import fc from "fast-check";
import { evaluateScalar } from "../../src/engine/element";
import { Derivations } from "../../src/explain/derive";
import { printLatex, printText } from "../../src/explain/print";
import type { NumberReference } from "../../src/explain/reference";
import { parseReference, referenceText } from "../../src/explain/reference";
import { partsOf } from "../../src/explain/terms";
import { Stepper } from "../../src/stepper/stepper";
import { trainedProblems } from "./arbitrary";
import { everyNumber } from "./references";
import { sizeOf } from "./size";

const close = (actual: number, expected: number, size: number) =>
  Math.abs(actual - expected) <= 1e-12 * Math.max(Math.abs(expected), size);

describe("the derivation of every number of random models, with every optimizer, decay and clipping", () => {
  const inRuns = (check: (stepper: Stepper, derivations: Derivations) => void, numRuns: number) =>
    fc.assert(
      fc.property(trainedProblems, (problem) => {
        const stepper = new Stepper(problem, 0);
        check(stepper, new Derivations(stepper));
      }),
      { numRuns },
    );

  it("comes from its own numbers to the engine's within 1e-12", () => {
    const kinds = new Set<string>();
    inRuns((stepper, derivations) => {
      for (const { reference, engine } of everyNumber(stepper)) {
        const { value, expression, note, path } = derivations.derive(reference);
        const name = referenceText(reference);
        kinds.add(reference.kind === "update" ? reference.quantity : reference.kind);
        const size = expression ? sizeOf(expression) : Math.abs(value);
        if (engine !== null) assert.ok(close(value, engine, size), `${name} is ${value}, the engine has ${engine}`);
        if (expression)
          assert.ok(
            close(evaluateScalar(expression), engine ?? value, size),
            `${name} = ${evaluateScalar(expression)} by its equation, the engine has ${engine ?? value}`,
          );
        else assert.ok(path !== null || note !== null, `${name} is a leaf with neither a place in the file nor a word`);
        if (!expression && path === null && reference.kind !== "targetCount") assert.equal(value, 0, name);
      }
    }, 25);
    // As often as the problems are drawn, none of the kinds is missing
    for (const kind of [
      "value",
      "gradient",
      "above",
      "next",
      "share",
      "sumSoFar",
      "loss",
      "clipped",
      "decayed",
      "mHat",
      "b",
      "s",
      "updated",
    ])
      assert.ok(kinds.has(kind), kind);
  });

  it("opens number by number, each as large as where it was read, down to the file and never in a circle", () => {
    inRuns((stepper, derivations) => {
      const done = new Set<string>();
      const open = new Set<string>();
      const visit = (reference: NumberReference) => {
        const name = referenceText(reference);
        assert.ok(!open.has(name), `${name} is made of itself`);
        if (done.has(name)) return;
        open.add(name);
        const { expression } = derivations.derive(reference);
        for (const part of expression ? partsOf(expression, Infinity) : [])
          if (part.reference) {
            assert.equal(derivations.value(part.reference), part.value, `${referenceText(part.reference)} in ${name}`);
            visit(part.reference);
          } else assert.equal(part.value, 0, `${part.symbol.base} in ${name} does not open`);
        open.delete(name);
        done.add(name);
      };
      for (const { reference } of everyNumber(stepper)) visit(reference);
    }, 10);
  });

  it("has a reference that survives being written, and prints in both notations", () => {
    inRuns((stepper, derivations) => {
      for (const { reference } of everyNumber(stepper)) {
        assert.deepEqual(parseReference(referenceText(reference)), reference);
        const derivation = derivations.derive(reference);
        for (const text of [printText(derivation, { digits: 4 }), printLatex(derivation, { digits: 4 })])
          assert.doesNotMatch(text, /undefined|NaN|object/, referenceText(reference));
      }
    }, 8);
  });
});
