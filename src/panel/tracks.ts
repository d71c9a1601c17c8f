/** The tracks of the time axis: which there are, their values, their scales, and what of them fits on a screen. */

import { cells } from "../engine/cells";
import type { Model } from "../engine/model";
import type { Run, StepView } from "../engine/run";
import type { TrackData, TrackInfo, TrackWindow } from "../protocol/panel";
import { layerTitle, passWord, quantityTitles } from "./words";

/** A track before its values have been looked at. */
export interface Track {
  readonly info: Omit<TrackInfo, "scale" | "smallest">;
  /** The program's operation that makes its values: what is known of it is known of the track. */
  readonly key: string;
  /** The values at a step [rows]; null where the step has none. */
  readonly read: (step: StepView) => Float64Array | number | null;
}

/** A track with what a look at all of its values found. */
export interface ScannedTrack extends Track {
  readonly scale: number;
  readonly smallest: number;
  /** The first step, in the order of its computation, with a NaN or ∞; null where there is none. */
  readonly nonFinite: { readonly t: number; readonly value: number } | null;
}

/** From the input on: each layer's values, the output, then the gradients. */
export function tracksOf(run: Run): Track[] {
  const { model } = run;
  return [
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
  const { cell } = model.layers[l]!;
  const isState = cells[cell].states.includes(name);
  return passBase(model, l, p, isState || name === "a" || name === "q" ? name : `a^${name}`);
}

/** What a layer gives comes first, what only leads to it last. */
function order(name: string): number {
  if (name === "h") return 0;
  return name === "a" ? 2 : 1;
}

function valueTracks(model: Model, l: number): Track[] {
  const layer = model.layers[l]!;
  const quantities = cells[layer.cell].quantities(layer.options).filter(({ traced }) => traced);
  return layer.passes.flatMap((pass, p) =>
    quantities
      .toSorted((a, b) => order(a.name) - order(b.name))
      .map(({ name, title }) => ({
        info: {
          id: `${pass.prefix}.${name}`,
          group: layerTitle(layer, l),
          symbol: { base: passBase(model, l, p, name), sub: "t", gradient: false },
          title: title + passWord(layer, p),
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

/** Euclidean length. Scaled, so that squares neither overflow nor vanish. */
export function norm(vector: Float64Array): number {
  let sum = 0;
  for (const entry of vector) sum += entry * entry;
  if (sum > 1e-280 && sum < Infinity) return Math.sqrt(sum);
  let largest = 0;
  for (const entry of vector) {
    if (Number.isNaN(entry)) return Number.NaN;
    largest = Math.max(largest, Math.abs(entry));
  }
  if (largest === 0 || largest === Infinity) return largest;
  let scaled = 0;
  for (const entry of vector) scaled += (entry / largest) ** 2;
  return largest * Math.sqrt(scaled);
}

/**
 * Looks at every value of every track once.
 * @param ascending whether a track's steps are computed in the order of time
 */
export function scanTracks(run: Run, tracks: readonly Track[], ascending: (key: string) => boolean): ScannedTrack[] {
  const found = tracks.map(({ key }) => ({
    scale: 0,
    smallest: Infinity,
    nonFinite: null as ScannedTrack["nonFinite"],
    keepsFirst: ascending(key),
  }));
  const single: Float64Array = new Float64Array(1);
  for (let t = 1; t <= run.length; t++) {
    const step = run.at(t);
    for (let k = 0; k < tracks.length; k++) {
      const entry = found[k]!;
      const read = tracks[k]!.read(step);
      if (read === null) continue;
      let vector = single;
      if (typeof read === "number") single[0] = read;
      else vector = read;
      let { scale, smallest } = entry;
      for (let i = 0; i < vector.length; i++) {
        const size = Math.abs(vector[i]!);
        if (!(size < Infinity)) {
          if (!entry.keepsFirst || entry.nonFinite === null) entry.nonFinite = { t, value: vector[i]! };
          continue;
        }
        if (size > scale) scale = size;
        if (size > 0 && size < smallest) smallest = size;
      }
      entry.scale = scale;
      entry.smallest = smallest;
    }
  }
  return tracks.map((track, k) => {
    const { scale, smallest, nonFinite } = found[k]!;
    return { ...track, scale, smallest: smallest === Infinity ? 0 : smallest, nonFinite };
  });
}

/** Of n things in `parts` parts, the first of part k. */
function partStart(n: number, parts: number, k: number): number {
  return Math.floor((k * n) / parts);
}

/**
 * The values of a track in a window, at most `columns` × `rows` of them: beyond that the smallest and the largest of each part.
 * A step without a value leaves min = ∞, max = −∞.
 * @throws RangeError where the run has no such steps
 */
export function trackData(run: Run, track: Track, window: TrackWindow): TrackData {
  const { from, to } = window;
  if (!Number.isInteger(from) || !Number.isInteger(to) || from < 1 || to > run.length || from > to)
    throw new RangeError(`there are no steps ${from}…${to}: the sequence has 1…${run.length}`);
  const steps = to - from + 1;
  const columns = Math.max(1, Math.min(Math.floor(window.columns), steps));
  const rows = Math.max(1, Math.min(Math.floor(window.rows), track.info.rows));
  const min = new Float64Array(rows * columns).fill(Infinity);
  const max = new Float64Array(rows * columns).fill(-Infinity);
  const single = new Float64Array(1);
  for (let c = 0; c < columns; c++)
    for (let k = partStart(steps, columns, c); k < partStart(steps, columns, c + 1); k++) {
      const read = track.read(run.at(from + k));
      if (read === null) continue;
      if (typeof read === "number") single[0] = read;
      const vector = typeof read === "number" ? single : read;
      for (let r = 0; r < rows; r++) {
        const to = r * columns + c;
        let low = min[to]!;
        let high = max[to]!;
        for (let i = partStart(vector.length, rows, r); i < partStart(vector.length, rows, r + 1); i++) {
          // Math.min and Math.max keep NaN, which has to be seen.
          low = Math.min(low, vector[i]!);
          high = Math.max(high, vector[i]!);
        }
        min[to] = low;
        max[to] = high;
      }
    }
  return { columns, rows, min, max };
}
