/** What training in single precision cannot hold: it would begin with infinities. */
import { type Model, parametersOf, type Sequence } from "../engine/model";
import { describe } from "./draft";
import type { Collector } from "./report";
import type { Slices } from "./slices";
import { type Path, parameterPath } from "./sourceMap";

const numbersInSlice = 1 << 20;

const isTooLarge = (value: number) => Math.abs(Math.fround(value)) === Infinity;

/** Reports the first number of each parameter, and the first of the sequences, that float32 has no room for. */
export function* checkSinglePrecision(
  model: Model,
  sequences: readonly (Sequence | null)[],
  report: Collector,
): Slices<void> {
  const say = (path: Path, name: string, value: number) =>
    report.error(
      "precision",
      path,
      `${name} is ${describe(value)}, which training in float32 cannot hold: expected at most 3.4028234e38, or the precision "float64"`,
    );
  for (const [name, { rank, cols, data }] of Object.entries(parametersOf(model))) {
    const at = data.findIndex(isTooLarge);
    if (at < 0) continue;
    const entry = rank === 1 ? [at] : [Math.floor(at / cols), at % cols];
    say([...parameterPath(name), ...entry], `${name}${entry.map((k) => `[${k}]`).join("")}`, data[at]!);
  }
  let sincePause = 0;
  for (const [k, sequence] of sequences.entries()) {
    if (sequence === null) continue;
    const { inputs, targets, length } = sequence;
    const lists = [
      ["inputs", inputs.vectors],
      ["targets", targets?.kind === "vectors" ? targets.vectors : null],
    ] as const;
    for (const [key, vectors] of lists) {
      const at = vectors?.findIndex(isTooLarge) ?? -1;
      if (vectors && at >= 0) {
        say(["sequences", k, key, Math.floor((at * length) / vectors.length)], `sequences[${k}].${key}`, vectors[at]!);
        return;
      }
      sincePause += vectors?.length ?? 0;
    }
    if (sincePause < numbersInSlice) continue;
    sincePause = 0;
    yield;
  }
}
