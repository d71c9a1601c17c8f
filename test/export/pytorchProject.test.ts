import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Problem } from "../../src/engine/model";
import { run } from "../../src/engine/run";
import type { NamedTensors } from "../../src/engine/tensor";
import { train } from "../../src/engine/train";
import { pytorchProject } from "../../src/export/project";
import { ExportError } from "../../src/format/exported";
import { FileSource } from "../../src/interop/fileSource";
import { importModel } from "../../src/interop/import";
import { allOf } from "../../src/interop/stored";
import { storedParameters } from "../../src/interop/write";
import { goldenFiles, goldens, readFile, readText } from "../files";
import { pythonWith } from "../python";

/** What is done with each folder, in one process: PyTorch takes seconds to begin. */
const program = String.raw`
import contextlib, io, json, runpy, sys, torch
torch.set_default_dtype(torch.float64)
for line in sys.stdin:
    folder = line.strip()
    sys.modules.pop("model", None)
    sys.path[0] = folder
    import model
    network = model.Network()
    network.take(model.load_parameters(folder + "/model.safetensors"))
    loss = model.Loss(network, "sum")
    losses, outputs = [], []
    for text in open(folder + "/data.jsonl"):
        sequence = json.loads(text)
        x, start, *_ = model.tensors_of([sequence], "cpu", torch.float64)
        outputs.append(model.outputs_of(network(x, start))[:, 0].tolist())
        losses.append(loss([sequence], 1, 1.0)[1].item())
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        runpy.run_path(folder + "/train.py", run_name="__main__")
        trained = runpy.run_path(folder + "/back.py")["tensors"]
    print(json.dumps({
        "losses": losses, "outputs": outputs,
        "epochs": [json.loads(line)["loss"] for line in said.getvalue().splitlines() if "epoch" in line],
        "trained": {name: tensor.flatten().tolist() for name, tensor in trained.items()},
    }), flush=True)
`;

interface Printed {
  readonly losses: number[];
  readonly outputs: number[][][];
  readonly epochs: number[];
  readonly trained: Record<string, number[]>;
}

function far(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.equal(a.length, b.length);
  return Array.from(a).reduce(
    (most, value, k) => Math.max(most, Math.abs(value - b[k]!) / Math.max(1, Math.abs(value))),
    0,
  );
}

function trainedBy(problem: Problem): { epochs: number[]; parameters: NamedTensors } {
  const epochs: number[] = [];
  const training = train(problem);
  for (let next = training.next(); ; next = training.next()) {
    if (next.done) return { epochs, parameters: next.value.parameters };
    if (next.value.result) epochs.push(next.value.result.loss);
  }
}

/** What back.py has written, imported. */
function broughtBack(folder: string): Record<string, number[]> {
  const source = new FileSource(path.join(folder, "trained.safetensors"));
  try {
    const stored = storedParameters(importModel(source).chain);
    return Object.fromEntries(Object.entries(stored).map(([name, tensor]) => [name, [...allOf(tensor)]]));
  } finally {
    source.close();
  }
}

/** An own cell with the equations of an lstm, or nearly. */
function ownLstm(last: string): Problem {
  const equations = [
    "i = σ(Wxi x + Whi h' + bi)",
    "f = σ(Wxf x + Whf h' + bf)",
    "g = tanh(Wxg x + Whg h' + bg)",
    "o = σ(Wxo x + Who h' + bo)",
    "c = f ∘ c' + i ∘ g",
    last,
  ];
  const text = JSON.stringify({
    version: 1,
    vocabulary: ["a", "b", "c"],
    cells: { mine: { equations } },
    layers: [{ cell: "mine", size: 4 }],
    output: { size: 3 },
    loss: { type: "cross-entropy" },
    sequences: [{ inputs: ["a", "b", "b", "c"], targets: "next" }],
    initial: { scheme: "uniform", from: -1, to: 1, seed: 3 },
    training: { optimizer: { type: "sgd", learningRate: 0.1 }, epochs: 2 },
  });
  return readText(text).problem;
}

const python = pythonWith("torch");

describe("the folder for PyTorch", function () {
  this.timeout(600_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), "unroll-pytorch-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function write(name: string, problem: Problem): string {
    const to = path.join(folder, name);
    mkdirSync(to);
    for (const { name: file, content } of pytorchProject(problem).files) writeFileSync(path.join(to, file), content);
    return to;
  }

  it("refuses by name what it cannot train", () => {
    const problem = readFile(path.join(goldens, "train-adam-truncate.rnn.json")).problem;
    assert.throws(() => pytorchProject(problem), /training\.truncate: train\.py goes back through whole sequences/);
    assert.throws(() => pytorchProject({ ...problem, sequences: [] }), ExportError);
  });

  it("calls PyTorch's fast function wherever a cell has its equations, whatever it is called", () => {
    const cellsOf = (problem: Problem) =>
      /^CELLS = \[(.*)\]$/m.exec(
        pytorchProject(problem)
          .files.find(({ name }) => name === "model.py")!
          .content.toString(),
      )?.[1];
    assert.equal(cellsOf(ownLstm("h = o ∘ tanh(c)")), "fused_lstm");
    assert.equal(cellsOf(ownLstm("h = o ∘ relu(c)")), "written(own_mine_forward)");
    assert.equal(cellsOf(readFile(path.join(goldens, "gru-before.rnn.json")).problem), "written(gru_before_forward)");
  });

  if (python === undefined) return;

  it("computes outputs, losses, every epoch and the trained parameters of each golden within 1e-9 of the engine; back.py and import bring these back bit for bit", () => {
    const cases = ["", "cells"].flatMap((sub) =>
      goldenFiles(/\.rnn\.json$/, path.join(goldens, sub)).flatMap(([name, file]) => {
        const { problem } = readFile(file);
        const short = { ...problem, training: { ...problem.training, epochs: 2, shuffle: false } };
        try {
          return [{ name, problem: short, at: write(`${sub}-${name}`, short) }];
        } catch (error) {
          if (error instanceof ExportError) return [];
          throw error;
        }
      }),
    );
    const own = ownLstm("h = o ∘ tanh(c)");
    cases.push({ name: "own lstm", problem: own, at: write("own-lstm", own) });
    assert.ok(cases.length >= 41, `${cases.length}`);
    const { status, stdout, stderr } = spawnSync(python, ["-c", program], {
      input: cases.map(({ at }) => `${at}\n`).join(""),
      encoding: "utf8",
      maxBuffer: 2 ** 28,
    });
    assert.equal(status, 0, stderr);
    const lines = stdout.trimEnd().split("\n");
    assert.equal(lines.length, cases.length);
    for (const [k, { name, problem, at }] of cases.entries()) {
      const printed = JSON.parse(lines[k]!) as Printed;
      const runs = problem.sequences.map((_, n) => run(problem.model, problem.sequences, n));
      assert.ok(
        far(
          printed.losses,
          runs.map(({ loss }) => loss ?? 0),
        ) < 1e-9,
        `${name}: losses`,
      );
      for (const [n, one] of runs.entries()) {
        const read = Array.from({ length: one.length }, (_, t) => one.at(t + 1).output).filter((y) => y !== null);
        assert.ok(
          far(
            printed.outputs[n]!.flat(),
            read.flatMap((y) => [...y]),
          ) < 1e-9,
          `${name}: outputs`,
        );
      }
      const { epochs, parameters } = trainedBy(problem);
      assert.ok(far(printed.epochs, epochs) < 1e-9, `${name}: epochs`);
      for (const [key, { data }] of Object.entries(parameters))
        assert.ok(far(printed.trained[key]!, data) < 1e-9, `${name}: ${key}`);
      // A cell of the file's own is in its file alone.
      if (problem.model.layers.every(({ own }) => !own)) assert.deepEqual(broughtBack(at), printed.trained, name);
    }
  });

  describe("on two processes", () => {
    /** Sequences of different lengths and weights, so that no process has the same share of a batch. */
    const problem = readText(
      JSON.stringify({
        version: 1,
        inputSize: 2,
        layers: [{ cell: "lstm", size: 3, direction: "both" }],
        output: { size: 2, at: "every" },
        loss: { type: "huber", reduction: "mean" },
        initial: { seed: 3 },
        sequences: Array.from({ length: 7 }, (_, n) => ({
          weight: 1 + n / 4,
          inputs: Array.from({ length: 3 + (n % 3) }, (_, t) => [Math.sin(n + t), Math.cos(n * t)]),
          targets: Array.from({ length: 3 + (n % 3) }, (_, t) => (t === 1 ? null : [Math.sin(t), n / 7])),
        })),
        training: {
          optimizer: { type: "adam", learningRate: 0.05 },
          epochs: 1_000_000,
          batchSize: 3,
          batchReduction: "targets",
          clip: { type: "norm", at: 1 },
        },
      }),
    ).problem;

    /** Losses by the number of their update; ends a run that does not end by itself after `last`. */
    async function losses(args: string[], last: number): Promise<{ first: number; losses: Map<number, number> }> {
      const child = spawn(python!, args, {
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, OMP_NUM_THREADS: "1" },
      });
      const ended = new Promise((resolve) => child.once("close", resolve));
      const found = new Map<number, number>();
      let [text, error, first] = ["", "", 0];
      child.stderr.on("data", (data: Buffer) => (error += data.toString()));
      child.stdout.on("data", (data: Buffer) => {
        text += data.toString();
        const lines = text.split("\n");
        text = lines.pop()!;
        for (const line of lines) {
          const said = JSON.parse(line) as {
            update?: number;
            loss: number;
            goes_on_after_update?: number;
          };
          if (said.goes_on_after_update !== undefined) first = said.goes_on_after_update;
          if (said.update !== undefined) found.set(said.update, said.loss);
          if ((said.update ?? 0) >= last + first) child.kill("SIGTERM");
        }
      });
      await ended;
      assert.ok(found.size > 0, error);
      return { first, losses: found };
    }

    it("a training that is killed goes on from its checkpoint, and each update's loss is that of one process within 1e-9", async () => {
      const at = write("two", problem);
      const script = path.join(at, "train.py");
      // With its defaults, torchrun 1.13 does not begin on Python 3.11: it finds neither 0 nor 3 among its own flags.
      const tee = ["--redirects=1:1", "--tee=1:1", `--log_dir=${path.join(folder, "logs")}`];
      // With --standalone it would take port 29400, or the place of another run that has it.
      const rendezvous = ["--rdzv_backend=c10d", "--rdzv_endpoint=localhost:0", `--rdzv_id=${path.basename(folder)}`];
      const two = ["-m", "torch.distributed.run", ...rendezvous, "--nnodes=1", "--nproc_per_node=2", ...tee, script];
      const options = ["--backend=gloo", "--print-updates", "--checkpoint-every=1"];
      const killed = await losses([...two, ...options], 8);
      assert.ok(killed.losses.size >= 8);
      const goneOn = await losses([...two, ...options], 12);
      assert.ok(goneOn.first >= 7, `${goneOn.first}`);
      const both = new Map([...killed.losses, ...goneOn.losses]);
      const count = Math.max(...both.keys());
      assert.ok(count >= 19);
      const one = await losses(
        [script, "--print-updates", `--checkpoint=${path.join(folder, "one.pt")}`, `--updates=${count}`],
        Infinity,
      );
      assert.deepEqual([...both.keys()], [...one.losses.keys()]);
      for (const [update, loss] of one.losses)
        assert.ok(Math.abs(loss - both.get(update)!) < 1e-9, `update ${update}: ${loss} and ${both.get(update)}`);
    });
  });
});
