import fc from "fast-check";
import { readEquations } from "../../src/engine/equations";
import type { Problem } from "../../src/engine/model";
import type { OwnCell } from "../../src/engine/ownCell";
import { Random } from "../../src/engine/random";
import { readText } from "../files";

/** Functions that are finite wherever they are put, with what goes into them. */
const safe: readonly ((v: string, w: string) => string)[] = [
  (v) => `tanh(${v})`,
  (v) => `σ(${v})`,
  (v) => `relu(${v})`,
  (v) => `exp(tanh(${v}))`,
  (v) => `log(1.5 + ${v}²)`,
  (v) => `√(0.5 + (${v})²)`,
  (v) => `abs(${v})`,
  (v) => `sin(${v}) − cos(${v})`,
  (v) => `softplus(${v})`,
  (v) => `silu(${v})`,
  (v) => `softmax(${v})`,
  (v) => `hardsigmoid(${v})`,
  (v) => `hardsigmoid2(${v})`,
  (v) => `mean(${v})`,
  (v) => `0.3 sum(${v})`,
  (v, w) => `min(${v}, ${w})`,
  (v, w) => `max(${v}, ${w})`,
  (v, w) => `(${v}) / (1 + ${w}²)`,
  (v) => `(2 + tanh(${v}))^-1.5`,
  (v) => `(1.5 + σ(${v}))^κ`,
  (v, w) => `(1 − α) (${v}) + α ${w}`,
  (v, w) => `σ(${v}) ∘ ${w}`,
];

/**
 * The equations of a random cell: each quantity of those above it, of states, of x and of parameters.
 * @param isSquare whether x, as long as h, may stand by itself
 */
export function equationsOfSeed(seed: number, count: number, isSquare = true): string[] {
  const random = new Random(seed);
  const pick = <T>(from: readonly T[]): T => from[random.below(from.length)]!;
  const names = ["a", "ω", "p", "da", "h_before"].slice(0, count - 1);
  const states = ["h", ...names.filter(() => random.uniform() < 0.4)];
  const x = (k: number) => (isSquare ? "x" : `Wx${k} x`);
  return [...names, "h"].map((name, k) => {
    const above = names.slice(0, k);
    const matrix = () =>
      pick([`Wx${k} x`, `U${k} (Wx${k} x + β${k})`, `Wh${k} ${pick(states)}'`, `γ${k} ∘ ${pick(states)}'`, x(k), x(k)]);
    const atom = () => (above.length > 0 && random.uniform() < 0.6 ? pick(above) : `${pick(states)}'`);
    const part = () => (random.uniform() < 0.5 ? atom() : `(${matrix()} + b${k})`);
    const outer = name === "h" ? "tanh" : "";
    const body = `${pick(safe)(part(), atom())} ${pick(["+", "−", "∘"])} ${pick(safe)(part(), part())}`;
    return `${name} = ${outer}(${body} + ${above.length > 0 ? above.at(-1)! : `Wx x`})`;
  });
}

/** A random cell as a file's would be read. */
export function ownCellOfSeed(seed: number, isSquare: boolean): OwnCell {
  const constants = { α: 0.7, κ: -2 };
  const texts = equationsOfSeed(seed, 2 + (seed % 4), isSquare);
  const { equations, parameters, states, inputAsVector, faults } = readEquations(texts, constants);
  if (faults[0]) throw new RangeError(`${texts.join("; ")}: ${faults[0].message}`);
  const own = { title: "drawn cell", texts, equations, parameters, states, inputAsVector };
  return { ...own, defaults: constants, constants, initial: {} };
}

/** A file with a layer of a random cell, in one or both directions, over or under a plain one. */
export function textOfSeed(seed: number): string {
  const random = new Random(seed);
  const H = 2 + random.below(2);
  const own = {
    cell: "drawn cell",
    size: H,
    direction: ["forward", "backward", "both"][random.below(3)],
    ...(random.uniform() < 0.5 && { α: 0.3 }),
  };
  const isUpper = random.uniform() < 0.5;
  const layers = isUpper ? [{ cell: "rnn", size: H }, own] : [own];
  const T = 1 + random.below(4);
  const vector = (length: number) => Array.from({ length }, () => random.normal());
  return JSON.stringify({
    version: 1,
    inputSize: isUpper ? 2 : H,
    cells: { "drawn cell": { constants: { α: 0.7, κ: -2 }, equations: equationsOfSeed(seed, 2 + random.below(4)) } },
    layers,
    output: { size: 2 },
    loss: { type: "mse" },
    initial: { scheme: "normal", scale: 0.7, seed },
    sequences: [
      {
        inputs: Array.from({ length: T }, () => vector(isUpper ? 2 : H)),
        targets: Array.from({ length: T }, () => vector(2)),
      },
    ],
  });
}

/** A problem with vectors that are drawn, too: the file's own vectors begin with 0, where much is symmetric. */
export function problemOfSeed(seed: number): Problem {
  const { problem } = readText(textOfSeed(seed));
  const random = new Random(seed + 1);
  for (const { passes } of problem.model.layers)
    for (const { parameters, initial } of passes) {
      for (const { rank, data } of Object.values(parameters))
        if (rank === 1) for (let k = 0; k < data.length; k++) data[k] = random.normal() * 0.6;
      for (const data of Object.values(initial)) for (let k = 0; k < data.length; k++) data[k] = random.normal() * 0.6;
    }
  return problem;
}

export const ownCellProblems: fc.Arbitrary<Problem> = fc.nat(1_000_000).map(problemOfSeed);
