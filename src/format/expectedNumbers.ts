import type { HiddenAnswer } from "./hiddenAnswers";
import type { Path } from "./sourceMap";

/** In the place of a sequence: all of them as one batch. */
export const wholeBatch = -1;

/** One number that the author expects. */
export interface ExpectedNumber {
  /** Which sequence, counted from 0, or `wholeBatch`. */
  readonly sequence: number;
  /** Where it stands in the file: ["expect", "sequences", 0, "steps", 1, "h", 0]. */
  readonly path: Path;
  /** NaN of a hidden one */
  readonly value: number;
  /** What stands in the file for a number that is hidden. */
  readonly hidden?: HiddenAnswer;
  /** In a file with hidden answers nothing tells the right number. */
  readonly isSecret?: true;
  /** Largest absolute difference that counts as right. */
  readonly tolerance: number;
  /** What it is compared with: a number of the sequence's trace, or of the parameters after one update. */
  readonly of: "trace" | "updated";
  /** Where that stands: ["steps", 1, "layers", 0, "h", 0] in the trace, ["layers.0.Whh", 0, 0] among the parameters. */
  readonly place: Path;
}

/** What the groups of the same name in all steps, or in all sequences, share. */
export interface ExpectedKind {
  /** A number, a vector [n], or a matrix [n × cols], row after row. */
  readonly rank: 0 | 1 | 2;
  readonly cols: number;
  /** From the step, or from the sequence's entry, to the value in the file. */
  readonly path: Path;
  readonly of: ExpectedNumber["of"];
  /** From the trace's step, or from the whole that it is compared with, to what that value is compared with. */
  readonly place: Path;
}

/**
 * The numbers of a file, in groups that stand in one value of it. There may be millions of them, and an object for each would take
 * longer than all the rest of the reading; this is plain data, and goes to another thread as it is.
 */
export interface ExpectedNumbers {
  /** In the order of the file; NaN where it has null, which is not checked. */
  readonly values: Float64Array;
  /** Of each value, or of all. */
  readonly tolerances: number | Float64Array;
  readonly kinds: readonly ExpectedKind[];
  /** Of each group four: the sequence, the step or −1 where it is of the whole sequence, the kind, and which value is its first. */
  readonly groups: Int32Array;
}

/** Fields of a group. */
const groupSize = 4;

/** Each number that is checked by itself, in the order of the file. */
export function* eachNumber(numbers: ExpectedNumbers): Generator<ExpectedNumber, void, undefined> {
  const { values, tolerances } = numbers;
  for (const { sequence, step, kind, path, first, end } of eachGroup(numbers)) {
    const place = step < 0 ? kind.place : ["steps", step, ...kind.place];
    for (let k = first; k < end; k++) {
      const value = values[k]!;
      if (Number.isNaN(value)) continue;
      const tolerance = typeof tolerances === "number" ? tolerances : tolerances[k]!;
      const index = indexIn(kind, k - first);
      // Not spread: what is appended to a spread array makes room for more of it, and there may be millions.
      yield { sequence, path: path.concat(index), value, tolerance, of: kind.of, place: place.concat(index) };
    }
  }
}

/** The indices of a group's k-th number in its value. */
function indexIn({ rank, cols }: ExpectedKind, k: number): number[] {
  return rank === 0 ? [] : rank === 1 ? [k] : [Math.floor(k / cols), k % cols];
}

/** The numbers that stand in one value of the file. */
export interface Group {
  /** Counted from 0, or `wholeBatch`. */
  readonly sequence: number;
  /** Counted from 0; −1 where it is of the whole sequence. */
  readonly step: number;
  readonly kind: ExpectedKind;
  /** Where the value stands in the file. */
  readonly path: Path;
  /** Its numbers: from here on, up to but without `end`. */
  readonly first: number;
  readonly end: number;
}

export function* eachGroup({
  values,
  kinds,
  groups,
}: Pick<ExpectedNumbers, "values" | "kinds" | "groups">): Generator<Group, void, undefined> {
  for (let g = 0; g < groups.length; g += groupSize) {
    const [sequence, step, kind, first] = [groups[g]!, groups[g + 1]!, kinds[groups[g + 2]!]!, groups[g + 3]!];
    const end = groups[g + groupSize + 3] ?? values.length;
    yield { sequence, step, kind, path: pathIn(sequence, step, kind.path), first, end };
  }
}

/** The path in the file of what stands in a step, −1 for the whole sequence. */
export function pathIn(sequence: number, step: number, inner: Path): Path {
  const whole: Path = sequence === wholeBatch ? ["expect", "batch"] : ["expect", "sequences", sequence];
  return step < 0 ? whole.concat(inner) : whole.concat("steps", step, inner);
}

/** Where a value may stand in every step, or in every sequence: made once, with the kinds of what stands there. */
export class Spot {
  private readonly inside = new Map<string | number, Spot>();
  private readonly compared = new Map<Path, Spot>();
  /** Of what has been found there, by its rank. */
  readonly kinds: number[] = [];

  constructor(
    readonly of: ExpectedNumber["of"],
    readonly path: Path,
    readonly place: Path,
  ) {}

  /** What stands there by its key, and is compared with what has the same key. */
  at(key: string | number): Spot {
    const known = this.inside.get(key);
    if (known) return known;
    const made = new Spot(this.of, [...this.path, key], [...this.place, key]);
    this.inside.set(key, made);
    return made;
  }

  /** What stands there by its key, and is compared with something of another name. */
  atElsewhere(key: string, place: Path): Spot {
    const known = this.inside.get(key);
    if (known) return known;
    const made = new Spot(this.of, [...this.path, key], [...this.place, ...place]);
    this.inside.set(key, made);
    return made;
  }

  /** The same place in the file, compared with something further inside. @param place one of the constants, for it is known again by itself */
  comparedWith(place: Path): Spot {
    const known = this.compared.get(place);
    if (known) return known;
    const made = new Spot(this.of, this.path, [...this.place, ...place]);
    this.compared.set(place, made);
    return made;
  }
}

/** Collects numbers while a file is read. */
export class NumberCollector {
  private readonly kinds: ExpectedKind[] = [];
  private groups = new Int32Array(64);
  private groupsLength = 0;
  private values = new Float64Array(64);
  private count = 0;

  /** @param numbers those of one value of the file: one number, a vector's, or a matrix's row after row */
  add(
    sequence: number,
    step: number,
    spot: Spot,
    rank: ExpectedKind["rank"],
    cols: number,
    numbers: ArrayLike<number>,
  ) {
    const { length } = numbers;
    if (length === 0) return;
    if (this.groupsLength + groupSize > this.groups.length) {
      const larger = new Int32Array(2 * this.groups.length);
      larger.set(this.groups);
      this.groups = larger;
    }
    const { groups } = this;
    groups[this.groupsLength++] = sequence;
    groups[this.groupsLength++] = step;
    groups[this.groupsLength++] = this.kindOf(spot, rank, cols);
    groups[this.groupsLength++] = this.count;
    if (this.count + length > this.values.length) {
      const larger = new Float64Array(Math.max(2 * this.values.length, this.count + length));
      larger.set(this.values);
      this.values = larger;
    }
    for (let k = 0; k < length; k++) this.values[this.count++] = numbers[k]!;
  }

  /** @param tolerances of each value, in the order in which they were added, or of all */
  numbers(tolerances: ExpectedNumbers["tolerances"]): ExpectedNumbers {
    return {
      values: this.values.slice(0, this.count),
      tolerances,
      kinds: this.kinds,
      groups: this.groups.slice(0, this.groupsLength),
    };
  }

  private kindOf({ kinds, of, path, place }: Spot, rank: ExpectedKind["rank"], cols: number): number {
    const known = kinds[rank];
    // Matrices of one parameter differ only where one of them is wrong.
    if (known !== undefined && this.kinds[known]!.cols === cols) return known;
    return (kinds[rank] = this.kinds.push({ rank, cols, path, of, place }) - 1);
  }
}
