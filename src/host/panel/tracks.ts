/** The tracks of the time axis: which there are, and their values. */

import type { CellOperation } from "../../engine/cell";
import { cellOf } from "../../engine/cells";
import type { Expression } from "../../engine/expression";
import { norm } from "../../engine/functions";
import type { Model } from "../../engine/model";
import type { Run, StepView } from "../../engine/run";
import type { TrackInfo } from "../../protocol/panel";
import { preActivationsOf } from "../../stepper/program";
import { layerTitle, passWord, quantityInSentence, quantityTitles } from "./words";

/** A track before its values have been looked at. */
export interface Track {
  readonly info: Omit<TrackInfo, "scale" | "smallest" | "palette">;
  /** Within which bounds its equation keeps it: 0…1, −1…1, or none. */
  readonly bounds?: Bounds;
  /** Whose units its rows are. */
  readonly pass?: { readonly layer: number; readonly pass: number };
  /** The program's operation that makes its values: what is known of it is known of the track. */
  readonly key: string;
  /** The values at a step [rows]; null where the step has none. */
  readonly read: (step: StepView) => Float64Array | number | null;
}

export type Bounds = "gate" | "unit" | null;

/** What a quantity's equation says about its size: σ makes a gate, tanh a number in −1…1, and products of such stay within. */
function boundsOf(operations: readonly CellOperation[], name: string): Bounds {
  const within = (expression: Expression): Bounds => {
    if (expression.kind === "apply")
      return expression.function === "σ" ? "gate" : expression.function === "tanh" ? "unit" : null;
    if (expression.kind === "times") {
      const factors = expression.factors.map(within);
      if (factors.includes(null)) return null;
      return factors.includes("unit") ? "unit" : "gate";
    }
    if (expression.kind !== "value" || expression.time !== "now" || expression.name === name) return null;
    return boundsOf(operations, expression.name);
  };
  const own = operations.find((operation) => operation.name === name);
  return own ? within(own.expression) : null;
}

/** From the input on: each layer's values, the output, then the gradients. */
export function tracksOf(run: Run): Track[] {
  const { model } = run;
  return [
    ...inputTracks(run),
    ...model.layers.flatMap((_, l) => valueTracks(model, l)),
    ...outputTracks(run),
    ...(run.targetCount > 0 ? model.layers.flatMap((_, l) => gradientTracks(model, l)) : []),
    ...model.layers.flatMap((_, l) => flowTracks(model, l, run.targetCount > 0)),
  ];
}

/** `h`, or `h→` and `h←` where a layer has two passes. */
export function passBase(model: Model, l: number, p: number, name: string): string {
  if (model.layers[l]!.passes.length === 1) return name;
  return name + (model.layers[l]!.passes[p]!.direction === "forward" ? "→" : "←");
}

/** Of gates the gradient is that of the pre-activation: dL/da^i_t. */
export function gradientBase(model: Model, l: number, p: number, name: string): string {
  return passBase(model, l, p, preActivationsOf(model.layers[l]!).has(name) ? `a^${name}` : name);
}

/** Vectors are seen better as colours than as words in the strip of tokens. */
function inputTracks(run: Run): Track[] {
  const { model, sequence } = run;
  const { tokens, vectors } = sequence.inputs;
  const X = model.inputSize;
  // The row of an embedding is seen beside its token.
  if (X < 2 || !(model.embedding || (vectors && !tokens))) return [];
  return [
    {
      info: {
        id: "x",
        group: "Input",
        symbol: { base: "x", sub: "t", gradient: false },
        title: model.embedding ? "input: the embedding's row" : "input",
        short: "input",
        kind: "heat",
        rows: X,
        phase: "forward",
      },
      key: "x",
      read: ({ t }) => run.input(t),
    },
  ];
}

function valueTracks(model: Model, l: number): Track[] {
  const layer = model.layers[l]!;
  const quantities = cellOf(layer)
    .quantities(layer.options)
    .filter(({ traced }) => traced);
  const operations = cellOf(layer).forwardOperations(layer.options);
  return layer.passes.flatMap((pass, p) =>
    quantities
      // What a layer gives comes first, then what leads to it.
      .toSorted((a, b) => Number(b.name === "h") - Number(a.name === "h"))
      .map(({ name, title }) => ({
        info: {
          id: `${pass.prefix}.${name}`,
          group: layerTitle(layer, l),
          symbol: { base: passBase(model, l, p, name), sub: "t", gradient: false },
          title: title + passWord(layer, p),
          short: title,
          kind: "heat" as const,
          rows: layer.size,
          phase: "forward" as const,
        },
        bounds: boundsOf(operations, name),
        pass: { layer: l, pass: p },
        key: `${pass.prefix}.${name}`,
        read: (step: StepView) => step.passes[l]![p]!.values[name]!,
      })),
  );
}

function outputTracks(run: Run): Track[] {
  const { model, sequence } = run;
  const { size, activation } = model.output;
  const group = "Output";
  const tracks: Track[] = [];
  if (activation === "softmax" && sequence.targets?.kind === "classes")
    tracks.push({
      info: {
        id: "probability",
        group,
        symbol: { base: "p(target)", sub: "", gradient: false },
        title: "probability of the target",
        short: "probability",
        kind: "bar",
        rows: 1,
        phase: "forward",
      },
      key: "output",
      read: ({ output, target }) => (output && typeof target === "number" ? output[target]! : null),
    });
  else
    tracks.push({
      info: {
        id: "output",
        group,
        symbol: { base: activation === "softmax" ? "p" : "y", sub: "t", gradient: false },
        title: activation === "softmax" ? "probabilities" : "output",
        short: activation === "softmax" ? "probabilities" : "output",
        kind: size === 1 && activation === "sigmoid" ? "bar" : "heat",
        rows: size,
        phase: "forward",
      },
      key: "output",
      read: ({ output }) => output,
    });
  if (run.targetCount > 0)
    tracks.push({
      info: {
        id: "loss",
        group,
        symbol: { base: "ℓ", sub: "t", gradient: false },
        title: model.loss?.type === "mse" ? "loss" : "loss in nats",
        short: model.loss?.type === "mse" ? "loss" : "loss in nats",
        kind: "number",
        rows: 1,
        phase: "forward",
      },
      key: "loss",
      read: ({ loss }) => loss,
    });
  return tracks;
}

function gradientTracks(model: Model, l: number): Track[] {
  const layer = model.layers[l]!;
  const titles = quantityTitles(layer);
  const traced = new Set(
    cellOf(layer)
      .quantities(layer.options)
      .flatMap(({ name, traced }) => (traced ? [name] : [])),
  );
  const names = cellOf(layer)
    .backwardOperations(layer.options)
    .map(({ name }) => name)
    .filter((name) => traced.has(name));
  const group = model.layers.length === 1 ? "Gradients" : `Gradients of layer ${l + 1}`;
  return layer.passes.flatMap((pass, p) => {
    const heat = (name: string): Track => ({
      info: {
        id: `gradients.${pass.prefix}.${name}`,
        group,
        symbol: { base: gradientBase(model, l, p, name), sub: "t", gradient: true },
        title: `gradient of ${quantityInSentence(layer, name)}${passWord(layer, p)}`,
        short: titles.get(name) ?? name,
        kind: "heat",
        rows: layer.size,
        phase: "backward",
      },
      pass: { layer: l, pass: p },
      key: `gradients.${pass.prefix}.${name}`,
      read: (step) => step.passes[l]![p]!.gradients[name]!,
    });
    const length: Track = {
      info: {
        id: `gradients.${pass.prefix}.norm`,
        group,
        symbol: { base: passBase(model, l, p, "h"), sub: "t", gradient: true },
        title: `norm of the gradient of the hidden state${passWord(layer, p)}`,
        short: "norm",
        kind: "log",
        rows: 1,
        phase: "backward",
      },
      key: `gradients.${pass.prefix}.h`,
      read: (step) => norm(step.passes[l]![p]!.gradients["h"]!),
    };
    return [heat("h"), length, ...names.filter((name) => name !== "h").map(heat)];
  });
}

/** What the stage's arrows carry: of one unit its number, else the norm of the vector. */
function flowTracks(model: Model, l: number, hasTargets: boolean): Track[] {
  const layer = model.layers[l]!;
  const size = (vector: Float64Array) => (vector.length === 1 ? vector[0]! : norm(vector));
  return layer.passes.flatMap(({ prefix }, p) => {
    const flow = (name: string, gradient: boolean, read: Track["read"]): Track => ({
      info: {
        id: `flow.${prefix}.${name}`,
        group: layerTitle(layer, l),
        symbol: { base: passBase(model, l, p, "h"), sub: "t", gradient },
        title:
          name === "h"
            ? "hidden state"
            : `gradient of the hidden state, from ${name === "above" ? "above" : "the next step"}`,
        short: name,
        kind: "flow",
        rows: 1,
        phase: gradient ? "backward" : "forward",
      },
      key: `${gradient ? "gradients." : ""}${prefix}.h`,
      read,
    });
    const pass = (step: StepView) => step.passes[l]![p]!;
    return [
      flow("h", false, (step) => size(pass(step).values["h"]!)),
      ...(hasTargets
        ? [flow("above", true, (step) => size(pass(step).above)), flow("next", true, (step) => size(pass(step).next))]
        : []),
    ];
  });
}
