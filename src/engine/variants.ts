/** What the cells have in all their variants: what a file may say of any of them, and what messages say of a layer. */

import type { Cell, ParameterSpec, Quantity } from "./cell";
import type { CellKind } from "./cells";
import { cells } from "./cells";
import type { OwnCell } from "./ownCell";
import type { CellOptions } from "./step";

/** In the order in which people list them. */
export function cellKinds(): CellKind[] {
  return Object.keys(cells) as CellKind[];
}

/** The keys of the file by which layers choose. */
export function optionKeys(): string[] {
  return unique(cellKinds().flatMap((kind) => Object.keys(cells[kind].options)));
}

/** What a layer has that chooses nothing: the defaults of its own cell, and of the others' keys theirs. */
export function defaultOptions(kind: CellKind | null): CellOptions {
  const of = (cell: Cell) =>
    Object.fromEntries(Object.entries(cell.options).map(([key, option]) => [key, option.default]));
  return Object.assign(
    {},
    ...cellKinds()
      .toReversed()
      .map((other) => of(cells[other])),
    kind && of(cells[kind]),
  );
}

/** Every combination of a cell's choices, the defaults first. */
export function optionsOf(cell: Cell): CellOptions[] {
  return Object.entries(cell.options).reduce<CellOptions[]>(
    (all, [key, option]) => {
      const values = unique([option.default, ...option.choices.map(({ value }) => value)]);
      return all.flatMap((options) => values.map((value) => ({ ...options, [key]: value })));
    },
    [{}],
  );
}

/** The parameters that a cell has with any choice. */
export function parametersOfAny(cell: Cell): ParameterSpec[] {
  return byName(optionsOf(cell).flatMap((options) => cell.parameters(options)));
}

/** The quantities that the trace prints of a cell with any choice. */
export function tracedOfAny(cell: Cell): Quantity[] {
  return byName(optionsOf(cell).flatMap((options) => cell.quantities(options))).filter(({ traced }) => traced);
}

/** Every value that a layer of some kind has in the trace, in the order of the cells, `h` last. */
export function tracedNames(): string[] {
  const names = cellKinds().flatMap((kind) => tracedOfAny(cells[kind]).map(({ name }) => name));
  return [...unique(names).filter((name) => name !== "h"), "h"];
}

/** The names of the parameters that lead from the layer's input, of any built-in cell, or of one of the file's own. */
export function inputParameterNames(own: OwnCell | null): string[] {
  if (own) return own.parameters.filter(({ cols }) => cols === "input").map(({ name }) => name);
  const all = cellKinds().flatMap((kind) => parametersOfAny(cells[kind]));
  return unique(all.filter(({ cols }) => cols === "input").map(({ name }) => name));
}

/** Every state that some cell has: `h`, which all have, then the others. */
export function stateNames(): string[] {
  return unique(["h", ...cellKinds().flatMap((kind) => cells[kind].states)]);
}

/** The cells that have a state. */
export function cellsWithState(state: string): CellKind[] {
  return cellKinds().filter((kind) => cells[kind].states.includes(state));
}

/** What a state of some cell is: "cell state". */
export function stateTitle(state: string): string {
  for (const kind of cellsWithState(state)) {
    const quantity = tracedOfAny(cells[kind]).find(({ name }) => name === state);
    if (quantity) return quantity.title;
  }
  return state;
}

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];

function byName<T extends { readonly name: string }>(things: readonly T[]): T[] {
  const names = unique(things.map(({ name }) => name));
  return names.map((name) => things.find((thing) => thing.name === name)!);
}
