/** Predict, then reveal: what comes next is asked for before it is shown, and judged. */
import { compareNumbers } from "../../check/check";
import { judgedOf, type Made, numbersTyped, placeInTrace } from "../../check/foretold";
import type { ExpectedNumber } from "../../format/read";
import type { Covered, Foretold, ToForetell } from "../../protocol/panel";
import type { Product } from "../../stepper/program";
import type { Stepper } from "../../stepper/stepper";
import { startThread, type Thread } from "../training/thread";
import { resultOf, symbolOf } from "./operations";

/** Of a vector, so many numbers are asked for: nobody types more. */
const mostAsked = 4;

interface Next {
  readonly position: number;
  readonly t: number;
  readonly product: Product;
  readonly title: string;
  readonly place: ExpectedNumber["place"];
  readonly right: Float64Array;
}

export class Foretelling {
  /** What has been foretold of this run, for one slip may explain several numbers. */
  private told: ExpectedNumber[] = [];
  private thread: Thread<"numbers"> | null = null;

  constructor(
    private readonly stepper: Stepper,
    private readonly workerFile: string,
  ) {}

  /** What comes next of what is covered; null where nothing more does. */
  next(covered: Covered): ToForetell | null {
    const next = this.find(covered);
    if (!next) return null;
    return {
      symbol: symbolOf(this.stepper, next.product, next.t),
      title: next.title,
      t: next.t,
      count: Math.min(mostAsked, next.right.length),
      of: next.right.length,
    };
  }

  /**
   * Judges what somebody has typed, and goes to where it is shown.
   * @throws RangeError that says what is wrong with the text
   */
  async answer(text: string, covered: Covered): Promise<Foretold> {
    const next = this.find(covered);
    if (!next) throw new RangeError("there is nothing more to foretell");
    const count = Math.min(mostAsked, next.right.length);
    const typed = numbersTyped(text);
    if (!typed || typed.length === 0) throw new RangeError(`“${text}” is no number`);
    if (typed.length !== count)
      throw new RangeError(
        `${count === 1 ? "one number is" : `${count} numbers are`} asked for, and ${typed.length} ${typed.length === 1 ? "is" : "are"} there`,
      );
    const { problem, sequenceIndex } = this.stepper;
    const isVector = next.place.at(-1) !== "loss";
    const numbers = typed.map(({ value, tolerance }, i): ExpectedNumber => {
      const place = isVector ? [...next.place, i] : next.place;
      return { sequence: sequenceIndex, path: ["foretold", ...place], value, tolerance, of: "trace", place };
    });
    const before = this.told.length;
    this.told = [...this.told, ...numbers];
    const comparisons = compareNumbers(problem, this.told);
    const isAllRight = comparisons.slice(before).every(({ right }) => right);
    this.thread?.terminate();
    this.thread = isAllRight
      ? null
      : startThread(this.workerFile, { kind: "numbers", problem, numbers: this.told }, () => {});
    const findings = this.thread ? await this.thread.outcome : { diagnoses: [], hints: [], follows: [] };
    this.stepper.moveTo(next.position);
    return {
      symbol: symbolOf(this.stepper, next.product, next.t),
      numbers: numbers.map(({ value }, i) => ({
        typed: value,
        right: next.right[i]!,
        ...judgedOf(comparisons, findings, before + i),
      })),
    };
  }

  dispose(): void {
    this.thread?.terminate();
  }

  private find(covered: Covered): Next | null {
    const { program, run, position } = this.stepper;
    for (let p = program.next(position), before = position; p !== before; before = p, p = program.next(p)) {
      const { sweep, operation, t } = program.placeAt(p)!;
      const { phase, operations } = program.sweeps[sweep]!;
      if (covered === "gradients" && phase === "forward") {
        p = program.endOfSweep(sweep);
        continue;
      }
      if (phase === "update" || (covered === "states" && phase !== "forward")) return null;
      const { product, title } = operations[operation]!;
      const place = isMade(product) && isCovered(product, covered) ? placeInTrace(run.model, product, t) : null;
      const right = place && resultOf(this.stepper, product, run.at(t));
      if (place && right) return { position: p, t, product, title, place, right };
    }
    return null;
  }
}

function isMade(product: Product): product is Product & Made {
  return ["value", "gradient", "logits", "output", "loss", "dLogits"].includes(product.kind);
}

function isCovered(product: Product, covered: Covered): boolean {
  return covered !== "states" || (product.kind === "value" && product.name === "h");
}
