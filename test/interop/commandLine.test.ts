import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { numbers } from "./imported";

const program = path.join(import.meta.dirname, "../../dist/cli.js");
const files = path.join(import.meta.dirname, "files");

function unroll(...args: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: "utf8",
    maxBuffer: 1e9,
  });
  return { status, out: stdout, err: stderr };
}

describe("import on the command line", () => {
  let folder: string;
  const at = (name: string) => path.join(folder, name);
  before(() => {
    assert.ok(existsSync(program), `${program} is not there: build first`);
    folder = mkdtempSync(path.join(tmpdir(), "unroll-import-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const inputs = JSON.stringify([
    [1, 2, 3],
    [0.5, -1, 0],
  ]);

  it("prints what it took, and writes nothing without --out", () => {
    const { status, out, err } = unroll("import", path.join(files, "lstm.pt"));
    assert.equal(status, 0, err);
    const report = JSON.parse(out) as { version: number; format: string; layers: unknown[]; taken: string[] };
    assert.equal(report.version, 1);
    assert.equal(report.format, "pytorch");
    assert.deepEqual(report.layers, [
      { name: "rnn.0", cell: "lstm", inputs: 3, size: 4 },
      { name: "rnn.1", cell: "lstm", inputs: 4, size: 4 },
    ]);
    assert.equal(report.taken.length, 10);
  });

  it("weights beside the file give the numbers that weights in it give, to the last bit", () => {
    for (const where of ["inline", "beside"])
      assert.equal(
        unroll("import", path.join(files, "lstm.pt"), "--out", at(`${where}.rnn.json`), "--weights", where).status,
        0,
      );
    assert.ok(existsSync(at("beside.parameters.safetensors")));
    assert.ok(!existsSync(at("inline.parameters.safetensors")));
    assert.match(
      readFileSync(at("beside.rnn.json"), "utf8"),
      /"parameters": \{ "file": "beside\.parameters\.safetensors" \}/,
    );
    const [a, b] = ["inline", "beside"].map(
      (where) => unroll("predict", at(`${where}.rnn.json`), "--inputs", inputs).out,
    );
    assert.ok(a!.length > 20);
    assert.equal(a, b);
  });

  it("training writes beside the new file what lay beside the old one, which stays as it is", () => {
    assert.equal(
      unroll("import", path.join(files, "gru.pt"), "--out", at("g.rnn.json"), "--weights", "beside").status,
      0,
    );
    const text = readFileSync(at("g.rnn.json"), "utf8")
      .replace(
        '"sequences": []',
        `"loss": { "type": "mse" }, "sequences": [{ "inputs": ${inputs}, "targets": [[1, 0], [0, 1]] }]`,
      )
      .replace('"inputSize"', '"training": { "epochs": 3 },\n  "inputSize"');
    writeFileSync(at("g.rnn.json"), text);
    const before = readFileSync(at("g.parameters.safetensors"));
    const trained = unroll("train", at("g.rnn.json"), "--out", at("b.rnn.json"));
    assert.equal(trained.status, 0, trained.err);
    assert.deepEqual(readFileSync(at("g.parameters.safetensors")), before);
    assert.equal(
      readFileSync(at("b.rnn.json"), "utf8"),
      text.replace("g.parameters.safetensors", "b.parameters.safetensors"),
    );
    const losses = trained.out
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { loss: number }).loss);
    const goesOn = unroll("train", at("b.rnn.json"), "--epochs", "1");
    assert.ok((JSON.parse(goesOn.out) as { loss: number }).loss < losses.at(-1)!);
  });

  it("a parameter of another shape beside the file, and one that the model has not, are said where the file is named", () => {
    assert.equal(
      unroll("import", path.join(files, "gru.pt"), "--out", at("s.rnn.json"), "--weights", "beside").status,
      0,
    );
    const text = readFileSync(at("s.rnn.json"), "utf8");
    writeFileSync(at("s.rnn.json"), text.replace('"size": 4', '"size": 5'));
    const { status, err } = unroll("trace", at("s.rnn.json"));
    assert.equal(status, 2);
    assert.match(
      err,
      /layers\.0\.Wxr in s\.parameters\.safetensors is \[4 × 3\], but the layer reads 3 inputs into 5 units: expected \[5 × 3\]/,
    );
  });

  if (process.platform !== "win32")
    it("refuses a pipe, a device and a folder at once", () => {
      execFileSync("mkfifo", [at("pipe.onnx")]);
      for (const file of [at("pipe.onnx"), "/dev/zero", at(".")]) {
        const { status, err } = unroll("import", file);
        assert.equal(status, 2);
        assert.match(err, /it is no file/);
      }
    });

  it("exits with 1 where something recurrent was left out, with 2 where nothing recurrent is in it or the file is broken", () => {
    const draw = numbers(4);
    const lstm = (X: number) => ({
      type: "lstm",
      activation: "tanh",
      weights: [Array.from({ length: X }, () => draw(8)), [draw(8), draw(8)], draw(8)],
    });
    writeFileSync(
      at("two.json"),
      JSON.stringify({ in_shape: [null, null, 1], layers: [lstm(1), { type: "conv1d", weights: [] }, lstm(2)] }),
    );
    assert.equal(unroll("import", at("two.json")).status, 1);
    assert.equal(unroll("import", at("two.json"), "--layer", "lstm_2").status, 0);
    const nothing = unroll("import", path.join(files, "dense-only.pt"));
    assert.equal(nothing.status, 2);
    assert.match(nothing.err, /^[^\n]*dense-only\.pt: nothing recurrent is in it: found weight, bias\n$/);
    writeFileSync(at("cut.pt"), readFileSync(path.join(files, "lstm.pt")).subarray(0, 900));
    assert.equal(unroll("import", at("cut.pt")).status, 2);
    assert.equal(unroll("import", at("missing.pt")).status, 2);
  });

  it("export writes the files of a target and says them; what it cannot say and a bad call exit with 2, and nothing is written", () => {
    assert.equal(unroll("import", path.join(files, "lstm.pt"), "--out", at("e.rnn.json")).status, 0);
    const { status, out, err } = unroll("export", at("e.rnn.json"), "--to", "tfjs", "--out", at("e.json"));
    assert.equal(status, 0, err);
    assert.deepEqual((JSON.parse(out) as { files: string[] }).files, [at("e.json"), at("e.weights.bin")]);
    assert.ok(existsSync(at("e.weights.bin")));
    const refused = unroll("export", at("e.rnn.json"), "--to", "nam", "--out", at("e.nam"));
    assert.equal(refused.status, 2);
    assert.match(refused.err, /^[^\n]*e\.rnn\.json: NAM cannot say this model: it has one output \(output has 2\)\n$/);
    assert.ok(!existsSync(at("e.nam")));
    const noSequences = unroll("export", at("e.rnn.json"), "--to", "pytorch", "--out", at("folder"));
    assert.equal(noSequences.status, 2);
    assert.ok(!existsSync(at("folder")));
    assert.match(
      unroll("export", at("e.rnn.json"), "--to", "word", "--out", at("e.doc")).err,
      /^--to is word, expected one of pytorch,/,
    );
    const nowhere = unroll("export", at("e.rnn.json"), "--to", "c", "--out", at("none/e.c"));
    assert.equal(nowhere.status, 2);
    assert.match(nowhere.err, /none\/e\.c: ENOENT/);
  });

  it("compare exits with 0 where a model agrees with its trace, its outputs and its source, with 1 and the first place where not", () => {
    assert.equal(unroll("import", path.join(files, "lstm.pt"), "--out", at("c.rnn.json")).status, 0);
    const text = readFileSync(at("c.rnn.json"), "utf8").replace(
      '"sequences": []',
      `"sequences": [{ "inputs": ${inputs} }]`,
    );
    writeFileSync(at("c.rnn.json"), text);
    const trace = unroll("trace", at("c.rnn.json")).out;
    writeFileSync(at("c.trace.json"), trace);
    const { outputs } = JSON.parse(unroll("predict", at("c.rnn.json")).out) as { outputs: number[][] };
    writeFileSync(at("c.txt"), `y = array(${JSON.stringify(outputs)})`);
    for (const other of [at("c.trace.json"), at("c.txt"), path.join(files, "lstm.pt")]) {
      const { status, out, err } = unroll("compare", at("c.rnn.json"), other);
      assert.equal(status, 0, err);
      assert.equal((JSON.parse(out) as { first: unknown }).first, null);
    }
    outputs[1]![0]! += 0.5;
    writeFileSync(at("y.json"), JSON.stringify({ output: outputs }));
    const { status, out } = unroll("compare", at("c.rnn.json"), at("y.json"));
    assert.equal(status, 1);
    const { first, explained } = JSON.parse(out) as { first: Record<string, unknown>; explained: unknown };
    assert.deepEqual(
      { ...first, a: 0, b: 0, relative: 0 },
      { layer: null, t: 2, quantity: "output", unit: 0, a: 0, b: 0, relative: 0 },
    );
    assert.equal(explained, null);
    assert.match(unroll("compare", at("c.rnn.json")).err, /^expected two files, found /);
    writeFileSync(at("w.json"), "[[1, 2, 3]]");
    const misfit = unroll("compare", at("c.rnn.json"), at("w.json"));
    assert.equal(misfit.status, 2);
    assert.match(misfit.err, /^[^\n]*w\.json: the array \[1 × 3\] is as wide as neither[^\n]*\n$/);
  });
});
