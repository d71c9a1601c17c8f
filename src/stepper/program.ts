import { inSentence } from "../engine/cell";
import { cellOf } from "../engine/cells";
import type { Expression } from "../engine/expression";
import { expressionText, gradientText } from "../engine/expressionText";
import { hasTarget } from "../engine/loss";
import type { Layer, Model, Pass, TrainingSettings } from "../engine/model";
import { parametersOf } from "../engine/model";
import { hasReadout } from "../engine/network";
import { updateEquation } from "../engine/optimizer";
import {
  logitGradientExpression,
  logitsExpression,
  lossExpression,
  outputExpression,
  outputName,
  readoutShares,
  targetKindOf,
} from "../engine/readout";
import type { Run } from "../engine/run";
import type { Unit } from "../engine/sweeps";
import { sweepsOf } from "../engine/sweeps";

/**
 * One run of a sequence as a program: forward t = 1…T, backward t = T…1, the update. A sweep goes over the steps once;
 * layers that read a backward pass need sweeps of their own, because that pass has to be complete first.
 * Nothing is stored by step: a position is arithmetic, so that a million steps cost what four do.
 */
export type Phase = "forward" | "backward" | "update";

/** What an operation produces. */
export type Product =
  | { readonly kind: "input" }
  /** A quantity of a pass. */
  | { readonly kind: "value"; readonly layer: number; readonly pass: number; readonly name: string }
  | { readonly kind: "logits" }
  | { readonly kind: "output" }
  | { readonly kind: "loss" }
  | { readonly kind: "dLogits" }
  /** The gradient of a quantity of a pass. */
  | { readonly kind: "gradient"; readonly layer: number; readonly pass: number; readonly name: string }
  /** This step's share of the gradients of a pass's parameters, or of the read-out's. */
  | { readonly kind: "share"; readonly layer: number; readonly pass: number }
  | { readonly kind: "readoutShare" }
  /** This step's share of the embedding's gradient: its row's. */
  | { readonly kind: "embeddingShare" }
  | { readonly kind: "update"; readonly parameter: string };

export interface Operation {
  readonly product: Product;
  /** Names what it produces: `layers.0.h`, `logits`, `gradients.layers.0.a`, `shares.layers.0`, `updated.output.by`. */
  readonly key: string;
  readonly title: string;
  /** With `_t`, `_{t−1}`, `_{t+1}`; `equationAt` puts the numbers in. */
  readonly equation: string;
}

export interface Sweep {
  readonly phase: Phase;
  readonly ascending: boolean;
  /** The smallest and largest t of its steps; both 0 for the update. */
  readonly low: number;
  readonly high: number;
  readonly operations: readonly Operation[];
  /** The position at which it begins. */
  readonly from: number;
}

/** Where an operation stands. */
export interface Place {
  readonly sweep: number;
  /** How many steps of the sweep came before. */
  readonly step: number;
  /** 1…T; 0 in the update */
  readonly t: number;
  readonly operation: number;
}

export class Program {
  readonly sweeps: readonly Sweep[];
  /** How many operations there are: positions run from 0 (nothing done) to this (all done). */
  readonly length: number;
  private readonly places = new Map<string, { sweep: number; operation: number }>();

  constructor(
    private readonly run: Run,
    training: TrainingSettings,
  ) {
    const { model } = run;
    const groups = sweepsOf(model);
    const sweeps: Omit<Sweep, "from">[] = groups.map(({ ascending, units }, g) => ({
      phase: "forward",
      ascending,
      ...this.span(units),
      operations: [...(g === 0 ? [inputOperation] : []), ...units.flatMap((unit) => forwardOperations(run, unit))],
    }));
    if (run.targetCount > 0) {
      for (const { ascending, units } of groups.toReversed())
        sweeps.push({
          phase: "backward",
          ascending: !ascending,
          ...this.span(units),
          operations: units.toReversed().flatMap((unit) => backwardOperations(run, unit)),
        });
      sweeps.push({ phase: "update", ascending: true, low: 0, high: 0, operations: updateOperations(model, training) });
    }
    let from = 0;
    this.sweeps = sweeps.map((sweep) => {
      const placed = { ...sweep, from };
      from += stepsOf(sweep) * sweep.operations.length;
      return placed;
    });
    this.length = from;
    for (const [sweep, { operations }] of this.sweeps.entries())
      for (const [operation, { key }] of operations.entries()) this.places.set(key, { sweep, operation });
  }

  /** A sweep of the read-out alone, where only the last step is read, has one step. */
  private span(units: readonly Unit[]): { low: number; high: number } {
    const T = this.run.length;
    const readoutAlone = units.every((unit) => unit.kind === "readout");
    return { low: readoutAlone && this.run.model.output.at !== "every" ? T : 1, high: T };
  }

  /** The place of operation number `position` − 1: the last one done at that position; null at the start. */
  placeAt(position: number): Place | null {
    if (position <= 0) return null;
    const index = Math.min(position, this.length) - 1;
    const sweep = this.sweeps.findLastIndex(({ from }) => from <= index);
    const { from, operations } = this.sweeps[sweep]!;
    const step = Math.floor((index - from) / operations.length);
    return { sweep, step, t: this.tOf(sweep, step), operation: (index - from) % operations.length };
  }

  private tOf(sweep: number, step: number): number {
    const { ascending, low, high } = this.sweeps[sweep]!;
    return ascending ? low + step : high - step;
  }

  /** The position right after the last operation of a step; `null` where the sweep has no step t. */
  endOfStep(sweep: number, t: number): number | null {
    const { ascending, low, high, from, operations } = this.sweeps[sweep]!;
    if (t < low || t > high) return null;
    const step = ascending ? t - low : high - t;
    return this.settle(from + (step + 1) * operations.length);
  }

  endOfSweep(sweep: number): number {
    const { from, operations } = this.sweeps[sweep]!;
    return this.settle(from + stepsOf(this.sweeps[sweep]!) * operations.length);
  }

  /** Goes back over operations that do nothing at their step, so that one state of a run has one position. */
  settle(position: number): number {
    let settled = Math.max(0, Math.min(position, this.length));
    while (settled > 0 && !this.acts(settled)) settled--;
    return settled;
  }

  /** The next position at which an operation has been done; the same where there is none. */
  next(position: number): number {
    for (let p = position + 1; p <= this.length; p++) if (this.acts(p)) return p;
    return position;
  }

  /** Whether operation number `position` − 1 does something at its step: a step without a read-out has no logits, one without a target no loss. */
  acts(position: number): boolean {
    const place = this.placeAt(position)!;
    const { kind } = this.sweeps[place.sweep]!.operations[place.operation]!.product;
    const { model, sequence } = this.run;
    switch (kind) {
      case "logits":
      case "output":
        return hasReadout(model, sequence, place.t - 1);
      case "loss":
      case "dLogits":
      case "readoutShare":
        return model.loss !== null && hasTarget(sequence, place.t - 1);
      case "input":
      case "value":
      case "gradient":
      case "share":
      case "embeddingShare":
      case "update":
        return true;
    }
  }

  /** In how many steps the operation with this key has been done at a position, and which: null where in none. */
  known(key: string, position: number): { from: number; to: number; steps: number } | null {
    const found = this.places.get(key);
    if (!found) return null;
    const sweep = this.sweeps[found.sweep]!;
    const done = Math.max(0, position - sweep.from);
    const n = sweep.operations.length;
    const steps = Math.min(stepsOf(sweep), Math.floor(done / n) + (done % n > found.operation ? 1 : 0));
    if (steps === 0) return null;
    return sweep.ascending
      ? { from: sweep.low, to: sweep.low + steps - 1, steps }
      : { from: sweep.high - steps + 1, to: sweep.high, steps };
  }

  isKnown(key: string, t: number, position: number): boolean {
    const range = this.known(key, position);
    return range !== null && t >= range.from && t <= range.to;
  }
}

function stepsOf({ low, high }: { low: number; high: number }): number {
  return high - low + 1;
}

const inputOperation: Operation = { product: { kind: "input" }, key: "x", title: "input", equation: "x_t" };

/** "layer 2, backward pass, " where it says something. */
function where(model: Model, layer: number, pass: Pass): string {
  const parts = [
    ...(model.layers.length > 1 ? [`layer ${layer + 1}`] : []),
    ...(model.layers[layer]!.passes.length > 1 ? [`${pass.direction} pass`] : []),
  ];
  return parts.length > 0 ? `${parts.join(", ")}: ` : "";
}

function forwardOperations({ model, sequence }: Run, unit: Unit): Operation[] {
  // What an embedding computes is x_t, which is there from the start.
  if (unit.kind === "embedding") return [];
  if (unit.kind === "pass") {
    const layer = model.layers[unit.layer]!;
    const pass = layer.passes[unit.pass]!;
    const cell = cellOf(layer);
    const titles = new Map(cell.quantities(layer.options).map(({ name, title }) => [name, title]));
    return cell.forwardOperations(layer.options).map(({ name, expression }) => ({
      product: { kind: "value", layer: unit.layer, pass: unit.pass, name },
      key: `${pass.prefix}.${name}`,
      title: where(model, unit.layer, pass) + (titles.get(name) ?? name),
      equation: `${name}_t = ${expressionText(expression)}`,
    }));
  }
  const { activation, size } = model.output;
  return [
    {
      product: { kind: "logits" },
      key: "logits",
      title: "logits",
      equation: `z_t = ${expressionText(logitsExpression(model))}`,
    },
    {
      product: { kind: "output" },
      key: "output",
      title: activation === "softmax" ? "probabilities" : "output",
      equation: `${outputName(activation)}_t = ${expressionText(outputExpression(activation))}`,
    },
    ...(model.loss
      ? [
          {
            product: { kind: "loss" } as const,
            key: "loss",
            title: "loss",
            equation: `ℓ_t = ${expressionText(lossExpression(model.loss, activation, targetKindOf(sequence), size))}`,
          },
        ]
      : []),
  ];
}

/** The quantities of a layer whose gradient is that of their pre-activation. */
export function preActivationsOf(layer: Layer): ReadonlySet<string> {
  const quantities = cellOf(layer).quantities(layer.options);
  return new Set(quantities.filter((quantity) => quantity.gradientOfPreActivation).map(({ name }) => name));
}

function backwardOperations({ model, sequence }: Run, unit: Unit): Operation[] {
  if (unit.kind === "embedding")
    return [
      {
        product: { kind: "embeddingShare" },
        key: "shares.embedding",
        title: "share of the embedding's gradient",
        equation: "dE[token] += ∂L/∂x_t",
      },
    ];
  if (unit.kind === "pass") {
    const layer = model.layers[unit.layer]!;
    const pass = layer.passes[unit.pass]!;
    const cell = cellOf(layer);
    const titles = new Map(cell.quantities(layer.options).map((quantity) => [quantity.name, inSentence(quantity)]));
    const preActivations = preActivationsOf(layer);
    const place = where(model, unit.layer, pass);
    return [
      ...cell.backwardOperations(layer.options).map(
        ({ name, expression }): Operation => ({
          product: { kind: "gradient", layer: unit.layer, pass: unit.pass, name },
          key: `gradients.${pass.prefix}.${name}`,
          title: `${place}gradient of ${titles.get(name) ?? name}`,
          equation: `${gradientText(name, "now", preActivations)} = ${expressionText(expression, { preActivations })}`,
        }),
      ),
      {
        product: { kind: "share", layer: unit.layer, pass: unit.pass },
        key: `shares.${pass.prefix}`,
        title: `${place}share of the parameters' gradients`,
        equation: sharesText(cell.shares(layer.options), preActivations),
      },
    ];
  }
  return [
    {
      product: { kind: "dLogits" },
      key: "gradients.logits",
      title: "gradient of the logits",
      equation: model.loss
        ? `∂L/∂z_t = ${expressionText(logitGradientExpression(model.loss, model.output.activation, targetKindOf(sequence), model.output.size, sequence))}`
        : "∂L/∂z_t = 0",
    },
    ...(Object.keys(readoutShares(model)).length > 0
      ? [
          {
            product: { kind: "readoutShare" } as const,
            key: "shares.output",
            title: "share of the read-out's gradients",
            equation: sharesText(readoutShares(model)),
          },
        ]
      : []),
  ];
}

/** `dWhh += dL/da_t h_{t−1}ᵀ, dbh += dL/da_t` */
function sharesText(
  shares: Readonly<Record<string, Expression>>,
  preActivations: ReadonlySet<string> = new Set(),
): string {
  return Object.entries(shares)
    .map(([name, expression]) => `d${name} += ${expressionText(expression, { preActivations })}`)
    .join(", ");
}

function updateOperations(model: Model, { optimizer, clip }: TrainingSettings): Operation[] {
  return Object.keys(parametersOf(model)).map((parameter) => {
    const short = parameter.slice(parameter.lastIndexOf(".") + 1);
    return {
      product: { kind: "update", parameter },
      key: `updated.${parameter}`,
      title: model.frozen.has(parameter) ? `${parameter} is held fixed` : `update of ${parameter}`,
      equation: model.frozen.has(parameter) ? `${short} ← ${short}` : updateEquation(optimizer, clip, short),
    };
  });
}

/**
 * Puts step t of T into an equation. In a backward pass the step before is t + 1. Where no step comes after, its terms are left out of a
 * sum.
 */
export function equationAt(equation: string, t: number, direction: "forward" | "backward", T: number): string {
  const before = direction === "forward" ? t - 1 : t + 1;
  const after = direction === "forward" ? t + 1 : t - 1;
  const isLast = after < 1 || after > T;
  return (isLast ? withoutStepAfter(equation) : equation)
    .replaceAll("_{t−1}", `_${before}`)
    .replaceAll("_{t+1}", `_${after}`)
    .replaceAll("_t", `_${t}`);
}

function withoutStepAfter(equation: string): string {
  const [name, sum] = equation.split(" = ");
  if (name === undefined || sum === undefined) return equation;
  // A sign of addition within parentheses is part of a term.
  let depth = 0;
  const terms = [""];
  for (const piece of sum.split(/(?<=[()])|(?=[()])|( \+ )/)) {
    if (piece === undefined) continue;
    depth += Number(piece.endsWith("(")) - Number(piece === ")");
    if (piece === " + " && depth === 0) terms.push("");
    else terms[terms.length - 1] += piece;
  }
  const left = terms.filter((term) => !term.includes("_{t+1}"));
  return left.length === terms.length ? equation : `${name} = ${left.length > 0 ? left.join(" + ") : "0"}`;
}
