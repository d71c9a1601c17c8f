import { strict as assert } from "node:assert";
import { freeName, minimal, templateOf } from "../../src/editor/templates";
import { read } from "./worked";

describe("Templates", () => {
  it("begin with a file that has no finding and a sequence to step through", () => {
    const { diagnostics, problem } = read(minimal.text);
    assert.deepEqual(diagnostics, []);
    assert.equal(problem?.sequences.length, 1);
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
