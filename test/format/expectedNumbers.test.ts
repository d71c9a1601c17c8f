import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { type ExpectedNumbers, eachGroup, eachNumber } from "../../src/format/expectedNumbers";
import { parseText } from "../../src/format/parse";
import { readProblem } from "../../src/format/read";

/** A number, vectors and matrices, of a sequence and of its steps, in one layer of two units. */
const text = `{ "version": 1, "inputSize": 2, "layers": [{ "cell": "rnn", "size": 2 }],
  "output": { "size": 1, "at": "every" }, "loss": { "type": "mse" },
  "sequences": [{ "inputs": [[1, 2]], "targets": [1] }, { "inputs": [[1, 2], [3, 4]], "targets": [1, [2]] }],
  "expect": { "sequences": [
    { "loss": 0.5, "updated": { "layers.0.Wxh": [[1, 2], [3, 4]] } },
    { "steps": [{ "t": 1, "h": [5, 6], "target": 1 }, { "h": [7, 8], "target": [2], "layers": [{ "a": [9, 10] }] }],
      "gradients": { "layers.0.bh": [11, 12], "layers.0.Whh": [[13, 14], [15, 16]] } }] } }`;

function expected(): ExpectedNumbers {
  const { expect, diagnostics } = readProblem(text, { fileName: "test.rnn.json" });
  assert.deepEqual(diagnostics, []);
  return expect!.numbers;
}

/** What stands at a path of the file. */
function at(path: readonly (string | number)[]): unknown {
  let value = parseText(text).value;
  for (const key of path) value = (value as Readonly<Record<string | number, unknown>>)[key];
  return value;
}

describe("The expected numbers of a file", () => {
  it("are each the number that stands at its path", () => {
    const numbers = [...eachNumber(expected())];
    assert.equal(numbers.length, 20);
    for (const { path, value } of numbers) assert.equal(at(path), value, path.join("."));
    assert.equal(new Set(numbers.map(({ path }) => path.join("."))).size, numbers.length);
  });

  it("say of a number target that it is compared with the one entry of a vector", () => {
    const targets = [...eachNumber(expected())].filter(({ path }) => path.includes("target"));
    assert.deepEqual(
      targets.map(({ path, place }) => [path.slice(3).join("."), place.join(".")]),
      [
        ["steps.0.target", "steps.0.target.0"],
        ["steps.1.target.0", "steps.1.target.0"],
      ],
    );
  });

  it("stand in groups whose paths lead to the values that hold them", () => {
    assert.deepEqual(
      [...eachGroup(expected())].map(({ sequence, path }) => [sequence, at(path)].flat(3)),
      [
        [0, 0.5],
        [0, 1, 2, 3, 4],
        [1, 1],
        [1, 5, 6],
        [1, 1],
        [1, 7, 8],
        [1, 9, 10],
        [1, 2],
        [1, 11, 12],
        [1, 13, 14, 15, 16],
      ],
    );
  });

  it("are the same in another thread", () => {
    const numbers = expected();
    assert.deepEqual([...eachNumber(structuredClone(numbers))], [...eachNumber(numbers)]);
  });
});
