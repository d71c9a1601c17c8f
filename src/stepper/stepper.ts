import type { Problem } from "../engine/model";
import type { Progress, Run, RunOptions } from "../engine/run";
import { computeRun, run as runOf } from "../engine/run";
import type { Tensor } from "../engine/tensor";
import { updateOnce } from "../engine/train";
import type { Phase, Place } from "./program";
import { Program } from "./program";

/**
 * Where the user is in a run. Everything that shows a step draws this one object, and none keeps a position of its own.
 * A position counts operations done; what stands behind it has not happened yet. Stepping back is exact: nothing is undone,
 * the state at a position is always the same.
 */
export class Stepper {
  readonly program: Program;
  private now = 0;
  private readonly listeners = new Set<() => void>();
  private update: Record<string, Tensor> | null = null;

  /** @throws RangeError where the problem has no such sequence */
  constructor(
    readonly problem: Problem,
    readonly sequenceIndex: number,
    readonly run: Run = runOf(problem.model, problem.sequences, sequenceIndex),
  ) {
    this.program = new Program(run, problem.training);
  }

  /**
   * As the constructor, but yields now and then while the run is computed.
   * @param known the run, where it has been computed
   */
  static *prepare(
    problem: Problem,
    sequenceIndex: number,
    options: RunOptions = {},
    known: Run | null = null,
  ): Generator<Progress, Stepper, void> {
    const run = known ?? (yield* computeRun(problem.model, problem.sequences, sequenceIndex, options));
    return new Stepper(problem, sequenceIndex, run);
  }

  /** 0…program.length */
  get position(): number {
    return this.now;
  }

  /** The place of the last operation done; null at the start. */
  get place(): Place | null {
    return this.program.placeAt(this.now);
  }

  get phase(): Phase | "start" {
    const { place } = this;
    return place ? this.program.sweeps[place.sweep]!.phase : "start";
  }

  /** The step in which the user stands, 1…T; 0 at the start and in the update. */
  get t(): number {
    return this.place?.t ?? 0;
  }

  get isAtStart(): boolean {
    return this.now === 0;
  }

  get isAtEnd(): boolean {
    return this.now === this.program.settle(this.program.length);
  }

  /** @returns a function that takes the listener away */
  onDidMove(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** To any position; what lies outside the run is its nearest end. */
  moveTo(position: number): void {
    const settled = this.program.settle(position);
    if (settled === this.now) return;
    this.now = settled;
    for (const listener of this.listeners) listener();
  }

  /** To the end of this step, or of the next one where this one is done. */
  step(): void {
    const next = this.program.placeAt(this.program.next(this.now));
    if (next) this.moveTo(this.program.endOfStep(next.sweep, next.t) ?? this.now);
  }

  /** To the end of the step before. */
  stepBack(): void {
    const { place } = this;
    if (!place) return;
    const sweep = this.program.sweeps[place.sweep]!;
    this.moveTo(sweep.from + place.step * sweep.operations.length);
  }

  /** One operation on. */
  stepInto(): void {
    this.moveTo(this.program.next(this.now));
  }

  /** One operation back. */
  stepIntoBack(): void {
    this.moveTo(this.now - 1);
  }

  /** Out of the operations to the end of this step; out of the steps to the end of this phase where the step is done. */
  stepOut(): void {
    const { place } = this;
    if (!place) return this.step();
    const endOfStep = this.program.endOfStep(place.sweep, place.t);
    if (endOfStep !== null && endOfStep > this.now) return this.moveTo(endOfStep);
    const { phase } = this;
    let last = place.sweep;
    while (this.program.sweeps[last + 1]?.phase === phase) last++;
    if (this.program.endOfSweep(last) > this.now) return this.moveTo(this.program.endOfSweep(last));
    this.step();
  }

  runToEnd(): void {
    this.moveTo(this.program.length);
  }

  runToStart(): void {
    this.moveTo(0);
  }

  /**
   * To the end of step t of a phase; without one, of the phase in which the user stands
   * (forward at the start, backward from the update).
   * @throws RangeError where the run has no step t
   */
  goToStep(t: number, phase?: "forward" | "backward"): void {
    if (!Number.isInteger(t) || t < 1 || t > this.run.length)
      throw new RangeError(`there is no step t = ${t}: the sequence has ${this.run.length} steps`);
    const wanted = phase ?? (this.phase === "backward" || this.phase === "update" ? "backward" : "forward");
    const own = this.place?.sweep ?? 0;
    const { sweeps } = this.program;
    const candidates = [own, ...sweeps.keys()].filter((k) => sweeps[k]!.phase === wanted);
    for (const sweep of candidates) {
      const end = this.program.endOfStep(sweep, t);
      if (end !== null) return this.moveTo(end);
    }
  }

  /** Which steps of a value are known by now; null where none is. Keys are those of the program's operations. */
  known(key: string): { from: number; to: number; steps: number } | null {
    return this.program.known(key, this.now);
  }

  /** Whether the value with this key is known at step t by now. */
  isKnown(key: string, t: number): boolean {
    return this.program.isKnown(key, t, this.now);
  }

  /** The key of the operation that makes a parameter's shares: `shares.layers.0`, `shares.output`. */
  private shareKey(name: string): string {
    return `shares.${name.slice(0, name.lastIndexOf("."))}`;
  }

  /** How many steps' shares of a parameter's gradient are known by now; null before the first. */
  sharesKnown(name: string): number | null {
    return this.known(this.shareKey(name))?.steps ?? null;
  }

  /** Sum of the shares that are known by now; null before the first. */
  gradientSoFar(name: string): Tensor | null {
    const steps = this.sharesKnown(name);
    return steps === null ? null : this.run.partialGradient(name, steps);
  }

  /** Step t's own share of a parameter's gradient, the current step's without t; null while it is not known. */
  share(name: string, t = this.t): Tensor | null {
    return this.phase !== "start" && t > 0 && this.isKnown(this.shareKey(name), t) ? this.run.share(name, t) : null;
  }

  /** The parameter after the update; null before it has been made. */
  updated(name: string): Tensor | null {
    return this.known(`updated.${name}`) ? (this.updatedParameters()[name] ?? null) : null;
  }

  /** Every parameter as the update leaves it, whether it has been made yet or not. */
  updatedParameters(): Readonly<Record<string, Tensor>> {
    const { sequence, gradients } = this.run;
    this.update ??= updateOnce(this.problem.model, sequence, gradients, this.problem.training);
    return this.update;
  }

  /** The same place in another run, as near as it has one: after the text has changed. */
  resumeFrom(other: Stepper): void {
    const { place, phase } = other;
    if (!place) return;
    if (other.isAtEnd) return this.runToEnd();
    const same =
      this.program.length === other.program.length && this.program.sweeps.length === other.program.sweeps.length;
    if (same) return this.moveTo(other.position);
    if (phase === "update" || phase === "start") return this.runToEnd();
    this.goToStep(Math.min(place.t, this.run.length), phase);
  }
}
