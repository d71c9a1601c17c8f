import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { readText } from "../files";

const program = path.join(import.meta.dirname, "../../dist/cli.js");
const isRoot = process.getuid?.() === 0;

const model = (epochs: number) => `{
  "version": 1, // as it was
  "inputSize": 1,
  "layers": [{ "cell": "rnn", "size": 1, "Wxh": [[1]], "Whh": [[0.5]], "bh": [0] }],
  "output": { "size": 1, "Why": [[2]], "by": [0] },
  "loss": { "type": "mse" },
  "sequences": [{ "inputs": [0.5, 1], "targets": [1, 0] }],
  "training": { "epochs": ${epochs} },
}
`;

describe("the result of training on the command line", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "unroll-result-"));
    writeFileSync(at("model.rnn.json"), model(3));
    writeFileSync(at("long.rnn.json"), model(1e9));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const at = (name: string) => path.join(folder, name);
  const train = (from: string, out: string) =>
    spawnSync(process.execPath, [program, "train", at(from), "--out", out], { encoding: "utf8" });
  const isTrained = (file: string) => {
    const text = readFileSync(file, "utf8");
    readText(text);
    assert.match(text, /"version": 1, \/\/ as it was/);
    return !text.includes('"Whh": [[0.5]]');
  };
  const names = () => readdirSync(folder).toSorted();

  it("is tried before the training begins", () => {
    mkdirSync(at("folder"));
    for (const out of [at("nowhere/out.rnn.json"), at("folder")]) {
      const { status, stdout, stderr } = train("long.rnn.json", out);
      assert.equal(status, 2, stderr);
      assert.equal(stdout, "");
      assert.ok(stderr.startsWith(`${out}: `), stderr);
    }
    assert.deepEqual(names(), ["folder", "long.rnn.json", "model.rnn.json"]);
  });

  it("keeps the mode of the file that it replaces, and leaves nothing beside it", () => {
    writeFileSync(at("out.rnn.json"), "old");
    chmodSync(at("out.rnn.json"), 0o640);
    assert.equal(train("model.rnn.json", at("out.rnn.json")).status, 0);
    assert.ok(isTrained(at("out.rnn.json")));
    assert.equal(statSync(at("out.rnn.json")).mode & 0o777, 0o640);
    assert.deepEqual(names(), ["long.rnn.json", "model.rnn.json", "out.rnn.json"]);
  });

  it("goes where a link leads, which stays a link", () => {
    mkdirSync(at("folder"));
    writeFileSync(at("folder/own.rnn.json"), "old");
    symlinkSync(at("folder/own.rnn.json"), at("out.rnn.json"));
    assert.equal(train("model.rnn.json", at("out.rnn.json")).status, 0);
    assert.ok(lstatSync(at("out.rnn.json")).isSymbolicLink());
    assert.ok(isTrained(at("folder/own.rnn.json")));
    assert.deepEqual(readdirSync(at("folder")), ["own.rnn.json"]);
  });

  it("is the file's under its other names, too", () => {
    writeFileSync(at("out.rnn.json"), "old");
    linkSync(at("out.rnn.json"), at("other.rnn.json"));
    assert.equal(train("model.rnn.json", at("out.rnn.json")).status, 0);
    assert.ok(isTrained(at("other.rnn.json")));
    assert.equal(statSync(at("out.rnn.json")).ino, statSync(at("other.rnn.json")).ino);
  });

  /** Trains, does something once the first epoch is told, and waits for the end. */
  async function interrupted(out: string, act: (child: ReturnType<typeof spawn>) => void) {
    const child = spawn(process.execPath, [program, "train", at("long.rnn.json"), "--out", out]);
    let stderr = "";
    child.stderr.on("data", (data: Buffer) => {
      stderr += data.toString();
    });
    child.stdout.once("data", () => {
      child.stdout.resume();
      act(child);
    });
    // What it has said is there once its pipes are closed, which may be after its end.
    const status = await new Promise((resolve) => child.on("close", resolve));
    return { status, stderr };
  }

  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    it(`is what has been learned by then at ${signal}`, async () => {
      const { status } = await interrupted(at("out.rnn.json"), (child) => child.kill(signal));
      assert.equal(status, 0);
      assert.ok(isTrained(at("out.rnn.json")));
    });

  it("is what has been learned by then where nobody reads its lines any more, as with | head", async () => {
    const { status } = await interrupted(at("out.rnn.json"), (child) => child.stdout!.destroy());
    assert.equal(status, 0);
    assert.ok(isTrained(at("out.rnn.json")));
  });

  it("that cannot be written in the end is written elsewhere, which is said, and the exit is 2", async () => {
    mkdirSync(at("folder"));
    const { status, stderr } = await interrupted(at("folder/out.rnn.json"), (child) => {
      renameSync(at("folder"), at("gone"));
      child.kill("SIGINT");
    });
    assert.equal(status, 2);
    const [, other] = /; the result is in (.*)\n$/.exec(stderr) ?? [];
    assert.ok(other, stderr);
    assert.ok(isTrained(other));
    rmSync(other);
  });

  it("of two trainings to one file at once is one of the two, whole", async () => {
    const both = [0, 1].map(() => interrupted(at("out.rnn.json"), (child) => child.kill("SIGINT")));
    for (const { status, stderr } of await Promise.all(both)) assert.equal(status, 0, stderr);
    assert.ok(isTrained(at("out.rnn.json")));
    assert.deepEqual(names(), ["long.rnn.json", "model.rnn.json", "out.rnn.json"]);
  });

  it("is refused at its place where the file is no UTF-8, and nothing is written", () => {
    writeFileSync(at("latin.rnn.json"), Buffer.from(model(3).replace("as it was", "caf\u00e9"), "latin1"));
    const { status, stderr } = train("latin.rnn.json", at("out.rnn.json"));
    assert.equal(status, 2);
    const message = "the byte 0xE9 is no UTF-8: expected a text saved as UTF-8";
    assert.equal(stderr, `${at("latin.rnn.json")}:2:23: ${message}\n`);
    assert.ok(!names().includes("out.rnn.json"));
  });

  it("has no order for the terminal in its messages, whatever a token or a file is called", () => {
    const named = at("red\u001b[31m.rnn.json");
    writeFileSync(named, model(3).replace('"inputs": [0.5', '"inputs": ["\\u009b31m\u0085"'));
    const { status, stderr } = spawnSync(process.execPath, [program, "train", named], { encoding: "utf8" });
    assert.equal(status, 2);
    assert.doesNotMatch(stderr, /(?!\n)\p{Cc}/u);
    assert.match(stderr, /red\\u001B\[31m/);
  });

  if (!isRoot && process.platform !== "win32")
    it("is refused before the training where the folder may not be written into", () => {
      mkdirSync(at("folder"), { mode: 0o500 });
      assert.equal(train("long.rnn.json", at("folder/out.rnn.json")).status, 2);
    });
});
