// A table of 100 MB as somebody may bring it: how long it takes until its first window has been stepped through, and how much memory.

import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const tableBytes = 100e6;
const rowsInBlock = 50_000;
const commandLine = path.join(import.meta.dirname, "../../dist/cli.js");

export interface TableReading {
  readonly ms: number;
  /** The most memory that is resident, beyond what the command line takes by itself, over the table's size. */
  readonly memory: number;
}

/** Three columns of numbers with four digits. */
function writeTable(file: string): number {
  const descriptor = openSync(file, "w");
  let bytes = writeSync(descriptor, "a,b,c\n");
  for (let row = 0; bytes < tableBytes; row += rowsInBlock) {
    const rows = Array.from({ length: rowsInBlock }, (_, k) =>
      [1, 2, 3].map((column) => (100 * Math.sin((row + k) * column)).toFixed(4)).join(","),
    );
    bytes += writeSync(descriptor, `${rows.join("\n")}\n`);
  }
  closeSync(descriptor);
  return bytes;
}

/** Runs the command line in a process of its own. */
function measured(...args: string[]): { readonly ms: number; readonly bytes: number } {
  const tell = "process.on('exit', () => process.stderr.write(`\\n${process.resourceUsage().maxRSS}`));";
  const start = performance.now();
  const { status, stderr } = spawnSync(
    process.execPath,
    ["-e", `${tell} require(${JSON.stringify(commandLine)})`, "--", commandLine, ...args],
    { encoding: "utf8", maxBuffer: 2 ** 28 },
  );
  if (status !== 0) throw new Error(stderr);
  return { ms: performance.now() - start, bytes: 1024 * Number(stderr.slice(stderr.lastIndexOf("\n"))) };
}

export function measureTable(): TableReading {
  const folder = mkdtempSync(path.join(tmpdir(), "unroll-table-bench-"));
  try {
    const bytes = writeTable(path.join(folder, "table.csv"));
    const model = path.join(folder, "model.rnn.json");
    writeFileSync(
      model,
      `{ "version": 1, "layers": [{ "cell": "rnn", "size": 4 }], "output": { "size": 1 }, "loss": { "type": "mse" }, "sequences":
        { "file": "table.csv", "inputs": ["a", "b", "c"], "targets": ["a"], "window": 100, "stride": 100, "scale": "standard" } }`,
    );
    const itself = measured("--help");
    const read = measured("trace", model, "--steps", "1..1");
    return { ms: read.ms, memory: (read.bytes - itself.bytes) / bytes };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
