import assert from "node:assert/strict";
import { run } from "../../../src/engine/run";
import { plain } from "../../../src/host/training/thread";
import { problemIn } from "../../format/dataFiles/reading";

describe("What crosses over to another thread", () => {
  const problem = problemIn(
    {
      version: 1,
      layers: [{ cell: "rnn", size: 2 }],
      output: { size: 1, at: "last" },
      loss: { type: "mse" },
      sequences: { file: "t.csv", inputs: ["a"], targets: ["a"], window: 3 },
    },
    { "t.csv": `a\n${[1, 2, 3, 4, 5, 6].join("\n")}` },
  );
  const second = {
    name: null,
    length: 3,
    inputs: { tokens: null, vectors: Float64Array.of(2, 3, 4) },
    targets: { kind: "vectors", vectors: Float64Array.of(3, 4, 5), present: Uint8Array.of(0, 0, 1) },
    weights: null,
    weight: 1,
    initial: null,
    carry: false,
  };

  it("has the windows of a table, with their numbers", () => {
    const sent = structuredClone(plain({ kind: "train", problem }));
    assert.ok(sent.kind === "train");
    assert.equal(sent.problem.sequences.length, 3);
    assert.deepEqual(sent.problem.sequences[1], second);
  });

  it("has the one whose gradients are checked", () => {
    const { model, sequence, start, gradients } = run(problem.model, problem.sequences, 1);
    const sent = structuredClone(plain({ kind: "gradients", checked: { model, sequence, start, gradients } }));
    assert.ok(sent.kind === "gradients");
    assert.deepEqual(sent.checked.sequence, second);
  });
});
