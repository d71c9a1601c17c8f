// Programs that train: the engine, and those that it is compared with. Each runs in a process of its own, so that none finds the
// traces of another's work, and answers lines of JSON (peers/protocol.py).

import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { spawn } from "node:child_process";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { parametersOf } from "../../src/engine/model";
import type { NamedTensors } from "../../src/engine/tensor";
import type { EngineOptions, Trained } from "./engine";
import type { Workload, WorkloadData } from "./workloads";

export type PeerName = "NumPy" | "PyTorch" | "TensorFlow.js" | "brain.js";

/** How a process is started. */
export interface Program {
  readonly name: "engine" | PeerName;
  readonly command: string;
  readonly args: readonly string[];
  /** What it computes in. */
  readonly precisions: readonly EngineOptions["precision"][];
  /** With how many threads it can compute. */
  readonly threads: readonly number[];
}

const file = (name: string) => path.join(import.meta.dirname, "peers", name);
/** Which Python has the peers: another one may have other versions of them. */
const python = process.env["UNROLL_PYTHON"] ?? (process.platform === "win32" ? "python" : "python3");
const both = ["float64", "float32"] as const;

/** The engine itself. */
export const engineProgram = {
  name: "engine",
  command: process.execPath,
  args: ["--import=tsx", path.join(import.meta.dirname, "engineProcess.ts")],
  precisions: both,
  threads: [1, 2],
} as const satisfies Program;

/** What it is compared with. */
export const peerPrograms: readonly (Program & { readonly name: PeerName })[] = [
  { name: "NumPy", command: python, args: [file("numpy_peer.py")], precisions: both, threads: [1, 2] },
  { name: "PyTorch", command: python, args: [file("torch_peer.py")], precisions: both, threads: [1, 2] },
  {
    name: "TensorFlow.js",
    command: process.execPath,
    args: [file("tfjs_peer.mjs")],
    precisions: ["float32"],
    threads: [1],
  },
  {
    name: "brain.js",
    command: process.execPath,
    args: [file("brain_peer.mjs")],
    precisions: ["float32"],
    threads: [1],
  },
];

/** What a program says of itself. */
export interface About {
  readonly name: Program["name"];
  readonly version: string;
  /** What computes for it: for NumPy its BLAS. */
  readonly library: string;
  /** Whether that is a fast one: beside a slow one no goal is set. */
  readonly counts: boolean;
}

/** An array as the lines have it. */
export interface PackedArray {
  readonly type: "<f8" | "<i4";
  readonly shape: readonly number[];
  /** Its bytes, in base64. */
  readonly data: string;
}

export function pack(values: Float64Array | Int32Array, shape: readonly number[]): PackedArray {
  const data = Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("base64");
  return { type: values instanceof Int32Array ? "<i4" : "<f8", shape, data };
}

function unpack({ shape, data }: PackedArray): NamedTensors[string] {
  const bytes = Uint8Array.from(Buffer.from(data, "base64"));
  const [rows = 1, cols = 1] = shape;
  return { rank: shape.length === 2 ? 2 : 1, rows, cols, data: new Float64Array(bytes.buffer) };
}

/** What a process is given to train. */
export interface LoadRequest {
  readonly do: "load";
  readonly workload: Workload;
  readonly precision: EngineOptions["precision"];
  readonly threads: number;
  readonly parameters: Readonly<Record<string, PackedArray>>;
  readonly inputs: PackedArray;
  readonly targets: PackedArray;
}

export type Request =
  | { readonly do: "about" }
  | LoadRequest
  | { readonly do: "check"; readonly updates: number }
  | { readonly do: "batch"; readonly milliseconds: number };

/** Some updates, and how long they took. */
export interface BatchAnswer {
  readonly updates: number;
  readonly seconds: number;
}

export interface CheckAnswer {
  readonly loss: number;
  readonly parameters: Readonly<Record<string, PackedArray>>;
}

/** A process that trains. What it cannot do is an error with its own words. */
export class TrainingProcess {
  private readonly lines: AsyncIterator<string>;
  private errors = "";

  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly threads: number,
  ) {
    this.lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    child.stderr.on("data", (text: Buffer) => {
      this.errors += text.toString();
    });
  }

  /** Starts one. @returns it and what it says of itself, or why it is not there, in a line */
  static async start(
    program: Program,
    threads: number,
  ): Promise<{ readonly process: TrainingProcess; readonly about: About } | string> {
    const count = String(threads);
    const child = spawn(program.command, program.args, {
      env: {
        ...process.env,
        OPENBLAS_NUM_THREADS: count,
        OMP_NUM_THREADS: count,
        MKL_NUM_THREADS: count,
        VECLIB_MAXIMUM_THREADS: count,
        // Nothing is written beside the sources.
        PYTHONDONTWRITEBYTECODE: "1",
      },
    });
    const failed = new Promise<string>((resolve) => child.on("error", (error) => resolve(error.message)));
    // What is written to a process that has ended is lost; its end is told of by its output.
    child.stdin.on("error", () => undefined);
    const started = new TrainingProcess(child, threads);
    const about = started.ask<About>({ do: "about" }).then(
      (about) => ({ process: started, about }),
      (error: unknown) => lastLine(error instanceof Error ? error.message : String(error)),
    );
    return Promise.race([about, failed]);
  }

  private async ask<Answer>(request: Request): Promise<Answer> {
    this.child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.lines.next();
    if (done) throw new Error(this.errors.trim() || "it ended without a word");
    const answer = JSON.parse(value) as Answer | { readonly error: string };
    if (typeof answer === "object" && answer !== null && "error" in answer) throw new Error(answer.error);
    return answer;
  }

  /** Gives it a workload, its data and its parameters. */
  async load(workload: Workload, data: WorkloadData, precision: EngineOptions["precision"]): Promise<void> {
    const { steps: T, inputs: X, outputs: O, batch, batches } = workload;
    const N = batch * batches;
    const parameters = Object.entries(parametersOf(data.problem.model)).map(
      ([name, { rank, rows, cols, data }]) => [name, pack(data, rank === 1 ? [rows] : [rows, cols])] as const,
    );
    await this.ask({
      do: "load",
      workload,
      precision,
      threads: this.threads,
      parameters: Object.fromEntries(parameters),
      inputs: pack(data.inputs, workload.input === "tokens" ? [N, T] : [N, T, X]),
      targets: pack(data.targets, workload.loss === "mse" ? [N, O] : workload.at === "every" ? [N, T] : [N]),
    });
  }

  /** Makes some updates from the loaded parameters. */
  async check(updates: number): Promise<Trained> {
    const answer = await this.ask<CheckAnswer>({ do: "check", updates });
    const parameters = Object.entries(answer.parameters).map(([name, packed]) => [name, unpack(packed)] as const);
    return { loss: answer.loss, parameters: Object.fromEntries(parameters) };
  }

  /** Trains on, for about so long. */
  batch(milliseconds: number): Promise<BatchAnswer> {
    return this.ask({ do: "batch", milliseconds });
  }

  /** Ends the process. */
  close(): void {
    this.child.stdin.end();
    this.child.kill();
  }
}

/** Of a Python traceback the sentence that says what happened; of Node's, the one that names the error. */
function lastLine(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1) ?? text;
}
