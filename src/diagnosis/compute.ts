/**
 * A sequence forward and back once more, apart from the engine, with the choices of somebody who works it out otherwise.
 * As it should be, it gives the engine's numbers.
 */
import type { LossType, Model, OutputActivation, Problem, Sequence, State } from "../engine/model";
import { parametersOf } from "../engine/model";
import { hasReadout } from "../engine/network";
import { activateOutput, countTargets, stepLoss, type Target, targetAt } from "../engine/readout";
import type { NamedTensors, Tensor } from "../engine/tensor";
import { toNested } from "../engine/tensor";
import { updateOnce } from "../engine/train";
import type { Matrix, Vector } from "./arithmetic";
import { outer, product, sum, sumOfMatrices, times, transposedProduct, zeros } from "./arithmetic";
import type { StepBack, Values } from "./cells";
import { slippedCell } from "./cells";
import type { Choices, Factor } from "./choices";
import { fileName, type Used, usedParameters, usedReadout, writtenGradient } from "./parameters";

/** Numbers where the trace has them, and the parameters after one update where `updated` has them. */
export interface Computed {
  readonly trace: unknown;
  readonly updated: () => unknown;
}

type States = readonly (readonly Values[])[];

/** One pass of a layer over a sequence. */
interface PassForward {
  readonly used: Used;
  readonly values: Values[];
  readonly start: Values;
}

interface Forward {
  /** What each layer reads at each step; after the last layer, what the read-out reads: [layer][step]. */
  readonly inputs: readonly (readonly Vector[])[];
  readonly layers: readonly (readonly PassForward[])[];
}

/** A sequence of the problem, forward and back and through one update. */
export function compute({ model, sequences, training }: Problem, index: number, choices: Choices): Computed {
  const sequence = sequences[index]!;
  const forward = forwardOf(model, sequence, startOf(model, sequences, index, choices), choices);
  const readout = readoutOf(model, sequence, forward, choices);
  const { gradients, steps } = backwardOf(model, sequence, forward, readout, choices);
  return {
    trace: {
      loss: readout.loss,
      steps: steps.map((gradients, k) => ({
        t: k + 1,
        x: forward.inputs[0]![k],
        layers: forward.layers.map((passes) => layerOf(passes.map(({ values }) => values[k]!))),
        logits: readout.steps[k]!.z,
        output: readout.steps[k]!.y,
        target: written(model, sequence, k),
        loss: readout.steps[k]!.loss,
        gradients,
      })),
      gradients: nested(gradients),
    },
    // Most authors expect no updated parameters.
    updated: () => nested(updateOnce(model, choices.ascent ? negated(gradients) : gradients, training)),
  };
}

function written(model: Model, sequence: Sequence, k: number): number | number[] | null {
  const target = model.loss ? targetAt(sequence, k, model.output.size) : null;
  return target === null || typeof target === "number" ? target : Array.from(target);
}

function nested(tensors: NamedTensors): unknown {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, toNested(tensor)]));
}

function negated(tensors: NamedTensors): NamedTensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, { ...tensor, data: tensor.data.map((number) => -number) }]),
  );
}

function layerOf(passes: readonly Values[]): unknown {
  const [first, second] = passes;
  return second ? { forward: first, backward: second, h: passes.flatMap((values) => values["h"]!) } : first;
}

function valuesOf(state: State): Values {
  return Object.fromEntries(Object.entries(state).map(([name, v]) => [name, Array.from(v)]));
}

/** The state in which a sequence starts: its own, or that in which the one before it ended. */
function startOf(model: Model, sequences: readonly Sequence[], index: number, choices: Choices): States {
  const sequence = sequences[index]!;
  if (index === 0 || !sequence.carry)
    return model.layers.map((layer, l) =>
      (sequence.initial?.[l] ?? layer.passes.map(({ initial }) => initial)).map(valuesOf),
    );
  const before = forwardOf(model, sequences[index - 1]!, startOf(model, sequences, index - 1, choices), choices);
  return before.layers.map((passes) => passes.map(({ values }) => values.at(-1)!));
}

/** The steps of a pass in its own direction. */
function orderOf(direction: "forward" | "backward", length: number): number[] {
  const order = Array.from({ length }, (_, k) => k);
  return direction === "forward" ? order : order.reverse();
}

function inputAt({ inputs }: Sequence, k: number, X: number): number[] {
  const token = inputs.tokens?.[k] ?? -1;
  if (token < 0) return Array.from(inputs.vectors!.subarray(k * X, (k + 1) * X));
  const x_t = zeros(X);
  x_t[token] = 1;
  return x_t;
}

function forwardOf(model: Model, sequence: Sequence, start: States, choices: Choices): Forward {
  const steps = orderOf("forward", sequence.length);
  const inputs: Vector[][] = [steps.map((k) => inputAt(sequence, k, model.inputSize))];
  const layers = model.layers.map((layer, l) => {
    const passes = layer.passes.map((pass, p): PassForward => {
      const used = usedParameters(pass, choices);
      const values: Values[] = [];
      let prev = start[l]![p]!;
      for (const k of orderOf(pass.direction, sequence.length)) {
        prev = slippedCell(layer.cell).forward(layer.options, used.forward, inputs[l]![k]!, prev, choices);
        values[k] = prev;
      }
      return { used, values, start: start[l]![p]! };
    });
    inputs.push(steps.map((k) => passes.flatMap(({ values }) => values[k]!["h"]!)));
    return passes;
  });
  return { inputs, layers };
}

interface Readout {
  /** L; null without a target */
  readonly loss: number | null;
  /** z_t, y_t, ℓ_t and dL/dz_t; null at a step without a read-out, or a target */
  readonly steps: readonly {
    readonly z: Vector | null;
    readonly y: Vector | null;
    readonly loss: number | null;
    readonly dz: Vector;
  }[];
}

function readoutOf(model: Model, sequence: Sequence, { inputs }: Forward, choices: Choices): Readout {
  const { output, loss } = model;
  const { Why, by } = usedReadout(model, choices);
  const N = loss ? countTargets(sequence) : 0;
  const mean = loss?.reduction === "mean" && N > 0;
  const factorOf = (factors: readonly Factor[]) =>
    factors.reduce((product, factor) => {
      switch (factor) {
        case "otherReduction":
          return product * (mean ? N : 1 / Math.max(1, N));
        case "half":
          return product / 2;
        case "outputMean":
          return product / output.size;
        case "negative":
          return -product;
      }
    }, 1);
  // A mean over the steps for their sum is one of L, not of each ℓ_t.
  const stepFactor = factorOf(choices.lossFactors.filter((factor) => factor !== "otherReduction"));
  const totalFactor = factorOf(choices.lossFactors.filter((factor) => factor === "otherReduction"));
  const weight = (mean ? 1 / N : 1) * factorOf(choices.gradientFactors);
  let total = 0;
  const steps = inputs.at(-1)!.map((h_t, k) => {
    if (!hasReadout(model, sequence, k)) return { z: null, y: null, loss: null, dz: zeros(output.size) };
    const exact = sum(product(Why, h_t), by);
    const z = choices.keep ? exact.map(choices.keep) : exact;
    const activated = new Float64Array(output.size);
    activateOutput(output.activation, Float64Array.from(z), activated);
    const y = Array.from(choices.keep ? activated.map(choices.keep) : activated);
    const target = loss ? targetAt(sequence, k, output.size) : null;
    if (target === null || !loss) return { z, y, loss: null, dz: zeros(output.size) };
    const natural = choices.keep ? lossOfOutput(loss.type, y, target) : stepLossOf(loss.type, z, y, target);
    const ofStep = (loss.type === "mse" ? natural : natural / Math.log(choices.logBase)) * stepFactor;
    const rounded = choices.keep ? choices.keep(ofStep) : ofStep;
    total += rounded;
    const dz = logitGradient(loss.type, output.activation, z, y, target, choices).map((d) => d * weight);
    return { z, y, loss: rounded, dz: choices.keep ? dz.map(choices.keep) : dz };
  });
  return { loss: N > 0 ? total * (mean ? 1 / N : 1) * totalFactor : null, steps };
}

function stepLossOf(type: LossType, z: Vector, y: Vector, target: Target): number {
  return stepLoss(type, Float64Array.from(z), Float64Array.from(y), target);
}

/** ℓ_t of the output as it was written down, where that has been rounded. */
function lossOfOutput(type: LossType, y: Vector, target: Target): number {
  if (typeof target === "number") return -Math.log(y[target]!);
  return y.reduce((total, y_j, j) => {
    const t_j = target[j]!;
    return total + (type === "mse" ? (y_j - t_j) ** 2 : -(t_j * Math.log(y_j) + (1 - t_j) * Math.log(1 - y_j)));
  }, 0);
}

/** dℓ_t/dz_t */
function logitGradient(
  type: LossType,
  activation: OutputActivation,
  z: Vector,
  y: Vector,
  target: Target,
  { logitForOutput, outputDerivative }: Choices,
): Vector {
  const targets = typeof target === "number" ? y.map((_, j) => (j === target ? 1 : 0)) : Array.from(target);
  const error = (logitForOutput ? z : y).map((value, j) => value - targets[j]!);
  const dy = type === "mse" ? error.map((e) => 2 * e) : error;
  const wanted = type === "mse" ? outputDerivative !== "forgotten" : outputDerivative !== "asAsked";
  if (!wanted) return dy;
  switch (activation) {
    case "linear":
      return dy;
    case "tanh":
      return dy.map((d, j) => d * (1 - y[j]! ** 2));
    case "sigmoid":
      return dy.map((d, j) => d * y[j]! * (1 - y[j]!));
    case "softmax": {
      if (outputDerivative === "onTop") return dy.map((d, j) => d * y[j]! * (1 - y[j]!));
      const inner = times(dy, y).reduce((total, d) => total + d, 0);
      return dy.map((d, j) => y[j]! * (d - inner));
    }
  }
}

/** dL/dh_t of the top layer from the losses, and the read-out's gradients. */
function throughReadout(model: Model, sequence: Sequence, h: readonly Vector[], readout: Readout, choices: Choices) {
  const { back } = usedReadout(model, choices);
  const last = sequence.length - 1;
  const above = readout.steps.map(({ dz }) =>
    transposedProduct(back, choices.lossAtEveryStep ? readout.steps[last]!.dz : dz),
  );
  const rounded = choices.keep ? above.map((v) => v.map(choices.keep!)) : above;
  const dWhy = readout.steps.map(({ dz }, k) => outer(dz, h[k]!)).reduce(sumOfMatrices);
  const dby = readout.steps.map(({ dz }) => dz).reduce((total, dz) => sum(total, dz));
  return { above: rounded, dWhy, dby };
}

function backwardOf(model: Model, sequence: Sequence, forward: Forward, readout: Readout, choices: Choices) {
  const top = throughReadout(model, sequence, forward.inputs.at(-1)!, readout, choices);
  const found: Record<string, Tensor> = {
    "output.Why": writtenGradient("output.Why", top.dWhy, 2, choices),
    "output.by": writtenGradient(
      "output.by",
      top.dby.map((d) => [d]),
      1,
      choices,
    ),
  };
  const layerGradients: unknown[][] = readout.steps.map(() => []);
  let above: readonly Vector[] = top.above;
  for (let l = model.layers.length - 1; l >= 0; l--) {
    const layer = model.layers[l]!;
    const below = above.map(() => zeros(layer.inputSize));
    const ofPasses = layer.passes.map((pass, p) => {
      const own = above.map((v) => v.slice(p * layer.size, (p + 1) * layer.size));
      const back = passBackward(model, l, p, forward, own, choices);
      back.steps.forEach(({ dx }, k) => {
        below[k] = sum(below[k]!, dx);
      });
      for (const [short, rows] of Object.entries(back.gradients)) {
        const full = `${pass.prefix}.${fileName(short, choices)}`;
        found[full] = writtenGradient(full, rows, pass.parameters[short]!.rank, choices);
      }
      return back.steps;
    });
    layerGradients.forEach((layers, k) => {
      layers.unshift(layerOf(ofPasses.map((steps) => ({ ...steps[k]!.gradients, h: steps[k]!.dh }))));
    });
    above = below;
  }
  return {
    gradients: Object.fromEntries(Object.keys(parametersOf(model)).map((name) => [name, found[name]!])),
    steps: readout.steps.map(({ z, dz }, k) => ({
      logits: z && dz,
      x: above[k]!,
      layers: layerGradients[k]!,
    })),
  };
}

/** One pass back through its steps. @param above dL/dh_t from above, by step */
function passBackward(
  model: Model,
  l: number,
  p: number,
  forward: Forward,
  above: readonly Vector[],
  choices: Choices,
) {
  const layer = model.layers[l]!;
  const { used, values, start } = forward.layers[l]![p]!;
  const order = orderOf(layer.passes[p]!.direction, above.length);
  const nothing = Object.fromEntries(Object.entries(start).map(([name, v]) => [name, zeros(v.length)]));
  const steps: (StepBack & { readonly dh: Vector })[] = [];
  let next: Values = nothing;
  const gradients: Record<string, number[][]> = {};
  for (let n = order.length - 1; n >= 0; n--) {
    const k = order[n]!;
    const there = {
      x: forward.inputs[l]![k]!,
      prev: n > 0 ? values[order[n - 1]!]! : start,
      values: values[k]!,
      last: values[order.at(-1)!]!,
    };
    const back = (d: Values): StepBack => slippedCell(layer.cell).backward(layer.options, used.back, there, d, choices);
    const dh = sum(above[k]!, next["h"]!);
    const step = back({ ...next, h: dh });
    steps[k] = { ...step, dh };
    next = {
      whole: () => step.before,
      dropped: () => nothing,
      oneStep: () => back({ ...nothing, h: above[k]! }).before,
    }[choices.recurrence]();
    for (const [short, rows] of sharesOf(step))
      gradients[short] = gradients[short] ? sumOfMatrices(gradients[short], rows) : rows.map((row) => [...row]);
  }
  if (choices.keep)
    for (const short in gradients) gradients[short] = gradients[short]!.map((row) => row.map(choices.keep!));
  return { steps, gradients };
}

function sharesOf({ shares }: StepBack): [string, Matrix][] {
  return [
    ...Object.entries(shares.W),
    ...Object.entries(shares.b).map(([short, d]): [string, Matrix] => [short, d.map((number) => [number])]),
  ];
}
