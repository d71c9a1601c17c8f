import { strict as assert } from "node:assert";
import { withParameters } from "../../../src/engine/model";
import { predict } from "../../../src/engine/predict";
import { train } from "../../../src/engine/train";
import { freeName, minimal, templateOf, word } from "../../../src/host/editor/templates";
import { read } from "./worked";

describe("Templates", () => {
  for (const template of [minimal, word])
    it(`begin with a file that has no finding and a sequence to step through: ${template.title}`, () => {
      const { diagnostics, problem } = read(template.text);
      assert.deepEqual(diagnostics, []);
      assert.equal(problem?.sequences.length, 1);
    });

  it("of a word learn it: after the file's own training each letter is the most probable one", () => {
    const { problem } = read(word.text);
    const { model, sequences } = problem!;
    const steps = train(problem!);
    let next = steps.next();
    while (!next.done) next = steps.next();
    const { tokens } = predict(withParameters(model, next.value.parameters), sequences[0]!);
    assert.equal(tokens.slice(0, 4).join(""), "ello");
  });

  it("take their title and description from the file", () => {
    const text = '// a comment\n{ "name": "one", "description": "two", }';
    assert.deepEqual(templateOf("a.rnn.json", text), {
      title: "one",
      description: "two",
      fileName: "a.rnn.json",
      text,
    });
    assert.equal(templateOf("a.rnn.json", "[").title, "a.rnn.json");
  });

  it("are described by the first sentence of the comment on top where the file does not say more", () => {
    const text = "// One thing,\n// and another! A third.\n{ }";
    assert.equal(templateOf("a.rnn.json", text).description, "One thing, and another!");
    assert.equal(templateOf("a.rnn.json", "{ }").description, "");
  });

  it("get a name that is free", () => {
    assert.equal(
      freeName("a.rnn.json", (name) => name === "a.rnn.json" || name === "a-2.rnn.json"),
      "a-3.rnn.json",
    );
  });
});
