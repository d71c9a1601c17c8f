/** The tracks of the time axis: which there are, and their values. */

import { cells } from "../engine/cells";
import { norm } from "../engine/functions";
import type { Model } from "../engine/model";
import type { Run, StepView } from "../engine/run";
import type { TrackInfo } from "../protocol/panel";
import { preActivationsOf } from "../stepper/program";
import { layerTitle, passWord, quantityTitles } from "./words";

/** A track before its values have been looked at. */
export interface Track {
  readonly info: Omit<TrackInfo, "scale" | "smallest">;
  /** The program's operation that makes its values: what is known of it is known of the track. */
  readonly key: string;
  /** The values at a step [rows]; null where the step has none. */
  readonly read: (step: StepView) => Float64Array | number | null;
}

/** From the input on: each layer's values, the output, then the gradients. */
export function tracksOf(run: Run): Track[] {
  const { model } = run;
  return [
    ...inputTracks(run),
    ...model.layers.flatMap((_, l) => valueTracks(model, l)),
    ...outputTracks(run),
    ...(run.targetCount > 0 ? model.layers.flatMap((_, l) => gradientTracks(model, l)) : []),
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
function inputTracks({ model, sequence }: Run): Track[] {
  const { tokens, vectors } = sequence.inputs;
  const X = model.inputSize;
  if (tokens || !vectors || X < 2) return [];
  return [
    {
      info: {
        id: "x",
        group: "Input",
        symbol: { base: "x", sub: "t", gradient: false },
        title: "input",
        short: "input",
        kind: "heat",
        rows: X,
        phase: "forward",
      },
      key: "x",
      read: ({ t }) => vectors.subarray((t - 1) * X, t * X),
    },
  ];
}

function valueTracks(model: Model, l: number): Track[] {
  const layer = model.layers[l]!;
  const quantities = cells[layer.cell].quantities(layer.options).filter(({ traced }) => traced);
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
    cells[layer.cell].quantities(layer.options).flatMap(({ name, traced }) => (traced ? [name] : [])),
  );
  const names = cells[layer.cell]
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
        title: `gradient of the ${titles.get(name) ?? name}${passWord(layer, p)}`,
        short: titles.get(name) ?? name,
        kind: "heat",
        rows: layer.size,
        phase: "backward",
      },
      key: `gradients.${pass.prefix}.${name}`,
      read: (step) => step.passes[l]![p]!.gradients[name]!,
    });
    const length: Track = {
      info: {
        id: `gradients.${pass.prefix}.norm`,
        group,
        symbol: { base: passBase(model, l, p, "h"), sub: "t", gradient: true },
        title: `length of the gradient of the hidden state${passWord(layer, p)}`,
        short: "length",
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
