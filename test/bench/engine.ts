// The engine that is measured. Another one comes in here alone.

import * as path from "node:path";
import type { Problem } from "../../src/engine/model";
import type { NamedTensors } from "../../src/engine/tensor";
import type { TrainingEnd } from "../../src/engine/train";
import { trainFast } from "../../src/kernels";

export interface EngineOptions {
  readonly precision: "float64" | "float32";
  /** How many threads compute. */
  readonly threads: number;
}

/** What is measured, for the report. */
export const engineName = "kernels on WebAssembly";

/** Where the build puts the kernels. */
export const kernelFolder = path.join(import.meta.dirname, "../../dist");

/** A training that goes on as long as somebody wants it to. */
export interface Training {
  /** Makes at least so many updates. @returns how many it made */
  run(updates: number): number | Promise<number>;
  /** Ends it, and threads that it started. */
  close(): void | Promise<void>;
}

/** Whether there is an engine for this. */
export function supports(_options: EngineOptions): boolean {
  return true;
}

function start(problem: Problem, { precision, threads }: EngineOptions) {
  return trainFast({ ...problem, training: { ...problem.training, precision } }, kernelFolder, threads);
}

/** Starts to train, from the problem's parameters. */
export function startTraining(problem: Problem, options: EngineOptions): Training | Promise<Training> {
  const training = start(problem, options);
  const updatesAnEpoch = Math.ceil(problem.sequences.length / problem.training.batchSize);
  let made = 0;
  return {
    run(updates) {
      const before = made;
      while (made < before + updates) {
        const next = training.next();
        if (next.done) throw endedEarly(next.value);
        made = Math.round((next.value.epoch - 1 + next.value.done) * updatesAnEpoch);
      }
      return made - before;
    },
    close() {
      training.return({ kind: "stopped", parameters: {} });
    },
  };
}

/** What came out of a training that ended. */
export interface Trained {
  /** Of the last epoch: the mean over its sequences, each measured before its update. */
  readonly loss: number;
  readonly parameters: NamedTensors;
}

/** Trains until the problem's epochs are over. */
export function trainToEnd(problem: Problem, options: EngineOptions): Trained | Promise<Trained> {
  const training = start(problem, options);
  let loss = Number.NaN;
  for (;;) {
    const next = training.next();
    if (next.done) {
      if (next.value.kind !== "done") throw endedEarly(next.value);
      return { loss, parameters: next.value.parameters };
    }
    if (next.value.result) loss = next.value.result.loss;
  }
}

function endedEarly(end: TrainingEnd): Error {
  return new Error(
    end.kind === "diverged" ? `the training diverged: ${end.tensor} at t = ${end.t}` : `the training is ${end.kind}`,
  );
}
