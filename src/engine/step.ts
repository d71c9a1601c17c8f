/** What one step of one pass reads and computes. */

/** Vectors by name, each [H]: what one step of one pass computes. */
export type Values = Record<string, Float64Array>;

/** By state name, each [H]: `h` and, for an LSTM, `c`. */
export type State = Readonly<Record<string, Float64Array>>;

/** x_t: a token (its one-hot vector is never made) or, where `token` is −1, a vector [X]. */
export interface StepInput {
  readonly token: number;
  readonly vector: Float64Array;
}

/**
 * The choices of a layer by their keys, complete: every default is filled in. A cell reads those that it knows; `bias`,
 * "false" where the layer has no biases, belongs to all built-in ones.
 */
export type CellOptions = Readonly<Record<string, string>>;
