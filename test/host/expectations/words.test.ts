import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { compareExpected, summaryOf } from "../../../src/check/check";
import { diagnose } from "../../../src/check/diagnosis/diagnose";
import { explanationOf, explanationOfNumber } from "../../../src/check/diagnosis/words";
import { nameOf } from "../../../src/check/names";
import { runBatch } from "../../../src/engine/batch";
import { run } from "../../../src/engine/run";
import { toNested } from "../../../src/engine/tensor";
import { updateOnce } from "../../../src/engine/train";
import { applyEdits } from "../../../src/format/edit";
import { expectEdits } from "../../../src/format/expectEdit";
import { eachNumber } from "../../../src/format/expectedNumbers";
import { itemsOf } from "../../../src/host/expectations/items";
import { marksOf } from "../../../src/host/expectations/marks";
import { wrongText } from "../../../src/host/expectations/names";
import type { Kind } from "../../../src/host/expectations/takenDown";
import { countOf, kindsOf, takenDown } from "../../../src/host/expectations/takenDown";
import { readText } from "../../files";
import { readSample, sampleText } from "../../samples/samples";
import { linesOf, worked } from "../editor/worked";

describe("What is said of an expectation", () => {
  it("names the number, both values, how far it is off and the tolerance", () => {
    const { problem, expect } = readSample("hi-there-class.rnn.json");
    const [wrong] = compareExpected(problem!, expect).filter(({ right }) => !right);
    assert.equal(
      wrongText(problem!.model, wrong!, 4),
      "a_2 is −0.2076 (−0.20757656854799805), expected −0.2075846: off by 8.0e−6, tolerance 1e−8",
    );
  });

  it("calls every number by the textbook's name, with its layer where there are several", () => {
    const text = (layers: string) => `{ "version": 1, "inputSize": 1, "layers": [${layers}],
      "output": { "size": 1 }, "loss": { "type": "mse" }, "sequences": [{ "inputs": [1, 2], "targets": [1, 2] }],
      "expect": { "sequences": [{ "loss": 1, "steps": [null, { "h": [1, 1], "output": [1], "loss": 2,
        "gradients": { "h": [1, 1], "logits": [3] } }],
        "gradients": { "layers.0.Whh": [[1, 1], [1, 1]] }, "updated": { "output.by": [1] } }] } }`;
    const names = (layers: string) => {
      const { problem, expect } = readText(text(layers));
      return [...eachNumber(expect!.numbers)].map((number) => nameOf(problem.model, number));
    };
    const cell = '{ "cell": "rnn", "size": 2 }';
    assert.deepEqual(names(cell), [
      "L",
      "h_2[0]",
      "h_2[1]",
      "y_2",
      "ℓ_2",
      "∂L/∂z_2",
      "∂L/∂h_2[0]",
      "∂L/∂h_2[1]",
      "∂L/∂Whh[0][0]",
      "∂L/∂Whh[0][1]",
      "∂L/∂Whh[1][0]",
      "∂L/∂Whh[1][1]",
      "by[0] after the update",
    ]);
    const stacked = names(`${cell}, ${cell}`);
    assert.ok(stacked.includes("layers.0.h_2[1]") && stacked.includes("∂L/∂layers.0.Whh[1][0]"), stacked.join());
  });

  it("says which slip explains it, of all wrong numbers and of one", () => {
    const text = worked.replace('"bh": [0]', '"bh": [0.3]').replace(
      '"training"',
      // h_1 = tanh(0.5) and h_2 = tanh(−0.3 + 0.2 h_1), as if there were no bias
      '"expect": { "sequences": [{ "steps": [{ "h": [0.46211715726] }, { "h": [-0.20464571679] }] }] },\n  "training"',
    );
    const { problem, expect } = readText(text);
    const comparisons = compareExpected(problem, expect);
    const diagnoses = diagnose(problem, comparisons);
    assert.equal(explanationOf(diagnoses), "All 2 wrong numbers are what comes out where the bias bh is left out");
    assert.equal(explanationOfNumber(diagnoses, 0), "It is what comes out where the bias bh is left out");
    assert.equal(explanationOfNumber(diagnoses, 2), null);
    assert.equal(explanationOf([]), null);
  });

  it("says what cannot be told apart, the more usual one first, and by which number it could be", () => {
    // With two steps the ½ of a squared error and the mean over the steps give the same loss and the same gradients.
    const { problem, expect } = readText(`{ "version": 1,
      "layers": [{ "cell": "rnn", "size": 1, "Wxh": [[0.5]], "Whh": [[0.25]], "bh": [0.1] }],
      "output": { "size": 1, "activation": "linear", "Why": [[2]], "by": [0] }, "loss": { "type": "mse" },
      "sequences": [{ "inputs": [1, -1], "targets": [1, 0.5] }],
      "expect": { "sequences": [{ "loss": 0.52224, "gradients": { "output.by": [-0.94521] } }] } }`);
    assert.equal(
      explanationOf(diagnose(problem, compareExpected(problem, expect))),
      "All 2 wrong numbers are what comes out where the squared error is halved, ½(y − target)²; " +
        "or where the mean over the steps is taken in place of their sum. The numbers do not tell these apart: ℓ_1 would",
    );
  });
});

describe("The marks of expectations", () => {
  const text = sampleText("hi-there-class.rnn.json");
  const { problem, expect, source } = readText(text);
  const { lines, wrong } = marksOf(compareExpected(problem, expect), source, linesOf(text), 4);

  it("put one ✓ behind each line whose numbers are right, and count them where one is not", () => {
    const row = text.split("\n").findIndex((line) => line.includes("-0.2075846"));
    const marked = new Map(lines.map(({ line, text }) => [line, text]));
    assert.match(marked.get(row) ?? "no number of the line is right", /^✓ \d+ of \d+$|no number/);
    for (const [line, mark] of marked) if (line !== row) assert.equal(mark, "✓");
    assert.ok(marked.size >= 10);
  });

  it("put the computed number behind a wrong one, with as many digits as tell them apart", () => {
    assert.deepEqual(
      wrong.map(({ place, text: mark }) => [text.slice(place.offset, place.offset + place.length), mark]),
      [["-0.2075846", " ≠ −0.207577"]],
    );
  });
});

describe("The items of a file's expectations", () => {
  it("are its sequences, and in them steps, loss, gradients and updated parameters", () => {
    const { expect } = readSample("hi-there-class.rnn.json");
    const [only, ...others] = itemsOf(expect!.numbers, () => "worked");
    assert.deepEqual(others, []);
    assert.equal(only!.label, "sequence 1: worked");
    assert.deepEqual(
      only!.children.map(({ label }) => label),
      ["loss", "step t = 1", "step t = 2", "step t = 3", "step t = 4", "gradients", "updated"],
    );
    assert.deepEqual(only!.children[2]!.path, ["expect", "sequences", 0, "steps", 1]);
  });

  it("have the batch beside the sequences", () => {
    const { expect } = readText(
      applyEdits(worked, expectEdits(worked, 0, {}, null, { loss: 5.5735, gradients: { "output.by": [1, 0, 0, 0] } })),
    );
    const batch = itemsOf(expect!.numbers, () => null).find(({ path }) => path[1] === "batch")!;
    assert.equal(batch.label, "all sequences as one batch");
    assert.deepEqual(
      batch.children.map(({ label, path }) => [label, path]),
      [
        ["loss", ["expect", "batch", "loss"]],
        ["gradients", ["expect", "batch", "gradients"]],
      ],
    );
  });
});

describe("Numbers taken down from a run", () => {
  const { problem } = readText(worked);
  const done = run(problem.model, problem.sequences, 0);
  const updated = updateOnce(problem.model, done.sequence, done.gradients, problem.training);

  for (const digits of [null, 2, 4, 9])
    it(`hold, with ${digits ?? "all"} digits, within the tolerance that comes with them`, () => {
      const kinds: Kind[] = kindsOf(done, false);
      const { expected, tolerance } = takenDown(done, updated, null, kinds, digits);
      const text = applyEdits(worked, expectEdits(worked, 0, expected, tolerance));
      const { problem, expect } = readText(text);
      const { passed, failed } = summaryOf(compareExpected(problem, expect));
      assert.deepEqual(failed, []);
      assert.equal(passed, countOf(done, kinds));
    });

  it("hold by their own digits where the file's expectations have no tolerance", () => {
    const text = applyEdits(worked, expectEdits(worked, 0, { loss: 5.57 }, null));
    for (const digits of [2, 4]) {
      const { expected } = takenDown(done, updated, null, kindsOf(done, false), digits, true);
      const { problem, expect } = readText(applyEdits(text, expectEdits(text, 0, expected, null)));
      assert.equal(expect!.tolerance, null);
      assert.deepEqual(summaryOf(compareExpected(problem, expect)).failed, []);
    }
  });

  it("have the whole batch among them where there is one", () => {
    const two = { ...problem, sequences: [problem.sequences[0]!, problem.sequences[0]!] };
    const batch = runBatch(two);
    const { expected, batch: taken } = takenDown(done, updated, batch, ["batch"], null);
    assert.deepEqual(expected, {});
    // The mean of two equal losses is each of them.
    assert.equal(taken!.loss, done.loss);
    for (const [name, tensor] of Object.entries(done.gradients))
      for (const [k, number] of [toNested(tensor)].flat(2).entries())
        assert.ok(Math.abs(([taken!.gradients![name]].flat(2)[k] as number) - number) < 1e-15, name);
    // Rounded to four digits it would have no point, and so be exact.
    const large = takenDown(done, updated, { ...batch, loss: 12345.678 }, ["batch"], 4, true);
    assert.equal(large.batch!.loss, 12345.678);
    assert.deepEqual(kindsOf(done, true).at(-1), "batch");
    assert.equal(countOf(done, ["batch"]), 1 + countOf(done, ["gradients"]));
  });

  it("are those that were asked for", () => {
    const { expected, tolerance } = takenDown(done, updated, null, ["losses"], 4);
    assert.deepEqual(expected, { steps: [1.304, 1.239, 1.61, 1.421].map((loss) => ({ loss })) });
    assert.equal(tolerance, 0.0006);
  });
});
