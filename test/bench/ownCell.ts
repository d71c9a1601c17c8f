// What it costs to write a cell's equations: an lstm that a file defines itself, beside the built-in one with the same parameters.

import { readEquations } from "../../src/engine/equations";
import type { Problem } from "../../src/engine/model";
import { parametersOf } from "../../src/engine/model";
import type { OwnCell } from "../../src/engine/ownCell";
import { startTraining, trainToEnd } from "./engine";
import { ownCellBars } from "./goals";
import type { OwnCellReport } from "./report";
import { relativeDifference, tolerances } from "./sameThing";
import { drawWorkload, shortened, workloads } from "./workloads";

const texts = [
  "i = σ(Wxi x + Whi h' + bi)",
  "f = σ(Wxf x + Whf h' + bf)",
  "g = tanh(Wxg x + Whg h' + bg)",
  "o = σ(Wxo x + Who h' + bo)",
  "c = f ∘ c' + i ∘ g",
  "h = o ∘ tanh(c)",
];
const checkedUpdates = 2;
const options = { precision: "float64", threads: 1 } as const;

/** The problem with that cell in the place of the built-in lstm. */
export function withOwnLstm(problem: Problem): Problem {
  const { equations, parameters, states, inputAsVector } = readEquations(texts, {});
  const own: OwnCell = {
    title: "an lstm's equations",
    texts,
    defaults: {},
    constants: {},
    equations,
    parameters,
    states,
    inputAsVector,
    initial: {},
  };
  const layers = problem.model.layers.map((layer) => ({ ...layer, cell: "mine", own, options: {} }));
  return { ...problem, model: { ...problem.model, layers } };
}

/** An lstm of a workload's sizes, both by turns, so that what the machine does besides meets both. */
export async function measureOwnCell(id: string, quick: boolean): Promise<OwnCellReport> {
  const workload = { ...workloads.find((one) => one.id === id)!, cell: "lstm" as const };
  const drawn = drawWorkload({ ...workload, batches: Math.max(workload.batches, checkedUpdates) });
  const shorter = shortened(drawn, checkedUpdates);
  const own = await trainToEnd(withOwnLstm(shorter), options);
  const builtIn = await trainToEnd(shorter, options);
  const difference = relativeDifference(parametersOf(drawn.problem.model), builtIn, own);
  const trainings = [
    await startTraining(withOwnLstm(drawn.problem), options),
    await startTraining(drawn.problem, options),
  ];
  const rates: number[][] = [[], []];
  for (let round = 0; round < (quick ? 3 : 15); round++)
    for (const [k, training] of trainings.entries()) {
      const start = performance.now();
      let made = 0;
      while (performance.now() - start < (quick ? 30 : 200)) made += await training.run(1);
      rates[k]!.push(made / ((performance.now() - start) / 1000));
    }
  for (const training of trainings) await training.close();
  // The first round compiles.
  const [ownRate, builtInRate] = rates.map((all) => Math.max(...all.slice(1)));
  return {
    workload: id,
    own: ownRate!,
    builtIn: builtInRate!,
    ratio: ownRate! / builtInRate!,
    bar: ownCellBars[id]!,
    same: difference <= tolerances.float64,
  };
}
