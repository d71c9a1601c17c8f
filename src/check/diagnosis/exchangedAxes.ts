/**
 * A batch whose first axis is taken for that of the steps, as PyTorch takes it without `batch_first`: what follows on a step of a sequence is
 * the same step of the next sequence.
 */
import type { Problem, Sequence, SequenceInputs, SequenceTargets } from "../../engine/model";

/** Whether the sequences are one array of numbers, and nothing is told of any of them alone. */
export function hasAxes({ model, sequences }: Problem): boolean {
  const [first] = sequences;
  if (!first || sequences.length < 2 || first.length < 2 || model.output.at !== "every" || model.loss?.classWeights)
    return false;
  return sequences.every(
    ({ length, inputs, targets, weights, weight, initial, carry }) =>
      length === first.length &&
      (inputs.tokens === null) === (first.inputs.tokens === null) &&
      (inputs.vectors === null) === (first.inputs.vectors === null) &&
      targets?.kind === first.targets?.kind &&
      !(targets?.kind === "classes" && targets.probabilities) &&
      weights === null &&
      weight === 1 &&
      initial === null &&
      !carry,
  );
}

/** Step k of all sequences as sequence k, for every k. */
export function exchangedAxes(problem: Problem): Problem {
  const { model, sequences } = problem;
  const [first] = sequences;
  const row = (all: Float64Array, k: number, { length }: Sequence) =>
    all.subarray((all.length / length) * k, (all.length / length) * (k + 1));
  const rows = (k: number, of: (sequence: Sequence) => Float64Array) =>
    Float64Array.from(sequences.flatMap((sequence) => Array.from(row(of(sequence), k, sequence))));
  const inputsAt = (k: number): SequenceInputs => ({
    tokens: first?.inputs.tokens ? Int32Array.from(sequences, ({ inputs }) => inputs.tokens![k]!) : null,
    vectors: first?.inputs.vectors ? rows(k, ({ inputs }) => inputs.vectors!) : null,
  });
  const targetsAt = (k: number): SequenceTargets | null => {
    const all = sequences.flatMap(({ targets }) => targets ?? []);
    const classes = all.flatMap((targets) => (targets.kind === "classes" ? [targets.classes[k]!] : []));
    if (classes.length > 0) return { kind: "classes", classes: Int32Array.from(classes), probabilities: null };
    const vectors = all.flatMap((targets) => (targets.kind === "vectors" ? [targets] : []));
    if (vectors.length === 0) return null;
    return {
      kind: "vectors",
      vectors: Float64Array.from(
        vectors.flatMap(({ vectors: of }) =>
          Array.from(of.subarray(k * model.output.size, (k + 1) * model.output.size)),
        ),
      ),
      present: Uint8Array.from(vectors, ({ present }) => present[k]!),
    };
  };
  return {
    ...problem,
    sequences: Array.from({ length: first?.length ?? 0 }, (_, k) => ({
      ...first!,
      name: null,
      length: sequences.length,
      inputs: inputsAt(k),
      targets: targetsAt(k),
    })),
  };
}
