import assert from "node:assert/strict";
import schema from "../../media/rnn.schema.json";
import { cellKinds } from "../../src/engine/variants";
import { applyEdits } from "../../src/format/edit";
import { fold, keyWords, valueWords, wordsAnywhere } from "../../src/format/otherWords";
import { readProblem } from "../../src/format/read";
import { remedyFix } from "../../src/format/remedy";
import { dataOf } from "../files";
import { assertFinds } from "./marked";

/** A file whose parts a case replaces; the word in question stands between marks. */
const file = (
  parts: Partial<Record<"top" | "layer" | "output" | "loss" | "optimizer" | "training" | "sequences", string>>,
) => {
  const { top = "", layer = '"cell": "rnn", "size": 2', output = '"size": 2', loss = '"type": "mse"' } = parts;
  const { optimizer = '"type": "sgd"', training = '"epochs": 3', sequences = '{ "inputs": [[1, 2]] }' } = parts;
  return `{
  "version": 1,
  "inputSize": 2, ${top}
  "layers": [
    { ${layer} }
  ],
  "output": { ${output} },
  "loss": { ${loss} },
  "sequences": [${sequences}],
  "training": { "optimizer": { ${optimizer} }, ${training} }
}`;
};

/** The text after the fixes of all of its findings that have one, one after the other. */
function mended(text: string): string {
  for (let k = 0; k < 20; k++) {
    const { diagnostics, source } = readProblem(text, { fileName: "x" });
    const fix = diagnostics.flatMap(({ remedy, path }) => (remedy ? [remedyFix(text, source, path, remedy)] : []))[0];
    if (!fix) return text;
    text = applyEdits(text, fix.edits);
  }
  throw new Error("the fixes come to no end");
}

describe("Words of other software", () => {
  const errors: [string, string, string[]][] = [
    ["units", file({ layer: '"cell": "rnn", "size": 2, ⟦"units"⟧: 3' }), ['"units" is called "size" here']],
    [
      "lr in training",
      file({ training: '⟦"lr"⟧: 0.3' }),
      ['"lr" is called "learningRate" here, in training.optimizer'],
    ],
    [
      "an own key that stands too high",
      file({ training: '⟦"momentum"⟧: 0.9' }),
      ['"momentum" has another place here, in training.optimizer'],
    ],
    [
      "a word whose place is another one of the same depth",
      file({ training: '⟦"validation_split"⟧: 0.2, ⟦"class_weight"⟧: [1, 2]' }),
      [
        '"validation_split" is called "fraction" here, in validation',
        '"class_weight" is called "classWeights" here, in loss: a number a class',
      ],
    ],
    [
      "forget_bias",
      file({ layer: '"cell": "lstm", "size": 2, ⟦"forget_bias"⟧: 1' }),
      ['"forget_bias" is called "forgetBias" here, in initial'],
    ],
    [
      "peepholes",
      file({ layer: '"cell": "lstm", "size": 2, ⟦"peepholes"⟧: true' }),
      ['"peepholes" does not exist here: a cell of your own under "cells" can have it'],
    ],
    ["eps", file({ optimizer: '"type": "adam", ⟦"eps"⟧: 1e-7' }), ['"eps" is called "epsilon" here']],
    ["rho", file({ optimizer: '"type": "rmsprop", ⟦"rho"⟧: 0.9' }), ['"rho" is called "alpha" here: rmsprop has it']],
    ["batch_size", file({ training: '⟦"batch_size"⟧: 4' }), ['"batch_size" is called "batchSize" here']],
    [
      "bidirectional",
      file({ layer: '"cell": "rnn", "size": 2, ⟦"bidirectional"⟧: true' }),
      ['"bidirectional": true is "direction": "both" here'],
    ],
    [
      "return_sequences",
      file({ layer: '"cell": "rnn", "size": 2, ⟦"returnSequences"⟧: false' }),
      ['"returnSequences": false is "at": "last" here, in output: the next layer always reads every h_t'],
    ],
    [
      "dropout",
      file({ layer: '"cell": "rnn", "size": 2, ⟦"dropout"⟧: 0.5' }),
      ['"dropout" does not exist here: every unit takes part in every step'],
    ],
    [
      "clipnorm",
      file({ training: '⟦"clipnorm"⟧: 1' }),
      [
        '"clipnorm": 1 is "clip": {"type":"norm","at":1} here: it is of all gradients together; that of each parameter by itself does not exist',
      ],
    ],
    [
      "a backward pass's weights in PyTorch's words",
      file({ layer: '"cell": "rnn", "size": 2, ⟦"weight_hh_l0_reverse"⟧: [[1]]' }),
      [
        '"weight_hh_l0_reverse" is called "Whh" here, in layers[0].reverse: its rows are units; an lstm and a gru have one a gate, Whi, Whf … or Whr …',
      ],
    ],
    ["SimpleRNN", file({ layer: '"cell": ⟦"SimpleRNN"⟧, "size": 2' }), ['cell is "SimpleRNN", which is "rnn" here']],
    [
      "an optimizer that is nearly one of ours",
      file({ optimizer: '"type": ⟦"nadam"⟧' }),
      ['type is "nadam", which does not exist here: sgd, adagrad, rmsprop, adam and adamw do'],
    ],
    ["bce", file({ loss: '"type": ⟦"bce"⟧' }), ['type is "bce", which is "binary-cross-entropy" here']],
    [
      "glorot_uniform",
      file({ top: '"initial": { "scheme": ⟦"glorotUniform"⟧ },' }),
      ['scheme is "glorotUniform", which is "xavier" here'],
    ],
    [
      "x in a sequence",
      file({ sequences: '{ "inputs": [[1, 2]], ⟦"y"⟧: 1 }' }),
      ['"y" is called "targets" here: or "target" with one item where output.at is not "every"'],
    ],
  ];
  for (const [title, text, messages] of errors)
    it(`${title} is an error: ${messages[0]}`, () => assertFinds(text, messages));

  const harmless: [string, string, string[]][] = [
    [
      "a dropout of 0",
      file({ layer: '"cell": "rnn", "size": 2, ⟦"dropout"⟧: 0' }),
      ['warning: "dropout" has no meaning here: every unit takes part in every step'],
    ],
    [
      "a key that nobody knows",
      file({ training: '⟦"ephocs"⟧: 3' }),
      ['warning: unknown key "ephocs"; did you mean "epochs"?'],
    ],
    [
      "a layer's name",
      file({ layer: '"cell": "rnn", "size": 2, ⟦"name"⟧: "lstm_1"' }),
      ['warning: unknown key "name"'],
    ],
    [
      "a word in a description, in a vocabulary and in a comment",
      file({ top: '"description": "lr, dropout", "labels": ["units", "lr"], // "lr": 1\n' }),
      [],
    ],
    [
      "a word among expectations",
      file({ top: '"expect": { "sequences": [{ ⟦"lr"⟧: 1 }] },' }),
      ['warning: unknown key "lr"'],
    ],
  ];
  for (const [title, text, messages] of harmless) it(`${title} is no error`, () => assertFinds(text, messages));

  it("that an own cell has as constants, parameters and states are its own, and no others", () => {
    const cells = `"cells": { "mine": {
      "constants": { "clip": 0.5, "dropout": 0.1 },
      "equations": ["hidden = kernel x + U hidden' + gain", "h = dropout ∘ tanh(hidden) + clip"],
      "initial": { "gain": 1 }
    } },`;
    const layer = (more: string) =>
      `"cell": "mine", "size": 2, "kernel": [[1, 2], [3, 4]], "U": [[1, 0], [0, 1]], "clip": 0.1, "dropout": 0.5, "hidden0": [0, 1]${more}`;
    assertFinds(file({ top: cells, layer: layer("") }), []);
    assertFinds(file({ top: cells, layer: layer(', ⟦"recurrent_kernel"⟧: [[1]]') }), [
      '"recurrent_kernel" is called "Whh" here: its rows are units; an lstm and a gru have one a gate, Whi, Whf … or Whr …',
    ]);
    const inside = cells.replace('"initial"', '⟦"lr"⟧: 1, "initial"');
    assertFinds(file({ top: inside, layer: layer("") }), ['warning: unknown key "lr"']);
  });

  it("in a line of a data file are errors in that line", () => {
    const text = file({}).replace(/"sequences": \[.*\]/, '"sequences": { "file": ⟦"data.jsonl"⟧ }');
    assertFinds(text, ['data.jsonl:1:23: "mask" is called "weights" here: a number a step'], {
      readData: () => dataOf('{"inputs":[[1, 2]],   "mask": [1]}\n'),
    });
  });

  it("are more than 200, none twice in a table, and none is a key or a value that the format has there", () => {
    const layer = schema.definitions.layer.properties;
    const { output, loss, training, initial } = schema.properties;
    const own: Record<string, object> = {
      file: schema.properties,
      layer,
      output: output.properties,
      loss: loss.properties,
      training: training.properties,
      optimizer: training.properties.optimizer.properties,
      initial: initial.properties,
      sequence: schema.definitions.sequence.properties,
    };
    let count = 0;
    const check = (name: string, table: readonly (readonly [string, unknown])[], known: readonly string[]) => {
      const words = table.flatMap(([words]) => words.split(" "));
      count += words.length;
      const folded = words.map(fold);
      assert.deepEqual(
        folded.filter((word, k) => folded.indexOf(word) !== k),
        [],
        name,
      );
      assert.deepEqual(
        words.filter((word) => known.includes(word)),
        [],
        name,
      );
    };
    for (const [place, table] of Object.entries(keyWords)) check(place, table, Object.keys(own[place] ?? {}));
    check("anywhere", wordsAnywhere, []);
    const choices: Record<string, readonly string[]> = {
      "layer.cell": cellKinds(),
      "loss.type": loss.properties.type.enum,
      "optimizer.type": training.properties.optimizer.properties.type.enum,
      "initial.scheme": initial.properties.scheme.enum,
    };
    for (const [place, table] of Object.entries(valueWords)) check(place, table, choices[place] ?? []);
    assert.ok(count > 200, String(count));
  });

  for (const [title, before, after] of [
    ["a key is renamed, and its value keeps its spelling", '"eps": 1e-07', '"epsilon": 1e-07'],
    [
      "what says nothing goes, with its comma",
      '"epsilon": 1, "amsgrad": false, "beta1": 0.5',
      '"epsilon": 1, "beta1": 0.5',
    ],
    ["the last one goes with the comma before it", '"epsilon": 1, "amsgrad": false', '"epsilon": 1'],
  ] as const)
    it(`${title}, by the fix`, () => {
      const text = (inside: string) => file({ optimizer: `"type": "adam", ${inside}` });
      assert.equal(mended(text(before)), text(after));
    });

  it("a word takes its line with it where it had one, and comments stay", () => {
    const text = (inside: string) => file({ layer: `"cell": "rnn", // plain\n      ${inside}"size": 2\n    ` });
    assert.equal(mended(text('"dropout": 0,\n      ')), text(""));
    const last = (inside: string) => file({ optimizer: `\n    "type": "adam"${inside}\n  ` });
    assert.equal(mended(last(', // plain\n    "amsgrad": false')), last(" // plain"));
  });

  it("stand for several keys: betas", () => {
    assert.equal(
      mended(file({ optimizer: '"type": "adam", "betas": [0.8, 0.99]' })),
      file({ optimizer: '"type": "adam", "beta1": 0.8, "beta2": 0.99' }),
    );
  });

  it("stack layers like the one that is written", () => {
    const stacked = file({ layer: '"cell": "lstm", "size": 2' }).replace(
      '    { "cell": "lstm", "size": 2 }',
      '    { "cell": "lstm", "size": 2 },\n    { "cell": "lstm", "size": 2 }',
    );
    assert.equal(mended(file({ layer: '"cell": "lstm", "size": 2, "num_layers": 2' })), stacked);
    assert.equal(
      mended(file({ layer: '"cell": "lstm", "size": 2', top: '"num_layers": 2,' })),
      stacked.replace('"inputSize": 2, ', '"inputSize": 2, '),
    );
  });

  it("stack no layer whose parameters are written out", () => {
    const text = file({ layer: '"cell": "rnn", "size": 2, "num_layers": 2, "bh": [0, 1]' });
    assert.equal(mended(text), text);
  });

  it("a word of another place goes there by the fix, in the style of that object", () => {
    assert.equal(
      mended(file({ training: '"epochs": 3, "lr": 0.3' })),
      file({ optimizer: '"type": "sgd", "learningRate": 0.3', training: '"epochs": 3' }),
    );
    assert.equal(
      mended(file({ layer: '"cell": "lstm", "unit_forget_bias": true, "size": 2' })),
      file({ layer: '"cell": "lstm", "size": 2' }).replace(/\n}$/, ',\n  "initial": { "forgetBias": 1 }\n}'),
    );
    assert.equal(
      mended(file({ layer: '"cell": "rnn", "size": 2, "return_sequences": false' })),
      file({ output: '"size": 2, "at": "last"' }),
    );
  });

  it("a word that lacks the object of its place makes it by the fix", () => {
    const text = file({}).replace('"optimizer": { "type": "sgd" }, "epochs": 3', '"lr": 0.3');
    assert.equal(mended(text), text.replace('"lr": 0.3', '"optimizer": { "learningRate": 0.3 }'));
  });

  it("a value is replaced by the fix, with what belongs to it", () => {
    assert.equal(
      mended(file({ layer: '"cell": "RNN_RELU", "size": 2' })),
      file({ layer: '"cell": "rnn", "size": 2, "activation": "relu"' }),
    );
  });

  it("Keras' kernel of a plain layer becomes Wxh, transposed", () => {
    assert.equal(
      mended(file({ layer: '"cell": "rnn", "size": 3, "kernel": [[1.0, 2, 3], [4, 5e0, 6]]' })),
      file({ layer: '"cell": "rnn", "size": 3, "Wxh": [[1.0, 4], [2, 5e0], [3, 6]]' }),
    );
  });

  it("a word whose translation stands there already keeps its error, and has no fix", () => {
    const text = file({ training: '"batchSize": 2, "batch_size": 4' });
    assert.equal(mended(text), text);
  });
});

describe("A matrix that fits transposed", () => {
  const layer = (Wxh: string) => file({ layer: `"cell": "rnn", "size": 3, "Wxh": ${Wxh}` });

  it("says so", () => {
    assertFinds(layer("⟦[[1, 2, 3], [4, 5, 6]]⟧"), [
      "Wxh is [2 × 3], but the layer reads 2 inputs into 3 units: expected [3 × 2]; transposed it would fit: Keras and NumPy courses write x Wxh",
    ]);
    assertFinds(file({ layer: '"cell": "rnn", "size": 3', output: '"size": 2, "Why": ⟦[[1, 2], [3, 4], [5, 6]]⟧' }), [
      "Why is [3 × 2], but the output reads 3 hidden units into 2 outputs: expected [2 × 3]; transposed it would fit: Keras and NumPy courses write h Why",
    ]);
  });

  it("is transposed by the fix: on one line, compact, or on lines of its own with its comments", () => {
    assert.equal(mended(layer("[[1, 2.50, 3], [4, 5, 6]]")), layer("[[1, 4], [2.50, 5], [3, 6]]"));
    assert.equal(mended(layer("[[1,2,3],[4,5,6]]")), layer("[[1,4],[2,5],[3,6]]"));
    assert.equal(
      mended(layer("[\n      [1, 2, 3], // from input 0\n      [4, 5, 6],\n    ]")),
      layer("[\n      // from input 0\n      [1, 4],\n      [2, 5],\n      [3, 6]\n    ]"),
    );
  });
});
