/** Layers without biases: what a cell says and computes where its layer's `bias` is "false". */
import type { CellDescription } from "./cell";
import type { Expression } from "./expression";
import { sum, withChildren } from "./expression";
import type { CellOptions } from "./step";

const hasNone = (options: CellOptions) => options["bias"] === "false";

/** An expression without its biases. */
function withoutBias(expression: Expression): Expression {
  if (expression.kind !== "sum") return withChildren(expression, withoutBias);
  const terms = expression.terms.filter((term) => term.kind !== "bias").map(withoutBias);
  return terms.length === 1 ? terms[0]! : sum(...terms);
}

/** The same cell, which heeds a layer's `bias`. */
export function withBiasChoice(cell: CellDescription): CellDescription {
  return {
    ...cell,
    parameters: (options) => cell.parameters(options).filter(({ cols }) => cols !== null || !hasNone(options)),
    equations: (options) =>
      hasNone(options)
        ? cell.equations(options).map(({ name, expression }) => ({ name, expression: withoutBias(expression) }))
        : cell.equations(options),
    picture(options) {
      const picture = cell.picture(options);
      if (!hasNone(options)) return picture;
      const nodes = picture.nodes.map((node) =>
        node.shows.kind === "part"
          ? { ...node, shows: { ...node.shows, expression: withoutBias(node.shows.expression) } }
          : node,
      );
      return { ...picture, nodes };
    },
  };
}
