// Programs that the engine is compared with: each runs in a process of its own and answers lines of JSON (peers/protocol.py).

import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { spawn } from "node:child_process";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { parametersOf } from "../../src/engine/model";
import type { NamedTensors } from "../../src/engine/tensor";
import type { EngineOptions, Trained } from "./engine";
import type { Workload, WorkloadData } from "./workloads";

export type PeerName = "NumPy" | "PyTorch" | "TensorFlow.js" | "brain.js";

/** How a peer's process is started. */
interface Program {
  readonly name: PeerName;
  readonly command: string;
  readonly args: readonly string[];
  /** What it computes in. */
  readonly precisions: readonly EngineOptions["precision"][];
  /** With how many threads it can compute. */
  readonly threads: readonly number[];
}

/** The folder in which the JavaScript peers are installed, which the project does not depend on. */
const folder = process.env["UNROLL_PEERS"];

const file = (name: string) => path.join(import.meta.dirname, "peers", name);
const python = process.platform === "win32" ? "python" : "python3";
const both = ["float64", "float32"] as const;

export const programs: readonly Program[] = [
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

/** What a peer says of itself. */
export interface About {
  readonly name: PeerName;
  readonly version: string;
  /** What multiplies for it: for NumPy its BLAS. */
  readonly library: string;
  /** Whether that is a fast one: beside a slow one no goal is set. */
  readonly counts: boolean;
}

interface PackedArray {
  readonly type: "<f8" | "<i4";
  readonly shape: readonly number[];
  /** Its bytes, in base64. */
  readonly data: string;
}

function pack(values: Float64Array | Int32Array, shape: readonly number[]): PackedArray {
  const data = Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("base64");
  return { type: values instanceof Int32Array ? "<i4" : "<f8", shape, data };
}

function unpack({ shape, data }: PackedArray): NamedTensors[string] {
  const bytes = Uint8Array.from(Buffer.from(data, "base64"));
  const [rows = 1, cols = 1] = shape;
  return { rank: shape.length === 2 ? 2 : 1, rows, cols, data: new Float64Array(bytes.buffer) };
}

/** A peer's process. What it cannot do is an error with its own words. */
export class Peer {
  private readonly lines: AsyncIterator<string>;
  private errors = "";

  private constructor(private readonly child: ChildProcessWithoutNullStreams) {
    this.lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    child.stderr.on("data", (text: Buffer) => {
      this.errors += text.toString();
    });
  }

  /** Starts a peer. @returns its process and what it says of itself, or why it is not there, in a line */
  static async start(program: Program, threads: number): Promise<{ peer: Peer; about: About } | string> {
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
    const peer = new Peer(child);
    const about = peer.ask<About>({ do: "about" }).then(
      (about) => ({ peer, about }),
      (error: unknown) => lastLine(error instanceof Error ? error.message : String(error)),
    );
    return Promise.race([about, failed]);
  }

  private async ask<Answer>(request: object): Promise<Answer> {
    this.child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.lines.next();
    if (done) throw new Error(this.errors.trim() || "it ended without a word");
    const answer = JSON.parse(value) as Answer | { readonly error: string };
    if (typeof answer === "object" && answer !== null && "error" in answer) throw new Error(answer.error);
    return answer;
  }

  /** Gives the peer a workload, its data and its parameters. */
  async load(workload: Workload, data: WorkloadData, precision: EngineOptions["precision"]): Promise<void> {
    const { steps: T, inputs: X, outputs: O, batch, batches } = workload;
    const N = batch * batches;
    const parameters = Object.entries(parametersOf(data.problem.model)).map(([name, { rank, rows, cols, data }]) => [
      name,
      pack(data, rank === 1 ? [rows] : [rows, cols]),
    ]);
    await this.ask({
      do: "load",
      precision,
      workload,
      parameters: Object.fromEntries(parameters) as object,
      inputs: pack(data.inputs, workload.input === "tokens" ? [N, T] : [N, T, X]),
      targets: pack(data.targets, workload.loss === "mse" ? [N, O] : workload.at === "every" ? [N, T] : [N]),
    });
  }

  /** Makes some updates from the loaded parameters. */
  async check(updates: number): Promise<Trained> {
    const answer = await this.ask<{ loss: number; parameters: Record<string, PackedArray> }>({ do: "check", updates });
    const parameters = Object.entries(answer.parameters).map(([name, packed]) => [name, unpack(packed)] as const);
    return { loss: answer.loss, parameters: Object.fromEntries(parameters) };
  }

  /** Trains on, for about so long. */
  batch(milliseconds: number): Promise<{ readonly updates: number; readonly seconds: number }> {
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

/** Where the JavaScript peers are looked for, for the report. */
export const peersFolder = folder ?? null;
