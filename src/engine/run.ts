import { cellOf } from "./cells";
import { oneHot } from "./functions";
import type { StepWeights, Target } from "./loss";
import { countTargets, hasTarget, targetAt, weightsInLoss } from "./loss";
import type { Model, Sequence } from "./model";
import { outputSize, parametersOf } from "./model";
import type { Arithmetic, Ends, NetworkState, Stretch } from "./network";
import {
  accumulateShare,
  backward,
  comesBackAscending,
  finalState,
  forward,
  hasReadout,
  InputReader,
  initialState,
  Loops,
  newEnds,
  ownerOf,
  parametersOfUnit,
  Recording,
} from "./network";
import type { NonFinitePlace } from "./nonFinite";
import { firstBackward, firstForward } from "./nonFinite";
import type { State, Values } from "./step";
import type { Unit, UnitSweep } from "./sweeps";
import { sweepsOf } from "./sweeps";
import type { Tensor } from "./tensor";
import { countNumbers, zerosLikeAll } from "./tensor";

/** One step of one pass, as a view into the run's memory. Every vector is [H]. */
export interface PassView {
  readonly values: Values;
  readonly gradients: Values;
  /** The two sources of dL/dh_t: from above, and from the step to which the state goes on. */
  readonly above: Float64Array;
  readonly next: Float64Array;
}

/** One step, as a view into the run's memory: read it before the next step is asked for, and do not write it. */
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

/** How much of a long computation is done, 0…1. */
export interface Progress {
  readonly done: number;
}

/** How a run is computed. */
export interface RunOptions {
  /** Steps of a segment; what suits the model where nothing is said. */
  readonly segmentLength?: number;
  /** Makes what computes the segments of up to so many steps; where there is none, they are computed by the readable loops. */
  readonly arithmetic?: ((model: Model, length: number, segmentLength: number) => Arithmetic | null) | undefined;
  /** Makes what looks at every step once while the run is computed. */
  readonly look?: (run: Run) => Look;
  /** Goes over these steps alone, counted from 0, `to` not included; over all where nothing is said. */
  readonly steps?: { readonly from: number; readonly to: number };
  /** What each ℓ_t counts in L; what the model's loss says where nothing is said. */
  readonly weights?: StepWeights;
  /** Where the first layers' values are known from, which need not be computed again. */
  readonly known?: KnownRun | null;
}

/** A run over the same steps whose first layers, `count` of them, and what they read are the same. */
export interface KnownRun {
  readonly run: Run;
  readonly count: number;
}

/** Looks at every step once, in any order, when all of its numbers are known. */
export interface Look {
  see(step: StepView): void;
}

/** The segments that stay in memory may take so many bytes: all of them in a run that is not long. */
const loadedBudget = 80e6;
/** What the checkpoints of a long run may take: states and their gradients, and sums of shares. */
const stateBudget = 64e6;
const sumBudget = 64e6;
/** Multiplications of one segment: some 10 ms, in which nobody waits and after which others may work. */
const segmentWork = 7e6;

/** The state in which sequence `index` starts: its own, or, where it carries, the one in which the sequence before it ended. */
export function startOf(model: Model, sequences: readonly Sequence[], index: number): NetworkState {
  let first = index;
  while (first > 0 && sequences[first]!.carry) first--;
  let start = initialState(model, sequences[first]!);
  const recording = new Recording(model);
  for (let k = first; k < index; k++) {
    const sequence = sequences[k]!;
    // A state is carried by forward passes alone, which can go on piece by piece.
    for (let from = 0; from < sequence.length; from += 256) {
      const to = Math.min(sequence.length, from + 256);
      forward(model, { sequence, from, to, start, incoming: null }, recording);
      start = finalState(model, recording, to - from);
    }
  }
  return start;
}

/**
 * Runs a sequence forward and back.
 * @throws RangeError where there is no sequence `index`
 */
export function run(model: Model, sequences: readonly Sequence[], index: number, options: RunOptions = {}): Run {
  return finish(computeRun(model, sequences, index, options));
}

/** What a long computation comes to, where nobody asks how far it is. */
export function finish<T>(computing: Generator<unknown, T, undefined>): T {
  let next = computing.next();
  while (!next.done) next = computing.next();
  return next.value;
}

/** As `run`, but yields now and then, so that a caller can show progress, let others work, or stop. */
export function* computeRun(
  model: Model,
  sequences: readonly Sequence[],
  index: number,
  options: RunOptions = {},
): Generator<Progress, Run, void> {
  const sequence = sequences[index];
  if (!sequence) throw new RangeError(`there is no sequence ${index}: the file has ${sequences.length}`);
  const result = new Run(model, sequence, startOf(model, sequences, index), options);
  yield* result.compute();
  return result;
}

function chooseSegmentLength(model: Model, T: number): number {
  const work = countNumbers(parametersOf(model));
  const stateBytes = model.layers.reduce(
    (sum, layer) => sum + layer.passes.length * cellOf(layer).states.length * layer.size * 16,
    0,
  );
  const least = Math.ceil((T * stateBytes) / stateBudget);
  return Math.min(T, Math.max(16, least, Math.min(Math.floor(segmentWork / work), 4 * Math.ceil(Math.sqrt(T)))));
}

/** What the recording of a step takes. */
export function bytesPerStep(model: Model): number {
  // An array costs some 200 bytes beside its numbers.
  const array = (length: number) => 200 + 8 * length;
  let bytes = 3 * array(model.output.size) + array(model.inputSize);
  for (const layer of model.layers) {
    const quantities = cellOf(layer).quantities(layer.options).length;
    bytes += layer.passes.length * (2 * quantities + 2) * array(layer.size) + 2 * array(outputSize(layer));
  }
  return bytes;
}

/** A segment that stands in memory, forward and back. */
interface LoadedSegment {
  readonly segment: number;
  readonly recording: Recording;
  readonly stretch: Stretch;
}

/**
 * One sequence, forward and back, parameters unchanged: every number of every step can be asked for.
 * The steps lie in segments. Of each segment the run keeps what flows into it, forward and back; the numbers inside are
 * computed again when somebody asks, the segments used last staying in memory (Chen et al. 2016, "Training Deep Nets with
 * Sublinear Memory Cost"): of a run that is not long, all of them.
 */
export class Run {
  /** T: of the whole sequence, or of those steps that are gone over. */
  readonly length: number;
  /** The first of them, counted from 0. */
  private readonly first: number;
  /** N: how many steps have a target. */
  readonly targetCount: number;
  /** The gradient of L by every parameter, by full name. */
  readonly gradients: Readonly<Record<string, Tensor>>;
  private lossSum = 0;
  /** What each ℓ_t is multiplied by in L. */
  readonly weights: StepWeights;
  private readonly segmentLength: number;
  private arithmetic: Arithmetic;
  private readonly ends: Ends;
  private readonly sweeps: readonly UnitSweep[];
  private readonly segments: number;
  /** [segment][layer][pass]: the state that flows in, and dL/d(state) that flows back in. */
  private readonly states: State[][][];
  private readonly incoming: State[][][];
  private readonly outgoing: State[][];
  private readonly lastStates: State[][];
  private readonly sums: ShareSums;
  /** What has looked at every step, once the run has been computed. */
  readonly look: Look | null;
  /** The most recently used one last. */
  private loaded: LoadedSegment[] = [];
  private readonly mostLoaded: number;
  /** Where the first layers' values are known from, until the run has been computed. */
  private known: KnownRun | null = null;

  constructor(
    readonly model: Model,
    readonly sequence: Sequence,
    /** The state that flows into the first step of each pass: [layer][pass]. */
    readonly start: NetworkState,
    { steps, segmentLength, arithmetic, look, weights, known }: RunOptions = {},
  ) {
    const { from, to } = steps ?? { from: 0, to: sequence.length };
    this.first = from;
    this.length = to - from;
    this.segmentLength = segmentLength ?? chooseSegmentLength(model, this.length);
    this.arithmetic = arithmetic?.(model, this.length, this.segmentLength) ?? new Loops(model);
    this.targetCount = model.loss ? countTargets(sequence, from, to) : 0;
    this.weights = weights ?? (model.loss ? weightsInLoss(model.loss, sequence) : { scale: 1, weights: null });
    this.ends = newEnds(model);
    this.segments = Math.ceil(this.length / this.segmentLength);
    // Over a single segment all sweeps are one: nothing has to flow from one segment into the next.
    const sweeps = sweepsOf(model);
    this.sweeps = this.segments > 1 ? sweeps : [{ ascending: true, units: sweeps.flatMap(({ units }) => units) }];
    const fitting = Math.floor(loadedBudget / (bytesPerStep(model) * this.segmentLength));
    // Where not all of them fit, some are computed again and again: then a few are enough, in memory that is used anew.
    this.mostLoaded = this.segments <= fitting ? fitting : Math.max(4, Math.floor(fitting / 8));
    if (known?.run.keepsAll && known.run.length === this.length && known.run.segmentLength === this.segmentLength)
      this.known = known;
    const zeros = () =>
      start.map((passes) =>
        passes.map((state) =>
          Object.fromEntries(Object.entries(state).map(([name, v]) => [name, new Float64Array(v.length)])),
        ),
      );
    this.states = Array.from({ length: this.segments }, zeros);
    this.incoming = Array.from({ length: this.segments }, zeros);
    this.outgoing = zeros();
    this.lastStates = zeros();
    this.gradients = zerosLikeAll(parametersOf(model));
    const bytes = 8 * countNumbers(this.gradients);
    this.sums = new ShareSums(this.length, Math.max(32, Math.ceil((this.length * bytes) / sumBudget)));
    this.look = look?.(this) ?? null;
  }

  /** Whether every number is in memory; else a step may have to be computed again when it is asked for. */
  get keepsAll(): boolean {
    return this.segments <= this.mostLoaded;
  }

  /** L; null where no step has a target. */
  get loss(): number | null {
    return this.targetCount > 0 ? this.lossSum * this.weights.scale : null;
  }

  /** Σ_t w_t ℓ_t, before any division, w_t being the steps' own weights. */
  get sum(): number {
    return this.lossSum;
  }

  /** The state in which each pass has ended: [layer][pass]. */
  get finalState(): NetworkState {
    return this.lastStates;
  }

  /** dL/d(state that flows into the first step): [layer][pass]. */
  get startGradients(): NetworkState {
    return this.outgoing;
  }

  /** Goes through all segments: forward in the order of the sweeps, then back. */
  *compute(): Generator<Progress, void, void> {
    yield* this.computeAll();
    this.known = null;
    // Nothing is to be computed any more.
    if (this.keepsAll) this.release();
  }

  /** Gives back the memory of what computes fast; a step that is no longer in memory is computed by the readable loops from then on. */
  release(): void {
    this.arithmetic.release();
    this.arithmetic = new Loops(this.model);
  }

  /** The first NaN or ∞ in the order of the computation, its step counted from the sequence's first; null where there is none. */
  firstNonFinite(): NonFinitePlace | null {
    for (const [find, ascending] of [
      [firstForward, true],
      [firstBackward, false],
    ] as const)
      for (const s of this.order(ascending)) {
        const { from, to } = this.bounds(s);
        const place = find(this.model, this.load(from).recording, to - from);
        if (place) return { ...place, k: from + place.k };
      }
    return null;
  }

  private *computeAll(): Generator<Progress, void, void> {
    const units = this.sweeps.length * this.segments * (this.targetCount > 0 ? 3 : 1);
    let done = 0;
    for (const going = this.forwardPasses(); !going.next().done; ) yield { done: ++done / units };
    if (this.targetCount === 0) return yield* this.lookAtAll();
    for (const sweep of this.sweeps.toReversed()) {
      const dp = this.ownGradients(sweep);
      for (const s of this.order(!sweep.ascending)) {
        const { recording, stretch } = this.loaded.find(({ segment }) => segment === s) ?? this.forwardOver(s);
        const back = { ...stretch, incoming: this.incoming[s]! };
        backward(this.model, back, recording, this.weights, dp, true, this.arithmetic);
        const out = recording.layers.map((layer) => layer.passes.map((pass) => pass.initialGradient));
        this.passOn(sweep, this.incoming, out, s, !sweep.ascending);
        // The sweep that comes back last finds everything that flows into a segment.
        if (sweep === this.sweeps[0]) this.lookAt(s);
        done += 2;
        yield { done: done / units };
      }
    }
    this.arithmetic.finish(this.gradients);
  }

  private *lookAtAll(): Generator<Progress, void, void> {
    if (!this.look) return;
    if (this.sweeps.length > 1) this.loaded = [];
    for (const s of this.order(true)) {
      this.lookAt(s);
      yield { done: 1 };
    }
  }

  private lookAt(s: number): void {
    if (!this.look) return;
    const { from, to } = this.bounds(s);
    for (let k = from; k < to; k++) this.look.see(this.at(k - this.first + 1));
  }

  /**
   * The forward part of `compute` alone, for `loss` at parameters that have been moved: it can be gone through again and again,
   * in the same memory. Yields after each segment.
   * @param losses [T] receives ℓ_t of every step of the sequence, 0 where a step has no target
   */
  *forwardPasses(losses: Float64Array | null = null): Generator<void, void, void> {
    this.lossSum = 0;
    for (const sweep of this.sweeps) {
      this.enter(sweep, this.states, this.start, sweep.ascending);
      for (const s of this.order(sweep.ascending)) {
        const { recording, sum } = this.forwardOver(s);
        const { from, to } = this.bounds(s);
        this.passOn(sweep, this.states, finalState(this.model, recording, to - from), s, sweep.ascending);
        // The read-out is right once the sweep that it belongs to has come to the segment.
        if (sweep.units.some(({ kind }) => kind === "readout")) {
          this.lossSum += sum;
          if (losses)
            for (let k = from; k < to; k++) losses[k] = hasTarget(this.sequence, k) ? recording.loss[k - from]! : 0;
        }
        yield;
      }
    }
  }

  /** To be called when a parameter has been moved, before the next `forwardPasses`. */
  moved(name: string): void {
    this.arithmetic.moved(name);
  }

  /** Goes forward through all segments alone, after which each step's outputs can be asked for. @returns Σ_t ℓ_t, before any division by N */
  goForward(): number {
    finish(this.forwardPasses());
    if (this.sweeps.length > 1) this.loaded = [];
    return this.lossSum;
  }

  /** Puts a sweep's first state into the segment where it begins. */
  private enter(sweep: UnitSweep, into: State[][][], from: NetworkState, ascending: boolean): void {
    const first = into[ascending ? 0 : this.segments - 1]!;
    for (const unit of sweep.units)
      if (unit.kind === "pass") first[unit.layer]![unit.pass] = from[unit.layer]![unit.pass]!;
  }

  /** Puts what flows out of segment s into the next one of the sweep, or out of the run. */
  private passOn(sweep: UnitSweep, into: State[][][], from: NetworkState, s: number, ascending: boolean): void {
    const next = ascending ? s + 1 : s - 1;
    const target = into[next] ?? (into === this.incoming ? this.outgoing : this.lastStates);
    for (const unit of sweep.units)
      if (unit.kind === "pass")
        target[unit.layer]![unit.pass] = Object.fromEntries(
          Object.entries(from[unit.layer]![unit.pass]!).map(([name, v]) => [name, v.slice()]),
        );
  }

  private *order(ascending: boolean): Generator<number> {
    for (let n = 0; n < this.segments; n++) yield ascending ? n : this.segments - 1 - n;
  }

  private ownGradients(sweep: UnitSweep): Record<string, Tensor> {
    return Object.fromEntries(
      sweep.units.flatMap((unit) =>
        Object.keys(parametersOfUnit(this.model, unit)).map((name) => [name, this.gradients[name]!] as const),
      ),
    );
  }

  private bounds(s: number): { from: number; to: number } {
    const from = this.first + s * this.segmentLength;
    return { from, to: Math.min(this.first + this.length, from + this.segmentLength) };
  }

  private forwardOver(s: number): LoadedSegment & { readonly sum: number } {
    const spare =
      this.loaded.find((one) => one.segment === s) ?? (this.loaded.length < this.mostLoaded ? null : this.loaded[0]!);
    const recording = spare?.recording ?? new Recording(this.model, this.ends);
    const stretch: Stretch = { sequence: this.sequence, ...this.bounds(s), start: this.states[s]!, incoming: null };
    const known = this.known && { recording: this.known.run.load(stretch.from).recording, count: this.known.count };
    const sum = forward(this.model, stretch, recording, this.arithmetic, known);
    const entry = { segment: s, recording, stretch };
    this.loaded = [...this.loaded.filter((one) => one !== spare), entry];
    return { ...entry, sum };
  }

  /** The segment with step k, forward and back. */
  private load(k: number): LoadedSegment {
    const s = Math.floor((k - this.first) / this.segmentLength);
    const found = this.loaded.find((one) => one.segment === s);
    if (found) {
      if (found !== this.loaded.at(-1)) this.loaded = [...this.loaded.filter((one) => one !== found), found];
      return found;
    }
    const entry = this.forwardOver(s);
    const back = { ...entry.stretch, incoming: this.incoming[s]! };
    backward(this.model, back, entry.recording, this.weights, null, true, this.arithmetic);
    return entry;
  }

  /** @param t 1…T */
  at(t: number): StepView {
    const index = this.indexOf(t);
    const { recording, stretch } = this.load(index);
    const k = index - stretch.from;
    const { model, sequence } = this;
    const read = hasReadout(model, sequence, index);
    const target = model.loss ? targetAt(sequence, index, model.output.size) : null;
    return {
      t,
      token: sequence.inputs.tokens?.[index] ?? -1,
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
      loss: target === null ? null : recording.loss[k]!,
      dx: recording.dx[k]!,
    };
  }

  /** x_t as a vector [X], made anew: of an embedding, the row. */
  input(t: number): Float64Array {
    const { token, vector } = new InputReader(this.sequence, this.model).at(this.indexOf(t));
    return token < 0 ? vector.slice() : oneHot(token, this.model.inputSize);
  }

  /** Step t's own share of a parameter's gradient, made anew. The shares of all steps sum to `gradients`. */
  share(name: string, t: number): Tensor {
    const k = this.indexOf(t);
    const unit = ownerOf(this.model, name);
    const dp = zerosLikeAll(parametersOfUnit(this.model, unit));
    this.addShare(unit, k, dp);
    return dp[name]!;
  }

  /** Sum of the first `steps` shares in the order of the backward computation (for a forward pass: t = T, T−1, …), made anew. */
  partialGradient(name: string, steps: number): Tensor {
    if (steps < 0 || steps > this.length)
      throw new RangeError(`a run of ${this.length} steps has no sum of ${steps} shares`);
    const unit = ownerOf(this.model, name);
    const pass = unit.kind === "pass" ? this.model.layers[unit.layer]!.passes[unit.pass]! : null;
    const ascending = comesBackAscending(this.model, unit);
    const sum = this.sums.after(
      pass?.prefix ?? unit.kind,
      steps,
      () => zerosLikeAll(parametersOfUnit(this.model, unit)),
      (dp, n) => this.addShare(unit, this.first + (ascending ? n : this.length - 1 - n), dp),
    )[name]!;
    return { ...sum, data: sum.data.slice() };
  }

  private addShare(unit: Unit, index: number, dp: Record<string, Tensor>): void {
    const { recording, stretch } = this.load(index);
    accumulateShare(this.model, stretch, recording, unit, index - stretch.from, dp);
  }

  private indexOf(t: number): number {
    if (!Number.isInteger(t) || t < 1 || t > this.length)
      throw new RangeError(`there is no step t = ${t}: the run has ${this.length}`);
    return this.first + t - 1;
  }
}

/** Sums of a unit's first n shares, and where the last one that was asked for stands. */
interface Sum {
  readonly tensors: Record<string, Tensor>;
  steps: number;
  readonly kept: Map<number, readonly Float64Array[]>;
}

/**
 * Sums of shares, always added in the same order, so that stepping back gives the same bits as stepping there.
 * Some sums are kept on the way; a sum is never taken apart by subtraction.
 */
class ShareSums {
  private readonly sums = new Map<string, Sum>();

  constructor(
    private readonly length: number,
    private readonly distance: number,
  ) {}

  after(
    key: string,
    steps: number,
    zeros: () => Record<string, Tensor>,
    add: (dp: Record<string, Tensor>, n: number) => void,
  ): Readonly<Record<string, Tensor>> {
    let sum = this.sums.get(key);
    if (!sum) {
      sum = { tensors: zeros(), steps: 0, kept: new Map() };
      this.sums.set(key, sum);
    }
    if (steps < sum.steps) this.goBack(sum, steps);
    for (; sum.steps < steps; sum.steps++) {
      if (sum.steps % this.distance === 0 && !sum.kept.has(sum.steps))
        sum.kept.set(
          sum.steps,
          Object.values(sum.tensors).map(({ data }) => data.slice()),
        );
      add(sum.tensors, sum.steps);
    }
    return sum.tensors;
  }

  private goBack(sum: Sum, steps: number): void {
    const from = Math.floor(Math.min(steps, this.length) / this.distance) * this.distance;
    const kept = sum.kept.get(from)!;
    Object.values(sum.tensors).forEach(({ data }, k) => data.set(kept[k]!));
    sum.steps = from;
  }
}
