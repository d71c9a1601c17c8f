import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

describe("the command line", () => {
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
    // Once alone: a signal that comes while the process ends finds nobody who heeds it.
    child.stdout.once("data", () => {
      child.stdout.resume();
      child.kill("SIGINT");
    });
    const status = await new Promise((resolve) => child.on("close", resolve));
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
    assert.match(
      err,
      /the loss is no longer finite: epoch 2, sequences\[0\], step t = \d: \S+ is the first that is not/,
    );
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

  it("predict --inputs says what is wrong with what was typed, and nothing of what stands around it", () => {
    const said = (typed: string) =>
      unroll("predict", path.join(documents, "2-numerical-worked.rnn.json"), "--inputs", typed).err.trim();
    assert.equal(said("["), "--inputs: found the end, expected ]");
    assert.equal(said('["hi",'), "--inputs: found the end, expected ]");
    assert.equal(said('["hi"]]'), "--inputs: found ], expected the end");
    assert.equal(said('"hi'), '--inputs: a text is not closed: expected "');
    assert.equal(said('["hello"]'), '--inputs: "hello" is not in the vocabulary');
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

  it("predict --generate prints the tokens and their text alone, and draws the same from the same seed", () => {
    const generate = (seed: string, ...more: string[]) => {
      const file = path.join(goldens, "text-next.rnn.json");
      const options = ["--generate", "30", "--temperature", "2", "--seed", seed];
      return JSON.parse(unroll("predict", file, ...options, ...more).out) as { tokens: string[]; text: string };
    };
    assert.equal(
      unroll("predict", path.join(goldens, "text-next.rnn.json"), "--generate", "0").out,
      '{"tokens":[],"text":""}\n',
    );
    const generated = generate("7");
    assert.deepEqual(generate("7"), generated);
    assert.notDeepEqual(generate("8"), generated);
    assert.deepEqual(Object.keys(generated), ["tokens", "text"]);
    assert.equal(generated.tokens.length, 30);
    assert.equal(generated.text, generated.tokens.join(""));
    // The text is the same up to the token that ends it.
    const stop = generated.tokens[12]!;
    assert.deepEqual(generate("7", "--stop", stop).tokens, generated.tokens.slice(0, generated.tokens.indexOf(stop)));
  });

  it("predict --generate at a temperature near 0 takes the most probable token each time, as at 0", () => {
    const at = (temperature: string) =>
      unroll("predict", path.join(goldens, "text-next.rnn.json"), "--generate", "30", "--temperature", temperature);
    const { status, out } = at("0");
    assert.equal(status, 0);
    assert.equal(at("1e-320").out, out);
    assert.equal(at("1e-9").out, out);
  });

  it("predict --stop with a token that the vocabulary does not have is one line and exit 2", () => {
    const { status, err } = unroll(
      "predict",
      path.join(goldens, "text-next.rnn.json"),
      "--generate",
      "3",
      "--stop",
      "€",
    );
    assert.equal(status, 2);
    assert.match(err, /"€" cannot end what is generated: it is not in the vocabulary/);
  });

  it("predict --generate feeds a model without a vocabulary its own outputs: 1, 2, 4, 8 where h = x and y = 2h", () => {
    const doubling = `{
  "version": 1, "inputSize": 1,
  "layers": [{ "cell": "rnn", "size": 1, "activation": "linear", "Wxh": [[1]], "Whh": [[0]], "bh": [0] }],
  "output": { "size": 1, "Why": [[2]], "by": [0] },
  "sequences": [{ "inputs": [5, 0.5] }, { "inputs": [3] }]
}`;
    const { out } = unroll("predict", file("doubling.rnn.json", doubling), "--generate", "4");
    assert.deepEqual(JSON.parse(out), { outputs: [[1], [2], [4], [8]] });
    const all = lines(unroll("predict", file("doubling.rnn.json", doubling), "--sequence", "all").out);
    assert.deepEqual(all, [
      { sequence: 0, outputs: [[10], [1]], tokens: [] },
      { sequence: 1, outputs: [[6]], tokens: [] },
    ]);
  });

  it("predict --sequence all carries the state from one sequence into the next, as each alone does", () => {
    const carry = path.join(goldens, "carry.rnn.json");
    const all = lines(unroll("predict", carry, "--sequence", "all").out);
    assert.ok(all.length > 2);
    for (const [k, { sequence, ...prediction }] of all.entries()) {
      assert.equal(sequence, k);
      assert.deepEqual(prediction, JSON.parse(unroll("predict", carry, "--sequence", String(k)).out));
    }
  });

  it("predict gives a bidirectional model's outputs as its trace has them", () => {
    const both = path.join(goldens, "rnn-both-last-bce.rnn.json");
    const { outputs } = JSON.parse(unroll("predict", both).out) as { outputs: number[][] };
    const { steps } = JSON.parse(unroll("trace", both).out) as { steps: { output: number[] | null }[] };
    assert.deepEqual(
      outputs,
      steps.flatMap(({ output }) => (output ? [output] : [])),
    );
  });

  it("trace --steps prints those steps alone, with the whole sequence's loss and gradients", () => {
    type Trace = { loss: number; steps: unknown[]; gradients: unknown };
    const worked = path.join(documents, "2-numerical-worked.rnn.json");
    const whole = JSON.parse(unroll("trace", worked).out) as Trace;
    const some = JSON.parse(unroll("trace", worked, "--steps", "2..3").out) as Trace;
    assert.deepEqual(some, { ...whole, steps: whole.steps.slice(1, 3) });
    const { status, err } = unroll("trace", worked, "--steps", "2..9");
    assert.equal(status, 2);
    assert.match(err, /--steps ends at 9, but sequence 0 has 4 steps/);
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
    const first = "expect.sequences.0.steps.0.h.0";
    assert.deepEqual(check(0.46211715726), [{ slips, explained: 1, wrong: 1, first }]);
    assert.equal(check(0.4), undefined);
  });

  it("check --marks adds each number's mark: right, wrong, or what follows from the author's own numbers", () => {
    // h_2 is tanh(−0.25), without what comes back; h_3 goes on with that: tanh(0.75 + 0.5·(−0.2449))
    const marked = `{ "version": 1, "inputSize": 1,
      "layers": [{ "cell": "rnn", "size": 1, "Wxh": [[1]], "Whh": [[0.5]], "bh": [0] }], "output": { "size": 1 },
      "sequences": [{ "inputs": [0.5, -0.25, 0.75] }],
      "expect": { "sequences": [{ "steps": [{ "h": [0.4621] }, { "h": [-0.2449] }, { "h": [0.5564] }] }] } }`;
    const { status, out } = unroll("check", file("marked.rnn.json", marked), "--marks");
    assert.equal(status, 1);
    const { marks, summary } = JSON.parse(out) as { marks: { name: string; mark: string }[]; summary: string };
    assert.deepEqual(
      marks.map(({ name, mark }) => [name, mark]),
      [
        ["h_1", "right"],
        ["h_2", "wrong"],
        ["h_3", "follows"],
      ],
    );
    assert.match(summary, /2 of 3 steps right/);
    assert.ok(!("marks" in (JSON.parse(unroll("check", file("marked.rnn.json", marked)).out) as object)));
  });

  /** Says that a step is of the class whose input is the larger one. */
  const classifier = `{
  "version": 1, "inputSize": 2, "labels": ["first", "second"],
  "layers": [{ "cell": "rnn", "size": 2, "activation": "linear", "Wxh": [[1, 0], [0, 1]], "Whh": [[0, 0], [0, 0]], "bh": [0, 0] }],
  "output": { "size": 2, "Why": [[1, 0], [0, 1]], "by": [0, 0] },
  "loss": { "type": "cross-entropy" },
  "sequences": [
    { "inputs": [[1, 0], [0, 1], [3, 1]], "targets": [0, 0, "first"] },
    { "inputs": [[0, 2], [2, 0]], "targets": [1, null] },
    { "inputs": [[5, 1]], "targets": ["second"] },
    { "inputs": [[5, 1]] }
  ],
  "validation": { "sequences": [{ "inputs": [[0, 0.5]], "targets": [1] }] }
}`;

  it("evaluate prints the loss, the accuracy, the confusion matrix and each sequence's loss", () => {
    const evaluated = (...more: string[]) =>
      JSON.parse(unroll("evaluate", file("classifier.rnn.json", classifier), ...more).out) as Record<string, unknown>;
    const loss = (z: number, other: number) => Math.log(1 + Math.exp(other - z));
    const losses = [loss(1, 0) + loss(0, 1) + loss(3, 1), loss(2, 0), loss(1, 5)];
    const { loss: mean, perSequence, ...counts } = evaluated("--sequences", "training");
    assert.deepEqual(counts, {
      sequences: 4,
      accuracy: 3 / 5,
      confusion: [
        [2, 1],
        [1, 1],
      ],
      indices: [0, 1, 2, 3],
    });
    assertAgrees(
      { mean, perSequence },
      { mean: (losses[0]! + losses[1]! + losses[2]!) / 3, perSequence: [...losses, null] },
      1e-12,
    );
    assertAgrees(
      evaluated("--sequences", "validation"),
      { sequences: 1, loss: loss(0.5, 0), accuracy: 1, indices: [4] },
      1e-12,
    );
    assert.equal(evaluated()["sequences"], 5);
  });

  it("evaluate without a validation to evaluate is one line and exit 2", () => {
    const { status, err } = unroll("evaluate", file("nothing.rnn.json", bothWays), "--sequences", "validation");
    assert.equal(status, 2);
    assert.match(err, /^.*there is nothing to evaluate: it has no sequences for validation\n$/);
  });

  it("train prints the validation's loss and accuracy, and says where stop has ended it", () => {
    const learning = classifier.replace(
      '"validation"',
      '"training": { "epochs": 50, "stop": { "patience": 2 }, "optimizer": { "learningRate": 1 } }, "validation"',
    );
    const { out, err, status } = unroll("train", file("learning.rnn.json", learning));
    assert.equal(status, 0);
    const epochs = lines(out);
    assert.deepEqual(Object.keys(epochs[0]!), [
      "epoch",
      "loss",
      "gradientNorm",
      "validationLoss",
      "accuracy",
      "validationAccuracy",
      "seconds",
    ]);
    const losses = epochs.map(({ validationLoss }) => validationLoss as number);
    const best = losses.indexOf(Math.min(...losses)) + 1;
    assert.equal(epochs.length, best + 2);
    assert.equal(
      err,
      `ended after epoch ${best + 2}: the validation loss has not fallen since epoch ${best}, whose parameters are kept\n`,
    );
  });

  it("predict gives a table's numbers back, and reads typed ones as the table has them", () => {
    file("line.csv", "a\n10\n20\n30\n40\n");
    const line = file(
      "line.rnn.json",
      `{
  "version": 1,
  "layers": [{ "cell": "rnn", "size": 1, "activation": "linear", "Wxh": [[1]], "Whh": [[0]], "bh": [0] }],
  "output": { "size": 1, "Why": [[1]], "by": [0.5] }, "loss": { "type": "mse" },
  "sequences": { "file": "line.csv", "inputs": ["a"], "targets": ["a"], "window": 2, "scale": "minmax" }
}`,
    );
    // Scaled to 0…1 of 10…40, half more is 15 more.
    assert.deepEqual(JSON.parse(unroll("predict", line).out), { outputs: [[25], [35]], tokens: [] });
    assert.deepEqual(JSON.parse(unroll("predict", line, "--inputs", "[100]", "--generate", "3").out), {
      outputs: [[115], [130], [145]],
    });
    const { errors } = JSON.parse(unroll("evaluate", line).out) as { errors: unknown };
    assertAgrees(errors, [{ name: "a", rootMeanSquare: 5, meanAbsolute: 5 }], 1e-12);
    assert.deepEqual(
      (JSON.parse(unroll("trace", line).out) as { steps: { input: unknown }[] }).steps.map(({ input }) => input),
      [10, 20],
    );
  });

  const longText = (length: number) => `{
  "version": 1, "vocabulary": ["a", "b"],
  "layers": [{ "cell": "rnn", "size": 2 }], "output": { "size": 2 }, "loss": { "type": "cross-entropy" },
  "sequences": [{ "text": "${"ab".repeat(length / 2)}", "targets": "next" }]
}`;

  it("trace of 300,000 characters prints more than it has memory for", async () => {
    const long = file("long.rnn.json", longText(300_000));
    const child = spawn(process.execPath, ["--max-old-space-size=100", program, "trace", long]);
    let bytes = 0;
    let end = "";
    child.stdout.on("data", (data: Buffer) => {
      bytes += data.length;
      end = data.toString("latin1").slice(-40);
    });
    const status = await new Promise((resolve) => child.on("close", resolve));
    assert.equal(status, 0);
    assert.ok(bytes > 120e6, String(bytes));
    assert.match(end, /\]\}\}\n$/);
  });

  it("a reader that has seen enough ends a command quietly", async () => {
    const child = spawn(process.execPath, [program, "trace", file("pipe.rnn.json", longText(20_000))]);
    let err = "";
    child.stderr.on("data", (data: Buffer) => (err += data.toString()));
    child.stdout.once("data", () => child.stdout.destroy());
    assert.equal(await new Promise((resolve) => child.on("close", resolve)), 0);
    assert.equal(err, "");
  });

  if (existsSync("/dev/full"))
    it("a full disk is one line and exit 2", () => {
      const full = openSync("/dev/full", "w");
      const worked = path.join(documents, "2-numerical-worked.rnn.json");
      const { status, stderr } = spawnSync(process.execPath, [program, "trace", worked], {
        stdio: ["ignore", full, "pipe"],
        encoding: "utf8",
      });
      closeSync(full);
      assert.equal(status, 2);
      assert.equal(stderr, "standard output: no space is left on the disk\n");
    });

  it("a batch of 200,000 sequences trains", () => {
    const many = file(
      "many.rnn.json",
      `{
  "version": 1, "inputSize": 2, "layers": [{ "cell": "rnn", "size": 1 }], "output": { "size": 1, "at": "last" },
  "loss": { "type": "mse" }, "sequences": { "task": "adding", "count": 200000, "length": 2 },
  "training": { "batchSize": 200000, "epochs": 1 }
}`,
    );
    const { status, err } = unroll("train", many);
    assert.equal(err, "");
    assert.equal(status, 0);
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
    ["steps that are no range", ["trace", "a", "--steps", "3"], /--steps is 3, expected A\.\.B/],
    ["steps that end before they begin", ["trace", "a", "--steps", "3..2"], /--steps is 3\.\.2/],
    ["a stop token without --generate", ["predict", "a", "--stop", "x"], /nothing is to be generated/],
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
