import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { parametersOf } from "../../src/engine/model";
import { toNested } from "../../src/engine/tensor";
import { assertAgrees } from "../agreement";
import { goldenFiles, goldens, readFile, readJson } from "../files";

const program = path.join(import.meta.dirname, "../../dist/cli.js");
const documents = path.join(goldens, "documents");

function unroll(...args: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: "utf8",
    maxBuffer: 1e9,
  });
  return { status, out: stdout, err: stderr };
}

function lines(text: string): Record<string, unknown>[] {
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("the command line", function () {
  // Each call starts a process, on machines that may be busy.
  this.timeout(30_000);
  let folder: string;
  const file = (name: string, text: string) => {
    const whole = path.join(folder, name);
    writeFileSync(whole, text);
    return whole;
  };

  before(() => {
    assert.ok(existsSync(program), `${program} is not there: build first`);
    folder = mkdtempSync(path.join(tmpdir(), "unroll-cli-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const bothWays = `{
  "version": 1,
  "inputSize": 1,
  "layers": [{ "cell": "rnn", "size": 1, "Wxh": [[1]], "Whh": [[0.5]] }], // its bias is drawn
  "output": { "size": 1, "at": "last", "Why": [[2]], "by": [0] },
  "loss": { "type": "mse" },
  "sequences": [{ "inputs": [0.5, [1]], "target": 1 }],
  "training": { "epochs": 3 },
}
`;

  it("trace prints the worked example as the golden has it, with each step's shares", () => {
    const { status, out, err } = unroll(
      "trace",
      path.join(documents, "2-numerical-worked.rnn.json"),
      "--contributions",
    );
    assert.equal(status, 0);
    assert.equal(err, "");
    assertAgrees(JSON.parse(out), readJson(path.join(documents, "2-numerical-worked.trace.json")), 1e-9);
  });

  it("trace --sequence 2 runs the third sequence, from the state that was carried into it", () => {
    const { out } = unroll("trace", path.join(goldens, "carry.rnn.json"), "--sequence", "2");
    assertAgrees(JSON.parse(out), readJson(path.join(goldens, "carry.trace2.json")), 1e-9);
  });

  it("trace prints an input item as the file has it: a number, a vector", () => {
    const steps = (
      JSON.parse(unroll("trace", file("items.rnn.json", bothWays)).out) as { steps: { input: unknown; x: unknown }[] }
    ).steps;
    assert.deepEqual(
      steps.map(({ input, x }) => [input, x]),
      [
        [0.5, [0.5]],
        [[1], [1]],
      ],
    );
  });

  it("train prints one line an epoch and --out writes the parameters into the file, comments kept", () => {
    const source = path.join(goldens, "text-next.rnn.json");
    const out = path.join(folder, "trained.rnn.json");
    const golden = readJson(path.join(goldens, "text-next.train.json")) as { epochs: unknown[]; parameters: unknown };
    const { status, out: printed } = unroll("train", source, "--epochs", String(golden.epochs.length), "--out", out);
    assert.equal(status, 0);
    const epochs = lines(printed);
    assertAgrees(epochs, golden.epochs, 1e-7);
    for (const { seconds } of epochs) assert.ok(typeof seconds === "number" && seconds >= 0);
    const { problem } = readFile(out);
    const written = Object.entries(parametersOf(problem.model)).map(([name, tensor]) => [name, toNested(tensor)]);
    assertAgrees(Object.fromEntries(written), golden.parameters, 1e-7);
    const withoutNumbers = (text: string) => text.replace(/-?\d+(\.\d+)?(e[-+]?\d+)?/g, "#");
    assert.equal(withoutNumbers(readFileSync(out, "utf8")), withoutNumbers(readFileSync(source, "utf8")));
  });

  it("train writes a parameter that the file left out, and leaves the rest of the text", () => {
    const out = path.join(folder, "bias.rnn.json");
    unroll("train", file("bias-source.rnn.json", bothWays), "--out", out);
    const text = readFileSync(out, "utf8");
    assert.match(text, /"bh": \[-?\d/);
    assert.match(text, /\/\/ its bias is drawn/);
    assert.notEqual(parametersOf(readFile(out).problem.model)["layers.0.bh"]!.data[0], 0);
  });

  it("train, interrupted, writes what it has and exits with 0", async () => {
    const out = path.join(folder, "interrupted.rnn.json");
    const child = spawn(process.execPath, [
      program,
      "train",
      path.join(documents, "3-simple-rnn-binary.rnn.json"),
      "--epochs",
      "100000",
      "--out",
      out,
    ]);
    let printed = "";
    child.stdout.on("data", (data: Buffer) => {
      printed += data.toString();
      if (printed.includes("\n")) child.kill("SIGINT");
    });
    const status = await new Promise((resolve) => child.on("exit", resolve));
    assert.equal(status, 0);
    const trained = parametersOf(readFile(out).problem.model)["output.Why"]!;
    const untrained = parametersOf(readFile(path.join(documents, "3-simple-rnn-binary.rnn.json")).problem.model)[
      "output.Why"
    ]!;
    assert.notDeepEqual(trained.data, untrained.data);
  });

  it("train stops where the loss is no longer finite, exits with 1 and names the place", () => {
    const exploding = bothWays.replace(
      '"epochs": 3',
      '"epochs": 500, "optimizer": { "type": "sgd", "learningRate": 1e200 }',
    );
    const out = path.join(folder, "exploded.rnn.json");
    const { status, err } = unroll("train", file("exploding.rnn.json", exploding), "--out", out);
    assert.equal(status, 1);
    assert.match(err, /the loss is no longer finite: epoch 2, sequence 0, step t = \d: \S+ is the first that is not/);
    for (const { data } of Object.values(parametersOf(readFile(out).problem.model)))
      assert.ok(data.every(Number.isFinite));
  });

  it("predict prints the outputs of every read-out step and the most probable token of each", () => {
    const prediction = JSON.parse(unroll("predict", path.join(documents, "2-numerical-worked.rnn.json")).out) as {
      outputs: number[][];
      tokens: string[];
    };
    assert.equal(prediction.outputs.length, 4);
    assert.equal(prediction.outputs[0]![0]!.toFixed(8), "0.34204087");
    assert.deepEqual(prediction.tokens, ["hi", "class", "hi", "hi"]);
  });

  it("predict --inputs reads tokens, and a text in quotes one character a step", () => {
    const words = JSON.parse(
      unroll("predict", path.join(documents, "2-numerical-worked.rnn.json"), "--inputs", '["hi", "there"]').out,
    ) as { tokens: string[] };
    assert.deepEqual(words.tokens, ["hi", "class"]);
    const letters = JSON.parse(
      unroll("predict", path.join(goldens, "text-next.rnn.json"), "--inputs", '"hell"').out,
    ) as {
      outputs: unknown[];
    };
    assert.equal(letters.outputs.length, 4);
  });

  it("predict --generate draws the same tokens from the same seed", () => {
    const generate = (seed: string) =>
      JSON.parse(
        unroll(
          "predict",
          path.join(goldens, "text-next.rnn.json"),
          "--generate",
          "30",
          "--temperature",
          "2",
          "--seed",
          seed,
        ).out,
      ) as { tokens: string[]; generated: string[] };
    assert.deepEqual(generate("7"), generate("7"));
    assert.notDeepEqual(generate("7").generated, generate("8").generated);
    assert.equal(generate("7").generated.length, 30);
    assert.equal(generate("7").tokens.length, 35);
  });

  for (const [name, golden] of goldenFiles(/\.check\.json$/, documents))
    it(`check finds of ${name} just what is wrong`, () => {
      const { exit, failed, worstBelow } = readJson(golden) as { exit: number; failed: string[]; worstBelow?: number };
      const { status, out } = unroll("check", golden.replace(/\.check\.json$/, ".rnn.json"));
      const result = JSON.parse(out) as {
        expectations: { failed: { path: string }[] };
        gradientCheck: { worst: number | null };
      };
      assert.equal(status, exit);
      assert.deepEqual(
        result.expectations.failed.map(({ path }) => path),
        failed,
      );
      if (worstBelow !== undefined) assert.ok(result.gradientCheck.worst! < worstBelow);
    });

  it("check names the slip that explains wrong expectations, and nothing where none does", () => {
    const check = (h: number) => {
      const expecting = bothWays
        .replace('"Whh": [[0.5]] }', '"Whh": [[0.5]], "bh": [0.25] }')
        .replace('"training"', `"expect": { "sequences": [{ "steps": [{ "h": [${h}] }] }] }, "training"`);
      const { status, out } = unroll("check", file("expecting.rnn.json", expecting));
      assert.equal(status, 1);
      return (JSON.parse(out) as { diagnosis?: unknown }).diagnosis;
    };
    // tanh(0.5), as if there were no bias
    const slips = [{ id: "forgotten-bias:layers.0.bh", text: "the bias bh is left out" }];
    assert.deepEqual(check(0.46211715726), [{ slips, explained: 1, wrong: 1 }]);
    assert.equal(check(0.4), undefined);
  });

  it("a bad file prints all its errors as file:line:column: message, nothing on standard output, and exits with 2", () => {
    const bad = file("bad.rnn.json", bothWays.replace("[[1]]", "[[1, 2]]").replace('"target": 1', '"target": "hi"'));
    for (const command of ["trace", "train", "predict", "check"]) {
      const { status, out, err } = unroll(command, bad);
      assert.equal(status, 2);
      assert.equal(out, "");
      const found = err.trim().split("\n");
      assert.equal(found.length, 2, err);
      assert.ok(found[0]!.startsWith(`${bad}:4:49: Wxh is [1 × 2]`), found[0]);
      assert.ok(found[1]!.startsWith(`${bad}:7:51: `), found[1]);
    }
  });

  const badCalls: [string, string[], RegExp][] = [
    ["no command", [], /a command is missing/],
    ["an unknown command", ["fly"], /there is no command fly/],
    ["no file", ["trace"], /a FILE\.rnn\.json is missing/],
    ["two files", ["trace", "a", "b"], /one file at a time/],
    ["an unknown option", ["trace", "a", "--speed", "3"], /--speed/],
    ["a sequence that is no number", ["trace", "a", "--sequence", "x"], /--sequence is x, expected a whole number/],
    ["a negative temperature", ["predict", "a", "--temperature=-1"], /--temperature is -1/],
  ];
  for (const [title, args, message] of badCalls)
    it(`${title} prints the usage and exits with 2`, () => {
      const { status, out, err } = unroll(...args);
      assert.equal(status, 2);
      assert.equal(out, "");
      assert.match(err, message);
      assert.match(err, /Usage: unroll COMMAND/);
    });

  it("a file or a sequence that is not there is one line, without a stack trace", () => {
    for (const args of [
      ["trace", path.join(folder, "none.rnn.json")],
      ["trace", path.join(goldens, "carry.rnn.json"), "--sequence", "9"],
    ]) {
      const { status, err } = unroll(...args);
      assert.equal(status, 2);
      assert.equal(err.trim().split("\n").length, 1, err);
      assert.doesNotMatch(err, /\n\s+at /);
    }
  });

  it("--help prints the usage and exits with 0", () => {
    const { status, out } = unroll("trace", "--help");
    assert.equal(status, 0);
    assert.match(out, /Usage: unroll COMMAND/);
  });
});
