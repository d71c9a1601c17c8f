import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "mocha";
import { checkProblem, compareExpected, summaryOf } from "../../../src/check/check";
import { diagnose } from "../../../src/check/diagnosis/diagnose";
import { gradientTolerance } from "../../../src/engine/gradientCheck";
import { readProblem } from "../../../src/format/read";
import { fileText } from "./exercise";
import { exercises } from "./exercises";
import { NumpyRandom } from "./numpyRandom";

const folder = path.join(import.meta.dirname, "../../../media/courses");

/** How many numbers each exercise has of its course, counted in the course's own lists. */
const counts: Readonly<Record<string, number>> = {
  "arraymancer-gru-cell": 3 * 2,
  "arraymancer-gru-stack": 4 * 3 * 2 + 3 * 2,
  "cs231n-captioning-lstm": 1,
  "cs231n-captioning-rnn": 1,
  "cs231n-lstm-backward": 1,
  "cs231n-lstm-forward": 2 * 3 * 4,
  "cs231n-lstm-step-backward": 4 * (5 + 6 + 6) + 5 * 24 + 6 * 24 + 24,
  "cs231n-lstm-step-forward": 2 * 3 * 5,
  "cs231n-rnn-backward": 2 * 10 * 3 + 2 * 5 + 3 * 5 + 5 * 5 + 5,
  "cs231n-rnn-forward": 2 * 3 * 5,
  "cs231n-rnn-step-backward": 1,
  "cs231n-rnn-step-forward": 3 * 4,
  "cs231n-temporal-softmax": 1,
  "cs231n-word-embedding": 2 * 2 * 4 * 3,
  "deeplearning-dinosaur-island": 6,
  "deeplearning-lstm-backward": 4 + 1 + 8,
  "deeplearning-lstm-cell-backward": 3 + 8,
  "deeplearning-lstm-cell-forward": 3 * 10,
  "deeplearning-lstm-forward": 3,
  "deeplearning-rnn-backward": 4 + 4,
  "deeplearning-rnn-cell-backward": 5,
  "deeplearning-rnn-cell-forward": 2 * 10,
  "deeplearning-rnn-forward": 3 * 4,
  "deeplearning-tests-lstm-cell": 6 * 2 + 8,
  "deeplearning-tests-lstm-forward": 6,
  "deeplearning-tests-rnn-forward": 8,
  "eecs498-attention-lstm-step": 15 + 9,
  "holberton-bi-rnn": 8 + 10,
  "holberton-deep-rnn": 4 + 10,
  "holberton-gru-cell": 4 + 10,
  "holberton-lstm-cell": 8 + 10,
  "holberton-rnn-cell": 4 + 10,
  "karpathy-min-char-rnn": 1,
};

describe("NumPy's legacy generator", () => {
  it("draws what NumPy prints", () => {
    // np.random.seed(1); np.random.randn(2000), by its indices
    const { data } = new NumpyRandom(1).randn(2000);
    const printed: Readonly<Record<number, number>> = {
      0: 1.6243453636632417,
      1: -0.6117564136500754,
      2: -0.5281717522634557,
      3: -1.0729686221561705,
      311: 0.30526704024401075,
      312: 1.3887793963702684,
      623: -0.03966870009048212,
      624: 0.8858257989659072,
      700: -0.7907999537751678,
      1250: -1.0237993163261987,
      1999: 1.386825593941044,
    };
    for (const [k, value] of Object.entries(printed)) assert.equal(data[Number(k)], value, k);
    assert.deepEqual(new NumpyRandom(231).randn(2).data, [0.41794341085522313, 1.3971002787857785]);
  });
});

describe("The exercises of courses", () => {
  const all = exercises();

  it("stand in media/courses as they are made", () => {
    assert.deepEqual(readdirSync(folder).toSorted(), all.map(({ file }) => `${file}.rnn.json`).toSorted());
    for (const exercise of all)
      assert.equal(
        readFileSync(path.join(folder, `${exercise.file}.rnn.json`), "utf8"),
        fileText(exercise),
        exercise.file,
      );
  });

  it("each have the numbers of the course", () => {
    assert.deepEqual(all.map(({ file }) => file).toSorted(), Object.keys(counts).toSorted());
  });

  for (const { file } of all)
    it(`have nothing wrong with them: ${file}`, () => {
      const text = readFileSync(path.join(folder, `${file}.rnn.json`), "utf8");
      const { problem, expect, diagnostics } = readProblem(text, { fileName: `${file}.rnn.json` });
      assert.deepEqual(diagnostics, []);
      const { passed, failed } = summaryOf(compareExpected(problem!, expect));
      assert.deepEqual(failed, []);
      assert.equal(passed, counts[file]);
      const isLarge = text.length > 100_000;
      // Of the largest, differences take seconds; the command line makes them too.
      if (!isLarge) assert.ok((checkProblem(problem!, null).gradientCheck.worst ?? 0) <= gradientTolerance);
    });

  it("have the numbers that were published wrong explained by the slip behind them", () => {
    const lstm = readFileSync(path.join(folder, "deeplearning-lstm-backward.rnn.json"), "utf8");
    let [text] = /^\{[^]*/m.exec(lstm)!;
    // Its comment lists them: the old ones, and beside them the right ones.
    const lines = [...lstm.matchAll(/^\/\/ +\S+ +(-?\d.*?) +right: +(.*)$/gm)];
    assert.equal(lines.length, 10);
    for (const [, old, right] of lines)
      for (const [k, number] of right!.split(/ +/).entries()) text = text.replace(number, old!.split(/ +/)[k]!);
    const { problem, expect } = readProblem(text, { fileName: "old.rnn.json" });
    const comparisons = compareExpected(problem!, expect);
    const [found, ...others] = diagnose(problem!, comparisons);
    assert.deepEqual(others, []);
    assert.deepEqual(
      found!.slips.map(({ id }) => id),
      ["recurrence-dropped"],
    );
    // Of the twelve, three come out of no slip.
    assert.equal(found!.wrong, 12);
    assert.equal(found!.explained.length, 9);
  });

  it("say which numbers were published wrong, and those are not what comes out", () => {
    const lstm = readFileSync(path.join(folder, "deeplearning-lstm-backward.rnn.json"), "utf8");
    for (const [right, wrong] of [
      ["0.312770310257", "-0.0959115"],
      ["-0.0809802310938", "-0.06981986"],
      ["-0.50848333", "-0.06997391"],
    ] as const) {
      assert.match(lstm, new RegExp(`^// .*${wrong} +right: +${right}$`, "m"));
      const [model] = /^\{[^]*/m.exec(lstm)!;
      const text = model.replace(`: ${right}`, `: ${wrong}`);
      assert.notEqual(text, model, right);
      const { problem, expect } = readProblem(text, { fileName: "wrong.rnn.json" });
      const { failed } = summaryOf(compareExpected(problem!, expect));
      assert.deepEqual(
        failed.map(({ expected }) => expected),
        [Number(wrong)],
      );
    }
  });
});
