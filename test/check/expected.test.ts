import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { compareExpected, summaryOf } from "../../src/check/check";
import { diagnose } from "../../src/check/diagnosis/diagnose";
import { run } from "../../src/engine/run";
import { traceOf } from "../../src/engine/trace";
import { readProblem } from "../../src/format/read";
import { halfUnitOf } from "../../src/format/readExpect";
import { readText } from "../files";

/** h_t = 0.5 x_t + 0.3 h_{t−1}, y = h: of x = 2 the loss (1 − 0)² is 1, of x = 1 it is (0.5 − 2)² = 2.25. */
const linear = (expect: string) => `{ "version": 1, "inputSize": 1,
  "layers": [{ "cell": "rnn", "size": 1, "activation": "linear", "Wxh": [[0.5]], "Whh": [[0.3]], "bh": [0] }],
  "output": { "size": 1, "Why": [[1]], "by": [0] }, "loss": { "type": "mse" },
  "sequences": [{ "inputs": [2], "targets": [0] }, { "inputs": [1], "targets": [2] }],
  "training": { "optimizer": { "type": "sgd", "learningRate": 0.1 } },
  "expect": ${expect} }`;

/** tanh of 0.6 is 0.53704956699803…, of 0.12 0.119427…, of -0.7 -0.604367… */
const tanh = (expect: string) => `{ "version": 1, "inputSize": 1,
  "layers": [{ "cell": "rnn", "size": 3, "Wxh": [[0.6], [0.12], [-0.7]], "Whh": [[0, 0, 0], [0, 0, 0], [0, 0, 0]], "bh": [0, 0, 0] }],
  "output": { "size": 1, "Why": [[1, 1, 1]], "by": [0] }, "loss": { "type": "mse" },
  "sequences": [{ "inputs": [1], "targets": [0] }], "expect": ${expect} }`;

function failedOf(text: string): string[] {
  const { problem, expect } = readText(text);
  return summaryOf(compareExpected(problem, expect)).failed.map(({ path }) => path);
}

const errorsOf = (text: string) =>
  readProblem(text, { fileName: "a.rnn.json" }).diagnostics.map(({ message, offset, length }) => [
    text.slice(offset, offset + length),
    message,
  ]);

describe("What is expected", () => {
  const hidden = (h: string, more = "") =>
    tanh(`{ ${more} "sequences": [{ "steps": [{ "h": [${h}, null, null] }] }] }`);

  it("may be the steps of a trace as they are", () => {
    const { model, sequences } = readText(linear("{}")).problem;
    const { steps } = traceOf(run(model, sequences, 0), 0, () => 2, false) as { steps: unknown };
    const text = linear(JSON.stringify({ sequences: [{ steps }] }));
    assert.deepEqual([errorsOf(text), failedOf(text)], [[], []]);
  });

  for (const [written, isRight] of [
    ["0.5", true],
    ["0.54", true],
    ["0.537", true],
    ["0.5370", true],
    ["0.53704", false],
    ["0.53705", true],
    ["0.5370496", true],
    ["5.37e-1", true],
    ["5.371e-1", false],
    ["0.53704857", true],
    ["0.53704856", false],
    ["0.6", false],
    ["1", false],
    ["1.0", false],
    ["0e0", false],
  ] as const)
    it(`is ${isRight ? "right" : "wrong"} as ${written} for 0.53704957: within half a unit of its last digit, and at least within 1e-6`, () => {
      assert.deepEqual(failedOf(hidden(written)), isRight ? [] : ["expect.sequences.0.steps.0.h.0"]);
    });

  it("is as near as a given tolerance says, whatever its digits", () => {
    assert.deepEqual(failedOf(hidden("0.54", '"tolerance": 1e-6,')), ["expect.sequences.0.steps.0.h.0"]);
    assert.deepEqual(failedOf(hidden("1", '"tolerance": 0.5,')), []);
  });

  it("has half a unit of its last digit after the point, with an exponent too, and none without a point", () => {
    const halves = ["0.5370", "-2.5", "1.50e-3", "2.5E+1", "3", "1e-3", "-7"].map(halfUnitOf);
    const expected = [5e-5, 0.05, 5e-6, 0.5, 0, 0, 0];
    for (const [k, half] of halves.entries())
      assert.ok(Math.abs(half - expected[k]!) <= 1e-8 * expected[k]!, `${half}`);
    // 0.125 lies on the half of both.
    for (const written of ["0.12", "0.13"]) assert.ok(Math.abs(0.125 - Number(written)) <= halfUnitOf(written));
  });

  it("leaves out what is null, in vectors, rows and whole rows, and checks what stands beside it", () => {
    assert.deepEqual(failedOf(tanh('{ "sequences": [{ "steps": [{ "h": [null, 0.2, null] }] }] }')), [
      "expect.sequences.0.steps.0.h.1",
    ]);
    const gradients = (rows: string) =>
      tanh(`{ "sequences": [{ "gradients": { "layers.0.Whh": ${rows}, "layers.0.bh": [null, null, null] } }] }`);
    assert.deepEqual(failedOf(gradients("[null, [null, 0, 7], [null, null, null]]")), [
      "expect.sequences.0.gradients.layers.0.Whh.1.2",
    ]);
    const { problem, expect } = readText(gradients("[null, [null, 0, 7], [null, null, null]]"));
    assert.equal(compareExpected(problem, expect).length, 2);
  });

  it("can be one number of a parameter, or a row of it", () => {
    const text = (wxh: number) =>
      linear(`{ "sequences": [
        { "gradients": { "layers.0.Wxh[0][0]": ${wxh}, "layers.0.bh[0]": 2.0, "output.Why[0]": [2.0] },
          "updated": { "layers.0.Wxh[0][0]": 0.1 } }] }`);
    // dL/dWxh = 2 (y − t) x = 4, dL/dbh = 2; the update leaves 0.5 − 0.1 · 4.
    assert.deepEqual(failedOf(text(4)), []);
    assert.deepEqual(failedOf(text(5)), ["expect.sequences.0.gradients.layers.0.Wxh[0][0]"]);
  });

  it("can be the gradient of an initial state", () => {
    // dL/dh_0 = 2 (y − t) · 0.3
    assert.deepEqual(
      failedOf(
        linear(
          '{ "sequences": [{ "gradients": { "layers.0.h0": [0.6] } }, { "gradients": { "layers.0.h0[0]": -0.9 } }] }',
        ),
      ),
      [],
    );
    assert.deepEqual(failedOf(linear('{ "sequences": [{ "gradients": { "layers.0.h0": [0.7] } }] }')), [
      "expect.sequences.0.gradients.layers.0.h0.0",
    ]);
  });

  it("can be of all sequences as one batch: the mean of the losses, its gradient, and one update", () => {
    const batch = (loss: number) =>
      linear(`{ "batch": { "loss": ${loss}, "gradients": { "layers.0.Wxh": [[0.5]], "output.by": [-0.5], "layers.0.Whh[0][0]": 0.0 },
        "updated": { "layers.0.Wxh": [[0.45]] } } }`);
    // (1 + 2.25) / 2; dL/dWxh is 4 of the one and −3 of the other.
    assert.deepEqual(failedOf(batch(1.625)), []);
    assert.deepEqual(failedOf(batch(1.5)), ["expect.batch.loss"]);
    const { problem, expect } = readText(batch(1.5));
    assert.deepEqual(diagnose(problem, compareExpected(problem, expect)), []);
  });

  it("of a batch is what training.batchReduction makes of it", () => {
    // Of x = 2, 0 the losses are 1² and 0.3², whose sum is 1.09; dL/dby is 2 · 1 + 2 · 0.3, and −3 of the other sequence.
    const batch = (batchReduction: string, loss: number, by: number) =>
      linear(`{ "tolerance": 1e-12, "batch": { "loss": ${loss}, "gradients": { "output.by": [${by}] } } }`)
        .replace('[{ "inputs": [2], "targets": [0] }', '[{ "inputs": [2, 0], "targets": [0, 0] }')
        .replace('"training": {', `"training": { "batchReduction": "${batchReduction}",`);
    assert.deepEqual(failedOf(batch("sequences", (1.09 + 2.25) / 2, (2.6 - 3) / 2)), []);
    assert.deepEqual(failedOf(batch("sum", 1.09 + 2.25, 2.6 - 3)), []);
    assert.deepEqual(failedOf(batch("targets", (1.09 + 2.25) / 3, (2.6 - 3) / 3)), []);
    assert.equal(failedOf(batch("targets", 1.09 + 2.25, 2.6 - 3)).length, 2);
  });

  it("of a batch has the sequences that are held back, and none that validation has beside them", () => {
    const batch = (validation: string) =>
      linear('{ "batch": { "loss": 1.625, "gradients": { "output.by": [-0.5] } } }').replace(
        '"training"',
        `"validation": ${validation}, "training"`,
      );
    assert.deepEqual(failedOf(batch('{ "fraction": 0.5 }')), []);
    assert.deepEqual(failedOf(batch('{ "sequences": [{ "inputs": [5], "targets": [0] }] }')), []);
  });

  it("is an error at its place where it names no number of a parameter", () => {
    const gradients = (entry: string) => linear(`{ "sequences": [{ "gradients": { ${entry} } }] }`);
    const cases = [
      [
        '"layers.0.Whh[1][0]": 1',
        '"layers.0.Whh[1][0]"',
        "layers.0.Whh[1][0] is outside of layers.0.Whh, which is [1 × 1]: expected an index from 0 to 0",
      ],
      ['"layers.0.bh[0][0]": 1', '"layers.0.bh[0][0]"', "layers.0.bh is [1]: expected one index"],
      ['"layers.0.Whh[0]": 1', "1", "layers.0.Whh[0] is 1, expected a row of layers.0.Whh, which is [1 × 1]"],
      ['"layers.0.Whh[0][0]": [1]', "[1]", "layers.0.Whh[0][0] is an array of 1, expected a number"],
      ['"layers.0.Whh": 1', "1", "layers.0.Whh is 1, expected a matrix; one number of it is named layers.0.Whh[0][0]"],
      [
        '"layers.0.Wh[0][0]": 1',
        '"layers.0.Wh[0][0]"',
        'layers.0.Wh is no parameter of this model; did you mean "layers.0.Wxh"?',
      ],
      ['"layers.0.bh": [null, 1]', "[null, 1]", "layers.0.bh is [2], but the parameter has 1 number: expected [1]"],
      [
        '"layers.0.Whh": [[null, 1]]',
        "[[null, 1]]",
        "layers.0.Whh is [1 × 2], but the parameter has 1 rows of 1 numbers: expected [1 × 1]",
      ],
    ] as const;
    for (const [entry, at, message] of cases) assert.deepEqual(errorsOf(gradients(entry)), [[at, message]]);
    assert.deepEqual(errorsOf(linear('{ "batch": { "gradients": { "layers.0.h0": [1] } } }')), [
      ['"layers.0.h0"', 'layers.0.h0 is no parameter of this model; did you mean "layers.0.Whh"?'],
    ]);
    assert.deepEqual(
      errorsOf(linear('{ "batch": { "loss": 1 } }').replaceAll(/"targets": \[\d\]/g, '"name": "a"')).map(
        ([, message]) => message,
      ),
      ["no sequence has targets, so the batch has no loss to compare"],
    );
  });
});
