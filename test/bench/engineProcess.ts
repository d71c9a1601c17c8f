// The engine in a process of its own, on whose lines it is asked as the peers are.

import { createInterface } from "node:readline";
import type { EngineOptions, Training } from "./engine";
import { engineName, startTraining, trainToEnd } from "./engine";
import type { About, BatchAnswer, CheckAnswer, Request } from "./trainingProcess";
import { pack } from "./trainingProcess";
import type { WorkloadData } from "./workloads";
import { drawWorkload, shortened } from "./workloads";

let data: WorkloadData | null = null;
let options: EngineOptions | null = null;
let training: Training | null = null;
let updates = 1;

async function answer(request: Request): Promise<object> {
  if (request.do === "about")
    return { name: "engine", version: process.version, library: engineName, counts: true } satisfies About;
  if (request.do === "load") {
    // It draws what the peers are told.
    data = drawWorkload(request.workload);
    options = { precision: request.precision, threads: request.threads };
    training = null;
    updates = 1;
    return {};
  }
  if (!data || !options) throw new Error(`${request.do} comes before load`);
  if (request.do === "check") {
    const { loss, parameters } = await trainToEnd(shortened(data, request.updates), options);
    const packed = Object.entries(parameters).map(
      ([name, { rank, rows, cols, data }]) => [name, pack(data, rank === 1 ? [rows] : [rows, cols])] as const,
    );
    return { loss, parameters: Object.fromEntries(packed) } satisfies CheckAnswer;
  }
  training ??= await startTraining(data.problem, options);
  const start = performance.now();
  const made = await training.run(updates);
  const seconds = (performance.now() - start) / 1000;
  updates = Math.max(1, Math.round((made * request.milliseconds) / 1000 / seconds));
  return { updates: made, seconds } satisfies BatchAnswer;
}

async function main(): Promise<void> {
  for await (const line of createInterface(process.stdin)) {
    const answered = await answer(JSON.parse(line) as Request).catch((error: unknown) => ({ error: String(error) }));
    process.stdout.write(`${JSON.stringify(answered)}\n`);
  }
}

void main();
