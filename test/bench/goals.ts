// What the engine is to reach.

import type { EngineOptions } from "./engine";
import type { PeerName } from "./trainingProcess";
import type { Workload } from "./workloads";

/** Who may be compared with: of those that were measured, the fastest is. */
export interface Rival {
  readonly who: PeerName;
  readonly precision: EngineOptions["precision"];
  /** At most so many. */
  readonly threads: number;
}

export interface Goal {
  readonly rivals: readonly Rival[];
  /** How many times as fast the engine is to be; null where nothing is asked. */
  readonly factor: number | null;
}

/** What the engine is compared with on a workload. */
export function goalsFor(workload: Workload, { precision, threads }: EngineOptions): Goal[] {
  const numpy = { who: "NumPy", precision, threads } as const;
  const torch = { who: "PyTorch", precision, threads } as const;
  const float32 = precision === "float32";
  const inJavaScript = (who: PeerName, factor: number): Goal => ({
    rivals: [{ who, precision: "float32", threads: 1 }],
    factor,
  });
  const beside = (factor: number | null): Goal[] => [
    { rivals: [numpy], factor },
    { rivals: [torch], factor: null },
  ];
  const besideDouble = (factor: number): Goal[] => [
    { rivals: [{ ...numpy, precision: "float64" }], factor },
    { rivals: [torch], factor: null },
  ];
  const native: Record<string, Goal[]> = {
    A: besideDouble(float32 ? 14 : 7),
    B: besideDouble(40),
    C: beside(float32 ? 2.8 : 1.9),
    D: beside(float32 ? 1.9 : 1.4),
  };
  return [
    ...(native[workload.id] ?? (float32 && threads === 2 ? [{ rivals: [numpy, torch], factor: 1 }] : beside(null))),
    inJavaScript("TensorFlow.js", 8),
    inJavaScript("brain.js", workload.id === "B" ? 6 : 8),
  ];
}

/** How many times as fast as on the readable engine a run is to be there, looked through, by cell and units. */
export const runBars: Readonly<Record<string, number>> = {};

/** At how many times the built-in lstm's speed one that is written as an own cell trains on sizes of workloads. */
export const ownCellBars: Readonly<Record<string, number>> = { A: 0.4, D: 0.7, E: 0.7 };
