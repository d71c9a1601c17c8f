// Measures the engine beside others that compute the same, in one run: `npm run bench [-- --only A,C --quick --json FILE]`.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { parametersOf } from "../../src/engine/model";
import type { Contestant, Entrant } from "./contestant";
import { enter, nameOf } from "./contestant";
import { measureEmbedding } from "./embedding";
import type { EngineOptions } from "./engine";
import { supports } from "./engine";
import { firstPicture, firstPictureLine } from "./firstPicture";
import { goalsFor, ownCellBars } from "./goals";
import { measureImport } from "./importFile";
import { measureOpening, measureScreen, measureSlices, measureSteps } from "./latency";
import { measureOwnCell } from "./ownCell";
import { measureProducts } from "./products";
import { measureTable } from "./readTable";
import type { ComparisonReport, Report, SameReport } from "./report";
import {
  comparisonLines,
  embeddingLines,
  latencyLines,
  machineLines,
  ownCellLines,
  rateLine,
  runLines,
  sameLines,
  screenLines,
  sliceLines,
  thisMachine,
  throughLines,
} from "./report";
import type { Rates, Rounds } from "./rounds";
import { measure, quickRounds, rateOf, ratioOf, usualRounds } from "./rounds";
import { measureRuns } from "./runs";
import { relativeDifference, tolerances } from "./sameThing";
import { commandLine, trainingWorker } from "./surroundings";
import type { About, PeerName, Program } from "./trainingProcess";
import { engineProgram, peerPrograms, TrainingProcess } from "./trainingProcess";
import type { Workload, WorkloadData } from "./workloads";
import { drawWorkload, operationsOf, workloads } from "./workloads";

/** After so many updates everybody's parameters are compared. */
const checkedUpdates = 2;

const print = (...lines: string[]) => process.stdout.write(`${lines.join("\n")}\n`);

function parse() {
  const { values } = parseArgs({
    options: {
      only: { type: "string" },
      quick: { type: "boolean", default: false },
      json: { type: "string", default: path.join(import.meta.dirname, "../../dist/bench.json") },
    },
  });
  const known = workloads.map(({ id }) => id);
  const only = values.only?.split(",") ?? known;
  const unknown = only.filter((id) => !known.includes(id));
  if (unknown.length > 0) throw new Error(`--only has ${unknown.join(", ")}, expected some of ${known.join(", ")}`);
  return { only, quick: values.quick, json: values.json };
}

/** Which peers can be started here. */
async function findPeers(): Promise<Report["peers"]> {
  return Promise.all(
    peerPrograms.map(async (program) => {
      const { name } = program;
      const started = await TrainingProcess.start(program, 1);
      if (typeof started === "string") return { name, there: false, why: started } as const;
      started.process.close();
      return { name, there: true, about: started.about } as const;
    }),
  );
}

/** With what a program is measured: more threads than one are of use where a batch has more than one sequence. */
function optionsFor({ precisions, threads }: Program, { batch }: Workload): EngineOptions[] {
  return threads
    .filter((count) => count === 1 || batch > 1)
    .flatMap((count) => precisions.map((precision) => ({ precision, threads: count })));
}

/** Everybody who is there, the engine in double precision first. */
async function enterAll(workload: Workload, data: WorkloadData, there: ReadonlySet<PeerName>): Promise<Entrant[]> {
  const entrants: Entrant[] = [];
  for (const program of [engineProgram, ...peerPrograms.filter(({ name }) => there.has(name))])
    for (const options of optionsFor(program, workload))
      if (program.name !== "engine" || supports(options)) entrants.push(await enter(program, workload, data, options));
  return entrants;
}

/** Holds everybody against the engine in double precision, which comes first. */
async function checkSame(workload: Workload, data: WorkloadData, entrants: readonly Entrant[]): Promise<SameReport[]> {
  const parameters = parametersOf(data.problem.model);
  const expected = await entrants[0]!.process.check(checkedUpdates);
  const reports: SameReport[] = [];
  for (const entrant of entrants.slice(1)) {
    const difference = relativeDifference(parameters, expected, await entrant.process.check(checkedUpdates));
    const tolerance = tolerances[entrant.options.precision];
    const same = difference <= tolerance;
    reports.push({ workload: workload.id, who: nameOf(entrant), difference, tolerance, same });
  }
  return reports;
}

interface Measured {
  readonly contestant: Contestant;
  readonly rates: Rates;
  readonly same: boolean;
}

function compare(
  workload: Workload,
  measured: readonly Measured[],
  abouts: ReadonlyMap<PeerName, About>,
): ComparisonReport[] {
  const engines = measured.filter(({ contestant }) => contestant.who === "engine");
  return engines.flatMap(({ contestant, rates, same }) =>
    goalsFor(workload, contestant.options).flatMap((goal): ComparisonReport[] => {
      const { rivals, factor } = goal;
      const candidates = measured.filter((other) =>
        rivals.some(
          ({ who, precision, threads }) =>
            other.contestant.who === who &&
            other.contestant.options.precision === precision &&
            other.contestant.options.threads <= threads,
        ),
      );
      const fastest = candidates.toSorted((a, b) => rateOf(b.rates) - rateOf(a.rates))[0];
      const common = {
        workload: workload.id,
        engine: contestant.options,
        unit: workload.unit,
        rate: rateOf(rates),
        rivals,
        factor,
      };
      if (!fastest) {
        if (factor === null) return [];
        return [{ ...common, rival: null, rivalRate: null, ratio: null, verdict: "not measured" }];
      }
      const who = fastest.contestant.who as PeerName;
      const ratio = ratioOf(rates, fastest.rates);
      return [
        {
          ...common,
          rival: { who, ...fastest.contestant.options },
          rivalRate: rateOf(fastest.rates),
          ratio,
          verdict: verdictOf(ratio, factor, same && fastest.same, abouts.get(who)?.counts ?? false),
        },
      ];
    }),
  );
}

function verdictOf(ratio: number, factor: number | null, same: boolean, counts: boolean): ComparisonReport["verdict"] {
  if (!same) return "not the same";
  if (factor === null) return "";
  if (!counts) return "no bar";
  return ratio >= factor ? "reached" : "not reached";
}

/** Measures a workload beside every peer that is there, and adds what it found to the report. */
async function measureWorkload(workload: Workload, report: Report, rounds: Rounds): Promise<void> {
  const abouts = new Map(report.peers.flatMap((peer) => (peer.there ? [[peer.name, peer.about] as const] : [])));
  const data = drawWorkload(workload);
  const entrants = await enterAll(workload, data, new Set(abouts.keys()));
  try {
    const same = await checkSame(workload, data, entrants);
    report.same.push(...same);
    const rates = await measure(entrants, rounds);
    const measured = entrants.map((contestant, k) => ({
      contestant,
      rates: rates[k]!,
      same: k === 0 || same[k - 1]!.same,
    }));
    for (const { contestant, rates } of measured) {
      const { options } = contestant;
      const rate = rateOf(rates);
      const who = nameOf(contestant);
      const gflops = (rate * operationsOf(workload)) / 1e9;
      const row = { workload: workload.id, who, options, unit: workload.unit, rate, gflops, rounds: rates };
      report.rates.push(row);
      print(rateLine(row));
    }
    report.comparisons.push(...compare(workload, measured, abouts));
  } finally {
    for (const entrant of entrants) entrant.close();
  }
}

/** How much of the engine's speed is left through the command line and in the training worker. */
async function measureThrough(only: readonly string[], report: Report, quick: boolean): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "unroll-bench-"));
  const measureMs = quick ? 200 : 1000;
  // An epoch of so many batches is not over at once, nor is it the whole measurement.
  const epochs = { A: 1000, D: 16 } as const;
  const rounds = { rounds: quick ? 1 : 3, roundMs: 300, warmupMs: 0, mostMs: Infinity };
  try {
    for (const [id, batches] of Object.entries(epochs).filter(([id]) => only.includes(id))) {
      const workload = { ...workloads.find((workload) => workload.id === id)!, batches };
      const data = drawWorkload(workload);
      const contestants: Contestant[] = [
        await enter(engineProgram, workload, data, { precision: "float64", threads: 1 }),
        commandLine(data.problem, folder, measureMs),
        trainingWorker(data.problem, measureMs),
      ];
      const rates = await measure(contestants, rounds);
      for (const [k, contestant] of contestants.entries()) {
        contestant.close();
        if (k === 0) continue;
        const percentOfEngine = 100 * ratioOf(rates[k]!, rates[0]!);
        report.through.push({ workload: id, who: contestant.who, rate: rateOf(rates[k]!), percentOfEngine });
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function main(): Promise<void> {
  const { only, quick, json } = parse();
  const start = performance.now();
  const report: Report = {
    machine: thisMachine(),
    options: { only, quick },
    peers: await findPeers(),
    products: await measureProducts(),
    same: [],
    rates: [],
    comparisons: [],
    through: [],
    ownCells: [],
    runs: [],
    embedding: null,
    latencies: [],
    slices: [],
    screen: [],
    seconds: 0,
  };
  print(...machineLines(report));
  for (const workload of workloads.filter(({ id }) => only.includes(id))) {
    print("", `${workload.id}: ${workload.title}`);
    await measureWorkload(workload, report, quick ? quickRounds : usualRounds);
  }
  print("", ...sameLines(report), "", ...comparisonLines(report), "");
  await measureThrough(only, report, quick);
  if (report.through.length > 0) print(...throughLines(report), "");
  for (const id of Object.keys(ownCellBars).filter((id) => only.includes(id)))
    report.ownCells.push(await measureOwnCell(id, quick));
  if (report.ownCells.length > 0) print(...ownCellLines(report), "");
  if (only.length === workloads.length) {
    report.embedding = await measureEmbedding(quick);
    print(...embeddingLines(report.embedding), "");
    report.runs.push(...measureRuns(quick));
    print(...runLines(report), "");
    report.latencies.push(...(await measureSteps(quick)));
    if (!quick) {
      report.latencies.push(...(await measureOpening()));
      report.slices.push(...measureSlices());
      report.screen.push(...(await measureScreen()));
    }
    print(...latencyLines(report), "");
    if (!quick)
      print(...sliceLines(report), "", ...screenLines(report), "", firstPictureLine(await firstPicture()), "");
    const { importMs, plainMs, ratio } = measureImport(quick ? 1 : 5);
    print(
      `Import of a safetensors of 100 MB: ${importMs.toFixed(0)} ms, ${ratio.toFixed(2)} × a plain loop over its numbers (${plainMs.toFixed(0)} ms); the bar is 1.5`,
      "",
    );
    const table = measureTable();
    print(
      `A table of 100 MB, read and its first window stepped through: ${(table.ms / 1000).toFixed(1)} s, ${table.memory.toFixed(2)} × its size in memory; the bar is 3`,
      "",
    );
  }
  report.seconds = (performance.now() - start) / 1000;
  print(`${report.seconds.toFixed(0)} s`);
  mkdirSync(path.dirname(json), { recursive: true });
  writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
  if ([...report.same, ...report.ownCells].some(({ same }) => !same)) {
    process.stderr.write("Somebody does not compute the same.\n");
    process.exitCode = 1;
  }
}

void main();
