import assert from "node:assert/strict";
import { evaluateNow } from "../../../src/engine/evaluate";
import { evaluationReport } from "../../../src/host/training/evaluationReport";
import { readText } from "../../files";

describe("The page of an evaluation", () => {
  // Says of each step the class of the larger input.
  const { problem } = readText(`{
  "version": 1, "inputSize": 2, "labels": ["up", "down"],
  "layers": [{ "cell": "rnn", "size": 2, "activation": "linear", "Wxh": [[1, 0], [0, 1]], "Whh": [[0, 0], [0, 0]], "bh": [0, 0] }],
  "output": { "size": 2, "Why": [[1, 0], [0, 1]], "by": [0, 0] },
  "loss": { "type": "cross-entropy" },
  "sequences": [{ "inputs": [[1, 0]], "targets": ["up"] }, { "name": "odd", "inputs": [[4, 0]], "targets": ["down"] }]
}`);
  const evaluation = evaluateNow(problem, [0, 1]);
  const { text, links, verdict } = evaluationReport(problem, [{ name: "all", evaluation }], 3);

  it("has the confusion matrix with a row a target", () => {
    assert.match(text, /^\| up +\| +1 \| +0 \|$/m);
    assert.match(text, /^\| down +\| +1 \| +0 \|$/m);
  });

  it("names the worst sequence first, and its characters lead to it", () => {
    assert.deepEqual(
      links.map(({ sequence }) => sequence),
      [1, 0],
    );
    const { line, from, to } = links[0]!;
    assert.equal(text.split("\n")[line]!.slice(from, to), "Sequence 2 (odd)");
    // log(1 + e⁴) = 4.0181
    assert.match(text.split("\n")[line]!, /loss 4\.02$/);
  });

  it("says the mean loss and the accuracy in a line", () => {
    // (log(1 + e⁻¹) + log(1 + e⁴)) / 2 = (0.3133 + 4.0181) / 2
    assert.equal(verdict, "all: loss 2.17, accuracy 0.500");
  });
});
