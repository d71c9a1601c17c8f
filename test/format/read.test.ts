import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import * as fc from "fast-check";
import { toNested } from "../../src/engine/tensor";
import { eachNumber } from "../../src/format/expectedNumbers";
import { printParameters } from "../../src/format/parameterFile";
import { parseText } from "../../src/format/parse";
import { LineIndex } from "../../src/format/position";
import { type ReadOptions, readProblem } from "../../src/format/read";
import { dataOf } from "../files";
import { processorMs } from "../processorTime";

/** Reads a text that has to be good. */
/** Reads a file without errors. @param warned codes of warnings that it may have */
function good(text: string, options: Partial<ReadOptions> = {}, warned: readonly string[] = []) {
  const reading = readProblem(text, { fileName: "folder/case.rnn.json", ...options });
  assert.deepEqual(
    reading.diagnostics.filter(({ code, severity }) => severity === "error" || !warned.includes(code)),
    [],
  );
  return { ...reading, problem: reading.problem! };
}

const goldens = path.join(import.meta.dirname, "../goldens");
const words = `{
  // four words through one unit
  "version": 1, "name": "words",
  "vocabulary": ["hi", "there", "class", "!"],
  "layers": [ { "cell": "rnn", "size": 1, "Wxh": [[0.5, -0.3, 0.8, 0.0]], "Whh": [[0.2]], "bh": [0], } ],
  "output": { "size": 4, "at": "every", "Why": [[1.0], [0.5], [-0.5], [0.0]], "by": [0, 0, 0, 0] },
  "loss": { "type": "cross-entropy" },
  "sequences": [ { "inputs": ["hi", "there", "class", "!"], "targets": ["there", null, 3, "!"] } ],
  "training": { "optimizer": { "learningRate": 0.1 } }, /* done */
}`;
/** A file with a model of given layers and sequences. */
const model = (layers: string, sequences: string, top = '"inputSize": 1,') =>
  `{ "version": 1, ${top} "layers": ${layers}, "output": { "size": 1, "at": "every" }, "sequences": ${sequences} }`;
const size = (text: string) => good(text).problem.model.inputSize;
const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;
/** The parameters of an lstm layer drawn from a seed. */
const pass = (seed: number) => {
  const top = `"inputSize": 1, "initial": { "seed": ${seed}, "forgetBias": 1 },`;
  return good(model('[{ "cell": "lstm", "size": 2 }]', "[]", top)).problem.model.layers[0]!.passes[0]!.parameters;
};

describe("reading a good file", () => {
  for (const folder of [goldens, path.join(goldens, "documents")])
    for (const name of readdirSync(folder).filter((name) => name.endsWith(".rnn.json")))
      it(`finds nothing wrong with ${name}`, () => {
        const reading = good(readFileSync(path.join(folder, name), "utf8"), {}, ["last-of-backward"]);
        assert.ok(reading.problem.sequences.every((_, k) => reading.itemsOf(k)));
        assert.equal(reading.itemsOf(reading.problem.sequences.length), null);
      });

  it("gives the numbers of the file, row after row", () => {
    const { problem } = good(words);
    const [layer] = problem.model.layers;
    assert.deepEqual(toNested(layer!.passes[0]!.parameters["Wxh"]!), [[0.5, -0.3, 0.8, 0]]);
    assert.deepEqual(toNested(problem.model.output.Why!), [[1], [0.5], [-0.5], [0]]);
    assert.deepEqual(problem.model.labels, ["hi", "there", "class", "!"]);
    assert.deepEqual(problem.sequences[0]!.inputs, { tokens: Int32Array.of(0, 1, 2, 3), vectors: null });
    assert.deepEqual(problem.sequences[0]!.targets, {
      kind: "classes",
      classes: Int32Array.of(1, -1, 3, 3),
      probabilities: null,
    });
  });

  it("fills in the defaults of the format", () => {
    const { problem } = good(model('[{ "cell": "rnn", "size": 2 }]', "[]"));
    assert.equal(problem.name, "case");
    assert.equal(problem.model.loss, null);
    assert.equal(problem.model.output.activation, "linear");
    assert.deepEqual(problem.model.layers[0]!.options, { activation: "tanh", reset: "after", bias: "true" });
    assert.deepEqual(problem.model.layers[0]!.passes[0]!.initial, { h: new Float64Array(2) });
    assert.deepEqual(toNested(problem.model.output.by!), [0]);
    assert.deepEqual(problem.training, {
      optimizer: {
        type: "sgd",
        learningRate: 0.01,
        momentum: 0,
        nesterov: false,
        beta1: 0.9,
        beta2: 0.999,
        alpha: 0.99,
        epsilon: 1e-8,
        weightDecay: 0,
      },
      epochs: 100,
      schedule: null,
      batchSize: 1,
      batchReduction: "sequences",
      shuffle: false,
      seed: 0,
      clip: null,
      truncate: null,
      precision: "float64",
    });
  });

  it("has PyTorch's defaults for each optimizer", () => {
    const expected = {
      sgd: { learningRate: 0.01, momentum: 0, weightDecay: 0 },
      adagrad: { learningRate: 0.01, epsilon: 1e-10, weightDecay: 0 },
      rmsprop: { learningRate: 0.01, alpha: 0.99, epsilon: 1e-8, momentum: 0, weightDecay: 0 },
      adam: { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
      adamw: { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
    };
    for (const [type, settings] of Object.entries(expected)) {
      const top = `"inputSize": 1, "training": { "optimizer": { "type": "${type}" } },`;
      const { optimizer } = good(model('[{ "cell": "rnn", "size": 1 }]', "[]", top)).problem.training;
      assert.deepEqual({ ...optimizer, type, ...settings }, optimizer);
    }
  });

  it("takes the activation that the loss implies", () => {
    for (const [loss, activation] of [
      ["cross-entropy", "softmax"],
      ["binary-cross-entropy", "sigmoid"],
      ["mse", "linear"],
    ]) {
      const top = `"inputSize": 1, "loss": { "type": "${loss}" },`;
      assert.equal(
        good(model('[{ "cell": "rnn", "size": 1 }]', "[]", top)).problem.model.output.activation,
        activation,
      );
    }
  });

  it("deduces the input size from the vocabulary, the first sequence, the task or the weights", () => {
    const layers = '[{ "cell": "rnn", "size": 1 }]';
    assert.equal(size(model(layers, '[{ "inputs": ["b"] }]', '"vocabulary": ["a", "b", "c"],')), 3);
    assert.equal(size(model(layers, '[{ "inputs": [[1, 2]] }]', "")), 2);
    assert.equal(size(model(layers, '[{ "inputs": [5] }]', "")), 1);
    assert.equal(size(model(layers, '{ "task": "sine", "count": 1, "length": 3 }', "")), 1);
    assert.equal(size(model('[{ "cell": "lstm", "size": 1, "Wxg": [[1, 2, 3, 4]] }]', "[]", "")), 4);
    assert.equal(
      size(model('[{ "cell": "rnn", "size": 1, "direction": "both", "reverse": { "Wxh": [[1, 2]] } }]', "[]", "")),
      2,
    );
  });

  it("keeps −0 and subnormal numbers", () => {
    const { problem } = good(model('[{ "cell": "rnn", "size": 3, "bh": [-0, 1e-320, -0.0e5] }]', "[]"));
    const numbers = [...problem.model.layers[0]!.passes[0]!.parameters["bh"]!.data];
    assert.ok(numbers.every((number, k) => Object.is(number, [-0, 1e-320, -0][k])));
  });

  it("reads the same with a byte order mark and CRLF", () => {
    assert.deepEqual(good(`\uFEFF${words.replaceAll("\n", "\r\n")}`).problem, good(words).problem);
  });

  it("reads a text as one token a code point, and its next characters as targets", () => {
    const text = model(
      '[{ "cell": "rnn", "size": 1 }]',
      '[{ "text": "a😀é", "targets": "next" }]',
      '"vocabulary": ["é", "a", "😀"], "loss": { "type": "cross-entropy" },',
    ).replace('"size": 1, "at"', '"size": 3, "at"');
    const { problem, itemsOf } = good(text);
    assert.deepEqual(problem.sequences[0]!.inputs.tokens, Int32Array.of(1, 2, 0));
    assert.deepEqual(problem.sequences[0]!.targets, {
      kind: "classes",
      classes: Int32Array.of(2, 0, -1),
      probabilities: null,
    });
    assert.deepEqual(
      [0, 1, 2].map((k) => itemsOf(0)!(k)),
      ["a", "😀", "é"],
    );
  });

  it("has next numbers and next vectors as targets", () => {
    const top = '"loss": { "type": "mse" },';
    const layers = '[{ "cell": "rnn", "size": 1 }]';
    const numbers = good(model(layers, '[{ "inputs": [1, 2, 3], "targets": "next" }]', top)).problem.sequences[0]!
      .targets;
    assert.deepEqual(numbers, { kind: "vectors", vectors: Float64Array.of(2, 3, 0), present: Uint8Array.of(1, 1, 0) });
    const classes = good(
      model(layers, '[{ "inputs": [0, 0, 0], "targets": "next" }]', '"loss": { "type": "cross-entropy" },'),
    );
    assert.deepEqual(classes.problem.sequences[0]!.targets, {
      kind: "classes",
      classes: Int32Array.of(0, 0, -1),
      probabilities: null,
    });
  });

  it("gives the target of the last step alone where output.at is last", () => {
    const text = model(
      '[{ "cell": "rnn", "size": 1 }]',
      '[{ "inputs": [1, 2], "target": 7 }]',
      '"loss": { "type": "mse" },',
    ).replace("every", "last");
    assert.deepEqual(good(text).problem.sequences[0]!.targets, {
      kind: "vectors",
      vectors: Float64Array.of(0, 7),
      present: Uint8Array.of(0, 1),
    });
  });

  it("mixes tokens and vectors in one sequence", () => {
    const { problem, itemsOf } = good(
      model('[{ "cell": "rnn", "size": 1 }]', '[{ "inputs": ["b", [0.5, 0.25]] }]', '"vocabulary": ["a", "b"],'),
    );
    assert.deepEqual(problem.sequences[0]!.inputs, {
      tokens: Int32Array.of(1, -1),
      vectors: Float64Array.of(0, 0, 0.5, 0.25),
    });
    assert.deepEqual([itemsOf(0)!(0), itemsOf(0)!(1)], ["b", [0.5, 0.25]]);
  });

  it("prefers a label to a token of the same name", () => {
    const text = model(
      '[{ "cell": "rnn", "size": 1 }]',
      '[{ "inputs": ["a"], "targets": ["a"] }]',
      '"vocabulary": ["a", "b"], "labels": ["b", "a"], "loss": { "type": "cross-entropy" },',
    ).replace('"size": 1, "at"', '"size": 2, "at"');
    assert.deepEqual(good(text).problem.sequences[0]!.targets, {
      kind: "classes",
      classes: Int32Array.of(1),
      probabilities: null,
    });
  });

  it("reads states of a sequence: H numbers for one one-way layer", () => {
    const { problem } = good(
      model('[{ "cell": "lstm", "size": 2, "h0": [5, 6] }]', '[{ "inputs": [1], "c0": [3, 4] }]'),
    );
    assert.deepEqual(problem.sequences[0]!.initial, [[{ h: Float64Array.of(5, 6), c: Float64Array.of(3, 4) }]]);
  });

  it("reads states of a sequence: one entry a layer, both ways where the layer reads both ways", () => {
    const layers =
      '[{ "cell": "gru", "size": 1, "direction": "both", "h0": [9] }, { "cell": "lstm", "size": 2 }, { "cell": "rnn", "size": 1 }]';
    const sequence = '{ "inputs": [1], "h0": [{ "backward": [1] }, [2, 3], null], "c0": [null, [4, 5], null] }';
    const { problem } = good(model(layers, `[${sequence}]`));
    assert.deepEqual(problem.sequences[0]!.initial, [
      [{ h: Float64Array.of(9) }, { h: Float64Array.of(1) }],
      [{ h: Float64Array.of(2, 3), c: Float64Array.of(4, 5) }],
      null,
    ]);
  });

  it("draws what the file leaves out from its seed, the same each time", () => {
    assert.deepEqual(pass(3), pass(3));
    assert.notDeepEqual(pass(3)["Wxi"], pass(4)["Wxi"]);
    assert.deepEqual(pass(3)["bf"]!.data, Float64Array.of(1, 1));
    assert.deepEqual(pass(3)["bi"]!.data, Float64Array.of(0, 0));
  });

  it("reads a data file, one sequence a line", () => {
    const text = model('[{ "cell": "rnn", "size": 1 }]', '{ "file": "numbers.jsonl" }', '"loss": { "type": "mse" },');
    const asked: string[] = [];
    const readData = (name: string) => {
      asked.push(name);
      return dataOf(
        '{"name":"first","inputs":[1,2],"targets":[3,null]}\r\n\r\n{ "inputs": [4], "state": "carry" } // last',
      );
    };
    const { problem, itemsOf } = good(text, { readData });
    assert.deepEqual(asked, ["numbers.jsonl"]);
    assert.deepEqual(
      problem.sequences.map(({ name, length, carry }) => [name, length, carry]),
      [
        ["first", 2, false],
        [null, 1, true],
      ],
    );
    assert.equal(itemsOf(1)!(0), 4);
  });

  it("has the vector of each step of a task", () => {
    const { problem, itemsOf } = good(
      model(
        '[{ "cell": "rnn", "size": 1 }]',
        '{ "task": "adding", "count": 3, "length": 4, "seed": 1 }',
        '"loss": { "type": "mse" },',
      ),
    );
    assert.equal(problem.sequences.length, 3);
    assert.deepEqual(itemsOf(2)!(1), [...problem.sequences[2]!.inputs.vectors!.subarray(2, 4)]);
  });

  it("knows $schema", () => {
    good(model('[{ "cell": "rnn", "size": 1 }]', "[]", '"inputSize": 1, "$schema": "x",'));
  });

  it("an embedding has as many ids as E has rows, also where E lies in the file of parameters", () => {
    const E = { rank: 2 as const, rows: 3, cols: 2, data: Float64Array.of(1, 2, 3, 4, 5, 6) };
    const { problem } = good(
      JSON.stringify({
        version: 1,
        embedding: { size: 2 },
        parameters: { file: "beside.safetensors" },
        layers: [{ cell: "rnn", size: 2 }],
        output: { size: 1 },
        sequences: [{ inputs: [0, 2] }],
      }),
      { readData: () => dataOf(printParameters(new Map([["embedding.E", E]]))) },
    );
    assert.deepEqual(toNested(problem.model.embedding!.E), [
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
  });
});

describe("expectations", () => {
  it("are numbers with their place in the file and in the trace", () => {
    const top =
      '"loss": { "type": "mse" }, "expect": { "tolerance": 0.5, "sequences": [null, { "loss": 1, "steps": [null, { "h": [2, 3], "target": 4, "gradients": { "x": [5] }, "layers": [null, { "forward": { "a": [6] } }] }], "gradients": { "layers.1.reverse.Wxh": [[7, 8]] }, "updated": { "output.by": [9] } }] },';
    const { expect } = good(
      model(
        '[{ "cell": "rnn", "size": 2 }, { "cell": "rnn", "size": 1, "direction": "both" }]',
        '[{ "inputs": [1] }, { "inputs": [1, 2], "targets": [1, 2] }]',
        top,
      ),
    );
    assert.equal(expect!.tolerance, 0.5);
    assert.deepEqual(
      [...eachNumber(expect!.numbers)].map(({ path, place, value, of, sequence }) => [
        path.slice(3).join("."),
        of,
        place.join("."),
        value,
        sequence,
      ]),
      [
        ["loss", "trace", "loss", 1, 1],
        ["steps.1.h.0", "trace", "steps.1.layers.0.h.0", 2, 1],
        ["steps.1.h.1", "trace", "steps.1.layers.0.h.1", 3, 1],
        ["steps.1.layers.1.forward.a.0", "trace", "steps.1.layers.1.forward.a.0", 6, 1],
        ["steps.1.target", "trace", "steps.1.target.0", 4, 1],
        ["steps.1.gradients.x.0", "trace", "steps.1.gradients.x.0", 5, 1],
        ["gradients.layers.1.reverse.Wxh.0.0", "trace", "gradients.layers.1.reverse.Wxh.0.0", 7, 1],
        ["gradients.layers.1.reverse.Wxh.0.1", "trace", "gradients.layers.1.reverse.Wxh.0.1", 8, 1],
        ["updated.output.by.0", "updated", "output.by.0", 9, 1],
      ],
    );
  });
});

describe("the source map", () => {
  const { source } = good(words);
  const at = (range: { offset: number; length: number } | null) =>
    range && words.slice(range.offset, range.offset + range.length);

  it("locates values and keys", () => {
    assert.equal(at(source.locate(["layers", 0, "Wxh", 0, 2])), "0.8");
    assert.equal(at(source.locate(["sequences", 0, "inputs", 3])), '"!"');
    assert.equal(at(source.locateKey(["layers", 0, "Whh"])), '"Whh"');
    assert.equal(at(source.locate(source.parameterPath("layers.0.Whh"))), "[[0.2]]");
    assert.equal(source.locate(["layers", 1]), null);
    assert.equal(source.locate(["layers", "0"]), null);
  });

  it("tells the path at an offset: of a value, of its key, of what is around it", () => {
    assert.deepEqual(source.pathAt(words.indexOf("0.8")), ["layers", 0, "Wxh", 0, 2]);
    assert.deepEqual(source.pathAt(words.indexOf('"Whh"') + 2), ["layers", 0, "Whh"]);
    assert.deepEqual(source.pathAt(words.indexOf("// four")), []);
    assert.deepEqual(source.pathAt(words.indexOf(", 0.0]")), ["layers", 0, "Wxh", 0]);
    assert.equal(source.pathAt(words.length), null);
  });

  it("parameterPath names the backward pass's parameters", () => {
    assert.deepEqual(source.parameterPath("layers.0.reverse.Wxh"), ["layers", 0, "reverse", "Wxh"]);
  });
});

describe("the parser", () => {
  it("reads any JSON as JSON.parse does", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        const parsed = parseText(text);
        assert.deepEqual(parsed.faults, []);
        assert.deepEqual(plain(parsed.value), plain(JSON.parse(text)));
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  it("never throws and keeps every fault inside the text, whatever the text", () => {
    const piece = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"a"',
      '"',
      "1",
      "-",
      "NaN",
      "//",
      "/*",
      "*/",
      "\n",
      "\\",
      "true",
      " ",
      "'",
      "1e999",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = pieces.join("");
        const { faults, structured } = parseText(text);
        for (const { offset, length } of faults) assert.ok(offset >= 0 && offset + length <= text.length + 2);
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        if (valid && !text.includes("1e999")) assert.ok(structured);
        readProblem(text, { fileName: "x" });
      }),
      { numRuns: 3000, seed: 1 },
    );
  });

  it("a file of 10 MB of numbers is read within 15 seconds of the processor", () => {
    const text = model(
      '[{ "cell": "rnn", "size": 1 }]',
      `[{ "inputs": [${"0.12345678901234567, ".repeat(470_000)}] }]`,
    );
    const ms = processorMs(() => assert.equal(good(text).problem.sequences[0]!.length, 470_000));
    assert.ok(ms < 15_000, `${ms} ms`);
  });
});

describe("lines and columns", () => {
  it("count from 1 over every kind of line end", () => {
    const index = new LineIndex("a\nbc\r\nd\re");
    const positions = [0, 1, 2, 3, 6, 8].map((offset) => index.position(offset));
    assert.deepEqual(
      positions.map(({ line, column }) => `${line}:${column}`),
      ["1:1", "1:2", "2:1", "2:2", "3:1", "4:1"],
    );
  });
});
