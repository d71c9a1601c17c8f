/** Everything that people do otherwise than the engine where they work a network out, as choices of one computation. */
export interface Choices {
  /** Biases, by full name, that are left out going forward. */
  readonly forgottenBiases: readonly string[];
  /** A square matrix, by full name, taken for its transpose: throughout; only on the way back; or only where its gradient is written down. */
  readonly transposed: readonly { readonly name: string; readonly where: "everywhere" | "back" | "gradient" }[];
  /** For each gate the one whose parameters it takes: `{ i: "f", f: "i" }`. Gates that are not named take their own. */
  readonly gates: Readonly<Record<string, string>>;
  /** A GRU's reset the other way: before the product with Whn where the model says after it. */
  readonly otherReset: boolean;
  /** A GRU's h_t = z ∘ n + (1 − z) ∘ h_prev. */
  readonly swappedUpdate: boolean;

  /** What the logarithm in an entropy is taken to. */
  readonly logBase: number;
  /** Factors in ℓ_t, in L and in dL/dz_t that do not belong there. */
  readonly lossFactors: readonly Factor[];
  readonly gradientFactors: readonly Factor[];
  /** dL/dz_t of z_t where y_t belongs. */
  readonly logitForOutput: boolean;
  /**
   * The derivative of the output's activation: as the loss asks for it; multiplied to what the loss has already simplified,
   * by elements or as a whole matrix; or left out.
   */
  readonly outputDerivative: "asAsked" | "onTop" | "matrixOnTop" | "forgotten";
  /** With `output.at` last: every step gets the loss's gradient. */
  readonly lossAtEveryStep: boolean;

  /** A cell's derivatives: of the activated value, as they should be; of that value activated again; of the last step's; left out. */
  readonly derivative: "right" | "again" | "ofLast" | "forgotten";
  /** What comes back from the step after: all of it, nothing, or that step's own part without what has come to it. */
  readonly recurrence: "whole" | "dropped" | "oneStep";
  /** What dL/da_t is multiplied with in Whh's gradient. */
  readonly previous: "h_prev" | "h_t" | "h_T";
  /** The update adds the gradient. */
  readonly ascent: boolean;
  /** What each intermediate result is rounded to. */
  readonly keep: ((value: number) => number) | null;
}

/** The mean over the steps for their sum or the other way round; ½; 1/O; −1. */
export type Factor = "otherReduction" | "half" | "outputMean" | "negative";

/** The computation as it should be. */
export const asItShouldBe: Choices = {
  forgottenBiases: [],
  transposed: [],
  gates: {},
  otherReset: false,
  swappedUpdate: false,
  logBase: Math.E,
  lossFactors: [],
  gradientFactors: [],
  logitForOutput: false,
  outputDerivative: "asAsked",
  lossAtEveryStep: false,
  derivative: "right",
  recurrence: "whole",
  previous: "h_prev",
  ascent: false,
  keep: null,
};

/** Several deviations at once. */
export function combine(changes: readonly Partial<Choices>[]): Choices {
  return changes.reduce<Choices>(
    (choices, change) => ({
      ...choices,
      ...change,
      forgottenBiases: [...choices.forgottenBiases, ...(change.forgottenBiases ?? [])],
      transposed: [...choices.transposed, ...(change.transposed ?? [])],
      lossFactors: [...choices.lossFactors, ...(change.lossFactors ?? [])],
      gradientFactors: [...choices.gradientFactors, ...(change.gradientFactors ?? [])],
    }),
    asItShouldBe,
  );
}
