/** What a slip is, and the usual ways to make one. */
import type { Model } from "../../engine/model";
import type { Choices, Factor } from "./choices";

export interface Slip {
  /** A short name for programs: `derivative-again`, `forgotten-bias:layers.0.bh`. */
  readonly id: string;
  /** What was done, as a sentence goes on after "as where": "the bias bh is left out". */
  readonly text: string;
  /** Of one group, one slip alone can be made at a time; biases and matrices have a group each. */
  readonly group: string;
  /** Whether it is one of the way back, of which several are often made together. */
  readonly back: boolean;
  /** Seldom made: it is looked for alone and beside what else has been found, and not in every combination. */
  readonly rare: boolean;
  readonly change: Partial<Choices>;
}

export function one(id: string, text: string, change: Partial<Choices>, group = id, back = true): Slip {
  return { id, text, group, back, rare: false, change };
}

export function rare(slips: readonly (Omit<Slip, "rare"> & Partial<Slip>)[]): Slip[] {
  return slips.map((slip) => ({ ...slip, rare: true }));
}

/** A parameter's name as people say it: the layer goes where there is only one. */
export function shortName(model: Model, full: string): string {
  if (full.startsWith("output.")) return full.slice("output.".length);
  return model.layers.length === 1 ? full.slice("layers.0.".length) : full;
}

/** The same factors in the loss and its gradient, in one of them alone. */
export function onBoth(id: string, text: string, factors: readonly Factor[], group: string): Slip[] {
  return [
    one(id, text, { lossFactors: factors, gradientFactors: factors }, group),
    one(id, `${text}, in the gradients alone`, { gradientFactors: factors }, group),
    one(id, `${text}, in the loss alone`, { lossFactors: factors }, group),
  ];
}
