// Who is measured, with what it computes in.

import type { EngineOptions } from "./engine";
import type { BatchAnswer, Program } from "./trainingProcess";
import { TrainingProcess } from "./trainingProcess";
import type { Workload, WorkloadData } from "./workloads";

export interface Contestant {
  readonly who: Program["name"] | "command line" | "training worker";
  readonly options: EngineOptions;
  /** Trains on, for about so long. */
  batch(milliseconds: number): Promise<BatchAnswer>;
  close(): void;
}

/** A program that has loaded its workload. */
export interface Entrant extends Contestant {
  readonly who: Program["name"];
  readonly process: TrainingProcess;
}

/** Starts a program on a workload. @throws Error where the program is not there */
export async function enter(
  program: Program,
  workload: Workload,
  data: WorkloadData,
  options: EngineOptions,
): Promise<Entrant> {
  const started = await TrainingProcess.start(program, options.threads);
  if (typeof started === "string") throw new Error(`${program.name} is not there: ${started}`);
  const { process } = started;
  await process.load(workload, data, options.precision);
  return {
    who: program.name,
    options,
    process,
    batch: (milliseconds) => process.batch(milliseconds),
    close: () => process.close(),
  };
}

/** `NumPy float64`, `engine float32, 2 threads` */
export function nameOf({ who, options: { precision, threads } }: Pick<Contestant, "who" | "options">): string {
  return `${who} ${precision}${threads === 1 ? "" : `, ${threads} threads`}`;
}
