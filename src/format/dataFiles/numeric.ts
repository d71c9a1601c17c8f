/** Sequences whose numbers lie in arrays: windows of a table, arrays of NumPy. Each is a view: a thousand windows share one array. */
import type { ReadAt, Sequence, SequenceTargets, TableFacts } from "../../engine/model";
import type { ModelFacts } from "../readModel";
import type { ItemReader } from "../readSequences";
import type { Slices } from "../slices";

/** What is known of the model when the numbers are read. */
export interface NumericContext {
  readonly facts: ModelFacts;
  /** X; null where it is not known. */
  readonly inputSize: number | null;
  /** How many of so many sequences, the last ones, are held back. */
  readonly heldBack: (count: number) => number;
  /** What the sequences to train on are scaled with; null where these are those. */
  readonly table: TableFacts | null;
}

export interface NumericSequences {
  readonly sequences: Sequence[];
  readonly itemOf: (k: number) => ItemReader;
  readonly table: TableFacts | null;
}

/** A data file of numbers that has been opened. */
export interface NumericSource {
  readonly kind: "numeric";
  /** Numbers a step. */
  readonly inputSize: number | null;
  /** Whether the last sequences are held back, as those before them overlap them. */
  readonly overlaps: boolean;
  /** Null where something has been reported. */
  read(context: NumericContext): Slices<NumericSequences | null>;
}

/** Targets of sequences that are views: step k's stand in row k of the view. */
export class TargetViews {
  private readonly everyStep: Uint8Array;
  private readonly lastStep: Uint8Array;
  private readonly classes: Int32Array | null;

  /**
   * @param data    [rows × O], or class indices [rows × 1]
   * @param length  T
   * @param isClass whether they are classes
   */
  constructor(
    private readonly data: Float64Array,
    private readonly width: number,
    private readonly length: number,
    isClass: boolean,
    private readonly at: ReadAt,
  ) {
    this.everyStep = new Uint8Array(length).fill(1);
    this.lastStep = new Uint8Array(length);
    this.lastStep[length - 1] = 1;
    this.classes = isClass ? Int32Array.from(data) : null;
  }

  /** Those of the sequence whose first step's target would stand in `row`. */
  from(row: number): SequenceTargets {
    const { classes, width, length, at } = this;
    if (classes && at === "every") {
      const own = classes.subarray(row, row + length);
      return { kind: "classes", classes: own, probabilities: null };
    }
    if (classes) {
      const last = new Int32Array(length).fill(-1);
      last[length - 1] = classes[row + length - 1]!;
      return { kind: "classes", classes: last, probabilities: null };
    }
    return {
      kind: "vectors",
      vectors: this.data.subarray(row * width, (row + length) * width),
      present: at === "every" ? this.everyStep : this.lastStep,
    };
  }
}
