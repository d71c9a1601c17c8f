/** A table cut into windows: the inputs are some columns of so many rows, the targets those of the rows `horizon` after. */
import type { ColumnScale, Sequence, SequenceInputs, SequenceTargets, TableFacts } from "../../engine/model";
import { unscaled } from "../../engine/tableScale";
import { counted, type Draft } from "../draft";
import type { RnnFile } from "../file.generated";
import { bad } from "../parse";
import { mostNumbers } from "../readModel";
import type { ItemReader } from "../readSequences";
import type { Collector } from "../report";
import { mostSequences, tooManySequences } from "../sequenceLimit";
import type { Slices } from "../slices";
import type { Path } from "../sourceMap";
import { type NumericContext, type NumericSequences, type NumericSource, TargetViews } from "./numeric";
import { columnName, TableReport } from "./place";
import { type ColumnName, type Columns, Table, type WantedColumn } from "./table";

type Given = Exclude<Draft<Exclude<NonNullable<RnnFile["sequences"]>, unknown[]>>, typeof bad>;

/** @param path where the model file describes the table */
export function openTable(
  bytes: Uint8Array,
  file: string,
  given: Given,
  path: Path,
  report: Collector,
): NumericSource | null {
  const { inputs, targets, window, horizon = 1, stride = 1, scale } = given;
  for (const key of ["tokens", "length"] as const)
    if (given[key] !== undefined)
      report.warning(
        "unused-key",
        [...path, key],
        `${key} means nothing to a table, which reads inputs, targets, window, horizon, stride and scale`,
        "key",
      );
  if (inputs === undefined) {
    report.error("missing-key", path, `${file} is a table: "inputs" names its columns that are read`, "opening");
    return null;
  }
  const unusable: readonly unknown[] = [inputs, targets, window, horizon, stride, scale];
  if (unusable.includes(bad)) return null;
  const table = new Table(bytes, /\.tsv$/i.test(file));
  if (table.first.length === 0) {
    const message = "it is empty, expected a table with a row a step";
    report.addFromData("error", "data-file", [...path, "file"], message, { file, line: 1, column: 1 });
    return null;
  }
  const inputNames = columnsOf(inputs, [...path, "inputs"], table, file, report);
  const targetNames = targets === undefined ? [] : columnsOf(targets, [...path, "targets"], table, file, report);
  if (inputNames === null || targetNames === null) return null;
  const cut: Cut = {
    file,
    path,
    table,
    inputs: inputNames,
    targets: targetNames,
    window: (window as number | undefined) ?? null,
    horizon: horizon as number,
    stride: stride as number,
    scale: (scale ?? null) as Cut["scale"],
  };
  return {
    kind: "numeric",
    inputSize: inputNames.length,
    overlaps: true,
    read: (context) => readWindows(cut, context, report),
  };
}

interface Cut {
  readonly file: string;
  readonly path: Path;
  readonly table: Table;
  readonly inputs: readonly ColumnName[];
  readonly targets: readonly ColumnName[];
  readonly window: number | null;
  readonly horizon: number;
  readonly stride: number;
  readonly scale: "standard" | "minmax" | null;
}

/** Null where one of them is not there. */
function columnsOf(
  given: Draft<string | ColumnName[]>,
  path: Path,
  table: Table,
  file: string,
  report: Collector,
): ColumnName[] | null {
  if (!Array.isArray(given) || given.length === 0) {
    report.error(
      "value",
      path,
      `${path.at(-1)} is ${JSON.stringify(given)}, expected the columns of ${file} in an array`,
    );
    return null;
  }
  let failed = false;
  for (const [k, column] of given.entries()) {
    const problem = column === bad ? null : table.whyNot(column);
    if (problem)
      report.addFromData("error", "unknown-column", [...path, k], problem.why, { file, line: 1, column: problem.at });
    failed ||= column === bad || problem !== null;
  }
  return failed ? null : (given as ColumnName[]);
}

function* readWindows(cut: Cut, context: NumericContext, report: Collector): Slices<NumericSequences | null> {
  const { file, path, table, horizon, stride } = cut;
  const { facts, inputSize } = context;
  const X = cut.inputs.length;
  if (inputSize !== null && inputSize !== X)
    report.error(
      "shape",
      [...path, "inputs"],
      `inputs names ${counted(X, "column")}, but the input size is ${inputSize}`,
    );
  const isClass = facts.lossType === "cross-entropy";
  const hasTargets = cut.targets.length > 0;
  if (hasTargets && !checkTargets(cut, context, report)) return null;
  const fields = new TableReport(file, [...path, "file"], report);
  const same = !isClass && cut.targets.length === X && cut.targets.every((column, k) => column === cut.inputs[k]);
  const groups: WantedColumn[][] = [cut.inputs.map((column) => ({ column }))];
  if (hasTargets && !same)
    groups.push(
      cut.targets.map((column) => ({ column, ...(isClass && { numberOf: (text) => classOf(text, column, context) }) })),
    );
  const [inputs, others] = (yield* table.read(groups, fields)) as [Columns, Columns?];
  if (fields.hasErrors || inputSize !== X) return null;
  if (inputs.data.length > mostNumbers) {
    report.error(
      "too-large",
      [...path, "file"],
      `${file} would hold ${inputs.data.length.toLocaleString("en")} numbers: more than ${mostNumbers.toLocaleString("en")} do not fit`,
    );
    return null;
  }
  const targets = hasTargets ? (others ?? inputs) : null;
  const { rows } = inputs;
  const reach = targets ? horizon : 0;
  const window = cut.window ?? rows - reach;
  const count = window < 1 ? 0 : Math.floor((rows - window - reach) / stride) + 1;
  if (count < 1) {
    report.error(
      "length",
      [...path, "window"],
      `${file} has ${counted(rows, "row")}, but a window of ${Math.max(1, window)}${targets ? ` and the row ${horizon} after it` : ""} take ${Math.max(1, window) + reach}`,
    );
    return null;
  }
  if (count > mostSequences) {
    report.error("too-large", path, tooManySequences(file, ': a larger "stride" cuts it into fewer'), "opening");
    return null;
  }
  // Fitted on what the training windows see: what is held back must not tell of itself.
  const trainingCount = Math.max(1, count - context.heldBack(count));
  const trainingRows = (trainingCount - 1) * stride + window + reach;
  const keepsTargets = isClass || facts.lossType === "binary-cross-entropy";
  const scales =
    context.table ?? scalesOf(cut, inputs, targets === inputs ? null : targets, trainingRows, keepsTargets);
  apply(inputs, scales.inputs);
  if (targets && targets !== inputs) apply(targets, scales.targets);
  yield;
  const at = facts.at ?? "every";
  const views = targets && new TargetViews(targets.data, targets.width, window, isClass, at);
  const windows = new Windows(inputs, window, horizon, views);
  const sequences: Sequence[] = [];
  // So that it does not grow by copies of itself
  sequences.length = count;
  for (let k = 0; k < count; k++) {
    sequences[k] = new Window(windows, k * stride);
    if (k % 4096 === 4095) yield;
  }
  return { sequences, itemOf: itemsIn(inputs, stride, scales), table: { ...scales, horizon, stride } };
}

/** What the windows of a table share. */
class Windows {
  /** The window that was looked at last: whoever reads one reads it step by step. */
  private row = -1;
  private vectors: Float64Array | null = null;
  private ownTargets: SequenceTargets | null = null;

  constructor(
    private readonly columns: Columns,
    readonly length: number,
    private readonly horizon: number,
    private readonly views: TargetViews | null,
  ) {}

  inputsAt(row: number): SequenceInputs {
    this.lookAt(row);
    return { tokens: null, vectors: this.vectors };
  }

  targetsAt(row: number): SequenceTargets | null {
    this.lookAt(row);
    return this.ownTargets;
  }

  private lookAt(row: number): void {
    if (row === this.row) return;
    const { data, width } = this.columns;
    this.row = row;
    this.vectors = data.subarray(row * width, (row + this.length) * width);
    this.ownTargets = this.views && this.views.from(row + this.horizon);
  }
}

/**
 * A window of a table. Its numbers are looked up where they are wanted: a table of a million rows has as many windows, and their
 * views would take several times its own size.
 */
class Window implements Sequence {
  constructor(
    private readonly windows: Windows,
    private readonly row: number,
  ) {}

  get name(): null {
    return null;
  }

  get length(): number {
    return this.windows.length;
  }

  get inputs(): SequenceInputs {
    return this.windows.inputsAt(this.row);
  }

  get targets(): SequenceTargets | null {
    return this.windows.targetsAt(this.row);
  }

  get weights(): null {
    return null;
  }

  get weight(): number {
    return 1;
  }

  get initial(): null {
    return null;
  }

  get carry(): boolean {
    return false;
  }
}

/** The items of the windows. A function of its own, so that what reads them keeps nothing of the file. */
function itemsIn({ data, width }: Columns, stride: number, scales: Scales): (k: number) => ItemReader {
  return (k) => (t) => {
    const row = k * stride + t;
    const numbers = Array.from(data.subarray(row * width, (row + 1) * width));
    const shown = numbers.map((value, j) => unscaled(value, scales.inputs[j]!));
    return width === 1 ? shown[0]! : shown;
  };
}

/** Whether the columns fit the output. */
function checkTargets(cut: Cut, { facts }: NumericContext, report: Collector): boolean {
  const path = [...cut.path, "targets"];
  if (facts.lossType === undefined) {
    report.error("missing-loss", path, 'targets needs a loss, and the file has none: expected "loss"', "key");
    return false;
  }
  if (facts.lossType === null || facts.outputSize === null || facts.at === null) return false;
  const found = cut.targets.length;
  const expected = facts.lossType === "cross-entropy" ? 1 : facts.outputSize;
  if (found === expected) return true;
  const why =
    facts.lossType === "cross-entropy"
      ? "the target of cross-entropy is one class"
      : `the output has ${counted(expected, "number")}`;
  report.error("shape", path, `targets names ${counted(found, "column")}, but ${why}: expected ${expected}`);
  return false;
}

function classOf(text: string, column: ColumnName, { facts }: NumericContext): number | { readonly wrong: string } {
  const { labels, vocabulary, outputSize } = facts;
  const index = labels?.indices.get(text) ?? vocabulary?.indices.get(text);
  if (index !== undefined && index < outputSize!) return index;
  const number = /^\d+(\.0*)?$/.test(text) ? Number(text) : Number.NaN;
  if (number < outputSize!) return number;
  const expected = labels ? "a label or a class index" : `a class index from 0 to ${outputSize! - 1}`;
  return { wrong: `${columnName(column)} is ${text === "" ? "empty" : JSON.stringify(text)}, expected ${expected}` };
}

type Scales = Pick<TableFacts, "inputs" | "targets">;

/**
 * @param targets null where they are the inputs' own columns, or there are none
 * @param keepsTargets whether they are classes or probabilities, which mean what they are
 */
function scalesOf(
  { scale, inputs: inputNames, targets: targetNames }: Cut,
  inputs: Columns,
  targets: Columns | null,
  rows: number,
  keepsTargets: boolean,
): Scales {
  if (scale === null) return { inputs: namesOf(inputNames), targets: namesOf(targetNames) };
  const fit = (columns: Columns, names: readonly ColumnName[]) =>
    names.map((name, j): ColumnScale => ({ name: String(name), ...fitted(columns, j, rows, scale) }));
  const ofInputs = fit(inputs, inputNames);
  if (targets === null) return { inputs: ofInputs, targets: targetNames.length > 0 ? ofInputs : [] };
  return { inputs: ofInputs, targets: keepsTargets ? namesOf(targetNames) : fit(targets, targetNames) };
}

/** A column's deviation and mean (that of all of its numbers, as scikit-learn's StandardScaler), or its range and least. */
function fitted({ data, width }: Columns, j: number, rows: number, scale: "standard" | "minmax") {
  let [least, most, sum] = [Infinity, -Infinity, 0];
  for (let row = 0; row < rows; row++) {
    const value = data[row * width + j]!;
    least = Math.min(least, value);
    most = Math.max(most, value);
    sum += value;
  }
  if (scale === "minmax") return { factor: most - least || 1, shift: least };
  const mean = sum / rows;
  let squares = 0;
  for (let row = 0; row < rows; row++) squares += (data[row * width + j]! - mean) ** 2;
  return { factor: Math.sqrt(squares / rows) || 1, shift: mean };
}

function apply({ data, width }: Columns, scales: readonly ColumnScale[]): void {
  if (scales.every(({ factor, shift }) => factor === 1 && shift === 0)) return;
  for (let at = 0; at < data.length; at++) {
    const { factor, shift } = scales[at % width]!;
    data[at] = (data[at]! - shift) / factor;
  }
}

function namesOf(columns: readonly ColumnName[]): ColumnScale[] {
  return columns.map((name) => ({ name: String(name), factor: 1, shift: 0 }));
}
