import { cellOf } from "../../engine/cells";
import { norm } from "../../engine/functions";
import { parametersOf } from "../../engine/model";
import type { Tensor } from "../../engine/tensor";
import type { Path, SourceMap, TextRange } from "../../format/sourceMap";
import { parameterPath } from "../../format/sourceMap";
import { formatNumber } from "../../protocol/numbers";
import type { Stepper } from "../../stepper/stepper";
import { hiddenAt, hiddenGradientAt, lossAt, outputAt, outputName, startGradient } from "./known";
import { characterPlace } from "./literal";
import type { LineRange, TextLines } from "./textLines";
import { itemsByLine, lastLineOf } from "./textLines";

/** How a piece of text behind a line is coloured. */
export type Tone = "label" | "positive" | "negative" | "small";

export interface Piece {
  readonly text: string;
  readonly tone: Tone;
}

/** What stands behind one line, or behind one token of it. */
export interface InlineValue {
  readonly line: number;
  /** Where the token ends, its comma included; null where it stands behind the line. */
  readonly at: number | null;
  readonly pieces: readonly Piece[];
}

export interface InlineValues {
  readonly values: readonly InlineValue[];
  /** The current step's input: its line, and its own text where it shares the line with others. */
  readonly current: { readonly line: number; readonly item: TextRange | null } | null;
}

/** What is shown: a reading's places and the run of its problem. */
export interface Shown {
  readonly source: SourceMap;
  readonly stepper: Stepper;
  /** Significant digits. */
  readonly digits: number;
  /** Columns of the text that are in view for sure: what a step has computed ends before. */
  readonly columns: number;
}

/** Never more characters behind a line than this. */
export const mostCharacters = 80;
/** Below this a number is faint. */
const smallBelow = 1e-3;
/** Vectors up to this length are written out. */
const mostNumbers = 4;

/** How much is said: each line takes the first level at which it fits. */
interface Level {
  readonly numbers: number;
  readonly shares: boolean;
}

const levels: readonly Level[] = [
  { numbers: mostNumbers, shares: true },
  { numbers: mostNumbers, shares: false },
  { numbers: 2, shares: false },
  { numbers: 1, shares: true },
  { numbers: 1, shares: false },
];

/** One thing to say on a line, at any level. */
type Writer = (level: Level) => Piece[];

/**
 * What stands behind the visible lines: the gradient of each parameter row, what each step of the sequence has computed, the gradient
 * of the initial states. Only what is known at the stepper's cursor.
 */
export function inlineValuesOf(shown: Shown, text: TextLines, visible: readonly LineRange[]): InlineValues {
  const lines = new Map<number, Writer[]>();
  const add = (line: number, writer: Writer) => lines.set(line, [...(lines.get(line) ?? []), writer]);
  const values: InlineValue[] = [];
  for (const range of visible) {
    const addVisible = (line: number, writer: Writer) => {
      if (line >= range.from && line <= range.to) add(line, writer);
    };
    addParameters(shown, text, range, addVisible);
    for (const value of stepValues(shown, text, range)) values.push(value);
    addStarts(shown, text, addVisible);
  }
  for (const [line, writers] of lines) values.push({ line, at: null, pieces: fit(writers) });
  const said = values.filter(({ pieces }) => pieces.length > 0).sort((a, b) => a.line - b.line);
  return { values: said, current: currentItem(shown, text) };
}

function fit(writers: readonly Writer[]): Piece[] {
  let pieces: Piece[] = [];
  for (const level of levels) {
    pieces = join(writers.map((writer) => writer(level)).filter((written) => written.length > 0));
    if (lengthOf(pieces) <= mostCharacters) return pieces;
  }
  // Not even the shortest form fits: whole pieces go, so that no number is cut into a wrong one.
  while (pieces.length > 0 && lengthOf(pieces) > mostCharacters - 2) pieces.pop();
  while (pieces.at(-1)?.tone === "label") pieces.pop();
  return [...pieces, { text: " …", tone: "label" }];
}

function lengthOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { text }) => sum + text.length, 0);
}

function join(groups: readonly (readonly Piece[])[]): Piece[] {
  return groups.flatMap((group, k) =>
    k === 0 ? group : group.map((piece, j) => (j === 0 ? { ...piece, text: `  ${piece.text}` } : piece)),
  );
}

const label = (text: string): Piece => ({ text, tone: "label" });

function toneOf(value: number): Tone {
  if (Math.abs(value) < smallBelow) return "small";
  return value < 0 ? "negative" : "positive";
}

function number(value: number, digits: number): Piece {
  return { text: formatNumber(value, digits), tone: toneOf(value) };
}

/** Entries from…to: written out where they are few, else the first ones or, where only one number fits, the norm. */
function numbers(data: Float64Array, level: Level, digits: number, from = 0, to = data.length): Piece[] {
  const n = to - from;
  if (n === 1) return [number(data[from]!, digits)];
  if (level.numbers === 1 || n > 4 * mostNumbers)
    return [{ text: `‖${formatNumber(norm(data.subarray(from, to)), digits)}‖`, tone: "small" }];
  const shown = n <= level.numbers ? n : Math.min(level.numbers, 3);
  const pieces: Piece[] = [];
  for (let k = 0; k < shown; k++) {
    if (k > 0) pieces.push(label(", "));
    pieces.push(number(data[from + k]!, digits));
  }
  return shown < n ? [...pieces, label(", …")] : pieces;
}

// ---------------------------------------------------------------------------------------------- parameters

function addParameters(
  { source, stepper, digits }: Shown,
  text: TextLines,
  lines: LineRange,
  add: (line: number, writer: Writer) => void,
): void {
  for (const [name, parameter] of Object.entries(parametersOf(stepper.run.model))) {
    const path = parameterPath(name);
    const place = source.locate(path);
    if (!place) {
      addDrawn(name, source, stepper, digits, text, add);
      continue;
    }
    const lastLine = text.lineAt(place.offset + place.length - 1);
    if (lastLine < lines.from || text.lineAt(place.offset) > lines.to) continue;
    const sum = stepper.gradientSoFar(name);
    if (!sum) continue;
    const share = stepper.share(name);
    const updated = stepper.updated(name);
    for (const { line, first, last } of itemsByLine(source, path, parameter.rows, text, lines)) {
      const [from, to] = [first * parameter.cols, (last + 1) * parameter.cols];
      add(line, (level) => [
        label(`∂L/∂${shortName(name)}${rowsName(parameter, first, last)} `),
        ...numbers(sum.data, level, digits, from, to),
        ...(share && level.shares
          ? [
              label(`  (t=${stepper.t}: `),
              ...numbers(share.data, { ...level, numbers: 1 }, digits, from, to),
              label(")"),
            ]
          : []),
        ...(updated ? [label("  → "), ...numbers(updated.data, level, digits, from, to)] : []),
      ]);
    }
  }
}

/** The gradient's norm of a parameter that the text leaves out, behind the line that says what it belongs to. */
function addDrawn(
  name: string,
  source: SourceMap,
  stepper: Stepper,
  digits: number,
  text: TextLines,
  add: (line: number, writer: Writer) => void,
): void {
  const [owner, layer] = parameterPath(name);
  const line = lastLineOf(source, owner === "output" ? ["output", "size"] : ["layers", layer!, "cell"], text);
  const sum = line === null ? null : stepper.gradientSoFar(name);
  if (line === null || !sum) return;
  const short = name.includes(".reverse.") ? `reverse.${shortName(name)}` : shortName(name);
  add(line, (level) => [label(`∂L/∂${short} `), ...numbers(sum.data, { ...level, numbers: 1 }, digits)]);
}

function shortName(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

/** Which rows, where they are not all: `[2]`, `[2…5]`. */
function rowsName({ rows }: Tensor, first: number, last: number): string {
  if (last - first + 1 === rows) return "";
  return first === last ? `[${first}]` : `[${first}…${last}]`;
}

// ---------------------------------------------------------------------------------------------- the sequence

/** Where the steps' inputs stand in the text. */
type Inputs =
  | { readonly kind: "items"; readonly path: Path }
  /** `text`, a task or a data file: one value for all steps. */
  | { readonly kind: "whole"; readonly path: Path };

function inputsOf({ source, stepper }: Shown): Inputs | null {
  const sequence: Path = ["sequences", stepper.sequenceIndex];
  for (const path of [
    ["sequences", "task"],
    ["sequences", "file"],
    [...sequence, "text"],
  ] as const)
    if (source.locate(path)) return { kind: "whole", path };
  const path = [...sequence, "inputs"];
  return source.locate(path) ? { kind: "items", path } : null;
}

/** Between a token and its value, and at the edge. */
const margin = 4;
/** The shortest that a step's value can be: `dL/dh −0.01234`. */
const shortest = 14;

/** What each step has computed, behind the tokens of the visible lines, but for those that share a line which is too long for it. */
function stepValues(shown: Shown, text: TextLines, lines: LineRange): InlineValue[] {
  const { source, stepper, columns } = shown;
  const inputs = inputsOf(shown);
  if (!inputs || inputs.kind === "whole") {
    const place = inputs && source.locate(inputs.path);
    const line = place && text.lineAt(place.offset + place.length - 1);
    if (!place || line === null || line < lines.from || line > lines.to || isAbove(shown, text)) return [];
    const at = behindComma(text, place);
    return [{ line, at, pieces: stepPieces(shown, stepper.t, true, columns - columnOf(text, at) - margin) }];
  }
  const values: InlineValue[] = [];
  const valueOf = (line: number, t: number, at: number | null, column: number) =>
    values.push({ line, at, pieces: stepPieces(shown, t, at !== null, columns - column - margin) });
  for (const { line, first, last } of itemsByLine(source, inputs.path, stepper.run.length, text, lines)) {
    const item = (k: number) => source.locate([...inputs.path, k])!;
    if (first === last && stepper.run.length > 1)
      valueOf(line, first + 1, null, columnOf(text, behindComma(text, item(first))));
    else if (stepper.t > first && stepper.t <= last + 1 && !isAbove(shown, text)) {
      const at = behindComma(text, item(stepper.t - 1));
      valueOf(line, stepper.t, at, columnOf(text, at));
    }
  }
  return values;
}

/**
 * What the current step has computed, to stand on a line of its own above its inputs where they share one that is too long for it to
 * stand behind them; null where it does not. It is there at every step, so that the text does not move.
 */
export function stepAbove(shown: Shown, text: TextLines): { readonly place: TextRange; readonly words: string } | null {
  const inputs = inputsOf(shown);
  const { source, stepper, columns } = shown;
  if (!inputs || !isAbove(shown, text)) return null;
  const item = inputs.kind === "items" ? source.locate([...inputs.path, Math.max(0, stepper.t - 1)]) : null;
  const place = item ?? source.locate(inputs.path)!;
  const budget = columns - indentOf(text, place.offset) - margin;
  const words = stepPieces(shown, stepper.t, true, budget).map((piece) => piece.text);
  return { place, words: words.length === 0 ? "t=0" : words.join("") };
}

/** Whether the inputs leave no room on their line: what decides is its last token, so that all steps of the line are alike. */
function isAbove(shown: Shown, text: TextLines): boolean {
  const { source, stepper, columns } = shown;
  const inputs = inputsOf(shown);
  if (!inputs) return false;
  if (inputs.kind === "whole") {
    const place = source.locate(inputs.path);
    return place !== null && columnOf(text, place.offset + place.length) + margin + shortest > columns;
  }
  const line = text.lineAt(source.locate([...inputs.path, Math.max(0, stepper.t - 1)])!.offset);
  const [group] = itemsByLine(source, inputs.path, stepper.run.length, text, { from: line, to: line });
  if (!group || (group.first === group.last && stepper.run.length > 1)) return false;
  const end = behindComma(text, source.locate([...inputs.path, group.last])!);
  return columnOf(text, end) + margin + shortest > columns;
}

/** Where a value ends, or the comma that follows it at once. */
function behindComma(text: TextLines, { offset, length }: TextRange): number {
  const end = offset + length;
  return text.slice({ offset: end, length: 1 }) === "," ? end + 1 : end;
}

/** The column of an offset; of a line that is longer than any screen, how much of it was looked at. */
function columnOf(text: TextLines, offset: number): number {
  const from = Math.max(0, offset - 1000);
  const before = text.slice({ offset: from, length: offset - from });
  return before.length - (before.lastIndexOf("\n") + 1);
}

function indentOf(text: TextLines, offset: number): number {
  const column = columnOf(text, offset);
  return /^\s*/.exec(text.slice({ offset: offset - column, length: column }))![0].length;
}

/** `h 0.6405  p(!) 0.2000  ℓ 1.610  dL/dh 0.5016`, of the top layer; what does not fit goes, what has come last stays longest. */
function stepPieces({ stepper, digits }: Shown, t: number, withT: boolean, budget: number): Piece[] {
  if (t === 0) return [];
  const { model } = stepper.run;
  const top = model.layers.length - 1;
  const hidden = hiddenAt(stepper, top, t);
  const output = outputAt(stepper, t);
  const loss = lossAt(stepper, t);
  const gradient = hiddenGradientAt(stepper, top, t);
  const { target } = stepper.run.at(t);
  const parts: { readonly importance: number; readonly write: Writer }[] = [];
  const add = (importance: number, write: Writer) => parts.push({ importance, write });
  if (hidden) add(gradient ? 3 : 4, (level) => [label("h "), ...numbers(hidden, level, digits)]);
  if (output && typeof target === "number")
    add(1, () => [label(`p(${clipped(outputName(model, target))}) ${formatNumber(output[target]!, digits)}`)]);
  else if (output) add(1, (level) => [label("y "), ...numbers(output, level, digits)]);
  if (loss !== null) add(2, () => [label(`ℓ ${formatNumber(loss, digits)}`)]);
  if (gradient) add(4, (level) => [label("∂L/∂h "), ...numbers(gradient, level, digits)]);
  const ranks = parts.map(({ importance }) => importance).sort((a, b) => a - b);
  let pieces: Piece[] = [];
  for (const least of ranks)
    for (const level of levels) {
      const kept = parts.filter(({ importance }) => importance >= least).map(({ write }) => write(level));
      pieces = join(withT ? [[label(`t=${t}:`)], ...kept] : kept);
      if (lengthOf(pieces) <= Math.min(budget, mostCharacters)) return pieces;
    }
  return pieces;
}

function clipped(word: string): string {
  const characters = Array.from(word);
  return characters.length > 12 ? `${characters.slice(0, 11).join("")}…` : word;
}

function currentItem(shown: Shown, text: TextLines): InlineValues["current"] {
  const { source, stepper } = shown;
  const inputs = inputsOf(shown);
  const { t } = stepper;
  if (!inputs || t === 0) return null;
  if (inputs.kind === "whole") {
    const line = lastLineOf(source, inputs.path, text);
    return line === null ? null : { line, item: characterOf(source, inputs.path, text, t) };
  }
  const item = source.locate([...inputs.path, t - 1]);
  return item && { line: text.lineAt(item.offset), item };
}

/** The character of a `text` that step t reads; null where the path is not a text's. */
function characterOf(source: SourceMap, path: Path, text: TextLines, t: number): TextRange | null {
  const literal = source.locate(path);
  if (!literal || path.at(-1) !== "text") return null;
  const place = characterPlace(text.slice(literal), t - 1);
  return place && { offset: literal.offset + place.offset, length: place.length };
}

// ---------------------------------------------------------------------------------------------- initial states

function addStarts(shown: Shown, text: TextLines, add: (line: number, writer: Writer) => void): void {
  const { source, stepper, digits } = shown;
  for (const start of startStatesOf(stepper, source)) {
    const gradient = startGradient(stepper, start.layer, start.pass, start.state);
    const line = gradient && lastLineOf(source, start.path, text);
    if (!gradient || line === null) continue;
    add(line, (level) => [label(`∂L/∂${start.state}_0 `), ...numbers(gradient, level, digits)]);
  }
}

export interface StartState {
  readonly path: Path;
  readonly layer: number;
  readonly pass: number;
  readonly state: string;
}

/** Where the text gives the initial states that this run starts from: in its layers, or in the sequence instead. */
export function startStatesOf(stepper: Stepper, source: SourceMap): StartState[] {
  const { model, sequence } = stepper.run;
  const found: StartState[] = [];
  // A carried state replaces them all.
  if (sequence.carry && stepper.sequenceIndex > 0) return found;
  for (const [layer, described] of model.layers.entries())
    for (const [pass, { prefix, direction }] of described.passes.entries())
      for (const state of cellOf(described).states) {
        const own = ["sequences", stepper.sequenceIndex, `${state}0`];
        const alone = model.layers.length === 1 && described.passes.length === 1;
        const ofSequence = alone ? own : [...own, layer, ...(described.passes.length > 1 ? [direction] : [])];
        const ofLayer = [...parameterPath(prefix), `${state}0`];
        const path = [ofSequence, ofLayer].find((path) => source.locate(path) !== null);
        if (path) found.push({ path, layer, pass, state });
      }
  return found;
}
