/**
 * A whole network over a stretch of a sequence: forward, then backpropagation through time, everything recorded.
 * Item t of a sequence stands at index k = t − 1.
 */
import type { StepInput, Values } from "./cell";
import { cells } from "./cells";
import { addMatTransposedVec, addMatVec, addOuter, addVec } from "./linear";
import type { Layer, Model, Pass, Sequence, State } from "./model";
import { outputSize, parametersOf } from "./model";
import { activateOutput, stepLoss, stepLossBackward, targetAt } from "./readout";
import type { Unit } from "./sweeps";
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

  constructor(private readonly model: Model) {
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
    for (; this.capacity < length; this.capacity++) {
      for (const [l, layer] of this.model.layers.entries()) this.addStep(layer, this.layers[l]!);
      const O = this.model.output.size;
      this.logits.push(new Float64Array(O));
      this.output.push(new Float64Array(O));
      this.dLogits.push(new Float64Array(O));
      this.loss.push(Number.NaN);
      this.dx.push(new Float64Array(this.model.inputSize));
    }
  }

  private addStep(layer: Layer, record: LayerRecord): void {
    const H = layer.size;
    const above = new Float64Array(outputSize(layer));
    record.above.push(above);
    for (const [p, pass] of record.passes.entries()) {
      const zeros = () =>
        Object.fromEntries(cells[layer.cell].quantities(layer.options).map(({ name }) => [name, new Float64Array(H)]));
      pass.values.push(zeros());
      pass.gradients.push(zeros());
      pass.above.push(above.subarray(p * H, (p + 1) * H));
      pass.next.push(new Float64Array(H));
    }
    record.h.push(
      record.passes.length === 1 ? record.passes[0]!.values.at(-1)!["h"]! : new Float64Array(outputSize(layer)),
    );
  }
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
      return Object.fromEntries(cells[layer.cell].states.map((name) => [name, last[name]!.slice()]));
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
    private readonly inputSize: number,
  ) {}

  at(k: number): StepInput {
    const { tokens, vectors } = this.sequence.inputs;
    this.input.token = tokens ? tokens[k]! : -1;
    if (this.input.token < 0 && vectors)
      this.input.vector = vectors.subarray(k * this.inputSize, (k + 1) * this.inputSize);
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
    const reader = new InputReader(stretch.sequence, model.inputSize);
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
 * Forward through all layers. Records values, logits, outputs and ℓ_t.
 * @returns Σ_t ℓ_t over the stretch's steps with a target, before any division by N
 */
export function forward(model: Model, stretch: Stretch, recording: Recording): number {
  const length = stretch.to - stretch.from;
  recording.reserve(length);
  for (const [l, layer] of model.layers.entries()) {
    const cell = cells[layer.cell];
    const layerRecord = recording.layers[l]!;
    const input = inputsOf(model, recording, stretch, l);
    for (const [p, pass] of layer.passes.entries()) {
      const record = layerRecord.passes[p]!;
      const start = stretch.start[l]![p]!;
      visit(pass, length, true, (k) => {
        const before = stateBefore(pass, record, start, length, k);
        cell.forward(layer.options, pass.parameters, input(k), before, record.values[k]!);
        if (layer.passes.length > 1) layerRecord.h[k]!.set(record.values[k]!["h"]!, p * layer.size);
      });
    }
  }
  return readout(model, stretch, recording);
}

function readout(model: Model, stretch: Stretch, recording: Recording): number {
  const { output, loss } = model;
  const top = recording.layers.at(-1)!;
  let sum = 0;
  for (let k = 0; k < stretch.to - stretch.from; k++) {
    recording.loss[k] = Number.NaN;
    if (!hasReadout(model, stretch.sequence, stretch.from + k)) continue;
    const z_t = recording.logits[k]!;
    const y_t = recording.output[k]!;
    z_t.set(output.by.data);
    addMatVec(z_t, output.Why, top.h[k]!);
    activateOutput(output.activation, z_t, y_t);
    const target = targetAt(stretch.sequence, stretch.from + k, output.size);
    if (target === null || !loss) continue;
    recording.loss[k] = stepLoss(loss.type, z_t, y_t, target);
    sum += recording.loss[k]!;
  }
  return sum;
}

/**
 * Back through all layers, after `forward` over the same stretch. Records every gradient, and adds the parameters' to `dp`.
 * @param weight 1 for reduction sum, 1/N for mean
 * @param dp     by full name; a pass whose parameters are not in it, or null, asks for the gradients of the steps alone
 * @param withInputs whether dL/dx_t of the first layer is asked for
 */
export function backward(
  model: Model,
  stretch: Stretch,
  recording: Recording,
  weight: number,
  dp: NamedTensors | null,
  withInputs: boolean,
): void {
  const length = stretch.to - stretch.from;
  for (const layer of recording.layers) for (let k = 0; k < length; k++) layer.above[k]!.fill(0);
  if (withInputs) for (let k = 0; k < length; k++) recording.dx[k]!.fill(0);

  readoutBackward(model, stretch, recording, weight, dp);
  for (let l = model.layers.length - 1; l >= 0; l--) {
    const layer = model.layers[l]!;
    const cell = cells[layer.cell];
    const input = inputsOf(model, recording, stretch, l);
    const below = l > 0 ? recording.layers[l - 1]!.above : withInputs ? recording.dx : null;
    for (const [p, pass] of layer.passes.entries()) {
      const record = recording.layers[l]!.passes[p]!;
      const start = stretch.start[l]![p]!;
      const dpPass = dp && passTensors(pass, dp);
      const back = backwardStates(cell.states, pass, record, length, stretch.incoming?.[l]?.[p] ?? null);
      visit(pass, length, false, (k) => {
        const gradients = record.gradients[k]!;
        const dh_t = gradients["h"]!;
        // dh_t has two sources: what is above at t, and the step after
        dh_t.set(record.above[k]!);
        addVec(dh_t, record.next[k]!);
        const before = stateBefore(pass, record, start, length, k);
        const values = record.values[k]!;
        cell.backward(layer.options, pass.parameters, before, values, gradients, back.into(k), below && below[k]!);
        if (dpPass) cell.accumulate(layer.options, input(k), before, values, gradients, dpPass);
      });
    }
  }
}

/** Where each step writes the gradient of the state before it: dL/dh into `next` of that step, other states into its gradients. */
function backwardStates(
  states: readonly string[],
  pass: Pass,
  record: PassRecord,
  length: number,
  incoming: State | null,
) {
  const first = pass.direction === "forward" ? length - 1 : 0;
  for (const name of states) {
    const target = name === "h" ? record.next[first]! : record.gradients[first]![name]!;
    if (incoming) target.set(incoming[name]!);
    else target.fill(0);
  }
  const into: Values = {};
  return {
    into(k: number): Values {
      const before = pass.direction === "forward" ? k - 1 : k + 1;
      if (before < 0 || before >= length) return record.initialGradient;
      for (const name of states) into[name] = name === "h" ? record.next[before]! : record.gradients[before]![name]!;
      return into;
    },
  };
}

/** Whether the read-out, going back, visits t = 1 first: it goes over the steps together with the top layer. */
export function readoutComesBackAscending(model: Model): boolean {
  return model.layers.at(-1)!.direction === "backward";
}

function visitReadout(model: Model, length: number, step: (k: number) => void): void {
  if (readoutComesBackAscending(model)) for (let k = 0; k < length; k++) step(k);
  else for (let k = length - 1; k >= 0; k--) step(k);
}

function readoutBackward(
  model: Model,
  stretch: Stretch,
  recording: Recording,
  weight: number,
  dp: NamedTensors | null,
): void {
  const { output } = model;
  const top = recording.layers.at(-1)!;
  visitReadout(model, stretch.to - stretch.from, (k) => {
    const dz_t = recording.dLogits[k]!;
    dz_t.fill(0);
    const target = targetAt(stretch.sequence, stretch.from + k, output.size);
    if (target === null || !model.loss || !hasReadout(model, stretch.sequence, stretch.from + k)) return;
    stepLossBackward(model.loss.type, output.activation, recording.output[k]!, target, weight, dz_t);
    addMatTransposedVec(top.above[k]!, output.Why, dz_t);
    if (dp?.["output.Why"] && dp["output.by"]) accumulateReadout(dz_t, top.h[k]!, dp["output.Why"], dp["output.by"]);
  });
}

function accumulateReadout(dz_t: Float64Array, h_t: Float64Array, dWhy: Tensor, dby: Tensor): void {
  addOuter(dWhy, dz_t, h_t);
  addVec(dby.data, dz_t);
}

/** The tensors of one pass by their short names; null where they are not there. */
function passTensors(pass: Pass, all: NamedTensors): NamedTensors | null {
  if (!Object.keys(pass.parameters).every((name) => Object.hasOwn(all, `${pass.prefix}.${name}`))) return null;
  return Object.fromEntries(Object.keys(pass.parameters).map((name) => [name, all[`${pass.prefix}.${name}`]!]));
}

/** The pass, or the read-out, that a parameter belongs to. */
export function ownerOf(model: Model, name: string): Unit {
  for (const [layer, { passes }] of model.layers.entries())
    for (const [pass, { prefix, parameters }] of passes.entries())
      if (name.startsWith(`${prefix}.`) && Object.hasOwn(parameters, name.slice(prefix.length + 1)))
        return { kind: "pass", layer, pass };
  if (name === "output.Why" || name === "output.by") return { kind: "readout", layer: model.layers.length, pass: 0 };
  throw new RangeError(`no parameter ${name}: the model has ${Object.keys(parametersOf(model)).join(", ")}`);
}

/** The parameters of one pass, or of the read-out, by full name. */
export function parametersOfUnit(model: Model, unit: Unit): Record<string, Tensor> {
  if (unit.kind === "readout") return { "output.Why": model.output.Why, "output.by": model.output.by };
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
  if (owner.kind === "readout") {
    if (hasReadout(model, stretch.sequence, stretch.from + k))
      accumulateReadout(recording.dLogits[k]!, recording.layers.at(-1)!.h[k]!, dp["output.Why"]!, dp["output.by"]!);
    return;
  }
  const layer = model.layers[owner.layer]!;
  const pass = layer.passes[owner.pass]!;
  const record = recording.layers[owner.layer]!.passes[owner.pass]!;
  const before = stateBefore(pass, record, stretch.start[owner.layer]![owner.pass]!, stretch.to - stretch.from, k);
  const input = inputsOf(model, recording, stretch, owner.layer)(k);
  const dpPass = passTensors(pass, dp);
  if (!dpPass) throw new RangeError(`the share of ${pass.prefix} needs all of its parameters`);
  cells[layer.cell].accumulate(layer.options, input, before, record.values[k]!, record.gradients[k]!, dpPass);
}
