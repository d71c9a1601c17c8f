/** Between the numbers of a table and those that a model computes with. */
import { type ColumnScale, type Model, plainSequence, type Sequence, type TableFacts } from "./model";

/** A model, and what its sequences were cut from. */
interface Tabular {
  readonly model: Model;
  readonly table?: TableFacts | null | undefined;
}

/** The table's number; without the digits that the way there and back has made. */
export function unscaled(value: number, { factor, shift }: Pick<ColumnScale, "factor" | "shift">): number {
  return factor === 1 && shift === 0 ? value : Number((value * factor + shift).toPrecision(14));
}

/** Outputs [O] in the table's numbers; as they are where they are no table's columns, or probabilities. */
export function unscaledOutput(output: ArrayLike<number>, { model, table }: Tabular): number[] {
  const columns = table && areColumns(model, table) ? table.targets : null;
  return Array.from(output, (value, j) => (columns ? unscaled(value, columns[j]!) : value));
}

/** Inputs that somebody types as the table has them. */
export function scaledInputs(sequence: Sequence, table: TableFacts | null | undefined): Sequence {
  const { vectors } = sequence.inputs;
  if (!table || !vectors) return sequence;
  const X = table.inputs.length;
  const scaled = vectors.map((value, at) => (value - table.inputs[at % X]!.shift) / table.inputs[at % X]!.factor);
  return { ...plainSequence(sequence), inputs: { tokens: sequence.inputs.tokens, vectors: scaled } };
}

/** Whether each output is a column of the table. */
function areColumns({ loss, output }: Model, { targets }: TableFacts): boolean {
  return loss !== null && loss.type !== "cross-entropy" && targets.length === output.size;
}

/** Why a model of a table cannot go on with its own outputs, or null where it can. */
export function whyNoForecast({ model, table }: Tabular): string | null {
  if (!table) return null;
  const list = (columns: readonly ColumnScale[]) => columns.map(({ name }) => name).join(", ");
  const [inputs, targets] = [list(table.inputs), list(table.targets)];
  if (!areColumns(model, table) || inputs !== targets)
    return `going on needs targets that are the next inputs: the inputs are ${inputs}, the targets ${targets || "none"}`;
  if (table.horizon !== 1)
    return `going on needs targets that are the next inputs: the horizon is ${table.horizon}, expected 1`;
  return null;
}
