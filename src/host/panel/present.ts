/** A stepper as the webview shows it. Pure: what a run is to look like is decided here, without VS Code. */

import { cellOf } from "../../engine/cells";
import { norm } from "../../engine/functions";
import type { Layer } from "../../engine/model";
import { parametersOf, readoutParameters } from "../../engine/model";
import { shortText, visibleText } from "../../explain/text";
import { formatNumber } from "../../protocol/numbers";
import type {
  AfterUpdate,
  Cursor,
  GradientVerdict,
  PanelSettings,
  ParameterData,
  ParameterInfo,
  ParameterSummary,
  Phase,
  PileDetail,
  RunInfo,
  ShownWeights,
  TrackData,
  TrackInfo,
  TrackWindow,
  TrainedSide,
  UnitOrder,
} from "../../protocol/panel";
import type { Operation, Sweep } from "../../stepper/program";
import type { Stepper } from "../../stepper/stepper";
import { canGoOn, typedInputsPrompt } from "../training/typedInputs";
import { afterUpdate } from "./after";
import { Explainer } from "./explain";
import type { GradientFlow } from "./gradientFlow";
import { gradientFlowOf } from "./gradientFlow";
import { nowOf } from "./now";
import { operationsOf } from "./operations";
import type { Weight } from "./pile";
import { Piles, steepestWeight } from "./pile";
import type { Scan } from "./scan";
import { scanningOf } from "./scan";
import { stepDetailOf } from "./stepDetail";
import { trackData } from "./trackData";
import type { Track } from "./tracks";
import { inputText, layerTitle, passWord, quantityInSentence, targetText } from "./words";

/** Shares are summed up at every step only where a jump through the whole run takes less work: else it would hold up the stepping. */
const mostSummed = 4e7;
/** What a share costs beside its numbers. */
const costOfShare = 100;
/** One step's shares of more numbers than these are not made at every step. */
const mostShared = 50_000;

export interface PlayState {
  readonly playing: boolean;
  /** Steps a second. */
  readonly speed: number;
  /** 1, and one more for each update that the text does not have. */
  readonly round?: number;
}

/** Everything that the webview can ask about one run. */
export class RunView {
  private readonly byId: ReadonlyMap<string, number>;
  private readonly parameterInfos: readonly ParameterInfo[];
  private readonly isShared: boolean;
  private readonly isSummed: boolean;
  private readonly nonFinite: string | null;
  private readonly flow: GradientFlow | null;
  private readonly endOfForward: number;
  private explained: Explainer | null = null;
  private piles: Piles | null = null;
  /** The weight that is shown until somebody chooses one, by sweep; −1 of the whole run. */
  private readonly steepest = new Map<number, Weight | null>();
  private after: { readonly digits: number; readonly detail: AfterUpdate | null } | null = null;
  private wholeNorms: ReadonlyMap<string, number> | null = null;

  private constructor(
    readonly stepper: Stepper,
    readonly revision: number,
    private readonly tracks: readonly Track[],
    private readonly scan: Scan,
  ) {
    const { run, program } = stepper;
    this.byId = new Map(tracks.map(({ info }, k) => [info.id, k]));
    this.parameterInfos = parametersIn(stepper);
    const numbers = this.parameterInfos.reduce((sum, { rows, cols }) => sum + rows * cols, 0);
    this.isShared = numbers <= mostShared;
    this.isSummed = (numbers + costOfShare) * run.length <= mostSummed;
    this.nonFinite = firstNonFinite(stepper, tracks, scan);
    this.flow = run.targetCount > 0 ? gradientFlowOf(run.model, scan.passes) : null;
    this.endOfForward = program.endOfSweep(program.sweeps.findLastIndex(({ phase }) => phase === "forward"));
  }

  /**
   * Looks at every step of the run once, which takes a while for a long one: yields after each step.
   * @param revision another number for each run that is shown
   */
  static *build(stepper: Stepper, revision: number): Generator<void, RunView, void> {
    const scanning = yield* scanningOf(stepper.run);
    const scan = scanning.scan(({ key }) => sweepOf(stepper, key).ascending);
    return new RunView(stepper, revision, scanning.tracks, scan);
  }

  /**
   * @param round   the number of the round whose run this is
   * @param weights whose weights the run has
   * @param trained of which side of the last training they are
   */
  info(
    settings: PanelSettings,
    round = 1,
    weights: ShownWeights = { kind: "text" },
    trained: TrainedSide | null = null,
  ): RunInfo {
    const { run, problem, sequenceIndex, program } = this.stepper;
    const { model } = run;
    return {
      revision: this.revision,
      title: problem.name,
      sequence: {
        index: sequenceIndex,
        names: problem.sequences.map(({ name }, k) => name ?? `Sequence ${k + 1}`),
      },
      length: run.length,
      layers: model.layers.map((layer, l) => ({
        title: layerTitle(layer, l),
        size: layer.size,
        passes: layer.passes.map(({ direction }) => direction),
        isRecurrent: cellOf(layer).states.length > 0,
      })),
      output: { size: model.output.size, at: model.output.at, activation: model.output.activation },
      loss: model.loss && { type: model.loss.type, reduction: model.loss.reduction },
      tracks: this.tracks.map((track, k) => ({
        ...track.info,
        scale: this.scaleOf(track, k),
        smallest: this.scan.tracks[k]!.smallest,
        palette: track.bounds === "gate" ? ("gate" as const) : ("signed" as const),
      })),
      parameters: this.parameterInfos,
      phases: phasesOf(this.stepper),
      positions: program.length,
      epochs: problem.training.epochs,
      weights,
      trained,
      round,
      typing: { prompt: typedInputsPrompt(model), canGoOn: canGoOn(model) },
      nonFinite: this.nonFinite,
      settings,
    };
  }

  /**
   * @param digits    significant digits of numbers in words
   * @param verdictOn what a check of a parameter's gradient has found
   * @param stepper   another stepper of the same run, to see what would be shown where that one stands
   * @param chosen    the weight whose shares pile up; without it the one with the largest gradient
   */
  cursor(
    { playing, speed, round = 1 }: PlayState,
    digits: number,
    verdictOn: (name: string) => GradientVerdict | null = () => null,
    stepper: Stepper = this.stepper,
    chosen: Weight | null = null,
  ): Cursor {
    const { phase, t, run } = stepper;
    const weight = this.weight(chosen, stepper);
    const { derivations } = this.explainer;
    const pile = weight && this.pileOf(stepper, weight);
    const now = nowOf(stepper, derivations, digits, weight);
    // Sums may go over many steps: the view of this one is taken after them.
    const parameters = this.parameterInfos.map(({ name }) => ({
      ...this.summary(stepper, name),
      check: this.isWhole(stepper, name) ? verdictOn(name) : null,
    }));
    const step = t > 0 ? run.at(t) : null;
    const known: Record<string, readonly [number, number]> = {};
    for (const { info, key } of this.tracks) {
      const range = stepper.known(key);
      if (range) known[info.id] = [range.from, range.to];
    }
    return {
      position: stepper.position,
      phase,
      t,
      text: placeText(stepper),
      operations: operationsOf(stepper, step),
      canStep: !stepper.isAtEnd || run.targetCount > 0,
      canRun: !stepper.isAtEnd,
      canStepBack: !stepper.isAtStart || round > 1,
      playing,
      speed,
      known,
      step: step && stepDetailOf(stepper, step, digits),
      parameters,
      loss: stepper.position >= this.endOfForward ? run.loss : null,
      now,
      pile,
      after: this.afterOf(stepper, digits),
      gradientFlow: this.gradientFlow(stepper),
    };
  }

  private scaleOf({ info, bounds = null }: Track, k: number): number {
    if (bounds !== null) return 1;
    const own = this.scan.tracks[k]!.scale;
    if (info.kind !== "heat") return own;
    return this.tracks.reduce(
      (most, other, j) =>
        other.info.kind === "heat" && other.info.group === info.group && (other.bounds ?? null) === null
          ? Math.max(most, this.scan.tracks[j]!.scale)
          : most,
      own,
    );
  }

  /**
   * The chosen weight, where the model has it; else the one with the largest gradient among those that have a share in each step
   * of the sweep in which the stepper stands; null without targets.
   */
  private weight(chosen: Weight | null, { place, program, phase }: Stepper): Weight | null {
    const { run } = this.stepper;
    if (run.targetCount === 0) return null;
    const tensor = chosen && run.gradients[chosen.name];
    if (tensor && chosen.i < tensor.rows && chosen.j < tensor.cols) return chosen;
    const sweep = phase === "backward" && place ? place.sweep : -1;
    let steepest = this.steepest.get(sweep);
    if (steepest === undefined) {
      const shares = program.sweeps[sweep]?.operations.flatMap(({ key }) =>
        key.startsWith("shares.") ? [key.slice("shares.".length)] : [],
      );
      // The read-out's weights come first where nothing else has a share
      const passes = shares?.filter((prefix) => prefix.startsWith("layers.")) ?? [];
      steepest = steepestWeight(run, passes.length > 0 ? passes : (shares ?? null));
      this.steepest.set(sweep, steepest);
    }
    return steepest;
  }

  private pileOf(stepper: Stepper, weight: Weight): PileDetail {
    this.piles ??= new Piles(stepper.run, this.explainer.derivations);
    return this.piles.pile(stepper, weight);
  }

  private afterOf(stepper: Stepper, digits: number): AfterUpdate | null {
    if (stepper.phase !== "update" || !stepper.isAtEnd) return null;
    if (this.after?.digits !== digits) this.after = { digits, detail: afterUpdate(stepper, digits) };
    return this.after.detail;
  }

  /** @throws RangeError where there is no such track or step */
  track(window: TrackWindow): TrackData {
    const k = this.byId.get(window.id);
    if (k === undefined)
      throw new RangeError(`there is no track ${window.id}: there are ${[...this.byId.keys()].join(", ")}`);
    const track = this.tracks[k]!;
    return trackData(this.stepper.run, this.scan.store, track, k, window, this.unitsOf(track, window.order));
  }

  /** The order of a track's rows, where they are a layer's units; null for the file's own. */
  private unitsOf({ pass: of }: Track, order: UnitOrder): Int32Array | null {
    if (of === undefined) return null;
    const { units } = this.scan.passes.find(({ layer, pass }) => layer === of.layer && pass === of.pass)!;
    return units.order(order);
  }

  /** Inputs and targets of steps from…to, as far as the sequence has them. */
  tokens(from: number, to: number, digits: number): { inputs: string[]; targets: (string | null)[] } {
    const { model, sequence, length } = this.stepper.run;
    const inputs: string[] = [];
    const targets: (string | null)[] = [];
    for (let t = Math.max(1, Math.ceil(from)); t <= Math.min(length, to); t++) {
      inputs.push(inputText(model, sequence, t, digits));
      targets.push(targetText(model, this.stepper.run.at(t).target, digits));
    }
    return { inputs, targets };
  }

  /** @throws RangeError where the model has no such parameter */
  parameter(name: string): ParameterData {
    const { stepper } = this;
    const tensor = parametersOf(stepper.run.model)[name];
    if (!tensor) throw new RangeError(`there is no parameter ${name}`);
    return {
      value: tensor.data,
      share: stepper.share(name)?.data ?? null,
      sum: stepper.gradientSoFar(name)?.data ?? null,
      updated: stepper.updated(name)?.data ?? null,
    };
  }

  /** Where a number comes from. Made when somebody first asks. */
  get explainer(): Explainer {
    this.explained ??= new Explainer(this.stepper);
    return this.explained;
  }

  private summary(stepper: Stepper, name: string): Omit<ParameterSummary, "check"> {
    const share = this.isShared ? stepper.share(name) : null;
    return {
      name,
      shareNorm: share && norm(share.data),
      sumNorm: this.sumNorm(stepper, name),
      updated: stepper.known(`updated.${name}`) !== null,
      sumReference: this.sumReference(stepper, name),
      picked: name === "embedding.E" ? pickedRow(stepper) : null,
    };
  }

  private sumReference(stepper: Stepper, name: string): string | null {
    const steps = stepper.sharesKnown(name);
    if (steps === null) return null;
    return this.isWhole(stepper, name) ? `gradients.${name}` : `sums.${name}@${steps}`;
  }

  private sumNorm(stepper: Stepper, name: string): number | null {
    const steps = stepper.sharesKnown(name);
    if (steps === null) return null;
    if (this.isWhole(stepper, name)) {
      this.wholeNorms ??= new Map(
        Object.entries(stepper.run.gradients).map(([name, { data }]) => [name, norm(data)] as const),
      );
      return this.wholeNorms.get(name) ?? null;
    }
    const sum = this.isSummed ? stepper.gradientSoFar(name) : null;
    return sum && norm(sum.data);
  }

  /** Whether every share of a parameter's gradient is known by now. */
  private isWhole(stepper: Stepper, name: string): boolean {
    const { run } = stepper;
    const steps = stepper.sharesKnown(name);
    // With one read-out, at t = T, the first share is all there is.
    return steps === run.length || (steps !== null && name.startsWith("output.") && run.model.output.at !== "every");
  }

  private gradientFlow(stepper: Stepper): GradientFlow | null {
    const { model, length } = stepper.run;
    const isComplete = model.layers.every(({ passes }) =>
      passes.every(({ prefix }) => stepper.known(`gradients.${prefix}.h`)?.steps === length),
    );
    return isComplete ? this.flow : null;
  }
}

/** "t = 3 of 4, backward" */
export function placeText({ phase, t, run }: Stepper): string {
  if (phase === "start") return `start, ${run.length} step${run.length === 1 ? "" : "s"}`;
  return phase === "update" ? "update" : `t = ${t} of ${run.length}, ${phase}`;
}

function phasesOf({ program }: Stepper): RunInfo["phases"] {
  const phases: { phase: Phase; from: number; to: number }[] = [];
  for (const [k, { phase, from }] of program.sweeps.entries()) {
    const to = program.sweeps[k + 1]?.from ?? program.length;
    const last = phases.at(-1);
    if (last?.phase === phase) last.to = to;
    else phases.push({ phase, from, to });
  }
  return phases;
}

function parametersIn({ run: { model } }: Stepper): ParameterInfo[] {
  const infos: ParameterInfo[] = [];
  const ofInput = model.embedding ? null : model.vocabulary;
  if (model.embedding) {
    const { rank, rows, cols } = model.embedding.E;
    infos.push({
      name: "embedding.E",
      short: "E",
      group: `Embedding · ${rows} tokens · ${cols} numbers each`,
      rank,
      rows,
      cols,
      reads: null,
      rowNames: model.vocabulary,
      colNames: null,
      isFrozen: model.frozen.has("embedding.E"),
    });
  }
  for (const [l, layer] of model.layers.entries()) {
    const reads = new Map(
      cellOf(layer)
        .parameters(layer.options)
        .map(({ name, cols }) => [name, cols]),
    );
    for (const [p, { prefix, parameters }] of layer.passes.entries())
      for (const [short, { rank, rows, cols }] of Object.entries(parameters))
        infos.push({
          name: `${prefix}.${short}`,
          short,
          group: layerTitle(layer, l) + passWord(layer, p),
          rank,
          rows,
          cols,
          reads: reads.get(short) ?? null,
          rowNames: null,
          colNames: l === 0 && readsInput(layer, short) ? ofInput : null,
          isFrozen: model.frozen.has(`${prefix}.${short}`),
        });
  }
  for (const [name, { rank, rows, cols }] of Object.entries(readoutParameters(model.output)))
    infos.push({
      name,
      short: name.slice("output.".length),
      group: "Output",
      rank,
      rows,
      cols,
      reads: name === "output.Why" ? ("state" as const) : null,
      rowNames: model.labels,
      colNames: name === "output.Wxy" ? ofInput : null,
      isFrozen: model.frozen.has(name),
    });
  return infos;
}

/** The row that the current step's token picks. */
function pickedRow({ run, t }: Stepper): string | null {
  if (t < 1) return null;
  const { token } = run.at(t);
  return `t = ${t} picks row ${token}${run.model.vocabulary ? `, “${shortText(visibleText(run.model.vocabulary[token]!))}”` : ""}`;
}

/** Whether a parameter's columns are the numbers of the layer's input. */
function readsInput(layer: Layer, short: string): boolean {
  return cellOf(layer)
    .parameters(layer.options)
    .some(({ name, cols }) => name === short && cols === "input");
}

function sweepOf({ program }: Stepper, key: string): Sweep {
  return program.sweeps.find(({ operations }) => operations.some((operation) => operation.key === key))!;
}

/** "the hidden state", and by its name alone a quantity that has no other title. */
function trackInSentence(
  { run: { model } }: Stepper,
  { product }: Operation,
  { title }: Pick<TrackInfo, "title">,
): string {
  if (product.kind !== "value") return `the ${title}`;
  const layer = model.layers[product.layer]!;
  return quantityInSentence(layer, product.name) + passWord(layer, product.pass);
}

/** The first NaN or ∞ in the order of the computation, in words. */
function firstNonFinite(stepper: Stepper, tracks: readonly Track[], scan: Scan): string | null {
  let first: { position: number; text: string } | null = null;
  for (const [k, { key, info }] of tracks.entries()) {
    const { nonFinite } = scan.tracks[k]!;
    if (!nonFinite) continue;
    const sweep = sweepOf(stepper, key);
    const step = sweep.ascending ? nonFinite.t - sweep.low : sweep.high - nonFinite.t;
    const operation = sweep.operations.findIndex((operation) => operation.key === key);
    const position = sweep.from + step * sweep.operations.length + operation;
    if (first && first.position <= position) continue;
    const where = info.group === "Output" ? "" : ` (${info.group})`;
    first = {
      position,
      text: `${formatNumber(nonFinite.value, 2)} first appears in ${trackInSentence(stepper, sweep.operations[operation]!, info)}${where} at t = ${nonFinite.t}, in the ${sweep.phase} pass`,
    };
  }
  return first?.text ?? null;
}
