import type { Values } from "./cell";
import type { Model, Sequence } from "./model";
import { parametersOf } from "./model";
import type { NetworkState, Stretch } from "./network";
import {
  accumulateShare,
  backward,
  finalState,
  forward,
  hasReadout,
  initialState,
  ownerOf,
  Recording,
} from "./network";
import type { Target } from "./readout";
import { countTargets, targetAt } from "./readout";
import type { Tensor } from "./tensor";
import { zerosLike, zerosLikeAll } from "./tensor";

/** One step of one pass, as a view into the run's memory. Every vector is [H]. */
export interface PassView {
  readonly values: Values;
  readonly gradients: Values;
  /** The two sources of dL/dh_t: from above, and from the step to which the state goes on. */
  readonly above: Float64Array;
  readonly next: Float64Array;
}

/** One step, as a view into the run's memory: read it, do not keep or write it. */
export interface StepView {
  readonly t: number;
  /** Index of the token, −1 where the input is a vector. */
  readonly token: number;
  /** [layer][pass] */
  readonly passes: readonly (readonly PassView[])[];
  /** h_t of each layer: of its one pass, or both concatenated. */
  readonly h: readonly Float64Array[];
  /** [O]; null at a step without a read-out, as are the next two */
  readonly logits: Float64Array | null;
  readonly output: Float64Array | null;
  readonly dLogits: Float64Array | null;
  readonly target: Target | null;
  /** ℓ_t, before any division by N; null without a target. */
  readonly loss: number | null;
  /** dL/dx_t [X] */
  readonly dx: Float64Array;
}

/** One sequence, forward and back, parameters unchanged: every number of every step can be asked for. */
export interface Run {
  readonly model: Model;
  readonly sequence: Sequence;
  /** T */
  readonly length: number;
  /** N: how many steps have a target. */
  readonly targetCount: number;
  /** L; null where no step has a target. */
  readonly loss: number | null;
  /** The state that flows into the first step of each pass: [layer][pass]. */
  readonly start: NetworkState;
  /** dL/d(that state) */
  readonly startGradients: NetworkState;
  /** The gradient of L by every parameter, by full name. */
  readonly gradients: Readonly<Record<string, Tensor>>;
  /** @param t 1…T */
  at(t: number): StepView;
  /** x_t as a vector [X], made anew. */
  input(t: number): Float64Array;
  /** Step t's own share of a parameter's gradient, made anew. The shares of all steps sum to `gradients`. */
  share(name: string, t: number): Tensor;
  /** Sum of the first `steps` shares in the order of the backward pass (for a forward pass and the read-out: t = T, T−1, …), made anew. */
  partialGradient(name: string, steps: number): Tensor;
}

/** The state in which sequence `index` starts: its own, or, where it carries, the one in which the sequence before it ended. */
export function startOf(model: Model, sequences: readonly Sequence[], index: number): NetworkState {
  let first = index;
  while (first > 0 && sequences[first]!.carry) first--;
  let start = initialState(model, sequences[first]!);
  const recording = new Recording(model);
  for (let k = first; k < index; k++) {
    const sequence = sequences[k]!;
    forward(model, { sequence, from: 0, to: sequence.length, start }, recording);
    start = finalState(model, recording, sequence.length);
  }
  return start;
}

/**
 * Runs a sequence forward and back, and keeps everything.
 * @throws RangeError where there is no sequence `index`
 */
export function run(model: Model, sequences: readonly Sequence[], index: number): Run {
  const sequence = sequences[index];
  if (!sequence) throw new RangeError(`there is no sequence ${index}: the file has ${sequences.length}`);
  return new RecordedRun(model, sequence, startOf(model, sequences, index));
}

class RecordedRun implements Run {
  readonly length: number;
  readonly targetCount: number;
  readonly loss: number | null;
  readonly gradients: Record<string, Tensor>;
  private readonly recording: Recording;
  private readonly stretch: Stretch;
  private readonly partials = new Map<string, PartialSums>();

  constructor(
    readonly model: Model,
    readonly sequence: Sequence,
    readonly start: NetworkState,
  ) {
    this.length = sequence.length;
    this.targetCount = model.loss ? countTargets(sequence) : 0;
    this.recording = new Recording(model);
    this.stretch = { sequence, from: 0, to: sequence.length, start };
    const weight = model.loss?.reduction === "mean" && this.targetCount > 0 ? 1 / this.targetCount : 1;
    const sum = forward(model, this.stretch, this.recording);
    this.loss = this.targetCount > 0 ? sum * weight : null;
    this.gradients = zerosLikeAll(parametersOf(model));
    backward(model, this.stretch, this.recording, weight, this.gradients, true);
  }

  get startGradients(): NetworkState {
    return this.recording.layers.map((layer) => layer.passes.map((pass) => pass.initialGradient));
  }

  at(t: number): StepView {
    const k = this.indexOf(t);
    const { recording, model, sequence } = this;
    const read = hasReadout(model, sequence, k);
    const loss = recording.loss[k]!;
    const target = model.loss ? targetAt(sequence, k, model.output.size) : null;
    return {
      t,
      token: sequence.inputs.tokens?.[k] ?? -1,
      passes: recording.layers.map((layer) =>
        layer.passes.map((pass) => ({
          values: pass.values[k]!,
          gradients: pass.gradients[k]!,
          above: pass.above[k]!,
          next: pass.next[k]!,
        })),
      ),
      h: recording.layers.map((layer) => layer.h[k]!),
      logits: read ? recording.logits[k]! : null,
      output: read ? recording.output[k]! : null,
      dLogits: read ? recording.dLogits[k]! : null,
      target,
      loss: target === null ? null : loss,
      dx: recording.dx[k]!,
    };
  }

  input(t: number): Float64Array {
    const k = this.indexOf(t);
    const { tokens, vectors } = this.sequence.inputs;
    const X = this.model.inputSize;
    const token = tokens?.[k] ?? -1;
    if (token < 0 && vectors) return vectors.slice(k * X, (k + 1) * X);
    const x_t = new Float64Array(X);
    x_t[token] = 1;
    return x_t;
  }

  share(name: string, t: number): Tensor {
    const k = this.indexOf(t);
    const owner = ownerOf(this.model, name);
    const dp = zerosLikeAll(parametersOfOwner(this.model, name));
    accumulateShare(this.model, this.stretch, this.recording, owner, k, dp);
    return dp[name]!;
  }

  partialGradient(name: string, steps: number): Tensor {
    if (steps < 0 || steps > this.length)
      throw new RangeError(`a run of ${this.length} steps has no sum of ${steps} shares`);
    let sums = this.partials.get(name);
    if (!sums) {
      const owner = ownerOf(this.model, name);
      const backwardPass =
        owner.kind === "pass" && this.model.layers[owner.layer]!.passes[owner.pass]!.direction === "backward";
      const first = (n: number) => (backwardPass ? n : this.length - 1 - n);
      sums = new PartialSums(this.gradients[name]!, (dp, n) =>
        accumulateShare(this.model, this.stretch, this.recording, owner, first(n), {
          ...this.scratch(name),
          [name]: dp,
        }),
      );
      this.partials.set(name, sums);
    }
    return sums.after(steps);
  }

  /** Somewhere for the shares of the same owner's other parameters to go. */
  private readonly scratches = new Map<string, Record<string, Tensor>>();
  private scratch(name: string): Record<string, Tensor> {
    let scratch = this.scratches.get(name);
    if (!scratch) {
      scratch = zerosLikeAll(parametersOfOwner(this.model, name));
      this.scratches.set(name, scratch);
    }
    return scratch;
  }

  private indexOf(t: number): number {
    if (!Number.isInteger(t) || t < 1 || t > this.length)
      throw new RangeError(`there is no step t = ${t}: the sequence has ${this.length}`);
    return t - 1;
  }
}

/** The parameters of the pass (or read-out) that `name` belongs to, by full name. */
function parametersOfOwner(model: Model, name: string): Record<string, Tensor> {
  const owner = ownerOf(model, name);
  if (owner.kind === "output") return { "output.Why": model.output.Why, "output.by": model.output.by };
  const pass = model.layers[owner.layer]!.passes[owner.pass]!;
  return Object.fromEntries(
    Object.entries(pass.parameters).map(([short, tensor]) => [`${pass.prefix}.${short}`, tensor]),
  );
}

/**
 * Sums of the first n shares, always added in the same order, so that stepping back gives the same bits as stepping there.
 * Some sums are kept on the way; a sum is never taken apart by subtraction.
 */
class PartialSums {
  private readonly kept = new Map<number, Float64Array>();
  private current: Tensor;
  private done = 0;

  constructor(
    like: Tensor,
    private readonly add: (dp: Tensor, n: number) => void,
  ) {
    this.current = zerosLike(like);
  }

  after(steps: number): Tensor {
    if (steps < this.done) this.goBack(steps);
    for (; this.done < steps; this.done++) {
      if (this.done % 32 === 0 && !this.kept.has(this.done)) this.kept.set(this.done, this.current.data.slice());
      this.add(this.current, this.done);
    }
    return { ...this.current, data: this.current.data.slice() };
  }

  private goBack(steps: number): void {
    const from = Math.floor(steps / 32) * 32;
    this.current.data.set(this.kept.get(from)!);
    this.done = from;
  }
}
