// How long a single step takes, and how long a file takes to open.

import { Bench } from "tinybench";
import { forward, initialState, Recording } from "../../src/engine/network";
import { run } from "../../src/engine/run";
import { Stepper } from "../../src/stepper/stepper";
import { problemOf } from "../samples/samples";
import { openFileCases, openFileKinds, openFileSize, slicesOf } from "./openFile";
import { percentile, stepLatency } from "./stepLatency";

export interface Latency {
  readonly name: string;
  readonly medianMs: number;
  readonly p99Ms: number;
}

interface Case {
  readonly name: string;
  readonly run: () => void;
}

const samples = ["hi-there-class", "copy-lstm"] as const;

function stepCases(sample: (typeof samples)[number]): Case[] {
  const problem = problemOf(`${sample}.rnn.json`);
  const { model, sequences } = problem;
  const sequence = sequences[0]!;
  const recording = new Recording(model);
  const stretch = { sequence, from: 0, to: 1, start: initialState(model, sequence), incoming: null };
  const stepper = new Stepper(problem, 0);
  return [
    { name: `${sample}: one step forward of the engine`, run: () => void forward(model, stretch, recording) },
    {
      name: `${sample}: one step of the stepper, with all values of the step`,
      run() {
        if (stepper.isAtEnd) stepper.runToStart();
        stepper.step();
        stepper.run.at(Math.max(1, stepper.t));
      },
    },
    { name: `${sample}: a whole run, forward and back`, run: () => void run(model, sequences, 0) },
  ];
}

/** @param time milliseconds for each case, which is measured at least once */
async function measureCases(cases: readonly Case[], time: number, warmup: boolean): Promise<Latency[]> {
  const bench = new Bench({ time, iterations: 1, warmup, warmupTime: time / 2, warmupIterations: 1, throws: true });
  for (const { name, run } of cases) bench.add(name, run);
  await bench.run();
  return bench.tasks.map(({ name, result }) => {
    if (result.state !== "completed") throw new Error(`${name} is ${result.state}`);
    return { name, medianMs: result.latency.p50, p99Ms: result.latency.p99 };
  });
}

/** Steps of the samples: of the engine, and in the stepper. */
export function measureSteps(quick: boolean): Promise<Latency[]> {
  return measureCases(samples.flatMap(stepCases), quick ? 50 : 500, true);
}

/** Large files: how long the reader takes for each. */
export function measureOpening(): Promise<Latency[]> {
  return measureCases(openFileCases(), 1500, false);
}

/** A large file that is read in slices, as the editor reads it. */
export interface SlicedReading {
  readonly name: string;
  readonly allMs: number;
  /** So long nothing else can happen. */
  readonly longestMs: number;
}

export function measureSlices(): SlicedReading[] {
  return openFileKinds.map(({ name, text }) => ({ name, ...slicesOf(text(openFileSize)) }));
}

/** From a key in the panel, with 512 units and 1000 steps, until its step is painted. */
export interface ScreenLatency {
  readonly name: string;
  readonly medianMs: number;
  readonly p95Ms: number;
}

/** In a real VS Code; an empty page tells what this machine needs for a frame at least. */
export async function measureScreen(): Promise<ScreenLatency[]> {
  const { wholeMs, hostMs, floorMs } = await stepLatency();
  const times = { "key to painted": wholeMs, "of this in the extension host": hostMs, "an empty page": floorMs };
  return Object.entries(times).map(([name, ms]) => ({
    name,
    medianMs: percentile(ms, 0.5),
    p95Ms: percentile(ms, 0.95),
  }));
}
