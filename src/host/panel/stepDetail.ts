/** What belongs to the step in which the user stands, as far as it has been computed by now. */

import { cellOf } from "../../engine/cells";
import { norm } from "../../engine/functions";
import { hasReadout, readsEnds } from "../../engine/network";
import type { StepView } from "../../engine/run";
import type { Flow, NamedVector, OutputDetail, OutputEntry, PassDetail, StepDetail } from "../../protocol/panel";
import type { Stepper } from "../../stepper/stepper";
import { pictureOf } from "./cellPicture";
import { currentOperation } from "./operations";
import { gradientBase, passBase } from "./tracks";
import { inputText, layerTitle, outputLabel, passWord, quantityInSentence, targetText } from "./words";

export function stepDetailOf(stepper: Stepper, step: StepView, digits: number): StepDetail {
  const { model, sequence } = stepper.run;
  return {
    t: step.t,
    input: inputText(model, sequence, step.t, digits),
    target: targetText(model, step.target, digits),
    layers: model.layers.flatMap((layer, l) => layer.passes.map((_, p) => passDetail(stepper, step, l, p))),
    output: outputDetail(stepper, step),
  };
}

function passDetail(stepper: Stepper, step: StepView, l: number, p: number): PassDetail {
  const { model } = stepper.run;
  const layer = model.layers[l]!;
  const pass = layer.passes[p]!;
  const cell = cellOf(layer);
  const { values, gradients } = step.passes[l]![p]!;
  const sub = String(step.t);
  const flows = flowsOf(stepper, step, l, p);
  const known = (key: string, data: Float64Array) => (stepper.isKnown(key, step.t) ? data : null);
  return {
    layer: l,
    direction: pass.direction,
    title: layerTitle(layer, l) + passWord(layer, p),
    cell: layer.cell,
    values: cell.quantities(layer.options).map(
      ({ name, title }): NamedVector => ({
        symbol: { base: passBase(model, l, p, name), sub, gradient: false },
        title,
        data: known(`${pass.prefix}.${name}`, values[name]!),
        reference: `${pass.prefix}.${name}@${sub}`,
      }),
    ),
    gradients:
      stepper.run.targetCount === 0
        ? []
        : cell.backwardOperations(layer.options).map(
            ({ name }): NamedVector => ({
              symbol: { base: gradientBase(model, l, p, name), sub, gradient: true },
              title: `gradient of ${quantityInSentence(layer, name)}`,
              data: known(`gradients.${pass.prefix}.${name}`, gradients[name]!),
              reference: `gradients.${pass.prefix}.${name}@${sub}`,
            }),
          ),
    flows,
    picture: pictureOf(stepper, step, l, p, flows),
  };
}

/** The key of the last gradient that a pass computes at a step: from then on it is known what flows on from the step. */
function lastGradientKey({ run: { model } }: Stepper, l: number, p: number): string {
  const layer = model.layers[l]!;
  const last = cellOf(layer).backwardOperations(layer.options).at(-1)!;
  return `gradients.${layer.passes[p]!.prefix}.${last.name}`;
}

function flowsOf(stepper: Stepper, step: StepView, l: number, p: number): PassDetail["flows"] {
  const { run } = stepper;
  const { model } = run;
  const { t } = step;
  const { direction, prefix } = model.layers[l]!.passes[p]!;
  const before = direction === "forward" ? t - 1 : t + 1;
  const after = direction === "forward" ? t + 1 : t - 1;
  const exists = (step: number) => step >= 1 && step <= run.length;
  const { values, above, next } = step.passes[l]![p]!;
  const active = activeFlows(stepper, l, p);

  const keyOfH = `${prefix}.h`;
  const sentBack = lastGradientKey(stepper, l, p);
  const isLayerDone = (layer: number) =>
    model.layers[layer]!.passes.every((_, pass) => stepper.isKnown(lastGradientKey(stepper, layer, pass), t));
  const isTop = l === model.layers.length - 1;
  // The ends of passes are read at step T, and so it is there that their gradients come in.
  const readAt = readsEnds(model) ? run.length : t;
  const fromAbove = isTop ? stepper.isKnown("gradients.logits", readAt) : isLayerDone(l + 1);
  const hasState = cellOf(model.layers[l]!).states.length > 0;
  const readsInput =
    l === 0
      ? stepper.isKnown("x", t)
      : model.layers[l - 1]!.passes.every(({ prefix }) => stepper.isKnown(`${prefix}.h`, t));

  return {
    input: flow(
      readsInput ? [l === 0 ? run.input(t) : step.h[l - 1]!] : null,
      isLayerDone(l) ? (l === 0 ? [step.dx] : step.passes[l - 1]!.map(({ above }) => above)) : null,
      l === 0 ? model.inputSize : step.h[l - 1]!.length,
      active.input,
    ),
    previous: flow(
      !hasState
        ? null
        : !exists(before)
          ? [run.start[l]![p]!["h"]!]
          : stepper.isKnown(keyOfH, before)
            ? [run.at(before).passes[l]![p]!.values["h"]!]
            : null,
      !hasState || !stepper.isKnown(sentBack, t)
        ? null
        : [exists(before) ? run.at(before).passes[l]![p]!.next : run.startGradients[l]![p]!["h"]!],
      values["h"]!.length,
      active.previous,
    ),
    // After the last step nothing flows on.
    next: flow(
      hasState && exists(after) && stepper.isKnown(keyOfH, t) ? [values["h"]!] : null,
      hasState && exists(after) && stepper.isKnown(sentBack, after) ? [next] : null,
      values["h"]!.length,
      hasState && exists(after) ? active.next : null,
    ),
    above: flow(
      stepper.isKnown(keyOfH, t) ? [values["h"]!] : null,
      fromAbove ? [above] : null,
      values["h"]!.length,
      active.above,
    ),
  };
}

function flow(
  forward: readonly Float64Array[] | null,
  backward: readonly Float64Array[] | null,
  length: number,
  active: Flow["active"],
): Flow {
  const isNorm = length > 1;
  const size = (vectors: readonly Float64Array[]) => (isNorm ? norm(...vectors) : (vectors[0]?.[0] ?? Number.NaN));
  return { forward: forward && size(forward), backward: backward && size(backward), isNorm, active };
}

interface ActiveFlows {
  readonly input: Flow["active"];
  readonly previous: Flow["active"];
  readonly next: Flow["active"];
  readonly above: Flow["active"];
}

const none: ActiveFlows = { input: null, previous: null, next: null, above: null };

/** Along which arrows of a pass the current operation moves: told by what its equation reads and by what it makes. */
function activeFlows(stepper: Stepper, l: number, p: number): ActiveFlows {
  const { model } = stepper.run;
  const operation = currentOperation(stepper);
  if (!operation) return none;
  const { product, equation } = operation;
  const { direction } = model.layers[l]!.passes[p]!;
  // The end of a backward pass stands at t = 1, where nobody is while the read-out reads it.
  const isRead = l === model.layers.length - 1 && !(readsEnds(model) && direction === "backward");
  switch (product.kind) {
    case "input":
      return l === 0 ? { ...none, input: "forward" } : none;
    case "logits":
      return isRead ? { ...none, above: "forward" } : none;
    case "dLogits":
      return isRead ? { ...none, above: "backward" } : none;
    case "value": {
      if (product.layer !== l || product.pass !== p) return none;
      const isLast = product.name === "h";
      return {
        input: equation.includes("x_t") ? "forward" : null,
        previous: equation.includes("_{t−1}") ? "forward" : null,
        next: isLast ? "forward" : null,
        above: isLast ? "forward" : null,
      };
    }
    case "gradient": {
      if (product.layer !== l || product.pass !== p) return none;
      const layer = model.layers[l]!;
      const isLast = cellOf(layer).backwardOperations(layer.options).at(-1)!.name === product.name;
      return {
        input: isLast ? "backward" : null,
        previous: isLast ? "backward" : null,
        next: product.name === "h" || equation.includes("_{t+1}") ? "backward" : null,
        above: product.name === "h" ? "backward" : null,
      };
    }
    case "output":
    case "loss":
    case "share":
    case "readoutShare":
    case "embeddingShare":
    case "update":
      return none;
  }
}

const mostOutputs = 12;

function outputDetail(stepper: Stepper, step: StepView): OutputDetail | null {
  const { model, sequence } = stepper.run;
  const { t, target } = step;
  if (!hasReadout(model, sequence, t - 1)) return null;
  const logits = stepper.isKnown("logits", t) ? step.logits : null;
  const output = stepper.isKnown("output", t) ? step.output : null;
  const dLogits = target !== null && stepper.isKnown("gradients.logits", t) ? step.dLogits : null;
  const O = model.output.size;
  const shown = O <= mostOutputs ? Array.from({ length: O }, (_, j) => j) : largestOutputs(output, target, O);
  const { activation } = model.output;
  return {
    activation,
    outputs: shown.map(
      (j): OutputEntry => ({
        index: j,
        label: outputLabel(model, j),
        logit: logits && logits[j]!,
        output: output && output[j]!,
        target: target === null ? null : typeof target === "number" ? (j === target ? 1 : 0) : target[j]!,
        isTarget: j === target,
        dLogit: dLogits && dLogits[j]!,
      }),
    ),
    others: O <= mostOutputs ? null : { count: O - shown.length, total: othersTotal(activation, output, shown) },
    loss: stepper.isKnown("loss", t) ? step.loss : null,
  };
}

/** The largest outputs, the largest first, and the target; the first ones while nothing is known. */
function largestOutputs(output: Float64Array | null, target: StepView["target"], O: number): number[] {
  const rest = typeof target === "number" ? mostOutputs - 1 : mostOutputs;
  const largest: number[] = [];
  for (let j = 0; j < O; j++) {
    if (j === target) continue;
    if (output === null) {
      if (largest.length < rest) largest.push(j);
      continue;
    }
    if (largest.length === rest && !(output[j]! > output[largest.at(-1)!]!)) continue;
    let place = largest.length;
    while (place > 0 && output[j]! > output[largest[place - 1]!]!) place--;
    largest.splice(place, 0, j);
    if (largest.length > rest) largest.pop();
  }
  if (typeof target !== "number") return largest;
  const place = output === null ? -1 : largest.findIndex((j) => output[target]! >= output[j]!);
  return place < 0 ? [...largest, target] : largest.toSpliced(place, 0, target);
}

function othersTotal(
  activation: OutputDetail["activation"],
  output: Float64Array | null,
  shown: readonly number[],
): number | null {
  if (activation !== "softmax" || output === null) return null;
  const isShown = new Set(shown);
  let total = 0;
  for (let j = 0; j < output.length; j++) if (!isShown.has(j)) total += output[j]!;
  return total;
}
