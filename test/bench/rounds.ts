// Measures several at once: in rounds, one after the other in each, so that a machine that is busy for a while slows all of them.

import { setTimeout as pause } from "node:timers/promises";
import { Bench } from "tinybench";
import type { Contestant } from "./contestant";

export interface Rounds {
  readonly rounds: number;
  /** How long each is measured in a round, and warmed up before the first. */
  readonly roundMs: number;
  readonly warmupMs: number;
  /** Once it has taken so long, what takes long is measured no further. */
  readonly mostMs: number;
}

export const usualRounds: Rounds = { rounds: 5, roundMs: 250, warmupMs: 300, mostMs: 5000 };
export const quickRounds: Rounds = { rounds: 2, roundMs: 60, warmupMs: 60, mostMs: 1000 };

/** A sample is as many updates as take about so long. */
const sampleMs = 20;
/** So long threads of whoever came before may go on spinning. */
const restMs = 50;

/** Updates a second: the median of the samples of each round; null for a round in which it was not measured. */
export type Rates = readonly (number | null)[];

/** Measures all of them. @returns their rates, in the same order */
export async function measure(contestants: readonly Contestant[], options: Rounds): Promise<Rates[]> {
  const rates: (number | null)[][] = contestants.map(() => []);
  const spentMs = contestants.map(() => 0);
  for (let round = 0; round < options.rounds; round++) {
    const bench = new Bench({
      time: options.roundMs,
      iterations: 1,
      warmup: round === 0 && options.warmupMs > 0,
      warmupTime: options.warmupMs,
      warmupIterations: 1,
      throws: true,
    });
    const taking = contestants.map((_, k) => k).filter((k) => spentMs[k]! < options.mostMs);
    // There and back, so that nobody always follows the same.
    if (round % 2 === 1) taking.reverse();
    for (const k of taking) {
      const one = async () => {
        const { updates, seconds } = await contestants[k]!.batch(sampleMs);
        spentMs[k]! += seconds * 1000;
        return { overriddenDuration: (seconds * 1000) / updates, overriddenIterationCost: seconds * 1000 };
      };
      bench.add(String(k), one, { async: true, beforeAll: () => pause(restMs) });
    }
    await bench.run();
    for (const [k, row] of rates.entries()) {
      const result = bench.getTask(String(k))?.result;
      row.push(result?.state === "completed" ? 1000 / result.latency.p50 : null);
    }
  }
  return rates;
}

/** @returns NaN of nothing */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The median over the rounds. */
export function rateOf(rates: Rates): number {
  return median(rates.filter((rate) => rate !== null));
}

/** How many times as fast one is as another: the median over the rounds in which both were measured. */
export function ratioOf(one: Rates, other: Rates): number {
  return median(
    one.flatMap((rate, round) => {
      const beside = other[round] ?? null;
      return rate === null || beside === null ? [] : [rate / beside];
    }),
  );
}
