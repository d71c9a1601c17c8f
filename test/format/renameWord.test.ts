import assert from "node:assert/strict";
import { applyEdits } from "../../src/format/edit";
import { readProblem } from "../../src/format/read";
import { renamedAt, renameEdits } from "../../src/format/renameWord";

const read = (text: string) => readProblem(text, { fileName: "model.rnn.json" });

const text = `{
  "version": 1,
  "inputSize": 1,
  "cells": {
    "leaky": {
      "constants": { "α": 0.2 },
      // Whh is not renamed here
      "equations": ["u = (1 − α) u_prev + α tanh(Wxh x + Whh h' + bh)", "h = u + \\u0057hh u[t-1]"],
      "initial": { "Whh": 0.5 },
    },
    "other": { "equations": ["h = Whh h'"] },
  },
  "layers": [
    { "cell": "leaky", "size": 1, "α": 0.1, "Whh": [[0.2]], "u0": [1], "frozen": ["Whh"], "direction": "both", "reverse": { "Whh": [[0.3]] } },
    { "cell": "other", "size": 1, "Whh": [[0.4]] },
  ],
  "output": { "size": 1 },
  "loss": { "type": "mse" },
  "sequences": [{ "inputs": [1], "targets": [1] }],
  "expect": {
    "sequences": [{
      "steps": [{ "layers": [{ "forward": { "u": [0.5] } }], "gradients": { "layers": [{ "forward": { "u": [0.1] } }] } }],
      "gradients": { "layers.0.Whh": [[1]], "layers.0.reverse.Whh[0][0]": 2, "layers.1.Whh": [[3]] },
    }],
  },
}
`;

/** The text after the renaming of what stands at some words. */
function renamed(words: string, newName: string, from = text, skip = 0): string {
  const offset = from.indexOf(words) + skip;
  assert.ok(offset >= skip, `there is no ${words}`);
  return applyEdits(from, renameEdits(from, read(from).source, offset, newName));
}

const ofLeaky = (to: string) =>
  text
    .replace("+ Whh h'", `+ ${to} h'`)
    .replace("\\u0057hh", to)
    .replace('"initial": { "Whh"', `"initial": { "${to}"`)
    .replace('"Whh": [[0.2]]', `"${to}": [[0.2]]`)
    .replace('["Whh"]', `["${to}"]`)
    .replace('"Whh": [[0.3]]', `"${to}": [[0.3]]`)
    .replace("layers.0.Whh", `layers.0.${to}`)
    .replace("layers.0.reverse.Whh", `layers.0.reverse.${to}`);

describe("renaming in a cell of the file's own", () => {
  it("renames a parameter in the equations and wherever the file says it, and no other cell's", () => {
    assert.equal(renamed("Whh h' + bh", "V"), ofLeaky("V"));
  });

  it("renames it from a layer just as well, and from a frozen one, an expected gradient, and the initial ones", () => {
    for (const place of ['Whh": [[0.2]]', 'Whh"], "direction', 'Whh": [[1]]', 'Whh": 0.5'])
      assert.equal(renamed(place, "V"), ofLeaky("V"), place);
  });

  it("renames a state with its primes, its first value and its expected numbers", () => {
    const expected = text
      .replace('"u = (1 − α) u_prev', '"m = (1 − α) m_prev')
      .replace("h = u +", "h = m +")
      .replace("u[t-1]", "m[t-1]")
      .replace('"u0"', '"m0"')
      .replaceAll('"forward": { "u"', '"forward": { "m"');
    assert.equal(renamed("u_prev", "m"), expected);
    assert.equal(renamed('"u0"', "m", text, 1), expected);
  });

  it("renames a constant in the cell and in the layers that set it", () => {
    assert.equal(renamed("α tanh", "κ"), text.replaceAll("α", "κ"));
  });

  it("renames the cell itself", () => {
    assert.equal(renamed('leaky": {', "lazy"), text.replaceAll("leaky", "lazy"));
    assert.equal(renamed('leaky", "size"', "lazy"), text.replaceAll("leaky", "lazy"));
  });

  it("takes the place of the name alone, without its prime", () => {
    const { source } = read(text);
    const found = renamedAt(text, source, text.indexOf("h' + bh"));
    assert.deepEqual(found && [found.word, found.place.length], ["h", 1]);
  });

  it("has nothing to rename at x, at a function, or outside of the cells", () => {
    const { source } = read(text);
    for (const words of ["x + Whh", "tanh(", '"version"', "(1 −"])
      assert.equal(renamedAt(text, source, text.indexOf(words)), null, words);
  });

  const wrong: [string, string, string, string][] = [
    ["a name that the cell has", "Whh h'", "bh", "this cell has bh already"],
    ["a function's name", "Whh h'", "tanh", "tanh is a function: expected another name"],
    ["a layer's key", "Whh h'", "size", "size is a key of every layer: expected another name"],
    ["what is no name", "Whh h'", "W h", '"W h" is no name: expected letters, 0 to 9 and _, beginning with a letter'],
    ["the first value of a state", "bh)", "u0", "u0 is how a layer gives the first u: expected another name"],
    ["another name for h", "h = u", "k", "the last equation is h's: expected h = …, found k = …"],
    ["a built-in cell's name", 'leaky": {', "gru", "gru is a built-in cell: expected another name"],
    ["another cell's name", 'leaky": {', "other", "the file has a cell other already"],
  ];
  for (const [title, words, name, message] of wrong)
    it(`refuses ${title}`, () => assert.throws(() => renamed(words, name), { name: "RangeError", message }));

  it("refuses to rename a state whose first value a sequence gives for another cell too", () => {
    const shared = text
      .replace('"size": 1, "Whh": [[0.4]]', '"size": 1')
      .replace('"equations": ["h = Whh h\'"]', '"equations": ["u = u\' + x", "h = u"]')
      .replace('"inputs": [1]', '"inputs": [1], "u0": [null, [1]]');
    assert.throws(() => renamed("u_prev", "m", shared), {
      message: "u0 of a sequence is of layer 2, too, whose cell is other",
    });
  });
});
