import type { Backward } from "./backward";
import { backwardOf } from "./backward";
import type { Equation } from "./equations";
import type { Expression } from "./expression";
import type { CellPicture } from "./picture";
import type { CellOptions } from "./step";

/** A parameter that a cell has; `cols` is "input" for [H × X], "hidden" for [H × H], null for a vector [H]. */
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

/** A number that a cell computes at each step. */
export interface Quantity {
  /** Its key in the trace: `a`, `i`, `h`. */
  readonly name: string;
  /** One line for a person: "input gate". */
  readonly title: string;
  /** Whether the trace prints it; what only helps to compute others is recorded, not printed. */
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

/** A quantity in the middle of a sentence: "the hidden state", and by its name alone one that has no other title. */
export const inSentence = ({ name, title }: Pick<Quantity, "name" | "title">): string =>
  title === name ? name : `the ${title}`;

/**
 * What a person writes of a recurrent layer: words and its forward equations. Everything else follows from them: `describedCell` makes
 * a `Cell` of it. Adding a built-in cell needs a file that describes it and one line in `cells.ts`.
 */
export interface CellDescription<Options extends CellOptions = CellOptions> {
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
  /** How each quantity is computed, in the same order. */
  equations(options: Options): readonly Equation[];
  /** How its parts are wired, as the textbooks draw it. */
  picture(options: Options): CellPicture;
}

/** What a recurrent layer computes at one step, forward and back: everything that anybody asks of a cell. */
export interface Cell<Options extends CellOptions = CellOptions> extends Omit<CellDescription<Options>, "equations"> {
  /** Operations of a step forward, in order. */
  forwardOperations(options: Options): readonly CellOperation[];
  /** Operations of a step backward, in order, without the parameters' shares. The first is always dL/dh_t. */
  backwardOperations(options: Options): readonly CellOperation[];
  /** A step's share of each parameter's gradient, by the parameter's name. */
  shares(options: Options): Readonly<Record<string, Expression>>;
  /** dL/dx_t */
  inputGradient(options: Options): Expression;
  /** The backward step, as a program computes it. */
  backward(options: Options): Backward;
}

/** Tells a cell's variants apart. */
export function variantOf({ options: choices }: Pick<CellDescription, "options">, options: CellOptions): string {
  return [...Object.keys(choices), "bias"].map((name) => options[name]).join();
}

/** A cell of its description: the backward step is derived from the forward equations, once for each choice of options. */
export function describedCell<Options extends CellOptions>(description: CellDescription<Options>): Cell<Options> {
  const made = new Map<string, { readonly equations: readonly Equation[]; readonly backward: Backward }>();
  const of = (options: Options) => {
    const key = variantOf(description, options);
    let known = made.get(key);
    if (!known) {
      const equations = description.equations(options);
      known = { equations, backward: derive(description, equations, options) };
      made.set(key, known);
    }
    return known;
  };
  return {
    ...description,
    forwardOperations: (options) => of(options).equations,
    backwardOperations: (options) => {
      const { order, whole } = of(options).backward;
      return order.map((name) => ({ name, expression: whole[name]! }));
    },
    shares: (options) => of(options).backward.shares,
    inputGradient: (options) => of(options).backward.inputGradient,
    backward: (options) => of(options).backward,
  };
}

function derive<Options extends CellOptions>(
  description: CellDescription<Options>,
  equations: readonly Equation[],
  options: Options,
): Backward {
  const quantities = description.quantities(options);
  const named = (which: (quantity: Quantity) => boolean) => new Set(quantities.filter(which).map(({ name }) => name));
  return backwardOf(
    equations,
    description.states,
    named(({ gradientOfPreActivation }) => gradientOfPreActivation),
    named(({ traced }) => !traced),
    description.parameters(options).map(({ name }) => name),
  );
}
