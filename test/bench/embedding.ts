// What an embedding costs: the same lstm fed with its rows, and with vectors of their length.

import type { Problem } from "../../src/engine/model";
import { Random } from "../../src/engine/random";
import { readText } from "../files";
import { startTraining, type Training } from "./engine";
import type { EmbeddingReport } from "./report";

const tokens = 10_000;
const size = 64;
const steps = 64;
const batch = 32;
const batches = 2;
/**
 * How tokens are drawn: as words in a text, the n-th most usual 1/n as often (Zipf); or all alike, where few stand again in a batch, so that
 * going back to the rows alone is an eighth more multiplications.
 */
type Draw = "as in a text" | "evenly";

/** It trains at so much of the speed that it has on vectors, or faster. */
const bars: Readonly<Record<Draw, number | null>> = { "as in a text": 0.9, evenly: null };

/** An lstm of 128 units and 64 classes at every step, one update a batch. @param draw null for vectors in the place of tokens */
function problemOf(draw: Draw | null): Problem {
  const random = new Random(1);
  const word = () => Math.min(tokens - 1, Math.floor(tokens ** random.uniform()) - 1);
  const token = () => (draw === "evenly" ? random.below(tokens) : word());
  const inputs = () => Array.from({ length: steps }, () => (draw ? token() : vector(random)));
  const targets = () => Array.from({ length: steps }, () => random.below(size));
  return readText(
    JSON.stringify({
      version: 1,
      inputSize: draw ? tokens : size,
      ...(draw && { embedding: { size } }),
      layers: [{ cell: "lstm", size: 128 }],
      output: { size },
      loss: { type: "cross-entropy", reduction: "mean" },
      sequences: Array.from({ length: batch * batches }, () => ({ inputs: inputs(), targets: targets() })),
      // Nobody waits for the last one.
      training: { optimizer: { type: "sgd", learningRate: 0.1 }, batchSize: batch, epochs: 2 ** 31 - 1 },
    }),
  ).problem;
}

const vector = (random: Random) => Array.from({ length: size }, () => random.normal());

/** All by turns on one thread, so that what the machine does besides meets each. */
export async function measureEmbedding(quick: boolean): Promise<EmbeddingReport> {
  const options = { precision: "float64", threads: 1 } as const;
  const draws = ["as in a text", "evenly", null] as const;
  const trainings: Training[] = [];
  for (const draw of draws) trainings.push(await startTraining(problemOf(draw), options));
  const seconds: number[][] = draws.map(() => []);
  for (let round = 0; round < (quick ? 3 : 15); round++)
    for (const [k, training] of trainings.entries()) {
      const start = performance.now();
      const made = await training.run(batches);
      seconds[k]!.push((performance.now() - start) / 1000 / made);
    }
  for (const training of trainings) await training.close();
  // The first round compiles.
  const [ofText, even, vectors] = seconds.map((times) => 1 / Math.min(...times.slice(1)));
  const drawnAs = (draw: Draw, rows: number) => ({ draw, rows, ratio: rows / vectors!, bar: bars[draw] });
  return { drawn: [drawnAs(draws[0], ofText!), drawnAs(draws[1], even!)], vectors: vectors! };
}
