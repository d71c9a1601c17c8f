import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { compareNumbers } from "../../../src/check/check";
import { run } from "../../../src/engine/run";
import { traceOf } from "../../../src/engine/trace";
import { Derivations } from "../../../src/explain/derive";
import { differingOf } from "../../../src/explain/differing";
import { parseReference } from "../../../src/explain/reference";
import { writeSymbol } from "../../../src/explain/write";
import type { ExpectedNumber } from "../../../src/format/read";
import { referenceOf } from "../../../src/host/expectations/reference";
import { Stepper } from "../../../src/stepper/stepper";
import { readText } from "../../files";
import { readSample } from "../../samples/samples";
import { worked } from "../editor/worked";

type Place = ExpectedNumber["place"];

function placesOf(value: unknown): Place[] {
  if (typeof value === "number") return [[]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    placesOf(inner).map((place) => [Array.isArray(value) ? Number(key) : key, ...place]),
  );
}

describe("What an expected number is compared with", () => {
  for (const name of ["hi-there-class.rnn.json", "word-kinds-both.rnn.json", "copy-lstm.rnn.json", "own-cell.rnn.json"])
    it(`is the number of that name, throughout ${name}`, () => {
      const { problem } = readSample(name);
      const done = run(problem!.model, problem!.sequences, 0);
      const places = placesOf(traceOf(done, 0, () => null, false)).filter(
        (place) =>
          ["loss", "steps", "gradients"].includes(String(place[0])) && !["t", "target"].includes(String(place[2])),
      );
      const numbers = places.map(
        (place): ExpectedNumber => ({ sequence: 0, of: "trace", place, path: [], value: 0, tolerance: 1 }),
      );
      const stepper = new Stepper(problem!, 0);
      const derivations = new Derivations(stepper);
      // Every thirteenth is enough of a long trace.
      for (const { expected, actual } of compareNumbers(
        problem!,
        numbers.filter((_, k) => k % 13 === 0 || k < 60),
      )) {
        const reference = referenceOf(problem!.model, expected);
        const { value } = derivations.derive(parseReference(reference!)!);
        assert.equal(value, actual, `${expected.place.join(" ")} is ${reference}`);
      }
    });
});

describe("What differs in an equation", () => {
  const { problem } = readText(worked.replace('"bh": [0]', '"bh": [0.25]'));
  const stepper = new Stepper(problem, 0);
  const derivation = new Derivations(stepper).derive(parseReference("layers.0.a@2[0]")!);
  const { value, expression } = derivation;
  const found = (own: number) => {
    const differing = differingOf(expression!, (other) => Math.abs(other - own) < 1e-9);
    return differing && [differing.parts.map(({ symbol }) => writeSymbol(symbol, "text")), differing.how];
  };

  it("is the bias that is left out, taken twice, or with the other sign", () => {
    assert.deepEqual(found(value - 0.25), [["bh"], "left out"]);
    assert.deepEqual(found(value + 0.25), [["bh"], "taken twice"]);
    assert.deepEqual(found(value - 0.5), [["bh"], "taken with the other sign"]);
  });

  it("is nothing where no single term explains it", () => {
    assert.equal(found(value + 0.123), null);
  });
});
