/** A cell's operations as somebody has them who writes one of them otherwise: its equations are edited, or what follows from them. */
import { backwardOf } from "../../engine/backward";
import type { Cell } from "../../engine/cell";
import { variantOf } from "../../engine/cell";
import { cellOf } from "../../engine/cells";
import type { Equation } from "../../engine/equations";
import { writtenOut } from "../../engine/equationTexts";
import type { Expression } from "../../engine/expression";
import { constant, sum, symbolsIn } from "../../engine/expression";
import type { Layer } from "../../engine/model";

/** The way back of one step, as a person writes it. */
export interface Back {
  /** By quantity: the whole dL/dq_t; of a gate, of its pre-activation. */
  readonly whole: Readonly<Record<string, Expression>>;
  /** By state: what comes back to it from the step after; at the first step, to the initial state. */
  readonly coming: Readonly<Record<string, Expression>>;
  /** By parameter: a step's share of its gradient. */
  readonly shares: Readonly<Record<string, Expression>>;
  /** dL/dx_t */
  readonly inputGradient: Expression;
  /** The quantities in the order in which their gradients are computed, where that is another. */
  readonly order?: readonly string[];
}

/** All operations of a step. */
export interface Operations extends Back {
  readonly forward: readonly Equation[];
  /** The quantities in the order in which their gradients are complete. */
  readonly order: readonly string[];
}

/** What is written otherwise in every layer of one kind; from other equations another way back follows. */
export interface Edit {
  /** As `kindOf` names it. */
  readonly kind: string;
  readonly forward?: (equations: readonly Equation[]) => readonly Equation[];
  readonly back?: (back: Back) => Back;
}

/** Whether a term of a gradient comes back from the step after. */
export const comesFromAfter = (expression: Expression): boolean =>
  symbolsIn(expression).some((leaf) => leaf.kind === "gradient" && leaf.time === "after");

/** The terms of a gradient: those of its own step, and what comes back from the step after. */
export function byStep(expression: Expression): {
  readonly here: readonly Expression[];
  readonly after: readonly Expression[];
} {
  const terms = termsOf(expression);
  return { here: terms.filter((term) => !comesFromAfter(term)), after: terms.filter(comesFromAfter) };
}

export const termsOf = (expression: Expression): readonly Expression[] =>
  expression.kind === "sum" ? expression.terms : [expression];

/** One sum of terms; 0 where there is none. */
export function sumOf(terms: readonly Expression[]): Expression {
  if (terms.length === 0) return constant(0);
  return terms.length === 1 ? terms[0]! : sum(...terms);
}

type LayerKind = Pick<Layer, "cell" | "own" | "options">;

/** Layers of the same kind have the same equations. */
export function kindOf(layer: LayerKind): string {
  const constants = layer.own ? JSON.stringify(layer.own.constants) : "";
  return `${layer.cell} ${variantOf(cellOf(layer), layer.options)} ${constants}`;
}

const known = new WeakMap<Cell, Map<string, Operations>>();

/** A layer's operations as they should be. What only helps to compute others is written out where it is read. */
export function operationsOf(layer: LayerKind): Operations {
  const cell = cellOf(layer);
  const ofCell = known.get(cell) ?? new Map<string, Operations>();
  known.set(cell, ofCell);
  const key = kindOf(layer);
  let operations = ofCell.get(key);
  if (!operations) {
    operations = derived(layer, writtenOut(cell, layer.options));
    ofCell.set(key, operations);
  }
  return operations;
}

/** What one edit alone makes of the operations of its kind. */
const editedOnce = new WeakMap<Edit, Operations>();

/** A layer's operations with the edits that are about it. */
export function editedOperations(layer: LayerKind, edits: readonly Edit[]): Operations {
  if (edits.length === 0) return operationsOf(layer);
  const kind = kindOf(layer);
  const own = edits.filter((edit) => edit.kind === kind);
  if (own.length !== 1) return edited(layer, own);
  const known = editedOnce.get(own[0]!);
  if (known) return known;
  const operations = edited(layer, own);
  editedOnce.set(own[0]!, operations);
  return operations;
}

/** A layer's equations with the edits that are about it: what follows from them on the way back is only asked for later. */
export function editedEquations(layer: LayerKind, edits: readonly Edit[]): readonly Equation[] {
  const { forward } = operationsOf(layer);
  if (edits.every((edit) => !edit.forward)) return forward;
  const kind = kindOf(layer);
  return edits.reduce((all, edit) => (edit.kind === kind && edit.forward ? edit.forward(all) : all), forward);
}

function edited(layer: LayerKind, own: readonly Edit[]): Operations {
  const forward = own.reduce((equations, edit) => edit.forward?.(equations) ?? equations, operationsOf(layer).forward);
  const operations = forward === operationsOf(layer).forward ? operationsOf(layer) : derived(layer, forward);
  return own.reduce<Operations>((all, edit) => (edit.back ? { ...all, ...edit.back(all) } : all), operations);
}

function derived(layer: LayerKind, forward: readonly Equation[]): Operations {
  const cell = cellOf(layer);
  const gates = cell
    .quantities(layer.options)
    .filter(({ name, gradientOfPreActivation }) => gradientOfPreActivation && isApplied(forward, name))
    .map(({ name }) => name);
  const parameters = cell.parameters(layer.options).map(({ name }) => name);
  const { whole, shares, inputGradient, order } = backwardOf(
    forward,
    cell.states,
    new Set(gates),
    new Set(),
    parameters,
  );
  const coming = Object.fromEntries(
    cell.states.map((state) => [state, sumOf(termsOf(whole[state]!).filter(comesFromAfter))]),
  );
  return { forward, whole, coming, shares, inputGradient, order };
}

const isApplied = (equations: readonly Equation[], name: string): boolean =>
  equations.find((equation) => equation.name === name)?.expression.kind === "apply";
