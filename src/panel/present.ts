/** A stepper as the webview shows it. Pure: what a run is to look like is decided here, without VS Code. */

import { norm } from "../engine/functions";
import { parametersOf } from "../engine/model";
import { formatNumber } from "../protocol/numbers";
import type {
  Cursor,
  GradientVerdict,
  PanelSettings,
  ParameterData,
  ParameterInfo,
  ParameterSummary,
  Phase,
  RunInfo,
  TrackData,
  TrackWindow,
} from "../protocol/panel";
import type { Sweep } from "../stepper/program";
import type { Stepper } from "../stepper/stepper";
import { Explainer } from "./explain";
import type { GradientFlow } from "./gradientFlow";
import { gradientFlowOf } from "./gradientFlow";
import { operationsOf } from "./operations";
import type { Scan } from "./scan";
import { scanRun } from "./scan";
import { stepDetailOf } from "./stepDetail";
import { trackData } from "./trackData";
import type { Track } from "./tracks";
import { tracksOf } from "./tracks";
import { inputText, layerTitle, passWord, targetText } from "./words";

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
    const tracks = tracksOf(stepper.run);
    const scan = yield* scanRun(stepper.run, tracks, ({ key }) => sweepOf(stepper, key).ascending);
    return new RunView(stepper, revision, tracks, scan);
  }

  info(settings: PanelSettings): RunInfo {
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
      })),
      output: { size: model.output.size, at: model.output.at, activation: model.output.activation },
      loss: model.loss,
      tracks: this.tracks.map(({ info }, k) => {
        const { scale, smallest } = this.scan.tracks[k]!;
        return { ...info, scale, smallest };
      }),
      parameters: this.parameterInfos,
      phases: phasesOf(this.stepper),
      positions: program.length,
      epochs: problem.training.epochs,
      nonFinite: this.nonFinite,
      settings,
    };
  }

  /**
   * @param digits    significant digits of numbers in words
   * @param verdictOn what a check of a parameter's gradient has found
   * @param stepper   another stepper of the same run, to see what would be shown where that one stands
   */
  cursor(
    { playing, speed }: PlayState,
    digits: number,
    verdictOn: (name: string) => GradientVerdict | null = () => null,
    stepper: Stepper = this.stepper,
  ): Cursor {
    const { phase, t, run } = stepper;
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
      canStep: !stepper.isAtEnd,
      canStepBack: !stepper.isAtStart,
      playing,
      speed,
      known,
      step: step && stepDetailOf(stepper, step, digits),
      parameters,
      loss: stepper.position >= this.endOfForward ? run.loss : null,
      gradientFlow: this.gradientFlow(stepper),
    };
  }

  /** @throws RangeError where there is no such track or step */
  track(window: TrackWindow): TrackData {
    const k = this.byId.get(window.id);
    if (k === undefined)
      throw new RangeError(`there is no track ${window.id}: there are ${[...this.byId.keys()].join(", ")}`);
    return trackData(this.stepper.run, this.scan.store, this.tracks[k]!, k, window);
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
    return steps === run.length || (steps !== null && name.startsWith("output.") && run.model.output.at === "last");
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
  for (const [l, layer] of model.layers.entries())
    for (const [p, { prefix, parameters }] of layer.passes.entries())
      for (const [short, { rank, rows, cols }] of Object.entries(parameters))
        infos.push({
          name: `${prefix}.${short}`,
          short,
          group: layerTitle(layer, l) + passWord(layer, p),
          rank,
          rows,
          cols,
          rowNames: null,
          colNames: l === 0 && short.startsWith("Wx") ? model.vocabulary : null,
        });
  for (const [short, { rank, rows, cols }] of Object.entries({ Why: model.output.Why, by: model.output.by }))
    infos.push({
      name: `output.${short}`,
      short,
      group: "Output",
      rank,
      rows,
      cols,
      rowNames: model.labels,
      colNames: null,
    });
  return infos;
}

function sweepOf({ program }: Stepper, key: string): Sweep {
  return program.sweeps.find(({ operations }) => operations.some((operation) => operation.key === key))!;
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
      text: `${formatNumber(nonFinite.value, 2)} first appears in the ${info.title}${where} at t = ${nonFinite.t}, in the ${sweep.phase} pass`,
    };
  }
  return first?.text ?? null;
}
