import { insertEntries, layoutAt, type TextEdit } from "./edit";
import { type Layout, Literal, printEntry, printJson, printNumber } from "./layout";
import { parseText } from "./parse";
import { type Path, SourceMap } from "./sourceMap";

type Values = Readonly<Record<string, unknown>>;

/** What is expected of a sequence, as the file has it. */
export interface ExpectedValues {
  readonly loss?: number;
  readonly steps?: readonly (Values | null)[];
  readonly gradients?: Values;
  readonly updated?: Values;
}

/**
 * Edits that write down what is expected of one sequence, and leave everything else, comments and spacing included, as it stands:
 * numbers that are expected already are replaced where they stand, what is missing is added in the style of what is there.
 * @param sequence  counted from 0
 * @param expected  what is written
 * @param tolerance null where the file's own, or the default, is good enough
 * @param batch     what is written of all sequences as one batch
 * @returns in the order of the text, none overlapping
 * @throws Error where the text cannot be parsed; RangeError where a number is not finite
 */
export function expectEdits(
  text: string,
  sequence: number,
  expected: ExpectedValues,
  tolerance: number | null,
  batch: Pick<ExpectedValues, "loss" | "gradients" | "updated"> | null = null,
): TextEdit[] {
  const sequences = [...Array.from({ length: sequence }, () => null), expected];
  const has = Object.keys(expected).length > 0;
  const expect = { ...(tolerance !== null && { tolerance }), ...(has && { sequences }), ...(batch && { batch }) };
  return mergeEdits(text, { expect });
}

/**
 * Edits that put values into a file, where it has them already in their place, else as new keys; `null` leaves what is there as it is.
 * @param wanted any part of a file, its numbers as such or as they are to be written
 * @returns in the order of the text, none overlapping
 * @throws Error where the text cannot be parsed; RangeError where a number is not finite
 */
export function mergeEdits(text: string, wanted: object): TextEdit[] {
  const { value, nodes, structured } = parseText(text);
  if (!structured || !isObject(value)) throw new Error("the text is no valid file: nothing can be written into it");
  const merge = new Merge(text, new SourceMap(nodes));
  merge.into(value, wanted, []);
  return merge.edits.sort((a, b) => a.offset - b.offset);
}

function isObject(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Literal);
}

class Merge {
  readonly edits: TextEdit[] = [];

  constructor(
    private readonly text: string,
    private readonly source: SourceMap,
  ) {}

  /** Puts `wanted` where `there` stands; null leaves it as it is. */
  into(there: unknown, wanted: unknown, path: Path): void {
    if (wanted === null) return;
    if (isObject(there) && isObject(wanted)) this.object(there, wanted, path);
    else if (
      Array.isArray(there) &&
      Array.isArray(wanted) &&
      (there.length === wanted.length || wanted.some(isObjectOrNull))
    )
      this.array(there, wanted, path);
    else if (typeof there === "number" && typeof wanted === "number") {
      if (!Object.is(there, wanted)) this.edits.push({ ...this.source.locate(path)!, text: printNumber(wanted) });
    } else if (!(wanted instanceof Literal) || this.textAt(path) !== wanted.text) this.replace(wanted, path);
  }

  private object(there: Values, wanted: Values, path: Path): void {
    const missing = Object.entries(wanted).filter(([key]) => !Object.hasOwn(there, key));
    for (const [key, value] of Object.entries(wanted))
      if (Object.hasOwn(there, key)) this.into(there[key], value, [...path, key]);
    // One number of a tensor, `layers.0.Whh[2][3]`, follows the whole one.
    for (const [key, value] of Object.entries(there)) {
      const part = partOf(wanted, key);
      if (part !== undefined) this.into(value, part, [...path, key]);
    }
    if (missing.length === 0) return;
    const last = this.source.lastEntry(path);
    const print = (layout: Layout) => missing.map(([key, value]) => printEntry(key, value, layout));
    insertEntries(
      this.text,
      this.source.locate(path)!,
      last && { start: last.key, value: last.value },
      print,
      this.edits,
    );
  }

  private array(there: readonly unknown[], wanted: readonly unknown[], path: Path): void {
    there.forEach((value, k) => {
      if (k < wanted.length) this.into(value, wanted[k], [...path, k]);
    });
    const missing = wanted.slice(there.length);
    if (missing.length === 0) return;
    const { offset, length } = this.source.locate(path)!;
    // A comment in an empty array stays.
    if (/^\[\s*\]$/.test(this.text.slice(offset, offset + length))) return this.replace(wanted, path);
    const last = there.length === 0 ? null : this.source.locate([...path, there.length - 1])!;
    const print = (layout: Layout) => missing.map((value) => printJson(value, layout));
    insertEntries(this.text, { offset, length }, last && { start: last, value: last }, print, this.edits);
  }

  private textAt(path: Path): string {
    const { offset, length } = this.source.locate(path)!;
    return this.text.slice(offset, offset + length);
  }

  private replace(wanted: unknown, path: Path): void {
    const range = this.source.locate(path)!;
    this.edits.push({ ...range, text: printJson(wanted, layoutAt(this.text, range.offset, 120)) });
  }
}

/** What a key such as `layers.0.Whh[2][3]` names of a tensor; undefined where it names nothing. */
function partOf(tensors: Values, key: string): unknown {
  const [, name, brackets] = /^(.*?)((?:\[\d+\])+)$/.exec(key) ?? [];
  let part: unknown = name === undefined ? undefined : tensors[name];
  for (const [index] of (brackets ?? "").matchAll(/\d+/g))
    part = Array.isArray(part) ? (part as unknown[])[Number(index)] : undefined;
  return part;
}

function isObjectOrNull(value: unknown): boolean {
  return value === null || isObject(value);
}
