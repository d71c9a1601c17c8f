import { strict as assert } from "node:assert";
import { parametersOf } from "../../../src/engine/model";
import { applyEdits } from "../../../src/format/edit";
import { fixesOf } from "../../../src/host/editor/fixes";
import { drawnParametersFix } from "../../../src/host/editor/writeDrawn";
import { read, worked } from "./worked";

/** The text after the fix of its first finding with this code: the most obvious one, or the one with this title. */
function fixed(text: string, code: string, title?: string): string | null {
  const { diagnostics, source } = read(text);
  const finding = diagnostics.find((diagnostic) => diagnostic.code === code);
  assert.ok(finding, `no ${code} among ${diagnostics.map(({ message }) => message).join("; ")}`);
  const slice = ({ offset, length }: { offset: number; length: number }) => text.slice(offset, offset + length);
  const fixes = fixesOf(finding, { source, slice, getText: () => text });
  const fix = title === undefined ? fixes[0] : fixes.find((one) => one.title === title);
  if (title !== undefined) assert.ok(fix, `only ${fixes.map((one) => one.title).join("; ")}`);
  return fix ? applyEdits(text, fix.edits) : null;
}

/** A first language model, as somebody writes it who thinks of letters. */
const hello = (vocabulary: string, size: number, sequence: string) => `{
  "version": 1,${vocabulary}
  "layers": [{ "cell": "rnn", "size": 2 }],
  "output": { "size": ${size} },
  "loss": { "type": "cross-entropy" },
  "sequences": [{ ${sequence}, "targets": "next" }]
}`;

describe("Quick fixes", () => {
  it("put the nearest token in the place of an unknown one", () => {
    assert.equal(fixed(worked.replace('        "class"', '        "clas"'), "unknown-token"), worked);
  });

  it("put the nearest key in the place of an unknown one", () => {
    assert.equal(fixed(worked.replace('"training"', '"trainning"'), "unknown-key"), worked);
  });

  it("put the nearest cell in the place of an unknown one", () => {
    assert.equal(fixed(worked.replace('"rnn"', '"rn"'), "value"), worked);
  });

  it("add a missing key on a line of its own, as the object is laid out", () => {
    assert.equal(fixed(worked.replace('\n  "version": 1,', ""), "missing-key"), worked);
    assert.equal(fixed(worked.replace('\n      "cell": "rnn",', ""), "missing-key"), worked);
  });

  it("add a missing key beside the next one where the object stands on one line", () => {
    const flat = '{ "version": 1, "inputSize": 1, "layers": [{ "size": 1 }], "output": { "size": 1 } }';
    assert.equal(fixed(flat, "missing-key"), flat.replace('"size": 1 }]', '"cell": "rnn", "size": 1 }]'));
  });

  it("read the ends of a layer's passes in the place of its last step", () => {
    const both =
      '{ "version": 1, "inputSize": 1, "layers": [{ "cell": "rnn", "size": 1, "direction": "both" }], "output": { "size": 1, "at": "last" } }';
    assert.equal(fixed(both, "last-of-backward"), both.replace('"last"', '"ends"'));
  });

  it("take away a key that means nothing where it stands", () => {
    const model = (output: string, loss: string) =>
      `{ "version": 1, "inputSize": 1, "layers": [{ "cell": "rnn", "size": 1 }], "output": { ${output} }, "loss": { ${loss} } }`;
    const identity = model('"Why": "identity"', '"type": "mse"');
    assert.equal(fixed(model('"Why": "identity", "by": [0]', '"type": "mse"'), "identity"), identity);
    assert.equal(fixed(model('"Why": "identity"', '"type": "mse", "classWeights": [1]'), "foreign-key"), identity);
    const bare = model('"size": 1, "bias": false', '"type": "mse"');
    assert.equal(fixed(bare.replace(": false", ': false, "by": [0]'), "bias"), bare);
  });

  it("set what a read-out's other keys expect", () => {
    const model = (output: string, loss = "mse") =>
      `{ "version": 1, "inputSize": 1, "layers": [{ "cell": "rnn", "size": 2 }], "output": { ${output} }, "loss": { "type": "${loss}" } }`;
    assert.equal(fixed(model('"Why": "identity", "size": 3'), "shape"), model('"Why": "identity", "size": 2'));
    assert.equal(
      fixed(model('"size": 1, "Wxy": [[1]]'), "foreign-key"),
      model('"size": 1, "Wxy": [[1]], "readsInput": true'),
    );
    assert.equal(
      fixed(model('"size": 2, "activation": "sigmoid"', "cross-entropy"), "loss-activation"),
      model('"size": 2, "activation": "softmax"', "cross-entropy"),
    );
  });

  it("put the word that is meant into an equation, and a prime where the step before is", () => {
    const model = (equation: string) =>
      `{ "version": 1, "inputSize": 1, "cells": { "mine": { "equations": ["${equation}"] } }, "layers": [{ "cell": "mine", "size": 1 }], "output": { "Why": "identity" } }`;
    assert.equal(fixed(model("h = tahn(Wxh x)"), "equation"), model("h = tanh(Wxh x)"));
    assert.equal(fixed(model("h = tanh(Wxh x + Whh h)"), "equation"), model("h = tanh(Wxh x + Whh h')"));
  });

  it("leave alone what has no obvious fix", () => {
    assert.equal(fixed(worked.replace("[[0.2]]", "[[0.2, 1]]"), "shape"), null);
  });

  it("turn inputs that are a text into a text", () => {
    const text = hello("", 4, '"inputs": "hello"');
    assert.equal(fixed(text, "other-word"), text.replace('"inputs"', '"text"'));
  });

  it("make a vocabulary of the sequences' letters, each once in their order, and one output a letter", () => {
    assert.equal(
      fixed(
        hello("", 1, '"text": "hello"'),
        "missing-vocabulary",
        'Add "h", "e", "l" and "o" to the vocabulary and set the output to 4',
      ),
      hello('\n  "vocabulary": ["h", "e", "l", "o"],', 4, '"text": "hello"'),
    );
  });

  it("add letters to the vocabulary that it lacks, behind the others with their comments", () => {
    const vocabulary = (letters: string) => `\n  "vocabulary": [${letters}], // letters`;
    assert.equal(
      fixed(
        hello(vocabulary('"h", /* vowel */ "e"'), 2, '"text": "hello"'),
        "unknown-token",
        'Add "l" and "o" to the vocabulary and set the output to 4',
      ),
      hello(vocabulary('"h", /* vowel */ "e", "l", "o"'), 4, '"text": "hello"'),
    );
  });

  it("leave an output alone that is no token's, and name six tokens at most", () => {
    const text = hello('\n  "vocabulary": ["h"],', 7, '"inputs": ["a", "b", "c", "d", "e", "f", "g", "h"]');
    assert.equal(
      fixed(text, "unknown-token", 'Add "a", "b", "c", "d", "e", "f" and 1 more to the vocabulary'),
      text.replace('["h"]', '["h", "a", "b", "c", "d", "e", "f", "g"]'),
    );
  });

  it("set the output to the vocabulary's size where the next tokens are the targets", () => {
    const text = (size: number) => hello('\n  "vocabulary": ["h", "e", "l", "o"],', size, '"text": "hello"');
    assert.equal(fixed(text(2), "class-range"), text(4));
  });

  it("write the parameters that are left out as they have been drawn, where the cursor is", () => {
    const text = hello('\n  "vocabulary": ["h", "e", "l", "o"],', 4, '"text": "hello"');
    const reading = read(text);
    const fix = (at: string) => drawnParametersFix({ getText: () => text }, reading, text.indexOf(at));
    assert.equal(fix('"version"'), null);
    const written = applyEdits(text, fix('"cell"')!.edits);
    assert.equal(applyEdits(text, fix('"size": 4')!.edits), written);
    assert.deepEqual(Object.keys((JSON.parse(written) as { layers: object[] }).layers[0]!), [
      "cell",
      "size",
      "Wxh",
      "Whh",
      "bh",
    ]);
    assert.match(written, /"output": \{ "size": 4, "Why": \[\[.*\]\], "by": \[0, 0, 0, 0\] \}/);
    const after = read(written);
    assert.deepEqual(parametersOf(after.problem!.model), parametersOf(reading.problem!.model));
    assert.equal(drawnParametersFix({ getText: () => written }, after, written.indexOf('"cell"')), null);
  });
});
