import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { checkProblem, compareExpected } from "../../../src/check/check";
import { predict } from "../../../src/engine/predict";
import { checkReport } from "../../../src/host/training/checkReport";
import { predictionReport } from "../../../src/host/training/predictionReport";
import { tableLines } from "../../../src/host/training/table";
import { readTypedInputs } from "../../../src/host/training/typedInputs";
import { problemOf, readSample } from "../../samples/samples";

function typed(name: string, text: string): string {
  const reading = readTypedInputs(text, problemOf(name).model);
  if (!reading.ok) return reading.errors.join("; ");
  return Array.from({ length: reading.sequence.length }, (_, k) => JSON.stringify(reading.item(k))).join(" ");
}

const itemOf = (items: ArrayLike<string>) => (k: number) => items[k]!;

describe("A typed input", () => {
  it("is read token by token between spaces, or as JSON, where there is a vocabulary", () => {
    assert.equal(typed("hi-there-class.rnn.json", " hi  there"), '"hi" "there"');
    assert.equal(typed("hi-there-class.rnn.json", '["class", "!"]'), '"class" "!"');
  });

  it("is read character by character, spaces too, where every token is a character", () => {
    assert.equal(typed("hello.rnn.json", "l o"), '"l" " " "o"');
  });

  it("is read as numbers between spaces or commas where a step is one number, else as JSON", () => {
    assert.equal(typed("sum-of-two-numbers.rnn.json", "1, -2 0.5"), "1 -2 0.5");
    assert.equal(typed("toy-vectors.rnn.json", "[[1, 2, 3]]"), "[1,2,3]");
  });

  it("that cannot be read is refused in the field's words", () => {
    assert.equal(typed("hi-there-class.rnn.json", "hi ther"), '"ther" is not in the vocabulary; did you mean "there"?');
    assert.equal(typed("sum-of-two-numbers.rnn.json", "1 x"), '"x" is not a number');
    assert.match(typed("toy-vectors.rnn.json", "[[1, 2]]"), /inputs\[0\] is \[2\].*expected a vector \[3\]/);
    assert.match(typed("hi-there-class.rnn.json", ""), /empty/);
  });
});

describe("A table", () => {
  it("lines up as plain text, and a bar in a cell does not end it", () => {
    const lines = tableLines(
      [
        { title: "t", align: "right" },
        { title: "input", align: "left" },
      ],
      [
        ["1", "a|b"],
        ["10", "c"],
      ],
    );
    assert.deepEqual(lines, ["|   t | input |", "| --: | ----- |", "|   1 | a\\|b  |", "|  10 | c     |"]);
  });
});

describe("The page of a prediction", () => {
  it("shows a space as ␣ and generated characters without spaces between them", () => {
    const { model, sequences } = problemOf("hello.rnn.json");
    const sequence = { ...sequences[0]!, length: 7 };
    const generation = { count: 3, temperature: 0, seed: 0 };
    const prediction = predict(model, sequence, undefined, generation);
    const { text, short } = predictionReport(
      "hello",
      "Your beginning",
      { model, sequence, item: itemOf("hello, world"), prediction, generation },
      4,
    );
    assert.ok(text.includes(`\`\`\`text\n${prediction.generated!.tokens.join("")}\n\`\`\``));
    assert.match(text, /^\| +7 \| ␣ /m);
    assert.equal(short, null);
  });

  it("says one read-out in one line", () => {
    const { model, sequences } = problemOf("two-words.rnn.json");
    const prediction = predict(model, sequences[0]!);
    const predicted = { model, sequence: sequences[0]!, item: itemOf(["hi", "there"]), prediction, generation: null };
    // softmax of (0.621, 0.075, 0.492, −0.271): 1.8614 / 5.3391 = 0.3486
    assert.equal(predictionReport("two words", "Sequence 1", predicted, 3).short, "hi (p 0.349)");
  });
});

describe("The page of a check", () => {
  const { problem, expect } = readSample("hi-there-class.rnn.json");
  const comparisons = compareExpected(problem!, expect);
  const { gradientCheck } = checkProblem(problem!, null);

  it("links each failed expectation: the characters of its line are its path", () => {
    const { text, links } = checkReport(
      "x",
      { comparisons, diagnoses: [], hints: [], follows: [], gradientCheck },
      1e-8,
    );
    assert.equal(links.length, 1);
    const [{ line, from, to, path }] = links as [(typeof links)[number]];
    assert.equal(text.split("\n")[line]!.slice(from, to), "expect.sequences[0].steps[1].a[0]");
    assert.deepEqual(path, ["expect", "sequences", 0, "steps", 1, "a", 0]);
  });

  it("says that gradients do not agree where the worst is above 1e-6", () => {
    const entries = { entries: 4, checked: 4, kinks: 0, worstAtKink: 0 };
    const byParameter = [
      { ...entries, name: "layers.0.Whh", worst: 0.5 },
      { ...entries, name: "output.by", worst: 0 },
    ];
    const wrong = { worst: 0.5, parameter: "layers.0.Whh", byParameter };
    const report = checkReport(
      "x",
      { comparisons: [], diagnoses: [], hints: [], follows: [], gradientCheck: wrong },
      null,
    );
    assert.equal(report.right, false);
    assert.equal(report.verdict, "gradients do not agree with differences: 0.50 in layers.0.Whh");
    assert.match(report.text, /layers\.0\.Whh \| +0\.50 \| does not agree/);
    assert.match(report.text, /output\.by +\| +0 \| agrees/);
  });
});
