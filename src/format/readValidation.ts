/** What training is watched on: sequences of the file that are held back, or others. */
import { countTargets } from "../engine/loss";
import type { Sequence, TrainingSettings } from "../engine/model";
import { Random } from "../engine/random";
import { counted, type Draft } from "./draft";
import type { RnnFile } from "./file.generated";
import type { OwnCells } from "./ownCells";
import { bad } from "./parse";
import { openSource, ownSequences, type ReadData, type Source } from "./readSources";
import type { Collector } from "./report";
import type { Slices } from "./slices";
import type { Path } from "./sourceMap";

export interface Validation {
  /** How much of the file's sequences is held back; null where they are others. */
  readonly fraction: number | null;
  readonly seed: number;
  /** The others; null where there are none, or something has been reported of them. */
  readonly source: Source | null;
  readonly path: Path;
}

/** Null where the file has none, or something has been reported. */
export function* openValidation(
  given: Draft<NonNullable<RnnFile["validation"]>> | undefined,
  readData: ReadData | undefined,
  cells: OwnCells,
  report: Collector,
): Slices<Validation | null> {
  const path = ["validation"];
  if (given === undefined || given === bad) return null;
  if (Array.isArray(given)) return { fraction: null, seed: 0, source: ownSequences(given, path, report), path };
  const { fraction, sequences, task, file, seed = 0 } = given;
  const chosen = Object.entries({ fraction, sequences, task, file }).flatMap(([key, value]) =>
    value === undefined ? [] : [key],
  );
  if (chosen.length !== 1) {
    report.error(
      "validation",
      chosen.length === 0 ? path : [...path, chosen[1]!],
      chosen.length === 0
        ? 'validation has neither "fraction", "sequences", "task" nor "file": expected one of them'
        : `validation has both "${chosen[0]}" and "${chosen[1]}": expected one of them`,
      chosen.length === 0 ? "opening" : "key",
    );
    return null;
  }
  if (fraction !== undefined) return fraction === bad || seed === bad ? null : { fraction, seed, source: null, path };
  if (sequences !== undefined) {
    if (sequences === bad) return null;
    const own = [...path, "sequences"];
    return {
      fraction: null,
      seed: 0,
      source: ownSequences(sequences, own, report),
      path: own,
    };
  }
  const source = yield* openSource(given, path, readData, cells, report);
  return source && { fraction: null, seed: 0, source, path };
}

/**
 * The indices of the sequences that are held back, ascending: round(fraction · N) of the file's own, the last ones where they overlap,
 * else those that come first in an order drawn from the seed; or the others, which stand behind the file's own.
 * @param own    how many sequences the file has
 * @param others how many `validation` has beside them
 */
export function heldBackOf(
  validation: Validation | null,
  own: number,
  others: number,
  overlap: boolean,
): readonly number[] {
  if (!validation) return [];
  if (validation.fraction === null) return Array.from({ length: others }, (_, k) => own + k);
  const count = Math.round(validation.fraction * own);
  if (overlap) return Array.from({ length: count }, (_, k) => own - count + k);
  return Array.from(new Random(validation.seed).permutation(own).slice(0, count)).sort((a, b) => a - b);
}

/** Whether something is held back, and something left to train on. @param own how many sequences the file has */
export function checkHeldBack(validation: Validation | null, own: number, report: Collector): void {
  if (validation === null || validation.fraction === null || own === 0) return;
  const count = Math.round(validation.fraction * own);
  if (count > 0 && count < own) return;
  report.error(
    "validation",
    ["validation", "fraction"],
    `fraction is ${validation.fraction}, which holds ${count} of ${counted(own, "sequence")} back: expected at least one, and one to train on`,
  );
}

/** Whether what waits for the validation loss can ever get one. @param heldBack the sequences that it is of */
export function checkWaits(
  { stop, schedule }: Pick<TrainingSettings, "stop" | "schedule">,
  heldBack: readonly Sequence[],
  report: Collector,
): void {
  const waits = stop ? "stop" : schedule?.type === "plateau" ? "plateau" : null;
  if (waits === null || heldBack.some((sequence) => countTargets(sequence) > 0)) return;
  report.error(
    "validation",
    ["validation"],
    `${waits} waits for the validation loss, and no sequence that is held back has a target: expected one at least`,
  );
}
