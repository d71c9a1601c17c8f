/**
 * A whole network over a stretch of a sequence: forward, then backpropagation through time, everything recorded.
 * Item t of a sequence stands at index k = t − 1.
 */
import { cellOf, planOf } from "./cells";
import { addInput, addMatTransposedVec, addMatVec, addOuter, addOuterInput, addVec } from "./linear";
import type { StepWeights } from "./loss";
import { activateOutput, hasTarget, stepLoss, stepLossBackward, targetAt, weightAt } from "./loss";
import type { Layer, Model, Output, Pass, Sequence } from "./model";
import { outputSize, parametersOf, readoutParameters, readsBackward } from "./model";
import type { State, StepInput, Values } from "./step";
import type { Unit } from "./sweeps";
import { embeddingUnit, readoutUnit } from "./sweeps";
import type { NamedTensors, Tensor } from "./tensor";

/** The state of every pass: [layer][pass]. */
export type NetworkState = readonly (readonly State[])[];

/** What one pass of a layer computed: arrays over steps, each entry [H] by quantity. */
export interface PassRecord {
  readonly values: Values[];
  /** Gates and `a`: of the pre-activation. `h`, `c`: the whole dL/dh_t, dL/dc_t. */
  readonly gradients: Values[];
  /** dL/dh_t from the layers above and this step's loss. */
  readonly above: Float64Array[];
  /** dL/dh_t from the step to which the state goes on. */
  readonly next: Float64Array[];
  /** dL/d(initial state) */
  readonly initialGradient: Values;
}

export interface LayerRecord {
  readonly passes: readonly PassRecord[];
  /** h_t of the layer: of its one pass, or both concatenated. */
  readonly h: Float64Array[];
  /** dL/dh_t of the layer from above, same length. */
  readonly above: Float64Array[];
}

/** What `at: ends` reads, h_T of a forward pass and h_1 of a backward one in this order, and dL/d of it. */
export interface Ends {
  readonly h: Float64Array;
  readonly dh: Float64Array;
}

/** Whether the read-out reads states of different steps: the ends of passes one of which goes backward. */
export function readsEnds({ output, layers }: Model): boolean {
  return output.at === "ends" && readsBackward(layers.at(-1)!);
}

export function newEnds({ layers }: Model): Ends {
  const length = outputSize(layers.at(-1)!);
  return { h: new Float64Array(length), dh: new Float64Array(length) };
}

/** Memory for up to `capacity` steps; grows, is used again and again, and allocates nothing while it computes. */
export class Recording {
  readonly layers: readonly LayerRecord[];
  readonly logits: Float64Array[] = [];
  readonly output: Float64Array[] = [];
  readonly dLogits: Float64Array[] = [];
  /** ℓ_t; NaN where the step has no target. */
  readonly loss: number[] = [];
  /** dL/dx_t */
  readonly dx: Float64Array[] = [];
  private capacity = 0;

  /** @param ends what several recordings of one sequence share, for its ends may lie in different ones */
  constructor(
    private readonly model: Model,
    readonly ends: Ends = newEnds(model),
  ) {
    this.layers = model.layers.map((layer) => ({
      passes: layer.passes.map((pass) => ({
        values: [],
        gradients: [],
        above: [],
        next: [],
        initialGradient: zeroState(pass.initial),
      })),
      h: [],
      above: [],
    }));
  }

  reserve(length: number): void {
    const { model } = this;
    const steps = length - this.capacity;
    if (steps <= 0) return;
    // One piece of memory for all of them: thousands of small ones would take longer to be made than the numbers in them.
    const room = new Room(steps * this.numbersOfStep());
    const O = model.output.size;
    for (; this.capacity < length; this.capacity++) {
      for (const [l, layer] of model.layers.entries()) addStep(layer, this.layers[l]!, room);
      this.logits.push(room.take(O));
      this.output.push(room.take(O));
      this.dLogits.push(room.take(O));
      this.loss.push(Number.NaN);
      this.dx.push(room.take(model.inputSize));
    }
  }

  private numbersOfStep(): number {
    const { layers, output, inputSize } = this.model;
    return layers.reduce(
      (sum, layer) => {
        const quantities = cellOf(layer).quantities(layer.options).length;
        return sum + (layer.passes.length * (2 * quantities + 1) + 2 * layer.passes.length) * layer.size;
      },
      3 * output.size + inputSize,
    );
  }
}

/** Memory that vectors are taken from, one after the other. */
class Room {
  private readonly numbers: Float64Array;
  private taken = 0;

  constructor(size: number) {
    this.numbers = new Float64Array(size);
  }

  take(length: number): Float64Array {
    const from = this.taken;
    this.taken += length;
    return this.numbers.subarray(from, this.taken);
  }
}

function addStep(layer: Layer, record: LayerRecord, room: Room): void {
  const H = layer.size;
  const names = cellOf(layer)
    .quantities(layer.options)
    .map(({ name }) => name);
  const above = room.take(outputSize(layer));
  record.above.push(above);
  for (const [p, pass] of record.passes.entries()) {
    const vectors = (): Values => {
      const made: Values = {};
      for (const name of names) made[name] = room.take(H);
      return made;
    };
    pass.values.push(vectors());
    pass.gradients.push(vectors());
    pass.above.push(above.subarray(p * H, (p + 1) * H));
    pass.next.push(room.take(H));
  }
  record.h.push(record.passes.length === 1 ? record.passes[0]!.values.at(-1)!["h"]! : room.take(outputSize(layer)));
}

function zeroState(like: State): Values {
  return Object.fromEntries(Object.entries(like).map(([name, v]) => [name, new Float64Array(v.length)]));
}

/** The state in which a sequence starts where nothing is carried into it. */
export function initialState(model: Model, sequence: Sequence): NetworkState {
  return model.layers.map((layer, l) => sequence.initial?.[l] ?? layer.passes.map((pass) => pass.initial));
}

/** The state in which the recorded stretch of `length` steps ended, copied. */
export function finalState(model: Model, recording: Recording, length: number): NetworkState {
  return model.layers.map((layer, l) =>
    layer.passes.map((pass, p) => {
      const last = recording.layers[l]!.passes[p]!.values[pass.direction === "forward" ? length - 1 : 0]!;
      return Object.fromEntries(cellOf(layer).states.map((name) => [name, last[name]!.slice()]));
    }),
  );
}

/** Steps `from` to before `to` (0-based) of a sequence, with what flows into them. */
export interface Stretch {
  readonly sequence: Sequence;
  readonly from: number;
  readonly to: number;
  /** The state from the step before; for a backward pass, from the step after. */
  readonly start: NetworkState;
  /** dL/d(state) from the steps to which the stretch's last states go on; null where they go nowhere. */
  readonly incoming: NetworkState | null;
}

/** Reads x_t of the first layer without a copy. `at` gives the same object again and again. */
export class InputReader {
  private readonly input: { token: number; vector: Float64Array } = { token: -1, vector: new Float64Array(0) };

  constructor(
    private readonly sequence: Sequence,
    private readonly model: Pick<Model, "inputSize" | "embedding">,
  ) {}

  at(k: number): StepInput {
    const { tokens, vectors } = this.sequence.inputs;
    const { inputSize: X, embedding } = this.model;
    const token = tokens ? tokens[k]! : -1;
    // An embedding's token is the row that it picks; its one-hot vector is never made.
    this.input.token = embedding ? -1 : token;
    if (embedding) this.input.vector = embedding.E.data.subarray(token * X, (token + 1) * X);
    else if (token < 0 && vectors) this.input.vector = vectors.subarray(k * X, (k + 1) * X);
    return this.input;
  }
}

/** Visits a pass's steps in its own direction, or against it. */
function visit(pass: Pass, length: number, along: boolean, step: (k: number) => void): void {
  if ((pass.direction === "forward") === along) for (let k = 0; k < length; k++) step(k);
  else for (let k = length - 1; k >= 0; k--) step(k);
}

/** What stands before step k in the pass's direction: a recorded step, or the state that flows in. */
function stateBefore(pass: Pass, record: PassRecord, start: State, length: number, k: number): State {
  const before = pass.direction === "forward" ? k - 1 : k + 1;
  return before < 0 || before >= length ? start : record.values[before]!;
}

/** A function that gives what layer l reads at step k. */
function inputsOf(model: Model, recording: Recording, stretch: Stretch, l: number): (k: number) => StepInput {
  if (l === 0) {
    const reader = new InputReader(stretch.sequence, model);
    return (k) => reader.at(stretch.from + k);
  }
  const below = recording.layers[l - 1]!;
  const input: { token: number; vector: Float64Array } = { token: -1, vector: below.h[0]! };
  return (k) => {
    input.vector = below.h[k]!;
    return input;
  };
}

/** Whether the step at position k of the whole sequence has a read-out. */
export function hasReadout(model: Model, sequence: Sequence, k: number): boolean {
  return model.output.at === "every" || k === sequence.length - 1;
}

/**
 * What computes the steps of a stretch, all of one pass or of the read-out: the readable loops of this file, or kernels that do the same
 * faster. Losses, and what goes from one to the other, are the network's own.
 */
export interface Arithmetic {
  /** Values of all steps of layer l's pass p. What the layer reads is recorded. */
  passForward(stretch: Stretch, recording: Recording, l: number, p: number): void;
  /**
   * Gradients of all steps of a pass: `above` is recorded, as is what comes from the steps after it.
   * @param dp    receives the parameters' gradients, now or at `finish`; null where nobody asks
   * @param below [step] where dL/d(what the layer reads) is added; null where nobody asks
   */
  passBackward(
    stretch: Stretch,
    recording: Recording,
    l: number,
    p: number,
    dp: NamedTensors | null,
    below: readonly Float64Array[] | null,
  ): void;
  /** z_t of all steps with a read-out. */
  logits(stretch: Stretch, recording: Recording): void;
  /** From dL/dz_t of all steps to what the read-out reads, and to its parameters; `dp` as above. */
  logitsBackward(
    stretch: Stretch,
    recording: Recording,
    dp: NamedTensors | null,
    dx: readonly Float64Array[] | null,
  ): void;
  /** Adds to `dp` what has been kept of the parameters' gradients until the last stretch. */
  finish(dp: NamedTensors): void;
  /** To be called when a parameter's numbers have been changed where they are. */
  moved(name: string): void;
  /** Gives back the memory that it has; it is not to be used any more. */
  release(): void;
}

/** The first layers of a stretch, recorded by a run in which they and what they read are the same. */
export interface KnownLayers {
  readonly recording: Recording;
  /** How many. */
  readonly count: number;
}

/**
 * Forward through all layers. Records values, logits, outputs and ℓ_t.
 * @param known layers whose values are copied and not computed
 * @returns Σ_t w_t ℓ_t over the stretch's steps with a target, w_t being the sequence's weights, before any division
 */
export function forward(
  model: Model,
  stretch: Stretch,
  recording: Recording,
  arithmetic: Arithmetic = new Loops(model),
  known: KnownLayers | null = null,
): number {
  const length = stretch.to - stretch.from;
  recording.reserve(length);
  for (const [l, { passes }] of model.layers.entries())
    if (known && l < known.count) copyLayer(known.recording.layers[l]!, recording.layers[l]!, length);
    else for (const p of passes.keys()) arithmetic.passForward(stretch, recording, l, p);
  if (readsEnds(model)) {
    const top = model.layers.at(-1)!;
    for (const [p, pass] of top.passes.entries()) {
      const end = endOf(pass, stretch);
      if (end !== null) recording.ends.h.set(recording.layers.at(-1)!.passes[p]!.values[end]!["h"]!, p * top.size);
    }
  }
  arithmetic.logits(stretch, recording);
  return losses(model, stretch, recording);
}

function copyLayer(from: LayerRecord, to: LayerRecord, length: number): void {
  for (let k = 0; k < length; k++) {
    for (const [p, { values }] of to.passes.entries())
      for (const name in values[k]!) values[k]![name]!.set(from.passes[p]!.values[k]![name]!);
    if (to.passes.length > 1) to.h[k]!.set(from.h[k]!);
  }
}

/** Where, in a stretch, a pass's state ends; null where it does not. */
function endOf({ direction }: Pass, { sequence, from, to }: Stretch): number | null {
  if (direction === "backward") return from === 0 ? 0 : null;
  return to === sequence.length ? to - 1 - from : null;
}

/** What the read-out at step k reads of the top layer. */
function readState(model: Model, recording: Recording, k: number): Float64Array {
  return readsEnds(model) ? recording.ends.h : recording.layers.at(-1)!.h[k]!;
}

/** z_t = Why h + Wxy x_t + by (+ x_t) */
function computeLogits({ Why, by, Wxy, skip }: Output, h: Float64Array, x_t: StepInput, z_t: Float64Array): void {
  if (by) z_t.set(by.data);
  else z_t.fill(0);
  if (Why) addMatVec(z_t, Why, h);
  else addVec(z_t, h);
  if (Wxy) addInput(z_t, Wxy, x_t);
  if (!skip) return;
  if (x_t.token < 0) addVec(z_t, x_t.vector);
  else z_t[x_t.token]! += 1;
}

/** Outputs and ℓ_t of all steps with a read-out, whose logits are there. */
function losses(model: Model, stretch: Stretch, recording: Recording): number {
  const { output, loss } = model;
  const weights = stretch.sequence.weights;
  let sum = 0;
  for (let k = 0; k < stretch.to - stretch.from; k++) {
    recording.loss[k] = Number.NaN;
    if (!hasReadout(model, stretch.sequence, stretch.from + k)) continue;
    const z_t = recording.logits[k]!;
    const y_t = recording.output[k]!;
    activateOutput(output.activation, z_t, y_t);
    const target = targetAt(stretch.sequence, stretch.from + k, output.size);
    if (target === null || !loss) continue;
    recording.loss[k] = stepLoss(loss, z_t, y_t, target);
    sum += weights ? weights[stretch.from + k]! * recording.loss[k]! : recording.loss[k]!;
  }
  return sum;
}

/**
 * Back through all layers, after `forward` over the same stretch. Records every gradient, and adds the parameters' to `dp`.
 * @param weights what each ℓ_t counts in L
 * @param dp      by full name; a unit whose parameters are not in it, or null, asks for the gradients of the steps alone
 * @param withInputs whether dL/dx_t of the first layer is asked for; an embedding's gradient asks for it in any case
 */
export function backward(
  model: Model,
  stretch: Stretch,
  recording: Recording,
  weights: StepWeights,
  dp: NamedTensors | null,
  withInputs: boolean,
  arithmetic: Arithmetic = new Loops(model),
): void {
  const length = stretch.to - stretch.from;
  const dE = dp?.["embedding.E"] ?? null;
  const dx = withInputs || dE ? recording.dx : null;
  for (const layer of recording.layers) for (let k = 0; k < length; k++) layer.above[k]!.fill(0);
  if (dx) for (let k = 0; k < length; k++) dx[k]!.fill(0);

  lossesBackward(model, stretch, recording, weights);
  // They may lie in other stretches, which go back later.
  if (readsEnds(model) && stretch.to === stretch.sequence.length) recording.ends.dh.fill(0);
  arithmetic.logitsBackward(stretch, recording, dp && outputTensors(model, dp), dx);
  if (readsEnds(model)) endsBackward(model, stretch, recording);
  for (let l = model.layers.length - 1; l >= 0; l--) {
    const layer = model.layers[l]!;
    const { states } = cellOf(layer);
    const below = l > 0 ? recording.layers[l - 1]!.above : dx;
    for (const [p, pass] of layer.passes.entries()) {
      flowIn(states, pass, recording.layers[l]!.passes[p]!, length, stretch.incoming?.[l]?.[p] ?? null);
      arithmetic.passBackward(stretch, recording, l, p, dp && passTensors(pass, dp), below);
    }
  }
  if (dE) visitBack(model, embeddingUnit, length, (k) => accumulateRow(model, stretch, recording, k, dE));
}

/** The arithmetic that can be read: step after step, with the loops of the cells' plans and of linear.ts. */
export class Loops implements Arithmetic {
  constructor(private readonly model: Model) {}

  passForward(stretch: Stretch, recording: Recording, l: number, p: number): void {
    const length = stretch.to - stretch.from;
    const layer = this.model.layers[l]!;
    const pass = layer.passes[p]!;
    const plan = planOf(layer);
    const layerRecord = recording.layers[l]!;
    const input = inputsOf(this.model, recording, stretch, l);
    const record = layerRecord.passes[p]!;
    const start = stretch.start[l]![p]!;
    visit(pass, length, true, (k) => {
      const before = stateBefore(pass, record, start, length, k);
      plan.forward(pass.parameters, input(k), before, record.values[k]!);
      if (layer.passes.length > 1) layerRecord.h[k]!.set(record.values[k]!["h"]!, p * layer.size);
    });
  }

  passBackward(
    stretch: Stretch,
    recording: Recording,
    l: number,
    p: number,
    dp: NamedTensors | null,
    below: readonly Float64Array[] | null,
  ): void {
    const length = stretch.to - stretch.from;
    const layer = this.model.layers[l]!;
    const pass = layer.passes[p]!;
    const plan = planOf(layer);
    const input = inputsOf(this.model, recording, stretch, l);
    const record = recording.layers[l]!.passes[p]!;
    const start = stretch.start[l]![p]!;
    const into = flowingOut(cellOf(layer).states, pass, record, length);
    visit(pass, length, false, (k) => {
      const gradients = record.gradients[k]!;
      const dh_t = gradients["h"]!;
      // dh_t has two sources: what is above at t, and the step after
      dh_t.set(record.above[k]!);
      addVec(dh_t, record.next[k]!);
      const before = stateBefore(pass, record, start, length, k);
      const values = record.values[k]!;
      const x_t = input(k);
      plan.backward(pass.parameters, x_t, before, values, gradients, into(k), below && below[k]!);
      if (dp) plan.accumulate(pass.parameters, x_t, before, values, gradients, dp);
    });
  }

  logits(stretch: Stretch, recording: Recording): void {
    const { model } = this;
    const input = new InputReader(stretch.sequence, model);
    for (let k = 0; k < stretch.to - stretch.from; k++)
      if (hasReadout(model, stretch.sequence, stretch.from + k))
        computeLogits(model.output, readState(model, recording, k), input.at(stretch.from + k), recording.logits[k]!);
  }

  logitsBackward(
    stretch: Stretch,
    recording: Recording,
    dp: NamedTensors | null,
    dx: readonly Float64Array[] | null,
  ): void {
    const { model } = this;
    const { Why, Wxy, skip } = model.output;
    const top = recording.layers.at(-1)!;
    const input = new InputReader(stretch.sequence, model);
    visitBack(model, readoutUnit(model), stretch.to - stretch.from, (k) => {
      if (!hasGradient(model, stretch.sequence, stretch.from + k)) return;
      const dz_t = recording.dLogits[k]!;
      const dh = readsEnds(model) ? recording.ends.dh : top.above[k]!;
      if (Why) addMatTransposedVec(dh, Why, dz_t);
      else addVec(dh, dz_t);
      if (dx && Wxy) addMatTransposedVec(dx[k]!, Wxy, dz_t);
      if (dx && skip) addVec(dx[k]!, dz_t);
      if (dp) accumulateReadout(dz_t, readState(model, recording, k), input.at(stretch.from + k), dp);
    });
  }

  /** All has been added at once. */
  finish(): void {}

  /** Every parameter is read where it is. */
  moved(): void {}

  /** It has none. */
  release(): void {}
}

/** dE[token] += dL/dx_t */
function accumulateRow(model: Model, { sequence, from }: Stretch, recording: Recording, k: number, dE: Tensor): void {
  const token = sequence.inputs.tokens![from + k]!;
  addVec(dE.data.subarray(token * model.inputSize, (token + 1) * model.inputSize), recording.dx[k]!);
}

/** dL/dh of the states that the read-out has read, where a stretch has them. */
function endsBackward(model: Model, stretch: Stretch, recording: Recording): void {
  const top = model.layers.at(-1)!;
  for (const [p, pass] of top.passes.entries()) {
    const end = endOf(pass, stretch);
    if (end !== null)
      addVec(
        recording.layers.at(-1)!.passes[p]!.above[end]!,
        recording.ends.dh.subarray(p * top.size, (p + 1) * top.size),
      );
  }
}

/** What comes from the steps after the stretch: dL/dh into `next` of the pass's last step, other states into its gradients. */
function flowIn(
  states: readonly string[],
  pass: Pass,
  record: PassRecord,
  length: number,
  incoming: State | null,
): void {
  const last = pass.direction === "forward" ? length - 1 : 0;
  for (const name of states) {
    const target = name === "h" ? record.next[last]! : record.gradients[last]![name]!;
    if (incoming) target.set(incoming[name]!);
    else target.fill(0);
  }
}

/** Where each step writes the gradient of the state before it, likewise. */
function flowingOut(states: readonly string[], pass: Pass, record: PassRecord, length: number): (k: number) => Values {
  const into: Values = {};
  return (k) => {
    const before = pass.direction === "forward" ? k - 1 : k + 1;
    if (before < 0 || before >= length) return record.initialGradient;
    for (const name of states) into[name] = name === "h" ? record.next[before]! : record.gradients[before]![name]!;
    return into;
  };
}

/** Whether a unit, going back, visits t = 1 first: a backward pass, and what goes over the steps together with it. */
export function comesBackAscending(model: Model, unit: Unit): boolean {
  switch (unit.kind) {
    case "pass":
      return model.layers[unit.layer]!.passes[unit.pass]!.direction === "backward";
    case "embedding":
      return model.layers[0]!.passes[0]!.direction === "backward";
    case "readout":
      // It waits for the end of a backward pass that it reads.
      return model.layers.at(-1)!.direction === "backward" && !readsEnds(model);
  }
}

/** Visits the steps as a unit does going back. */
function visitBack(model: Model, unit: Unit, length: number, step: (k: number) => void): void {
  if (comesBackAscending(model, unit)) for (let k = 0; k < length; k++) step(k);
  else for (let k = length - 1; k >= 0; k--) step(k);
}

/** Whether the loss of the step at position k of the whole sequence depends on the logits there. */
function hasGradient(model: Model, sequence: Sequence, k: number): boolean {
  return model.loss !== null && hasReadout(model, sequence, k) && hasTarget(sequence, k);
}

/** dL/dz_t of all steps, 0 where there is none. */
function lossesBackward(model: Model, stretch: Stretch, recording: Recording, weights: StepWeights): void {
  const { output, loss } = model;
  const { sequence, from, to } = stretch;
  for (let k = 0; k < to - from; k++) {
    const dz_t = recording.dLogits[k]!;
    dz_t.fill(0);
    if (!loss || !hasGradient(model, sequence, from + k)) continue;
    const target = targetAt(sequence, from + k, output.size)!;
    stepLossBackward(loss, output.activation, recording.output[k]!, target, weightAt(weights, from + k), dz_t);
  }
}

/** The read-out's tensors where all of them are there, else null. */
function outputTensors({ output }: Model, all: NamedTensors): NamedTensors | null {
  return Object.keys(readoutParameters(output)).every((name) => Object.hasOwn(all, name)) ? all : null;
}

function accumulateReadout(dz_t: Float64Array, h: Float64Array, x_t: StepInput, dp: NamedTensors): void {
  const { "output.Why": dWhy, "output.by": dby, "output.Wxy": dWxy } = dp;
  if (dWhy) addOuter(dWhy, dz_t, h);
  if (dby) addVec(dby.data, dz_t);
  if (dWxy) addOuterInput(dWxy, dz_t, x_t);
}

/** The tensors of one pass by their short names; null where they are not there. */
function passTensors(pass: Pass, all: NamedTensors): NamedTensors | null {
  if (!Object.keys(pass.parameters).every((name) => Object.hasOwn(all, `${pass.prefix}.${name}`))) return null;
  return Object.fromEntries(Object.keys(pass.parameters).map((name) => [name, all[`${pass.prefix}.${name}`]!]));
}

/** The pass, the read-out or the embedding that a parameter belongs to. */
export function ownerOf(model: Model, name: string): Unit {
  for (const [layer, { passes }] of model.layers.entries())
    for (const [pass, { prefix, parameters }] of passes.entries())
      if (name.startsWith(`${prefix}.`) && Object.hasOwn(parameters, name.slice(prefix.length + 1)))
        return { kind: "pass", layer, pass };
  if (Object.hasOwn(readoutParameters(model.output), name)) return readoutUnit(model);
  if (model.embedding && name === "embedding.E") return embeddingUnit;
  throw new RangeError(`no parameter ${name}: the model has ${Object.keys(parametersOf(model)).join(", ")}`);
}

/** The parameters of one pass, of the read-out, or of the embedding, by full name. */
export function parametersOfUnit(model: Model, unit: Unit): Record<string, Tensor> {
  if (unit.kind === "readout") return readoutParameters(model.output);
  if (unit.kind === "embedding") return { "embedding.E": model.embedding!.E };
  const pass = model.layers[unit.layer]!.passes[unit.pass]!;
  return Object.fromEntries(
    Object.entries(pass.parameters).map(([short, tensor]) => [`${pass.prefix}.${short}`, tensor]),
  );
}

/** Adds step k's own share of every gradient of one owner's parameters to `dp`. */
export function accumulateShare(
  model: Model,
  stretch: Stretch,
  recording: Recording,
  owner: Unit,
  k: number,
  dp: NamedTensors,
): void {
  if (owner.kind === "embedding") return accumulateRow(model, stretch, recording, k, dp["embedding.E"]!);
  if (owner.kind === "readout") {
    if (!hasReadout(model, stretch.sequence, stretch.from + k)) return;
    const x_t = new InputReader(stretch.sequence, model).at(stretch.from + k);
    return accumulateReadout(recording.dLogits[k]!, readState(model, recording, k), x_t, dp);
  }
  const layer = model.layers[owner.layer]!;
  const pass = layer.passes[owner.pass]!;
  const record = recording.layers[owner.layer]!.passes[owner.pass]!;
  const before = stateBefore(pass, record, stretch.start[owner.layer]![owner.pass]!, stretch.to - stretch.from, k);
  const input = inputsOf(model, recording, stretch, owner.layer)(k);
  const dpPass = passTensors(pass, dp);
  if (!dpPass) throw new RangeError(`the share of ${pass.prefix} needs all of its parameters`);
  planOf(layer).accumulate(pass.parameters, input, before, record.values[k]!, record.gradients[k]!, dpPass);
}
