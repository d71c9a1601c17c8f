import type { Model, Sequence } from "./model";
import { parametersOf, withParameters } from "./model";
import type { Stretch } from "./network";
import { backward, forward, Recording } from "./network";
import { countTargets } from "./readout";
import { startOf } from "./run";
import { zerosLikeAll } from "./tensor";

/** Analytic against numeric gradients. */
export interface GradientCheck {
  /** Largest relative difference |a − n| / max(1, |a|, |n|); null where no sequence has a target. */
  readonly worst: number | null;
  /** The parameter in which it was found. */
  readonly parameter: string | null;
  /** The largest of each parameter. */
  readonly byParameter: Readonly<Record<string, number>>;
}

/** Above this the check fails. */
export const gradientTolerance = 1e-6;

const step = 1e-5;
const mostSequences = 16;
const mostEntries = 100;

/**
 * Checks dL/dp of every parameter against the central difference (L(p + ε) − L(p − ε)) / 2ε with ε = 1e−5,
 * on the first 16 sequences at most and up to 100 entries of each parameter, evenly spread.
 * Yields after each parameter, so that a caller can show progress or stop.
 * A state that is carried into a sequence stays what it was: no gradient flows across that border.
 */
export function* checkGradients(
  model: Model,
  sequences: readonly Sequence[],
): Generator<{ done: number; of: number }, GradientCheck, void> {
  // The numeric side moves parameters: it works on a copy.
  const own = Object.fromEntries(
    Object.entries(parametersOf(model)).map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]),
  );
  const copy = withParameters(model, own);
  const recording = new Recording(copy);
  const byParameter: Record<string, number> = {};
  const checked = sequences.slice(0, mostSequences).map((sequence, index) => ({ sequence, index }));
  const withLoss = checked.filter(({ sequence }) => model.loss && countTargets(sequence) > 0);
  const of = withLoss.length * Object.keys(own).length;
  let done = 0;
  for (const { sequence, index } of withLoss) {
    const stretch: Stretch = {
      sequence,
      from: 0,
      to: sequence.length,
      start: startOf(copy, sequences, index),
      incoming: null,
    };
    const weight = model.loss?.reduction === "mean" ? 1 / countTargets(sequence) : 1;
    const analytic = zerosLikeAll(own);
    forward(copy, stretch, recording);
    backward(copy, stretch, recording, weight, analytic, false);
    for (const [name, { data }] of Object.entries(own)) {
      const entries = Math.min(mostEntries, data.length);
      for (let e = 0; e < entries; e++) {
        const k = Math.floor((e * data.length) / entries);
        const value = data[k]!;
        data[k] = value + step;
        const above = forward(copy, stretch, recording) * weight;
        data[k] = value - step;
        const below = forward(copy, stretch, recording) * weight;
        data[k] = value;
        const n = (above - below) / (2 * step);
        const a = analytic[name]!.data[k]!;
        const difference = Math.abs(a - n) / Math.max(1, Math.abs(a), Math.abs(n));
        // NaN is as wrong as can be, and must not lose a comparison.
        if (!(difference <= (byParameter[name] ?? 0)))
          byParameter[name] = Number.isNaN(difference) ? Infinity : difference;
        byParameter[name] ??= 0;
      }
      yield { done: ++done, of };
    }
  }
  let worst: number | null = null;
  let parameter: string | null = null;
  for (const [name, difference] of Object.entries(byParameter))
    if (worst === null || difference > worst) {
      worst = difference;
      parameter = name;
    }
  return { worst, parameter, byParameter };
}
