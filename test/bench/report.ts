// What the benchmark found: as tables for people, and as JSON for machines.

import { cpus, loadavg, totalmem } from "node:os";
import { tableLines } from "../../src/host/training/table";
import type { EngineOptions } from "./engine";
import { engineName } from "./engine";
import type { Rival } from "./goals";
import type { Latency, ScreenLatency, SlicedReading } from "./latency";
import type { About, PeerName } from "./trainingProcess";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGB: number;
  readonly platform: string;
  readonly node: string;
  /** Of the minute before. */
  readonly load: number;
  readonly engine: string;
}

/** A peer that is there, or why it is not. */
export type PeerReport = { readonly name: PeerName } & (
  | { readonly there: true; readonly about: About }
  | { readonly there: false; readonly why: string }
);

/** Whether somebody computes the same as the engine in double precision. */
export interface SameReport {
  readonly workload: string;
  readonly who: string;
  readonly difference: number;
  readonly tolerance: number;
  readonly same: boolean;
}

export interface RateReport {
  readonly workload: string;
  readonly who: string;
  readonly options: EngineOptions;
  readonly unit: string;
  readonly rate: number;
  /** In products of matrices, billions a second. */
  readonly gflops: number;
  readonly rounds: readonly (number | null)[];
}

/** What the kernels reach in one large product of matrices: about all that this processor's vectors of 128 bits can do. */
export interface ProductReport {
  readonly precision: EngineOptions["precision"];
  readonly gflops: number;
}

export interface ComparisonReport {
  readonly workload: string;
  readonly engine: EngineOptions;
  readonly unit: string;
  readonly rate: number;
  /** Null where none of its rivals was measured. */
  readonly rival: Rival | null;
  /** Who that would have been. */
  readonly rivals: readonly Rival[];
  readonly rivalRate: number | null;
  readonly ratio: number | null;
  readonly factor: number | null;
  readonly verdict: "reached" | "not reached" | "no bar" | "not measured" | "not the same" | "";
}

/** Training through something, beside the engine alone. */
export interface ThroughReport {
  readonly workload: string;
  readonly who: string;
  readonly rate: number;
  readonly percentOfEngine: number;
}

/** Updates a second of an lstm that reads an embedding's rows, and of the same one that reads vectors. */
export interface EmbeddingReport {
  /** By how the tokens are drawn. */
  readonly drawn: readonly {
    readonly draw: string;
    readonly rows: number;
    readonly ratio: number;
    readonly bar: number | null;
  }[];
  readonly vectors: number;
}

/** Updates a second of an lstm that is written as an own cell, and of the built-in one, on a workload's sizes. */
export interface OwnCellReport {
  readonly workload: string;
  readonly own: number;
  readonly builtIn: number;
  readonly ratio: number;
  readonly bar: number;
  /** Whether both compute the same. */
  readonly same: boolean;
}

/** Until a run can be stepped through: as the extension computes it, and on the readable engine. */
export interface RunReport {
  readonly title: string;
  readonly ms: number;
  readonly readableMs: number;
  readonly ratio: number;
  readonly bar: number | null;
}

export interface Report {
  readonly machine: Machine;
  readonly options: { readonly only: readonly string[]; readonly quick: boolean };
  readonly peers: readonly PeerReport[];
  readonly products: readonly ProductReport[];
  readonly same: SameReport[];
  readonly rates: RateReport[];
  readonly comparisons: ComparisonReport[];
  readonly through: ThroughReport[];
  readonly ownCells: OwnCellReport[];
  readonly runs: RunReport[];
  embedding: EmbeddingReport | null;
  readonly latencies: Latency[];
  readonly slices: SlicedReading[];
  readonly screen: ScreenLatency[];
  seconds: number;
}

export function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    load: loadavg()[0] ?? 0,
    engine: engineName,
  };
}

/** A line of a peer: what it is, or that it is not there and so nothing is compared with it. */
export function peerLine(peer: PeerReport): string {
  if (!peer.there) return `${peer.name} is not there, so nothing is compared with it: ${peer.why}`;
  const { version, library, counts } = peer.about;
  const slow = counts ? "" : ": not a fast one, so no bar is set beside it";
  return `${peer.name} ${version}${library === "" ? "" : ` with ${library}`}${slow}`;
}

export function machineLines({ machine, peers, products }: Report): string[] {
  const { cpu, cores, memoryGB, platform, node, load, engine } = machine;
  return [
    `${cpu}, ${cores} cores, ${memoryGB} GB, ${platform}, load ${load.toFixed(1)}`,
    `Node ${node}, ${engine}`,
    `A product of matrices on one thread: ${products.map(({ precision, gflops }) => `${gflops.toFixed(1)} GFLOP/s in ${precision}`).join(", ")}`,
    ...peers.map(peerLine),
  ];
}

export function sameLines({ same }: Report): string[] {
  return tableLines(
    [
      { title: "the same as the engine in float64?", align: "left" },
      { title: "", align: "left" },
      { title: "largest difference", align: "right" },
      { title: "", align: "left" },
    ],
    same.map(({ workload, who, difference, tolerance, same }) => [
      workload,
      who,
      difference.toExponential(1),
      same ? "✓" : `✗ more than ${tolerance.toExponential(0)}`,
    ]),
  );
}

const optionsText = ({ precision, threads }: EngineOptions) => `${precision}${threads === 1 ? "" : ` × ${threads}`}`;
const rivalText = ({ who, ...options }: Rival) => `${who} ${optionsText(options)}`;

export function comparisonLines({ comparisons }: Report): string[] {
  return tableLines(
    [
      { title: "workload", align: "left" },
      { title: "engine", align: "left" },
      { title: "trains", align: "right" },
      { title: "beside", align: "left" },
      { title: "trains", align: "right" },
      { title: "ratio", align: "right" },
      { title: "bar", align: "right" },
      { title: "", align: "left" },
    ],
    comparisons.map(({ workload, engine, unit, rate, rival, rivals, rivalRate, ratio, factor, verdict }) => [
      workload,
      optionsText(engine),
      `${rateText(rate)} ${unit}`,
      rival ? rivalText(rival) : [...new Set(rivals.map(({ who }) => who))].join(", "),
      rivalRate === null ? "" : rateText(rivalRate),
      ratio === null ? "" : `${ratioText(ratio)} ×`,
      factor === null ? "" : `≥ ${factor} ×`,
      verdict,
    ]),
  );
}

export function embeddingLines({ drawn, vectors }: EmbeddingReport): string[] {
  return drawn.map(({ draw, rows, ratio, bar }) => {
    const verdict = bar === null ? "no bar" : `bar ${bar}: ${ratio >= bar ? "reached" : "not reached"}`;
    return `An embedding of 10,000 tokens × 64 with an lstm of 128, tokens drawn ${draw}: ${rateText(rows)} updates/s, fed with vectors ${rateText(vectors)}: ${ratio.toFixed(2)} times as fast, ${verdict}`;
  });
}

export function ownCellLines({ ownCells }: Report): string[] {
  return tableLines(
    [
      { title: "an lstm as an own cell", align: "left" },
      { title: "own", align: "right" },
      { title: "built in", align: "right" },
      { title: "ratio", align: "right" },
      { title: "bar", align: "right" },
      { title: "", align: "left" },
    ],
    ownCells.map(({ workload, own, builtIn, ratio, bar, same }) => [
      workload,
      rateText(own),
      rateText(builtIn),
      `${ratioText(ratio)} ×`,
      `≥ ${bar} ×`,
      !same ? "not the same" : ratio >= bar ? "reached" : "not reached",
    ]),
  );
}

export function runLines({ runs }: Report): string[] {
  return tableLines(
    [
      { title: "a run, until it can be stepped through", align: "left" },
      { title: "ms", align: "right" },
      { title: "on the readable engine", align: "right" },
      { title: "ratio", align: "right" },
      { title: "bar", align: "right" },
      { title: "", align: "left" },
    ],
    runs.map(({ title, ms, readableMs, ratio, bar }) => [
      title,
      ms.toFixed(1),
      readableMs.toFixed(1),
      `${ratioText(ratio)} ×`,
      bar === null ? "" : `≥ ${bar} ×`,
      bar === null ? "" : ratio >= bar ? "reached" : "not reached",
    ]),
  );
}

export function throughLines({ through }: Report): string[] {
  return tableLines(
    [
      { title: "training through", align: "left" },
      { title: "", align: "left" },
      { title: "updates/s", align: "right" },
      { title: "of the engine alone", align: "right" },
    ],
    through.map(({ workload, who, rate, percentOfEngine }) => [
      workload,
      who,
      rateText(rate),
      `${percentOfEngine.toFixed(0)} %`,
    ]),
  );
}

export function latencyLines({ latencies }: Report): string[] {
  return tableLines(
    [
      { title: "takes", align: "left" },
      { title: "median", align: "right" },
      { title: "99 %", align: "right" },
    ],
    latencies.map(({ name, medianMs, p99Ms }) => [name, timeText(medianMs), timeText(p99Ms)]),
  );
}

export function sliceLines({ slices }: Report): string[] {
  return tableLines(
    [
      { title: "read in slices: 20 MB", align: "left" },
      { title: "in all", align: "right" },
      { title: "longest slice", align: "right" },
    ],
    slices.map(({ name, allMs, longestMs }) => [name, timeText(allMs), timeText(longestMs)]),
  );
}

export function screenLines({ screen }: Report): string[] {
  return tableLines(
    [
      { title: "a step of 512 units × 1000 in the panel", align: "left" },
      { title: "median", align: "right" },
      { title: "95 %", align: "right" },
    ],
    screen.map(({ name, medianMs, p95Ms }) => [name, timeText(medianMs), timeText(p95Ms)]),
  );
}

export function rateLine({ who, rate, unit, gflops }: RateReport): string {
  return `  ${who.padEnd(28)} ${rateText(rate).padStart(10)} ${unit} ${gflops.toPrecision(3).padStart(8)} GFLOP/s`;
}

/** With three digits, or all of a large one. */
export function rateText(rate: number): string {
  return rate >= 100 ? Math.round(rate).toLocaleString("en") : rate.toPrecision(3);
}

function ratioText(ratio: number): string {
  return ratio >= 100 ? ratio.toFixed(0) : ratio.toPrecision(3);
}

function timeText(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toPrecision(3)} s`;
  return ms >= 1 ? `${ms.toPrecision(3)} ms` : `${(ms * 1000).toPrecision(3)} µs`;
}
