import { strict as assert } from "node:assert";
import type { LensKind } from "../../../src/host/editor/lensList";
import { lensesOf, lensKinds, mostSequences } from "../../../src/host/editor/lensList";
import { read, worked } from "./worked";

const all = new Set<LensKind>(lensKinds);

describe("Lenses", () => {
  it("stand over the layers and over each sequence", () => {
    const lenses = lensesOf(read(worked), all, 0);
    assert.deepEqual(
      lenses.map(({ title, sequence, place }) => [title, sequence, worked.slice(place.offset, place.offset + 8)]),
      [
        ["$(debug-step-over) Step", null, '"layers"'],
        ["$(flame) Train 100 epochs", null, '"layers"'],
        ["$(sparkle) Predict", null, '"layers"'],
        ["$(checklist) Check", null, '"layers"'],
        ["$(debug-step-over) Step", 0, "{\n      "],
        ["$(sparkle) Predict", 0, "{\n      "],
      ],
    );
  });

  it("say one epoch in the singular", () => {
    const text = worked.replace('"training": {', '"training": { "epochs": 1,');
    assert.equal(lensesOf(read(text), all, 0)[1]?.title, "$(flame) Train 1 epoch");
  });

  it("of a kind that is switched off are left out", () => {
    const kinds = lensesOf(read(worked), new Set<LensKind>(["check"]), 0).map(({ kind }) => kind);
    assert.deepEqual(kinds, ["check"]);
  });

  it("stay over a text with errors, without the number of epochs", () => {
    const titles = lensesOf(read(worked.replace('"size": 1', '"size": 0')), all, 0).map(({ title }) => title);
    assert.equal(titles.length, 6);
    assert.equal(titles[1], "$(flame) Train");
  });

  it("of drawn sequences are one, over the task", () => {
    const text = `{ "version": 1, "layers": [{ "cell": "rnn", "size": 2 }],
      "output": { "size": 1, "at": "last" }, "loss": { "type": "binary-cross-entropy" },
      "sequences": { "task": "sum-sign", "count": 1000, "length": 5 } }`;
    const lenses = lensesOf(read(text), new Set<LensKind>(["step"]), 0);
    assert.deepEqual(
      lenses.map(({ title, place }) => [title, text.slice(place.offset, place.offset + place.length)]),
      [
        ["$(debug-step-over) Step", '"layers"'],
        ["$(debug-step-over) Step through one of 1,000 sequences", '"sequences"'],
      ],
    );
  });

  it("of very many sequences stand around the one that is looked at", () => {
    const one = '{ "inputs": [1], "targets": [1] }';
    const text = `{ "version": 1, "layers": [{ "cell": "rnn", "size": 1 }], "output": { "size": 1 },
      "loss": { "type": "mse" }, "sequences": [${Array.from({ length: 5000 }, () => one).join(",\n")}] }`;
    const place = text.indexOf('[{ "inputs"') + 3000 * (one.length + 2);
    const shown = lensesOf(read(text), new Set<LensKind>(["predict"]), place).flatMap(({ sequence }) => sequence ?? []);
    assert.equal(shown.length, mostSequences);
    assert.ok(shown[0]! <= 2990 && shown.at(-1)! >= 3010, `${shown[0]} to ${shown.at(-1)}`);
  });
});
