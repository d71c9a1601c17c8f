import assert from "node:assert/strict";
import { readProblem } from "../../src/format/read";
import { dataOf } from "../files";
import { processorMsSince } from "../processorTime";
import { assertFinds } from "./marked";

/** A file of one layer whose parts a case replaces. */
function file(parts: Partial<Record<"top" | "layer" | "output" | "sequences", string>>): string {
  const { top = "", layer = '"cell": "rnn", "size": 2', output = '"size": 2, "at": "every"', sequences = "[]" } = parts;
  return `{
  "version": 1, ${top}
  "layers": [{ ${layer} }],
  "output": { ${output} },
  "sequences": ${sequences}
}`;
}
const four = '"inputSize": 4,';
const one = '"inputSize": 1,';
const words = '"vocabulary": ["hi", "there"], "loss": { "type": "cross-entropy" },';
const inChunks = (batchSize: number) => `${one} "training": { "truncate": 2, "batchSize": ${batchSize} },`;
const options = (data: string) => ({ readData: () => dataOf(data) });
const mse = '"inputSize": 1, "loss": { "type": "mse" },';
/** A file with expectations, of two steps of which the first has a target. */
const whole = (expect: string, output = '"size": 1', sequences = '[{ "inputs": [1, 2], "targets": [1, null] }]') =>
  file({ top: `${mse} "expect": { "sequences": ${expect} },`, output, sequences });

describe("errors of a file's text", () => {
  const cases: [string, string, string[]][] = [
    ["an empty file", "⟦⟧", ['the file is empty: expected an object with "version", "layers" and "output"']],
    [
      "a file that is no object",
      "⟦[]⟧",
      ['the file is an empty array, expected an object with "version", "layers" and "output"'],
    ],
    [
      "a missing comma",
      file({ top: four }).replace('1, "inputSize"', '1 ⟦"inputSize"⟧'),
      ['found "inputSize", expected a comma before it'],
    ],
    [
      "two commas",
      file({ top: four, layer: '"cell": "rnn", "size": 2, "bh": [0,⟦,⟧ 1]' }),
      ["found two commas, expected a value between them"],
    ],
    ["a bracket that is not closed", '⟦{⟧\n  "version": 1', ["{ is not closed: expected } before the end of the file"]],
    ["a wrong bracket", '{ "version": 1⟦]⟧ }', ["found ], expected }"]],
    ["something after the end", `${file({ top: four })} ⟦7⟧`, ["found 7 after the end of the object"]],
    ["a comment that is not closed", `${file({ top: four })} ⟦/*⟧`, ["a comment is not closed: expected */"]],
    [
      "a key without quotes",
      "{ ⟦version⟧: 1 }",
      ['found version, expected a key in double quotes: write it as "version"'],
    ],
    [
      "NaN and infinities",
      file({ top: four, layer: '"cell": "rnn", "size": 2, "bh": [⟦NaN⟧, ⟦-Infinity⟧]' }),
      [
        "NaN is no number of a file: expected a finite number",
        "-Infinity is no number of a file: expected a finite number",
      ],
    ],
    [
      "numbers beyond double range",
      file({ top: four, layer: '"cell": "rnn", "size": 2, "bh": [⟦1e999⟧, ⟦-2e308⟧]' }),
      [
        "1e999 is beyond the range of numbers: the largest number of double precision is 1.7976931348623157e308",
        "-2e308 is beyond the range of numbers: the largest number of double precision is 1.7976931348623157e308",
      ],
    ],
    [
      "a number without digits before its point",
      file({ top: four, layer: '"cell": "rnn", "size": 2, "bh": [⟦.5⟧, 0]' }),
      [".5 has no digit before its point: expected 0.5"],
    ],
    [
      "a key that stands twice",
      file({ top: four, layer: '"cell": "rnn", "size": 2, ⟦"size"⟧: 2' }),
      ['the key "size" stands twice in this object'],
    ],
    [
      "brackets deeper than any file",
      `{ "version": ${"[".repeat(99)}⟦[⟧${"[".repeat(100_000)}`,
      ["more than 100 brackets inside each other: no part of a file needs them"],
    ],
  ];
  for (const [title, text, messages] of cases) it(`${title}: ${messages[0]}`, () => assertFinds(text, messages));

  it("places are right behind a byte order mark and with CRLF", () => {
    assertFinds(`\uFEFF${file({ top: '"inputSize": ⟦0⟧,' })}`.replaceAll("\n", "\r\n"), [
      "inputSize is 0, expected 1 or more",
    ]);
  });
});

describe("errors of a file's structure", () => {
  const cases: [string, string, string[]][] = [
    [
      "missing keys",
      "⟦⟦⟦{⟧⟧⟧ }",
      ['the file has no "version"', 'the file has no "layers"', 'the file has no "output"'],
    ],
    ["another version", file({ top: four }).replace(": 1,", ": ⟦2⟧,"), ["version is 2, expected 1"]],
    [
      "no layers",
      '{ "version": 1, "layers": ⟦[]⟧, "output": { "size": 1 }, "inputSize": 1 }',
      ["layers is empty, expected at least one item"],
    ],
    [
      "a size that is no whole number",
      file({ top: four, layer: '"cell": "rnn", "size": ⟦2.5⟧' }),
      ["size is 2.5, expected a whole number"],
    ],
    [
      "a size of the wrong kind",
      file({ top: four, layer: '"cell": "rnn", "size": ⟦"2"⟧' }),
      ['size is "2", expected a whole number'],
    ],
    [
      "an unknown cell",
      file({ top: four, layer: '"cell": ⟦"ltsm"⟧, "size": 2' }),
      ['cell is "ltsm", expected one of "rnn", "lstm", "gru" or "dense"; did you mean "lstm"?'],
    ],
    [
      "a vector where a matrix stands",
      file({ top: four, layer: '"cell": "rnn", "size": 2, "Wxh": [⟦1⟧, ⟦2⟧]' }),
      ["Wxh[0] is 1, expected a row: an array of numbers", "Wxh[1] is 2, expected a row: an array of numbers"],
    ],
    [
      "a vector of another length where a matrix stands: it is no matrix of a wrong shape",
      file({ top: four, layer: '"cell": "rnn", "size": 2, "Whh": [⟦1⟧, ⟦2⟧, ⟦3⟧]' }),
      [1, 2, 3].map((found) => `Whh[${found - 1}] is ${found}, expected a row: an array of numbers`),
    ],
    [
      "a text where a number stands",
      file({ top: four, layer: '"cell": "rnn", "size": 2, "bh": [0, ⟦"NaN"⟧]' }),
      ['bh[1] is the text "NaN", expected a number'],
    ],
    [
      "an unknown key",
      file({ top: `${four} ⟦"lables"⟧: [],` }),
      ['warning: unknown key "lables"; did you mean "labels"?'],
    ],
    [
      "an unknown key that is near to none",
      file({ top: `${four} ⟦"zzzzzz"⟧: [],` }),
      ['warning: unknown key "zzzzzz"'],
    ],
    [
      "a parameter of another cell",
      file({ top: four, layer: '"cell": "rnn", "size": 2, ⟦"Wxi"⟧: [[1]]' }),
      ["Wxi does not belong to an rnn layer, whose own keys are activation, Wxh, Whh and bh"],
    ],
    [
      "reset in an lstm",
      file({ top: four, layer: '"cell": "lstm", "size": 2, ⟦"reset"⟧: "after"' }),
      [
        "reset does not belong to a lstm layer, whose own keys are Wxi, Whi, bi, Wxf, Whf, bf, Wxg, Whg, bg, Wxo, Who, bo and c0".replace(
          "a lstm",
          "an lstm",
        ),
      ],
    ],
    [
      "c0 in a gru",
      file({ top: four, layer: '"cell": "gru", "size": 2, ⟦"c0"⟧: [0, 0]' }),
      ["c0 does not belong to a gru layer, whose own keys are reset, Wxr, Whr, br, Wxz, Whz, bz, Wxn, Whn, bn and bhn"],
    ],
    [
      "bhn with reset before",
      file({ top: four, layer: '"cell": "gru", "size": 2, "reset": "before", ⟦"bhn"⟧: [0, 0]' }),
      ['bhn does not belong to a gru layer with reset "before", which has bn alone'],
    ],
    [
      "reverse without both",
      file({ top: four, layer: '"cell": "rnn", "size": 2, ⟦"reverse"⟧: {}' }),
      ['reverse holds a backward pass beside a forward one, but this layer\'s direction is "forward": expected "both"'],
    ],
    [
      "a setting that the optimizer does not read",
      file({ top: `${four} "training": { "optimizer": { "type": "adam", ⟦"momentum"⟧: 0.9 } },` }),
      ["warning: momentum means nothing to adam, which reads learningRate, beta1, beta2, epsilon and weightDecay"],
    ],
    [
      "a scale that the scheme does not have",
      file({ top: `${four} "initial": { ⟦"scale"⟧: 2 },` }),
      [
        'scale does not belong to the scheme xavier, whose spread follows from the sizes: expected no scale, or the scheme "normal" (its deviation) or "identity" (its factor)',
      ],
    ],
    [
      "a scale of zeros",
      file({ top: `${four} "initial": { "scheme": "zeros", ⟦"scale"⟧: 2 },` }),
      [
        'scale does not belong to the scheme zeros, whose spread follows from the sizes: expected no scale, or the scheme "normal" (its deviation) or "identity" (its factor)',
      ],
    ],
    [
      "nesterov without momentum",
      file({ top: `${four} "training": { "optimizer": { "nesterov": ⟦true⟧ } },` }),
      ["nesterov looks ahead along the momentum, but momentum is 0: expected a momentum above 0"],
    ],
    [
      "settings out of range",
      file({
        top: `${four} "training": { "optimizer": { "type": "adam", "beta1": ⟦1⟧, "learningRate": ⟦-1⟧ }, "batchSize": ⟦0⟧, "clip": { "type": "norm", "at": ⟦0⟧ } },`,
      }),
      [
        "beta1 is 1, expected less than 1",
        "learningRate is -1, expected 0 or more",
        "batchSize is 0, expected 1 or more",
        "at is 0, expected more than 0",
      ],
    ],
  ];
  for (const [title, text, messages] of cases) it(`${title}: ${messages[0]}`, () => assertFinds(text, messages));
});

describe("errors of shapes", () => {
  const layer = '"cell": "rnn", "size": 2';
  const cases: [string, string, string[]][] = [
    [
      "Wxh",
      file({ top: four, layer: `${layer}, "Wxh": ⟦[[1, 2], [3, 4]]⟧` }),
      ["Wxh is [2 × 2], but the layer reads 4 inputs into 2 units: expected [2 × 4]"],
    ],
    [
      "Whh",
      file({ top: four, layer: `${layer}, "Whh": ⟦[[1, 2]]⟧` }),
      ["Whh is [1 × 2], but the layer has 2 units: expected [2 × 2]"],
    ],
    ["bh", file({ top: four, layer: `${layer}, "bh": ⟦[1]⟧` }), ["bh is [1], but the layer has 2 units: expected [2]"]],
    ["h0", file({ top: four, layer: `${layer}, "h0": ⟦[]⟧` }), ["h0 is [0], but the layer has 2 units: expected [2]"]],
    [
      "an empty matrix",
      file({ top: four, layer: `${layer}, "Whh": ⟦[]⟧` }),
      ["Whh is [0 × 0], but the layer has 2 units: expected [2 × 2]"],
    ],
    [
      "ragged rows",
      file({ top: four, layer: `${layer}, "Wxh": [⟦[1, 2, 3]⟧, [1, 2, 3, 4]]` }),
      ["Wxh is ragged: its row 0 has 3 numbers, expected 4 (the layer reads 4 inputs into 2 units: expected [2 × 4])"],
    ],
    [
      "a backward pass's Wxh",
      file({ top: four, layer: `${layer}, "direction": "both", "reverse": { "Wxh": ⟦[[1]]⟧ }` }),
      ["Wxh is [1 × 1], but the layer reads 4 inputs into 2 units: expected [2 × 4]"],
    ],
    [
      "Why over both directions",
      file({
        top: four,
        layer: `${layer}, "direction": "both"`,
        output: '"size": 1, "Why": ⟦[[1, 2]]⟧, "by": ⟦[0, 0]⟧',
      }),
      [
        "Why is [1 × 2], but the output reads 4 hidden units into 1 output: expected [1 × 4]",
        "by is [2], but the output has 1 output: expected [1]",
      ],
    ],
    [
      "the second layer's input",
      '{ "version": 1, "inputSize": 1, "layers": [{ "cell": "gru", "size": 3, "direction": "both" }, { "cell": "rnn", "size": 1, "Wxh": ⟦[[1]]⟧ }], "output": { "size": 1 } }',
      ["Wxh is [1 × 1], but the layer reads 6 inputs into 1 unit: expected [1 × 6]"],
    ],
    ["labels", file({ top: `${four} "labels": ⟦["a"]⟧,` }), ["labels has 1 string, but output.size is 2: expected 2"]],
    [
      "a layer that no memory holds",
      file({ top: four, layer: '"cell": "rnn", "size": ⟦1000000000⟧' }),
      ["Wxh would hold 4,000,000,000 numbers: more than 100,000,000 in all do not fit"],
    ],
    [
      "an input size that nothing tells",
      '⟦{⟧ "version": 1, "layers": [{ "cell": "rnn", "size": 2 }], "output": { "size": 1 } }',
      ['the file has no "inputSize", and neither a vocabulary, a sequence nor input weights to read it from'],
    ],
  ];
  for (const [title, text, messages] of cases) it(`${title}: ${messages[0]}`, () => assertFinds(text, messages));
});

describe("errors of sequences", () => {
  const cases: [string, string, string[]][] = [
    [
      "an unknown token",
      file({ top: words, sequences: '[{ "inputs": ["hi", ⟦"ther"⟧, ⟦"q"⟧] }]' }),
      ['"ther" is not in the vocabulary; did you mean "there"?', '"q" is not in the vocabulary'],
    ],
    [
      "a token without a vocabulary",
      file({ top: one, sequences: '[{ "inputs": [⟦"hi"⟧, "there"] }]' }),
      ['"hi" needs a vocabulary, and the file has none: expected "vocabulary"'],
    ],
    [
      "NaN as a text",
      file({ top: one, sequences: '[{ "inputs": [1, ⟦"NaN"⟧] }]' }),
      ['inputs[1] is the text "NaN", expected a finite number'],
    ],
    [
      "a vector of another length",
      file({ top: four, sequences: '[{ "inputs": [[1, 2, 3, 4], ⟦[1, 2]⟧] }]' }),
      ["inputs[1] is [2], but the input size is 4: expected a vector [4]"],
    ],
    [
      "a number where inputs are vectors",
      file({ top: words, sequences: '[{ "inputs": [⟦3⟧] }]' }),
      ["inputs[0] is 3, expected a token or its index, 0 to 1"],
    ],
    [
      "vectors unlike the first one",
      file({ sequences: '[{ "inputs": [[1, 2], ⟦[1]⟧] }]' }),
      ["inputs[1] is [1], but the input size is 2: expected a vector [2]"],
    ],
    [
      "no inputs",
      file({ top: one, sequences: "[⟦{⟧}]" }),
      ['sequences[0] has no "inputs": expected "inputs" or "text"'],
    ],
    [
      "empty inputs",
      file({ top: one, sequences: '[{ "inputs": ⟦[]⟧ }]' }),
      ["inputs is empty, expected at least one item"],
    ],
    [
      "an empty text",
      file({ top: words, sequences: '[{ "text": ⟦""⟧ }]' }),
      ["text is empty, expected at least one character"],
    ],
    [
      "inputs and text",
      file({ top: '"vocabulary": ["a"],', sequences: '[{ "inputs": ["a"], ⟦"text"⟧: "a" }]' }),
      ['a sequence has both "inputs" and "text": expected one of them'],
    ],
    [
      "characters that no token is",
      file({
        top: '"vocabulary": ["a", "😀"],',
        sequences: '[{ "text": "a\\n⟦\\u00e9⟧😀⟦😁⟧a\\u00e9" }]'.replace("\\n", ""),
      }),
      ['"é" is not in the vocabulary (2 times in this text)', '"😁" is not in the vocabulary'],
    ],
    [
      "targets of another length",
      file({ top: words, sequences: '[{ "inputs": ["hi", "there"], "targets": ⟦["hi"]⟧ }]' }),
      ["targets has 1 item, but inputs has 2: expected one item an input"],
    ],
    [
      "a class out of range",
      file({ top: words, sequences: '[{ "inputs": ["hi", "hi", "hi"], "targets": [⟦2⟧, ⟦-1⟧, ⟦0.5⟧] }]' }),
      [
        "class index 2 is out of range: the output has 2 classes, 0 to 1",
        "class index -1 is out of range: the output has 2 classes, 0 to 1",
        "class index 0.5 is out of range: the output has 2 classes, 0 to 1",
      ],
    ],
    [
      "a vocabulary that cannot be read: what its words name is not asked",
      file({
        top: '"vocabulary": ⟦"ab"⟧, "loss": { "type": "cross-entropy" },',
        sequences: '[{ "inputs": ["a"], "targets": ["b"] }, { "text": "ab", "targets": "next" }]',
      }),
      ['vocabulary is "ab", expected an array of distinct strings, or { "from": "sequences" }'],
    ],
    [
      "labels that cannot be read, likewise",
      file({
        top: '"labels": ⟦"yn"⟧, "inputSize": 1, "loss": { "type": "cross-entropy" },',
        sequences: '[{ "inputs": [1], "targets": ["y"] }]',
      }),
      ['labels is "yn", expected an array of strings, one an output'],
    ],
    [
      "a target that names no class",
      file({ top: `${words} "labels": ["noun", "verb"],`, sequences: '[{ "inputs": ["hi"], "targets": [⟦"nuon"⟧] }]' }),
      ['"nuon" is neither a label nor in the vocabulary; did you mean "noun"?'],
    ],
    [
      "probabilities of another length",
      file({ top: words, sequences: '[{ "inputs": ["hi"], "targets": [⟦[0, 1, 0]⟧] }]' }),
      ["targets[0] is [3], but the output has 2 classes: expected a class or [2] probabilities"],
    ],
    [
      "a token as a number",
      file({ top: mse, output: '"size": 1', sequences: '[{ "inputs": [1], "targets": [⟦"hi"⟧] }]' }),
      ['"hi" is no target of mse: expected a number'],
    ],
    [
      "a target vector of another length",
      file({ top: mse, sequences: '[{ "inputs": [1, 2], "targets": [⟦[1]⟧, ⟦3⟧] }]' }),
      [
        "targets[0] is [1], but the output has 2 numbers: expected a vector [2]",
        "targets[1] is the number 3, but the output has 2 numbers: expected a vector [2]",
      ],
    ],
    [
      "a probability outside of 0 to 1",
      file({
        top: '"inputSize": 1, "loss": { "type": "binary-cross-entropy" },',
        output: '"size": 1',
        sequences: '[{ "inputs": [1], "targets": [⟦2⟧] }]',
      }),
      ["warning: a target of binary-cross-entropy is a probability, found 2: expected 0 to 1"],
    ],
    [
      "target at every step",
      file({ top: words, sequences: '[{ "inputs": ["hi"], ⟦"target"⟧: "hi" }]' }),
      [
        'target belongs to output.at "last" or "ends", but output.at is "every": expected "targets" with one item an input',
      ],
    ],
    [
      "targets at the last step",
      file({ top: words, output: '"size": 2, "at": "last"', sequences: '[{ "inputs": ["hi"], ⟦"targets"⟧: ["hi"] }]' }),
      ['targets belongs to output.at "every", but output.at is "last": expected "target" with one item'],
    ],
    [
      "targets that are no array",
      file({ top: words, sequences: '[{ "inputs": ["hi"], "targets": ⟦"nxt"⟧ }]' }),
      ['targets is "nxt", expected an array with one item an input, or "next"'],
    ],
    [
      "next as a number",
      file({
        top: '"vocabulary": ["a", "b"], "loss": { "type": "mse" },',
        sequences: '[{ "text": "ab", "targets": ⟦"next"⟧ }]',
      }),
      ['"next" makes "b" the target of step 1, which is no target of mse: expected a vector [2]'],
    ],
    [
      "next over more tokens than outputs, said once",
      file({
        top: '"vocabulary": ["a", "b", "c"], "loss": { "type": "cross-entropy" },',
        output: '"size": ⟦2⟧',
        sequences: '[{ "text": "abc", "targets": "next" }, { "text": "cbc", "targets": "next" }]',
      }),
      ['size is 2, but with "next" the targets are tokens of the vocabulary, which has 3: expected 3'],
    ],
    [
      "next vectors of another size than the output",
      file({
        top: '"inputSize": 1, "loss": { "type": "mse" },',
        sequences: '[{ "inputs": [1, 2], "targets": ⟦"next"⟧ }]',
      }),
      ['"next" makes the number 2 the target of step 1, but the output has 2 numbers: expected a vector [2]'],
    ],
    [
      "a text as inputs",
      file({ top: words, sequences: '[{ "inputs": ⟦"hi"⟧ }]' }),
      ['inputs is "hi", expected an array of items; a text, one token a character, stands under "text"'],
    ],
    [
      "targets without a loss",
      file({ top: one, sequences: '[{ "inputs": [1], ⟦"targets"⟧: [[1, 2]] }]' }),
      ['targets needs a loss, and the file has none: expected "loss"'],
    ],
    [
      "another activation than the loss's",
      file({ top: words, output: '"size": 2, "activation": ⟦"sigmoid"⟧' }),
      ['activation is "sigmoid", but the loss is cross-entropy: expected "softmax"'],
    ],
    [
      "words that stand twice",
      '{ "version": 1, "vocabulary": ["a", "b", ⟦"a"⟧], "layers": [{ "cell": "rnn", "size": 1 }], "output": { "size": 1 } }',
      ['vocabulary[2] is "a", as vocabulary[0] is: expected distinct strings'],
    ],
    [
      "an input size unlike the vocabulary",
      file({ top: '"vocabulary": ["a", "b"], "inputSize": ⟦3⟧,', sequences: '[{ "inputs": ["a"] }]' }),
      ["inputSize is 3, but the vocabulary has 2 tokens, each a vector of that length: expected 2"],
    ],
    [
      "h0 of another length",
      file({ top: one, sequences: '[{ "inputs": [1], "h0": ⟦[1]⟧ }]' }),
      ["h0 is [1], but the layer has 2 units: expected [2]"],
    ],
    [
      "h0 by layers of one layer",
      file({ top: one, sequences: '[{ "inputs": [1], "h0": [⟦[1, 2]⟧] }]' }),
      ["h0[0] is an array of 2, but the model is one one-way layer: expected 2 numbers"],
    ],
    [
      "c0 without an lstm",
      file({ top: one, sequences: '[{ "inputs": [1], ⟦"c0"⟧: [1, 2] }]' }),
      ["c0 is a cell state, which lstm layers alone have, and the model has none"],
    ],
    [
      "h0 of both directions",
      file({
        top: one,
        layer: '"cell": "lstm", "size": 2, "direction": "both"',
        sequences: '[{ "inputs": [1], "h0": [⟦[1, 2]⟧], "c0": [{ "forward": [1, 2], "backward": ⟦[1]⟧ }] }]',
      }),
      [
        'h0[0] is an array of 2, but layers[0] reads both ways: expected an object with "forward" and "backward"',
        "backward is [1], but the layer has 2 units: expected [2]",
      ],
    ],
    [
      "a task that the read-out cannot do",
      file({ top: '"loss": { "type": "mse" },', sequences: '{ "task": ⟦"adding"⟧, "count": 2, "length": 5 }' }),
      ["the adding task has 1 output with this loss, but output.size is 2"],
    ],
    [
      "a task of another input size",
      file({ top: mse, output: '"size": 1', sequences: '{ "task": "adding", "count": 2, "length": 5 }' }).replace(
        '"inputSize": 1',
        '"inputSize": ⟦1⟧',
      ),
      ["the task adding gives 2 numbers a step, but the model reads 1: expected an inputSize of 2"],
    ],
    [
      "a task without a count",
      file({ top: mse, output: '"size": 1', sequences: '⟦{⟧ "task": "sine", "length": 5 }' }),
      ['a task has no "count"'],
    ],
    [
      "neither task nor file",
      file({ top: mse, sequences: "⟦{⟧}" }),
      ['sequences is an object without "task" and "file": expected one of them'],
    ],
  ];
  for (const [title, text, messages] of cases) it(`${title}: ${messages[0]}`, () => assertFinds(text, messages));
});

describe("errors of carried states and truncation", () => {
  const carry = '[{ "inputs": [1] }, { "inputs": [1], "state": ⟦⟦"carry"⟧⟧ }]';
  it("a carried state goes with neither a backward pass nor shuffle", () => {
    assertFinds(
      file({
        top: `${one} "training": { "shuffle": true },`,
        layer: '"cell": "rnn", "size": 2, "direction": "backward"',
        sequences: carry,
      }),
      [
        'state is "carry", but layers[0] reads the sequence backward, so that its state ends at the first step: expected forward layers alone',
        'state is "carry", but training.shuffle puts the sequences into another order: expected no shuffle',
      ],
    );
  });
  it("a carried state goes with truncate one sequence at a time", () => {
    assertFinds(file({ top: inChunks(1), sequences: carry.replace(/[⟦⟧]/g, "") }), []);
    assertFinds(file({ top: inChunks(2), sequences: carry.replace("⟦⟦", "⟦").replace("⟧⟧", "⟧") }), [
      'state is "carry", but training.truncate takes the chunks of 2 sequences together: expected a batchSize of 1, or no truncate',
    ]);
  });
  it("a carried state in batches is a warning: rows of a batch do not carry from row to row", () => {
    const top = `${one} "training": { "batchSize": 4 },`;
    assertFinds(file({ top, sequences: carry.replace("⟦⟦", "⟦").replace("⟧⟧", "⟧") }), [
      'warning: state is "carry": each sequence begins where the one before it in the file ended, in the same batch too; rows of a batch of 4 do not carry from row to row here',
    ]);
  });
  it("truncate does not go with a backward pass", () => {
    assertFinds(
      file({ top: `${one} "training": { "truncate": ⟦2⟧ },`, layer: '"cell": "rnn", "size": 2, "direction": "both"' }),
      [
        "truncate cuts the sequence into chunks, but layers[0] reads it backward, from its end: expected no truncate, or forward layers alone",
      ],
    );
  });
});

describe("errors of data files", () => {
  const text = file({ top: words, sequences: '{ "file": ⟦⟦"data.jsonl"⟧⟧ }' });

  it("name the data file, its line and the column", () => {
    assertFinds(
      text,
      [
        'data.jsonl:3:19: "her" is not in the vocabulary',
        "data.jsonl:4:13: NaN is no number of a file: expected a finite number",
      ],
      options('{"inputs":["hi"]}\r\n\n{"inputs":["hi",  "her"]}\n{"inputs":  NaN}\n'),
    );
  });
  it("a line that is no sequence is reported as such", () => {
    const once = text.replace("⟦⟦", "⟦").replace("⟧⟧", "⟧");
    assertFinds(
      once,
      ["data.jsonl:1:1: the line is 3, expected a sequence: an object with inputs or text"],
      options("3"),
    );
  });
  it("a data file that cannot be read is reported at its name", () => {
    const once = text.replace("⟦⟦", "⟦").replace("⟧⟧", "⟧");
    assertFinds(once, ["data.jsonl cannot be read: no such file"], {
      readData: () => {
        throw new Error("no such file");
      },
    });
  });
});

describe("errors of expectations", () => {
  const cases: [string, string, string[]][] = [
    [
      "a parameter that the model has not",
      whole('[{ "gradients": { ⟦"layers.0.Wh"⟧: [[1]] } }]'),
      ['layers.0.Wh is no parameter of this model; did you mean "layers.0.Wxh"?'],
    ],
    [
      "a parameter of another shape",
      whole('[{ "updated": { "layers.0.Whh": ⟦[[1]]⟧, "output.by": ⟦[1, 2]⟧ } }]'),
      [
        "layers.0.Whh is [1 × 1], but the parameter has 2 rows of 2 numbers: expected [2 × 2]",
        "output.by is [2], but the parameter has 1 number: expected [1]",
      ],
    ],
    [
      "a step's vector of another length",
      whole('[{ "steps": [{ "h": ⟦[1]⟧, "logits": ⟦[]⟧ }] }]'),
      [
        "h is [1], but the layer has 2 numbers: expected [2]",
        "logits is [0], but the output has 1 number: expected [1]",
      ],
    ],
    [
      "a value of another cell",
      whole('[{ "steps": [{ ⟦"c"⟧: [1, 2] }] }]'),
      ["c is no value of this layer: layers[0] is an rnn and has a and h"],
    ],
    [
      "more steps than the sequence",
      whole('[{ "steps": [null, null, ⟦{}⟧] }]'),
      ["steps[2] is one too many: sequences[0] has 2 steps"],
    ],
    [
      "more sequences than the file",
      whole("[null, ⟦{}⟧]"),
      ["expect.sequences[1] is one too many: the file has 1 sequence"],
    ],
    [
      "a step's loss without a target",
      whole('[{ "steps": [null, { "loss": ⟦1⟧ }] }]'),
      ["step 2 has no target, so it has no loss to compare"],
    ],
    [
      "an unknown key of a step",
      whole('[{ "steps": [{ ⟦"logit"⟧: [1] }] }]'),
      ['warning: unknown key "logit"; did you mean "logits"?'],
    ],
    [
      "logits before the last step",
      whole('[{ "steps": [{ "logits": ⟦[1]⟧ }] }]', '"size": 1, "at": "last"', '[{ "inputs": [1, 2], "target": 1 }]'),
      ['step 1 has no logits: output.at is "last", and the sequence has 2 steps'],
    ],
  ];
  for (const [title, text, messages] of cases) it(`${title}: ${messages[0]}`, () => assertFinds(text, messages));
});

describe("errors of read-outs, losses, embeddings and what is held fixed", () => {
  const one = '{ "cell": "rnn", "size": 2 }';
  /** A file of one number a step. */
  const written = (parts: { layers?: string; output?: string; loss?: string; sequences?: string; more?: string }) =>
    `{ "version": 1, "inputSize": 1, ${parts.more ?? ""}
      "layers": [${parts.layers ?? one}],
      "output": { ${parts.output ?? '"size": 2'} },
      "loss": { ${parts.loss ?? '"type": "mse"'} },
      "sequences": ${parts.sequences ?? '[{ "inputs": [1] }]'} }`;
  const embedded = (embedding: string, sequences = '[{ "inputs": [0] }]', more = "") =>
    `{ "version": 1, ${more} "embedding": { ${embedding} }, "layers": [${one}], "output": { "size": 2 }, "sequences": ${sequences} }`;
  const cases: [string, string, string[]][] = [
    [
      "a read-out of the last step of a backward layer",
      written({ layers: '{ "cell": "gru", "size": 2, "direction": "both" }', output: '"size": 2, "at": ⟦"last"⟧' }),
      [
        `warning: at is "last", but layers[0] reads the sequence backward: its h_T has seen x_T alone; "ends" reads the state in which each pass ends, as Keras' Bidirectional and PyTorch's h_n`,
      ],
    ],
    [
      "a size that is not the top layer's, without a read-out",
      written({ output: '"size": ⟦3⟧, "Why": "identity"' }),
      ['size is 3, but Why is "identity", and the top layer\'s h_t has 2 numbers: expected 2, or none'],
    ],
    [
      "biases without a read-out",
      written({ output: '"Why": "identity", ⟦"by"⟧: [0, 0]' }),
      ['by stands beside "Why": "identity", which has no parameters'],
    ],
    [
      "an input that is read without a read-out",
      written({ output: '"Why": "identity", ⟦"readsInput"⟧: true' }),
      ['readsInput stands beside "Why": "identity", which has no parameters'],
    ],
    [
      "another word for a matrix",
      written({ output: '"size": 2, "Why": ⟦"identiy"⟧' }),
      ['Why is "identiy", expected a matrix or "identity"; did you mean "identity"?'],
    ],
    ["no size", written({ output: "" }).replace("{  }", "⟦{⟧ }"), ['output has no "size"']],
    [
      "biases that the output does not have",
      written({ output: '"size": 2, "bias": false, ⟦"by"⟧: [0, 0]' }),
      ["by is a bias, but the output's bias is false: expected one of the two"],
    ],
    [
      "weights of an input that is not read",
      written({ output: '"size": 2, ⟦"Wxy"⟧: [[1], [1]]' }),
      ['Wxy leads from the input to the logits, but the output does not read it: expected "readsInput": true'],
    ],
    [
      "weights of the input in another shape",
      written({ output: '"size": 2, "readsInput": true, "Wxy": ⟦[[1, 2], [3, 4]]⟧' }),
      ["Wxy is [2 × 2], but the output reads 1 input into 2 outputs: expected [2 × 1]"],
    ],
    [
      "an input that is added to more logits than it has numbers",
      written({ output: '"size": 2, "skip": ⟦true⟧' }),
      ["skip adds x_t, which has 1 number, to the logits, which are 2: expected as many"],
    ],
    [
      "a bias of a layer without",
      written({ layers: '{ "cell": "lstm", "size": 2, "bias": false, ⟦"bf"⟧: [0, 0] }' }),
      ["bf is a bias, but the layer's bias is false: expected one of the two"],
    ],
    [
      "a bias of a backward pass without",
      written({
        layers: '{ "cell": "rnn", "size": 1, "direction": "both", "bias": false, "reverse": { ⟦"bh"⟧: [0] } }',
      }),
      ["bh is a bias, but the layer's bias is false: expected one of the two"],
    ],
    [
      "a direction of a dense layer",
      written({ layers: '{ "cell": "dense", "size": 2, ⟦"direction"⟧: "forward" }' }),
      ["direction does not belong to a dense layer, whose own keys are activation, W and b"],
    ],
    [
      "an initial state of a dense layer",
      written({ layers: '{ "cell": "dense", "size": 2, ⟦"h0"⟧: [0, 0] }' }),
      ["h0 does not belong to a dense layer, whose own keys are activation, W and b"],
    ],
    [
      "an unknown parameter held fixed",
      written({ layers: '{ "cell": "rnn", "size": 2, "frozen": ["Whh", ⟦"Whx"⟧] }' }),
      ['"Whx" is no parameter of layers[0], which has Wxh, Whh and bh; did you mean "Wxh"?'],
    ],
    [
      "a bias held fixed that there is not",
      written({ output: '"size": 2, "bias": false, "frozen": [⟦"by"⟧]' }),
      ['"by" is no parameter of the output, which has Why'],
    ],
    [
      "class weights of another loss",
      written({ loss: '"type": "mse", ⟦"classWeights"⟧: [1, 2]' }),
      ["classWeights does not belong to the loss mse, whose own keys are reduction, factor and outputs"],
    ],
    [
      "label smoothing of another loss",
      written({ loss: '"type": "binary-cross-entropy", ⟦"labelSmoothing"⟧: 0.1' }),
      [
        "labelSmoothing does not belong to the loss binary-cross-entropy, whose own keys are reduction, factor and outputs",
      ],
    ],
    [
      "a mean over the classes",
      written({ loss: '"type": "cross-entropy", ⟦"outputs"⟧: "mean"' }),
      [
        "outputs does not belong to the loss cross-entropy, whose own keys are reduction, factor, classWeights and labelSmoothing",
      ],
    ],
    [
      "class weights of another length",
      written({ loss: '"type": "cross-entropy", "classWeights": ⟦[1, 2, 3]⟧' }),
      ["classWeights is [3], but the output has 2 classes: expected [2]"],
    ],
    [
      "smoothing beyond 1",
      written({ loss: '"type": "cross-entropy", "labelSmoothing": ⟦1.5⟧' }),
      ["labelSmoothing is 1.5, expected 1 or less"],
    ],
    ["a delta of 0", written({ loss: '"type": "huber", "delta": ⟦0⟧' }), ["delta is 0, expected more than 0"]],
    [
      "weights of steps where one is read",
      written({
        output: '"size": 2, "at": "ends"',
        sequences: '[{ "inputs": [1], "target": [1, 2], ⟦"weights"⟧: [1] }]',
      }),
      [
        'weights belongs to output.at "every", but output.at is "ends", which has one loss: expected "weight", a number',
      ],
    ],
    [
      "weights of more steps than there are",
      written({ sequences: '[{ "inputs": [1], "targets": [[1, 2]], "weights": ⟦[1, 2]⟧ }]' }),
      ["weights is [2], but inputs has 1 item: expected [1]"],
    ],
    [
      "targets of every step where the ends are read",
      written({ output: '"size": 2, "at": "ends"', sequences: '[{ "inputs": [1], ⟦"targets"⟧: [[1, 2]] }]' }),
      ['targets belongs to output.at "every", but output.at is "ends": expected "target" with one item'],
    ],
    [
      "a mean over the targets of chunks",
      written({ more: '"training": { "batchReduction": ⟦"targets"⟧, "truncate": 2 },' }),
      [
        'batchReduction is "targets", which divides by all targets of the batch, but truncate makes an update of each chunk: expected one of the two',
      ],
    ],
    [
      "a schedule without its epochs",
      written({ more: '"training": { "schedule": ⟦{⟧ "type": "cosine" } },' }),
      ['schedule has no "epochs"'],
    ],
    [
      "a key of another schedule",
      written({ more: '"training": { "schedule": { "type": "exponential", "factor": 0.9, ⟦"every"⟧: 2 } },' }),
      ["every does not belong to the schedule exponential, whose own keys are factor"],
    ],
    [
      "an id that there is not",
      embedded('"size": 2, "E": [[1, 2]]', '[{ "inputs": [0, ⟦1⟧] }]'),
      ["inputs[1] is 1, expected an id, 0 to 0"],
    ],
    [
      "a vector where tokens are read",
      embedded('"size": 2, "E": [[1, 2]]', '[{ "inputs": [⟦[1, 2]⟧] }]'),
      ["inputs[0] is an array of 2, but the model has an embedding: expected an id"],
    ],
    [
      "an embedding of another shape",
      embedded('"size": 2, "E": ⟦[[1, 2]]⟧', '[{ "inputs": ["a"] }]', '"vocabulary": ["a", "b"],'),
      ["E is [1 × 2], but the vocabulary has 2 tokens and embedding.size is 2: expected [2 × 2]"],
    ],
    [
      "an input size that is not the number of tokens",
      embedded('"size": 2, "E": [[1, 2]]', '[{ "inputs": [0] }]', '"inputSize": ⟦2⟧,'),
      ["inputSize is 2, but E has 1 row, and with an embedding it is their number: expected 1, or none"],
    ],
    [
      "an embedding of an unknown number of tokens",
      embedded('"size": 2').replace('"embedding": {', '"embedding": ⟦{⟧'),
      [
        'embedding has neither "E" nor a vocabulary that says how many tokens there are: expected one of them, or "inputSize"',
      ],
    ],
    [
      "vectors of a task for an embedding",
      embedded('"size": 2', '{ "task": ⟦"sine"⟧, "count": 1, "length": 2 }', '"inputSize": 10,'),
      ["the task sine gives vectors, but the model has an embedding, which reads tokens: expected one of the two"],
    ],
  ];
  for (const [title, text, messages] of cases) it(`${title}: ${messages[0]}`, () => assertFinds(text, messages));
});

describe("a file with many errors", () => {
  it("is reported whole, each error at its place", () => {
    assertFinds(
      `{
  "version": 1, "vocabulary": ["hi", "there"],
  "layers": [
    { "cell": "rnn", "size": 2, "Wxh": ⟦[[1], [2]]⟧, "Whh": [⟦[1]⟧, [1, 2]], "bh": [⟦1e400⟧, ⟦NaN⟧], ⟦"colour"⟧: 1 },
    { "cell": ⟦"grru"⟧, "size": ⟦0⟧ }
  ],
  "output": { "size": 2, "at": "every", "activation": ⟦"linear"⟧ },
  "loss": { "type": "cross-entropy" },
  "sequences": [
    { "inputs": ["hi", ⟦"their"⟧], "targets": ⟦["hi", "there", ⟦9⟧]⟧ },
    { "text": ⟦7⟧ }
  ],
  "training": { "epochs": ⟦-1⟧ }
}`,
      [
        "Wxh is [2 × 1], but the layer reads 2 inputs into 2 units: expected [2 × 2]",
        "Whh is ragged: its row 0 has 1 number, expected 2 (the layer has 2 units: expected [2 × 2])",
        "1e400 is beyond the range of numbers: the largest number of double precision is 1.7976931348623157e308",
        "NaN is no number of a file: expected a finite number",
        'warning: unknown key "colour"',
        'cell is "grru", expected one of "rnn", "lstm", "gru" or "dense"; did you mean "gru"?',
        "size is 0, expected 1 or more",
        'activation is "linear", but the loss is cross-entropy: expected "softmax"',
        '"their" is not in the vocabulary; did you mean "there"?',
        "targets has 3 items, but inputs has 2: expected one item an input",
        "class index 9 is out of range: the output has 2 classes, 0 to 1",
        "text is 7, expected a text in double quotes",
        "epochs is -1, expected 0 or more",
      ],
    );
  });

  it("of a million unknown tokens is read within 20 seconds of the processor", () => {
    const started = process.cpuUsage();
    const reading = readProblem(file({ top: words, sequences: `[{ "inputs": [${'"hu",'.repeat(1_000_000)}] }]` }), {
      fileName: "x",
    });
    assert.equal(reading.diagnostics.length, 1_000_000);
    const ms = processorMsSince(started);
    assert.ok(ms < 20_000, `${ms} ms`);
  });
});

describe("Findings", () => {
  it("of numbers that training in float32 cannot hold are the first of each parameter, and the first of the sequences", () => {
    const whole = (precision: string, [w, x]: readonly [string, string]) => `{
      "version": 1, "inputSize": 1,
      "layers": [{ "cell": "rnn", "size": 1, "Wxh": [[${w}]], "Whh": [[3.4028235e38]], "bh": [0] }],
      "output": { "size": 1, "Why": [[1]], "by": [0] }, "loss": { "type": "mse" },
      "sequences": [{ "inputs": [1, ${x}], "targets": [1, 2] }], "training": { "precision": "${precision}" }
    }`;
    const say = (name: string, value: string) =>
      `${name} is ${value}, which training in float32 cannot hold: expected at most 3.4028234e38, or the precision "float64"`;
    assertFinds(whole("float32", ["⟦1e39⟧", "⟦-1e200⟧"]), [
      say("layers.0.Wxh[0][0]", "1e+39"),
      say("sequences[0].inputs", "-1e+200"),
    ]);
    assertFinds(whole("float64", ["1e39", "-1e200"]), []);
  });

  it("warn of each place where an editor has put U+FFFD for bytes that are no UTF-8, and only there", () => {
    const text = file({ top: '"name": "na⟦\uFFFD⟧ve", "vocabulary": ["a", "⟦\uFFFD⟧"],' });
    const message =
      "warning: U+FFFD stands here, as it does where a file has bytes that are no UTF-8; saved, it replaces them. Reopen the file with its encoding, or write what belongs here";
    assertFinds(text, [message, message], { marksLostBytes: true });
    assertFinds(text.replaceAll(/[⟦⟧]/g, ""), []);
  });

  it("are never none where a text gives no model", () => {
    const places = /(?<=: )(\[[^[\]{}]*\]|"[^"]*"|[-\d.]+|\{[^{}]*\})/g;
    const good = file({ top: words, sequences: '[{ "inputs": ["hi"] }]' });
    const others = ["null", "{}", "[]", "-1", '""', "true", "[[]]", "[null]", '"next"', '{ "file": "x.jsonl" }', "1.5"];
    for (const { index, 0: value } of good.matchAll(places))
      for (const other of others) {
        const text = good.slice(0, index) + other + good.slice(index + value.length);
        const { problem, diagnostics } = readProblem(text, { fileName: "x" });
        assert.equal(
          problem === null,
          diagnostics.some(({ severity }) => severity === "error"),
          text,
        );
      }
  });
});
