// The engine that is measured. Another one comes in here alone.

import type { Problem } from "../../src/engine/model";
import type { NamedTensors } from "../../src/engine/tensor";
import type { TrainingEnd } from "../../src/engine/train";
import { train } from "../../src/engine/train";

export interface EngineOptions {
  readonly precision: "float64" | "float32";
  /** How many threads compute. */
  readonly threads: number;
}

/** What is measured, for the report. */
export const engineName = "reference engine";

/** A training that goes on as long as somebody wants it to. */
export interface Training {
  /** Makes at least so many updates. @returns how many it made */
  run(updates: number): number | Promise<number>;
  /** Ends it, and threads that it started. */
  close(): void | Promise<void>;
}

/** Whether there is an engine for this. */
export function supports({ precision, threads }: EngineOptions): boolean {
  return precision === "float64" && threads === 1;
}

/** Starts to train, from the problem's parameters. @throws RangeError where there is no such engine */
export function startTraining(problem: Problem, options: EngineOptions): Training | Promise<Training> {
  if (!supports(options))
    throw new RangeError(`there is no engine for ${options.precision} with ${options.threads} threads`);
  const training = train(problem);
  return {
    run(updates) {
      for (let made = 0; made < updates; made++) {
        const next = training.next();
        if (next.done) throw endedEarly(next.value);
      }
      return updates;
    },
    close() {},
  };
}

/** What came out of a training that ended. */
export interface Trained {
  /** Of the last epoch: the mean over its sequences, each measured before its update. */
  readonly loss: number;
  readonly parameters: NamedTensors;
}

/** Trains until the problem's epochs are over. @throws RangeError where there is no such engine */
export function trainToEnd(problem: Problem, options: EngineOptions): Trained | Promise<Trained> {
  if (!supports(options))
    throw new RangeError(`there is no engine for ${options.precision} with ${options.threads} threads`);
  const training = train(problem);
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
