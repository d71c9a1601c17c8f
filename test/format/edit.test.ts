import assert from "node:assert/strict";
import * as fc from "fast-check";
import { parametersOf } from "../../src/engine/model";
import type { NamedTensors, Tensor } from "../../src/engine/tensor";
import { applyEdits, parameterEdits } from "../../src/format/edit";
import { readProblem } from "../../src/format/read";
import { anyNumber } from "./arbitrary";

const vector = (...values: number[]): Tensor => ({
  rank: 1,
  rows: values.length,
  cols: 1,
  data: Float64Array.from(values),
});
const matrix = (...rows: number[][]): Tensor => ({
  rank: 2,
  rows: rows.length,
  cols: rows[0]!.length,
  data: Float64Array.from(rows.flat()),
});
const write = (text: string, parameters: NamedTensors) => applyEdits(text, parameterEdits(text, parameters));

describe("parameterEdits", () => {
  const cases: [string, string, NamedTensors, string][] = [
    [
      "replaces the numbers that differ and nothing else",
      '{ "layers": [{ "Wxh": [[ 1.0, /* w */ 2 ],\n  [3e0 , 4], // rows\n] }] }',
      { "layers.0.Wxh": matrix([1, 2.5], [3, -0]) },
      '{ "layers": [{ "Wxh": [[ 1.0, /* w */ 2.5 ],\n  [3e0 , -0], // rows\n] }] }',
    ],
    [
      "tells 0 from −0",
      '{ "output": { "by": [0, -0, 0.0, -0.0] } }',
      { "output.by": vector(-0, 0, 0, -0) },
      '{ "output": { "by": [-0, 0, 0.0, -0.0] } }',
    ],
    [
      "adds a key behind the last one of a line",
      '{ "layers": [{ "cell": "rnn", "size": 1 }] }',
      { "layers.0.Wxh": matrix([1, 2]), "layers.0.bh": vector(3) },
      '{ "layers": [{ "cell": "rnn", "size": 1, "Wxh": [[1, 2]], "bh": [3] }] }',
    ],
    [
      "keeps a trailing comma",
      '{ "layers": [{ "cell": "rnn", "size": 1, }] }',
      { "layers.0.bh": vector(3) },
      '{ "layers": [{ "cell": "rnn", "size": 1, "bh": [3], }] }',
    ],
    [
      "adds lines to an object of lines, in its indentation",
      '{\n\t"output": {\n\t\t"size": 2 // classes\n\t}\n}',
      { "output.Why": matrix([1], [2]), "output.by": vector(0, 0) },
      '{\n\t"output": {\n\t\t"size": 2, // classes\n\t\t"Why": [[1], [2]],\n\t\t"by": [0, 0]\n\t}\n}',
    ],
    [
      "adds lines behind a trailing comma and its comment",
      '{\n  "output": {\n    "size": 2, /* O */ // classes\n    // more?\n  }\n}',
      { "output.by": vector(0, 0) },
      '{\n  "output": {\n    "size": 2, /* O */ // classes\n    "by": [0, 0],\n    // more?\n  }\n}',
    ],
    [
      "keeps a comment behind the last value of a line before what is added",
      '{ "output": { "size": 2 /* O */ } }',
      { "output.by": vector(0, 0) },
      '{ "output": { "size": 2, /* O */ "by": [0, 0] } }',
    ],
    [
      "finds a comma at the start of a line",
      '{\n  "output": {\n    "size": 2\n  , }\n}',
      { "output.by": vector(0, 0) },
      '{\n  "output": {\n    "size": 2\n  ,\n    "by": [0, 0], }\n}',
    ],
    [
      "keeps CRLF",
      '{\r\n  "output": {\r\n    "size": 2\r\n  }\r\n}\r\n',
      { "output.by": vector(0, 0) },
      '{\r\n  "output": {\r\n    "size": 2,\r\n    "by": [0, 0]\r\n  }\r\n}\r\n',
    ],
    [
      "writes without spaces into a text without spaces",
      '{"output":{"size":2}}',
      { "output.Why": matrix([1, 2], [3, 4]), "output.by": vector(0, 0) },
      '{"output":{"size":2,"Why":[[1,2],[3,4]],"by":[0,0]}}',
    ],
    [
      "makes a reverse object where the file has none",
      '{ "layers": [{ "size": 1 }] }',
      { "layers.0.bh": vector(1), "layers.0.reverse.Whh": matrix([2]), "layers.0.reverse.bh": vector(3) },
      '{ "layers": [{ "size": 1, "bh": [1], "reverse": { "Whh": [[2]], "bh": [3] } }] }',
    ],
    [
      "fills an empty reverse object and adds to its layer",
      '{ "layers": [{ "size": 1, "reverse": {} }] }',
      { "layers.0.bh": vector(1), "layers.0.reverse.bh": vector(3) },
      '{ "layers": [{ "size": 1, "reverse": { "bh": [3] }, "bh": [1] }] }',
    ],
    [
      "keeps a comment in an empty object",
      '{ "layers": [{ "size": 1, "reverse": { /* drawn */ } }] }',
      { "layers.0.reverse.bh": vector(3) },
      '{ "layers": [{ "size": 1, "reverse": { "bh": [3] /* drawn */ } }] }',
    ],
    [
      "replaces a value of another shape as a whole",
      '{ "layers": [{ "bh": [1, 2] /* b */ }] }',
      { "layers.0.bh": vector(3) },
      '{ "layers": [{ "bh": [3] /* b */ }] }',
    ],
  ];
  for (const [title, before, parameters, after] of cases)
    it(title, () => assert.equal(write(before, parameters), after));

  it("breaks a long matrix into rows in an object of lines", () => {
    const row = Array.from({ length: 12 }, (_, k) => k + 0.12345);
    const text = write('{\n  "output": {\n    "size": 2\n  }\n}', { "output.Why": matrix(row, row) });
    assert.match(text, /\n {4}"Why": \[\n {6}\[0\.12345, .*\],\n {6}\[0\.12345, .*\]\n {4}\]\n {2}\}\n\}$/);
  });

  it("refuses a number that is not finite, by the parameter's name", () => {
    assert.throws(
      () => parameterEdits('{ "output": {} }', { "output.by": vector(Number.NaN) }),
      /output\.by holds NaN/,
    );
    assert.throws(
      () => parameterEdits('{ "output": { "by": [1] } }', { "output.by": vector(Infinity) }),
      /output\.by holds Infinity/,
    );
  });

  it("refuses a text that has no place for a parameter", () => {
    assert.throws(() => parameterEdits('{ "layers": [] }', { "layers.0.bh": vector(1) }), /no place for layers\.0\.bh/);
  });
});

/** A file of two layers, the way people lay out files: with and without parameters, comments, commas and line breaks. */
const anyLayout = fc
  .record({
    breaks: fc.constantFrom("", " ", "\n", "\r\n  ", "\n\t\t"),
    comment: fc.constantFrom("", "/* α */", "// units\n", "/* one\ntwo */"),
    trailing: fc.boolean(),
    given: fc.uniqueArray(fc.constantFrom<string>("Wxh", "Whh", "bh", "reverse", "lstm", "Why", "by"), {
      maxLength: 7,
    }),
    reverse: fc.constantFrom("{}", "{ }", '{ "bh": [1, 2] }', "{ // none\n }"),
  })
  .map(({ breaks, comment, trailing, given, reverse }) => {
    const object = (entries: [string, string][]) => {
      const written = entries.map(([key, value]) => `${breaks}"${key}": ${value}`).join(`,${comment}`);
      return `{${written}${trailing ? "," : ""}${comment}${breaks}}`;
    };
    const has = (name: string, value: string): [string, string][] => (given.includes(name) ? [[name, value]] : []);
    const first = object([
      ["cell", '"rnn"'],
      ["size", "2"],
      ["direction", '"both"'],
      ...has("Wxh", `[[0.50],${comment}[1e0${trailing ? "," : ""}]]`),
      ...has("reverse", reverse),
      ...has("Whh", "[[1, -0], [0, 1]]"),
      ...has("bh", `[ 0 , 0${trailing ? "," : ""} ]`),
    ]);
    const second = object([
      ["cell", '"lstm"'],
      ["size", "1"],
      ...(given.includes("lstm") ? ([["bf", "[1]"]] as [string, string][]) : []),
    ]);
    const output = object([["size", "1"], ...has("Why", "[[3]]"), ...has("by", "[4]")]);
    return object([
      ["version", "1"],
      ["inputSize", "1"],
      ["layers", `[${first}, ${second}]`],
      ["output", output],
    ]);
  });

const commentsOf = (text: string) => text.match(/\/\*[^]*?\*\/|\/\/.*/g) ?? [];

describe("parameters written into any file", () => {
  it("read back bit for bit, and every comment stands as it stood", () => {
    fc.assert(
      fc.property(anyLayout, fc.infiniteStream(anyNumber), (text, stream) => {
        const { problem, diagnostics } = readProblem(text, { fileName: "x" });
        assert.ok(problem, `${text}\n${diagnostics.map(({ message }) => message).join("\n")}`);
        const parameters = Object.fromEntries(
          Object.entries(parametersOf(problem.model)).map(([name, tensor]) => [
            name,
            { ...tensor, data: tensor.data.map(() => stream.next().value as number) },
          ]),
        );
        const written = write(text, parameters);
        const again = readProblem(written, { fileName: "x" });
        assert.deepEqual(again.diagnostics, [], written);
        assert.deepStrictEqual(parametersOf(again.problem!.model), parameters);
        assert.deepEqual(commentsOf(written), commentsOf(text), written);
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it("take no edit where they have not changed", () => {
    fc.assert(
      fc.property(anyLayout, (text) => {
        const { problem } = readProblem(text, { fileName: "x" });
        const written = write(text, parametersOf(problem!.model));
        assert.deepEqual(parameterEdits(written, parametersOf(problem!.model)), []);
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  it("come as edits in the order of the text that do not overlap", () => {
    fc.assert(
      fc.property(anyLayout, (text) => {
        const edits = parameterEdits(text, parametersOf(readProblem(text, { fileName: "x" }).problem!.model));
        edits.slice(1).forEach((edit, k) => assert.ok(edits[k]!.offset + edits[k]!.length <= edit.offset));
      }),
      { seed: 1 },
    );
  });
});
