import type { Reading } from "../../format/read";
import type { TextRange } from "../../format/sourceMap";

/** What a lens does; each kind has a setting of its own, `rnn.codeLens.…`. */
export const lensKinds = ["step", "train", "predict", "evaluate", "check", "tryCell", "derivation"] as const;
export type LensKind = (typeof lensKinds)[number];

export interface Lens {
  readonly kind: LensKind;
  readonly title: string;
  readonly tooltip: string;
  readonly place: TextRange;
  /** The sequence that it is about; null for the whole model. */
  readonly sequence: number | null;
  /** The cell of the file that it is about; null for any other lens. */
  readonly cell: string | null;
}

/** More sequences than this get lenses only where they are looked at. */
export const mostSequences = 200;

const icons: Record<LensKind, string> = {
  step: "$(debug-step-over)",
  train: "$(flame)",
  predict: "$(sparkle)",
  evaluate: "$(graph)",
  check: "$(checklist)",
  tryCell: "$(beaker)",
  derivation: "$(book)",
};

/**
 * The lenses over the model and over each sequence that stands in the text.
 * @param near an offset that is looked at: of very many sequences, those around it get lenses
 */
export function lensesOf(reading: Reading, enabled: ReadonlySet<LensKind>, near: number): Lens[] {
  const { source, problem } = reading;
  const lenses: Lens[] = [];
  const add = (
    kind: LensKind,
    place: TextRange,
    sequence: number | null,
    words: string,
    tooltip: string,
    cell: string | null = null,
  ) => {
    if (enabled.has(kind)) lenses.push({ kind, place, sequence, cell, title: `${icons[kind]} ${words}`, tooltip });
  };

  for (const cell of source.keysOf(["cells"])) {
    const place = source.locateKey(["cells", cell])!;
    add("tryCell", place, null, "Try it", "Draw a small model of this cell, and step through it", cell);
    add("derivation", place, null, "Derivation", "How the step backward follows from these equations", cell);
  }

  const model = source.locateKey(["layers"]);
  if (model) {
    const epochs = problem ? ` ${count(problem.training.epochs, "epoch")}` : "";
    add("step", model, null, "Step", "Step through the run of a sequence, forward and back");
    add("train", model, null, `Train${epochs}`, "Train the parameters on all sequences");
    add("predict", model, null, "Predict", "Compute the outputs of a sequence");
    if (problem?.heldBack)
      add("evaluate", model, null, "Evaluate", "Loss and accuracy on what is held back, and the worst sequences");
    add(
      "check",
      model,
      null,
      "Check",
      "Compare the gradients with central differences, and the numbers under “expect” with what is computed",
    );
  }

  const drawn = source.locate(["sequences", "task"]) ?? source.locate(["sequences", "file"]);
  if (drawn) {
    const many = problem ? ` of ${count(problem.sequences.length, "sequence")}` : "";
    add(
      "step",
      source.locateKey(["sequences"]) ?? drawn,
      null,
      `Step through one${many}`,
      "Step through the run of a sequence, forward and back",
    );
    return lenses;
  }
  for (const k of sequencesNear(reading, near)) {
    const place = source.locate(["sequences", k])!;
    add("step", place, k, "Step", `Step through the run of sequence ${k + 1}, forward and back`);
    add("predict", place, k, "Predict", `Compute the outputs of sequence ${k + 1}`);
  }
  return lenses;
}

function sequencesNear({ source }: Reading, near: number): number[] {
  const begins = (k: number) => source.locate(["sequences", k])?.offset ?? null;
  // The first that does not begin before the offset, found by doubling and halving: a file may have a hundred thousand.
  let high = 1;
  while ((begins(high) ?? Infinity) < near) high *= 2;
  let low = 0;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((begins(middle) ?? Infinity) < near) low = middle + 1;
    else high = middle;
  }
  const first = begins(mostSequences) === null ? 0 : Math.max(0, low - mostSequences / 2);
  const shown: number[] = [];
  for (let k = first; k < first + mostSequences && begins(k) !== null; k++) shown.push(k);
  return shown;
}

function count(n: number, thing: string): string {
  return `${n.toLocaleString("en")} ${thing}${n === 1 ? "" : "s"}`;
}
