/** The numbers that a run holds, by reference, and where the file gives those that nothing computes. */

import { divisorOf, targetAt, weightAt } from "../engine/loss";
import type { Problem, Sequence } from "../engine/model";
import { parametersOf, trainableOf } from "../engine/model";
import { hasReadout, InputReader } from "../engine/network";
import { gradientNorm } from "../engine/optimizer";
import type { Run } from "../engine/run";
import type { NamedTensors, Tensor } from "../engine/tensor";
import { factorOfUpdate, updateOnce } from "../engine/train";
import type { NumberReference } from "./reference";
import { referenceText } from "./reference";
import { passOf } from "./symbol";

/** Keys and indices that lead to a value of the file; the file may leave it out, draw it, or keep it in another file. */
export type FilePath = readonly (string | number)[];

/** References whose numbers stand in the run; the others are computed from these. */
export type HeldReference = Exclude<NumberReference, { kind: "share" | "sumSoFar" } | { kind: "update" }>;

export class Values {
  readonly parameters: NamedTensors;
  private readonly places = new Map<string, ReturnType<typeof passOf>>();
  private updates: Record<string, Tensor> | null = null;
  private readonly inputs: InputReader;

  constructor(
    readonly run: Run,
    readonly problem: Problem,
  ) {
    this.parameters = parametersOf(run.model);
    this.inputs = new InputReader(run.sequence, run.model);
  }

  /** @throws RangeError where the run has no such number */
  of(reference: HeldReference): number {
    const value = this.find(reference);
    if (value === undefined) throw noSuchNumber(reference);
    return value;
  }

  private find(reference: HeldReference): number | undefined {
    const { run } = this;
    const { model } = run;
    switch (reference.kind) {
      case "input": {
        run.at(reference.t);
        if (reference.i >= model.inputSize) return undefined;
        const { token, vector } = this.inputs.at(reference.t - 1);
        return token < 0 ? vector[reference.i] : Number(token === reference.i);
      }
      case "target": {
        const target = this.target(reference.t);
        if (target === null || reference.i >= model.output.size) return undefined;
        return typeof target === "number" ? Number(target === reference.i) : target[reference.i];
      }
      case "logit":
        return run.at(reference.t).logits?.[reference.i];
      case "output":
        return run.at(reference.t).output?.[reference.i];
      case "dLogit":
        return run.at(reference.t).dLogits?.[reference.i];
      case "loss":
        return run.at(reference.t).loss ?? undefined;
      case "totalLoss":
        return run.loss ?? undefined;
      case "targetCount":
        return run.targetCount;
      case "classWeight":
        return model.loss?.classWeights?.[reference.i];
      case "stepWeight":
        run.at(reference.t);
        return model.loss ? weightAt(run.weights, reference.t - 1) : undefined;
      case "givenWeight":
        return run.sequence.weights?.[reference.t - 1];
      case "sequenceWeight":
        return run.sequence.weight;
      case "divisor":
        return model.loss ? divisorOf(model.loss, run.sequence) : undefined;
      case "value":
      case "gradient":
      case "above":
      case "next":
      case "initial":
      case "initialGradient":
        return this.ofPass(reference);
      case "inputGradient":
        return run.at(reference.t).dx[reference.i];
      case "parameter":
        return this.entry(this.parameters, reference);
      case "parameterGradient":
        return this.entry(run.gradients, reference);
      case "gradientNorm": {
        if (reference.name === null) return gradientNorm(trainableOf(model, run.gradients)) * this.updateFactor;
        const tensor = run.gradients[reference.name];
        return tensor && gradientNorm({ tensor });
      }
      case "constant":
        return model.layers[reference.layer]?.own?.constants[reference.name];
      case "setting":
        return this.setting(reference.key);
    }
  }

  private ofPass(
    reference: HeldReference & { kind: "value" | "gradient" | "above" | "next" | "initial" | "initialGradient" },
  ): number | undefined {
    const { run } = this;
    const { layer, pass, short } = this.placeOf(reference.name);
    if (reference.kind === "initial") return run.start[layer]![pass]![short]?.[reference.i];
    if (reference.kind === "initialGradient") return run.startGradients[layer]![pass]![short]?.[reference.i];
    const view = run.at(reference.t).passes[layer]![pass]!;
    if (reference.kind === "value") return view.values[short]?.[reference.i];
    if (reference.kind === "gradient") return view.gradients[short]?.[reference.i];
    return short === "h" ? view[reference.kind][reference.i] : undefined;
  }

  /** What an update multiplies the gradients of L by. */
  get updateFactor(): number {
    return factorOfUpdate(this.run.model, this.run.sequence, this.problem.training);
  }

  private placeOf(name: string): ReturnType<typeof passOf> {
    let place = this.places.get(name);
    if (!place) {
      place = passOf(this.run.model, name);
      this.places.set(name, place);
    }
    return place;
  }

  /** The parameter after one update. */
  updated(reference: NumberReference & { kind: "update" }): number {
    const { model, sequence, gradients } = this.run;
    this.updates ??= updateOnce(model, sequence, gradients, this.problem.training);
    const value = this.entry(this.updates, reference);
    if (value === undefined) throw noSuchNumber(reference);
    return value;
  }

  private entry(
    tensors: NamedTensors,
    { name, i, j }: { readonly name: string; readonly i: number; readonly j: number },
  ): number | undefined {
    const tensor = tensors[name];
    return tensor && i < tensor.rows && j < tensor.cols ? tensor.data[i * tensor.cols + j] : undefined;
  }

  private setting(key: string): number | undefined {
    const { optimizer, clip } = this.problem.training;
    if (key === "clip.at") return clip?.at;
    const found = Object.entries(optimizer).find(([name]) => `optimizer.${name}` === key)?.[1];
    return typeof found === "number" ? found : undefined;
  }

  /** The token at step t, −1 where the input is a vector. */
  token(t: number): number {
    return this.run.sequence.inputs.tokens?.[t - 1] ?? -1;
  }

  /** The same, where the input is the token's one-hot vector and not an embedding's row. */
  oneHot(t: number): number {
    return this.run.model.embedding ? -1 : this.token(t);
  }

  /** The step's target; null where it has none that counts. */
  target(t: number): ReturnType<typeof targetAt> {
    const { model, sequence } = this.run;
    return model.loss && hasReadout(model, sequence, t - 1) ? targetAt(sequence, t - 1, model.output.size) : null;
  }

  /** Where the file gives a number that nothing computes; null where that is no one place. */
  pathOf(reference: NumberReference): FilePath | null {
    if (reference.kind === "parameter") {
      const { rank } = this.parameters[reference.name]!;
      return [...keysOf(reference.name), reference.i, ...(rank === 1 ? [] : [reference.j])];
    }
    if (reference.kind === "constant") return this.constantPath(reference.layer, reference.name);
    if (reference.kind === "setting") return ["training", ...keysOf(reference.key)];
    if (reference.kind === "classWeight") return ["loss", "classWeights", reference.i];
    const sequence = this.problem.sequences.indexOf(this.run.sequence);
    if (reference.kind === "initial") return this.initialPath(reference.name, reference.i, sequence);
    return sequence < 0 ? null : this.itemPath(reference, sequence);
  }

  private itemPath(reference: NumberReference, sequence: number): FilePath | null {
    if (reference.kind === "input")
      return this.token(reference.t) >= 0 || this.run.model.inputSize === 1
        ? ["sequences", sequence, "inputs", reference.t - 1]
        : ["sequences", sequence, "inputs", reference.t - 1, reference.i];
    if (reference.kind === "givenWeight") return ["sequences", sequence, "weights", reference.t - 1];
    if (reference.kind === "sequenceWeight") return ["sequences", sequence, "weight"];
    if (reference.kind !== "target") return null;
    const item = this.run.model.output.at !== "every" ? ["target"] : ["targets", reference.t - 1];
    const isWhole = typeof this.target(reference.t) === "number" || this.run.model.output.size === 1;
    return ["sequences", sequence, ...item, ...(isWhole ? [] : [reference.i])];
  }

  /** The layer's own number, where it has another than its cell. */
  private constantPath(l: number, name: string): FilePath | null {
    const layer = this.run.model.layers[l];
    if (!layer?.own) return null;
    const { constants, defaults } = layer.own;
    return constants[name] === defaults[name] ? ["cells", layer.cell, "constants", name] : ["layers", l, name];
  }

  private initialPath(name: string, i: number, index: number): FilePath | null {
    const { model, sequence } = this.run;
    const { layer, pass, short } = passOf(model, name);
    if (carries(sequence, index)) return null;
    if (!sequence.initial?.[layer]) return [...keysOf(name.slice(0, -short.length - 1)), `${short}0`, i];
    if (index < 0) return null;
    const { passes } = model.layers[layer]!;
    const within = [...(passes.length > 1 ? [passes[pass]!.direction] : []), i];
    const isPlain = model.layers.length === 1 && passes.length === 1;
    return ["sequences", index, `${short}0`, ...(isPlain ? within : [layer, ...within])];
  }
}

/** The first sequence's `carry` means its own initial state. */
export const carries = (sequence: Sequence, index: number): boolean => sequence.carry && index !== 0;

/** `layers.0.Whh` as keys and indices. */
function keysOf(name: string): (string | number)[] {
  return name.split(".").map((key) => (/^\d+$/.test(key) ? Number(key) : key));
}

function noSuchNumber(reference: NumberReference): RangeError {
  return new RangeError(`the run has no number ${referenceText(reference)}`);
}
