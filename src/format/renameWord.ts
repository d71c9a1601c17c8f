/** Renaming what a cell of the file's own has, wherever the file says its name. */
import { parse } from "jsonc-parser";
import { cells, isCellKind } from "../engine/cells";
import { readEquations } from "../engine/equations";
import type { CellInText } from "./cellWords";
import { cellsIn, placeOfWord, wordAt } from "./cellWords";
import type { TextEdit } from "./edit";
import { stepKeys } from "./ownCells";
import type { Path, SourceMap, TextRange } from "./sourceMap";

/** A cell, or a quantity, parameter or constant of one. */
interface Renamed {
  readonly cell: CellInText;
  /** Null for the cell itself. */
  readonly word: string | null;
  /** What stands at the cursor, without quotes, prime or what belongs to another name. */
  readonly place: TextRange;
}

/** What can be renamed at an offset; null where there is nothing. */
export function renamedAt(text: string, source: SourceMap, offset: number): Renamed | null {
  const all = cellsIn(text, source);
  const found = wordAt(text, all, offset);
  if (found) {
    const { cell, word } = found;
    if (word.kind === "number" || word.kind === "function" || word.kind === "input") return null;
    return { cell, word: word.name, place: nameOnly(text, placeOfWord(text, cell, word), word.name) };
  }
  for (const cell of all)
    for (const use of usesOf(text, source, cell)) {
      const isHere = use.place.offset <= offset && offset <= use.place.offset + use.place.length;
      if (isHere) return { cell, word: use.word, place: use.place };
    }
  return null;
}

/**
 * The edits, in the order of the text.
 * @throws RangeError that says why the name will not do
 */
export function renameEdits(text: string, source: SourceMap, offset: number, newName: string): TextEdit[] {
  const found = renamedAt(text, source, offset);
  if (!found) throw new RangeError("there is nothing to rename here");
  const { cell, word } = found;
  const name = word === null ? newName : newName.trim().normalize("NFC");
  if (word === null) checkCellName(text, source, cell, name);
  else if (name !== word) {
    checkWord(cell, word, name);
    checkShared(text, source, cell, word);
  }
  const inEquations =
    word === null
      ? []
      : cell.read.words
          .filter(
            (one) => one.name === word && one.kind !== "function" && one.kind !== "number" && one.kind !== "input",
          )
          .map((one) => ({ ...nameOnly(text, placeOfWord(text, cell, one), word), text: name }));
  const elsewhere = usesOf(text, source, cell)
    .filter((use) => use.word === word)
    .map(({ place }) => ({ ...place, text: word === null ? JSON.stringify(name).slice(1, -1) : name }));
  const all = [...inEquations, ...elsewhere].sort((a, b) => a.offset - b.offset);
  return all.filter(({ offset: at }, k) => at !== all[k - 1]?.offset);
}

function checkCellName(text: string, source: SourceMap, { name: old }: CellInText, name: string): void {
  if (name === "") throw new RangeError("a cell needs a name");
  if (isCellKind(name)) throw new RangeError(`${name} is a built-in cell: expected another name`);
  if (name !== old && cellsIn(text, source).some((one) => one.name === name))
    throw new RangeError(`the file has a cell ${name} already`);
}

/** The new name must mean in every place what the old one meant. */
function checkWord({ texts, constants, read }: CellInText, old: string, name: string): void {
  if (read.faults.length > 0) throw new RangeError("the cell's equations have errors: mend them first");
  const [wrongName] = readEquations(["h = 1"], { [name]: 1 }).faults;
  if (wrongName && name !== "h") throw new RangeError(wrongName.message);
  const isTaken = read.words.some((one) => one.name === name) || Object.hasOwn(constants, name);
  if (isTaken) throw new RangeError(`this cell has ${name} already`);
  const renamed = texts.map((text, k) => {
    const words = read.words.filter((one) => one.equation === k && one.name === old).sort((a, b) => b.from - a.from);
    return words.reduce(
      (line, { from }) => line.slice(0, from) + name + line.slice(from + lengthAt(line, from, old)),
      text,
    );
  });
  const entries = Object.entries(constants).map(([key, value]) => [key === old ? name : key, value] as const);
  const again = readEquations(renamed, Object.fromEntries(entries));
  const [fault] = again.faults;
  if (fault) throw new RangeError(fault.message);
  const kindsOf = (words: typeof read.words) => words.map(({ kind }) => kind).join();
  if (kindsOf(again.words) !== kindsOf(read.words)) throw new RangeError(`${name} would mean something else here`);
}

/** What a sequence gives of a state is of every layer that has one of this name. */
function checkShared(text: string, source: SourceMap, { name, read }: CellInText, word: string): void {
  if (!read.states.includes(word) || !sequences(source).some((k) => source.locate(["sequences", k, `${word}0`])))
    return;
  const own = cellsIn(text, source);
  for (const [l, other] of layerCells(text, source).entries()) {
    const states = isCellKind(other) ? cells[other].states : own.find((one) => one.name === other)?.read.states;
    if (other !== name && states?.includes(word))
      throw new RangeError(`${word}0 of a sequence is of layer ${l + 1}, too, whose cell is ${other}`);
  }
}

const countUp = (isThere: (k: number) => boolean): number[] => {
  const found: number[] = [];
  while (isThere(found.length)) found.push(found.length);
  return found;
};
const sequences = (source: SourceMap) => countUp((k) => source.locate(["sequences", k]) !== null);

/** The name of each layer's cell. */
function layerCells(text: string, source: SourceMap): string[] {
  return countUp((l) => source.locate(["layers", l]) !== null).map((l) => {
    const range = source.locate(["layers", l, "cell"]);
    const cell: unknown = range && parse(text.slice(range.offset, range.offset + range.length));
    return typeof cell === "string" ? cell : "";
  });
}

/** How many characters a name has where it is written; one letter may be written as two. */
function lengthAt(line: string, from: number, name: string): number {
  let length = name.length;
  while (length < line.length - from && line.slice(from, from + length).normalize("NFC") !== name) length++;
  return length;
}

/** A word's place without the prime or the time behind its name. */
function nameOnly(text: string, { offset, length }: TextRange, name: string): TextRange {
  const written = text.slice(offset, offset + length);
  let end = name.length;
  while (end < length && written.slice(0, end).normalize("NFC") !== name) end++;
  return { offset, length: end };
}

interface Use {
  /** Null where the cell itself is named. */
  readonly word: string | null;
  readonly place: TextRange;
}

/** Where the file names the cell, or something of it, outside of the equations. */
function usesOf(text: string, source: SourceMap, cell: CellInText): Use[] {
  const { name, read, constants, key } = cell;
  const uses: Use[] = [];
  const parameters = read.parameters.map((one) => one.name);
  const quantities = [...new Set(read.words.flatMap((one) => (one.kind === "definition" ? [one.name] : [])))];
  const inside = (range: TextRange | null, from = 0, length?: number): TextRange | null =>
    range && { offset: range.offset + 1 + from, length: length ?? range.length - 2 };
  const add = (word: string | null, place: TextRange | null) => {
    if (place) uses.push({ word, place });
  };
  const keyOf = (path: Path, word: string, suffix = "") =>
    add(word, inside(source.locateKey([...path, word + suffix]), 0, word.length));

  add(null, inside(key));
  const own = ["cells", name];
  for (const constant of Object.keys(constants)) keyOf([...own, "constants"], constant);
  for (const parameter of parameters) keyOf([...own, "initial"], parameter);
  const ofCell = layerCells(text, source).flatMap((one, l) => (one === name ? [l] : []));
  for (const l of ofCell) {
    const layer: Path = ["layers", l];
    add(null, inside(source.locate([...layer, "cell"])));
    for (const constant of Object.keys(constants)) keyOf(layer, constant);
    for (const path of [layer, [...layer, "reverse"]]) {
      for (const parameter of parameters) keyOf(path, parameter);
      for (const state of read.states) keyOf(path, state, "0");
    }
    for (const k of countUp((k) => source.locate([...layer, "frozen", k]) !== null)) {
      const item = source.locate([...layer, "frozen", k])!;
      const word = text.slice(item.offset + 1, item.offset + item.length - 1);
      if (parameters.includes(word)) add(word, inside(item));
    }
  }
  if (ofCell.length === 0) return uses;
  for (const k of sequences(source)) for (const state of read.states) keyOf(["sequences", k], state, "0");
  usesInExpect(source, ofCell, parameters, quantities, keyOf, (path, key, word, from) =>
    add(word, inside(source.locateKey([...path, key]), from, word.length)),
  );
  return uses;
}

type KeyOf = (path: Path, word: string, suffix?: string) => void;

/** Expected numbers of steps, by quantity, and of parameters, by `layers.0.Whh` or `layers.0.Whh[1][2]`. */
function usesInExpect(
  source: SourceMap,
  layers: readonly number[],
  parameters: readonly string[],
  quantities: readonly string[],
  keyOf: KeyOf,
  part: (path: Path, key: string, word: string, from: number) => void,
): void {
  const expected: Path[] = [
    ["expect", "batch"],
    ...countUp((k) => source.locate(["expect", "sequences", k]) !== null).map((k) => ["expect", "sequences", k]),
  ];
  for (const path of expected) {
    for (const what of ["gradients", "updated"])
      for (const key of source.keysOf([...path, what])) {
        const found = /^layers\.(\d+)\.(?:reverse\.)?([^.[]+)/.exec(key);
        if (!found || !layers.includes(Number(found[1])) || !parameters.includes(found[2]!)) continue;
        part([...path, what], key, found[2]!, found[0].length - found[2]!.length);
      }
    for (const t of countUp((k) => source.locate([...path, "steps", k]) !== null))
      for (const values of [
        [...path, "steps", t],
        [...path, "steps", t, "gradients"],
      ])
        for (const quantity of quantities) {
          if (layers.includes(0) && !stepKeys.includes(quantity)) keyOf(values, quantity);
          for (const l of layers) {
            keyOf([...values, "layers", l], quantity);
            for (const pass of ["forward", "backward"]) keyOf([...values, "layers", l, pass], quantity);
          }
        }
  }
}
