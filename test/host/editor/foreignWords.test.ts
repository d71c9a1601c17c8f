import assert from "node:assert/strict";
import { readProblem } from "../../../src/format/read";
import { foreignWordsAt } from "../../../src/host/editor/foreignWords";

/** What is offered where the bar stands, as `word → insert`, and which text it takes the place of. */
function offered(marked: string): { words: string[]; replaces: string } | null {
  const offset = marked.indexOf("|");
  const text = marked.replace("|", "");
  const found = foreignWordsAt(text, readProblem(text, { fileName: "x" }).source, offset);
  return (
    found && {
      words: found.words.map(({ word, insert }) => `${word} → ${insert}`),
      replaces: text.slice(found.place.offset, found.place.offset + found.place.length),
    }
  );
}

describe("A word of other software that somebody types", () => {
  it("is offered as the key that it is here, in its place", () => {
    assert.deepEqual(offered('{ "layers": [{ "cell": "rnn", "un|" }] }'), {
      words: ['units → "size": '],
      replaces: '"un"',
    });
    assert.deepEqual(offered('{ "layers": [{ "cell": "rnn", "hidden_s|": 4 }] }'), {
      words: ['hidden_size → "size"'],
      replaces: '"hidden_s"',
    });
    assert.deepEqual(offered('{ "training": { "optimizer": { "ep|" } } }')?.words, ['eps → "epsilon": ']);
  });

  it("takes what holds it along where that is not there", () => {
    assert.deepEqual(offered('{ "lr|" }')?.words.slice(0, 1), ['lr → "training": { "optimizer": { "learningRate": ']);
    assert.deepEqual(offered('{ "training": { "epochs": 3 }, "batch_s|" }'), null);
    assert.deepEqual(offered('{ "training": { "batch_s|" } }')?.words, ['batch_size → "batchSize": ']);
  });

  it("is offered as the value that it is here", () => {
    assert.deepEqual(offered('{ "layers": [{ "cell": "SimpleR|" }] }'), {
      words: ['SimpleRNN → "rnn"', 'SimpleRNNCell → "rnn"'],
      replaces: '"SimpleR"',
    });
    assert.deepEqual(offered('{ "initial": { "scheme": "glorot_u|" } }')?.words, ['glorot_uniform → "xavier"']);
  });

  it("is not offered where the format has nothing for it, where its key stands already, or where nothing is typed", () => {
    for (const text of [
      '{ "layers": [{ "cell": "rnn", "drop|" }] }',
      '{ "layers": [{ "cell": "rnn", "size": 2, "unit|" }] }',
      '{ "layers": [{ "cell": "rnn", "|" }] }',
      '{ "layers": [{ "cell": "rnn", | }] }',
      '{ "vocabulary": ["un|"] }',
      '{ "description": "un|" }',
    ])
      assert.equal(offered(text), null, text);
  });
});
