// What it takes until a run can be stepped through, forward and back and looked through for the panel: as the extension computes it,
// beside the readable engine alone.

import { computeRun, finish } from "../../src/engine/run";
import { RunView } from "../../src/host/panel/present";
import { runOptions } from "../../src/host/panel/runs";
import { Stepper } from "../../src/stepper/stepper";
import { readText } from "../files";
import { runBars } from "./goals";
import type { RunReport } from "./report";

const folder = new URL("../../dist", import.meta.url).pathname;

const letters = "abcdefghijklmnopqrstuvwxyz ,.\n";
const lstm = [
  "i = σ(Wxi x + Whi h' + bi)",
  "f = σ(Wxf x + Whf h' + bf)",
  "g = tanh(Wxg x + Whg h' + bg)",
  "o = σ(Wxo x + Who h' + bo)",
  "c = f ∘ c' + i ∘ g",
  "h = o ∘ tanh(c)",
];

interface Size {
  readonly cell: string;
  readonly units: number;
  readonly steps: number;
  readonly direction?: "both";
}

const sizes: readonly Size[] = [
  { cell: "lstm", units: 512, steps: 1000 },
  { cell: "rnn", units: 128, steps: 100_000 },
  { cell: "gru", units: 256, steps: 4000, direction: "both" },
  { cell: "own", units: 128, steps: 2000 },
  { cell: "rnn", units: 32, steps: 200 },
  { cell: "rnn", units: 10, steps: 10 },
];

function problemOf({ cell, units, steps, direction }: Size) {
  const text = Array.from({ length: steps }, (_, k) => letters[(k * k + 3 * k) % letters.length]).join("");
  const file = {
    version: 1,
    vocabulary: letters.split(""),
    ...(cell === "own" && { cells: { own: { equations: lstm } } }),
    layers: [{ cell, size: units, ...(direction && { direction }) }],
    output: { size: letters.length },
    loss: { type: "cross-entropy" },
    sequences: [{ text, targets: "next" }],
  };
  return readText(JSON.stringify(file)).problem;
}

/** All sizes, both by turns, so that what the machine does besides meets both; of each the best time counts. */
export function measureRuns(quick: boolean): RunReport[] {
  return sizes.map((size) => {
    const steps = quick ? Math.ceil(size.steps / 20) : size.steps;
    const problem = problemOf({ ...size, steps });
    const times = [runOptions(folder), {}].map((options) => () => {
      const start = performance.now();
      const run = finish(computeRun(problem.model, problem.sequences, 0, options));
      finish(RunView.build(new Stepper(problem, 0, run), 1));
      return performance.now() - start;
    });
    const best = times.map(() => Infinity);
    const rounds = size.units * size.units * steps < 1e6 ? 40 : 3;
    for (let round = 0; round < rounds; round++)
      for (const [k, time] of times.entries()) best[k] = Math.min(best[k]!, time());
    const title = `${size.cell} ${size.units} × ${steps}${size.direction ? ", both directions" : ""}`;
    const [ms, readableMs] = [best[0]!, best[1]!];
    return { title, ms, readableMs, ratio: readableMs / ms, bar: runBars[`${size.cell} ${size.units}`] ?? null };
  });
}
