import assert from "node:assert/strict";
import { Derivations } from "../../src/explain/derive";
import { printText } from "../../src/explain/print";
import { parseReference } from "../../src/explain/reference";
import { longSums, partsOf, restOf, termsOf } from "../../src/explain/terms";
import { readProblem } from "../../src/format/read";
import { Stepper } from "../../src/stepper/stepper";
import { processorMs } from "../processorTime";

const size = 512;

function largeRun(): Derivations {
  const { problem, diagnostics } = readProblem(
    JSON.stringify({
      version: 1,
      vocabulary: ["a", "b", "c"],
      layers: [{ cell: "lstm", size }],
      output: { size: 3 },
      loss: { type: "cross-entropy" },
      initial: { seed: 7 },
      sequences: [{ inputs: ["a", "b", "c", "a"], targets: "next" }],
    }),
    { fileName: "large.rnn.json" },
  );
  assert.ok(problem, diagnostics.map(({ message }) => message).join());
  return new Derivations(new Stepper(problem, 0));
}

describe("derivations on a layer of 512 units", () => {
  let derivations: Derivations;
  before(() => {
    derivations = largeRun();
  });

  const derive = (text: string) => {
    const reference = parseReference(text);
    assert.ok(reference, text);
    return derivations.derive(reference);
  };

  it("show the largest of 512 terms first, and what the others come to", () => {
    const derivation = derive("layers.0.i@3[5]");
    const [, symbols, numbers] = printText(derivation, { digits: 4, mostTerms: 3 }).split(" = ");
    assert.equal(symbols, "σ(Wxi[5][c] + Σ_j Whi[5][j]·h_2[j] + bi[5])");
    assert.match(numbers ?? "", /^σ\(.* \(and 509 more\) \+ 0\)$/);
    const [series] = longSums(derivation.expression!, 3);
    assert.ok(series);
    const terms = termsOf(series, 0, size);
    assert.equal(terms.length, size);
    assert.deepEqual(
      terms.map(({ k }) => k).toSorted((a, b) => a - b),
      Array.from({ length: size }, (_, k) => k),
    );
    for (let n = 1; n < size; n++) assert.ok(Math.abs(terms[n]!.value) <= Math.abs(terms[n - 1]!.value));
    const shown = terms.slice(0, 3).reduce((sum, { value }) => sum + value, 0);
    const all = terms.reduce((sum, { value }) => sum + value, 0);
    assert.ok(Math.abs(shown + restOf(series, 3)! - all) < 1e-12);
  });

  it("unfold a long sum page by page", () => {
    const [series] = longSums(derive("layers.0.i@3[5]").expression!, 8);
    assert.ok(series);
    const pages = [termsOf(series, 0, 200), termsOf(series, 200, 200), termsOf(series, 400, 200)];
    assert.deepEqual(
      pages.map((page) => page.length),
      [200, 200, 112],
    );
    assert.deepEqual(pages.flat(), termsOf(series, 0, size));
  });

  it("name the numbers of the largest terms, weight and state", () => {
    const parts = partsOf(derive("layers.0.i@3[5]").expression!, 2);
    // Two terms of two numbers each, the token's weight and the bias
    assert.deepEqual(
      parts.map(({ reference }) => reference?.kind),
      ["parameter", "parameter", "value", "parameter", "value", "parameter"],
    );
  });

  for (const text of [
    "layers.0.i@3[5]",
    "next.layers.0.h@2[5]",
    "gradients.layers.0.Whi[5][7]",
    "updated.layers.0.Whi[5][7]",
  ])
    it(`take under 50 ms of the processor, printed: ${text}`, () => {
      printText(derive(text), { digits: 4 });
      const times = Array.from({ length: 10 }, () => {
        return processorMs(() => printText(derive(text), { digits: 4 }));
      });
      assert.ok(Math.min(...times) < 50, `${times.map((ms) => ms.toFixed(1)).join(", ")} ms`);
    });
});
