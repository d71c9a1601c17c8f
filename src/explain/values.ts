/** The numbers that a run holds, by reference, and where the file gives those that nothing computes. */

import type { Problem, Sequence } from "../engine/model";
import { parametersOf } from "../engine/model";
import { hasReadout } from "../engine/network";
import { gradientNorm } from "../engine/optimizer";
import { targetAt } from "../engine/readout";
import type { Run } from "../engine/run";
import type { NamedTensors, Tensor } from "../engine/tensor";
import { updateOnce } from "../engine/train";
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

  constructor(
    readonly run: Run,
    readonly problem: Problem,
  ) {
    this.parameters = parametersOf(run.model);
  }

  /** @throws RangeError where the run has no such number */
  of(reference: HeldReference): number {
    const value = this.find(reference);
    if (value === undefined) throw noSuchNumber(reference);
    return value;
  }

  private find(reference: HeldReference): number | undefined {
    const { run } = this;
    const { model, sequence } = run;
    switch (reference.kind) {
      case "input": {
        run.at(reference.t);
        const token = this.token(reference.t);
        const { vectors } = sequence.inputs;
        if (reference.i >= model.inputSize) return undefined;
        if (token >= 0) return token === reference.i ? 1 : 0;
        return vectors?.[(reference.t - 1) * model.inputSize + reference.i];
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
        if (reference.name === null) return gradientNorm(run.gradients);
        const tensor = run.gradients[reference.name];
        return tensor && gradientNorm({ tensor });
      }
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
    this.updates ??= updateOnce(this.run.model, this.run.gradients, this.problem.training);
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
    if (reference.kind === "setting") return ["training", ...keysOf(reference.key)];
    const sequence = this.problem.sequences.indexOf(this.run.sequence);
    if (reference.kind === "initial") return this.initialPath(reference.name, reference.i, sequence);
    return sequence < 0 ? null : this.itemPath(reference, sequence);
  }

  private itemPath(reference: NumberReference, sequence: number): FilePath | null {
    if (reference.kind === "input")
      return this.token(reference.t) >= 0 || this.run.model.inputSize === 1
        ? ["sequences", sequence, "inputs", reference.t - 1]
        : ["sequences", sequence, "inputs", reference.t - 1, reference.i];
    if (reference.kind !== "target") return null;
    const isLast = this.run.model.output.at === "last";
    const item = isLast ? ["target"] : ["targets", reference.t - 1];
    const isWhole = typeof this.target(reference.t) === "number" || this.run.model.output.size === 1;
    return ["sequences", sequence, ...item, ...(isWhole ? [] : [reference.i])];
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
