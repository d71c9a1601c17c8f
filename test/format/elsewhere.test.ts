import { strict as assert } from "node:assert";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { dataBeside } from "../../src/format/openData";
import { readProblem } from "../../src/format/read";

const model = (sequences: string) => `{
  "version": 1, "vocabulary": ["a", "b"], "layers": [{ "cell": "rnn", "size": 1 }], "output": { "size": 2 },
  "loss": { "type": "cross-entropy" }, "sequences": ${sequences}
}`;

describe("A data file that a model file names", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), "unroll-elsewhere-"));
    mkdirSync(path.join(folder, "models"));
    mkdirSync(path.join(folder, "models/data"));
    for (const name of ["outside", "models/beside", "models/data/below"])
      for (const [ending, text] of [
        ["jsonl", 'sesame:x:0:0\n{ "inputs": ["sesame"], "targets": ["sesame"] }\n{ "sesame": 1 }\n"sesame"\n[12345]'],
        ["csv", "sesame,sesam2\nsesame,sesame\n"],
        ["json", '[{ "inputs": ["sesame"] }, "sesame"]'],
        ["txt", "sesame"],
      ])
        writeFileSync(path.join(folder, `${name}.${ending}`), text!);
    symlinkSync(path.join(folder, "outside.jsonl"), path.join(folder, "models/linked.jsonl"));
  });
  after(() => rmSync(folder, { recursive: true }));
  const messagesOf = (file: string) => {
    const more = file.endsWith(".csv") ? ', "inputs": ["x"], "targets": ["y"], "window": 1' : "";
    const { diagnostics, problem } = readProblem(model(`{ "file": ${JSON.stringify(file)}${more} }`), {
      fileName: "model.rnn.json",
      readData: dataBeside(path.join(folder, "models")),
    });
    assert.equal(problem, null, file);
    assert.ok(diagnostics.length > 0);
    return diagnostics.map(({ message }) => message);
  };

  it("is not quoted where it lies outside the model file's folder, by its name or by a link", () => {
    const outside = ["jsonl", "csv", "json", "txt"].map((ending) => `../outside.${ending}`);
    for (const file of [...outside, path.join(folder, "outside.jsonl"), "linked.jsonl"])
      for (const message of messagesOf(file)) {
        assert.doesNotMatch(message, /sesam|12345/, file);
        assert.ok(message.startsWith(file), message);
      }
  });

  it("is quoted where it lies beside or below the model file, so that what is wrong is found", () => {
    for (const file of ["beside.jsonl", "data/below.jsonl"])
      assert.ok(
        messagesOf(file).includes(`${file}:2:14: "sesame" is not in the vocabulary`),
        messagesOf(file).join("\n"),
      );
  });

  it("of a million wrong lines is told of a thousand times and once more", () => {
    writeFileSync(path.join(folder, "models/wrong.jsonl"), '"x"\n'.repeat(100_000));
    const messages = messagesOf("wrong.jsonl");
    assert.equal(messages.length, 1001);
    assert.match(messages.at(-1)!, /and more of them/);
  });
});

describe("A task", () => {
  const task = (count: number, length: number) =>
    readProblem(
      `{ "version": 1, "layers": [{ "cell": "rnn", "size": 1 }], "output": { "size": 1, "at": "last" }, "loss": { "type": "mse" },
      "sequences": { "task": "sum-sign", "count": ${count}, "length": ${length} } }`,
      { fileName: "task.rnn.json" },
    );

  it("that does not fit into memory is refused before it is drawn, and how much it would take is said", () => {
    assert.deepEqual(
      task(3_000_000, 10).diagnostics.map(({ message }) => message),
      ["3,000,000 sequences of 10 steps take 3.4 GB of memory: more than 1.5 GB do not fit"],
    );
  });

  it("that fits is drawn", () => {
    assert.equal(task(20_000, 10).problem?.sequences.length, 20_000);
  });
});
