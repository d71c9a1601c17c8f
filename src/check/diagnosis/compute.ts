/**
 * A sequence forward and back once more, apart from the engine, with the choices of somebody who works it out otherwise.
 * As it should be, it gives the engine's numbers.
 */
import { batchOf, batchSizeOf } from "../../engine/batch";
import { oneHot } from "../../engine/functions";
import { addVec } from "../../engine/linear";
import { targetAt } from "../../engine/loss";
import type { BatchReduction, Layer, Model, Pass, Problem, Sequence } from "../../engine/model";
import { parametersOf, trainableOf } from "../../engine/model";
import { InputReader, readsEnds } from "../../engine/network";
import { clipGradients, gradientNorm } from "../../engine/optimizer";
import { run } from "../../engine/run";
import type { State, StepInput, Values } from "../../engine/step";
import type { NamedTensors, Tensor } from "../../engine/tensor";
import { countNumbers, zerosLike, zerosLikeAll } from "../../engine/tensor";
import { divisorsOf, runnerOf, scaleInBatch } from "../../engine/train";
import { interleaved, joined, nestedView, summed } from "./arithmetic";
import type { Choices } from "./choices";
import { asItShouldBe, backKey, choicesIn, errorsKey, forwardKey, needsOthers, readoutKey } from "./choices";
import { columnsOwned } from "./concatenated";
import { editedEquations, editedOperations, type Operations } from "./edited";
import { backToRow, embeddedInput, rowOf } from "./embedded";
import { exchangedAxes } from "./exchangedAxes";
import { handedBack, handedTo, handedUp } from "./handed";
import { nothingTaken, type OwnNumbers, placeOf, type Taking } from "./own";
import { fileName, isDecayed, penaltyOf, sourceOf, usedParameters, writtenGradient } from "./parameters";
import type { Losses, Outputs, ReadoutBack } from "./readout";
import { isAssigned, isLeftOut, lossesOf, outputsOf, outputWritten, readoutBack } from "./readout";
import { type States, startAs } from "./starts";
import type { Asked, PassBack, PassSteps, TakeAt } from "./steps";
import { ofInputs, passBackward, passForward } from "./steps";
import { updateWith } from "./update";

/** Numbers where the trace has them, and the parameters after one update where `updated` has them. */
export interface Computed {
  readonly trace: unknown;
  readonly updated: () => unknown;
}

/** One pass of a layer over a sequence. */
interface PassForward {
  readonly pass: Pass;
  readonly steps: PassSteps;
}

interface Forward {
  readonly layers: readonly (readonly PassForward[])[];
  /** What the first layer reads, and what the read-out reads, at each step. */
  readonly inputs: readonly StepInput[];
  readonly read: readonly Float64Array[];
  /** The same before it goes through anything on its way there. */
  readonly pooled: readonly Float64Array[];
  readonly outputs: Outputs;
}

/** What comes back from a sequence's loss, before the parameters' gradients are made of it. */
interface Errors {
  readonly layers: readonly (readonly PassErrors[])[];
  readonly startGradients: Readonly<Record<string, Float64Array>>;
  /** dL/dx_t */
  readonly dx: readonly Float64Array[];
  readonly steps: readonly {
    readonly logits: Float64Array | null;
    readonly x: Float64Array;
    readonly layers: readonly unknown[];
  }[];
}

/** One pass of a layer on the way back. */
interface PassErrors {
  readonly pass: Pass;
  readonly operations: Operations;
  readonly back: PassBack;
}

/** The losses of a sequence, and what comes back from them to the cells. */
interface Readout {
  readonly losses: Losses;
  readonly back: () => ReadoutBack;
}

/** Where a sequence's loss counts otherwise than by itself: in a batch. */
type Scale = number | null;

/** What is computed of a problem again and again: what two choices have in common is computed once. */
export class Workbench {
  private readonly forwards: Recent<Forward>;
  private readonly readouts: Recent<Readout>;
  private readonly errors: Recent<Errors>;
  private readonly gradients: Recent<NamedTensors>;
  /** Of the problem with its axes exchanged, once it is asked for. */
  private other: Workbench | null = null;
  private readonly followed: Recent<{ readonly forward: Forward; readonly following: ReadonlyMap<number, number> }>;

  /** @param asked the parameters whose gradients are asked for by themselves */
  constructor(
    private readonly problem: Problem,
    private readonly asked: Asked = null,
  ) {
    // Every trial of a batch goes over all sequences.
    const most = Math.max(8, 2 * problem.sequences.length);
    this.forwards = new Recent(most);
    this.readouts = new Recent(most);
    this.errors = new Recent(most);
    this.gradients = new Recent(most);
    this.followed = new Recent(most);
  }

  /**
   * A sequence of the problem, forward and back and through one update.
   * @param part with it, of what goes back there is only this, where `isApart` says that it can be had alone
   */
  compute(index: number, choices: Choices, part: Part | null = null): Computed {
    if (choices.axesExchanged) return this.computeExchanged(index, choices);
    const { model, sequences, training } = this.problem;
    const sequence = sequences[index]!;
    const forward = this.forward(index, choices);
    const { losses } = this.readout(index, choices, null);
    // Who only asks for what goes forward needs no way back.
    const errors = lazy(() => this.errorsOf(index, choices, null, part));
    const written = lazy(() =>
      writtenDown(model, this.summed(index, choices, this.back(index, choices, null, part)), choices),
    );
    const steps = lazy(() =>
      forward.inputs.map((input, k) =>
        part && k < part.to
          ? null
          : {
              t: k + 1,
              x: vectorOf(input, model.inputSize),
              ...stepForward(model, sequence, forward, k, choices),
              target: model.loss ? targetAt(sequence, k, model.output.size) : null,
              loss: losses.steps[k],
              get gradients() {
                return errors().steps[k]!;
              },
            },
      ),
    );
    const gradients = lazy(() => ({ ...nested(written()), ...errors().startGradients }));
    return {
      trace: {
        loss: losses.total,
        get steps() {
          return steps();
        },
        get gradients() {
          return gradients();
        },
      },
      // Most authors expect no updated parameters.
      updated: () => nested(updateWith(model, sequence, written(), training, choices)),
    };
  }

  private get exchanged(): Workbench {
    return (this.other ??= new Workbench(exchangedAxes(this.problem)));
  }

  /** A sequence's steps, each of which is one of another sequence where the axes are exchanged; it has no parameters' gradients of its own. */
  private computeExchanged(index: number, choices: Choices): Computed {
    const { model, sequences } = this.problem;
    const steps = Array.from({ length: sequences[index]!.length }, (_, k) => {
      const { trace } = this.exchanged.compute(k, { ...choices, axesExchanged: false });
      return (trace as { readonly steps: readonly { readonly loss: number | null }[] }).steps[index]!;
    });
    const losses = steps.flatMap(({ loss }) => loss ?? []);
    const sum = losses.reduce((all, loss) => all + loss, 0);
    const loss = losses.length === 0 ? null : sum / (model.loss?.reduction === "mean" ? losses.length : 1);
    return { trace: { loss, steps, gradients: {} }, updated: () => ({}) };
  }

  /** A batch's loss and gradients, which count each step as they do where the axes are not exchanged. */
  private batchExchanged(choices: Choices): ReturnType<Workbench["batch"]> {
    const { model, sequences, training } = this.problem;
    const { loss, gradients } = this.exchanged.batch({ ...choices, axesExchanged: false });
    const share = sequences[0]!.length / sequences.length;
    const isMean = model.loss?.reduction === "mean";
    const factors = { sequences: isMean ? 1 : share, sum: isMean ? 1 / share : 1, targets: 1 };
    const factor = factors[training.batchReduction];
    for (const { data } of Object.values(gradients)) for (let k = 0; k < data.length; k++) data[k]! *= factor;
    return { loss: loss === null ? null : loss * factor, gradients };
  }

  /** What goes forward at the first steps of a sequence, without the losses, where `isApartForward` says that it can be had alone. */
  computeFirst(index: number, choices: Choices, steps: number): Pick<Computed, "trace"> {
    const { model, sequences } = this.problem;
    const sequence = sequences[index]!;
    const forward = forwardOf(model, sequence, this.startOf(index, choices), choices, nothingTaken, steps);
    return {
      trace: { steps: Array.from({ length: steps }, (_, k) => stepForward(model, sequence, forward, k, choices)) },
    };
  }

  /**
   * The same of one sequence, each operation from the author's own numbers, who keeps what it gives.
   * @param own of a sequence always the same
   */
  follow(index: number, choices: Choices, own: OwnNumbers): void {
    own.begin();
    const { model, sequences, training } = this.problem;
    const sequence = sequences[index]!;
    const { forward, following } = this.followed.get(`${index} ${forwardKey(choices)}`, () => ({
      forward: forwardOf(model, sequence, this.startOf(index, choices), choices, own),
      following: new Map(own.following),
    }));
    own.goOn(following);
    const losses = lossesOf(model, sequence, forward.outputs, choices, batchSizeOf(this.problem), null, own);
    const readout = readoutBack(model, sequence, forward.read, forward.inputs, losses, choices);
    const errors = errorsOf(model, sequence, forward, losses, readout, choices, own, wantsInput(this.asked));
    const gradients = backOf(model, sequence, errors, readout, choices, this.asked);
    for (const [name, d] of Object.entries(errors.startGradients)) own.take(placeOf("gradients", name), d);
    const written = Object.fromEntries(
      Object.entries(writtenDown(model, gradients, choices)).map(([name, { data, ...shape }]) => [
        name,
        { ...shape, data: own.take(placeOf("gradients", name), data) },
      ]),
    );
    // Who expects updated parameters has asked for all gradients.
    if (this.asked) return;
    for (const [name, { data }] of Object.entries(updateWith(model, sequence, written, training, choices)))
      own.take(placeOf("updated", name), data);
  }

  /** All sequences of the problem as one batch, and through one update. */
  computeBatch(choices: Choices): Computed {
    const { model, training } = this.problem;
    const { loss, gradients } = this.batch(choices);
    const written = writtenDown(model, gradients, choices);
    return {
      trace: { loss, gradients: nested(written) },
      updated: () => nested(updateWith(model, null, written, training, choices)),
    };
  }

  /** A batch's loss, and its gradients before they are written down. */
  batch(choices: Choices): { readonly loss: number | null; readonly gradients: NamedTensors } {
    if (choices.axesExchanged) return this.batchExchanged(choices);
    const { model, training } = this.problem;
    const runners = batchOf(this.problem).map((_, k) => runnerOf(this.problem, k));
    const divisors = divisorsOf(runners);
    let loss: number | null = null;
    const gradients = zerosLikeAll(parametersOf(model));
    const { batchAs, batchLeft } = choices;
    const left = batchLeft === "last" ? runners.length - 1 : 0;
    for (const [k, runner] of runners.entries()) {
      const scaleAs = (reduction: BatchReduction | null) =>
        scaleInBatch(runner, reduction ?? training.batchReduction, runners.length, divisors);
      const { losses } = this.readout(k, choices, scaleAs(batchAs.loss));
      if (losses.total !== null) loss = (loss ?? 0) + losses.sum * scaleAs(batchAs.loss);
      if (batchLeft !== null && k !== left) continue;
      const back = this.back(k, choices, scaleAs(batchAs.gradient));
      // Who forgets the only term with a parameter has no gradient of it.
      for (const [name, { data }] of Object.entries(gradients)) {
        const found = back[name];
        if (found) addVec(data, found.data);
      }
    }
    return { loss: loss === null ? null : loss + penaltyOf(model, choices), gradients };
  }

  private forward(index: number, choices: Choices): Forward {
    return this.forwards.get(`${index} ${forwardKey(choices)}`, () => {
      const { model, sequences } = this.problem;
      return forwardOf(model, sequences[index]!, this.startOf(index, choices), choices, nothingTaken);
    });
  }

  /** What a sequence counts in a batch has been divided as the batch asks for it. */
  private readout(index: number, choices: Choices, scale: Scale): Readout {
    return this.readouts.get(`${index} ${scale} ${readoutKey(choices)}`, () => {
      const { model, sequences } = this.problem;
      const sequence = sequences[index]!;
      const { read, inputs, outputs } = this.forward(index, choices);
      const losses = lossesOf(model, sequence, outputs, choices, batchSizeOf(this.problem), scale, nothingTaken);
      let known: ReadoutBack | null = null;
      return { losses, back: () => (known ??= readoutBack(model, sequence, read, inputs, losses, choices)) };
    });
  }

  /** With those of the sequences before, where nobody has set them to zero. */
  private summed(index: number, choices: Choices, gradients: NamedTensors): NamedTensors {
    if (!choices.accumulated) return gradients;
    const all = Object.entries(gradients).map(
      ([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }] as const,
    );
    for (let before = Math.max(0, index - mostBefore); before < index; before++) {
      const found = this.back(before, choices, null);
      for (const [name, { data }] of all) if (found[name]) addVec(data, found[name].data);
    }
    return Object.fromEntries(all);
  }

  /** The parameters' gradients before they are written down. */
  private back(index: number, choices: Choices, scale: Scale, part: Part | null = null): NamedTensors {
    const asked = this.askedOf(choices, scale, part);
    const what = part ? `${part.to} ${[...part.asked.keys()].join()}` : asked === null;
    return this.gradients.get(`${index} ${scale} ${what} ${backKey(choices)}`, () => {
      const { model, sequences } = this.problem;
      const errors = this.errorsOf(index, choices, scale, part);
      return backOf(model, sequences[index]!, errors, this.readout(index, choices, scale).back(), choices, asked);
    });
  }

  private errorsOf(index: number, choices: Choices, scale: Scale, part: Part | null): Errors {
    const isInputWanted = wantsInput(this.askedOf(choices, scale, part));
    return this.errors.get(`${index} ${scale} ${part?.to ?? 0} ${isInputWanted} ${errorsKey(choices)}`, () => {
      const { model, sequences } = this.problem;
      const forward = this.forward(index, choices);
      const { losses, back } = this.readout(index, choices, scale);
      return errorsOf(
        model,
        sequences[index]!,
        forward,
        losses,
        back(),
        choices,
        nothingTaken,
        isInputWanted,
        part?.to,
      );
    });
  }

  private askedOf(choices: Choices, scale: Scale, part: Part | null): Asked {
    if (part) return part.asked;
    // The norm of all gradients, and what stands in the place of another, need more than what is asked for.
    return scale === null && this.asked && !needsOthers(choices, this.asked) ? this.asked : null;
  }

  /** The state in which a sequence starts: its own, or that in which the one before it ended. */
  private startOf(index: number, choices: Choices): States {
    const { startsAs } = choices;
    return startsAs ? startAs(startsAs, this.givenStart(index, choices)) : this.givenStart(index, choices);
  }

  private givenStart(index: number, choices: Choices): States {
    const { model, sequences } = this.problem;
    const sequence = sequences[index]!;
    const { startsAtZero } = choices;
    if (startsAtZero === true) return model.layers.map(({ passes }) => passes.map(({ initial }) => zerosOf(initial)));
    if (index === 0 || !(sequence.carry || choices.carries))
      return model.layers.map((layer, l) =>
        (sequence.initial?.[l] ?? layer.passes.map(({ initial }) => initial)).map((state) => {
          const zero = startsAtZero === false ? undefined : state[startsAtZero];
          return zero && startsAtZero !== false ? { ...state, [startsAtZero]: new Float64Array(zero.length) } : state;
        }),
      );
    return this.forward(index - 1, choices).layers.map((passes) =>
      passes.map(({ steps }) => steps.values.at(-1) ?? {}),
    );
  }
}

/** What a layer's step takes besides its multiplications. */
const workOfLayer = 1500;

/** What a step takes there and back, in multiplications. */
export function workOfStep(model: Model): number {
  const weights = countNumbers(parametersOf(model));
  return 8 * weights + workOfLayer * model.layers.length;
}

/** A part of what goes back: the steps from one on, and the gradients of some parameters. */
export interface Part {
  readonly to: number;
  readonly asked: NonNullable<Asked>;
}

/** The last steps of a sequence, and no parameter's gradient. */
export const lastOf = (length: number, steps: number): Part => ({
  to: length - steps,
  asked: new Map([[ofInputs, null]]),
});

/** Whether a part of the way back can be had without the rest. */
export function isApart({ layers }: Model, choices: Choices, { to, asked }: Part, length: number): boolean {
  if (!asked.has(ofInputs) && needsOthers(choices, asked)) return false;
  if (to === 0) return true;
  const { flow } = choices;
  if (layers.some(({ direction }) => direction !== "forward") || flow.kind === "upward") return false;
  if (startsWhereOtherEnds(choices)) return false;
  return flow.kind !== "overlapping" || flow.steps >= length - to;
}

const startsWhereOtherEnds = ({ startsAs }: Choices): boolean =>
  startsAs?.kind === "layerBefore" || startsAs?.kind === "passBefore";

/** Whether the first steps of what goes forward can be had without the rest. */
export function isApartForward({ layers }: Model, choices: Choices): boolean {
  const { reads, softmaxOver } = choices;
  if (startsWhereOtherEnds(choices) || softmaxOver) return false;
  return (reads === "h_t" || reads === "h_prev") && layers.every(({ direction }) => direction === "forward");
}

/** A sequence of the problem, forward and back and through one update. */
export function compute(problem: Problem, index: number, choices: Choices, part: Part | null = null): Computed {
  return new Workbench(problem).compute(index, choices, part);
}

/** All sequences of the problem as one batch, and through one update. */
export function computeBatch(problem: Problem, choices: Choices): Computed {
  return new Workbench(problem).computeBatch(choices);
}

/** The parameters' gradients as they should be, by full name. */
export function gradientsOf({ model, sequences }: Problem, index: number): Readonly<Record<string, Float64Array>> {
  const { gradients } = run(model, sequences, index);
  return Object.fromEntries(Object.entries(gradients).map(([name, { data }]) => [name, data]));
}

/** The same of all sequences as one batch. */
export function batchGradientsOf(problem: Problem): Readonly<Record<string, Float64Array>> {
  const { gradients } = new Workbench(problem).batch(asItShouldBe);
  return Object.fromEntries(Object.entries(gradients).map(([name, { data }]) => [name, data]));
}

/** What has been computed last, by what it was computed for. */
class Recent<T> {
  private readonly found = new Map<string, T>();

  constructor(private readonly most: number) {}

  get(key: string, make: () => T): T {
    const known = this.found.get(key);
    const value = known ?? make();
    // What is asked for again stays; what is right is asked for all the time.
    this.found.delete(key);
    this.found.set(key, value);
    if (this.found.size > this.most) this.found.delete(this.found.keys().next().value!);
    return value;
  }
}

function lazy<T>(make: () => T): () => T {
  let known: { readonly value: T } | null = null;
  return () => (known ??= { value: make() }).value;
}

/** So many sequences before one are gone through. */
const mostBefore = 16;

const zerosOf = (state: State): State =>
  Object.fromEntries(Object.entries(state).map(([name, v]) => [name, new Float64Array(v.length)]));

function nested(tensors: NamedTensors): Record<string, unknown> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, nestedView(tensor)]));
}

/** What goes forward at step k, as the trace has it. */
function stepForward(
  model: Model,
  sequence: Sequence,
  { layers, outputs: { z, y } }: Forward,
  k: number,
  choices: Choices,
) {
  return {
    layers: layers.map((passes) =>
      layerOf(
        model,
        passes.map(({ pass, steps }) => at(steps.values, pass, k)),
        choices,
      ),
    ),
    logits: z[k],
    output: outputWritten(z[k], y[k], () => targetAt(sequence, k, model.output.size), choices),
  };
}

function layerOf(model: Model, passes: readonly Values[], choices: Choices): unknown {
  const [first, second] = passes;
  if (!second) return first;
  const both = [first!["h"]!, second["h"]!];
  // Who only reads where the passes end puts their states together there alone.
  return { forward: first, backward: second, h: readsEnds(model) ? joined(both) : together(both, choices) };
}

/** The states of a layer's passes as one vector. */
function together(states: readonly Float64Array[], choices: Choices): Float64Array {
  return choices.passesInterleaved ? interleaved(states) : joined(inOrder(states, choices));
}

/** The share of a layer's vector that is of one of its passes. */
function shareOfPass(v: Float64Array, p: number, { passes, size }: Layer, choices: Choices): Float64Array {
  const P = passes.length;
  if (choices.passesInterleaved) return Float64Array.from({ length: size }, (_, i) => v[i * P + p]!);
  if (P === 1) return v;
  const place = choices.passesExchanged ? P - 1 - p : p;
  return v.slice(place * size, (place + 1) * size);
}

/** What a pass has at step k of the sequence. */
function at<T>(steps: readonly T[], { direction }: Pick<Pass, "direction">, k: number): T {
  return steps[direction === "forward" ? k : steps.length - 1 - k]!;
}

/** In a pass's own direction. */
function along<T>(steps: readonly T[], { direction }: Pick<Pass, "direction">): readonly T[] {
  return direction === "forward" ? steps : steps.toReversed();
}

function inputsOf(model: Model, sequence: Sequence): StepInput[] {
  const reader = new InputReader(sequence, model);
  return Array.from({ length: sequence.length }, (_, k) => ({ ...reader.at(k) }));
}

/** What the first layer reads, as the choices say. */
function inputsRead(model: Model, sequence: Sequence, choices: Choices): readonly StepInput[] {
  const inputs = inputsOf(model, sequence);
  const nothing = { token: -1, vector: new Float64Array(model.layers[0]!.inputSize) };
  const { embedded, tokensShifted } = choices;
  const { tokens } = sequence.inputs;
  if (tokensShifted !== 0)
    for (const [k, { token, vector }] of inputs.entries())
      if (token >= 0) inputs[k] = { token: (token + tokensShifted + model.inputSize) % model.inputSize, vector };
  if (model.embedding && embedded && tokens)
    for (const [k, input] of inputs.entries())
      inputs[k] = embeddedInput(tokens[k]!, input, model.embedding.E, embedded);
  return inputs.map((_, k) => inputs[stepRead(k, inputs.length, choices)] ?? nothing);
}

/** The step whose input is read at step k; there need be no such step. */
function stepRead(k: number, T: number, { reversedInputs, inputsFrom }: Choices): number {
  const from = inputsFrom === "now" ? k : inputsFrom === "before" ? k - 1 : k + 1;
  return reversedInputs && from >= 0 && from < T ? T - 1 - from : from;
}

function vectorOf({ token, vector }: StepInput, X: number): Float64Array {
  return token < 0 ? vector : oneHot(token, X);
}

/** The pass whose steps a layer's h_t has at step k, as the choices turn it. */
const turned = (pass: Pass, { notTurned }: Choices): Pick<Pass, "direction"> =>
  notTurned ? { direction: "forward" } : pass;

/** Where the quantities of a pass stand at its n-th step. */
function takeIn(own: Taking, length: number, keys: readonly (string | number)[], layer: Layer, pass: Pass): TakeAt {
  if (own === nothingTaken) return (_n, _name, v) => v;
  const way = layer.passes.length > 1 ? [pass.prefix === layer.passes[0]!.prefix ? "forward" : "backward"] : [];
  return (n, name, v) => {
    const k = pass.direction === "forward" ? n : length - 1 - n;
    return own.take(placeOf("steps", k, ...keys, ...way, name), v);
  };
}

/** @param first the steps that are gone through: the first ones */
function forwardOf(
  model: Model,
  sequence: Sequence,
  start: States,
  choices: Choices,
  own: Taking,
  first = sequence.length,
): Forward {
  const all = inputsRead(model, sequence, choices);
  const inputs = all.slice(0, first);
  let below: readonly StepInput[] = all;
  const layers: PassForward[][] = [];
  for (const [l, layer] of model.layers.entries()) {
    const equations = editedEquations(layer, choicesIn(choices, l).edits);
    if (l > 0 && choices.delayedLayers)
      below = below.map((_, k) => below[k - 1] ?? { token: -1, vector: new Float64Array(layer.inputSize) });
    const between = handedTo(choices.handed, "layers");
    const handed = l > 0 && between ? below.map((it) => ({ ...it, vector: handedUp(between, it.vector) })) : below;
    const reading = readsInput(model, l, choices) ? all : handed;
    const passes: PassForward[] = [];
    for (const [p, ofFile] of layer.passes.entries()) {
      const pass: Pass = choices.passesForward ? { ...ofFile, direction: "forward" } : ofFile;
      const used = usedParameters(model, pass, choices);
      const take = takeIn(own, sequence.length, ["layers", l], layer, pass);
      const steps = passForward(
        equations,
        used.forward,
        layer.size,
        along(reading, pass),
        endBefore(choices, layers, passes) ?? start[l]![p]!,
        choices,
        take,
        first,
      );
      passes.push({ pass, steps });
    }
    below = inputs.map((_, k) => {
      const h = together(
        passes.map(({ pass, steps }) => at(steps.values, turned(pass, choices), k)["h"]!),
        choices,
      );
      const taken = passes.length > 1 ? own.take(placeOf("steps", k, "layers", l, "h"), h) : h;
      return {
        token: -1,
        vector: isResidual(layer, l, choices) ? summed(taken, vectorOf(reading[k]!, layer.inputSize)) : taken,
      };
    });
    layers.push(passes);
  }
  const { readsLayer, readsQuantity } = choices;
  const top = layers[readsLayer ?? layers.length - 1]!;
  const name = readsQuantity ?? "h";
  const h =
    readsLayer === null && readsQuantity === null
      ? below.map(({ vector }) => vector)
      : inputs.map((_, k) =>
          together(
            top.map(({ pass, steps }) => at(steps.values, pass, k)[name]!),
            choices,
          ),
        );
  const pooled = readsWhereItEnds(model, choices)
    ? h.map(() =>
        together(
          top.map(({ steps }) => steps.values.at(-1)![name]!),
          choices,
        ),
      )
    : readOf(
        h,
        () =>
          together(
            start.at(-1)!.map((state) => state["h"] ?? noState),
            choices,
          ),
        choices,
      );
  const before = handedTo(choices.handed, "output");
  const read = before ? pooled.map((v) => handedUp(before, v)) : pooled;
  return { layers, inputs, pooled, read, outputs: outputsOf(model, sequence, read, inputs, choices, own) };
}

/** The states in which the layer below, or the forward pass, has ended, for who begins with them. @param done the layers and this one's passes so far */
function endBefore(
  { startsAs }: Choices,
  layers: readonly (readonly PassForward[])[],
  done: readonly PassForward[],
): State | null {
  const other =
    startsAs?.kind === "layerBefore"
      ? layers.at(-1)?.[done.length]
      : startsAs?.kind === "passBefore"
        ? done.at(-1)
        : undefined;
  return other?.steps.values.at(-1) ?? null;
}

/** Whether a layer reads the network's input in the place of what is below it. */
const readsInput = ({ layers }: Model, l: number, { wired }: Choices): boolean =>
  wired === "input" && l > 0 && layers[l]!.inputSize === layers[0]!.inputSize;

/** Whether a layer adds what it reads to what it hands up. */
const isResidual = ({ inputSize, size, passes }: Layer, l: number, { wired }: Choices): boolean =>
  inputSize === size * passes.length && (wired === "residual" || (wired === "residualButFirst" && l > 0));

const readsWhereItEnds = (model: Model, { readsLast, reads }: Choices): boolean =>
  readsEnds(model) && !readsLast && reads === "h_t";

/** The step at which each unit is largest. */
function largestAt(h: readonly Float64Array[]): readonly number[] {
  return Array.from(h[0]!, (_, j) => h.reduce((best, h_t, k) => (h_t[j]! > h[best]![j]! ? k : best), 0));
}

/** What the output reads at each step. @param h_0 the state that the top layer starts in */
function readOf(h: readonly Float64Array[], h_0: () => Float64Array, { reads }: Choices): readonly Float64Array[] {
  switch (reads) {
    case "h_t":
      return h;
    case "h_prev":
      return h.map((h_t, k) => {
        if (k > 0) return h[k - 1]!;
        const start = h_0();
        return start.length === h_t.length ? start : new Float64Array(h_t.length);
      });
    case "first":
      return h.map(() => h[0]!);
    case "max": {
      const largest = Float64Array.from(largestAt(h), (k, j) => h[k]![j]!);
      return h.map(() => largest);
    }
    case "mean":
    case "sum": {
      const all = new Float64Array(h[0]!.length);
      for (const h_t of h) addVec(all, h_t);
      const read = reads === "sum" ? all : all.map((v) => v / h.length);
      return h.map(() => read);
    }
  }
}

const noState = new Float64Array(0);

/** What goes back into each step's state of what has been read. @param states h_t of the top layer, where somebody asks for them */
function readBack(
  dread: readonly Float64Array[],
  { reads, backAsItShouldBe }: Choices,
  states: () => readonly Float64Array[],
): readonly Float64Array[] {
  const T = dread.length;
  if (reads === "h_t" || backAsItShouldBe) return dread;
  const nothing = new Float64Array(dread[0]!.length);
  if (reads === "h_prev") return dread.map((_, k) => dread[k + 1] ?? nothing);
  const last = dread[T - 1]!;
  if (reads === "first") return dread.map((_, k) => (k === 0 ? last : nothing));
  if (reads === "max") {
    const largest = largestAt(states());
    return dread.map((_, k) => last.map((d, j) => (largest[j] === k ? d : 0)));
  }
  return dread.map(() => (reads === "sum" ? last : last.map((d) => d / T)));
}

/** The passes in the order in which their states stand after each other. */
function inOrder<T>(passes: readonly T[], { passesExchanged }: Choices): readonly T[] {
  return passesExchanged ? passes.toReversed() : passes;
}

/** What a layer hands up, step by step. */
function outputsOfLayer({ layers }: Pick<Forward, "layers">, l: number): StepInput[] {
  const passes = layers[l]!;
  return passes[0]!.steps.values.map((_, k) => ({
    token: -1,
    vector: joined(passes.map(({ pass, steps }) => at(steps.values, pass, k)["h"]!)),
  }));
}

/** What the first layer reads is given, so that few ask for its gradient. */
const wantsInput = (asked: Asked): boolean => asked === null || asked.has(ofInputs) || asked.has("embedding.E");

/** @param to the step that is gone back to: 0 for all */
function errorsOf(
  model: Model,
  sequence: Sequence,
  forward: Forward,
  losses: Losses,
  readout: ReadoutBack,
  choices: Choices,
  own: Taking,
  isInputWanted: boolean,
  to = 0,
): Errors {
  const T = sequence.length;
  const layerErrors: PassErrors[][] = [];
  const layerGradients: unknown[][] = readout.above.map(() => []);
  const startGradients: Record<string, Float64Array> = {};
  const ends = readsWhereItEnds(model, choices);
  const isPlainBack = choices.backAsItShouldBe;
  const before = isPlainBack ? null : handedTo(choices.handed, "output");
  const between = isPlainBack ? null : handedTo(choices.handed, "layers");
  const ofRead = before ? readout.above.map((d, k) => handedBack(before, d, forward.pooled[k]!)) : readout.above;
  const statesOf = (l: number) => outputsOfLayer(forward, l).map(({ vector }) => vector);
  const dread = readBack(ofRead, choices, () => statesOf(model.layers.length - 1));
  const readLayer = (isPlainBack ? null : choices.readsLayer) ?? model.layers.length - 1;
  let above = readLayer === model.layers.length - 1 ? dread : dread.map(({ length }) => new Float64Array(length));
  // What a layer that begins where the one below it has ended hands back there.
  let fromStart: Float64Array | null = null;
  // What layers that read the network's input hand back to it, as a layer below the first.
  let toInput: readonly Float64Array[] | null = null;
  // Where no step is asked for, nothing goes through the layers.
  const lowest = to < T ? 0 : model.layers.length;
  for (let l = model.layers.length - 1; l >= lowest; l--) {
    const layer = model.layers[l]!;
    if (fromStart) {
      const into = fromStart;
      above = above.map((d, k) => (k === T - 1 ? summed(d, into) : d));
      fromStart = null;
    }
    if (l === readLayer && l < model.layers.length - 1) above = above.map((d, k) => summed(d, dread[k]!));
    const isTop = l === readLayer;
    const wantsInput = l > 0 || isInputWanted;
    const below = above.map(() => new Float64Array(layer.inputSize));
    const here = choicesIn(choices, l);
    const operations = editedOperations(layer, choices.backAsItShouldBe ? [] : here.edits);
    const passes = forward.layers[l]!.map(({ pass, steps: computed }, p) => {
      const steps = choices.backAsItShouldBe
        ? { ...computed, inputs: along(l === 0 ? inputsOf(model, sequence) : outputsOfLayer(forward, l - 1), pass) }
        : computed;
      const taking = isPlainBack
        ? { ...choices, gates: {}, transposed: [], concatenated: null, takenFrom: {} }
        : choices;
      const used = usedParameters(model, pass, taking);
      const part = (v: Float64Array) => shareOfPass(v, p, layer, choices);
      const from =
        isTop && ends
          ? steps.values.map((_, n) => (n === T - 1 ? part(above[T - 1]!) : new Float64Array(layer.size)))
          : along(above.map(part), turned(pass, choices));
      // Where steps are gone over several times, none of them has a number of its own.
      const once = choices.flow.kind === "overlapping" ? nothingTaken : own;
      const take = takeIn(once, T, ["gradients", "layers", l], layer, pass);
      const back = passBackward(steps, operations, used.back, from, here, take, wantsInput, to);
      if (wantsInput) for (let k = to; k < T; k++) addVec(below[k]!, at(back.dx, pass, k));
      for (const [state, d] of Object.entries(back.start)) startGradients[`${pass.prefix}.${state}0`] = d;
      return { pass, operations, back };
    });
    layerErrors[l] = passes;
    layerGradients.forEach((layers, k) => {
      layers.unshift(
        layerOf(
          model,
          passes.map(({ pass, back }) => at(back.gradients, pass, k)),
          choices,
        ),
      );
    });
    // What a layer has read of the step before it hands back to that one.
    if (!isPlainBack && isResidual(layer, l, choices))
      for (const [k, d] of below.entries()) if (k >= to) addVec(d, above[k]!);
    if (!isPlainBack && readsInput(model, l, choices)) {
      const sofar: readonly Float64Array[] | null = toInput;
      toInput = below.map((d, k) => (sofar ? summed(d, sofar[k]!) : d));
      above = below.map(() => new Float64Array(model.layers[l - 1]!.size * model.layers[l - 1]!.passes.length));
      continue;
    }
    const { startsAs } = choices;
    if (!isPlainBack && l > 0 && startsAs?.kind === "layerBefore" && startsAs.flows)
      fromStart = joined(passes.map(({ back }) => back.start["h"] ?? new Float64Array(layer.size)));
    const states = l > 0 && between ? statesOf(l - 1) : null;
    const handed = states ? below.map((d, k) => handedBack(between, d, states[k]!)) : below;
    above =
      l > 0 && choices.delayedLayers && !isPlainBack
        ? handed.map((_, k) => handed[k + 1] ?? new Float64Array(layer.inputSize))
        : handed;
  }
  const inputGradients: readonly Float64Array[] = toInput ? above.map((d, k) => summed(d, toInput[k]!)) : above;
  const dx = inputGradients.map((d, k) =>
    own.take(placeOf("steps", k, "gradients", "x"), readout.dx[k] ? summed(d, readout.dx[k]) : d),
  );
  return {
    layers: layerErrors,
    startGradients,
    dx,
    steps: dx.map((x, k) => ({
      logits: forward.outputs.z[k] ? losses.dz[k]! : null,
      x,
      layers: layerGradients[k]!,
    })),
  };
}

/** The gradients of the parameters that are asked for, before they are written down. */
function backOf(
  model: Model,
  sequence: Sequence,
  errors: Errors,
  readout: ReadoutBack,
  choices: Choices,
  asked: Asked,
): NamedTensors {
  const found: Record<string, Tensor> = {};
  for (const [name, gradient] of Object.entries(readout.gradients))
    found[name] = writtenGradient(name, gradient, choices);
  const isPlainBack = choices.backAsItShouldBe;
  for (const [l, passes] of [...errors.layers.entries()].toReversed())
    for (const { pass, operations, back } of passes) {
      const source = isPlainBack ? pass : sourceOf(model, pass, choices);
      const concatenated = isPlainBack ? null : choices.concatenated;
      const taken = back.shares({
        expressions: operations.shares,
        choices: choicesIn(choices, l),
        prefix: pass.prefix,
        asked,
      });
      const shares = concatenated && concatenated.where !== "back" ? columnsOwned(taken, concatenated) : taken;
      for (const [short, gradient] of Object.entries(shares)) {
        const full = `${source.prefix}.${isPlainBack ? short : fileName(short, choices, pass)}`;
        const written = writtenGradient(full, gradient, choices);
        const known = found[full];
        // What two passes take is the sum of their shares.
        found[full] = known ? { ...written, data: summed(known.data, written.data) } : written;
      }
      // What is not taken, or at no step, has a gradient all the same, of zeros.
      if (asked === null)
        for (const [short, like] of Object.entries(pass.parameters))
          found[`${pass.prefix}.${short}`] ??= zerosLike(like);
    }
  if (model.embedding && (asked === null || asked.has("embedding.E")))
    found["embedding.E"] = embeddingGradient(model.embedding.E, sequence, errors.dx, choices);
  return found;
}

/** dE[token] += dL/dx_t */
function embeddingGradient(E: Tensor, sequence: Sequence, dx: readonly Float64Array[], choices: Choices): Tensor {
  const dE = zerosLike(E);
  const isAlone = isAssigned(choices, "embedding.E");
  const steps = [...dx.keys()];
  const { embedded } = choices;
  const tokens = sequence.inputs.tokens!;
  const countOf = (token: number) => tokens.reduce((count, other) => count + Number(other === token), 0);
  // Of the steps with the same token the last one visited is left.
  for (const k of isAlone && choices.assigned?.left === "last" ? steps : steps.toReversed()) {
    if (isLeftOut(choices, k, dx.length)) continue;
    const token = tokens[stepRead(k, dx.length, choices)];
    if (token === undefined) continue;
    const at = rowOf(token, E.rows, embedded);
    const row = dE.data.subarray(at * E.cols, (at + 1) * E.cols);
    const ofE = E.data.subarray(at * E.cols, (at + 1) * E.cols);
    const d = backToRow(dx[k]!, ofE, token, () => countOf(token), embedded);
    if (isAlone) row.set(d);
    else addVec(row, d);
  }
  return writtenGradient("embedding.E", dE, choices);
}

/** A gradient with all that has been summed into the same memory, or over what it should not have been. */
function gathered(
  name: string,
  own: Float64Array,
  found: NamedTensors,
  shared: Choices["shared"],
  totalled: Choices["totalled"],
): Float64Array {
  const data = own.slice();
  for (const other of shared.find((names) => names.includes(name)) ?? [])
    if (other !== name && found[other]) addVec(data, found[other].data);
  return totalled.includes(name) ? data.fill(data.reduce((sum, d) => sum + d, 0)) : data;
}

/** The parameters' gradients as they are written down in the end: those that have been computed. */
function writtenDown(model: Model, found: NamedTensors, choices: Choices): NamedTensors {
  const { copied, shared, totalled, scaled, decayed, clipped, keep } = choices;
  const all = parametersOf(model);
  const moved: NamedTensors = decayed ? trainableOf(model, all) : {};
  const gradients = Object.fromEntries(
    Object.keys(all).flatMap((name) => {
      const gradient = found[copied[name] ?? name];
      if (!gradient) return [];
      const factor = scaled[name] ?? 1;
      if (!keep && (shared.length > 0 || totalled.includes(name)))
        return [[name, { ...gradient, data: gathered(name, gradient.data, found, shared, totalled) }] as const];
      const w = moved[name];
      if (!keep && decayed && w && isDecayed(w, decayed)) {
        const withOwn = gradient.data.map((d, k) => factor * d + decayed.factor * w.data[k]!);
        return [[name, { ...gradient, data: withOwn }] as const];
      }
      // Whoever clips them writes into them.
      if (!keep && factor === 1 && !clipped) return [[name, gradient] as const];
      const { data, ...shape } = gradient;
      return [[name, { ...shape, data: keep ? data.map(keep) : data.map((d) => d * factor) }] as const];
    }),
  );
  if (clipped)
    for (const together of clipped.each
      ? Object.entries(gradients).map((one) => Object.fromEntries([one]))
      : [gradients])
      clipGradients(together, clipped, gradientNorm(together));
  return gradients;
}
