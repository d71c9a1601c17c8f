// A sequence of 1,000,000 steps through 128 units, and a text of 1 MB as training data: what they cost in time and memory.
// `npm run bench:long [-- STEPS UNITS CELL]` prints one line a measurement.

import { Random } from "../../src/engine/random";
import { computeRun } from "../../src/engine/run";
import { RunView } from "../../src/host/panel/present";
import { runOptions } from "../../src/host/panel/runs";
import { trainFast } from "../../src/kernels";
import { Stepper } from "../../src/stepper/stepper";
import { readText } from "../files";

// In dist/test, for it runs as a bundle, as the product does: a loader of TypeScript would take some 50 MB beside.
const folder = new URL("..", import.meta.url).pathname;
const steps = Number(process.argv[2] ?? 1_000_000);
const units = Number(process.argv[3] ?? 128);
const cell = process.argv[4] ?? "rnn";

const random = new Random(1);
const letters = "abcdefghijklmnopqrstuvwxyz ,.\n";
const text = Array.from({ length: steps }, () => letters[random.below(letters.length)]).join("");
const file = (training: object) =>
  JSON.stringify({
    version: 1,
    vocabulary: letters.split(""),
    layers: [{ cell, size: units }],
    output: { size: letters.length },
    loss: { type: "cross-entropy", reduction: "mean" },
    sequences: [{ text, targets: "next" }],
    training,
  });

let peak = 0;
function print(what: string, value: string): void {
  peak = Math.max(peak, process.memoryUsage.rss());
  process.stdout.write(
    `${what.padEnd(44)} ${value.padStart(24)}   ${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB\n`,
  );
}

/** Runs a generator to its end; the longest time between two yields is what anybody else has to wait. */
function finish<T>(what: string, generator: Generator<unknown, T, undefined>): T {
  const start = performance.now();
  let longest = 0;
  let last = start;
  let next = generator.next();
  while (!next.done) {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    peak = Math.max(peak, process.memoryUsage.rss());
    next = generator.next();
  }
  const seconds = (performance.now() - start) / 1000;
  print(what, `${seconds.toFixed(1)} s, slices ≤ ${longest.toFixed(0)} ms`);
  return next.value;
}

function percentiles(what: string, times: number, action: () => void): void {
  const measured = Array.from({ length: times }, () => {
    const start = performance.now();
    action();
    return performance.now() - start;
  }).toSorted((a, b) => a - b);
  const at = (share: number) => measured[Math.min(times - 1, Math.floor(share * times))]!.toFixed(1);
  print(what, `median ${at(0.5)}, p95 ${at(0.95)}, max ${at(1)} ms`);
}

process.stdout.write(`${steps.toLocaleString("en")} steps, ${cell} of ${units} units, Node ${process.version}\n`);
const { problem } = readText(file({ truncate: 64, epochs: 1 }));
print("read", `${(text.length / 1e6).toFixed(1)} MB`);
const run = finish("run forward and back", computeRun(problem.model, problem.sequences, 0, runOptions(folder)));
const stepper = new Stepper(problem, 0, run);
const view = finish("look through it for the panel", RunView.build(stepper, 1));
percentiles("go to a random step", 200, () => void run.at(1 + random.below(steps)));
percentiles("go there forward, with all that the panel shows", 100, () => {
  stepper.goToStep(1 + random.below(steps), "forward");
  view.cursor({ playing: false, speed: 2 }, 4);
});
percentiles("go there backward, with all that the panel shows", 100, () => {
  stepper.goToStep(1 + random.below(steps), "backward");
  view.cursor({ playing: false, speed: 2 }, 4);
});
percentiles("one step on", 100, () => {
  stepper.stepBack();
  view.cursor({ playing: false, speed: 2 }, 4);
});
const draw = (to: number) =>
  view.track({ revision: 1, id: "layers.0.h", from: 1, to, columns: 1000, rows: 200, order: "file" });
percentiles("draw the heat map of h_t, 1000 columns", 5, () => void draw(steps));
percentiles("draw a fifth of it, 1000 columns", 5, () => void draw(Math.ceil(steps / 5)));

const trainFor = 20;
for (const [what, settings] of Object.entries({
  "train, truncate 64": problem.training,
  "train, back through all steps": { ...problem.training, truncate: null },
})) {
  const start = performance.now();
  let done = 0;
  const training = trainFast({ ...problem, training: settings }, folder);
  for (let next = training.next(); !next.done && performance.now() - start < trainFor * 1000; next = training.next()) {
    done = next.value.done;
    peak = Math.max(peak, process.memoryUsage.rss());
  }
  const seconds = (performance.now() - start) / 1000;
  print(what, `${((done * steps) / seconds / 1000).toFixed(1)} k steps/s`);
}
process.stdout.write(`largest memory: ${(peak / 1e6).toFixed(0)} MB\n`);
