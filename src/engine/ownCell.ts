/**
 * A cell that a file defines by its equations. It is plain data, so that it goes with its model to wherever that is computed;
 * `cellFromOwn` makes of it what everybody asks of a cell: parameters with shapes, quantities, states, the operations of a step
 * forward and back, the parameters' shares, and dL/dx, each as an `Expression`.
 */
import type { Cell } from "./cell";
import { describedCell } from "./cell";
import type { Equation, ReadEquations } from "./equations";
import type { Expression } from "./expression";
import { symbolsIn, withLeaves } from "./expression";
import type { OwnInitial } from "./initial";
import { edge, inputNode, previousNode, quantityNode } from "./picture";

export interface OwnCell {
  readonly title: string;
  /** As the author wrote them. */
  readonly texts: readonly string[];
  /** As the cell has them, for layers that do not say otherwise. */
  readonly defaults: Readonly<Record<string, number>>;
  /** As a layer has them. */
  readonly constants: Readonly<Record<string, number>>;
  readonly equations: readonly Equation[];
  readonly parameters: ReadEquations["parameters"];
  readonly states: readonly string[];
  /** Where an equation has x as a vector by itself, so that X must be H; null where none does. */
  readonly inputAsVector: ReadEquations["inputAsVector"];
  /** By the parameter's name. */
  readonly initial: Readonly<Record<string, OwnInitial>>;
}

/** The same cell with other constants. */
export function withConstants(cell: OwnCell, constants: Readonly<Record<string, number>>): OwnCell {
  const all = { ...cell.constants, ...constants };
  const bound = ({ name, expression }: Equation): Equation => ({
    name,
    expression: withLeaves(expression, (leaf) => (leaf.kind === "named" ? { ...leaf, value: all[leaf.name]! } : leaf)),
  });
  return { ...cell, constants: all, equations: cell.equations.map(bound) };
}

const shapes = {
  input: "weights of the layer's input",
  hidden: "weights between the units",
  vector: "a number a unit",
};

export function cellFromOwn({ title, texts, equations, parameters, states }: OwnCell): Cell {
  const names = equations.map(({ name }) => name);
  return describedCell({
    title,
    equation: texts.at(-1)!,
    article: "a",
    options: {},
    parameters: () => parameters.map(({ name, cols }) => ({ name, cols, doc: shapes[cols ?? "vector"] })),
    states,
    quantities: () =>
      names.map((name) => ({
        name,
        title: name === "h" ? "hidden state" : states.includes(name) ? `state ${name}` : name,
        traced: true,
        gradientOfPreActivation: false,
      })),
    equations: () => equations,
    // Nobody has drawn it: whoever shows it finds the places
    picture: () => ({
      nodes: [
        ...states.map((name) => previousNode(name, [0, 0])),
        ...(equations.some(({ expression }) => readsInput(expression)) ? [inputNode([0, 0])] : []),
        ...equations.map(({ name, expression }) =>
          quantityNode(
            states.includes(name) ? "state" : kindOf(expression),
            name,
            signOf(name, states, expression),
            [0, 0],
          ),
        ),
      ],
      edges: equations.flatMap(({ name, expression }) => edgesInto(name, expression)),
    }),
  });
}

const readsInput = (expression: Expression) => symbolsIn(expression).some(({ kind }) => kind === "input");

const kindOf = ({ kind }: Expression) => (kind === "apply" || kind === "softmax" ? "gate" : "operator");

/** What makes a quantity, as a picture has room for it: its outermost operation. A state's box has none. */
function signOf(name: string, states: readonly string[], expression: Expression): string {
  if (states.includes(name) || name === "h") return "";
  if (expression.kind === "pool") return expression.over;
  if (expression.kind === "extreme") return expression.which;
  if (expression.kind !== "apply") return signs[expression.kind] ?? "";
  return expression.function === "square" ? "²" : expression.function.replace(/^hardsigmoid2?$/, "hard σ");
}

const signs: Partial<Record<Expression["kind"], string>> = {
  sum: "+",
  difference: "−",
  negative: "−",
  times: "×",
  product: "×",
  quotient: "÷",
  power: "^",
  softmax: "softmax",
};

function edgesInto(name: string, expression: Expression) {
  const sources = symbolsIn(expression).flatMap((leaf) => {
    if (leaf.kind === "input") return ["x"];
    return leaf.kind === "value" ? [leaf.time === "before" ? `${leaf.name}_prev` : leaf.name] : [];
  });
  return [...new Set(sources)].map((source) => edge(source, name));
}
