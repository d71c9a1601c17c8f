import { withBiasChoice } from "./biases";
import type { Cell } from "./cell";
import { describedCell, variantOf } from "./cell";
import { denseCell } from "./denseCell";
import { gruCell } from "./gruCell";
import { lstmCell } from "./lstmCell";
import type { Layer } from "./model";
import type { OwnCell } from "./ownCell";
import { cellFromOwn } from "./ownCell";
import { Plan } from "./plan";
import { rnnCell } from "./rnnCell";

const byKind = {
  rnn: describedCell(withBiasChoice(rnnCell)),
  lstm: describedCell(withBiasChoice(lstmCell)),
  gru: describedCell(withBiasChoice(gruCell)),
  dense: describedCell(withBiasChoice(denseCell)),
};

/** A built-in cell's name in the file. */
export type CellKind = keyof typeof byKind;

/** The built-in cells, which every file can name. */
export const cells: Readonly<Record<CellKind, Cell>> = byKind;

/** Whether a cell of this name is built in. */
export const isCellKind = (name: string): name is CellKind => Object.hasOwn(cells, name);

const made = new WeakMap<OwnCell, Cell>();

/** What a layer computes: a built-in cell, or one of the file's own. */
export function cellOf({ cell: name, own }: Pick<Layer, "cell" | "own">): Cell {
  if (!own) {
    if (!isCellKind(name)) throw new RangeError(`there is no cell ${name}`);
    return cells[name];
  }
  let cell = made.get(own);
  if (!cell) {
    cell = cellFromOwn(own);
    made.set(own, cell);
  }
  return cell;
}

const plans = new WeakMap<Cell, Map<string, Plan>>();
/** The same again, for whoever asks at every chunk. */
const planOfLayer = new WeakMap<object, Plan>();

/** The program of a layer's steps: one for all layers of the same cell, options and size, which takes them step by step. */
export function planOf(layer: Pick<Layer, "cell" | "own" | "options" | "size">): Plan {
  const known = planOfLayer.get(layer);
  if (known) return known;
  const cell = cellOf(layer);
  const ofCell = plans.get(cell) ?? new Map<string, Plan>();
  plans.set(cell, ofCell);
  const key = `${layer.size} ${variantOf(cell, layer.options)}`;
  let plan = ofCell.get(key);
  if (!plan) {
    const { options, size } = layer;
    plan = new Plan(size, cell.forwardOperations(options), cell.states, cell.backward(options));
    ofCell.set(key, plan);
  }
  planOfLayer.set(layer, plan);
  return plan;
}
