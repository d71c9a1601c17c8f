import { cellOf } from "./cells";
import type { Layer, Model } from "./model";
import { parametersOf } from "./model";
import type { PassView, Run } from "./run";
import type { Values } from "./step";
import { toNested } from "./tensor";

/** A value of JSON; NaN and ∞ stay numbers here and become null when it is written. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * Everything that one run computes, as the command line prints it.
 * @param items the input items as the file has them, by 0-based index; null where there is none to show
 */
export function traceOf(
  run: Run,
  index: number,
  item: (k: number) => Json,
  withContributions: boolean,
): { readonly [key: string]: Json } {
  const steps: Json[] = [];
  for (let t = 1; t <= run.length; t++) steps.push(stepOf(run, t, item(t - 1), withContributions));
  return {
    version: 1,
    sequence: index,
    loss: run.loss,
    steps,
    gradients: Object.fromEntries(Object.entries(run.gradients).map(([name, tensor]) => [name, toNested(tensor)])),
  };
}

function numbers(v: Float64Array | null): number[] | null {
  return v && Array.from(v);
}

/** What one step computes, as an entry of `steps`. */
export function stepOf(run: Run, t: number, item: Json, withContributions: boolean): Json {
  const { model } = run;
  const step = run.at(t);
  return {
    t,
    input: item,
    x: Array.from(run.input(t)),
    layers: model.layers.map((layer, l) => layerOf(layer, step.passes[l]!, "values")),
    logits: numbers(step.logits),
    output: numbers(step.output),
    target: typeof step.target === "number" ? step.target : numbers(step.target),
    loss: step.loss,
    gradients: {
      logits: numbers(step.dLogits),
      x: Array.from(step.dx),
      layers: model.layers.map((layer, l) => layerOf(layer, step.passes[l]!, "gradients")),
    },
    ...(withContributions && { parameters: contributionsOf(run, t, model) }),
  };
}

function layerOf(layer: Layer, passes: readonly PassView[], kind: "values" | "gradients"): Json {
  const traced = cellOf(layer)
    .quantities(layer.options)
    .filter((quantity) => quantity.traced);
  const vectors = (values: Values) =>
    Object.fromEntries(traced.map(({ name }) => [name, Array.from(values[name] ?? [])]));
  const [first, second] = passes.map((pass) => vectors(pass[kind]));
  if (!second) return first ?? {};
  const h = passes.flatMap((pass) => Array.from(pass[kind]["h"] ?? []));
  return { forward: first ?? {}, backward: second, h };
}

function contributionsOf(run: Run, t: number, model: Model): Json {
  return Object.fromEntries(Object.keys(parametersOf(model)).map((name) => [name, toNested(run.share(name, t))]));
}
