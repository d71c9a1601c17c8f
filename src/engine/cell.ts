import type { Expression } from "./expression";
import type { CellOptions, State } from "./model";
import type { CellPicture } from "./picture";
import type { NamedTensors } from "./tensor";

/** A parameter that a cell has; `cols` is "input" for [H × X], "hidden" for [H × H], null for a bias [H]. */
export interface ParameterSpec {
  readonly name: string;
  readonly cols: "input" | "hidden" | null;
  /** What it is, for a person: "input gate i: weights of the layer's input". */
  readonly doc: string;
  /** Whether it is the bias of a forget gate, which a file can let begin with `initial.forgetBias`. */
  readonly isForgetBias?: boolean;
}

/** A choice between variants of a cell, which a layer of the file names by its key. */
export interface CellOption<Value extends string = string> {
  /** What is chosen, for a person: "where the reset gate acts". */
  readonly doc: string;
  readonly default: Value;
  readonly choices: readonly OptionChoice<Value>[];
  /** What stands behind the cell's name where a layer is named: `tanh` in "rnn tanh". */
  title(value: Value): string;
}

export interface OptionChoice<Value extends string = string> {
  readonly value: Value;
  readonly doc: string;
  /** Ends a message on a parameter that the cell has with another choice alone: "bhn does not belong to …, which has bn alone". */
  readonly without?: string;
}

/** Vectors by name, each [H]: what one step of one pass computes. */
export type Values = Record<string, Float64Array>;

/** x_t: a token (its one-hot vector is never made) or, where `token` is −1, a vector [X]. */
export interface StepInput {
  readonly token: number;
  readonly vector: Float64Array;
}

/** A number that a cell computes at each step. */
export interface Quantity {
  /** Its key in the trace: `a`, `i`, `h`. */
  readonly name: string;
  /** One line for a person: "input gate". */
  readonly title: string;
  /** Whether the trace prints it; what only the backward pass needs is recorded, not printed. */
  readonly traced: boolean;
  /** Its gradient is that of its pre-activation, dL/da^i: a gate's. */
  readonly gradientOfPreActivation: boolean;
}

/** One operation of a step, as the stepper stops at it: its one description. */
export interface CellOperation {
  /** The quantity of the values (forward) or of the gradients (backward) that it produces. */
  readonly name: string;
  readonly expression: Expression;
}

/**
 * What a recurrent layer computes at one step. Adding a cell needs a file that implements this and one line in `cells.ts`:
 * the file's reader and its schema, the stepper, the panel, the checks and the trace take everything else from here.
 * Forward and backward stand side by side in that file; everything is written into arrays of the caller.
 */
export interface Cell<Options extends CellOptions = CellOptions> {
  /** One line for a person: "gated recurrent unit: reset and update gates". */
  readonly title: string;
  /** What it computes, in one line: "h_t = (1 − z) ∘ n + z ∘ h_{t−1}". */
  readonly equation: string;
  /** Before its name in the file: "an" lstm. */
  readonly article: "a" | "an";
  /** By the keys of the file's layer. Cells may share a key, and then each has its own choices. */
  readonly options: { readonly [Key in keyof Options]: CellOption<Options[Key]> };
  /** In the order in which they are drawn. */
  parameters(options: Options): readonly ParameterSpec[];
  /** State names, carried from step to step: `h`, or `h` and `c`. */
  readonly states: readonly string[];
  /** In the order in which a step computes them; the last one is `h`. */
  quantities(options: Options): readonly Quantity[];
  /** Operations of a step forward, in order. */
  forwardOperations(options: Options): readonly CellOperation[];
  /** Operations of a step backward, in order, without the parameters' shares. The first is always dL/dh_t. */
  backwardOperations(options: Options): readonly CellOperation[];
  /** A step's share of each parameter's gradient, by the parameter's name. */
  shares(options: Options): Readonly<Record<string, Expression>>;
  /** dL/dx_t */
  inputGradient(options: Options): Expression;
  /** How its parts are wired, as the textbooks draw it. */
  picture(options: Options): CellPicture;

  /**
   * One step forward.
   * @param p      the pass's parameters
   * @param x_t    [X] input
   * @param prev   state at t−1 (in the pass's own direction), each [H]
   * @param values receives every quantity, each [H]
   */
  forward(options: Options, p: NamedTensors, x_t: StepInput, prev: State, values: Values): void;

  /**
   * One step backward: from dL/dh_t (and dL/dc_t from the step after) to the pre-activations and the state before.
   * @param values    what forward computed at this step
   * @param gradients on entry `h` is the whole dL/dh_t; `c`, for a cell that has one, what flows in from t+1.
   *                  Receives every other quantity's gradient (gates: of the pre-activation); `c` becomes the whole dL/dc_t.
   * @param d_prev    receives dL/d(state at t−1) along the recurrence, each [H]
   * @param dx_t      receives dL/dx_t [X] added to what is there, or null where nobody asks
   */
  backward(
    options: Options,
    p: NamedTensors,
    prev: State,
    values: Values,
    gradients: Values,
    d_prev: Values,
    dx_t: Float64Array | null,
  ): void;

  /** Adds this step's share of every parameter's gradient to `dp`, from the gradients that `backward` has filled in. */
  accumulate(options: Options, x_t: StepInput, prev: State, values: Values, gradients: Values, dp: NamedTensors): void;
}
