// Training as it is used: through the command line, and in the training worker. Both go on in a process or thread of their own.

import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import * as path from "node:path";
import { createInterface } from "node:readline";
import type { Problem } from "../../src/engine/model";
import { printProblem } from "../../src/format/print";
import { startThread } from "../../src/host/training/thread";
import type { Contestant } from "./contestant";
import type { BatchAnswer } from "./trainingProcess";

const dist = path.join(import.meta.dirname, "../../dist");
const options = { precision: "float64", threads: 1 } as const;
/** From its first epoch on: until then the code is compiled. */
const warmupMs = 700;

/** Counts the epochs that end after the warm-up. */
class EpochClock {
  private readonly start: number;
  private readonly ends: number[] = [];

  constructor(
    private readonly updatesAnEpoch: number,
    private readonly measureMs: number,
  ) {
    this.start = performance.now();
  }

  /** @returns whether it has seen enough */
  epochsEnded(count: number): boolean {
    const now = performance.now();
    if (this.ends.length === 0 && now - this.start < warmupMs) return false;
    for (let k = 0; k < count; k++) this.ends.push(now);
    return this.ends.length > 1 && now - this.ends[0]! > this.measureMs;
  }

  result(): BatchAnswer {
    const begin = this.ends[0] ?? 0;
    const end = this.ends.at(-1) ?? 0;
    // Epochs of whose end the clock is told at once with the first have no time of their own.
    const epochs = this.ends.filter((end) => end > begin).length;
    if (epochs === 0) throw new Error("too few epochs have ended");
    return { updates: epochs * this.updatesAnEpoch, seconds: (end - begin) / 1000 };
  }
}

/** `dist/cli.js train`, a process each time. @param folder where its file is written */
export function commandLine(problem: Problem, folder: string, measureMs: number): Contestant {
  const { training, sequences } = problem;
  const file = path.join(folder, "bench.rnn.json");
  writeFileSync(file, printProblem({ ...problem, training: { ...training, epochs: 1 } }));
  return {
    who: "command line",
    options,
    async batch() {
      const args = [path.join(dist, "cli.js"), "train", file, "--epochs", String(training.epochs)];
      const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
      let clock: EpochClock | null = null;
      try {
        for await (const _ of createInterface(child.stdout)) {
          clock ??= new EpochClock(sequences.length / training.batchSize, measureMs);
          if (clock.epochsEnded(1)) break;
        }
      } finally {
        child.kill("SIGKILL");
      }
      if (!clock) throw new Error("dist/cli.js train printed no epoch");
      return clock.result();
    },
    close() {},
  };
}

/** The training worker, a thread each time. */
export function trainingWorker(problem: Problem, measureMs: number): Contestant {
  const { training, sequences } = problem;
  return {
    who: "training worker",
    options,
    async batch() {
      const clock = new EpochClock(sequences.length / training.batchSize, measureMs);
      const thread = startThread(path.join(dist, "trainingWorker.js"), { kind: "train", problem }, ({ epochs }) => {
        if (epochs && epochs.loss.length > 0 && clock.epochsEnded(epochs.loss.length)) thread.cancel();
      });
      await thread.outcome;
      return clock.result();
    },
    close() {},
  };
}
