/** Equations as a file writes them. */
import type { Cell } from "./cell";
import type { Equation } from "./equations";
import type { Expression } from "./expression";
import { withLeaves } from "./expression";
import { expressionText } from "./expressionText";
import type { CellOptions } from "./step";

/** As a file writes this step and the one before. */
export const equationText = (expression: Expression) =>
  expressionText(expression).replaceAll("_{t−1}", "'").replaceAll("_t", "");

/** A cell's equations in which what only helps to compute another quantity stands within it. */
export function writtenOut(cell: Cell, options: CellOptions): Equation[] {
  const helpers = new Map<string, Expression>();
  const whole = (expression: Expression): Expression =>
    withLeaves(expression, (leaf) =>
      leaf.kind === "value" && leaf.time === "now" ? (helpers.get(leaf.name) ?? leaf) : leaf,
    );
  const traced = new Set(cell.quantities(options).flatMap((one) => (one.traced ? [one.name] : [])));
  const equations: Equation[] = [];
  for (const { name, expression } of cell.forwardOperations(options))
    if (traced.has(name)) equations.push({ name, expression: whole(expression) });
    else helpers.set(name, whole(expression));
  return equations;
}

/** The same as a file writes them. */
export const equationTexts = (cell: Cell, options: CellOptions): string[] =>
  writtenOut(cell, options).map(({ name, expression }) => `${name} = ${equationText(expression)}`);
